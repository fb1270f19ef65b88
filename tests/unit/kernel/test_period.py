import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterbook.kernel import period

DAYS = st.dates(min_value=dt.date(1990, 1, 1), max_value=dt.date(2090, 12, 31))


def span(from_: str, until: str) -> period.Period:
    return period.Period(from_=dt.date.fromisoformat(from_), until=dt.date.fromisoformat(until))


def test_a_period_is_half_open() -> None:
    january = span("2025-01-01", "2025-02-01")
    assert january.days == 31
    assert january.contains(dt.date(2025, 1, 1))
    assert january.contains(dt.date(2025, 1, 31))
    assert not january.contains(dt.date(2025, 2, 1))
    assert not january.contains(dt.date(2024, 12, 31))


@pytest.mark.parametrize("until", ["2025-01-01", "2024-12-31"])
def test_a_period_is_never_empty(until: str) -> None:
    with pytest.raises(period.PeriodError):
        span("2025-01-01", until)


@pytest.mark.parametrize(
    ("other", "overlaps"),
    [
        (("2025-01-15", "2025-03-01"), True),
        (("2025-02-01", "2025-03-01"), False),
        (("2024-12-01", "2025-01-01"), False),
        (("2024-12-01", "2025-01-02"), True),
        (("2025-01-10", "2025-01-11"), True),
    ],
)
def test_touching_periods_do_not_overlap(other: tuple[str, str], overlaps: bool) -> None:  # noqa: FBT001 -- table
    january = span("2025-01-01", "2025-02-01")
    assert january.overlaps(span(*other)) is overlaps
    assert span(*other).overlaps(january) is overlaps
    if overlaps:
        assert january.intersection(span(*other)).days >= 1
    else:
        with pytest.raises(period.PeriodError):
            january.intersection(span(*other))


def test_intersection() -> None:
    assert span("2025-01-01", "2025-02-01").intersection(span("2025-01-20", "2025-03-01")) == span(
        "2025-01-20", "2025-02-01"
    )


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2025-01-31", 1, "2025-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2025-12-15", 1, "2026-01-15"),
        ("2025-01-15", -1, "2024-12-15"),
        ("2025-03-31", -13, "2024-02-29"),
        ("2025-05-05", 0, "2025-05-05"),
    ],
)
def test_add_months(day: str, months: int, expected: str) -> None:
    assert period.add_months(dt.date.fromisoformat(day), months) == dt.date.fromisoformat(expected)


@given(day=DAYS)
def test_months_and_years_tile_the_calendar(day: dt.date) -> None:
    month, year = period.month_of(day), period.year_of(day)
    assert month.contains(day)
    assert month.from_.day == 1
    assert period.month_of(month.until).from_ == month.until
    assert year.intersection(month) == month
    assert year.days in {365, 366}


def test_is_effective() -> None:
    first, last = dt.date(2025, 1, 1), dt.date(2025, 12, 31)
    assert period.is_effective(day=first, from_=first, until=None)
    assert not period.is_effective(day=dt.date(2024, 12, 31), from_=first, until=None)
    assert not period.is_effective(day=last, from_=first, until=last)
    assert period.is_effective(day=dt.date(2025, 12, 30), from_=first, until=last)


def test_the_tier_counter_starts_again_with_its_period() -> None:
    billed = span("2024-12-05", "2025-01-05")
    reading_day = dt.date(2025, 1, 5)

    def start(tier_period: period.TierPeriod) -> dt.date:
        return period.tier_period_of(tier_period=tier_period, day=reading_day, billing_period=billed).from_

    assert start(period.TierPeriod.CALENDAR_YEAR) == dt.date(2025, 1, 1)
    assert start(period.TierPeriod.MONTH) == dt.date(2025, 1, 1)
    assert start(period.TierPeriod.TWO_MONTHS) == dt.date(2025, 1, 1)
    assert start(period.TierPeriod.BILLING_PERIOD) == dt.date(2024, 12, 5)


