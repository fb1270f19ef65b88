"""Everything that happened to an account on one line of time: bills, payments, readings, changes.

Newest first. Each kind is read by its own index down to the page asked for and merged here.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import Q
from django.utils import timezone

from meterbook.domain.access import models as access
from meterbook.domain.agreements import queries as agreements
from meterbook.reporting import account_records as records

PAGE_SIZE = 30


class Happening(StrEnum):
    """What kind of thing happened."""

    BILL = "BILL"
    PAYMENT = "PAYMENT"
    REVERSAL = "REVERSAL"
    READING = "READING"
    ACT = "ACT"


@dataclass(frozen=True, slots=True)
class Act:
    """An audit row: who did what, from where, and what was before and after."""

    entry_id: int
    at: datetime.datetime
    actor: str
    is_system: bool
    remote_address: str
    act: str
    subject_kind: str
    subject_id: str
    reason: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """One happening. `record` is the bill, payment, reading or audit entry as its own reads give it.

    `is_day`: only the day is known (bills are dated, not timed), `at` is then the start of it.
    """

    at: datetime.datetime
    kind: Happening
    key: int
    record: records.BillRecord | records.PaymentRecord | records.ReadingRecord | Act
    is_day: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a timeline; `has_older` tells whether another follows."""

    events: tuple[Event, ...]
    number: int
    has_older: bool


ALL_KINDS = frozenset(Happening)


def timeline(
    *,
    account_id: int,
    customer_id: int,
    kinds: frozenset[Happening] = ALL_KINDS,
    page: int = 1,
    size: int = PAGE_SIZE,
) -> Page:
    """Page `page` (from 1) of what happened to an account and its holder, as far as `kinds` goes."""
    most = page * size + 1
    events: list[Event] = []
    if Happening.BILL in kinds:
        events += (_of_bill(bill) for bill in records.bills_of(account_id=account_id, most=most))
    if kinds & {Happening.PAYMENT, Happening.REVERSAL}:
        events += (_of_payment(payment) for payment in records.payments_of(account_id=account_id, most=most))
    if Happening.READING in kinds:
        events += (_of_reading(reading) for reading in records.readings_of(account_id=account_id, most=most))
    if Happening.ACT in kinds:
        acts = acts_on_account(account_id=account_id, customer_id=customer_id, most=most)
        events += (_of_act(act) for act in acts)
    events.sort(key=lambda event: (event.at, event.kind, event.key), reverse=True)
    first = (page - 1) * size
    return Page(events=tuple(events[first : first + size]), number=page, has_older=len(events) > first + size)


def acts_on_account(*, account_id: int, customer_id: int, most: int = records.MOST_RECORDS) -> list[Act]:
    """The audit rows on the account, its holder, its premises and its meters, newest first."""
    places = agreements.places_of(account_id=account_id)
    found = access.AuditEntry.objects.filter(
        Q(subject_kind="ACCOUNT", subject_id=str(account_id))
        | Q(subject_kind="CUSTOMER", subject_id=str(customer_id))
        | Q(subject_kind="PREMISE", subject_id__in=[str(number) for number in places.premise_ids])
        | Q(subject_kind="METER", subject_id__in=[str(number) for number in places.meter_ids])
    ).order_by("-at", "-id")[:most]
    return [act_of(entry) for entry in found]


def act_of(entry: access.AuditEntry) -> Act:
    """An audit row as a value."""
    return Act(
        entry_id=entry.pk,
        at=entry.at,
        actor=entry.actor_name,
        is_system=entry.is_system,
        remote_address=entry.remote_address,
        act=entry.act,
        subject_kind=entry.subject_kind,
        subject_id=entry.subject_id,
        reason=entry.reason,
        before=entry.before or {},
        after=entry.after or {},
    )


def _of_bill(bill: records.BillRecord) -> Event:
    return Event(
        at=_start_of(bill.issued_on), kind=Happening.BILL, key=bill.bill_id, record=bill, is_day=True
    )


def _of_payment(payment: records.PaymentRecord) -> Event:
    kind = Happening.REVERSAL if payment.is_reversal else Happening.PAYMENT
    return Event(at=payment.taken_at, kind=kind, key=payment.payment_id, record=payment)


def _of_reading(reading: records.ReadingRecord) -> Event:
    return Event(
        at=_start_of(reading.read_on),
        kind=Happening.READING,
        key=reading.reading_id,
        record=reading,
        is_day=True,
    )


def _of_act(act: Act) -> Event:
    return Event(at=act.at, kind=Happening.ACT, key=act.entry_id, record=act)


def _start_of(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.min))
