"""The columns of a list's workbook that may be edited: each an act, how its values are written and read."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from meterbook.application import actor as actors
from meterbook.application import edit_many, edit_many_accounts, edit_many_places, sheet_columns
from meterbook.application.sheet_columns import CellError, Fault
from meterbook.domain.agreements import models as agreements
from meterbook.domain.customers import models as customers
from meterbook.domain.edits import models
from meterbook.domain.metering import models as metering
from meterbook.domain.premises import queries_classes
from meterbook.domain.premises import rules as premise_rules
from meterbook.domain.tariffs import models as tariffs
from meterbook.interfaces.web.views import customer_words, edit_many_words, premise_words, words
from meterbook.interfaces.web.views.act_terms import agreements as terms

LANGUAGES = ("zh-hans", "en")
KEY = gettext_lazy("Key (don't change)")
RECORD = pgettext_lazy("row", "Record")
_LONGEST_REMARK, _LONGEST_NUMBER, _MOST_PERSONS = 200, 40, 50
# From a cell's text, the station of its row and what holds there, to the act's value; raises CellError.
Reader = Callable[[str, int, str], str]


@dataclass(frozen=True, slots=True)
class Column:
    """One act on one thing about the subject, as a column."""

    act: str
    about: str
    name: Callable[[], str]
    show: Callable[[str], str]
    read: Reader

    def headings(self) -> set[str]:
        """What the column is called in any language."""
        made = set()
        for language in LANGUAGES:
            with translation.override(language):
                made.add(self.name())
        return made


def columns_of(*, actor: actors.Actor, subject: models.Subject) -> list[Column]:
    """The columns the actor may change of a subject, in a reading transaction."""
    makers: Mapping[models.Subject, Callable[[], list[Column]]] = {
        models.Subject.ACCOUNT: _of_accounts,
        models.Subject.CUSTOMER: _of_customers,
        models.Subject.PREMISE: _of_premises,
        models.Subject.METER: _of_meters,
    }
    return [column for column in makers[subject]() if actor.may(edit_many.ACTS[column.act].right)]


def _titled(act: str, about: str | Promise = "") -> Callable[[], str]:
    def name() -> str:
        title = edit_many_words.act_title(act)
        return f"{title} ({about})" if about else title

    return name


def _text(longest: int) -> Reader:
    def read(text: str, _station_id: int, _standing: str) -> str:
        if len(text) > longest:
            raise CellError(code=Fault.TOO_LONG, fact=str(longest))
        return text

    return read


def _same(value: str) -> str:
    return value


def _choice(act: str, choices: Mapping[str, str | Promise]) -> Column:
    """A column of words out of a list, read in any language."""
    known: dict[str, str] = {}
    for language in LANGUAGES:
        with translation.override(language):
            known |= {str(text): value for value, text in choices.items()}

    def read(text: str, _station_id: int, _standing: str) -> str:
        if text not in known:
            raise CellError(code=Fault.NOT_A_CHOICE, fact=", ".join(str(word) for word in choices.values()))
        return known[text]

    return Column(act, "", _titled(act), lambda value: str(choices.get(value, "")), read)


def _yes_or_no(act: str, about: str, title: str | Promise) -> Column:
    known = {"是": "1", "否": "0", "yes": "1", "no": "0", "1": "1", "0": "0"}

    def read(text: str, _station_id: int, _standing: str) -> str:
        if text.lower() not in known:
            raise CellError(code=Fault.NOT_A_CHOICE, fact=f"{_('Yes')}, {_('No')}")
        return known[text.lower()]

    return Column(act, about, lambda: str(title), lambda value: _("Yes") if value == "1" else _("No"), read)


def _of_customers() -> list[Column]:
    methods = {str(int(code)): text for code, text in customer_words.PAYMENT_METHODS.items()}
    return [
        _choice("PAYMENT_METHOD", methods),
        _choice("LANGUAGE", customer_words.LANGUAGES),
        Column("REMARK", "", _titled("REMARK"), _same, _text(_LONGEST_REMARK)),
        Column("READER_REMARK", "", _titled("READER_REMARK"), _same, _text(_LONGEST_REMARK)),
        *(_yes_or_no("CUSTOMER_LIST", kind.name, customer_words.LISTS[kind]) for kind in customers.ListKind),
    ]


def _of_accounts() -> list[Column]:
    held = tariffs.Tariff.objects.order_by("utility").values_list("utility", flat=True).distinct()
    found = []
    for utility in held:
        about, word = str(utility), words.UTILITIES[utility]
        codes = {
            str(key): code
            for key, code in tariffs.Tariff.objects.filter(utility=utility).values_list("pk", "code")
        }
        found += [
            Column(
                "USAGE_TYPE",
                about,
                functools.partial(_tariff_title, word),
                functools.partial(_show_tariff, codes),
                functools.partial(_read_tariff, {code: key for key, code in codes.items()}),
            ),
            Column("HOUSEHOLD", about, _titled("HOUSEHOLD", word), _show_persons, _read_persons),
            _book_column(about, word),
        ]
    numbers = [
        Column("EXTERNAL_NUMBER", str(int(kind)), _external_title(kind), _same, _text(_LONGEST_NUMBER))
        for kind in agreements.ExternalKind
    ]
    return [*found, *numbers]


def _tariff_title(utility: str | Promise) -> str:
    return f"{_('Tariff')} ({utility})"


def _show_tariff(codes: Mapping[str, str], value: str) -> str:
    return codes.get(value.partition(":")[2], "")


def _read_tariff(tariffs_by_code: Mapping[str, str], text: str, _station_id: int, standing: str) -> str:
    """Another price; the usage type stays."""
    if not text and not standing:
        return standing
    if text not in tariffs_by_code:
        raise CellError(code=Fault.NOT_A_CHOICE, fact=", ".join(sorted(tariffs_by_code)))
    return f"{standing.partition(':')[0]}:{tariffs_by_code[text]}"


def _show_persons(value: str) -> str:
    return value.partition("|")[0]


def _read_persons(text: str, _station_id: int, standing: str) -> str:
    """An unchanged number keeps its proof and where it came from."""
    if text == _show_persons(standing):
        return standing
    if not text:
        return ""
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= _MOST_PERSONS):
        raise CellError(code=Fault.OUT_OF_RANGE, fact=f"1–{_MOST_PERSONS}")
    return edit_many_accounts.household_value(int(text))


def _book_column(about: str, utility: str | Promise) -> Column:
    books = list(metering.Book.objects.values_list("pk", "station_id", "code"))
    codes = {str(key): code for key, _station_id, code in books}
    ids = {(station_id, code): key for key, station_id, code in books}

    def show(value: str) -> str:
        book_id, _colon, sequence = value.partition(":")
        return f"{codes.get(book_id, '')}/{sequence}" if value else ""

    def read(text: str, station_id: int, standing: str) -> str:
        if text == show(standing):
            return standing
        code, _slash, sequence = text.rpartition("/")
        book_id = ids.get((station_id, code.strip()))
        if book_id is None or not (sequence.isascii() and sequence.isdigit() and len(sequence) < 7):  # noqa: PLR2004 # six digits
            raise CellError(
                code=Fault.NOT_A_CHOICE, fact=_("a book's code / the position in it, as in 0101/12")
            )
        return f"{book_id}:{int(sequence)}"

    return Column("READING_BOOK", about, _titled("READING_BOOK", utility), show, read)


def _external_title(kind: agreements.ExternalKind) -> Callable[[], str]:
    return _titled("EXTERNAL_NUMBER", terms.EXTERNAL_KINDS[kind])


def _of_premises() -> list[Column]:
    lengths = premise_rules.LENGTHS
    parts = [
        Column("ADDRESS_PART", name, functools.partial(_part_title, name), _same, _text(lengths[name]))
        for name in edit_many_places.PARTS
    ]
    return [*parts, *(_class_column(found) for found in queries_classes.dimensions())]


def _part_title(name: str) -> str:
    return str(premise_words.PARTS[name])


def _class_column(dimension: queries_classes.DimensionFacts) -> Column:
    values = queries_classes.values(dimension_id=dimension.dimension_id)
    names = {str(value.value_id): value.code for value in values}
    ids = {code: key for key, code in names.items()}

    def title() -> str:
        name = premise_words.dimension_name(name_zh=dimension.name_zh, name_en=dimension.name_en)
        return f"{_('Class')}: {name}"

    def read(text: str, _station_id: int, _standing: str) -> str:
        if text and text not in ids:
            raise CellError(code=Fault.NOT_A_CHOICE, fact=", ".join(sorted(ids)[:20]))
        return ids.get(text, "")

    return Column(
        "CLASSIFICATION", str(dimension.dimension_id), title, lambda value: names.get(value, ""), read
    )


def _of_meters() -> list[Column]:
    return [
        Column("BARCODE", "", _titled("BARCODE"), _same, _text(_LONGEST_NUMBER)),
        Column("METER_DUE", "", _titled("METER_DUE"), _same, _read_day),
    ]


def _read_day(text: str, _station_id: int, _standing: str) -> str:
    """A day however it is written; an empty cell is no day."""
    return sheet_columns.date(f"s{text}").isoformat() if text else ""
