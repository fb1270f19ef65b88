"""The forms of changes of many records: for each act what about the subject, to which value, and why."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from meterbook.application import customer_standing, edit_many_accounts, edit_many_places
from meterbook.domain.agreements import models as agreements
from meterbook.domain.agreements import queries_facts
from meterbook.domain.customers import models as customers
from meterbook.domain.metering import models as metering
from meterbook.domain.premises import queries_classes
from meterbook.domain.tables import Utility
from meterbook.domain.tariffs import models as tariffs
from meterbook.interfaces import clock
from meterbook.interfaces.web.views import (
    account_forms,
    customer_words,
    edit_many_words,
    meter_words,
    premise_words,
    till_forms,
    words,
)
from meterbook.interfaces.web.views.act_terms import agreements as terms

Choices = account_forms.Choices
_GIVE_OR_TAKE: Choices = [("1", gettext_lazy("Give")), ("0", gettext_lazy("Take away"))]


class ManyForm(forms.Form):
    """What every change of many says. A subclass adds its fields: `what` of the subject and `to` which
    value, or others that it reads as these.
    """

    act = ""
    request_key = forms.UUIDField(widget=forms.HiddenInput)
    on = account_forms.day_field(label=pgettext_lazy("day", "From"))
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("It stands in the audit trail of every record."),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"request_key": till_forms.new_key(), "on": clock.today()})
        own = [name for name in self.fields if name not in ManyForm.base_fields]
        self.order_fields(["request_key", *own, "on", "reason"])
        if not edit_many_words.day_matters(self.act):
            del self.fields["on"]
        self.offer()

    def offer(self) -> None:
        """Fill the choices."""

    def choose(self, name: str, options: Choices) -> None:
        """Give a field its choices."""
        chooser = self.fields[name]
        assert isinstance(chooser, forms.ChoiceField)
        chooser.choices = options

    def about(self) -> str:
        """What of the subjects. Only for a valid form."""
        return str(self.cleaned_data.get("what", ""))

    def value(self) -> str:
        """To which value. Only for a valid form."""
        return str(self.cleaned_data.get("to", ""))


def _utilities() -> Choices:
    """The utilities the company has tariffs of."""
    held = tariffs.Tariff.objects.order_by("utility").values_list("utility", flat=True).distinct()
    return [(str(utility), words.UTILITIES[Utility(utility)]) for utility in held]


class OfUtility(ManyForm):
    """A fact of the supply with one utility."""

    what = forms.ChoiceField(label=gettext_lazy("Utility"))

    def offer(self) -> None:
        """The utilities there are."""
        self.choose("what", _utilities())


class UsageForm(ManyForm):
    """Another price, and the usage type that goes with it; the tariff says which utility."""

    act = "USAGE_TYPE"
    usage_type = forms.ChoiceField(label=gettext_lazy("Usage type"), required=False)
    tariff = forms.ChoiceField(label=gettext_lazy("Tariff"))

    def offer(self) -> None:
        """What the company has on its lists today."""
        types = queries_facts.usage_types(only_offered=True)
        self.choose("usage_type", [("", _("As it is")), *((str(t.usage_type_id), t.name) for t in types)])
        every = {int(utility) for utility in Utility}
        self.choose("tariff", account_forms.tariff_choices(utilities=every, on=clock.today()))

    def about(self) -> str:
        """The utility of the tariff."""
        found = tariffs.Tariff.objects.values_list("utility", flat=True)
        return str(found.get(pk=self.cleaned_data["tariff"]))

    def value(self) -> str:
        """Type and tariff."""
        return f"{self.cleaned_data['usage_type']}:{self.cleaned_data['tariff']}"


class HouseholdForm(OfUtility):
    """Another household size."""

    act = "HOUSEHOLD"
    persons = forms.IntegerField(
        label=gettext_lazy("Persons"),
        min_value=1,
        max_value=50,
        required=False,
        help_text=gettext_lazy("Empty: the tariff's own number counts."),
    )

    def value(self) -> str:
        """Persons, taken as usual."""
        persons = self.cleaned_data["persons"]
        return "" if persons is None else edit_many_accounts.household_value(persons)


class BookForm(OfUtility):
    """Another reading book."""

    act = "READING_BOOK"
    to = forms.ChoiceField(
        label=gettext_lazy("Book"),
        help_text=gettext_lazy(
            "They come behind the last of the book, in the order in which they are read now. What is not yet"
            " read this month moves along."
        ),
    )

    def offer(self) -> None:
        """The books in sight."""
        super().offer()
        books = metering.Book.objects.select_related("station").order_by("station__code", "code")
        self.choose("to", [(str(book.pk), f"{book.station.name} {book.name}") for book in books])


class StateForm(ManyForm):
    """Another state."""

    act = "ACCOUNT_STATE"
    to = forms.ChoiceField(label=gettext_lazy("New state"))

    def offer(self) -> None:
        """Suspended, stopped, or supplied again."""
        states = (
            agreements.AccountState.SUSPENDED,
            agreements.AccountState.STOPPED,
            agreements.AccountState.ACTIVE,
        )
        self.choose("to", [(str(int(state)), words.ACCOUNT_STATES[state].text) for state in states])


class ExternalForm(ManyForm):
    """External numbers cleared: to give each account its own, a spreadsheet is the way."""

    act = "EXTERNAL_NUMBER"
    what = forms.ChoiceField(
        label=gettext_lazy("Clear the number of kind"),
        choices=account_forms.choices_of(terms.EXTERNAL_KINDS),
    )


class TagForm(ManyForm):
    """A tag given or taken away."""

    act = "CUSTOMER_TAG"
    what = forms.CharField(label=gettext_lazy("Tag"), max_length=customer_standing.LONGEST_TAG)
    to = forms.ChoiceField(label=gettext_lazy("Give or take"), choices=_GIVE_OR_TAKE)

    def about(self) -> str:
        """The tag's name as it is kept."""
        return " ".join(super().about().split())


