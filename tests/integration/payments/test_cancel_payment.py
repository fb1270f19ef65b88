"""Cancelling mirrors everything and deletes nothing."""

import dataclasses
import datetime
import uuid

import pytest

from meterbook.application import cancel_payment, shifts, take_payment
from meterbook.domain.access import rules as access_rules
from meterbook.domain.documents import queries as document_queries
from meterbook.domain.ledger import models as ledger
from meterbook.domain.payments import models, operations, queries
from tests.builders import payments, records
from tests.integration.payments.conftest import Counter


def cancel(
    till: payments.Till, payment_id: int, *, reason: str = "录错金额", key: uuid.UUID | None = None
) -> cancel_payment.PaymentCancelled:
    return cancel_payment.cancel_payment(
        actor=till.actor,
        command=cancel_payment.CancelPayment(
            request_key=key or uuid.uuid4(), payment_id=payment_id, reason=reason
        ),
        now=payments.NOW + datetime.timedelta(minutes=5),
    )


def test_a_cancelled_payment_leaves_everything_as_before(counter: Counter) -> None:
    payments.take(till=counter.till, command=payments.command(supply=counter.supply, tendered_minor=3650))
    bills = tuple(payments.bill(supply=counter.supply, amount_minor=amount) for amount in (8268, 8387))
    before = sorted(
        ledger.LedgerBalance.objects.values_list("subject_id", "ledger_account_id", "balance_minor")
    )
    taken = payments.take(
        till=counter.till,
        command=payments.command(
            supply=counter.supply, bill_ids=bills, tendered_minor=20000, use_prepaid=True, keep_change=True
        ),
    )
    cancelled = cancel(counter.till, taken.payment_id)
    assert cancelled.receipt_no == taken.receipt_no
    assert cancelled.given_back_minor == 20000
    assert [payments.open_minor(bill) for bill in bills] == [8268, 8387]
    after = sorted(
        ledger.LedgerBalance.objects.values_list("subject_id", "ledger_account_id", "balance_minor")
    )
    assert after == before
    assert models.Payment.objects.count() == 3
    assert document_queries.receipt_by_no(receipt_no=taken.receipt_no).is_void


def test_cancelling_twice_gives_back_once(counter: Counter) -> None:
    taken = payments.take(
        till=counter.till, command=payments.command(supply=counter.supply, tendered_minor=500)
    )
    key = uuid.uuid4()
    first = cancel(counter.till, taken.payment_id, key=key)
    again = cancel(counter.till, taken.payment_id, key=key)
    assert again == dataclasses.replace(first, is_repeat=True)
    with pytest.raises(cancel_payment.AlreadyCancelledError):
        cancel(counter.till, taken.payment_id)
    assert payments.cash_minor(counter.till) == 0


def test_a_key_used_for_taking_does_not_cancel(counter: Counter) -> None:
    key = uuid.uuid4()
    taken = payments.take(
        till=counter.till,
        command=payments.command(supply=counter.supply, tendered_minor=500, request_key=key),
    )
    with pytest.raises(take_payment.RequestKeyReusedError):
        cancel(counter.till, taken.payment_id, key=key)


def test_a_cancellation_is_not_cancelled(counter: Counter) -> None:
    taken = payments.take(
        till=counter.till, command=payments.command(supply=counter.supply, tendered_minor=500)
    )
    with pytest.raises(cancel_payment.NotCancellableError):
        cancel(counter.till, cancel(counter.till, taken.payment_id).reversal_id)


def test_a_reason_is_needed(counter: Counter) -> None:
    taken = payments.take(
        till=counter.till, command=payments.command(supply=counter.supply, tendered_minor=500)
    )
    with pytest.raises(cancel_payment.ReasonMissingError):
        cancel(counter.till, taken.payment_id, reason="  ")


def test_a_balance_used_meanwhile_is_not_given_back(counter: Counter) -> None:
    kept = payments.take(
        till=counter.till, command=payments.command(supply=counter.supply, tendered_minor=5000)
    )
    bill = payments.bill(supply=counter.supply, amount_minor=3000)
    used = payments.take(
        till=counter.till,
        command=payments.command(supply=counter.supply, bill_ids=(bill,), tendered_minor=0, use_prepaid=True),
    )
    with pytest.raises(cancel_payment.BalanceUsedError) as refused:
        cancel(counter.till, kept.payment_id)
    assert (refused.value.added_minor, refused.value.available_minor) == (5000, 2000)
    cancel(counter.till, used.payment_id)
    cancel(counter.till, kept.payment_id)
    assert payments.prepaid_minor(counter.supply) == 0


def test_who_may_cancel_what(counter: Counter) -> None:
    taken = payments.take(
        till=counter.till, command=payments.command(supply=counter.supply, tendered_minor=500)
    )
    colleague = payments.till(station_id=counter.world.station_a)
    with pytest.raises(access_rules.NotAllowedError) as refused:
        cancel(colleague, taken.payment_id)
    assert refused.value.right == "payments.cancel_any"
    supervisor = payments.till(station_id=counter.world.station_a, role="SUPERVISOR")
    cancel(supervisor, taken.payment_id)
    # Given back out of the supervisor's till: the clerk's own is not touched.
    assert (payments.cash_minor(counter.till), payments.cash_minor(supervisor)) == (500, -500)


def test_a_payment_of_a_closed_shift_needs_the_larger_right(counter: Counter) -> None:
    taken = payments.take(
        till=counter.till, command=payments.command(supply=counter.supply, tendered_minor=500)
    )
    shifts.count_shift(
        actor=counter.till.actor,
        shift_id=counter.till.shift_id,
        counts=[operations.TenderCount(models.Tender.CASH, 500)],
        now=payments.NOW,
    )
    with pytest.raises(access_rules.NotAllowedError):
        cancel(counter.till, taken.payment_id)
    supervisor = records.actor(role="SUPERVISOR", unit_id=counter.world.station_a)
    with pytest.raises(operations.NoOpenShiftError):
        cancel(payments.Till(supervisor, 0, counter.world.station_a), taken.payment_id)


def test_an_unknown_payment_is_said_so(counter: Counter) -> None:
    with pytest.raises(queries.PaymentNotFoundError):
        cancel(counter.till, 10**12)
