"""Many rows with the work of few, and two people pressing at once."""

import datetime
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, connections
from django.test import utils

from meterbook.application import actor as actors
from meterbook.application import company, import_customers, write_supplies
from meterbook.domain.agreements import models as agreements
from tests.builders import records
from tests.integration.imports import workbooks

TODAY = datetime.date(2026, 1, 15)


def check(content: bytes, *, actor: actors.Actor) -> int:
    kept = import_customers.check_file(
        actor=actor, name="客户.xlsx", content=content, now=records.NOW, today=TODAY
    )
    assert kept.error_count == 0
    return kept.import_id


def bring(numbers: range) -> int:
    """Check and write rows, few enough not to tell the planner of; returns the number of statements."""
    rows = [workbooks.row(n, community=f"新城{n // 200}里", book=f"B{n // 300:03d}") for n in numbers]
    with utils.CaptureQueriesContext(connection) as asked:
        import_id = check(workbooks.workbook(rows), actor=records.system())
        done = import_customers.apply_file(
            actor=records.system(), import_id=import_id, now=records.NOW, today=TODAY
        )
    assert done.account_count == len(numbers)
    return len(asked)


@pytest.mark.usefixtures("db")
def test_more_rows_take_no_more_statements() -> None:
    records.world()
    records.tariff()
    bring(range(10))
    few, many = bring(range(1_000, 1_100)), bring(range(2_000, 2_900))
    assert many == few
    assert agreements.Account.objects.count() == 10 + 100 + 900


@pytest.mark.usefixtures("db")
def test_after_many_rows_the_planner_knows_of_them() -> None:
    records.world()
    records.tariff()
    rows = [workbooks.row(n, community=f"新城{n // 200}里") for n in range(write_supplies.MANY_ROWS)]
    import_id = check(workbooks.workbook(rows), actor=records.system())
    import_customers.apply_file(actor=records.system(), import_id=import_id, now=records.NOW, today=TODAY)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.reltuples, s.n_distinct FROM pg_class c JOIN pg_stats s ON s.tablename = c.relname"
            " WHERE c.oid = 'devices_meter'::regclass AND s.attname = 'serial_no'"
        )
        # every value is distinct: -1 says "as many as there are rows"
        assert cursor.fetchone() == (write_supplies.MANY_ROWS, -1)


@pytest.mark.usefixtures("db")
def test_a_planner_that_cannot_be_told_takes_nothing_back(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def busy() -> None:
        raise OperationalError

    records.world()
    records.tariff()
    monkeypatch.setattr(write_supplies, "MANY_ROWS", 1)
    monkeypatch.setattr(write_supplies, "refresh_statistics", busy)
    bring(range(3))
    assert "was not told" in caplog.text


@pytest.mark.usefixtures("db")
def test_137_bad_rows_among_3000_are_all_named_and_nothing_else() -> None:
    records.world()
    records.tariff()
    rows = [
        workbooks.row(n, community=f"新城{n // 200}里", book=f"B{n // 300:03d}", counted_milli="12")
        for n in range(3_000)
    ]
    spoilt = {n: ("digits", "installed_on", "tariff", "document_no")[n % 4] for n in range(0, 2_740, 20)}
    for n, column in spoilt.items():
        rows[n + n // 20 % 4][column] = "x9"
    expected = {(n + n // 20 % 4 + 2, column) for n, column in spoilt.items()}
    checked = import_customers.dry_run(actor=records.system(), content=workbooks.workbook(rows), today=TODAY)
    assert len(expected) == 137
    named = set(checked.errors.select("row", "column").iter_rows())
    assert named == expected
    assert checked.supplies.is_empty()


@pytest.mark.usefixtures("own_database")
def test_one_file_applied_by_four_at_once_is_written_once() -> None:
    records.world()
    records.tariff()
    system = records.system()
    import_id = check(workbooks.workbook([workbooks.row(n) for n in range(1, 40)]), actor=system)
    gate = threading.Barrier(4)

    def press(_number: int) -> import_customers.ImportResult:
        company.use_schema("main")
        try:
            gate.wait(timeout=30)
            return import_customers.apply_file(
                actor=system, import_id=import_id, now=records.NOW, today=TODAY
            )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=4) as pool:
        results = list(pool.map(press, range(4)))
    assert sorted(result.is_repeat for result in results) == [False, True, True, True]
    assert {result.import_id for result in results} == {import_id}
    assert agreements.Account.objects.count() == 39
