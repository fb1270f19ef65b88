"""Audit rows in words: what was done, on what, and what changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from meterbook.domain.access import rules as access
from meterbook.kernel import money, quantity
from meterbook.reporting import timeline

# What each act is called. An act that is missing is written in plain letters, never as a bare code.
ACTS: dict[str, str | Promise] = {
    "ACCOUNT_OPENED": _("Account opened"),
    "BILL_RUN_ISSUED": _("Bills issued"),
    "BILL_RUN_PREVIEWED": _("Bill run previewed"),
    "BILL_RUN_REST_ISSUED": _("Remaining bills issued"),
    "COMPANY_FOUNDED": _("Company set up"),
    "CUSTOMERS_IMPORTED": _("Customers imported"),
    "PARKED_USAGE_RELEASED": _("Parked usage released"),
    "PASSWORD_CHANGED": _("Password changed"),
    "PASSWORD_RESET": _("Password reset"),
    "PAYMENT_CANCELLED": _("Payment cancelled"),
    "PAYMENT_TAKEN": _("Payment taken"),
    "READINGS_ENTERED": _("Readings entered"),
    "READINGS_IMPORTED": _("Readings imported"),
    "READING_CONFIRMED": _("Reading confirmed"),
    "READING_CORRECTED": _("Reading corrected"),
    "RECEIPT_REPRINTED": _("Receipt reprinted"),
    "ROUND_ACCEPTED": _("Book accepted"),
    "ROUND_OPENED": _("Round opened"),
    "SHIFT_COUNTED": _("Shift counted"),
    "SHIFT_OPENED": _("Shift opened"),
    "SHIFT_TAKEN_OVER": _("Shift taken over"),
    "STAFF_DEACTIVATED": _("Log-in closed"),
    "STAFF_REACTIVATED": _("Log-in opened again"),
    "STAFF_REGISTERED": _("Staff added"),
    "STAFF_ROLES_CHANGED": _("Roles changed"),
    "STAFF_UNLOCKED": _("Log-in unlocked"),
    "TARIFF_LOADED": _("Tariff loaded"),
}
SUBJECTS: dict[str, str | Promise] = {
    "ACCOUNT": _("Account"),
    "BILL_RUN": _("Bill run"),
    "BOOK": _("Book"),
    "COMPANY": _("Company"),
    "CUSTOMER": _("Customer"),
    "IMPORT": _("Import"),
    "PAYMENT": _("Payment"),
    "READING": _("Reading"),
    "RECEIPT": _("Receipt"),
    "ROUND": _("Round"),
    "SHIFT": _("Shift"),
    "STAFF": _("Staff"),
    "TARIFF": _("Tariff"),
}
FIELDS: dict[str, str | Promise] = {
    "amount_minor": _("Amount"),
    "bill_count": _("Bills"),
    "is_active": _("May log in"),
    "name": _("Name"),
    "org_unit": _("Station"),
    "period": _("Period"),
    "quantity_milli": _("Usage"),
    "reason": _("Reason"),
    "receipt_no": _("Receipt no."),
    "received_minor": _("Received"),
    "roles": _("Roles"),
    "state": _("State"),
    "tender": _("Tender"),
    "username": _("User name"),
    "value_milli": _("Reading"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One field of an act: before and after, as text; "" where there was nothing."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ActLine:
    """An audit row as a page writes it."""

    act: timeline.Act
    title: str | Promise
    subject: str | Promise
    changes: tuple[Change, ...]
    url: str


def line(act: timeline.Act) -> ActLine:
    """An audit row with its words."""
    return ActLine(
        act=act,
        title=ACTS.get(act.act, plain(act.act)),
        subject=SUBJECTS.get(act.subject_kind, plain(act.subject_kind)),
        changes=changes(before=act.before, after=act.after),
        url=reverse("audit_entry", args=[act.entry_id]),
    )


def plain(code: str) -> str:
    """A code nobody named yet, in letters people read: ROUND_OPENED is "Round opened"."""
    return code.replace("_", " ").strip().capitalize()


def changes(*, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """The fields that are in either, those that changed first."""
    names = list(dict.fromkeys([*before, *after]))
    made = [
        Change(
            name=str(FIELDS.get(name, _field(name))),
            before=_text(_scaled(name, before.get(name))),
            after=_text(_scaled(name, after.get(name))),
        )
        for name in names
    ]
    return tuple(sorted(made, key=lambda change: change.before == change.after))


def _field(name: str) -> str:
    return plain(name.removesuffix("_minor").removesuffix("_milli").removesuffix("_id"))


def _scaled(name: str, value: Any) -> Any:
    """Amounts and quantities are kept as scaled integers, also here; people read them with their decimals."""
    if isinstance(value, int) and name.endswith("_minor"):
        return money.format_minor(value)
    if isinstance(value, int) and name.endswith("_milli"):
        return quantity.format_milli(value)
    return value


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(_("Yes") if value else _("No"))
        case list():
            return ", ".join(_text(item) for item in value)
        case dict():
            return ", ".join(f"{_field(str(key))}: {_text(item)}" for key, item in value.items())
        case str() if value in access.STANDARD_ROLES:
            return plain(value)
        case _:
            return str(value)


def summary(made: tuple[Change, ...]) -> str:
    """The changes in one line, for a list."""
    return "; ".join(
        f"{change.name} {change.before} → {change.after}"
        if change.before
        else f"{change.name} {change.after}"
        for change in made
        if change.before != change.after
    )
