"""Meters swapped, taken off and fitted again: what each counted, and the one usage of it all."""

import datetime
import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from meterbook.domain.access import models as access
from meterbook.domain.devices import models as devices
from meterbook.domain.devices import operations_installations as installations
from meterbook.domain.metering import models, queries, rules_changes
from meterbook.domain.metering import operations_changes as changes
from meterbook.domain.metering.rules_changes import Closing, Estimate
from tests.builders import metering as build
from tests.builders import records

day = datetime.date
SEPTEMBER, OCTOBER, NOVEMBER = day(2026, 9, 20), day(2026, 10, 20), day(2026, 11, 20)
SWAPPED_ON = day(2026, 10, 5)
Kind, Fault = models.ChangeKind, rules_changes.ChangeFault


@pytest.fixture
def supply(db: None) -> records.Supply:
    """A water meter of four digits that begins at 9875 on 20 September, and a new one in the store."""
    world = records.world()
    build.stock_meter(station_id=world.station_a, serial_no="NEW-1")
    build.stock_meter(station_id=world.station_a, serial_no="NEW-2", multiplier_milli=10_000)
    return records.supply(
        station_id=world.station_a,
        tariff_id=records.tariff(),
        initial_milli=9_875_000,
        digits=4,
        installed_on=SEPTEMBER,
    )


def swap(
    supply: records.Supply,
    *,
    on: day = SWAPPED_ON,
    closing: Closing,
    new: str = "NEW-1",
    opening_milli: int = 0,
    is_confirmed: bool = True,
) -> changes.Changed:
    return build.change(
        kind=Kind.SWAP,
        service_point_id=supply.service_point_id,
        day=on,
        closing=closing,
        opening_milli=opening_milli,
        new_serial_no=new,
        is_confirmed=is_confirmed,
    )


def register_of(serial_no: str) -> int:
    return devices.Register.objects.get(meter__serial_no=serial_no).pk


def read(supply: records.Supply, *, on: day, serial_no: str, value_milli: int) -> models.Usage:
    accepted = build.read_book(
        book_id=supply.book_id, day=on, values_milli={register_of(serial_no): value_milli}
    )
    return models.Usage.objects.get(round_id=accepted.round_id)


def parts(usage: models.Usage) -> list[tuple[int, int, int, int]]:
    rows = models.UsagePart.objects.filter(usage_id=usage.pk).order_by("part_no")
    return list(rows.values_list("opening_milli", "closing_milli", "multiplier_milli", "quantity_milli"))


def test_one_usage_over_both_meters_across_the_roll_over(supply: records.Supply) -> None:
    """9875 to 0078 of four digits is 203; the new meter counts 7 x 10 more."""
    changed = swap(supply, closing=Closing(value_milli=78_000, is_rolled_over=True), new="NEW-2")
    assert changed.quantity_milli == {0: 203_000}
    assert (changed.old_serial_no, changed.new_serial_no) == (supply.serial_no, "NEW-2")

    usage = read(supply, on=OCTOBER, serial_no="NEW-2", value_milli=7_000)

    assert usage.quantity_milli == 203_000 + 70_000
    assert (usage.period_from, usage.period_until) == (SEPTEMBER, OCTOBER)
    assert parts(usage) == [(9_875_000, 78_000, 1_000, 203_000), (0, 7_000, 10_000, 70_000)]
    assert devices.Meter.objects.get(pk=supply.meter_id).state == devices.MeterState.REMOVED
    # The month after begins at the new meter's reading, and nothing is counted twice.
    after = read(supply, on=NOVEMBER, serial_no="NEW-2", value_milli=8_000)
    assert (after.quantity_milli, after.period_from, parts(after)) == (10_000, OCTOBER, [])


def test_two_swaps_of_one_period_add_up(supply: records.Supply) -> None:
    swap(supply, closing=Closing(value_milli=9_885_000))
    swap(supply, on=day(2026, 10, 12), closing=Closing(value_milli=4_500), new="NEW-2", opening_milli=100)

    usage = read(supply, on=OCTOBER, serial_no="NEW-2", value_milli=600)

    assert parts(usage) == [
        (9_875_000, 9_885_000, 1_000, 10_000),
        (0, 4_500, 1_000, 4_500),
        (100, 600, 10_000, 5_000),
    ]
    assert usage.quantity_milli == 19_500
    assert usage.period_from == SEPTEMBER