@pytest.mark.parametrize("day", [dt.date(2024, 12, 4), dt.date(2025, 1, 6)])
def test_a_day_outside_its_billing_period_is_refused(day: dt.date) -> None:
    with pytest.raises(period.PeriodError):
        period.tier_period_of(
            tier_period=period.TierPeriod.BILLING_PERIOD,
            day=day,
            billing_period=span("2024-12-05", "2025-01-05"),
        )


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2025-01-01", ("2025-01-01", "2025-03-01")),
        ("2024-02-29", ("2024-01-01", "2024-03-01")),
        ("2025-03-01", ("2025-03-01", "2025-05-01")),
        ("2025-12-31", ("2025-11-01", "2026-01-01")),
    ],
)
def test_two_months_are_pairs_of_the_calendar(day: str, expected: tuple[str, str]) -> None:
    assert period.two_months_of(dt.date.fromisoformat(day)) == span(*expected)


@given(day=DAYS)
def test_pairs_of_months_tile_the_year(day: dt.date) -> None:
    pair = period.two_months_of(day)
    assert pair.contains(day)
    assert pair.intersection(period.year_of(day)) == pair
    assert period.two_months_of(pair.until).from_ == pair.until


@pytest.mark.parametrize(
    ("anchor", "day", "expected"),
    [
        ("2020-07-15", "2025-07-15", ("2025-07-15", "2026-07-15")),
        ("2020-07-15", "2025-07-14", ("2024-07-15", "2025-07-15")),
        ("2020-07-15", "2019-07-14", ("2018-07-15", "2019-07-15")),
        ("2020-02-29", "2023-02-27", ("2022-02-28", "2023-02-28")),
        ("2020-02-29", "2023-02-28", ("2023-02-28", "2024-02-29")),
        ("2020-02-29", "2024-02-28", ("2023-02-28", "2024-02-29")),
        ("2020-02-29", "2024-02-29", ("2024-02-29", "2025-02-28")),
    ],
)
def test_anniversary_years(anchor: str, day: str, expected: tuple[str, str]) -> None:
    found = period.tier_period_of(
        tier_period=period.TierPeriod.ANNIVERSARY_YEAR,
        day=dt.date.fromisoformat(day),
        billing_period=span("2000-01-01", "2000-02-01"),
        anchor=dt.date.fromisoformat(anchor),
    )
    assert found == span(*expected)


@given(day=DAYS, anchor=DAYS)
def test_anniversary_years_tile_the_calendar(day: dt.date, anchor: dt.date) -> None:
    year = period.anniversary_year_of(day=day, anchor=anchor)
    assert year.contains(day)
    assert year.days in {365, 366}
    assert period.anniversary_year_of(day=year.until, anchor=anchor).from_ == year.until


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2024-11-14", ("2023-11-15", "2024-11-15")),
        ("2024-11-15", ("2024-11-15", "2025-11-15")),
        ("2025-03-15", ("2024-11-15", "2025-11-15")),
        ("2025-08-01", ("2024-11-15", "2025-11-15")),
    ],
)
def test_what_is_read_after_a_heating_season_belongs_to_it(day: str, expected: tuple[str, str]) -> None:
    found = period.tier_period_of(
        tier_period=period.TierPeriod.HEATING_SEASON,
        day=dt.date.fromisoformat(day),
        billing_period=span("2000-01-01", "2000-02-01"),
        season_start=(11, 15),
    )
    assert found == span(*expected)


@pytest.mark.parametrize(
    ("tier_period", "season_start", "reason"),
    [
        (period.TierPeriod.ANNIVERSARY_YEAR, None, "the day its first one began"),
        (period.TierPeriod.HEATING_SEASON, None, "the day it starts"),
        (period.TierPeriod.HEATING_SEASON, (2, 29), "not every year has"),
    ],
)
def test_a_tier_period_without_its_start_is_refused(
    tier_period: period.TierPeriod, season_start: tuple[int, int] | None, reason: str
) -> None:
    with pytest.raises(period.PeriodError, match=reason):
        period.tier_period_of(
            tier_period=tier_period,
            day=dt.date(2025, 1, 5),
            billing_period=span("2024-12-05", "2025-01-05"),
            season_start=season_start,
        )
