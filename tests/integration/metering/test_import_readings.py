"""Files of readings: dry run, all or nothing, once."""

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from meterbook.application import actor as actors
from meterbook.application import check_readings, import_readings, reading_columns
from meterbook.domain.access import models as access
from meterbook.domain.imports import models as imports
from meterbook.domain.metering import models
from meterbook.interfaces import import_words, reading_template
from tests.builders import metering as build
from tests.builders import records
from tests.integration.imports import workbooks

OCTOBER = datetime.date(2026, 10, 20)
State = models.EntryState
HEADINGS = ["表号", "本期读数", "抄表日期", "册号"]


@pytest.fixture
def book(db: None) -> list[records.Supply]:
    """Three meters from 100 m³ on, in book 0101 of station A, its October round open."""
    world = records.world()
    supplies = records.supplies(
        count=3,
        station_id=world.station_a,
        tariff_id=records.tariff(),
        initial_milli=100_000,
        installed_on=datetime.date(2026, 9, 20),
        from_on=datetime.date(2026, 9, 20),
    )
    build.open_round(book_id=supplies[0].book_id, day=OCTOBER)
    return supplies


def run(content: bytes, *, actor: actors.Actor | None = None) -> import_readings.ImportResult:
    """Check a file and apply it when nothing is wrong."""
    whom = actor or records.system()
    now = build.noon(OCTOBER)
    result = import_readings.check_file(actor=whom, name="f.xlsx", content=content, now=now, today=OCTOBER)
    if result.state is not import_readings.State.CHECKED:
        return result
    return import_readings.apply_file(actor=whom, import_id=result.import_id, now=now, today=OCTOBER)


def errors(content: bytes) -> list[tuple[int, str, str]]:
    """(row, column, code) of everything the dry run finds."""
    checked = import_readings.dry_run(actor=records.system(), content=content, today=OCTOBER)
    return list(checked.errors.select("row", "column", "code").iter_rows())


def entries(book: list[records.Supply]) -> list[tuple[int, int | None]]:
    found = models.RoundEntry.objects.filter(register_id__in=[s.register_id for s in book])
    return list(found.order_by("sequence").values_list("state", "value_milli"))


def csv(book: list[records.Supply], *values: object, encoding: str = "utf-8") -> bytes:
    rows = [f"{s.serial_no},{value},2026-10-20" for s, value in zip(book, values, strict=False)]
    return "\r\n".join(["表号,本期读数,抄表日期", *rows]).encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_taken_in_whatever_its_encoding(book: list[records.Supply], encoding: str) -> None:
    result = run(csv(book, "112.5", "90", "１２０", encoding=encoding))

    assert (result.state, result.row_count, result.held_count) == (imports.ImportState.APPLIED, 3, 1)
    assert entries(book) == [(State.PASSED, 112_500), (State.HELD, 90_000), (State.PASSED, 120_000)]
    assert set(models.RoundEntry.objects.values_list("source", flat=True)) == {models.Source.FILE}


def test_a_workbook_as_excel_makes_it(book: list[records.Supply]) -> None:
    table: list[list[Any]] = [
        HEADINGS,
        [book[0].serial_no, 112.5, OCTOBER, "0101"],
        [book[1].serial_no, 115, "2026/10/19", None],
    ]
    assert run(workbooks.sheet(table)).state is imports.ImportState.APPLIED
    assert entries(book) == [(State.PASSED, 112_500), (State.PASSED, 115_000), (State.EMPTY, None)]
    second = build.entry(round_id=models.Round.objects.get().pk, register_id=book[1].register_id)
    assert second.read_on == datetime.date(2026, 10, 19)


def test_each_wrong_row_is_named_and_nothing_is_entered(book: list[records.Supply]) -> None:
    closed = records.supply(
        station_id=book[0].station_id, tariff_id=records.tariff(), book_code="0102", serial_no="W-CLOSED"
    )
    table: list[list[Any]] = [
        HEADINGS,
        [book[0].serial_no, "112", "2026-10-20", "0101"],
        ["W-NOBODY", "112", "2026-10-20", None],
        [closed.serial_no, "1", "2026-10-20", None],
        [book[1].serial_no, "112", "2026-10-20", "0199"],
        [book[2].serial_no, "11O", "2026-10-21", None],
        [book[0].serial_no, "-5", "2026-09-20", None],
        [None, "5", "20.10.2026", None],
    ]
    content = workbooks.sheet(table)

    assert errors(content) == [
        (3, "serial_no", "METER_UNKNOWN"),
        (4, "serial_no", "NO_OPEN_ROUND"),
        (5, "book", "OTHER_BOOK"),
        (6, "value_milli", "NOT_A_NUMBER"),
        (6, "read_on", "IN_FUTURE"),
        (7, "value_milli", "OUT_OF_RANGE"),
        (7, "serial_no", "REPEATED_IN_FILE"),
        (7, "read_on", "NOT_AFTER_PREVIOUS"),
        (8, "serial_no", "MISSING"),
        (8, "read_on", "NOT_A_DATE"),
    ]
    result = run(content)
    assert (result.state, result.error_count) == (imports.ImportState.REJECTED, 10)
    assert entries(book) == [(State.EMPTY, None)] * 3


