"""The lists of meters to look at, over half a year of readings of one book."""

import datetime
from dataclasses import dataclass

import pytest
from django.db import connection

from meterbook.domain.devices import models, operations
from meterbook.domain.devices.rules import MeterState, MoveReason
from meterbook.reporting import meter_checks, meter_history
from meterbook.reporting.meter_checks import Kind
from tests.builders import metering as rounds
from tests.builders import meters, records

AS_OF = datetime.date(2026, 7, 1)
# Thousands of a m³ used month by month, January to June; all read on the first of the month after.
USED = {
    "STEADY": [10, 10, 11, 10, 10, 10],
    "STEADY2": [9, 10, 9, 10, 9, 10],
    "STOPPED": [10, 10, 10, 0, 0, 0],
    "EMPTY": [0, 0, 0, 0, 0, 0],
    "SLOW": [20, 20, 20, 20, 20, 3],
    "FAST": [10, 10, 10, 10, 10, 40],
    "SMALL": [2, 2, 2, 2, 2, 1],
}


@dataclass(frozen=True)
class Book:
    world: records.World
    supplies: dict[str, records.Supply]


@pytest.fixture
def book(db: None) -> Book:
    world = records.world()
    meters.model(name="LXS-20", maker="")
    supplies = records.supplies(
        count=len(USED),
        station_id=world.station_a,
        tariff_id=records.tariff(),
        serial_no=list(USED),
        installed_on=datetime.date(2026, 1, 1),
    )
    by_serial = {supply.serial_no: supply for supply in supplies}
    shown = dict.fromkeys(USED, 0)
    for month in range(6):
        for serial_no, used in USED.items():
            shown[serial_no] += used[month] * 1000
        rounds.read_book(
            book_id=supplies[0].book_id,
            day=datetime.date(2026, month + 2, 1),
            values_milli={by_serial[serial_no].register_id: value for serial_no, value in shown.items()},
        )
    return Book(world=world, supplies=by_serial)


def listed(kind: Kind, *, as_of: datetime.date = AS_OF, **more: int) -> list[meter_checks.CheckRow]:
    wanted = meter_checks.CheckFilter(kind=kind, as_of=as_of, **more)  # type: ignore[arg-type]
    rows = meter_checks.meter_rows(wanted=wanted, sort="serial_no", is_descending=False, offset=0, limit=50)
    assert meter_checks.meter_count(wanted=wanted) == len(rows)
    return rows


def serials(kind: Kind, *, as_of: datetime.date = AS_OF, **more: int) -> list[str]:
    return [row.serial_no for row in listed(kind, as_of=as_of, **more)]


def test_each_meter_is_on_the_list_it_belongs_to(book: Book) -> None:
    assert serials(Kind.STOPPED) == ["STOPPED"]
    assert serials(Kind.SLOW) == ["SLOW"]
    assert serials(Kind.FAST) == ["FAST"]
    assert serials(Kind.BACKWARDS) == []
    assert serials(Kind.OVER_AGE) == []
    assert serials(Kind.FAST, utility=2) == []
    assert serials(Kind.FAST, station_id=book.world.station_b) == []


def test_the_figures_are_those_a_person_works_out(book: Book) -> None:
    (fast,) = listed(Kind.FAST)
    # June: 40 m³ in 30 days; January to May: 50 m³ in 151 days.
    assert fast.last_milli == 40_000
    assert fast.own_milli == round(50_000 * 30 / 151)
    assert fast.zero_usages == 0
    assert (fast.account_no, fast.read_on) == (book.supplies["FAST"].account_no, AS_OF)
    (stopped,) = listed(Kind.STOPPED)
    assert (stopped.zero_usages, stopped.last_milli) == (3, 0)
    # All seven are residents of one utility: (10 + 10 + 0 + 0 + 3 + 40 + 1) / 7 m³, June has 30 days.
    assert {row.peer_milli for row in (fast, stopped)} == {round(64_000 / 7)}


