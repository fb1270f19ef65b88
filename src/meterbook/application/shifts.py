"""A till from opening to hand-over. Closed means closed: the database refuses anything afterwards."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError

from meterbook.application import transaction
from meterbook.domain.access import operations as access
from meterbook.domain.access import rules as access_rules
from meterbook.domain.documents import operations as documents
from meterbook.domain.payments import models, operations, queries


class OtherShiftOpenError(Exception):
    """The person still has a shift open for another day; it is counted first."""

    def __init__(self, *, shift_id: int, business_on: datetime.date) -> None:
        super().__init__(f"{shift_id} of {business_on}")
        self.shift_id = shift_id
        self.business_on = business_on


class NotOwnShiftError(Exception):
    """Only the person whose till it is counts it."""

    def __init__(self, *, shift_id: int) -> None:
        super().__init__(str(shift_id))
        self.shift_id = shift_id


@dataclass(frozen=True, slots=True)
class ShiftOpened:
    """An open shift; `is_repeat` when it was open already."""

    shift_id: int
    business_on: datetime.date
    is_repeat: bool


@dataclass(frozen=True, slots=True)
class ShiftCounted:
    """A counted shift; `is_repeat` when it was counted before, just so."""

    shift_id: int
    business_on: datetime.date
    sums: tuple[queries.TenderSum, ...]
    is_repeat: bool

    @property
    def difference_minor(self) -> int:
        """Counted less expected over all tenders, minor units."""
        return sum(found.difference_minor for found in self.sums)


@dataclass(frozen=True, slots=True)
class ShiftTakenOver:
    """What was handed over, minor units."""

    shift_id: int
    amount_minor: int


def person(*, actor: access_rules.Actor) -> int:
    """The id of the person acting. A system identity has no till: NotAllowedError."""
    if actor.staff_id is None:
        raise access_rules.NotAllowedError(right="payments.take")
    return actor.staff_id


def open_shift(
    *, actor: access_rules.Actor, business_on: datetime.date, now: datetime.datetime
) -> ShiftOpened:
    """Open the actor's till for a day; needs payments.take. Opening it again is harmless.

    Raises OtherShiftOpenError when a shift of another day is still open.
    """
    actor.require("payments.take")
    staff_id = person(actor=actor)
    try:
        with transaction.writing(actor=actor):
            return _open(actor=actor, staff_id=staff_id, business_on=business_on, now=now)
    except IntegrityError:
        # Two clicks at once: the other one opened it, so it is read like any open shift.
        with transaction.writing(actor=actor):
            return _open(actor=actor, staff_id=staff_id, business_on=business_on, now=now)


def count_shift(
    *,
    actor: access_rules.Actor,
    shift_id: int,
    counts: Sequence[operations.TenderCount],
    now: datetime.datetime,
) -> ShiftCounted:
    """Count the actor's till and close it; needs payments.take. The same count again gives the same result.

    Raises NotOwnShiftError, operations.ShiftNotOpenError (counted otherwise before),
    operations.DifferenceReasonMissingError, queries.ShiftNotFoundError.
    """
    actor.require("payments.take")
    staff_id = person(actor=actor)
    with transaction.writing(actor=actor):
        locked = operations.lock_shift(shift_id=shift_id)
        if locked.staff_id != staff_id:
            raise NotOwnShiftError(shift_id=shift_id)
        if locked.state != models.ShiftState.OPEN:
            return _counted_before(shift=locked, counts=counts)
        sums = operations.count_shift(
            shift=operations.LockedShift(locked.pk, locked.station_id, staff_id, locked.business_on),
            counts=counts,
            counted_at=now,
        )
        access.record_act(
            actor=actor,
            at=now,
            act="SHIFT_COUNTED",
            subject_kind="SHIFT",
            subject_id=shift_id,
            station_id=locked.station_id,
            reason="; ".join(found.reason for found in sums if found.difference_minor)[:200],
            after={
                found.tender.name: {
                    "expected_minor": found.expected_minor,
                    "counted_minor": found.counted_minor,
                }
                for found in sums
            },
        )
        return ShiftCounted(shift_id, locked.business_on, sums, is_repeat=False)


def take_over_shift(*, actor: access_rules.Actor, shift_id: int, now: datetime.datetime) -> ShiftTakenOver:
    """Take over a counted till of somebody else; needs shifts.take_over.

    Raises operations.ShiftNotCountedError, operations.OwnShiftError, queries.ShiftNotFoundError.
    """
    actor.require("shifts.take_over")
    staff_id = person(actor=actor)
    with transaction.writing(actor=actor):
        locked = operations.lock_shift(shift_id=shift_id)
        amount = operations.take_over_shift(shift=locked, by_id=staff_id, at=now)
        access.record_act(
            actor=actor,
            at=now,
            act="SHIFT_TAKEN_OVER",
            subject_kind="SHIFT",
            subject_id=shift_id,
            station_id=locked.station_id,
            after={"amount_minor": amount},
        )
        return ShiftTakenOver(shift_id, amount)


def _open(
    *, actor: access_rules.Actor, staff_id: int, business_on: datetime.date, now: datetime.datetime
) -> ShiftOpened:
    existing = operations.lock_open_shift(staff_id=staff_id)
    if existing is not None:
        if existing.business_on != business_on:
            raise OtherShiftOpenError(shift_id=existing.shift_id, business_on=existing.business_on)
        return ShiftOpened(existing.shift_id, existing.business_on, is_repeat=True)
    station_id = actor.home_unit_id
    documents.ensure_receipt_book(station_id=station_id, prefix=queries.station_code(station_id=station_id))
    shift_id = operations.open_shift(
        station_id=station_id, staff_id=staff_id, business_on=business_on, opened_at=now
    )
    access.record_act(
        actor=actor,
        at=now,
        act="SHIFT_OPENED",
        subject_kind="SHIFT",
        subject_id=shift_id,
        station_id=station_id,
        after={"business_on": business_on.isoformat()},
    )
    return ShiftOpened(shift_id, business_on, is_repeat=False)


def _counted_before(*, shift: models.Shift, counts: Sequence[operations.TenderCount]) -> ShiftCounted:
    sums = queries.tender_sums(shift_id=shift.pk)
    wanted = {count.tender: count.counted_minor for count in counts}
    if any(found.counted_minor != wanted.get(found.tender, 0) for found in sums):
        raise operations.ShiftNotOpenError(shift_id=shift.pk)
    return ShiftCounted(shift.pk, shift.business_on, sums, is_repeat=True)