@pytest.mark.parametrize(
    ("headings", "found"),
    [
        (["表号", "抄表日期"], [(1, "value_milli", "HEADING_MISSING")]),
        (["表号", "本期读数", "抄表日期", "读数"], [(1, "value_milli", "HEADING_REPEATED")]),
        (["表号", "本期读数", "抄表日期", "天气"], [(1, "", "HEADING_UNKNOWN")]),
        (["表号", "本期读数", "抄表日期"], [(1, "", "NO_ROWS")]),
    ],
)
def test_headings_that_do_not_fit_are_named(
    book: list[records.Supply], headings: list[str], found: list[tuple[int, str, str]]
) -> None:
    assert errors(workbooks.sheet([headings])) == found


def test_the_same_file_twice_changes_nothing(book: list[records.Supply]) -> None:
    content = csv(book, 112, 113, 114)
    first = run(content)
    build.enter(
        round_id=models.Round.objects.get().pk, values_milli={book[0].register_id: 120_000}, day=OCTOBER
    )

    again = run(content)

    assert (again.is_repeat, again.import_id) == (True, first.import_id)
    assert entries(book)[0] == (State.PASSED, 120_000)


def test_what_a_file_replaces_is_counted_and_audited(book: list[records.Supply]) -> None:
    round_id = models.Round.objects.get().pk
    build.enter(round_id=round_id, values_milli={book[0].register_id: 110_000}, day=OCTOBER)
    content = csv(book, 112, 113)
    checked = import_readings.dry_run(actor=records.system(), content=content, today=OCTOBER)
    assert [(t.book, t.readings, t.replaced, t.held) for t in checked.totals] == [("0101", 2, 1, 0)]

    run(content)

    entry = build.entry(round_id=round_id, register_id=book[0].register_id)
    acts = access.AuditEntry.objects.filter(act__in=["READINGS_ENTERED", "READINGS_IMPORTED"]).order_by("id")
    assert [act.act for act in acts] == ["READINGS_ENTERED", "READINGS_ENTERED", "READINGS_IMPORTED"]
    assert acts[1].before == {"replaced": [[entry.pk, 110_000, State.PASSED]]}


def test_a_round_accepted_meanwhile_takes_nothing_of_the_file(book: list[records.Supply]) -> None:
    now = build.noon(OCTOBER)
    content = csv(book, 112)
    checked = import_readings.check_file(
        actor=records.system(), name="f.csv", content=content, now=now, today=OCTOBER
    )
    round_id = models.Round.objects.get().pk
    build.enter(round_id=round_id, values_milli={supply.register_id: 105_000 for supply in book}, day=OCTOBER)
    build.accept(round_id=round_id, day=OCTOBER)

    result = import_readings.apply_file(
        actor=records.system(), import_id=checked.import_id, now=now, today=OCTOBER
    )

    assert (result.state, result.error_count) == (imports.ImportState.REJECTED, 1)
    assert entries(book)[0] == (State.PASSED, 105_000)


def test_another_stations_meters_are_unknown(book: list[records.Supply], as_web_role: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    outsider = records.actor(role="SUPERVISOR", unit_id=records.world().station_b)
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE meterbook_app")
    checked = import_readings.dry_run(actor=outsider, content=csv(book, 112), today=OCTOBER)
    assert checked.errors["code"].to_list() == ["METER_UNKNOWN"]


def test_every_fault_has_words() -> None:
    assert {fault.value for fault in check_readings.Fault} <= set(import_words.REASONS)
    explained = set(reading_template.EXPLANATIONS)
    assert explained == set(reading_template.EXAMPLES) == set(reading_columns.BY_KEY)


def test_two_thousand_readings_ask_no_more_often_than_fifty(db: None) -> None:
    """Taking in and accepting: columns, not rows. What it costs in seconds, `meterbook bench` says."""
    world, asked = records.world(), []
    for book, count in (("0101", 50), ("0102", 2_000)):
        supplies = records.supplies(
            count=count,
            station_id=world.station_a,
            tariff_id=records.tariff(),
            initial_milli=100_000,
            book_code=book,
        )
        opened = build.open_round(book_id=supplies[0].book_id, day=OCTOBER)
        content = csv(supplies, *[110 + number % 40 for number in range(count)])
        with CaptureQueriesContext(connection) as captured:
            result = run(content)
            build.confirm_all(round_id=opened.round_id, day=OCTOBER)
            accepted = build.accept(round_id=opened.round_id, day=OCTOBER)
        assert (result.state, result.row_count) == (imports.ImportState.APPLIED, count)
        assert accepted.totals.reading_count == count
        asked.append(len(captured))
    assert asked[1] <= asked[0]
