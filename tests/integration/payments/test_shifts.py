"""From opening to hand-over; closed means closed."""

import dataclasses
import datetime
import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from meterbook.application import cancel_payment, shifts, till
from meterbook.domain.access import models as access_models
from meterbook.domain.access import rules as access_rules
from meterbook.domain.ledger import models as ledger
from meterbook.domain.payments import models, operations, queries
from tests.builders import payments, records
from tests.integration.payments.conftest import Counter

Count = operations.TenderCount
Tender = models.Tender
LATER = payments.NOW + datetime.timedelta(hours=8)


def count(counter: Counter, *counts: operations.TenderCount) -> shifts.ShiftCounted:
    return shifts.count_shift(
        actor=counter.till.actor, shift_id=counter.till.shift_id, counts=counts, now=LATER
    )


def take(counter: Counter, amount_minor: int, tender: Tender = Tender.CASH) -> None:
    payments.take(
        till=counter.till,
        command=payments.command(supply=counter.supply, tendered_minor=amount_minor, tender=tender),
    )


def balances(account: int) -> int:
    return sum(
        ledger.LedgerEntry.objects.filter(ledger_account_id=account).values_list("amount_minor", flat=True)
    )


def test_opening_twice_is_one_shift_and_another_day_waits(counter: Counter) -> None:
    again = shifts.open_shift(actor=counter.till.actor, business_on=payments.TODAY, now=LATER)
    assert (again.shift_id, again.is_repeat) == (counter.till.shift_id, True)
    with pytest.raises(shifts.OtherShiftOpenError):
        shifts.open_shift(
            actor=counter.till.actor, business_on=payments.TODAY + datetime.timedelta(days=1), now=LATER
        )


def test_counting_right_posts_no_difference(counter: Counter) -> None:
    take(counter, 7000)
    take(counter, 3000, Tender.QR_MANUAL)
    counted = count(counter, Count(Tender.CASH, 7000), Count(Tender.QR_MANUAL, 3000))
    assert counted.difference_minor == 0
    assert {found.tender: (found.payment_count, found.expected_minor) for found in counted.sums} == {
        Tender.CASH: (1, 7000),
        Tender.QR_MANUAL: (1, 3000),
        Tender.POS_MANUAL: (0, 0),
        Tender.TRANSFER: (0, 0),
    }
    assert not ledger.LedgerEntry.objects.filter(ledger_account_id=1901).exists()


def test_a_difference_needs_a_reason_and_is_posted_to_over_and_short(counter: Counter) -> None:
    take(counter, 7000)
    with pytest.raises(operations.DifferenceReasonMissingError) as refused:
        count(counter, Count(Tender.CASH, 6950))
    assert (refused.value.tender, refused.value.difference_minor) == (Tender.CASH, -50)
    count(counter, Count(Tender.CASH, 6950, reason="少收零钱"))
    assert balances(1901) == 50
    assert payments.cash_minor(counter.till) == 6950
    act = access_models.AuditEntry.objects.get(act="SHIFT_COUNTED")
    assert act.reason == "少收零钱"


def test_differences_that_cancel_each_other_are_both_posted(counter: Counter) -> None:
    take(counter, 7000)
    take(counter, 3000, Tender.QR_MANUAL)
    count(counter, Count(Tender.CASH, 7100, reason="x"), Count(Tender.QR_MANUAL, 2900, reason="y"))
    assert (balances(1001), balances(1021), balances(1901)) == (7100, 2900, 0)


def test_the_same_count_again_is_the_same_result(counter: Counter) -> None:
    take(counter, 7000)
    first = count(counter, Count(Tender.CASH, 7000))
    again = count(counter, Count(Tender.CASH, 7000))
    assert again == dataclasses.replace(first, is_repeat=True)
    with pytest.raises(operations.ShiftNotOpenError):
        count(counter, Count(Tender.CASH, 6000, reason="x"))


def test_only_the_clerk_counts_the_till(counter: Counter) -> None:
    other = payments.till(station_id=counter.world.station_a)
    with pytest.raises(shifts.NotOwnShiftError):
        shifts.count_shift(actor=other.actor, shift_id=counter.till.shift_id, counts=[], now=LATER)


