"""Taking money: one request, one payment, one receipt; the books follow to the last fen."""

import dataclasses
import datetime
import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from meterbook.application import shifts, take_payment
from meterbook.domain.access import models as access_models
from meterbook.domain.access import rules as access_rules
from meterbook.domain.documents import models as documents
from meterbook.domain.documents import queries as document_queries
from meterbook.domain.ledger import models as ledger
from meterbook.domain.payments import models, operations, queries, rules
from tests.builders import payments, records
from tests.integration.payments.conftest import Counter


def test_cash_with_change(counter: Counter) -> None:
    bill = payments.bill(supply=counter.supply, amount_minor=7920)
    taken = payments.take(
        till=counter.till,
        command=payments.command(
            supply=counter.supply, bill_ids=(bill,), tendered_minor=10000, expected_due_minor=7920
        ),
    )
    assert (taken.change_minor, taken.cleared_minor, taken.receipt_no) == (2080, 7920, "A00000001")
    assert payments.open_minor(bill) == 0
    assert payments.cash_minor(counter.till) == 7920
    entries = dict(
        ledger.LedgerEntry.objects.filter(
            journal_id__in=ledger.Journal.objects.filter(kind=2).values("id")
        ).values_list("ledger_account_id", "amount_minor")
    )
    assert entries == {1001: 7920, 1122: -7920}


def test_the_receipt_says_everything(counter: Counter) -> None:
    bill = payments.bill(supply=counter.supply, amount_minor=140950)
    taken = payments.take(
        till=counter.till,
        command=payments.command(supply=counter.supply, bill_ids=(bill,), tendered_minor=140950),
    )
    receipt = document_queries.receipt_by_no(receipt_no=taken.receipt_no)
    said = receipt.content
    assert said.company == "城东公用"
    assert (said.station, said.clerk, said.customer) == ("城东营业所", "柳青", "李秀兰")
    assert said.account_no == counter.supply.account_no
    assert said.capitals == "人民币壹仟肆佰零玖元伍角"
    assert [(line.utility, line.amount_minor, line.open_minor) for line in said.lines] == [(1, 140950, 0)]
    assert (receipt.copies, receipt.is_void) == (1, False)
    act = access_models.AuditEntry.objects.get(act="PAYMENT_TAKEN")
    assert (act.subject_id, act.actor_name) == (str(taken.payment_id), "柳青")


def test_part_payment_clears_the_oldest_first(counter: Counter) -> None:
    late = payments.bill(supply=counter.supply, amount_minor=5000, due_on=datetime.date(2026, 8, 15))
    fresh = payments.bill(supply=counter.supply, amount_minor=5000)
    payments.take(
        till=counter.till,
        command=payments.command(supply=counter.supply, bill_ids=(fresh, late), tendered_minor=6000),
    )
    assert (payments.open_minor(late), payments.open_minor(fresh)) == (0, 4000)


def test_kept_change_pays_the_next_bill_and_never_goes_below_zero(counter: Counter) -> None:
    payments.take(till=counter.till, command=payments.command(supply=counter.supply, tendered_minor=3000))
    bill = payments.bill(supply=counter.supply, amount_minor=7920)
    payments.take(
        till=counter.till,
        command=payments.command(
            supply=counter.supply,
            bill_ids=(bill,),
            tendered_minor=5000,
            use_prepaid=True,
            keep_change=True,
            expected_prepaid_minor=3000,
        ),
    )
    assert payments.open_minor(bill) == 0
    assert payments.prepaid_minor(counter.supply) == 80
    assert payments.cash_minor(counter.till) == 8000


def test_the_balance_alone_pays(counter: Counter) -> None:
    payments.take(till=counter.till, command=payments.command(supply=counter.supply, tendered_minor=9000))
    bill = payments.bill(supply=counter.supply, amount_minor=7920)
    taken = payments.take(
        till=counter.till,
        command=payments.command(supply=counter.supply, bill_ids=(bill,), tendered_minor=0, use_prepaid=True),
    )
    assert taken.prepaid_used_minor == 7920
    assert models.Payment.objects.get(pk=taken.payment_id).tender == models.Tender.PREPAID_ONLY
    assert payments.prepaid_minor(counter.supply) == 1080


def test_the_same_request_again_is_the_same_payment(counter: Counter) -> None:
    bill = payments.bill(supply=counter.supply, amount_minor=7920)
    command = payments.command(
        supply=counter.supply, bill_ids=(bill,), tendered_minor=7920, expected_due_minor=7920
    )
    first = payments.take(till=counter.till, command=command)
    again = payments.take(till=counter.till, command=command)
    assert again == dataclasses.replace(first, is_repeat=True)
    assert models.Payment.objects.count() == documents.Receipt.objects.count() == 1


