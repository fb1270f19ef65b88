"""From a meter on the wall to a closed till: the product's sentence, on two calendars. Figures by pencil."""

import datetime
import uuid

import pytest
from django.db import IntegrityError, transaction

from meterbook.application import cancel_payment, take_payment
from meterbook.domain.billing import models as billing
from meterbook.domain.documents import models as documents
from meterbook.domain.ledger import queries as ledger
from meterbook.domain.ledger import rules
from meterbook.domain.metering import models as metering
from meterbook.domain.payments import models as payments
from meterbook.domain.payments import operations as payment_operations
from meterbook.reporting import ledger_proof
from tests.builders import records
from tests.journeys import story

day = datetime.date


def assert_proved() -> None:
    """Every proof of the books, with something looked at behind each zero."""
    proof = ledger_proof.prove()
    assert proof.is_right, [finding for finding in proof.findings if not finding.is_right]
    assert proof.looked_at > 0


def open_minor(bill: billing.Bill) -> int:
    return billing.Receivable.objects.get(bill_id=bill.pk).open_minor


def test_a_normal_month(db: None) -> None:
    world = records.world()
    tariff_id = records.tariff()
    li, zhang, wang = records.supplies(
        count=3, station_id=world.station_a, tariff_id=tariff_id, installed_on=day(2026, 10, 1)
    )
    by = story.people(unit_id=world.station_a)

    round_id = story.read_book(
        by=by,
        book_id=li.book_id,
        period=day(2026, 11, 1),
        on=day(2026, 11, 2),
        values={li.serial_no: 12, zhang.serial_no: 18, wang.serial_no: 0},
    )
    bills = story.bill_book(by=by, round_id=round_id, on=day(2026, 11, 3))

    # Beijing residential, first tier: 2.07 water, 1.57 resource, 1.36 sewage a cubic metre.
    assert story.lines(bills[li.account_id]) == [
        (1, 1, 12_000, 2_070_000, 24_84),
        (2, 0, 12_000, 1_570_000, 18_84),
        (3, 0, 12_000, 1_360_000, 16_32),
    ]
    assert bills[li.account_id].amount_minor == 60_00
    assert bills[zhang.account_id].amount_minor == 90_00
    assert bills[wang.account_id].amount_minor == 0
    assert_proved()

    on = day(2026, 11, 6)
    shift_id = story.open_till(by=by, on=on)
    paid = story.pay(
        by=by, account_id=li.account_id, bills=[bills[li.account_id]], tendered_minor=100_00, on=on
    )
    assert (paid.received_minor, paid.change_minor, paid.cleared_minor) == (60_00, 40_00, 60_00)
    part = story.pay(
        by=by,
        account_id=zhang.account_id,
        bills=[bills[zhang.account_id]],
        tendered_minor=50_00,
        tender=payments.Tender.QR_MANUAL,
        on=on,
    )
    assert part.cleared_minor == 50_00
    assert open_minor(bills[zhang.account_id]) == 40_00
    kept = story.pay(
        by=by,
        account_id=zhang.account_id,
        bills=[bills[zhang.account_id]],
        tendered_minor=50_00,
        keep_change=True,
        on=on,
    )
    assert (kept.cleared_minor, kept.prepaid_added_minor) == (40_00, 10_00)
    assert ledger.balance_minor(account=rules.Chart.PREPAYMENT, subject_id=zhang.account_id) == -10_00
    assert ledger.balance_minor(account=rules.Chart.RECEIVABLE, subject_id=zhang.account_id) == 0
    assert [r.serial for r in documents.Receipt.objects.order_by("serial")] == [1, 2, 3]
    assert_proved()

    story.close_day(
        by=by,
        shift_id=shift_id,
        counted={payments.Tender.CASH: 110_00, payments.Tender.QR_MANUAL: 50_00},
        on=on,
    )
    assert_proved()
    with pytest.raises(payment_operations.NoOpenShiftError):
        story.pay(by=by, account_id=li.account_id, bills=[], tendered_minor=1_00, keep_change=True, on=on)


