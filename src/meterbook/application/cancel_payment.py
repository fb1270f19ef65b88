"""Giving a payment back: never deleted, always mirrored, in the till of who gives it back."""

import datetime
import uuid
from dataclasses import dataclass

from django.db import IntegrityError

from meterbook.application import shifts, take_payment, transaction
from meterbook.domain.access import operations as access
from meterbook.domain.access import rules as access_rules
from meterbook.domain.billing import operations as billing
from meterbook.domain.documents import operations as documents
from meterbook.domain.documents import queries as document_queries
from meterbook.domain.ledger import operations as ledger
from meterbook.domain.ledger import rules as ledger_rules
from meterbook.domain.payments import models, operations, queries, rules

REVERSES_CONSTRAINT = "payments_payment_reverses_id_key"


class ReasonMissingError(Exception):
    """A cancellation needs a reason."""


class AlreadyCancelledError(Exception):
    """The payment was cancelled before, by another request."""

    def __init__(self, *, payment_id: int) -> None:
        super().__init__(str(payment_id))
        self.payment_id = payment_id


class NotCancellableError(Exception):
    """A cancellation can't be cancelled; take the payment again."""

    def __init__(self, *, payment_id: int) -> None:
        super().__init__(str(payment_id))
        self.payment_id = payment_id


class BalanceUsedError(Exception):
    """What the payment put on the account was used meanwhile. Minor units."""

    def __init__(self, *, added_minor: int, available_minor: int) -> None:
        super().__init__(f"added {added_minor}, left {available_minor}")
        self.added_minor = added_minor
        self.available_minor = available_minor


@dataclass(frozen=True, slots=True)
class CancelPayment:
    """A cancellation as the clerk confirmed it; `request_key` is made with the form."""

    request_key: uuid.UUID
    payment_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class PaymentCancelled:
    """What was given back (minor units, positive) and whose receipt is void now."""

    payment_id: int
    reversal_id: int
    receipt_no: str
    given_back_minor: int
    tender: models.Tender
    is_repeat: bool


def cancel_payment(
    *, actor: access_rules.Actor, command: CancelPayment, now: datetime.datetime
) -> PaymentCancelled:
    """Cancel a payment into the actor's own open shift.

    Own payments of the open shift need right payments.cancel, any other payments.cancel_any. Raises
    NotAllowedError, ReasonMissingError, queries.PaymentNotFoundError, NotCancellableError,
    AlreadyCancelledError, BalanceUsedError, operations.NoOpenShiftError,
    take_payment.RequestKeyReusedError. Nothing is kept then.
    """
    staff_id = shifts.person(actor=actor)
    reason = command.reason.strip()
    if not reason:
        raise ReasonMissingError
    fingerprint = rules.fingerprint(
        facts={"act": "CANCEL", "staff_id": staff_id, "payment_id": command.payment_id, "reason": reason}
    )
    try:
        with transaction.writing(actor=actor):
            return _cancel(
                actor=actor,
                staff_id=staff_id,
                command=CancelPayment(command.request_key, command.payment_id, reason),
                fingerprint=fingerprint,
                now=now,
            )
    except IntegrityError as clash:
        if take_payment.violates(clash, constraint=REVERSES_CONSTRAINT):
            raise AlreadyCancelledError(payment_id=command.payment_id) from clash
        if take_payment.violates(clash, constraint=take_payment.REQUEST_KEY_CONSTRAINT):
            raise take_payment.RequestKeyReusedError(
                request_key=command.request_key, receipt_no=""
            ) from clash
        raise


def may_cancel(*, actor: access_rules.Actor, payment: queries.PaymentRow, shift_id: int | None) -> bool:
    """Whether the actor may cancel a payment, given their open shift (None: they have none)."""
    if payment.is_reversed or payment.reverses_id is not None or shift_id is None:
        return False
    is_own = payment.taken_by_id == actor.staff_id and payment.shift_id == shift_id
    return actor.may("payments.cancel_any") or (is_own and actor.may("payments.cancel"))


