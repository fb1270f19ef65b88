"""The proof holds on a day's business, and each check fails when its own fact is broken."""

import datetime
import uuid

import psycopg
import pytest

from meterbook.application import cancel_payment, charge_fee
from meterbook.domain.billing.models import Fee
from meterbook.reporting import ledger_checks, ledger_proof
from tests.builders import billing, records
from tests.builders import payments as tills
from tests.support import server as server_module

DAY = datetime.date

# check -> what breaks it. Run as the superuser with triggers off: nobody else could do it at all.
BROKEN_BY = {
    "JOURNALS_BALANCE": """UPDATE ledger_ledgerentry SET amount_minor = amount_minor + 1
        WHERE ledger_account_id > 6000""",
    "ENTRIES_FIT": "UPDATE ledger_ledgerentry SET subject_id = NULL WHERE ledger_account_id = 1122",
    "BALANCES_ARE_ENTRIES": """UPDATE ledger_ledgerbalance SET balance_minor = balance_minor + 1
        WHERE ledger_account_id = 2205""",
    "CONTROL_ACCOUNTS": "DELETE FROM ledger_ledgerbalance WHERE ledger_account_id = 1001",
    "OPEN_IS_BALANCE": "UPDATE billing_receivable SET open_minor = open_minor - 1 WHERE open_minor > 0",
    "PREPAYMENTS_HELD": "UPDATE ledger_ledgerbalance SET balance_minor = 5 WHERE ledger_account_id = 2205",
    "BILLS_ARE_LINES": "DELETE FROM billing_billline WHERE line_no = 1",
    "BILLS_ARE_POSTED": "UPDATE ledger_journal SET source_id = source_id + 1000000 WHERE kind = 1",
    "BILLS_ARE_OWED": "DELETE FROM billing_receivable WHERE open_minor = 0",
    "OPEN_IS_UNCLEARED": "UPDATE billing_clearing SET amount_minor = amount_minor - 1",
    "MIRRORS_WHOLE": "UPDATE billing_clearing SET bill_id = bill_id + 1 WHERE mirror_bill_id IS NOT NULL",
    "USAGES_BILLED_ONCE": """INSERT INTO billing_bill (account_id, agreement_id, usage_id, station_id,
            utility, revision, period_from, period_until, issued_on, due_on, quantity_milli, amount_minor)
        SELECT account_id, agreement_id, usage_id, station_id,
            utility, 2, period_from, period_until, issued_on, due_on, quantity_milli, 0 FROM billing_bill""",
    "RUNS_ARE_BILLS": "UPDATE billing_billrun SET amount_minor = amount_minor + 1",
    "PAYMENTS_ARE_POSTED": "DELETE FROM ledger_journal WHERE kind = 3",
    "PAYMENTS_ARE_CLEARED": "DELETE FROM billing_clearing",
    "RECEIPTS_HAVE_NO_GAP": "DELETE FROM documents_receipt WHERE serial = 1",
    "PAYMENTS_HAVE_RECEIPTS": "UPDATE documents_receipt SET account_id = account_id + 1",
    "REVERSALS_VOID": "DELETE FROM documents_receiptevent WHERE kind = 3",
}


def a_days_business() -> None:
    """Two bills; one paid with change kept, one paid, cancelled and open again; a fee taken back."""
    world = records.world()
    supplies = records.supplies(count=2, station_id=world.station_a, tariff_id=records.tariff())
    usages = [
        billing.usage(supply=supply, quantity=20, period_from=DAY(2026, 8, 28), period_until=DAY(2026, 9, 28))
        for supply in supplies
    ]
    billing.issued_run(round_id=usages[0].round_id or 0, issue_on=DAY(2026, 10, 1))
    till = tills.till(station_id=world.station_a, role="SUPERVISOR")
    for supply in supplies:
        bill_id = billing.bill_of(account_id=supply.account_id).pk
        taken = tills.take(
            till=till,
            command=tills.command(
                supply=supply, tendered_minor=120_00, bill_ids=(bill_id,), keep_change=supply is supplies[0]
            ),
        )
    cancel = cancel_payment.CancelPayment(
        request_key=uuid.uuid4(), payment_id=taken.payment_id, reason="Wrong account"
    )
    cancel_payment.cancel_payment(actor=till.actor, command=cancel, now=tills.NOW)
    wanted = charge_fee.ChargeFee(
        request_key=uuid.uuid4(),
        account_id=supply.account_id,
        fee_code="MATERIAL",
        amount_minor=30_00,
    )
    today = DAY(2026, 10, 9)
    charge_fee.charge(actor=records.system(), wanted=wanted, today=today, now=tills.NOW)
    charge_fee.take_back(
        actor=records.system(),
        account_id=supply.account_id,
        fee_id=Fee.objects.get().pk,
        reason="Wrong account",
        today=today,
        now=tills.NOW,
    )


@pytest.mark.usefixtures("db")
def test_a_days_business_is_proved() -> None:
    a_days_business()
    proof = ledger_proof.prove()
    assert {f.check.code: f.samples for f in proof.findings if not f.is_right} == {}
    assert proof.is_right
    # a proof over nothing proves nothing
    assert {f.check.code for f in proof.findings if f.looked_at == 0} == set()
    assert proof.looked_at > 50


@pytest.mark.usefixtures("db")
def test_an_empty_company_is_proved_over_nothing() -> None:
    records.world()
    proof = ledger_proof.prove()
    assert proof.is_right


def test_each_check_fails_when_its_fact_is_broken(
    own_database: str, postgres_server: server_module.Server
) -> None:
    assert BROKEN_BY.keys() == ledger_checks.CHECKS.keys()
    a_days_business()
    url = postgres_server.url(role="postgres", database=own_database)
    with psycopg.connect(url, options="-c search_path=main,public") as superuser:
        assert failing(superuser) == {}
        superuser.rollback()
        for code, statement in BROKEN_BY.items():
            superuser.execute("SET LOCAL session_replication_role = replica")
            assert superuser.execute(statement.encode()).rowcount > 0, code
            found = failing(superuser)
            assert found.get(code), f"{code} does not see {statement}"
            superuser.rollback()
        assert failing(superuser) == {}


def failing(connection: psycopg.Connection) -> dict[str, int]:
    """Check -> differences, of those that find any."""
    found = {}
    for check in ledger_checks.CHECKS.values():
        statement = ledger_proof.counted(check).encode()
        row = connection.execute(statement, ledger_checks.PARAMETERS).fetchone()
        assert row is not None
        if row[1]:
            assert row[2], "a difference is named"
            found[check.code] = row[1]
    return found