def test_a_repeat_is_answered_even_after_the_shift_is_closed(counter: Counter) -> None:
    command = payments.command(supply=counter.supply, tendered_minor=100)
    first = payments.take(till=counter.till, command=command)
    shifts.count_shift(
        actor=counter.till.actor,
        shift_id=counter.till.shift_id,
        counts=[operations.TenderCount(models.Tender.CASH, 100)],
        now=payments.NOW,
    )
    assert payments.take(till=counter.till, command=command).payment_id == first.payment_id
    with pytest.raises(operations.NoOpenShiftError):
        payments.take(till=counter.till, command=payments.command(supply=counter.supply, tendered_minor=100))


def test_a_reused_key_with_another_body_is_refused(counter: Counter) -> None:
    key = uuid.uuid4()
    first = payments.take(
        till=counter.till,
        command=payments.command(supply=counter.supply, tendered_minor=100, request_key=key),
    )
    with pytest.raises(take_payment.RequestKeyReusedError) as refused:
        payments.take(
            till=counter.till,
            command=payments.command(supply=counter.supply, tendered_minor=200, request_key=key),
        )
    assert refused.value.receipt_no == first.receipt_no
    assert models.Payment.objects.count() == 1


def test_what_the_page_showed_must_still_be_true(counter: Counter) -> None:
    bill = payments.bill(supply=counter.supply, amount_minor=7920)
    with pytest.raises(take_payment.BillsChangedError) as changed:
        payments.take(
            till=counter.till,
            command=payments.command(
                supply=counter.supply, bill_ids=(bill,), tendered_minor=7920, expected_due_minor=7900
            ),
        )
    assert (changed.value.expected_minor, changed.value.found_minor) == (7900, 7920)
    with pytest.raises(take_payment.BalanceChangedError):
        payments.take(
            till=counter.till,
            command=payments.command(
                supply=counter.supply,
                bill_ids=(bill,),
                tendered_minor=7920,
                use_prepaid=True,
                expected_prepaid_minor=10,
            ),
        )
    assert payments.open_minor(bill) == 7920
    assert not models.Payment.objects.exists()


def test_a_bill_of_somebody_else_is_not_paid(counter: Counter) -> None:
    other = records.supply(station_id=counter.world.station_a, tariff_id=records.tariff())
    bill = payments.bill(supply=other, amount_minor=500)
    with pytest.raises(take_payment.BillsChangedError):
        payments.take(
            till=counter.till,
            command=payments.command(supply=counter.supply, bill_ids=(bill,), tendered_minor=500),
        )


def test_without_the_right_nothing_is_taken(counter: Counter) -> None:
    reader = records.actor(role="READER", unit_id=counter.world.station_a)
    with pytest.raises(access_rules.NotAllowedError):
        take_payment.take_payment(
            actor=reader,
            command=payments.command(supply=counter.supply, tendered_minor=100),
            now=payments.NOW,
        )
    with pytest.raises(access_rules.NotAllowedError):
        take_payment.take_payment(
            actor=records.system(),
            command=payments.command(supply=counter.supply, tendered_minor=100),
            now=payments.NOW,
        )


def test_under_the_web_role_a_clerk_takes_money_of_the_own_station_only(
    counter: Counter, as_web_role: None
) -> None:
    taken = payments.take(
        till=counter.till, command=payments.command(supply=counter.supply, tendered_minor=100)
    )
    assert taken.receipt_no == "A00000001"
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    stranger = payments.till(station_id=counter.world.station_b)
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE meterbook_app")
    with pytest.raises(queries.AccountNotFoundError):
        payments.take(till=stranger, command=payments.command(supply=counter.supply, tendered_minor=100))


def test_an_implausible_amount_takes_nothing(counter: Counter) -> None:
    bill = payments.bill(supply=counter.supply, amount_minor=7920)
    with pytest.raises(rules.OfferRefusedError):
        payments.take(
            till=counter.till,
            command=payments.command(supply=counter.supply, bill_ids=(bill,), tendered_minor=210_003_811),
        )
    assert payments.open_minor(bill) == 7920


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payments_payment SET received_minor = received_minor + 1",
        "DELETE FROM payments_payment",
        "UPDATE documents_receipt SET content = '{}'",
        "DELETE FROM billing_clearing",
    ],
)
def test_what_was_taken_is_never_changed(counter: Counter, statement: str) -> None:
    bill = payments.bill(supply=counter.supply, amount_minor=100)
    payments.take(
        till=counter.till,
        command=payments.command(supply=counter.supply, bill_ids=(bill,), tendered_minor=100),
    )
    with (
        pytest.raises(DatabaseError, match=r"never changed|permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