def _cancel(
    *,
    actor: access_rules.Actor,
    staff_id: int,
    command: CancelPayment,
    fingerprint: str,
    now: datetime.datetime,
) -> PaymentCancelled:
    """Locks in the fixed order: shift, bills by id, balances."""
    shift = operations.lock_open_shift(staff_id=staff_id)
    repeated = queries.payment_of_request(request_key=command.request_key)
    if repeated is not None:
        return _first_result(first=repeated, fingerprint=fingerprint)
    payment = _payment(payment_id=command.payment_id)
    _require_right(actor=actor, payment=payment, shift=shift)
    if shift is None:
        raise operations.NoOpenShiftError
    if payment.reverses_id is not None:
        raise NotCancellableError(payment_id=payment.pk)
    available = _lock_account(payment=payment)
    if queries.is_reversed(payment_id=payment.pk):
        raise AlreadyCancelledError(payment_id=payment.pk)
    if available + payment.prepaid_used_minor - payment.prepaid_added_minor < 0:
        raise BalanceUsedError(added_minor=payment.prepaid_added_minor, available_minor=available)
    reversal_id = operations.reverse_payment(
        reversal=operations.Reversal(
            reverses=payment,
            shift=shift,
            at=now,
            by_id=staff_id,
            request_key=command.request_key,
            request_fingerprint=fingerprint,
            reason=command.reason,
        )
    )
    receipt_no = documents.void_receipt(
        payment_id=payment.pk, at=now, staff_id=staff_id, reason=command.reason
    )
    _record_cancelling(actor=actor, payment=payment, reversal_id=reversal_id, reason=command.reason, now=now)
    return PaymentCancelled(
        payment_id=payment.pk,
        reversal_id=reversal_id,
        receipt_no=receipt_no,
        given_back_minor=payment.received_minor,
        tender=models.Tender(payment.tender),
        is_repeat=False,
    )


def _payment(*, payment_id: int) -> models.Payment:
    found = queries.payment_record(payment_id=payment_id)
    if found is None:
        raise queries.PaymentNotFoundError(payment_id=payment_id)
    return found


def _require_right(
    *, actor: access_rules.Actor, payment: models.Payment, shift: operations.LockedShift | None
) -> None:
    is_own = payment.taken_by_id == actor.staff_id
    is_this_shift = shift is not None and payment.shift_id == shift.shift_id
    if not actor.may("payments.cancel_any"):
        actor.require("payments.cancel" if is_own and is_this_shift else "payments.cancel_any")


def _lock_account(*, payment: models.Payment) -> int:
    """Hold the bills the payment cleared and the account's balances; returns what the account holds."""
    billing.lock_bills(
        account_id=payment.account_id, bill_ids=queries.bills_cleared_by(payment_id=payment.pk)
    )
    balances = ledger.lock_balances(
        subject_id=payment.account_id,
        accounts=[ledger_rules.Chart.RECEIVABLE, ledger_rules.Chart.PREPAYMENT],
    )
    return -balances[ledger_rules.Chart.PREPAYMENT]


def _record_cancelling(
    *,
    actor: access_rules.Actor,
    payment: models.Payment,
    reversal_id: int,
    reason: str,
    now: datetime.datetime,
) -> None:
    access.record_act(
        actor=actor,
        at=now,
        act="PAYMENT_CANCELLED",
        subject_kind="PAYMENT",
        subject_id=payment.pk,
        station_id=payment.station_id,
        reason=reason,
        before={"cleared_minor": payment.cleared_minor, "received_minor": payment.received_minor},
        after={"reversal_id": reversal_id},
    )


def _first_result(*, first: models.Payment, fingerprint: str) -> PaymentCancelled:
    if first.request_fingerprint != fingerprint or first.reverses_id is None:
        raise take_payment.RequestKeyReusedError(request_key=first.request_key, receipt_no="")
    receipt = document_queries.receipt_of_payment(payment_id=first.reverses_id)
    return PaymentCancelled(
        payment_id=first.reverses_id,
        reversal_id=first.pk,
        receipt_no=receipt.receipt_no,
        given_back_minor=-first.received_minor,
        tender=models.Tender(first.tender),
        is_repeat=True,
    )
