"""Usage and checks, against a plain calculation row by row."""

import datetime
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from meterbook.domain.metering import rules

PREVIOUS_ON = datetime.date(2026, 10, 20)
LONG_AGO = PREVIOUS_ON - datetime.timedelta(days=30)
LIMITS = {1: rules.Limit(times_average=3, floor_milli=20_000), 2: rules.Limit(times_average=5, floor_milli=0)}

LOWER = int(rules.Check.LOWER_THAN_BEFORE)
ABOVE = int(rules.Check.FAR_ABOVE_AVERAGE)
ZERO = int(rules.Check.ZERO)
BEYOND = int(rules.Check.BEYOND_DIGITS)


def fact(**overrides: Any) -> dict[str, Any]:
    return {
        "entry_id": 1,
        "utility": 1,
        "digits": 5,
        "multiplier_milli": 1000,
        "previous_on": PREVIOUS_ON,
        "previous_milli": 100_000,
        "previous_usage_milli": 10_000,
        "average_milli": 10_000,
        "since_on": PREVIOUS_ON,
        "carried_milli": 0,
        "unmetered_days": 0,
        "read_on": PREVIOUS_ON + datetime.timedelta(days=30),
        "value_milli": 110_000,
    } | overrides


def judged(*facts: dict[str, Any]) -> list[dict[str, Any]]:
    frame = pl.DataFrame(list(facts), schema=dict(rules.FACTS.columns))
    return rules.FINDINGS.check(rules.judged(facts=frame, limits=LIMITS)).to_dicts()


def by_pencil(fact: dict[str, Any]) -> tuple[int, int | None, list[int]]:
    """High limit, usage and checks of one row, written down a second time without columns."""
    limit = LIMITS[fact["utility"]]
    own_days = (fact["read_on"] - fact["previous_on"]).days
    days = (fact["read_on"] - fact["since_on"]).days
    if fact["average_milli"] is None:
        high = int(Fraction(limit.times_average * limit.floor_milli * max(days, 30), 30))
    else:
        high = int(Fraction(limit.times_average * fact["average_milli"] * days, 30))
    high = min(max(high, limit.floor_milli), 10**12)
    value, previous, capacity = fact["value_milli"], fact["previous_milli"], 1000 * 10 ** fact["digits"]
    if value is None:
        return high, None, []
    if value >= capacity:
        return high, None, [BEYOND]
    steps = value - previous + (capacity if value < previous else 0)
    usage: int | None = int(Fraction(steps * fact["multiplier_milli"], 1000) + Fraction(1, 2))
    assert usage is not None
    if fact["unmetered_days"]:
        usage += int(Fraction(usage * fact["unmetered_days"], own_days) + Fraction(1, 2))
    usage += fact["carried_milli"]
    if steps < 0 or usage > 10**12:
        usage = None
    checks = []
    if usage is None or usage > high:
        checks.append(LOWER if value < previous else ABOVE)
    if usage == 0 and fact["previous_usage_milli"] != 0:
        checks.append(ZERO)
    return high, usage, checks


FACTS = st.fixed_dictionaries(
    {
        "utility": st.sampled_from([1, 2]),
        "digits": st.integers(3, 12),
        "multiplier_milli": st.sampled_from([1, 333, 1000, 1500, 40_000, 2**31 - 1]),
        "previous_milli": st.integers(0, 10**9) | st.integers(0, 10**12),
        "previous_usage_milli": st.none() | st.integers(0, 3),
        "average_milli": st.none() | st.integers(0, 10**6) | st.integers(0, 10**12),
        "since_on": st.integers(0, 60).map(lambda days: PREVIOUS_ON - datetime.timedelta(days=days)),
        "carried_milli": st.just(0) | st.integers(0, 10**6) | st.integers(0, 10**12),
        "unmetered_days": st.just(0) | st.integers(1, 60),
        "read_on": st.integers(1, 800).map(lambda days: PREVIOUS_ON + datetime.timedelta(days=days)),
        "value_milli": st.none() | st.integers(0, 10**9) | st.integers(0, 10**12),
    }
)


@settings(deadline=None)  # Polars starts its threads in the first example
@given(st.lists(FACTS, min_size=1, max_size=12))
@example([fact(previous_milli=99_990_000, value_milli=5_000)])
@example([fact(previous_milli=99_990_000, value_milli=5_000, average_milli=None)])
def test_columns_say_what_the_pencil_says(drawn: list[dict[str, Any]]) -> None:
    facts = [fact(**(values | {"entry_id": number})) for number, values in enumerate(drawn)]
    found = judged(*facts)
    assert [row["entry_id"] for row in found] == list(range(len(facts)))
    assert [(row["high_milli"], row["quantity_milli"], row["checks"]) for row in found] == [
        by_pencil(row) for row in facts
    ]