def test_another_person_takes_over_once(counter: Counter) -> None:
    take(counter, 7000)
    take(counter, 3000, Tender.QR_MANUAL)
    supervisor = records.actor(role="SUPERVISOR", unit_id=counter.world.station_a, name="周敏")
    with pytest.raises(operations.ShiftNotCountedError):
        shifts.take_over_shift(actor=supervisor, shift_id=counter.till.shift_id, now=LATER)
    count(counter, Count(Tender.CASH, 7000), Count(Tender.QR_MANUAL, 3000))
    with pytest.raises(access_rules.NotAllowedError):
        shifts.take_over_shift(actor=counter.till.actor, shift_id=counter.till.shift_id, now=LATER)
    taken = shifts.take_over_shift(actor=supervisor, shift_id=counter.till.shift_id, now=LATER)
    assert taken.amount_minor == 10000
    assert (balances(1001), balances(1021), balances(1002)) == (0, 0, 10000)
    with pytest.raises(operations.ShiftNotCountedError):
        shifts.take_over_shift(actor=supervisor, shift_id=counter.till.shift_id, now=LATER)
    assert queries.shift(shift_id=counter.till.shift_id).taken_over_by == "周敏"


def test_nobody_takes_over_their_own_till(counter: Counter) -> None:
    own = payments.till(station_id=counter.world.station_a, role="SUPERVISOR")
    shifts.count_shift(actor=own.actor, shift_id=own.shift_id, counts=[], now=LATER)
    with pytest.raises(operations.OwnShiftError):
        shifts.take_over_shift(actor=own.actor, shift_id=own.shift_id, now=LATER)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payments_shift SET state = 1, counted_at = NULL",
        "UPDATE payments_shift SET business_on = business_on + 1",
        "DELETE FROM payments_shift",
        "UPDATE payments_shiftcount SET counted_minor = 0",
        """INSERT INTO payments_payment (account_id, station_id, shift_id, business_on, taken_at, taken_by_id,
            tender, tendered_minor, change_minor, received_minor, prepaid_used_minor, prepaid_added_minor,
            cleared_minor, request_key, request_fingerprint, reason, note)
           SELECT account_id, station_id, shift_id, business_on, taken_at, taken_by_id, tender,
            1, 0, 1, 0, 1, 0, gen_random_uuid(), '', '', '' FROM payments_payment""",
    ],
)
def test_closed_means_closed_in_the_database(counter: Counter, statement: str) -> None:
    take(counter, 7000)
    count(counter, Count(Tender.CASH, 7000))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_till_pages_read_what_happened(counter: Counter) -> None:
    bill = payments.bill(supply=counter.supply, amount_minor=7920)
    take(counter, 7000)
    page = till.account(actor=counter.till.actor, account_no=counter.supply.account_no)
    assert (page.due_minor, page.prepaid_minor, page.account.customer) == (7920, 7000, "李秀兰")
    assert [found.bill_id for found in page.bills] == [bill]
    assert page.last_payment is not None
    assert page.last_payment.receipt_no == "A00000001"
    assert page.account.address == counter.supply.address
    start = till.start(actor=counter.till.actor)
    assert start.shift is not None
    assert (start.shift.payment_count, start.shift.received_minor) == (1, 7000)
    reader = records.actor(role="READER", unit_id=counter.world.station_a)
    with pytest.raises(access_rules.NotAllowedError):
        till.shift_page(actor=reader, shift_id=counter.till.shift_id)


def test_a_whole_day_under_the_web_role(counter: Counter) -> None:
    """Row-level security lets a day's work of one station through, from opening to hand-over."""
    clerk = records.actor(unit_id=counter.world.station_a)
    supervisor = records.actor(role="SUPERVISOR", unit_id=counter.world.station_a)
    bill = payments.bill(supply=counter.supply, amount_minor=7920)
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE meterbook_app")
    opened = shifts.open_shift(actor=clerk, business_on=payments.TODAY, now=payments.NOW)
    own = payments.Till(actor=clerk, shift_id=opened.shift_id, station_id=counter.world.station_a)
    taken = payments.take(
        till=own,
        command=payments.command(supply=counter.supply, bill_ids=(bill,), tendered_minor=10000),
    )
    cancel_payment.cancel_payment(
        actor=clerk,
        command=cancel_payment.CancelPayment(uuid.uuid4(), taken.payment_id, "x"),
        now=payments.NOW,
    )
    payments.take(
        till=own,
        command=payments.command(supply=counter.supply, bill_ids=(bill,), tendered_minor=7920),
    )
    shifts.count_shift(
        actor=clerk,
        shift_id=own.shift_id,
        counts=[Count(Tender.CASH, 7900, reason="x")],
        now=LATER,
    )
    handed = shifts.take_over_shift(actor=supervisor, shift_id=own.shift_id, now=LATER)
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    assert handed.amount_minor == 7900
    assert payments.cash_minor(own) == 0
