"""A book's round from opening to usage, on the database."""

import datetime

import pytest
from django.db import connection

from meterbook.application import accept_round, enter_readings, open_rounds, reading_limits
from meterbook.application import actor as actors
from meterbook.domain.access import models as access
from meterbook.domain.agreements import models as agreements
from meterbook.domain.metering import models, rules
from meterbook.domain.metering import operations as metering
from meterbook.domain.tables import Utility
from tests.builders import metering as build
from tests.builders import records

OCTOBER = datetime.date(2026, 10, 20)
NOVEMBER = datetime.date(2026, 11, 20)
State = models.EntryState


@pytest.fixture
def book(db: None) -> list[records.Supply]:
    """Three meters of one book; registers begin at 100, 200 and 99,990 m³ of five digits."""
    world = records.world()
    return records.supplies(
        count=3,
        station_id=world.station_a,
        tariff_id=records.tariff(),
        initial_milli=[100_000, 200_000, 99_990_000],
        installed_on=datetime.date(2026, 9, 20),
    )


def values(book: list[records.Supply], *readings: int | None) -> dict[int, int | None]:
    return {supply.register_id: value for supply, value in zip(book, readings, strict=True)}


def states(round_id: int) -> list[int]:
    rows = models.RoundEntry.objects.filter(round_id=round_id).order_by("sequence")
    return list(rows.values_list("state", flat=True))


def test_a_round_begins_with_what_is_known_of_each_register(book: list[records.Supply]) -> None:
    opened = build.open_round(book_id=book[0].book_id, day=OCTOBER)

    assert (opened.is_new, opened.added, opened.entry_count, opened.left_out) == (True, 3, 3, ())
    entry = build.entry(round_id=opened.round_id, register_id=book[2].register_id)
    assert (entry.state, entry.sequence, entry.previous_milli) == (State.EMPTY, 3, 99_990_000)
    assert entry.previous_on == datetime.date(2026, 9, 20)
    assert (entry.previous_usage_milli, entry.average_milli) == (None, None)
    assert entry.station_id == book[0].station_id


def test_readings_become_usage_in_one_go_and_once(book: list[records.Supply]) -> None:
    round_id = build.open_round(book_id=book[0].book_id, day=OCTOBER).round_id
    build.enter(round_id=round_id, values_milli=values(book, 112_500, 210_000, 8_000), day=OCTOBER)

    accepted = build.accept(round_id=round_id, day=OCTOBER)

    assert (accepted.totals.reading_count, accepted.totals.quantity_milli) == (3, 12_500 + 10_000 + 18_000)
    usages = models.Usage.objects.filter(round_id=round_id).order_by("register_id")
    assert [(u.opening_milli, u.closing_milli, u.quantity_milli) for u in usages] == [
        (100_000, 112_500, 12_500),
        (200_000, 210_000, 10_000),
        (99_990_000, 8_000, 18_000),
    ]
    assert {(u.period_from, u.period_until) for u in usages} == {(datetime.date(2026, 9, 20), OCTOBER)}
    readings = models.Reading.objects.in_bulk([u.closing_reading_id for u in usages])
    assert [readings[u.closing_reading_id].value_milli for u in usages] == [112_500, 210_000, 8_000]
    assert {r.source for r in readings.values()} == {models.Source.KEYED}

    again = build.accept(round_id=round_id, day=NOVEMBER)
    assert again.is_repeat
    assert again.totals == accepted.totals
    assert models.Usage.objects.count() == 3
    assert models.Round.objects.get(pk=round_id).accepted_on == OCTOBER


def test_empty_and_held_entries_keep_a_round_open(book: list[records.Supply]) -> None:
    round_id = build.open_round(book_id=book[0].book_id, day=OCTOBER).round_id
    build.enter(round_id=round_id, values_milli={book[1].register_id: 199_000}, day=OCTOBER)

    with pytest.raises(metering.NotReadyError) as refused:
        build.accept(round_id=round_id, day=OCTOBER)

    assert [(o.code, o.account_no) for o in refused.value.obstacles] == [
        ("EMPTY", book[0].account_no),
        ("HELD", book[1].account_no),
        ("EMPTY", book[2].account_no),
    ]
    assert not models.Usage.objects.exists()


