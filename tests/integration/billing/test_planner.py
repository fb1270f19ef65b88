"""The planner is told of very many rows at once, of few never, and by nobody who may not."""

import datetime

import pytest
from django.db import DatabaseError, connection

from meterbook.application import bill_books, bill_run, company, planner
from meterbook.domain import columns
from meterbook.domain.billing import models as billing
from meterbook.domain.metering import models as metering
from tests import conftest
from tests.builders import billing as billings
from tests.builders import records
from tests.support import server as server_module

DAY = datetime.date
OCTOBER, NOVEMBER = DAY(2026, 10, 28), DAY(2026, 11, 28)


def known(table: type[metering.Usage | billing.BillLine]) -> tuple[float, int]:
    """How many rows the planner believes in, and how often it was told."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.reltuples, s.analyze_count FROM pg_class c JOIN pg_stat_all_tables s ON s.relid = c.oid"
            " WHERE c.oid = to_regclass(%s)",
            [table._meta.db_table],
        )
        return tuple(cursor.fetchone())


def rounds(count: int) -> list[int]:
    """Accepted rounds of `count` books with one usage each."""
    world, tariff_id = records.world(), records.tariff()
    made = records.supplies(
        count=count,
        station_id=world.station_a,
        tariff_id=tariff_id,
        book_code=[f"{number:04d}" for number in range(count)],
    )
    usages = [
        billings.usage(supply=supply, quantity=20, period_from=OCTOBER, period_until=NOVEMBER)
        for supply in made
    ]
    return [usage.round_id or 0 for usage in usages]


def bill(round_ids: list[int]) -> None:
    dates = bill_run.Dates(issue_on=DAY(2026, 11, 30), due_on=DAY(2026, 12, 15))
    outcomes = bill_books.bill_books(
        actor=records.system(),
        round_ids=round_ids,
        dates=dates,
        is_issue=True,
        now=lambda: records.NOW,
        batch_books=1,
    )
    assert all(outcome.result is not None for outcome in outcomes)


@pytest.mark.usefixtures("own_database")
def test_a_small_run_asks_for_nothing() -> None:
    bill(rounds(3))
    assert known(billing.BillLine)[1] == known(metering.Usage)[1] == 0


@pytest.mark.usefixtures("own_database")
def test_a_run_over_tables_that_seemed_empty_tells_what_it_wrote_and_what_was_read_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(planner, "MANY_ROWS", 6)
    bill(rounds(13))
    assert known(metering.Usage) == (13, 1)  # before the first batch, and no more
    # three lines of each bill: told at 6, 12, 18 and 27 of them, then not before 41
    assert billing.BillLine.objects.count() == 39
    assert known(billing.BillLine) == (27, 4)


@pytest.mark.usefixtures("own_database")
def test_more_of_the_same_is_told_again_only_once_it_is_half_as_many() -> None:
    rounds(6)
    tables = [metering.Usage]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("ANALYZE metering_usage")
    assert columns.grown_tables(tables=tables, least=0) == ()
    more = records.supply(station_id=records.world().station_a, tariff_id=records.tariff(), book_code="more")
    for number in range(3):
        assert columns.grown_tables(tables=tables, least=0) == ()
        billings.usage(
            supply=more,
            quantity=1,
            period_from=OCTOBER + datetime.timedelta(days=number),
            period_until=OCTOBER + datetime.timedelta(days=number + 1),
        )
    assert columns.grown_tables(tables=tables, least=0) == (metering.Usage,)
    assert columns.grown_tables(tables=tables, least=4) == ()


def test_the_job_may_tell_and_the_web_may_not_but_breaks_nothing(
    own_database: str, postgres_server: server_module.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "MANY_ROWS", 1)
    rounds(2)
    conftest.use_database(url=postgres_server.url(role="meterbook_app", database=own_database))
    company.use_schema(conftest.SCHEMA)
    assert planner.told_of_many_rows(subjects=["metering"]) == ()
    conftest.use_database(url=postgres_server.url(role="meterbook_job", database=own_database))
    company.use_schema(conftest.SCHEMA)
    assert "metering_usage" in planner.told_of_many_rows(subjects=["metering"])
    assert planner.told_of_many_rows(subjects=["metering"]) == ()


def test_a_server_before_17_is_told_by_its_owner_alone_and_the_job_goes_on_without(
    own_database: str, postgres_server: server_module.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "MANY_ROWS", 1)
    monkeypatch.setattr(columns, "_GROWN", columns._GROWN.replace("170000", "990000"))
    bill(rounds(2))
    assert known(metering.Usage)[1] == 0
    conftest.use_database(url=postgres_server.url(role="meterbook_owner", database=own_database))
    company.use_schema(conftest.SCHEMA)
    assert "metering_usage" in planner.told_of_many_rows(subjects=["metering"])
    assert known(metering.Usage) == (2, 1)


@pytest.mark.usefixtures("db")
def test_a_server_that_refuses_stops_no_run(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(**_words: object) -> None:
        raise DatabaseError("must be owner")

    monkeypatch.setattr(columns, "grown_tables", refuse)
    bill(rounds(1))
    assert billing.Bill.objects.count() == 1
    assert "was not told" in caplog.text