def test_limits_move_the_lists(book: Book) -> None:
    wanted = meter_checks.CheckFilter(
        kind=Kind.STOPPED, as_of=AS_OF, limits=meter_checks.Limits(zero_usages=4)
    )
    assert meter_checks.meter_count(wanted=wanted) == 0
    early = datetime.date(2026, 3, 1)
    assert serials(Kind.SLOW, as_of=early) == serials(Kind.FAST, as_of=early) == [], "too short a history"


def test_a_reading_below_the_one_before_is_found(book: Book) -> None:
    supply = book.supplies["STEADY"]
    day = datetime.date(2026, 8, 1)
    opened = rounds.open_round(book_id=supply.book_id, day=day)
    rounds.enter(round_id=opened.round_id, values_milli={supply.register_id: 58_000}, day=day)
    (row,) = listed(Kind.BACKWARDS, as_of=day)
    assert (row.serial_no, row.previous_milli, row.value_milli) == ("STEADY", 61_000, 58_000)
    assert serials(Kind.BACKWARDS, as_of=day - datetime.timedelta(days=1)) == []
    assert serials(Kind.BACKWARDS, as_of=datetime.date(2027, 8, 1)) == [], "a year later it is history"


def test_a_meter_is_over_age_from_its_day_on(book: Book) -> None:
    due = datetime.date(2032, 1, 1)
    assert serials(Kind.OVER_AGE, as_of=due - datetime.timedelta(days=1)) == []
    assert serials(Kind.OVER_AGE, as_of=due) == sorted(USED)
    assert meters.in_stock(station_id=book.world.station_a, manufactured_on=datetime.date(2000, 1, 1))
    assert serials(Kind.OVER_AGE, as_of=due) == sorted(USED), "what lies in the store is not listed"


def test_lists_stop_at_the_scope(book: Book, as_web_role: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL meterbook.scope = '{book.world.station_b}'")
    assert serials(Kind.STOPPED) == serials(Kind.OVER_AGE, as_of=datetime.date(2040, 1, 1)) == []
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL meterbook.scope = '{book.world.station_a}'")
    assert serials(Kind.STOPPED) == ["STOPPED"]


def test_the_usages_of_a_place_stand_in_order_with_the_meter_that_counted(book: Book) -> None:
    usages = meter_history.usages_at_places(meter_id=book.supplies["FAST"].meter_id)
    assert [usage.quantity_milli for usage in usages] == [used * 1000 for used in USED["FAST"]]
    assert {usage.serial_no for usage in usages} == {"FAST"}
    assert (usages[0].period_from, usages[-1].period_until) == (datetime.date(2026, 1, 1), AS_OF)


def test_the_store_and_the_removals_are_counted(book: Book) -> None:
    in_stock = meters.in_stock(station_id=book.world.station_a, serial_nos=["W1", "W2"])
    (count,) = [row for row in meter_history.meters_by_model() if row.model == "宁波水表 LXS-20"]
    assert count.counts == {MeterState.IN_STOCK: 2}
    on = datetime.date(2026, 5, 1)
    for meter, reason in zip(in_stock, (MoveReason.SLOW, MoveReason.OVER_AGE), strict=True):
        for state in (MeterState.IN_SERVICE, MeterState.REMOVED):
            move = operations.Move(
                meter_id=meter.pk, to_state=state, on=on, at=records.NOW, staff_id=None, reason=reason
            )
            last = operations.move_meter(move=move)
    undo = operations.Move(
        meter_id=in_stock[1].pk, to_state=MeterState.IN_SERVICE, on=on, at=records.NOW, staff_id=None
    )
    operations.undo_last_move(undo=undo, move_id=last.pk, with_installation=True)
    since = datetime.date(2025, 7, 1)
    assert meter_history.removals_by_reason(since=since, as_of=AS_OF) == [(MoveReason.SLOW, 1)]
    assert meter_history.removals_by_reason(since=on, as_of=AS_OF) == []
    assert models.MeterMove.objects.filter(to_state=MeterState.REMOVED).count() == 2
