"""Ten thousand rows in time, and two people pressing at once."""

import datetime
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from meterbook.application import actor as actors
from meterbook.application import company, import_customers
from meterbook.domain.agreements import models as agreements
from tests.builders import records
from tests.integration.imports import workbooks

TODAY = datetime.date(2026, 1, 15)
ROWS, SECONDS = 10_000, 20


def check(content: bytes, *, actor: actors.Actor) -> int:
    kept = import_customers.check_file(
        actor=actor, name="客户.xlsx", content=content, now=records.NOW, today=TODAY
    )
    assert kept.error_count == 0
    return kept.import_id


@pytest.mark.usefixtures("db")
def test_ten_thousand_rows_are_checked_and_written_in_time() -> None:
    records.world()
    records.tariff()
    rows = [workbooks.row(n, community=f"新城{n // 200}里", book=f"B{n // 300:03d}") for n in range(ROWS)]
    content = workbooks.workbook(rows)
    started = time.perf_counter()
    import_id = check(content, actor=records.system())
    done = import_customers.apply_file(
        actor=records.system(), import_id=import_id, now=records.NOW, today=TODAY
    )
    seconds = time.perf_counter() - started
    assert done.account_count == agreements.Account.objects.count() == ROWS
    assert seconds < SECONDS, f"{seconds:.1f} s for {ROWS} rows"


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
