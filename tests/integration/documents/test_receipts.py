"""Receipts: numbers without gaps, contents that read back the same, copies that count on."""

import dataclasses
import datetime
import json

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from meterbook.application import reprint_receipt
from meterbook.domain.access import models as access
from meterbook.domain.access import rules as access_rules
from meterbook.domain.documents import models, operations, queries, rules
from tests.builders import payments, records

DAY = datetime.date(2026, 9, 1)


def content(*, lines: int = 1) -> rules.ReceiptContent:
    return rules.ReceiptContent(
        company="城东公用",
        currency="CNY",
        exponent=2,
        station="城东营业所",
        clerk="柳青",
        account_no="100000011",
        customer="张建国",
        address="柳荫小区",
        business_on=DAY,
        taken_at=datetime.datetime(2026, 9, 1, 2, 3, 4, 567890, tzinfo=datetime.UTC),
        tender=1,
        lines=tuple(
            rules.ReceiptLine(
                bill_no=f"260000000{line}",
                utility=1,
                period_from=DAY,
                period_until=datetime.date(2026, 10, 1),
                opening_milli=None if line % 2 else 0,
                closing_milli=None if line % 2 else 22_000,
                quantity_milli=22_000,
                amount_minor=7920,
                open_minor=0,
            )
            for line in range(lines)
        ),
        cleared_minor=7920 * lines,
        prepaid_used_minor=0,
        prepaid_added_minor=0,
        tendered_minor=7920 * lines,
        change_minor=0,
        received_minor=7920 * lines,
        balance_minor=0,
        capitals="人民币柒拾玖元贰角",
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Taken:
    """A payment with its receipt, and who took it."""

    till: payments.Till
    world: records.World
    receipt_no: str


@pytest.fixture
def taken(db: None) -> Taken:
    world = records.world()
    supply = records.supply(station_id=world.station_a, tariff_id=records.tariff())
    till = payments.till(station_id=world.station_a)
    done = payments.take(till=till, command=payments.command(supply=supply, tendered_minor=100))
    return Taken(till=till, world=world, receipt_no=done.receipt_no)


def issue(*, station_id: int, payment_id: int, printed_by_id: int | None = None) -> str:
    return operations.issue_receipt(
        receipt=operations.NewReceipt(
            book_station_id=station_id,
            station_id=station_id,
            account_id=1,
            payment_id=payment_id,
            issued_at=payments.NOW,
            content=content(),
            printed_by_id=printed_by_id,
        )
    )


def test_a_content_reads_back_the_same() -> None:
    for lines in (0, 1, 4):
        said = content(lines=lines)
        stored = json.loads(json.dumps(rules.to_json(content=said)))
        assert rules.from_json(stored=stored) == said


@given(name=st.text(max_size=20), amount=st.integers(0, 2**60))
def test_any_name_and_amount_reads_back(name: str, amount: int) -> None:
    said = dataclasses.replace(content(), customer=name, received_minor=amount)
    assert rules.from_json(stored=json.loads(json.dumps(rules.to_json(content=said)))) == said


def test_a_content_of_another_version_is_not_guessed() -> None:
    with pytest.raises(KeyError):
        rules.from_json(stored=rules.to_json(content=content()) | {"version": 2})


@pytest.mark.parametrize(
    ("next_serial", "numbers"),
    [
        (9999, ["A00009999", "A00010000"]),
        (2**24, ["A16777216", "A16777217"]),
        (99_999_999, ["A99999999", "A100000000"]),
        (2**32, ["A4294967296", "A4294967297"]),
    ],
)
def test_numbers_grow_past_every_edge(db: None, next_serial: int, numbers: list[str]) -> None:
    world = records.world()
    models.ReceiptBook.objects.filter(station_id=world.station_a).update(next_serial=next_serial)
    assert [issue(station_id=world.station_a, payment_id=number) for number in (1, 2)] == numbers


def test_a_refused_receipt_gives_its_number_back(db: None) -> None:
    world = records.world()
    issue(station_id=world.station_a, payment_id=1)
    with pytest.raises(DatabaseError), transaction.atomic():
        issue(station_id=world.station_a, payment_id=1)
    assert issue(station_id=world.station_a, payment_id=2) == "A00000002"


def test_a_station_without_a_book_is_said_so(db: None) -> None:
    world = records.world()
    with pytest.raises(operations.NoReceiptBookError):
        issue(station_id=world.company_unit_id, payment_id=1)
    operations.ensure_receipt_book(station_id=world.company_unit_id, prefix="城东-a1")
    assert issue(station_id=world.company_unit_id, payment_id=1) == "A100000001"


def test_two_books_never_begin_alike(db: None) -> None:
    world = records.world()
    operations.ensure_receipt_book(station_id=world.company_unit_id, prefix="A")
    book = models.ReceiptBook.objects.get(station_id=world.company_unit_id)
    assert book.prefix == f"A{world.company_unit_id}"


def test_each_copy_after_the_first_counts_on_and_says_why(taken: Taken) -> None:
    for copy_no, reason in ((2, "Paper jam"), (3, "Lost")):
        printed = reprint_receipt.print_receipt(
            actor=taken.till.actor, receipt_no=taken.receipt_no, reason=reason, now=payments.NOW
        )
        assert printed.copy_no == copy_no
    with pytest.raises(operations.ReprintReasonMissingError):
        reprint_receipt.print_receipt(
            actor=taken.till.actor, receipt_no=taken.receipt_no, reason=" ", now=payments.NOW
        )
    assert [
        (event.kind.name, event.reason) for event in queries.receipt_by_no(receipt_no=taken.receipt_no).events
    ] == [("PRINTED", ""), ("REPRINTED", "Paper jam"), ("REPRINTED", "Lost")]
    acts = access.AuditEntry.objects.filter(act="RECEIPT_REPRINTED").order_by("id")
    assert [act.reason for act in acts] == ["Paper jam", "Lost"]


def test_a_stale_look_still_gets_the_next_copy(taken: Taken) -> None:
    stale = queries.receipt_by_no(receipt_no=taken.receipt_no)
    numbers = [
        operations.record_printing(receipt=stale, at=payments.NOW, staff_id=1, reason="x") for _ in range(3)
    ]
    assert numbers == [2, 3, 4]


def test_without_the_right_nothing_is_reprinted(taken: Taken) -> None:
    manager = records.actor(role="MANAGER", unit_id=taken.world.station_a)
    with pytest.raises(access_rules.NotAllowedError):
        reprint_receipt.print_receipt(
            actor=manager, receipt_no=taken.receipt_no, reason="x", now=payments.NOW
        )


def test_a_void_receipt_is_not_printed(taken: Taken) -> None:
    payment_id = queries.receipt_by_no(receipt_no=taken.receipt_no).payment_id
    operations.void_receipt(payment_id=payment_id, at=payments.NOW, staff_id=1, reason="x")
    with pytest.raises(operations.ReceiptVoidError):
        reprint_receipt.print_receipt(
            actor=taken.till.actor, receipt_no=taken.receipt_no, reason="x", now=payments.NOW
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE documents_receipt SET serial = serial + 1",
        "DELETE FROM documents_receipt",
        "UPDATE documents_receiptevent SET reason = ''",
        "DELETE FROM documents_receiptevent",
    ],
)
def test_receipts_are_never_changed(taken: Taken, statement: str) -> None:
    assert taken.receipt_no
    with (
        pytest.raises(DatabaseError, match=r"never changed|permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