@pytest.mark.parametrize(
    ("change", "quantity_milli", "checks"),
    [
        ({"value_milli": 112_345}, 12_345, []),
        ({"value_milli": 130_000}, 30_000, []),
        ({"value_milli": 130_001}, 30_001, [ABOVE]),
        ({"value_milli": 99_999}, 99_999_999, [LOWER]),
        ({"value_milli": 100_000}, 0, [ZERO]),
        ({"value_milli": 100_000, "previous_usage_milli": 0}, 0, []),
        ({"value_milli": 100_000_000}, None, [BEYOND]),
        ({"value_milli": None}, None, []),
        # Two months between the readings: twice the average is expected.
        ({"value_milli": 155_000, "read_on": PREVIOUS_ON + datetime.timedelta(days=60)}, 55_000, []),
        # A small user is not held for small sums: the floor is 20 m³.
        ({"value_milli": 120_000, "average_milli": 1_000}, 20_000, []),
        ({"value_milli": 120_001, "average_milli": 1_000}, 20_001, [ABOVE]),
        # No history: three times the floor.
        ({"value_milli": 160_000, "average_milli": None, "previous_usage_milli": None}, 60_000, []),
        ({"value_milli": 160_001, "average_milli": None, "previous_usage_milli": None}, 60_001, [ABOVE]),
        # Rolls over, and the usage across it is an everyday one.
        ({"previous_milli": 99_990_000, "value_milli": 5_000}, 15_000, []),
        ({"previous_milli": 99_990_000, "value_milli": 20_001}, 30_001, [LOWER]),
        # A current transformer of 40; half a thousandth rounds up, once.
        ({"multiplier_milli": 40_000, "value_milli": 100_500}, 20_000, []),
        ({"multiplier_milli": 500, "value_milli": 110_001}, 5_001, []),
        # The meter before this one counted 22 m³: together they are judged, over the days of both.
        ({"carried_milli": 22_000, "value_milli": 108_000}, 30_000, []),
        ({"carried_milli": 22_001, "value_milli": 108_000}, 30_001, [ABOVE]),
        ({"carried_milli": 22_001, "value_milli": 108_000, "since_on": LONG_AGO}, 30_001, []),
        ({"carried_milli": 5_000, "value_milli": 100_000}, 5_000, []),
        # A dead meter before it: 10 of the days count by the mean of this one's 30.
        ({"unmetered_days": 10, "value_milli": 106_000, "since_on": LONG_AGO}, 8_000, []),
        ({"unmetered_days": 1, "value_milli": 100_015, "since_on": LONG_AGO}, 16, []),
        ({"unmetered_days": 10, "value_milli": 106_000, "read_on": PREVIOUS_ON}, None, [ABOVE]),
    ],
)
def test_readings_a_clerk_meets(
    change: dict[str, Any], quantity_milli: int | None, checks: list[int]
) -> None:
    (found,) = judged(fact(**change))
    assert (found["quantity_milli"], found["checks"]) == (quantity_milli, checks)


def test_the_high_limit_is_shown_as_a_register_value() -> None:
    (plain, multiplied) = judged(fact(), fact(multiplier_milli=40_000))
    assert (plain["high_milli"], plain["high_value_milli"]) == (30_000, 130_000)
    assert (multiplied["high_milli"], multiplied["high_value_milli"]) == (30_000, 100_750)


def test_the_high_limit_leaves_what_is_carried_out_of_the_register_value() -> None:
    """Of the 60 m³ that pass in 60 days 12 are carried; by its mean this meter counts for 10 more days."""
    fact_of_both = {"since_on": LONG_AGO, "carried_milli": 12_000}
    assert judged(fact(**fact_of_both))[0]["high_value_milli"] == 148_000
    assert judged(fact(**fact_of_both, unmetered_days=10))[0]["high_value_milli"] == 136_000
    assert judged(fact(carried_milli=99_000))[0]["high_value_milli"] == 100_000


@settings(deadline=None)
@given(usage=st.integers(0, 30_000), digits=st.integers(3, 9))
def test_a_roll_over_within_the_limit_counts_like_any_usage(usage: int, digits: int) -> None:
    capacity = 1000 * 10**digits
    (found,) = judged(
        fact(digits=digits, previous_milli=capacity - 1, value_milli=(capacity - 1 + usage) % capacity)
    )
    assert found["quantity_milli"] == usage


def test_only_what_can_be_counted_is_confirmable() -> None:
    assert rules.is_confirmable(checks=[ABOVE], quantity_milli=1)
    assert not rules.is_confirmable(checks=[BEYOND], quantity_milli=None)
    assert not rules.is_confirmable(checks=[ABOVE], quantity_milli=None)


def test_a_utility_without_a_limit_is_refused() -> None:
    with pytest.raises(pl.exceptions.InvalidOperationError):
        judged(fact(utility=9))