class ListForm(ManyForm):
    """Put on the watch or care list, or taken off."""

    act = "CUSTOMER_LIST"
    what = forms.ChoiceField(
        label=pgettext_lazy("watch or care", "List"),
        choices=[(kind.name, customer_words.LISTS[kind]) for kind in customers.ListKind],
    )
    to = forms.ChoiceField(
        label=gettext_lazy("Put on or take off"),
        choices=[("1", gettext_lazy("Put on")), ("0", gettext_lazy("Take off"))],
    )


class PaymentForm(ManyForm):
    """How they mean to pay."""

    act = "PAYMENT_METHOD"
    to = forms.ChoiceField(
        label=gettext_lazy("Payment method"), choices=account_forms.choices_of(customer_words.PAYMENT_METHODS)
    )


class LanguageForm(ManyForm):
    """In which language they are written to."""

    act = "LANGUAGE"
    to = forms.ChoiceField(
        label=gettext_lazy("Language"), required=False, choices=list(customer_words.LANGUAGES.items())
    )


class RemarkForm(ManyForm):
    """A remark in place of the one there is; empty takes it away."""

    act = "REMARK"
    to = forms.CharField(
        label=gettext_lazy("Remark"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("In place of the remark there is; empty takes it away."),
    )


class ReaderRemarkForm(RemarkForm):
    """The same for the reader at the door."""

    act = "READER_REMARK"


class ClassForm(ManyForm):
    """Another class of one classification, or none."""

    act = "CLASSIFICATION"
    what_and_to = forms.ChoiceField(label=gettext_lazy("Class"))

    def offer(self) -> None:
        """Every class of every classification, grouped."""
        options: list[Any] = []
        for found in queries_classes.dimensions():
            values = queries_classes.values(dimension_id=found.dimension_id)
            name = premise_words.dimension_name(name_zh=found.name_zh, name_en=found.name_en)
            inner = [(f"{found.dimension_id}:{value.value_id}", value.name) for value in values]
            options.append((name, [*inner, (f"{found.dimension_id}:", _("No class"))]))
        self.choose("what_and_to", options)

    def about(self) -> str:
        """The classification's id."""
        return str(self.cleaned_data["what_and_to"]).partition(":")[0]

    def value(self) -> str:
        """The class's id."""
        return str(self.cleaned_data["what_and_to"]).partition(":")[2]


class PartForm(ManyForm):
    """Another district, street, community or building."""

    act = "ADDRESS_PART"
    what = forms.ChoiceField(
        label=gettext_lazy("Part of the address"),
        choices=[(name, premise_words.PARTS[name]) for name in edit_many_places.PARTS],
    )
    to = forms.CharField(
        label=gettext_lazy("New name"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("The former address stays an alias, so that it is still found."),
    )

    def value(self) -> str:
        """The name without blanks around it."""
        return super().value().strip()


class MeterForm(ManyForm):
    """Where meters go, and who has them then."""

    act = "METER_MOVE"
    to = forms.ChoiceField(
        label=gettext_lazy("Where to"),
        choices=[(str(int(state)), meter_words.STATES[state].text) for state in edit_many_places.STATES],
    )
    place = forms.CharField(label=gettext_lazy("With whom"), max_length=60)

    def value(self) -> str:
        """State and place."""
        return f"{self.cleaned_data['to']}:{self.cleaned_data['place'].strip()}"


class DueForm(ManyForm):
    """Another day on which verifications are due."""

    act = "METER_DUE"
    to = account_forms.day_field(label=gettext_lazy("Verification due"))

    def value(self) -> str:
        """The day."""
        return str(self.cleaned_data["to"].isoformat())


FORMS: dict[str, type[ManyForm]] = {
    form.act: form
    for form in (
        UsageForm,
        HouseholdForm,
        BookForm,
        StateForm,
        ExternalForm,
        TagForm,
        ListForm,
        PaymentForm,
        LanguageForm,
        RemarkForm,
        ReaderRemarkForm,
        ClassForm,
        PartForm,
        MeterForm,
        DueForm,
    )
}


class WhyForm(forms.Form):
    """Why a change is taken back, asked for once."""

    request_key = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"request_key": till_forms.new_key()})
