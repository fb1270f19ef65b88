"""The words of changes of many records: acts, values, states, and why a row can't be changed."""

import functools
from collections.abc import Callable, Mapping

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from meterbook.domain.agreements import models as agreements
from meterbook.domain.customers import models as customers
from meterbook.domain.edits import models
from meterbook.domain.metering import models as metering
from meterbook.domain.premises import queries_classes
from meterbook.domain.tariffs import models as tariffs
from meterbook.interfaces.web import cells
from meterbook.interfaces.web.views import customer_words, meter_words, premise_words, words
from meterbook.interfaces.web.views.act_terms import agreements as terms

# Every act, in the order in which lists offer them.
ACTS: Mapping[str, str | Promise] = {
    "USAGE_TYPE": gettext_lazy("Usage type and price"),
    "HOUSEHOLD": gettext_lazy("Household size"),
    "READING_BOOK": gettext_lazy("Reading book"),
    "ACCOUNT_STATE": gettext_lazy("Suspend or resume supply"),
    "EXTERNAL_NUMBER": gettext_lazy("External number"),
    "CUSTOMER_TAG": gettext_lazy("Tag of the customer"),
    "CUSTOMER_LIST": gettext_lazy("Watch and care list"),
    "PAYMENT_METHOD": gettext_lazy("Payment method"),
    "LANGUAGE": gettext_lazy("Language"),
    "REMARK": gettext_lazy("Remark for the clerk"),
    "READER_REMARK": gettext_lazy("Remark for the reader"),
    "CLASSIFICATION": gettext_lazy("Classification"),
    "ADDRESS_PART": gettext_lazy("Part of the address"),
    "METER_MOVE": gettext_lazy("Whereabouts"),
    "BARCODE": gettext_lazy("Barcode"),
    "METER_DUE": gettext_lazy("Verification due"),
}
WORKBOOK = gettext_lazy("From a spreadsheet")
STATES: Mapping[models.EditState, cells.Tag] = {
    models.EditState.LOOKING: cells.Tag(text=gettext_lazy("Being tried"), kind="warn"),
    models.EditState.SEEN: cells.Tag(text=gettext_lazy("Not yet changed"), kind="brand"),
    models.EditState.APPLYING: cells.Tag(text=gettext_lazy("Being changed"), kind="warn"),
    models.EditState.APPLIED: cells.Tag(text=pgettext_lazy("change of many", "Changed"), kind="ok"),
}
PLANS: Mapping[models.RowPlan, cells.Tag] = {
    models.RowPlan.WAITING: cells.Tag(text=gettext_lazy("Being tried")),
    models.RowPlan.CHANGES: cells.Tag(text=gettext_lazy("Will change"), kind="brand"),
    models.RowPlan.SAME: cells.Tag(text=gettext_lazy("Is so already")),
    models.RowPlan.REFUSED: cells.Tag(text=gettext_lazy("Can't be changed"), kind="bad"),
}
OUTCOMES: Mapping[models.RowOutcome, cells.Tag] = {
    models.RowOutcome.DONE: cells.Tag(text=pgettext_lazy("change of many", "Changed"), kind="ok"),
    models.RowOutcome.SAME: cells.Tag(text=gettext_lazy("Was so meanwhile")),
    models.RowOutcome.REFUSED: cells.Tag(text=gettext_lazy("Refused"), kind="bad"),
}
SUBJECTS: Mapping[models.Subject, str | Promise] = {
    models.Subject.ACCOUNT: gettext_lazy("Account"),
    models.Subject.CUSTOMER: gettext_lazy("Customer"),
    models.Subject.PREMISE: gettext_lazy("Premise"),
    models.Subject.METER: gettext_lazy("Meter"),
}
# Code -> why not. %(fact)s is the detail that goes with it.
REASONS: Mapping[str, str | Promise] = {
    "CHANGED_SINCE": gettext_lazy("It changed since; look at it first."),
    "GONE": gettext_lazy("It isn't there any more."),
    "MERGED": gettext_lazy("This customer was merged into another one."),
    "NO_SUPPLY": gettext_lazy("This account isn't supplied with it on that day."),
    "SEVERAL_SUPPLIES": gettext_lazy("This account has several supplies of it; change them on its page."),
    "SEVERAL_NUMBERS": gettext_lazy(
        "This account has several numbers of this kind; change them on its page."
    ),
    "LATER_FACT": gettext_lazy("Another change of a later day stands already."),
    "NOT_ALLOWED": gettext_lazy("You lack the right to do this here."),
    "STOPPED": gettext_lazy("Who asked for it may not do it any more."),
    "OUT_OF_SCOPE": gettext_lazy("It belongs to another station."),
    "NOT_REACHED": gettext_lazy("The change would not leave what was wanted; make it on the record's page."),
    "CONSTRAINT": gettext_lazy("The books refuse it: another record has this already, or it isn't a value."),
    "AccountNotFound": gettext_lazy("It isn't there any more."),
    "CustomerNotFound": gettext_lazy("It isn't there any more."),
    "PremiseNotFound": gettext_lazy("It isn't there any more."),
    "MeterNotFound": gettext_lazy("It isn't there any more."),
    "UnknownSerials": gettext_lazy("It isn't there any more."),
    "MergedAway": gettext_lazy("This customer was merged into another one."),
    "ChangedMeanwhile": gettext_lazy("It changed since; look at it first."),
    "MeterChanged": gettext_lazy("It changed since; look at it first."),
    "Record:CHANGED": gettext_lazy("It changed since; look at it first."),
    "BillsTouched": gettext_lazy("That day is billed already (%(fact)s bills). Choose a later one."),
    "OutsideAgreement": gettext_lazy("The supply began on %(fact)s."),
    "NoAgreement": gettext_lazy("This account isn't supplied with it on that day."),
    "ReasonMissing": gettext_lazy("Give a reason."),
    "TariffNotInForce": gettext_lazy("The tariff is not for this utility or not in force on that day."),
    "InTheFuture": gettext_lazy("This day is yet to come."),
    "FutureDay": gettext_lazy("This day is yet to come."),
    "NotAStep": gettext_lazy("This state is reached in another way."),
    "StateRefused": gettext_lazy("This can't follow the state the account is in."),
    "BeforeLastChange": gettext_lazy("The state last changed on %(fact)s."),
    "NothingToUndo": gettext_lazy("Something followed; this can't be taken back any more."),
    "ExternalNumberTaken": gettext_lazy("Another account has this number."),
    "ExternalNumberUnknown": gettext_lazy("It changed since; look at it first."),
    "Place:BOOK_UNKNOWN": gettext_lazy("There is no such book."),
    "Place:OTHER_STATION": gettext_lazy("The book %(fact)s belongs to another station."),
    "Place:POSITION_TAKEN": gettext_lazy("Position %(fact)s of the book is taken."),
    "Place:READ_ALREADY": gettext_lazy(
        "It is read in the round of %(fact)s, which is still open. Accept that first."
    ),
    "Place:ROUND_ACCEPTED": gettext_lazy(
        "The other book's round of %(fact)s is accepted already: it would not be read."
    ),
    "TagName": gettext_lazy("This can't be a tag."),
    "ListEntryNotFound": gettext_lazy("It changed since; look at it first."),
    "Class:UNKNOWN": gettext_lazy("This classification is gone."),
    "Class:OTHER_DIMENSION": gettext_lazy("This class belongs to another classification."),
    "AddressTaken": gettext_lazy("Another door has this address already."),
    "Part:MISSING": gettext_lazy("This part of an address can't be empty."),
    "Part:TOO_LONG": gettext_lazy("This is too long for a part of an address."),
    "Part:SIGN": gettext_lazy("There is a sign in it that an address can't have."),
    "PlaceMissing": gettext_lazy("Say who has the meters then."),
    "MoveRefused:NOT_FROM_HERE": gettext_lazy("A meter in this state can't go there."),
    "MoveRefused:BEFORE_LAST_MOVE": gettext_lazy("The meter was moved later than that day."),
    "DueDay": gettext_lazy("The meter was last verified on %(fact)s."),
    "BarcodeTaken": gettext_lazy("Another meter has this barcode."),
    "Number": gettext_lazy("Not a number a scanner can read."),
}


