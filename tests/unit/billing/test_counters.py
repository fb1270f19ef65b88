"""What a tier counter stood at, and when nobody knows."""

import datetime
from typing import Any

import polars as pl
import pytest

from meterbook.domain.billing import rules_counters
from meterbook.kernel import period
from meterbook.rating import book, document
from tests.unit.rating import samples

DAY = datetime.date
TERMS = {
    "tariff_id": pl.Int64,
    "version_id": pl.Int32,
    "tier_period": pl.Int8,
    "season_month": pl.Int8,
    "season_day": pl.Int8,
    "is_carried": pl.Boolean,
    "is_converted": pl.Boolean,
    "is_free": pl.Boolean,
}
USAGES = {
    "usage_id": pl.Int64,
    "tariff_id": pl.Int64,
    "first_version_id": pl.Int32,
    "version_id": pl.Int32,
    "period_from": pl.Date,
    "period_until": pl.Date,
    "year_before_milli": pl.Int64,
    "month_before_milli": pl.Int64,
    "day_before_milli": pl.Int64,
}
PLAIN = {
    "usage_id": 1,
    "tariff_id": 1,
    "first_version_id": 1,
    "version_id": 1,
    "period_from": DAY(2026, 10, 28),
    "period_until": DAY(2026, 11, 28),
    "year_before_milli": 300,
    "month_before_milli": 20,
    "day_before_milli": 1,
}
NO_RESTARTS = pl.DataFrame(schema=rules_counters.RESTARTS)