def test_a_swap_on_the_day_of_the_reading_carries_nothing(supply: records.Supply) -> None:
    build.read_book(book_id=supply.book_id, day=OCTOBER, values_milli={supply.register_id: 9_885_000})

    changed = swap(supply, on=OCTOBER, closing=Closing(value_milli=9_885_000))

    assert changed.quantity_milli == {}
    usage = read(supply, on=NOVEMBER, serial_no="NEW-1", value_milli=12_000)
    assert (usage.quantity_milli, usage.period_from) == (12_000, OCTOBER)


def test_checks_look_at_the_whole(supply: records.Supply) -> None:
    """30 m3 on the old meter and 31 on the new one pass alone, together they are far above the average."""
    swap(supply, closing=Closing(value_milli=9_905_000), is_confirmed=False)
    round_id = build.open_round(book_id=supply.book_id, day=OCTOBER).round_id
    entry = build.entry(round_id=round_id, register_id=register_of("NEW-1"))
    assert (entry.carried_milli, entry.carried_from_on, entry.previous_on) == (30_000, SEPTEMBER, SWAPPED_ON)

    (outcome,) = build.enter(
        round_id=round_id, values_milli={register_of("NEW-1"): 31_000}, day=OCTOBER
    ).outcomes

    assert outcome.quantity_milli == 61_000
    assert outcome.state == models.EntryState.HELD
    # A meter that counted nothing since is no zero usage.
    (outcome,) = build.enter(round_id=round_id, values_milli={register_of("NEW-1"): 0}, day=OCTOBER).outcomes
    assert (outcome.quantity_milli, outcome.state) == (30_000, models.EntryState.PASSED)


def test_a_swap_in_an_open_round_replaces_the_entry(supply: records.Supply) -> None:
    round_id = build.open_round(book_id=supply.book_id, day=OCTOBER).round_id

    swap(supply, on=OCTOBER, closing=Closing(value_milli=9_885_000))

    entry = models.RoundEntry.objects.get(round_id=round_id)
    assert (entry.register_id, entry.carried_milli) == (register_of("NEW-1"), 10_000)
    # Read on the very day: what the old meter counted is the usage.
    build.enter(round_id=round_id, values_milli={register_of("NEW-1"): 0}, day=OCTOBER)
    build.confirm_all(round_id=round_id, day=OCTOBER)
    build.accept(round_id=round_id, day=OCTOBER)
    usage = models.Usage.objects.get(round_id=round_id)
    assert (usage.quantity_milli, usage.period_until) == (10_000, OCTOBER)


def test_a_keyed_value_is_used_or_refuses_the_swap(supply: records.Supply) -> None:
    round_id = build.open_round(book_id=supply.book_id, day=OCTOBER).round_id
    build.enter(round_id=round_id, values_milli={supply.register_id: 9_885_000}, day=OCTOBER)

    with pytest.raises(changes.ChangeError) as refused:
        swap(supply, on=day(2026, 10, 21), closing=Closing(value_milli=9_886_000))
    assert (refused.value.code, refused.value.on, refused.value.milli) == (
        Fault.READING_ENTERED,
        OCTOBER,
        9_885_000,
    )

    changed = swap(supply, on=OCTOBER, closing=Closing(value_milli=9_885_000))
    assert changed.quantity_milli == {0: 10_000}


@pytest.mark.parametrize(
    ("closing", "on", "code"),
    [
        (Closing(value_milli=78_000), SWAPPED_ON, Fault.ROLL_OVER_NOT_STATED),
        (Closing(value_milli=9_999_000), SWAPPED_ON, Fault.FAR_ABOVE_AVERAGE),
        (Closing(value_milli=10_000_000), SWAPPED_ON, Fault.BEYOND_DIGITS),
        (Closing(value_milli=None), SWAPPED_ON, Fault.VALUE_MISSING),
        (Closing(value_milli=9_875_000), day(2026, 9, 19), Fault.BEFORE_LAST_READING),
        (Closing(value_milli=9_876_000), SEPTEMBER, Fault.NOT_AFTER_PREVIOUS),
        (
            Closing(value_milli=None, estimate=Estimate(rule=rules_changes.BY_LAST_USAGES)),
            SWAPPED_ON,
            Fault.NO_HISTORY,
        ),
    ],
)
def test_what_cannot_be_closed_is_refused(
    supply: records.Supply, closing: Closing, on: day, code: rules_changes.ChangeFault
) -> None:
    with pytest.raises(changes.ChangeError) as refused, transaction.atomic():
        swap(supply, on=on, closing=closing, is_confirmed=False)
    assert (refused.value.code, refused.value.band) == (code, 0)
    assert devices.Installation.objects.get(service_point_id=supply.service_point_id).removed_on is None
    assert not models.MeterChange.objects.exists()


