"""Writes of shifts and payments. The caller holds the locks and the transaction (see README.md)."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from meterbook.domain.billing import operations as billing
from meterbook.domain.ledger import operations as ledger
from meterbook.domain.ledger import rules as ledger_rules
from meterbook.domain.payments import models, postings, queries, rules


class NoOpenShiftError(Exception):
    """The person has no open shift, so there is no till to take money into."""


class ShiftNotOpenError(Exception):
    """The shift was counted already."""

    def __init__(self, *, shift_id: int) -> None:
        super().__init__(str(shift_id))
        self.shift_id = shift_id


class ShiftNotCountedError(Exception):
    """Only a counted shift that nobody took over yet can be taken over."""

    def __init__(self, *, shift_id: int) -> None:
        super().__init__(str(shift_id))
        self.shift_id = shift_id


class OwnShiftError(Exception):
    """Nobody takes over their own shift."""

    def __init__(self, *, shift_id: int) -> None:
        super().__init__(str(shift_id))
        self.shift_id = shift_id


class DifferenceReasonMissingError(Exception):
    """A tender was counted differently from what the books expect, and no reason was given."""

    def __init__(self, *, tender: models.Tender, difference_minor: int) -> None:
        super().__init__(f"{tender.name} {difference_minor}")
        self.tender = tender
        self.difference_minor = difference_minor


@dataclass(frozen=True, slots=True)
class LockedShift:
    """An open shift held by the transaction."""

    shift_id: int
    station_id: int
    staff_id: int
    business_on: datetime.date


@dataclass(frozen=True, slots=True)
class NewPayment:
    """A payment to be kept. `settlement` says where the money goes."""

    account_id: int
    station_id: int
    shift: LockedShift
    taken_at: datetime.datetime
    taken_by_id: int
    settlement: rules.Settlement
    request_key: uuid.UUID
    request_fingerprint: str
    note: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reversal:
    """The undoing of a payment, in the till of who undoes it."""

    reverses: models.Payment
    shift: LockedShift
    at: datetime.datetime
    by_id: int
    request_key: uuid.UUID
    request_fingerprint: str
    reason: str


@dataclass(frozen=True, slots=True)
class TenderCount:
    """What a person counted of one tender, minor units; the reason is needed when the books differ."""

    tender: models.Tender
    counted_minor: int
    reason: str = ""


def open_shift(
    *, station_id: int, staff_id: int, business_on: datetime.date, opened_at: datetime.datetime
) -> int:
    """Open a till; returns the shift's id. A second open one violates `shift_one_open_per_clerk`."""
    opened = models.Shift.objects.create(
        station_id=station_id, staff_id=staff_id, business_on=business_on, opened_at=opened_at
    )
    return opened.pk


def lock_open_shift(*, staff_id: int) -> LockedShift | None:
    """Hold the person's open shift until the transaction ends; None when they have none.

    One person takes one payment at a time: a repeated click waits here and then finds the first result.
    """
    found = (
        models.Shift.objects.select_for_update(no_key=True)
        .filter(staff_id=staff_id, state=models.ShiftState.OPEN)
        .values_list("pk", "station_id", "staff_id", "business_on")
        .first()
    )
    return None if found is None else LockedShift(*found)


def record_payment(*, new: NewPayment) -> int:
    """Keep a payment, clear its bills and post its journal; returns its id.

    A second payment with the same request key violates `payments_payment_request_key_key`. Raises
    billing.BillNotOpenError when bills were not locked and changed.
    """
    payment = payment_row(new=new)
    payment.save(force_insert=True)
    billing.clear_bills(payment_id=payment.pk, shares=new.settlement.shares)
    _post(payment=payment, kind=ledger_rules.JournalKind.PAYMENT)
    return payment.pk


def payment_row(*, new: NewPayment) -> models.Payment:
    """The row of a new payment, not yet kept."""
    settled = new.settlement
    return models.Payment(
        account_id=new.account_id,
        station_id=new.station_id,
        shift_id=new.shift.shift_id,
        business_on=new.shift.business_on,
        taken_at=new.taken_at,
        taken_by_id=new.taken_by_id,
        tender=settled.tender,
        tendered_minor=settled.tendered_minor,
        change_minor=settled.change_minor,
        received_minor=settled.received_minor,
        prepaid_used_minor=settled.prepaid_used_minor,
        prepaid_added_minor=settled.prepaid_added_minor,
        cleared_minor=settled.cleared_minor,
        request_key=new.request_key,
        request_fingerprint=new.request_fingerprint,
        note=new.note,
        reason=new.reason,
    )


