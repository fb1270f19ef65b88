"""The comparison with an older system in the reader's language; for the page and the command."""

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
_MONEY = {migration_audit.Difference.OWED, migration_audit.Difference.PREPAID}


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


def utility(code: int) -> str:
    """The utility's name."""
    return str(UTILITIES[code])


def figures(total: migration_audit.Total) -> list[Pair]:
    """What one station has of one utility, line by line."""
    old, ours = total.old, total.ours
    pairs = [
        Pair(str(_("Meters")), str(old.meters), str(ours.meters)),
        Pair(str(_("Accounts")), str(old.accounts), str(ours.accounts)),
        Pair(
            str(_("Sum of last registers")),
            quantity.format_milli(old.register_milli),
            quantity.format_milli(ours.register_milli),
        ),
        Pair(str(_("Owed")), _money(old.owed_minor), _money(ours.owed_minor)),
    ]
    pairs += [
        Pair(str(label), _money(before), _money(now))
        for label, before, now in zip(AGES, old.ages, ours.ages, strict=True)
        if before or now
    ]
    return [*pairs, Pair(str(_("Prepaid balance")), _money(old.prepaid_minor), _money(ours.prepaid_minor))]


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