def test_a_year_end_with_tier_reset(db: None) -> None:
    """170 + 30 m³ cross 180 in December; January starts at the first tier again; February is short."""
    world = records.world()
    tariff_id = records.tariff()
    li = records.supply(station_id=world.station_a, tariff_id=tariff_id, installed_on=day(2026, 10, 1))
    by = story.people(unit_id=world.station_a)
    readings = [
        (day(2026, 11, 1), day(2026, 11, 30), 170, 850_00),
        (day(2026, 12, 1), day(2026, 12, 31), 200, 190_00),
        (day(2027, 1, 1), day(2027, 1, 31), 230, 150_00),
        (day(2027, 2, 1), day(2027, 2, 28), 251, 105_00),
    ]
    issued = []
    for period, on, value, amount_minor in readings:
        round_id = story.read_book(
            by=by, book_id=li.book_id, period=period, on=on, values={li.serial_no: value}
        )
        bill = story.bill_book(by=by, round_id=round_id, on=on)[li.account_id]
        assert bill.amount_minor == amount_minor, on
        issued.append(bill)
    december = story.lines(issued[1])
    assert december == [
        (1, 1, 10_000, 2_070_000, 20_70),
        (1, 2, 20_000, 4_070_000, 81_40),
        (2, 0, 30_000, 1_570_000, 47_10),
        (3, 0, 30_000, 1_360_000, 40_80),
    ]
    usages = list(metering.Usage.objects.order_by("period_from").values_list("period_from", "period_until"))
    assert usages == [
        (day(2026, 10, 1), day(2026, 11, 30)),
        (day(2026, 11, 30), day(2026, 12, 31)),
        (day(2026, 12, 31), day(2027, 1, 31)),
        (day(2027, 1, 31), day(2027, 2, 28)),
    ]
    assert_proved()

    # One payment over the year end: oldest due first, the rest stays open.
    on = day(2027, 3, 1)
    shift_id = story.open_till(by=by, on=on)
    paid = story.pay(by=by, account_id=li.account_id, bills=issued, tendered_minor=1000_00, on=on)
    assert paid.cleared_minor == 1000_00
    assert [open_minor(bill) for bill in issued] == [0, 40_00, 150_00, 105_00]

    # It was the wrong customer: taken back with a reason, in the same till; everything is open again.
    given = cancel_payment.cancel_payment(
        actor=by.clerk,
        command=cancel_payment.CancelPayment(
            request_key=uuid.uuid4(), payment_id=paid.payment_id, reason="收错户"
        ),
        now=story.at(on, hour=12),
    )
    assert given.given_back_minor == 1000_00
    assert [open_minor(bill) for bill in issued] == [850_00, 190_00, 150_00, 105_00]
    assert documents.ReceiptEvent.objects.filter(receipt__payment_id=paid.payment_id, kind=3).count() == 1
    story.close_day(by=by, shift_id=shift_id, counted={payments.Tender.CASH: 0}, on=on)
    assert_proved()


def test_the_same_request_pays_once(db: None) -> None:
    world = records.world()
    li = records.supply(station_id=world.station_a, tariff_id=records.tariff(), installed_on=day(2026, 10, 1))
    by = story.people(unit_id=world.station_a)
    round_id = story.read_book(
        by=by, book_id=li.book_id, period=day(2026, 11, 1), on=day(2026, 11, 2), values={li.serial_no: 10}
    )
    bill = story.bill_book(by=by, round_id=round_id, on=day(2026, 11, 3))[li.account_id]
    on = day(2026, 11, 6)
    story.open_till(by=by, on=on)
    key = uuid.uuid4()
    first = story.pay(by=by, account_id=li.account_id, bills=[bill], tendered_minor=50_00, on=on, key=key)
    again = story.pay(by=by, account_id=li.account_id, bills=[bill], tendered_minor=50_00, on=on, key=key)
    assert (again.payment_id, again.receipt_no) == (first.payment_id, first.receipt_no)
    assert (first.is_repeat, again.is_repeat) == (False, True)
    with pytest.raises(take_payment.RequestKeyReusedError):
        story.pay(by=by, account_id=li.account_id, bills=[bill], tendered_minor=60_00, on=on, key=key)
    assert payments.Payment.objects.count() == 1
    assert_proved()


def test_one_fen_wrong_is_found(db: None) -> None:
    """The positive control of every `assert_proved` above."""
    world = records.world()
    li = records.supply(station_id=world.station_a, tariff_id=records.tariff(), installed_on=day(2026, 10, 1))
    by = story.people(unit_id=world.station_a)
    round_id = story.read_book(
        by=by, book_id=li.book_id, period=day(2026, 11, 1), on=day(2026, 11, 2), values={li.serial_no: 10}
    )
    bill = story.bill_book(by=by, round_id=round_id, on=day(2026, 11, 3))[li.account_id]
    with pytest.raises(IntegrityError), transaction.atomic():
        billing.Receivable.objects.filter(bill_id=bill.pk).update(open_minor=50_01)
    billing.Receivable.objects.filter(bill_id=bill.pk).update(open_minor=49_99)
    assert not ledger_proof.prove().is_right