def act_title(key: str) -> str:
    """What an act is called; "" is a workbook of several."""
    return str(ACTS.get(key, WORKBOOK))


def reason(*, code: str, fact: str) -> str:
    """Why a row can't be changed, in words."""
    found = REASONS.get(code) or REASONS.get(code.partition(":")[0])
    if found is None:
        return _("It is refused (%(code)s).") % {"code": code}
    return str(found) % {"fact": fact}


class Values:
    """What values are called, asked of the tables once for a page. For use inside a reading transaction."""

    @functools.cached_property
    def _usage_types(self) -> dict[str, str]:
        return {str(key): name for key, name in agreements.UsageType.objects.values_list("pk", "name")}

    @functools.cached_property
    def _tariffs(self) -> dict[str, str]:
        name = "name_zh" if (get_language() or "").startswith("zh") else "name_en"
        return {str(key): text for key, text in tariffs.Tariff.objects.values_list("pk", name)}

    @functools.cached_property
    def _books(self) -> dict[str, str]:
        return {str(key): name for key, name in metering.Book.objects.values_list("pk", "name")}

    @functools.cached_property
    def _dimensions(self) -> dict[str, str]:
        return {
            str(found.dimension_id): premise_words.dimension_name(
                name_zh=found.name_zh, name_en=found.name_en
            )
            for found in queries_classes.dimensions()
        }

    @functools.cache  # noqa: B019 # lives as long as the page
    def _classes(self, dimension_id: str) -> dict[str, str]:
        values = queries_classes.values(dimension_id=int(dimension_id))
        return {str(found.value_id): found.name for found in values}

    def about(self, act: str, about: str) -> str:
        """What of the subject is changed, "" where the act says all."""
        match act:
            case "USAGE_TYPE" | "HOUSEHOLD" | "READING_BOOK":
                return str(words.UTILITIES.get(int(about), about))
            case "EXTERNAL_NUMBER":
                return str(terms.EXTERNAL_KINDS.get(int(about), about))
            case "CUSTOMER_LIST":
                return str(customer_words.LISTS[customers.ListKind[about]])
            case "CLASSIFICATION":
                return self._dimensions.get(about, about)
            case "ADDRESS_PART":
                return str(premise_words.PARTS[about])
            case _:
                return about

    def value(self, act: str, about: str, value: str) -> str:
        """What a value of an act means; a dash for nothing."""
        if act == "CLASSIFICATION":
            return self._classes(about).get(value, "") or "–"
        if act == "USAGE_TYPE":
            usage_type, _colon, tariff = value.partition(":")
            return _joined(self._usage_types.get(usage_type, ""), self._tariffs.get(tariff, ""))
        if act == "READING_BOOK" and value:
            book, _colon, sequence = value.partition(":")
            return f"{self._books.get(book, book)} / {sequence}"
        return _PLAIN[act](value) or "–" if act in _PLAIN else value or "–"


