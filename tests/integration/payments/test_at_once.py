"""Real threads on a database of their own: what many windows do at the same instant."""

import threading
import uuid
from collections import Counter as Tally
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connection

from meterbook.application import cancel_payment, company, shifts, take_payment
from meterbook.domain.documents import models as documents
from meterbook.domain.ledger import models as ledger
from meterbook.domain.payments import models, operations, rules
from tests import conftest
from tests.builders import payments, records
from tests.integration.payments import conftest as fixtures

T = TypeVar("T")
WINDOWS = 32


def at_once(*acts: Callable[[], T]) -> list[T | Exception]:
    """Start every act at the same instant on a connection of its own; results or errors in order."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], T]) -> T | Exception:
        company.use_schema(conftest.SCHEMA)
        connection.ensure_connection()
        gate.wait(timeout=60)
        try:
            return act()
        except Exception as error:  # noqa: BLE001 # whatever went wrong is what the test looks at
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.fixture
def counter(own_database: str) -> fixtures.Counter:
    return fixtures.made()


def test_one_request_sent_many_times_is_one_payment(counter: fixtures.Counter) -> None:
    bill = payments.bill(supply=counter.supply, amount_minor=7920)
    command = payments.command(
        supply=counter.supply, bill_ids=(bill,), tendered_minor=10000, expected_due_minor=7920
    )
    results = at_once(*[lambda: payments.take(till=counter.till, command=command)] * WINDOWS)
    taken = [result for result in results if isinstance(result, take_payment.PaymentTaken)]
    assert len(taken) == WINDOWS, results
    assert len({result.payment_id for result in taken}) == 1
    assert Tally(result.is_repeat for result in taken) == {True: WINDOWS - 1, False: 1}
    assert models.Payment.objects.count() == documents.Receipt.objects.count() == 1
    assert payments.cash_minor(counter.till) == 7920


def test_one_key_from_two_clerks_is_one_payment(counter: fixtures.Counter) -> None:
    other = payments.till(station_id=counter.world.station_a)
    key = uuid.uuid4()
    command = payments.command(supply=counter.supply, tendered_minor=500, request_key=key)
    results = at_once(
        *[lambda till=till: payments.take(till=till, command=command) for till in (counter.till, other)] * 4
    )
    kinds = Tally(type(result).__name__ for result in results)
    assert kinds == {"PaymentTaken": 4, "RequestKeyReusedError": 4}
    assert models.Payment.objects.count() == 1


def test_two_clerks_and_one_bill_one_wins_and_the_other_is_told(counter: fixtures.Counter) -> None:
    tills = [counter.till, *(payments.till(station_id=counter.world.station_a) for _ in range(3))]
    bills = tuple(payments.bill(supply=counter.supply, amount_minor=7920) for _ in range(3))
    for bill in bills:
        results = at_once(
            *[
                lambda till=till, bill=bill: payments.take(
                    till=till,
                    command=payments.command(
                        supply=counter.supply,
                        bill_ids=(bill,),
                        tendered_minor=7920,
                        expected_due_minor=7920,
                    ),
                )
                for till in tills
            ]
        )
        assert Tally(type(result).__name__ for result in results) == {
            "PaymentTaken": 1,
            "BillsChangedError": 3,
        }
    assert sum(payments.cash_minor(till) for till in tills) == 3 * 7920


def test_a_balance_is_spent_once(counter: fixtures.Counter) -> None:
    payments.take(till=counter.till, command=payments.command(supply=counter.supply, tendered_minor=5000))
    tills = [counter.till, *(payments.till(station_id=counter.world.station_a) for _ in range(3))]
    bills = [payments.bill(supply=counter.supply, amount_minor=5000) for _ in tills]
    results = at_once(
        *[
            lambda till=till, bill=bill: payments.take(
                till=till,
                command=payments.command(
                    supply=counter.supply, bill_ids=(bill,), tendered_minor=0, use_prepaid=True
                ),
            )
            for till, bill in zip(tills, bills, strict=True)
        ]
    )
    assert Tally(type(result).__name__ for result in results) == {
        "PaymentTaken": 1,
        "OfferRefusedError": 3,
    }
    assert payments.prepaid_minor(counter.supply) == 0


def test_many_windows_number_receipts_without_gaps(counter: fixtures.Counter) -> None:
    tariff_id = records.tariff()
    tills = [payments.till(station_id=counter.world.station_a) for _ in range(8)]
    people = records.supplies(count=8, station_id=counter.world.station_a, tariff_id=tariff_id)
    people[1:3] = [people[0]] * 2  # some come to several windows at once

    def work(place: int) -> int:
        done = 0
        for turn in range(10):
            command = payments.command(
                supply=people[(place + turn) % 8],
                tendered_minor=100,
                tender=models.Tender.QR_MANUAL if turn % 5 else models.Tender.CASH,
            )
            if turn % 4 == 3:  # refused ones must not leave a hole
                command = payments.command(supply=people[place], tendered_minor=0)
            try:
                payments.take(till=tills[place], command=command)
                done += 1
            except rules.OfferRefusedError:
                continue
        return done

    results = at_once(*[lambda place=place: work(place) for place in range(8)])
    assert all(isinstance(result, int) for result in results), results
    taken = sum(result for result in results if isinstance(result, int))
    serials = sorted(documents.Receipt.objects.values_list("serial", flat=True))
    assert taken == 64
    assert serials == list(range(1, taken + 1))
    assert sum(ledger.LedgerEntry.objects.values_list("amount_minor", flat=True)) == 0


def test_two_people_cancelling_give_back_once(counter: fixtures.Counter) -> None:
    taken = payments.take(
        till=counter.till, command=payments.command(supply=counter.supply, tendered_minor=500)
    )
    people = [payments.till(station_id=counter.world.station_a, role="SUPERVISOR") for _ in range(4)]
    results = at_once(
        *[
            lambda till=till: cancel_payment.cancel_payment(
                actor=till.actor,
                command=cancel_payment.CancelPayment(uuid.uuid4(), taken.payment_id, "x"),
                now=payments.NOW,
            )
            for till in people
        ]
    )
    assert Tally(type(result).__name__ for result in results) == {
        "PaymentCancelled": 1,
        "AlreadyCancelledError": 3,
    }
    assert payments.prepaid_minor(counter.supply) == 0


def test_a_count_and_payments_at_once_agree(counter: fixtures.Counter) -> None:
    """Each payment is either in the count or refused; none slips in behind it."""

    def pay() -> object:
        return payments.take(
            till=counter.till, command=payments.command(supply=counter.supply, tendered_minor=100)
        )

    def count() -> object:
        return shifts.count_shift(
            actor=counter.till.actor,
            shift_id=counter.till.shift_id,
            counts=[operations.TenderCount(models.Tender.CASH, 0, reason="x")],
            now=payments.NOW,
        )

    results = at_once(*[pay] * 6, count, *[pay] * 6)
    kinds = Tally(type(result).__name__ for result in results)
    assert kinds["ShiftCounted"] == 1
    assert kinds["PaymentTaken"] + kinds["NoOpenShiftError"] == 12, results
    counted = models.ShiftCount.objects.get(tender=models.Tender.CASH)
    assert counted.expected_minor == 100 * kinds["PaymentTaken"] == 100 * counted.payment_count
    assert payments.cash_minor(counter.till) == 0