@pytest.mark.parametrize(
    ("value_milli", "checks"),
    [
        (200_001, []),
        (200_000, [rules.Check.ZERO]),
        (199_999, [rules.Check.LOWER_THAN_BEFORE]),
        (260_000, []),
        (260_001, [rules.Check.FAR_ABOVE_AVERAGE]),
        (100_000_000, [rules.Check.BEYOND_DIGITS]),
    ],
)
def test_a_keyed_value_passes_or_is_held(
    book: list[records.Supply], value_milli: int, checks: list[rules.Check]
) -> None:
    round_id = build.open_round(book_id=book[0].book_id, day=OCTOBER).round_id

    (outcome,) = build.enter(
        round_id=round_id, values_milli={book[1].register_id: value_milli}, day=OCTOBER
    ).outcomes

    assert list(outcome.checks) == checks
    entry = build.entry(round_id=round_id, register_id=book[1].register_id)
    assert entry.state == outcome.state == (State.HELD if checks else State.PASSED)
    assert (entry.value_milli, entry.checks, entry.version) == (value_milli, checks, 1)


def test_a_held_value_is_corrected_or_confirmed(book: list[records.Supply]) -> None:
    round_id = build.open_round(book_id=book[0].book_id, day=OCTOBER).round_id
    build.enter(round_id=round_id, values_milli=values(book, 900_000, 900_000, 99_990_000), day=OCTOBER)
    assert states(round_id) == [State.HELD] * 3

    build.enter(round_id=round_id, values_milli={book[0].register_id: 109_000}, day=OCTOBER)
    assert build.confirm_all(round_id=round_id, day=OCTOBER) == 2

    assert states(round_id) == [State.PASSED, State.CONFIRMED, State.CONFIRMED]
    assert build.accept(round_id=round_id, day=OCTOBER).totals.quantity_milli == 9_000 + 700_000 + 0


def test_a_lower_value_is_a_usage_only_when_somebody_says_the_register_rolled_over(
    book: list[records.Supply],
) -> None:
    round_id = build.open_round(book_id=book[0].book_id, day=OCTOBER).round_id
    build.enter(round_id=round_id, values_milli=values(book, 110_000, 210_000, 90_000_000), day=OCTOBER)
    entry = build.entry(round_id=round_id, register_id=book[2].register_id)

    def confirm(*, is_rolled_over: bool, reason: str = "Meter seen") -> metering.Outcome:
        return enter_readings.confirm_held(
            actor=records.system(),
            entry_id=entry.pk,
            version=entry.version,
            reason=reason,
            is_rolled_over=is_rolled_over,
            now=build.noon(OCTOBER),
        )

    with pytest.raises(metering.EntryError, match="ROLL_OVER_NOT_STATED"):
        confirm(is_rolled_over=False)
    with pytest.raises(metering.EntryError, match="REASON_MISSING"):
        confirm(is_rolled_over=True, reason="  ")
    assert confirm(is_rolled_over=True).quantity_milli == 90_010_000
    with pytest.raises(metering.EntryError, match="CHANGED"):
        confirm(is_rolled_over=True)
    assert build.accept(round_id=round_id, day=OCTOBER).totals.quantity_milli == 20_000 + 90_010_000


def test_what_the_register_cannot_show_is_only_corrected(book: list[records.Supply]) -> None:
    round_id = build.open_round(book_id=book[0].book_id, day=OCTOBER).round_id
    build.enter(round_id=round_id, values_milli={book[0].register_id: 100_000_000}, day=OCTOBER)

    with pytest.raises(metering.EntryError, match="NOT_CONFIRMABLE"):
        build.confirm_all(round_id=round_id, day=OCTOBER)


def test_what_was_not_read_is_covered_by_the_next_reading(book: list[records.Supply]) -> None:
    round_id = build.open_round(book_id=book[0].book_id, day=OCTOBER).round_id
    build.enter(round_id=round_id, values_milli=values(book, None, 210_000, 5_000), day=OCTOBER)
    entry = build.entry(round_id=round_id, register_id=book[0].register_id)
    enter_readings.mark_not_read(
        actor=records.system(),
        entry_id=entry.pk,
        version=entry.version,
        reason="Nobody at home",
        now=build.noon(OCTOBER),
    )
    totals = build.accept(round_id=round_id, day=OCTOBER).totals
    assert (totals.reading_count, totals.not_read_count) == (2, 1)

    build.read_book(
        book_id=book[0].book_id,
        day=NOVEMBER,
        values_milli={s.register_id: v for s, v in zip(book, [140_000, 220_000, 9_000], strict=True)},
    )
    usage = models.Usage.objects.get(register_id=book[0].register_id)
    assert (usage.period_from, usage.period_until) == (datetime.date(2026, 9, 20), NOVEMBER)
    assert usage.quantity_milli == 40_000


