"""Audit rows in words: what was done, on what, and what changed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from meterbook.domain.metering import models as metering
from meterbook.domain.payments import models as payments
from meterbook.interfaces.web.views import reading_words, words
from meterbook.interfaces.web.views.act_terms import (
    agreements,
    api,
    customers,
    devices,
    edits,
    files,
    fitting,
    imports,
    premises,
)
from meterbook.kernel import money, quantity
from meterbook.reporting import timeline

_CODE = re.compile(r"[A-Z]{2,}(?:_[A-Z]+)*")
# What each act is called. An act that is missing is written in plain letters, never as a bare code.
ACTS: dict[str, str | Promise] = {
    "BILL_RUNS_ISSUE_STARTED": _("Issue of all previewed started"),
    "BILL_RUNS_PREVIEW_STARTED": _("Preview of all started"),
    "BILL_RUN_ISSUED": _("Bills issued"),
    "BILL_RUN_PREVIEWED": _("Bill run previewed"),
    "BILL_RUN_REST_ISSUED": _("Remaining bills issued"),
    "COMPANY_FOUNDED": _("Company set up"),
    "CUSTOMERS_IMPORTED": _("Customers imported"),
    "PARKED_USAGE_RELEASED": _("Parked usage released"),
    "PASSWORD_CHANGED": _("Password changed"),
    "PASSWORD_RESET": _("Password reset"),
    "PAYMENTS_TAKEN": _("Payments taken"),
    "PAYMENT_CANCELLED": _("Payment cancelled"),
    "PAYMENT_TAKEN": _("Payment taken"),
    "READINGS_ENTERED": _("Readings entered"),
    "READINGS_IMPORTED": _("Readings imported"),
    "READING_LIMIT_SET": _("Reading limit set"),
    "READING_CONFIRMED": _("Reading confirmed"),
    "READING_LEFT_OUT": _("Reading left out"),
    "RECEIPT_PRINTED": _("Receipt printed"),
    "RECEIPT_REPRINTED": _("Receipt reprinted"),
    "ROUND_ACCEPTED": _("Book accepted"),
    "ROUND_COMPLETED": _("Round completed"),
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
    "COMPANY": _("Company"),
    "CUSTOMER": _("Customer"),
    "IMPORT": _("Import"),
    "PAYMENT": _("Payment"),
    "READING_LIMIT": _("Reading limit"),
    "ROUND": _("Round"),
    "ROUND_ENTRY": _("Reading"),
    "SHIFT": _("Shift"),
    "STAFF": _("Staff"),
    "TARIFF": _("Tariff"),
}
FIELDS: dict[str, str | Promise] = {
    "accounts": _("Accounts"),
    "account_no": _("Account no."),
    "added": _("Added"),
    "amount_minor": _("Amount"),
    "bill_count": _("Bills"),
    "bills": _("Bills"),
    "book": _("Book"),
    "books": _("Reading books"),
    "business_on": _("Business day"),
    "checks": _("Checks"),
    "cleared_minor": _("Paid bills"),
    "copy_no": _("Copy"),
    "counted_minor": _("Counted"),
    "effective_from": _("In force since"),
    "entries": pgettext_lazy("of a round", "Entries"),
    "expected_minor": _("Expected"),
    "file": _("File"),
    "floor_milli": _("Never held below"),
    "held": _("Held"),
    "is_active": _("May log in"),
    "left_out": _("Left out"),
    "name": pgettext_lazy("of a thing", "Name"),
    "not_read": _("Not read"),
    "org_unit": _("Station"),
    "outcome": _("Result"),
    "parked_count": _("Parked"),
    "payments": _("Payments"),
    "period": _("Period"),
    "prepaid_added_minor": _("Kept on account"),
    "prepaid_used_minor": _("Prepaid used"),
    "quantity_milli": _("Usage"),
    "readings": _("Readings"),
    "reason": _("Reason"),
    "receipt_no": _("Receipt no."),
    "received_minor": _("Received"),
    "replaced": _("Replaced"),
    "revision": _("Revision"),
    "roles": _("Roles"),
    "rows": _("Rows"),
    "source": _("Source"),
    "staff": _("Staff"),
    "state": _("State"),
    "stations": _("Stations"),
    "tender": _("Tender"),
    "times_average": _("Times the average"),
    "username": _("User name"),
    "value_milli": _("Reading"),
    "versions": _("Versions"),
    **{tender.name: words.TENDERS[tender] for tender in payments.Tender},
}
# Codes that stand as values.
VALUES: dict[str, str | Promise] = {
    **{tender.name: words.TENDERS[tender] for tender in payments.Tender},
    **{source.name: words.READING_SOURCES[source] for source in metering.Source},
}
# Numbers that stand as values: (subject, field) -> words.
NUMBERS: dict[tuple[str, str], dict[int, str | Promise]] = {
    ("ROUND_ENTRY", "state"): {int(state): tag.text for state, tag in reading_words.ENTRY_STATES.items()},
    ("ROUND_ENTRY", "checks"): reading_words.CHECKS,
}
for _terms in (customers, premises, devices, fitting, agreements, files, api, imports, edits):
    ACTS |= _terms.ACTS
    SUBJECTS |= _terms.SUBJECTS
    FIELDS |= _terms.FIELDS
    VALUES |= _terms.VALUES
    NUMBERS |= _terms.NUMBERS
_NOTHING = "–"
# For programs, not for people.
HIDDEN = frozenset({"fingerprint"})


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
        changes=changes(before=act.before, after=act.after, subject_kind=act.subject_kind),
        url=reverse("audit_entry", args=[act.entry_id]),
    )


def plain(code: str) -> str:
    """A code nobody named yet, in letters people read: ROUND_OPENED is "Round opened"."""
    return code.replace("_", " ").strip().capitalize()


def changes(
    *, before: Mapping[str, Any], after: Mapping[str, Any], subject_kind: str = ""
) -> tuple[Change, ...]:
    """The fields that hold something before or after, those that changed first."""
    names = [name for name in dict.fromkeys([*before, *after]) if name not in HIDDEN]
    made = [
        Change(
            name=_field(name),
            before=_value(before.get(name), name=name, subject_kind=subject_kind),
            after=_value(after.get(name), name=name, subject_kind=subject_kind),
        )
        for name in names
    ]
    told = (change for change in made if change.before or change.after)
    return tuple(sorted(told, key=lambda change: change.before == change.after))


def _field(name: str) -> str:
    if name in FIELDS:
        return str(FIELDS[name])
    return plain(name.removesuffix("_minor").removesuffix("_milli").removesuffix("_id"))


def _value(value: Any, *, name: str, subject_kind: str) -> str:
    """A value as people read it: amounts and quantities with their decimals, codes and numbers in words."""
    match value:
        case None:
            return ""
        case int():
            return _number(value, name=name, subject_kind=subject_kind)
        case list():
            return ", ".join(_value(item, name=name, subject_kind=subject_kind) for item in value)
        case dict():
            inner = {str(key): item for key, item in value.items()}
            parts = (
                f"{_field(key)} {_value(item, name=key, subject_kind=subject_kind)}"
                for key, item in inner.items()
            )
            return ", ".join(parts)
        case _:
            return _text(str(value))


def _number(value: int, *, name: str, subject_kind: str) -> str:
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if (subject_kind, name) in NUMBERS:
        return str(NUMBERS[subject_kind, name].get(value, value))
    if name.endswith("_minor"):
        return money.format_minor(value)
    return quantity.format_milli(value) if name.endswith("_milli") else str(value)


def _text(value: str) -> str:
    if value in VALUES:
        return str(VALUES[value])
    return plain(value) if _CODE.fullmatch(value) else value


def summary(made: tuple[Change, ...]) -> str:
    """The changes in one line, for a list."""
    return "; ".join(
        f"{change.name} {change.before} → {change.after or _NOTHING}"
        if change.before
        else f"{change.name} {change.after}"
        for change in made
        if change.before != change.after
    )