def reverse_payment(*, reversal: Reversal) -> int:
    """Add the mirror of a payment: negative amounts, bills open again, journal reversed; returns its id.

    A payment is reversed once: the second attempt violates `payments_payment_reverses_id_key`.
    """
    first = reversal.reverses
    mirror = models.Payment.objects.create(
        account_id=first.account_id,
        station_id=first.station_id,
        shift_id=reversal.shift.shift_id,
        business_on=reversal.shift.business_on,
        taken_at=reversal.at,
        taken_by_id=reversal.by_id,
        tender=first.tender,
        tendered_minor=-first.tendered_minor,
        change_minor=-first.change_minor,
        received_minor=-first.received_minor,
        prepaid_used_minor=-first.prepaid_used_minor,
        prepaid_added_minor=-first.prepaid_added_minor,
        cleared_minor=-first.cleared_minor,
        request_key=reversal.request_key,
        request_fingerprint=reversal.request_fingerprint,
        reverses_id=first.pk,
        reason=reversal.reason,
    )
    billing.unclear_bills(payment_id=mirror.pk, reversed_payment_id=first.pk)
    _post(payment=mirror, kind=ledger_rules.JournalKind.PAYMENT_REVERSAL)
    return mirror.pk


def count_shift(
    *, shift: LockedShift, counts: Sequence[TenderCount], counted_at: datetime.datetime
) -> tuple[queries.TenderSum, ...]:
    """Close a till: keep what was counted beside what the books expect and post the differences.

    A tender nobody counted counts as 0. Raises DifferenceReasonMissingError for the first difference
    without a reason.
    """
    counted = {count.tender: count for count in counts}
    sums = tuple(
        queries.TenderSum(
            tender=expected.tender,
            payment_count=expected.payment_count,
            expected_minor=expected.expected_minor,
            counted_minor=count.counted_minor,
            reason=count.reason,
        )
        for expected in queries.tender_sums(shift_id=shift.shift_id)
        for count in (counted.get(expected.tender, TenderCount(expected.tender, 0)),)
    )
    for found in sums:
        if found.difference_minor and not found.reason:
            raise DifferenceReasonMissingError(tender=found.tender, difference_minor=found.difference_minor)
    models.ShiftCount.objects.bulk_create(
        models.ShiftCount(
            shift_id=shift.shift_id,
            station_id=shift.station_id,
            tender=found.tender,
            payment_count=found.payment_count,
            expected_minor=found.expected_minor,
            counted_minor=found.expected_minor + found.difference_minor,
            reason=found.reason,
        )
        for found in sums
    )
    _post_shift(
        shift=shift,
        at=counted_at,
        kind=ledger_rules.JournalKind.SHIFT_DIFFERENCE,
        sides=postings.difference_sides(
            shift_id=shift.shift_id, differences={found.tender: found.difference_minor for found in sums}
        ),
    )
    models.Shift.objects.filter(pk=shift.shift_id).update(
        state=models.ShiftState.COUNTED, counted_at=counted_at
    )
    return sums


def lock_shift(*, shift_id: int) -> models.Shift:
    """Hold any shift until the transaction ends. Raises ShiftNotFoundError."""
    found = models.Shift.objects.select_for_update(no_key=True).filter(pk=shift_id).first()
    if found is None:
        raise queries.ShiftNotFoundError(shift_id=shift_id)
    return found


def take_over_shift(*, shift: models.Shift, by_id: int, at: datetime.datetime) -> int:
    """Hand a counted till's takings over to another person; returns the sum, minor units.

    Raises ShiftNotCountedError and OwnShiftError.
    """
    if shift.state != models.ShiftState.COUNTED:
        raise ShiftNotCountedError(shift_id=shift.pk)
    if shift.staff_id == by_id:
        raise OwnShiftError(shift_id=shift.pk)
    counted = {
        models.Tender(tender): amount
        for tender, amount in models.ShiftCount.objects.filter(shift_id=shift.pk).values_list(
            "tender", "counted_minor"
        )
    }
    _post_shift(
        shift=LockedShift(shift.pk, shift.station_id, shift.staff_id, shift.business_on),
        at=at,
        kind=ledger_rules.JournalKind.SHIFT_HANDOVER,
        sides=postings.handover_sides(shift_id=shift.pk, counted=counted),
    )
    models.Shift.objects.filter(pk=shift.pk).update(
        state=models.ShiftState.TAKEN_OVER, taken_over_at=at, taken_over_by_id=by_id
    )
    return sum(counted.values())


def _post(*, payment: models.Payment, kind: ledger_rules.JournalKind) -> None:
    ledger.post_journal(
        kind=kind,
        source_id=payment.pk,
        station_id=payment.station_id,
        posted_on=payment.business_on,
        recorded_at=payment.taken_at,
        sides=postings.payment_sides(payment=payment),
    )


def _post_shift(
    *,
    shift: LockedShift,
    at: datetime.datetime,
    kind: ledger_rules.JournalKind,
    sides: list[ledger_rules.Side],
) -> None:
    if not any(side.amount_minor for side in sides):
        return  # nothing differed, nothing was taken: a journal needs money
    ledger.post_journal(
        kind=kind,
        source_id=shift.shift_id,
        station_id=shift.station_id,
        posted_on=shift.business_on,
        recorded_at=at,
        sides=sides,
    )