def test_the_next_round_knows_the_last_usage_and_the_average(book: list[records.Supply]) -> None:
    register_id, book_id = book[0].register_id, book[0].book_id
    others = agreements.SupplyAgreement.objects.exclude(pk=book[0].agreement_id)
    others.update(until_on=datetime.date(2026, 9, 21))
    days = [datetime.date(2026, month, 1) for month in (10, 11, 12)]
    days += [datetime.date(2027, month, 1) for month in (1, 2, 3, 4, 5)]
    readings = [106_000, 116_000, 131_000, 141_000, 151_000, 161_000, 171_000, 181_000]
    for day, value in zip(days, readings, strict=True):
        build.read_book(book_id=book_id, day=day, values_milli={register_id: value})

    opened = build.open_round(book_id=book_id, day=datetime.date(2027, 6, 1))

    entry = build.entry(round_id=opened.round_id, register_id=register_id)
    assert (entry.previous_milli, entry.previous_usage_milli) == (181_000, 10_000)
    # The last six usages: 15 + 5 x 10 m³ from 1 November to 1 May.
    assert entry.average_milli == 65_000 * 30 // (days[-1] - days[1]).days


def test_rounds_of_a_book_follow_each_other(book: list[records.Supply]) -> None:
    book_id = book[0].book_id
    october = build.open_round(book_id=book_id, day=OCTOBER)
    with pytest.raises(metering.RoundOrderError) as early:
        build.open_round(book_id=book_id, day=NOVEMBER)
    assert (early.value.code, early.value.period) == ("EARLIER_ROUND_OPEN", datetime.date(2026, 10, 1))

    build.enter(round_id=october.round_id, values_milli=values(book, 110_000, 210_000, 5_000), day=OCTOBER)
    build.accept(round_id=october.round_id, day=OCTOBER)
    with pytest.raises(metering.RoundOrderError, match="LATER_ROUND_EXISTS"):
        build.open_round(book_id=book_id, day=datetime.date(2026, 9, 25))
    with pytest.raises(metering.RoundAcceptedError):
        build.open_round(book_id=book_id, day=OCTOBER)
    with pytest.raises(metering.RoundAcceptedError):
        build.enter(round_id=october.round_id, values_milli={book[0].register_id: 1}, day=OCTOBER)


def test_an_open_round_takes_in_who_came_into_the_book_since(book: list[records.Supply]) -> None:
    first = build.open_round(book_id=book[0].book_id, day=OCTOBER)
    build.enter(round_id=first.round_id, values_milli={book[0].register_id: 110_000}, day=OCTOBER)
    late = records.supply(
        station_id=book[0].station_id,
        tariff_id=records.tariff(),
        installed_on=datetime.date(2026, 10, 10),
        initial_milli=7_000,
    )
    again = build.open_round(book_id=book[0].book_id, day=OCTOBER)

    assert (again.round_id, again.is_new, again.added, again.entry_count) == (first.round_id, False, 1, 4)
    assert states(first.round_id) == [State.PASSED, State.EMPTY, State.EMPTY, State.EMPTY]
    assert build.entry(round_id=first.round_id, register_id=late.register_id).previous_milli == 7_000