def test_a_day_to_come_is_refused(supply: records.Supply) -> None:
    asked = changes.Change(
        request_key=uuid.uuid4(),
        kind=Kind.REMOVE,
        service_point_id=supply.service_point_id,
        changed_on=OCTOBER,
        reason=1,
        closings={0: Closing(value_milli=9_885_000)},
    )
    with pytest.raises(changes.ChangeError) as refused:
        changes.change_meter(change=asked, staff_id=None, today=SWAPPED_ON, at=build.noon(SWAPPED_ON))
    assert refused.value.code == Fault.IN_FUTURE


def test_a_meter_that_is_not_free_or_counts_something_else_is_refused(supply: records.Supply) -> None:
    build.stock_meter(station_id=supply.station_id, serial_no="GAS", utility=2)
    build.stock_meter(station_id=supply.station_id, serial_no="BANDS", bands=(1, 3))
    build.stock_meter(station_id=access.OrgUnit.objects.get(code="S02").pk, serial_no="FAR")
    for serial_no, code in (
        ("NOBODY", "METER_UNKNOWN"),
        (supply.serial_no, "METER_NOT_FREE"),
        ("GAS", "OTHER_UTILITY"),
        ("FAR", "OTHER_STATION"),
        ("BANDS", "BANDS_DIFFER"),
    ):
        with (
            pytest.raises((installations.FittingError, changes.ChangeError)) as refused,
            transaction.atomic(),
        ):
            swap(supply, closing=Closing(value_milli=9_885_000), new=serial_no)
        assert getattr(refused.value, "code", "") == code, serial_no


def test_a_dead_meter_counts_by_the_mean_of_its_last_usages(supply: records.Supply) -> None:
    """30 days with 15 m3 and 31 with 15.5 are 0.5 a day: 15 dead days are 7.5."""
    read(supply, on=OCTOBER, serial_no=supply.serial_no, value_milli=9_890_000)
    read(supply, on=NOVEMBER, serial_no=supply.serial_no, value_milli=9_905_500)
    dead_on = day(2026, 12, 5)

    changed = swap(
        supply,
        on=dead_on,
        closing=Closing(value_milli=None, estimate=Estimate(rule=rules_changes.BY_LAST_USAGES, last=2)),
    )

    assert changed.quantity_milli == {0: 7_500}
    carried = models.CarriedUsage.objects.get()
    assert carried.estimate_rule == rules_changes.BY_LAST_USAGES
    assert carried.basis["days"] == 15
    assert carried.basis["basis_days"] == 61
    assert [row["quantity_milli"] for row in carried.basis["usages"]] == [15_000, 15_500]
    closing = models.Reading.objects.get(pk=carried.closing_reading_id)
    assert (closing.source, closing.value_milli) == (models.Source.ESTIMATED, 9_905_500)


def test_a_dead_meter_counts_by_the_mean_of_the_next_one(supply: records.Supply) -> None:
    """15 days before, 15 days of the new meter with 6 m3: 12 m3 altogether."""
    swap(
        supply,
        closing=Closing(value_milli=9_875_000, estimate=Estimate(rule=rules_changes.BY_NEW_METER)),
    )
    usage = read(supply, on=OCTOBER, serial_no="NEW-1", value_milli=6_000)
    assert usage.quantity_milli == 12_000
    assert [part[3] for part in parts(usage)] == [6_000, 6_000]
    rule = models.UsagePart.objects.get(usage_id=usage.pk, part_no=1).estimate_rule
    assert rule == rules_changes.BY_NEW_METER


def test_taken_off_and_fitted_again_loses_nothing(supply: records.Supply) -> None:
    """Removed for arrears after 10 m3, the same meter hangs again two weeks later and counts 4 more."""
    removed = build.change(
        kind=Kind.REMOVE, service_point_id=supply.service_point_id, day=SWAPPED_ON, closing_milli=9_885_000
    )
    assert removed.quantity_milli == {0: 10_000}
    assert build.open_round(book_id=supply.book_id, day=OCTOBER).entry_count == 0
    assert [left.code for left in queries.registers_left_out(book_id=supply.book_id, day=OCTOBER)] == [
        "NO_METER"
    ]

    build.change(
        kind=Kind.INSTALL,
        service_point_id=supply.service_point_id,
        day=OCTOBER,
        opening_milli=9_885_000,
        new_serial_no=supply.serial_no,
    )
    round_id = models.Round.objects.get().pk
    build.enter(round_id=round_id, values_milli={supply.register_id: 9_889_000}, day=NOVEMBER)
    build.accept(round_id=round_id, day=NOVEMBER)

    usage = models.Usage.objects.get()
    assert (usage.quantity_milli, usage.period_from) == (14_000, SEPTEMBER)
    assert [part[3] for part in parts(usage)] == [10_000, 4_000]


