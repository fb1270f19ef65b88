"""What accounts bring along: debts become bills, credit prepayments, counters stand; the books prove."""

import datetime
from typing import Any

import pytest

from meterbook.application import import_customers
from meterbook.domain.agreements import models as agreements
from meterbook.domain.billing import models as billing
from meterbook.domain.imports import models as imports
from meterbook.domain.ledger import models as ledger
from meterbook.domain.ledger import rules as ledger_rules
from meterbook.reporting import bills as bill_reads
from meterbook.reporting import ledger_proof
from tests.builders import records
from tests.integration.imports import workbooks

TODAY = datetime.date(2026, 1, 15)
DUE_ON = datetime.date(2025, 11, 30)
GAS = {"utility": "气", "tariff": "CN-WUHAN-GAS-RESIDENTIAL"}
pytestmark = pytest.mark.usefixtures("db", "_founded")


@pytest.fixture
def _founded() -> None:
    records.world()
    records.tariff()
    records.tariff(file="cn/wuhan/gas-residential.yaml")


def bring(rows: list[dict[str, Any]]) -> import_customers.ImportResult:
    """Check and apply a workbook of these rows."""
    content = workbooks.workbook(rows)
    kept = import_customers.check_file(
        actor=records.system(), name="期初.xlsx", content=content, now=records.NOW, today=TODAY
    )
    assert kept.error_count == 0
    return import_customers.apply_file(
        actor=records.system(), import_id=kept.import_id, now=records.NOW, today=TODAY
    )


def test_debts_are_owed_by_utility_with_their_due_day_and_posted_against_the_opening_account() -> None:
    shared = {"account_no": "K1", "building": "9", "phone": "13900000000", "prepaid_milli": "0"}
    rows = [
        workbooks.row(1, **shared, owed_milli="86.4", owed_due_on=DUE_ON),
        workbooks.row(2, **{**shared, **GAS}, owed_milli="13.60", owed_due_on=TODAY),
        workbooks.row(3, prepaid_milli="50"),
    ]
    assert bring(rows).state == imports.ImportState.APPLIED
    owed = billing.Bill.objects.order_by("due_on").values_list(
        "utility", "amount_minor", "due_on", "issued_on"
    )
    assert list(owed) == [(1, 8640, DUE_ON, TODAY), (2, 1360, TODAY, TODAY)]
    assert billing.Receivable.objects.filter(open_minor__gt=0).count() == 2
    balances = ledger.LedgerBalance.objects.order_by("ledger_account_id")
    assert list(balances.values_list("ledger_account_id", "balance_minor")) == [
        (ledger_rules.Chart.RECEIVABLE, 10_000),
        (ledger_rules.Chart.PREPAYMENT, -5_000),
    ]
    opening = ledger.LedgerEntry.objects.filter(ledger_account_id=ledger_rules.Chart.OPENING_BALANCES)
    assert sum(entry.amount_minor for entry in opening) == 5_000 - 10_000
    assert set(opening.values_list("posted_on", flat=True)) == {TODAY}
    assert ledger_proof.prove().is_right
    account = agreements.Account.objects.get(account_no="K1")
    assert set(billing.Bill.objects.values_list("account_id", flat=True)) == {account.pk}


def test_an_opening_bill_can_be_read_and_says_what_it_is() -> None:
    bring([workbooks.row(1, owed_milli="86.4", owed_due_on=DUE_ON)])
    bill_id = billing.Bill.objects.get().pk
    row = bill_reads.bill(bill_id=bill_id, today=TODAY)
    assert (row.amount_minor, row.open_minor, row.unit) == (8640, 8640, "")
    assert row.state(TODAY) == bill_reads.BillState.OVERDUE
    assert bill_reads.bill_lines(bill_id=bill_id) == ()


def test_credit_of_an_account_with_several_meters_comes_in_once() -> None:
    shared = {"account_no": "K1", "building": "9", "phone": "13900000000", "prepaid_milli": "50"}
    bring([workbooks.row(1, **shared), workbooks.row(2, **{**shared, **GAS})])
    balance = ledger.LedgerBalance.objects.get()
    assert balance.balance_minor == -5_000
    assert balance.subject_id == agreements.Account.objects.get().pk
    assert ledger_proof.prove().is_right


@pytest.mark.parametrize(
    ("tariff", "quantity", "since"),
    [("CN-BEIJING-WATER-RESIDENTIAL", "132.5", datetime.date(2025, 1, 1))],
)
def test_tier_counters_begin_where_the_tariff_begins_to_count(
    tariff: str, quantity: str, since: datetime.date
) -> None:
    bring([workbooks.row(1, tariff=tariff, counted_milli=quantity)])
    counter = agreements.OpeningCounter.objects.get()
    assert (counter.starts_on, counter.as_of, counter.quantity_milli) == (
        since,
        datetime.date(2025, 12, 1),
        132_500,
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"owed_milli": "5"}, [("owed_due_on", "MISSING")]),
        ({"owed_due_on": DUE_ON}, [("owed_milli", "MISSING")]),
        ({"owed_milli": "5.001", "owed_due_on": DUE_ON}, [("owed_milli", "TOO_FINE_FOR_CURRENCY")]),
        ({"owed_milli": "-5", "owed_due_on": DUE_ON}, [("owed_milli", "OUT_OF_RANGE")]),
        ({"prepaid_milli": "1,5"}, [("prepaid_milli", "NOT_A_NUMBER")]),
    ],
)
def test_wrong_balances_are_named(changes: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    checked = import_customers.dry_run(
        actor=records.system(), content=workbooks.workbook([workbooks.row(1, **changes)]), today=TODAY
    )
    assert [(e["column"], e["code"]) for e in checked.errors.iter_rows(named=True)][:1] == expected


def test_rows_of_one_account_must_agree_on_what_was_paid_in_advance() -> None:
    shared = {"account_no": "K1", "building": "9", "phone": "13900000000"}
    rows = [
        workbooks.row(1, **shared, prepaid_milli="50"),
        workbooks.row(2, **{**shared, **GAS}, prepaid_milli="60"),
    ]
    checked = import_customers.dry_run(actor=records.system(), content=workbooks.workbook(rows), today=TODAY)
    assert [(e["row"], e["column"], e["code"]) for e in checked.errors.iter_rows(named=True)] == [
        (3, "prepaid_milli", "ACCOUNT_DIFFERS")
    ]