def test_a_register_that_cannot_be_read_is_named_and_not_guessed(book: list[records.Supply]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM devices_installation WHERE meter_id = %s", [book[0].meter_id])
    agreements.SupplyAgreement.objects.filter(pk=book[1].agreement_id).update(
        from_on=datetime.date(2026, 9, 30)
    )

    opened = build.open_round(book_id=book[0].book_id, day=OCTOBER)

    assert opened.added == 1
    assert [(left.code, left.account_no) for left in opened.left_out] == [
        ("NO_METER", book[0].account_no),
        ("READING_TOO_OLD", book[1].account_no),
    ]


@pytest.mark.parametrize(
    ("breaking", "code"),
    [
        (
            """INSERT INTO metering_reading (register_id, read_on, revision, value_milli, source, station_id)
            VALUES (%(register_id)s, '2026-10-01', 1, 105000, 4, %(station_id)s)""",
            "NEWER_READING",
        ),
        (
            "UPDATE agreements_supplyagreement SET until_on = '2026-10-05' WHERE id = %(agreement_id)s",
            "AGREEMENT_NOT_IN_FORCE",
        ),
        (
            "UPDATE devices_installation SET removed_on = '2026-10-05' WHERE meter_id = %(meter_id)s",
            "METER_NOT_IN_PLACE",
        ),
    ],
)
def test_facts_that_changed_since_the_round_was_opened_are_named(
    book: list[records.Supply], breaking: str, code: str
) -> None:
    round_id = build.open_round(book_id=book[0].book_id, day=OCTOBER).round_id
    build.enter(round_id=round_id, values_milli=values(book, 110_000, 210_000, 5_000), day=OCTOBER)
    first = book[0]
    with connection.cursor() as cursor:
        cursor.execute(
            breaking,
            {
                "register_id": first.register_id,
                "station_id": first.station_id,
                "agreement_id": first.agreement_id,
                "meter_id": first.meter_id,
            },
        )

    with pytest.raises(metering.NotReadyError) as refused:
        build.accept(round_id=round_id, day=OCTOBER)
    assert [(o.code, o.account_no) for o in refused.value.obstacles] == [(code, first.account_no)]


def test_the_previous_reading_is_the_newest_dated_one(book: list[records.Supply]) -> None:
    """Not the newest created row: an older reading entered late must not become the opening one."""
    late = {"register_id": book[0].register_id, "station_id": book[0].station_id, "source": 1}
    models.Reading.objects.create(**late, read_on=datetime.date(2026, 10, 1), value_milli=103_000)
    models.Reading.objects.create(**late, read_on=datetime.date(2026, 9, 25), value_milli=101_000)

    opened = build.open_round(book_id=book[0].book_id, day=OCTOBER)

    entry = build.entry(round_id=opened.round_id, register_id=book[0].register_id)
    assert (entry.previous_on, entry.previous_milli) == (datetime.date(2026, 10, 1), 103_000)


def test_two_readers_on_one_page_see_each_other(book: list[records.Supply]) -> None:
    round_id = build.open_round(book_id=book[0].book_id, day=OCTOBER).round_id
    entry = build.entry(round_id=round_id, register_id=book[0].register_id)

    def key(value_milli: int) -> metering.Entered:
        value = metering.NewValue(
            entry_id=entry.pk, value_milli=value_milli, read_on=OCTOBER, version=entry.version
        )
        return enter_readings.enter_values(
            actor=records.system(),
            round_id=round_id,
            values=[value],
            source=models.Source.KEYED,
            today=OCTOBER,
            now=build.noon(OCTOBER),
        )

    assert key(110_000).outcomes[0].version == 1
    second = key(111_000)
    assert (second.outcomes, second.refusals[0].code) == ((), "CHANGED")
    same = key(110_000)  # the same value twice is no conflict
    assert (same.refusals, same.unchanged) == ((), 1)
    entry.refresh_from_db()
    assert (entry.value_milli, entry.version) == (110_000, 1)


def test_dates_are_after_the_previous_reading_and_not_in_the_future(book: list[records.Supply]) -> None:
    opened = build.open_round(book_id=book[0].book_id, day=OCTOBER)
    ids = list(models.RoundEntry.objects.filter(round_id=opened.round_id).values_list("pk", flat=True))
    days = [datetime.date(2026, 9, 20), OCTOBER + datetime.timedelta(days=1), OCTOBER]
    entered = enter_readings.enter_values(
        actor=records.system(),
        round_id=opened.round_id,
        values=[
            metering.NewValue(entry_id=pk, value_milli=99_995_000, read_on=day)
            for pk, day in zip([*ids, 0], [*days, OCTOBER], strict=True)
        ],
        source=models.Source.KEYED,
        today=OCTOBER,
        now=build.noon(OCTOBER),
    )
    assert [refusal.code for refusal in entered.refusals] == [
        "NOT_AFTER_PREVIOUS",
        "IN_FUTURE",
        "ENTRY_UNKNOWN",
    ]
    assert [outcome.entry_id for outcome in entered.outcomes] == [ids[2]]


def test_the_companys_own_limit_decides(book: list[records.Supply]) -> None:
    limit = reading_limits.Limit(times_average=2, floor_milli=1_000)
    for _ in range(2):
        reading_limits.set_limit(
            actor=records.system(), utility=Utility.WATER, limit=limit, now=build.noon(OCTOBER)
        )
    act = access.AuditEntry.objects.filter(act="READING_LIMIT_SET").earliest("id")
    assert act.before == {"times_average": 3, "floor_milli": 20_000}
    round_id = build.open_round(book_id=book[0].book_id, day=OCTOBER).round_id

    entered = build.enter(round_id=round_id, values_milli={book[0].register_id: 102_001}, day=OCTOBER)

    assert entered.outcomes[0].checks == (rules.Check.FAR_ABOVE_AVERAGE,)


def test_each_act_leaves_its_audit_row(book: list[records.Supply]) -> None:
    supervisor = records.actor(role="SUPERVISOR", unit_id=book[0].station_id, name="陈主管")
    round_id = build.open_round(book_id=book[0].book_id, day=OCTOBER, actor=supervisor).round_id
    build.enter(
        round_id=round_id, values_milli=values(book, 1_000, 210_000, 5_000), day=OCTOBER, actor=supervisor
    )
    build.enter(round_id=round_id, values_milli={book[0].register_id: 110_000}, day=OCTOBER, actor=supervisor)
    build.accept(round_id=round_id, day=OCTOBER, actor=supervisor)

    rows = access.AuditEntry.objects.filter(subject_kind="ROUND", subject_id=str(round_id)).order_by("id")
    assert [row.act for row in rows] == [
        "ROUND_OPENED",
        "READINGS_ENTERED",
        "READINGS_ENTERED",
        "ROUND_ACCEPTED",
    ]
    assert {(row.actor_name, row.station_id) for row in rows} == {("陈主管", book[0].station_id)}
    entry = build.entry(round_id=round_id, register_id=book[0].register_id)
    assert rows[2].before == {"replaced": [[entry.pk, 1_000, State.HELD]]}
    assert rows[2].after is not None
    assert rows[2].after["replaced"] == [[entry.pk, 110_000, State.PASSED]]


def test_rights_are_asked_first(book: list[records.Supply]) -> None:
    reader = records.actor(role="READER", unit_id=book[0].station_id)
    round_id = build.open_round(book_id=book[0].book_id, day=OCTOBER).round_id
    build.enter(round_id=round_id, values_milli={book[0].register_id: 1}, day=OCTOBER, actor=reader)
    for act in (
        lambda: open_rounds.open_round(
            actor=reader, book_id=book[0].book_id, period=OCTOBER, today=OCTOBER, now=build.noon(OCTOBER)
        ),
        lambda: accept_round.accept_round(
            actor=reader, round_id=round_id, today=OCTOBER, now=build.noon(OCTOBER)
        ),
        lambda: enter_readings.confirm_held(
            actor=reader, entry_id=1, version=1, reason="x", is_rolled_over=True, now=build.noon(OCTOBER)
        ),
    ):
        with pytest.raises(actors.NotAllowedError):
            act()


def test_another_stations_round_is_unknown(book: list[records.Supply], as_web_role: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    world = records.world()
    theirs = build.open_round(book_id=book[0].book_id, day=OCTOBER)
    outsider = records.actor(role="SUPERVISOR", unit_id=world.station_b)
    insider = records.actor(role="SUPERVISOR", unit_id=world.station_a)
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE meterbook_app")
    with pytest.raises(metering.UnknownRoundError):
        build.accept(round_id=theirs.round_id, day=OCTOBER, actor=outsider)
    with pytest.raises(metering.UnknownRoundError):
        build.open_round(book_id=book[0].book_id, day=OCTOBER, actor=outsider)
    with pytest.raises(metering.NotReadyError):
        build.accept(round_id=theirs.round_id, day=OCTOBER, actor=insider)


def test_the_whole_round_works_under_the_web_role(book: list[records.Supply]) -> None:
    supervisor = records.actor(role="SUPERVISOR", unit_id=book[0].station_id)
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE meterbook_app")
    round_id = build.open_round(book_id=book[0].book_id, day=OCTOBER, actor=supervisor).round_id
    # Scope ends with the transaction; within a test it lasts, as in one use case after the other.
    build.enter(
        round_id=round_id, values_milli=values(book, 110_000, 210_000, 5_000), day=OCTOBER, actor=supervisor
    )
    accepted = build.accept(round_id=round_id, day=OCTOBER, actor=supervisor)
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
    assert accepted.totals.reading_count == 3