def usages(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([PLAIN | row for row in rows], schema=USAGES)


def terms(*rows: dict[str, Any]) -> pl.DataFrame:
    plain = {"tariff_id": 1, "version_id": 1, "is_carried": False, "is_free": False, "is_converted": False}
    return pl.DataFrame([plain | row for row in rows], schema=TERMS)


def years(number: int = 1, **more: Any) -> dict[str, Any]:
    return {"version_id": number, "tier_period": period.TierPeriod.CALENDAR_YEAR, **more}


@pytest.mark.parametrize(
    ("tier_period", "before"),
    [
        (period.TierPeriod.CALENDAR_YEAR, 300),
        (period.TierPeriod.MONTH, 20),
        (period.TierPeriod.BILLING_PERIOD, 1),
    ],
)
def test_the_tier_counter_is_that_of_the_version(tier_period: period.TierPeriod, before: int) -> None:
    found = rules_counters.with_terms(usages({}), terms=terms({"tier_period": tier_period}))
    assert found["before_milli"].to_list() == [before]


def test_without_a_version_there_are_no_terms() -> None:
    alone = usages({"first_version_id": None, "version_id": None})
    found = rules_counters.with_terms(alone, terms=pl.DataFrame(schema=TERMS))
    assert found.select("tier_period", "is_carried", "is_free").rows() == [(None, False, False)]
    assert found.filter(rules_counters.is_looked_into(restarts=restart(DAY(2026, 6, 1)))).is_empty()


def test_versions_that_count_over_different_times_have_no_common_counter() -> None:
    month = {"version_id": 2, "tier_period": period.TierPeriod.MONTH}
    found = rules_counters.with_terms(usages({"first_version_id": 2}, {}), terms=terms(years(), month))
    assert found["before_milli"].to_list() == [None, 300]


@pytest.mark.parametrize("name", ["is_carried", "is_free", "is_converted"])
def test_what_either_version_asks_for_counts(name: str) -> None:
    both = terms(years(), years(2, **{name: True}))
    found = rules_counters.with_terms(
        usages({}, {"first_version_id": 2}, {"first_version_id": 2, "version_id": 2}), terms=both
    )
    assert found[name].to_list() == [False, True, True]


@pytest.mark.parametrize(
    ("row", "start"),
    [
        ({"tier_period": period.TierPeriod.TWO_MONTHS}, DAY(2026, 11, 1)),
        (
            {"tier_period": period.TierPeriod.HEATING_SEASON, "season_month": 11, "season_day": 15},
            DAY(2026, 11, 15),
        ),
        (
            {"tier_period": period.TierPeriod.HEATING_SEASON, "season_month": 12, "season_day": 1},
            DAY(2025, 12, 1),
        ),
        ({"tier_period": period.TierPeriod.ANNIVERSARY_YEAR}, None),
        ({"tier_period": period.TierPeriod.CALENDAR_YEAR}, DAY(2026, 1, 1)),
        ({"tier_period": period.TierPeriod.BILLING_PERIOD}, DAY(2026, 10, 28)),
    ],
)
def test_the_first_day_of_the_tier_period(row: dict[str, Any], start: datetime.date | None) -> None:
    frame = rules_counters.with_terms(usages({}), terms=terms(row))
    assert rules_counters.with_start(frame)["counter_from"].to_list() == [start]


def restart(*days: datetime.date, tariff_id: int = 1, is_untold: bool = False) -> pl.DataFrame:
    rows = [(tariff_id, found, is_untold) for found in days]
    return pl.DataFrame(rows, schema=rules_counters.RESTARTS, orient="row")


def asked(frame: pl.DataFrame, restarts: pl.DataFrame = NO_RESTARTS) -> pl.DataFrame:
    found = rules_counters.with_restart(rules_counters.with_start(frame), restarts=restarts)
    return found.with_columns(is_known=rules_counters.is_known(), is_summed=rules_counters.is_summed())


def test_only_some_usages_are_looked_into() -> None:
    rows = [{"version_id": kind.value, "tier_period": kind} for kind in period.TierPeriod]
    each = [{"version_id": kind.value, "first_version_id": kind.value} for kind in period.TierPeriod]
    frame = rules_counters.with_terms(usages(*each), terms=terms(*rows))
    looked_into = frame.filter(rules_counters.is_looked_into(restarts=NO_RESTARTS))
    assert looked_into["tier_period"].to_list() == [
        period.TierPeriod.TWO_MONTHS,
        period.TierPeriod.ANNIVERSARY_YEAR,
        period.TierPeriod.HEATING_SEASON,
    ]
    other = rules_counters.is_looked_into(restarts=restart(DAY(2026, 6, 1), tariff_id=2))
    assert frame.filter(other).height == looked_into.height
    own = rules_counters.is_looked_into(restarts=restart(DAY(2026, 6, 1)))
    assert frame.filter(own).height == frame.height
    converted = rules_counters.with_terms(usages({}), terms=terms(years(is_converted=True)))
    assert converted.filter(rules_counters.is_looked_into(restarts=NO_RESTARTS)).height == 1


def test_the_days_that_matter_reach_back_a_tier_period() -> None:
    both = usages({}, {"period_until": DAY(2027, 1, 28)})
    assert rules_counters.span(both) == {"since": DAY(2025, 11, 27), "until": DAY(2027, 1, 28)}
    none = rules_counters.span(both.clear())
    assert none["since"] == none["until"]


@pytest.mark.parametrize(
    ("days", "found"),
    [
        ([DAY(2026, 1, 1)], None),  # the year starts at zero anyway
        ([DAY(2026, 1, 2)], DAY(2026, 1, 2)),
        ([DAY(2026, 10, 28), DAY(2026, 5, 1)], DAY(2026, 10, 28)),
        ([DAY(2026, 10, 29)], None),  # the engine cuts the usage there
    ],
)
def test_the_latest_restart_inside_the_tier_period(
    days: list[datetime.date], found: datetime.date | None
) -> None:
    frame = asked(rules_counters.with_terms(usages({}), terms=terms(years())), restart(*days))
    assert frame["restarts_on"].to_list() == [found]
    assert frame["is_summed"].to_list() == [found is not None]
    assert frame["is_known"].to_list() == [True]


def test_prorated_bounds_and_anniversaries_are_not_known() -> None:
    prorated = asked(
        rules_counters.with_terms(usages({}), terms=terms(years())),
        restart(DAY(2026, 5, 1), is_untold=True),
    )
    anniversary = asked(
        rules_counters.with_terms(
            usages({}), terms=terms({"tier_period": period.TierPeriod.ANNIVERSARY_YEAR})
        )
    )
    for frame in (prorated, anniversary):
        assert frame["is_known"].to_list() == [False]
        found = rules_counters.with_sums(frame, asked=frame, sums=NO_SUMS)
        assert found["before_milli"].to_list() == [None]


NO_SUMS = pl.DataFrame(schema={"counting_id": pl.Int64, "since_milli": pl.Int64})


def test_sums_replace_the_counter_of_those_they_were_asked_for() -> None:
    kinds = [period.TierPeriod.CALENDAR_YEAR, *[period.TierPeriod.TWO_MONTHS] * 3]
    frame = pl.concat(
        rules_counters.with_terms(usages({"usage_id": number}), terms=terms({"tier_period": kind}))
        for number, kind in enumerate(kinds, start=1)
    )
    sums = pl.DataFrame([(2, 77), (3, None)], schema=NO_SUMS.schema, orient="row")
    found = rules_counters.with_sums(frame, asked=asked(frame), sums=sums)
    # without a usage before there is nothing on the counter; a sum nobody can tell is not zero
    assert found["before_milli"].to_list() == [300, 77, None, 0]
    assert found.columns == frame.columns


OLD = {"effective_from": "2020-01-01", "effective_until": "2026-05-01"}
NEW = {"effective_from": "2026-05-01"}
CUT = {"split": "DAYS", "counter": "RESTARTS", "round_to": "1"}


def prices(**more: Any) -> book.TariffBook:
    """Two versions, 1 and 2 from May 2026 on; `more` replaces what the second says."""
    content = samples.tariff_document(samples.component("W", samples.TIERS), tier_period="CALENDAR_YEAR")
    (version,) = content["versions"]
    content["versions"] = [version | OLD, version | NEW | more]
    return book.of_documents([document.parse(content)])


def earlier(*rows: tuple[datetime.date, datetime.date, int, int | None]) -> pl.DataFrame:
    """Usages before the one with id 9, whose counter was set back in May."""
    schema = rules_counters.EARLIER | {"tariff_version_id": pl.Int32, "restarts_on": pl.Date}
    found = [(9, number, *row, DAY(2026, 5, 1)) for number, row in enumerate(rows, start=1)]
    return pl.DataFrame(found, schema=schema, orient="row")


MARCH = (DAY(2026, 3, 1), DAY(2026, 4, 1), 50_000, 1)
# 30 days, 10 of them in April: a third of 100 is 33.3, rounded to 33
OVER = (DAY(2026, 4, 21), DAY(2026, 5, 21), 100_000, 2)
JUNE = (DAY(2026, 5, 21), DAY(2026, 6, 21), 40_000, 2)


def test_what_came_after_a_restart_counts() -> None:
    found = rules_counters.summed(earlier(MARCH, OVER, JUNE), book=prices(price_change=CUT))
    assert found.rows() == [(9, 67_000 + 40_000)]


@pytest.mark.parametrize(
    ("rows", "change"),
    [
        ((MARCH, OVER, JUNE), {"split": "READING_DATE"}),  # nothing cuts it
        ((JUNE, (*JUNE[:3], None)), CUT),  # no price that day
    ],
)
def test_what_cannot_be_told_is_not_zero(rows: Any, change: dict[str, str]) -> None:
    assert rules_counters.summed(earlier(*rows), book=prices(price_change=change)).rows() == [(9, None)]


def test_earlier_usages_count_as_they_were_charged() -> None:
    """100 m3 x 10.9 are 1,090 kWh, in whole hundreds 1,000."""
    converted = prices(
        price_change=CUT,
        conversion={"from_unit": "m3", "factor": "10.9"},
        billed_quantity={"round_to": "100", "rounding": "TRUNCATE"},
    )
    june = (DAY(2026, 5, 21), DAY(2026, 6, 21), 100_000, 2)
    assert rules_counters.summed(earlier(june), book=converted).rows() == [(9, 1_000_000)]
    assert rules_counters.summed(earlier(), book=converted).is_empty()