def test_the_same_request_changes_once(supply: records.Supply) -> None:
    key = uuid.uuid4()

    def remove() -> changes.Changed:
        return build.change(
            kind=Kind.REMOVE,
            service_point_id=supply.service_point_id,
            day=SWAPPED_ON,
            closing_milli=9_885_000,
            request_key=key,
        )

    first, second = remove(), remove()
    assert (first.is_repeat, second.is_repeat) == (False, True)
    assert second.quantity_milli == first.quantity_milli == {0: 10_000}
    assert models.CarriedUsage.objects.count() == 1


def undo(change_id: int) -> changes.Changed:
    return changes.undo_change(
        change_id=change_id,
        request_key=uuid.uuid4(),
        staff_id=None,
        remark="Wrong account",
        at=build.noon(OCTOBER),
    )


def test_an_undone_swap_never_was(supply: records.Supply) -> None:
    changed = swap(supply, closing=Closing(value_milli=78_000, is_rolled_over=True))
    undo(changed.change_id)

    hung = devices.Installation.objects.get(service_point_id=supply.service_point_id, removed_on=None)
    assert hung.meter_id == supply.meter_id
    assert devices.Meter.objects.get(serial_no="NEW-1").state == devices.MeterState.IN_STOCK
    usage = read(supply, on=OCTOBER, serial_no=supply.serial_no, value_milli=9_885_000)
    assert (usage.quantity_milli, usage.period_from, parts(usage)) == (10_000, SEPTEMBER, [])
    # On that very day the meter may be read, or swapped once more.
    with pytest.raises(changes.ChangeError) as refused:
        undo(changed.change_id)
    assert refused.value.code == Fault.UNDONE_ALREADY


def test_after_an_undo_the_day_is_free_again(supply: records.Supply) -> None:
    first = swap(supply, closing=Closing(value_milli=9_880_000))
    undo(first.change_id)
    swap(supply, closing=Closing(value_milli=9_885_000))
    usage = read(supply, on=OCTOBER, serial_no="NEW-1", value_milli=1_000)
    assert usage.quantity_milli == 11_000


def test_the_second_of_two_swaps_of_a_day_is_undone_alone(supply: records.Supply) -> None:
    swap(supply, closing=Closing(value_milli=9_880_000))
    second = swap(supply, closing=Closing(value_milli=0), new="NEW-2")
    undo(second.change_id)
    usage = read(supply, on=OCTOBER, serial_no="NEW-1", value_milli=2_000)
    assert usage.quantity_milli == 7_000


def test_what_was_taken_in_or_followed_is_not_undone(supply: records.Supply) -> None:
    changed = swap(supply, closing=Closing(value_milli=9_880_000))
    round_id = build.open_round(book_id=supply.book_id, day=OCTOBER).round_id
    build.enter(round_id=round_id, values_milli={register_of("NEW-1"): 3_000}, day=OCTOBER)
    with pytest.raises(changes.ChangeError) as refused:
        undo(changed.change_id)
    assert refused.value.code == Fault.READING_ENTERED

    build.accept(round_id=round_id, day=OCTOBER)
    with pytest.raises(changes.ChangeError) as refused:
        undo(changed.change_id)
    assert refused.value.code == Fault.USAGE_TAKEN


def test_the_tables_refuse_a_usage_carried_twice(supply: records.Supply) -> None:
    swap(supply, closing=Closing(value_milli=9_880_000))
    usage = read(supply, on=OCTOBER, serial_no="NEW-1", value_milli=3_000)
    part = models.UsagePart.objects.get(usage_id=usage.pk, part_no=1)
    part.pk, part.usage_id = None, usage.pk + 1
    with pytest.raises(DatabaseError, match="carried_usage_taken_once"), transaction.atomic():
        part.save(force_insert=True)
    for table in ("metering_carriedusage", "metering_usagepart", "metering_meterchange"):
        with (
            pytest.raises(DatabaseError, match=r"permission denied|never changed"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608 # a constant of this test