def _joined(*parts: str) -> str:
    return " · ".join(filter(None, parts)) or "–"


def _whereabouts(value: str) -> str:
    state, _colon, place = value.partition(":")
    return _joined(str(meter_words.STATES[int(state)].text), place) if value else ""


def _yes_or_no(value: str) -> str:
    return _("Yes") if value == "1" else _("No")


def _persons(value: str) -> str:
    return value.partition("|")[0] or _("As the tariff says")


# Acts whose values need no table to be read.
_PLAIN: Mapping[str, Callable[[str], str]] = {
    "CUSTOMER_TAG": _yes_or_no,
    "CUSTOMER_LIST": _yes_or_no,
    "PAYMENT_METHOD": lambda value: str(customer_words.PAYMENT_METHODS[int(value)]) if value else "",
    "LANGUAGE": lambda value: str(customer_words.LANGUAGES.get(value, value)),
    "HOUSEHOLD": _persons,
    "ACCOUNT_STATE": lambda value: str(words.ACCOUNT_STATES[int(value)].text) if value else "",
    "METER_MOVE": _whereabouts,
}


def day_matters(act: str) -> bool:
    """Whether the act holds from a day on that people choose."""
    return act in {"USAGE_TYPE", "HOUSEHOLD", "ACCOUNT_STATE", "CLASSIFICATION", "METER_MOVE", ""}
