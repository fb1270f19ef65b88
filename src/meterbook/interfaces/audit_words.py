"""The comparison with an older system in the reader's language; for the page and the command."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from meterbook.application import company
from meterbook.domain.tables import Utility
from meterbook.kernel import money, quantity
from meterbook.reporting import migration_audit

KINDS: Mapping[migration_audit.Difference, str | Promise] = {
    migration_audit.Difference.METER_MISSING: _("Meter is not in the books"),
    migration_audit.Difference.METER_EXTRA: _("Meter is not in the file"),
    migration_audit.Difference.ACCOUNT_NO: _("Account no."),
    migration_audit.Difference.REGISTER: _("Last register"),
    migration_audit.Difference.OWED: _("Owed"),
    migration_audit.Difference.PREPAID: _("Prepaid balance"),
}
UTILITIES: Mapping[int, str | Promise] = {
    Utility.WATER: _("Water"),
    Utility.GAS: _("Gas"),
    Utility.ELECTRICITY: _("Electricity"),
    Utility.HEAT: _("Heat"),
}
AGES: tuple[str | Promise, ...] = (
    _("not due yet"),
    _("overdue up to 30 days"),
    _("overdue 31 to 90 days"),
    _("overdue 91 to 365 days"),
    _("overdue over a year"),
)
AGE_KEYS = ("not-due", "days-30", "days-90", "days-365", "older")
LABELS: Mapping[str, str | Promise] = {
    "meters": _("Meters"),
    "accounts": _("Accounts"),
    "register": _("Sum of last registers"),
    "owed": _("Owed"),
    **dict(zip(AGE_KEYS, AGES, strict=True)),
    "prepaid": _("Prepaid balance"),
}
_MONEY = {migration_audit.Difference.OWED, migration_audit.Difference.PREPAID}


class Unit(enum.Enum):
    """What a figure counts."""

    PIECES = enum.auto()
    QUANTITY = enum.auto()
    MONEY = enum.auto()


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of both sides in pieces, thousandths or minor units. `key` names it everywhere."""

    key: str
    label: str
    unit: Unit
    old: int
    ours: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A figure of both sides as people read it."""

    label: str
    old: str
    ours: str

    @property
    def agrees(self) -> bool:
        """Whether both sides are the same."""
        return self.old == self.ours


UNITS = {"meters": Unit.PIECES, "accounts": Unit.PIECES, "register": Unit.QUANTITY}


def utility(code: int) -> str:
    """The utility's name."""
    return str(UTILITIES[code])


def figures(total: migration_audit.Total) -> list[Pair]:
    """What one station has of one utility, line by line; ages nobody has are left out."""
    return [
        Pair(line.label, shown(line.unit, line.old), shown(line.unit, line.ours))
        for line in lines(total)
        if line.key not in AGE_KEYS or line.old or line.ours
    ]


def lines(total: migration_audit.Total) -> list[Line]:
    """Every figure of a total, in the order of LABELS."""
    old, ours = total.old, total.ours
    values = {
        "meters": (old.meters, ours.meters),
        "accounts": (old.accounts, ours.accounts),
        "register": (old.register_milli, ours.register_milli),
        "owed": (old.owed_minor, ours.owed_minor),
        **dict(zip(AGE_KEYS, zip(old.ages, ours.ages, strict=True), strict=True)),
        "prepaid": (old.prepaid_minor, ours.prepaid_minor),
    }
    return [Line(key, str(label), UNITS.get(key, Unit.MONEY), *values[key]) for key, label in LABELS.items()]


@dataclass(frozen=True, slots=True)
class Reported:
    """A total of the older system's own report beside the file's and the books'."""

    label: str
    report: str
    old: str
    ours: str

    @property
    def agrees(self) -> bool:
        """Whether all three are the same."""
        return self.report == self.old == self.ours


def reported(whole: migration_audit.Total, *, entered: Mapping[str, int]) -> list[Reported]:
    """The totals that were entered, by key, beside both sides'."""
    return [
        Reported(
            line.label,
            shown(line.unit, entered[line.key]),
            shown(line.unit, line.old),
            shown(line.unit, line.ours),
        )
        for line in lines(whole)
        if line.key in entered
    ]


def all_agree(whole: migration_audit.Total, *, entered: Mapping[str, int]) -> bool:
    """Whether what was entered is what both sides have."""
    return all(entered[line.key] == line.old == line.ours for line in lines(whole) if line.key in entered)


def shown(unit: Unit, value: int) -> str:
    """A figure as people read it."""
    if unit is Unit.PIECES:
        return f"{value:,}"
    return _money(value) if unit is Unit.MONEY else quantity.format_milli(value)


def parse(key: str, text: str) -> int:
    """A figure of LABELS as people write it. Raises KeyError, MoneyError, QuantityError, ValueError."""
    if key not in LABELS:
        raise KeyError(key)
    unit = UNITS.get(key, Unit.MONEY)
    if unit is Unit.PIECES:
        return int(text)
    if unit is Unit.QUANTITY:
        return quantity.parse_milli(text)
    return money.parse_minor(text, exponent=company.currency_exponent())


def difference(found: migration_audit.Found) -> Pair:
    """One difference; a side that has nothing is a dash."""
    return Pair(str(KINDS[found.kind]), _shown(found.kind, found.old), _shown(found.kind, found.ours))


def _shown(kind: migration_audit.Difference, value: int | str | None) -> str:
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    return _money(value) if kind in _MONEY else quantity.format_milli(value)


def _money(minor: int) -> str:
    return money.format_minor(minor, exponent=company.currency_exponent())
