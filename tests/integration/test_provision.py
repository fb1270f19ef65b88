"""The database enforces what the models state."""

import datetime

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from meterbook.adapters.postgres import security
from meterbook.domain.access import models as access
from meterbook.domain.ledger import models, operations, rules

NOW = datetime.datetime(2026, 11, 2, 9, 0, tzinfo=datetime.UTC)
TODAY = datetime.date(2026, 11, 2)


@pytest.fixture
def station(db: None) -> access.OrgUnit:
    operations.found_chart_of_accounts()
    company = access.OrgUnit.objects.create(kind=access.OrgUnitKind.COMPANY, code="C", name="Company")
    return access.OrgUnit.objects.create(
        kind=access.OrgUnitKind.STATION, code="S", name="Station", parent=company
    )


def post(*, station: access.OrgUnit, source_id: int, sides: list[rules.Side]) -> int:
    return operations.post_journal(
        kind=rules.JournalKind.BILL,
        source_id=source_id,
        station_id=station.pk,
        posted_on=TODAY,
        recorded_at=NOW,
        sides=sides,
    )


def test_a_journal_posts_and_keeps_the_balance(station: access.OrgUnit) -> None:
    for source_id, amount in ((1, 7920), (2, 10)):
        post(
            station=station,
            source_id=source_id,
            sides=[
                rules.Side(ledger_account=rules.Chart.RECEIVABLE, amount_minor=amount, subject_id=42),
                rules.Side(ledger_account=rules.Chart.REVENUE_WATER, amount_minor=-amount),
            ],
        )
    balance = models.LedgerBalance.objects.get(subject_id=42)
    assert (balance.ledger_account_id, balance.balance_minor) == (rules.Chart.RECEIVABLE, 7930)


def test_the_database_refuses_one_fen_too_much(station: access.OrgUnit) -> None:
    journal = models.Journal.objects.create(
        kind=1, source_id=1, station_id=station.pk, posted_on=TODAY, recorded_at=NOW
    )
    entries = [
        models.LedgerEntry(
            journal_id=journal.id,
            line_no=line_no,
            ledger_account_id=account,
            station_id=station.pk,
            subject_id=subject,
            posted_on=TODAY,
            amount_minor=amount,
        )
        for line_no, account, subject, amount in ((1, 1122, 42, 7920), (2, 6001, None, -7921))
    ]
    with pytest.raises(IntegrityError, match="does not sum to zero"):
        models.LedgerEntry.objects.bulk_create(entries)


def test_nothing_is_added_to_a_posted_journal(station: access.OrgUnit) -> None:
    sides = [
        rules.Side(ledger_account=rules.Chart.RECEIVABLE, amount_minor=100, subject_id=42),
        rules.Side(ledger_account=rules.Chart.REVENUE_WATER, amount_minor=-100),
    ]
    journal_id = post(station=station, source_id=1, sides=sides)
    more = [
        models.LedgerEntry(
            journal_id=journal_id,
            line_no=line_no,
            ledger_account_id=6001,
            station_id=station.pk,
            posted_on=TODAY,
            amount_minor=amount,
        )
        for line_no, amount in ((3, 5), (4, -5))
    ]
    with pytest.raises(IntegrityError, match=r"numbered 1\.\.n"):
        models.LedgerEntry.objects.bulk_create(more)


def test_posted_entries_are_never_changed_even_by_the_owner(station: access.OrgUnit) -> None:
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.cursor.execute("UPDATE ledger_ledgerentry SET amount_minor = 1")


def test_every_scoped_table_has_both_policies(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename, count(*) FROM pg_policies WHERE schemaname = 'main' GROUP BY tablename"
        )
        policies = dict(cursor.fetchall())
    scoped = {m._meta.db_table for m in security.company_models() if security.is_station_scoped(m)}
    assert scoped
    assert policies == dict.fromkeys(scoped, 2)
