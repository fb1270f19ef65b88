"""Usage over swaps, roll-overs and multipliers."""

import datetime
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterbook.domain.metering import rules, rules_quantities, rules_registers
from meterbook.domain.metering.rules_registers import RegisterFault, Stretch
from meterbook.kernel import rounding

WHOLE_UNITS = rules_quantities.QuantityRounding(step_milli=1000, mode=rounding.Mode.TRUNCATE)


def usage(*stretches: Stretch) -> int:
    return rules_registers.measured_usage(stretches=stretches).quantity_milli


def fault(**values: Any) -> RegisterFault:
    with pytest.raises(rules_registers.RegisterError) as caught:
        Stretch(**{"start_milli": 0, "end_milli": 0, "digits": 5} | values)
    return caught.value.code


def test_the_roll_over_of_four_digits() -> None:
    rolled = Stretch(start_milli=9875_000, end_milli=78_000, digits=4, is_rolled_over=True)
    assert usage(rolled) == 203_000


def test_a_multiplier_keeps_the_decimals_of_the_register() -> None:
    assert usage(Stretch(start_milli=0, end_milli=236_800, digits=5, multiplier_milli=40_000)) == 9_472_000


def test_a_current_transformer() -> None:
    multiplier = rules_registers.transformer_multiplier_milli((100, 5))
    assert multiplier == 20_000
    assert (
        usage(Stretch(start_milli=80_000, end_milli=100_000, digits=5, multiplier_milli=multiplier))
        == 400_000
    )


def test_transformers_multiply() -> None:
    assert rules_registers.transformer_multiplier_milli((10_000, 100), (150, 5)) == 3_000_000
    assert rules_registers.transformer_multiplier_milli() == 1000
    assert rules_registers.transformer_multiplier_milli((1, 3), (3, 1)) == 1000


@pytest.mark.parametrize(
    ("ratio", "code"),
    [
        ((100, 0), RegisterFault.NO_MULTIPLIER),
        ((0, 5), RegisterFault.NO_MULTIPLIER),
        ((100, 3), RegisterFault.MULTIPLIER_NOT_EXACT),
    ],
)
def test_transformers_that_make_no_multiplier(ratio: tuple[int, int], code: RegisterFault) -> None:
    with pytest.raises(rules_registers.RegisterError) as caught:
        rules_registers.transformer_multiplier_milli(ratio)
    assert caught.value.code is code


def test_a_swap_counts_both_meters_with_their_own_multipliers() -> None:
    old = Stretch(start_milli=1_200_000, end_milli=1_260_500, digits=5, multiplier_milli=40_000)
    new = Stretch(start_milli=3_000, end_milli=15_250, digits=6, multiplier_milli=30_000)
    found = rules_registers.measured_usage(stretches=[old, new])
    # (1260.5 - 1200) x 40 + (15.25 - 3) x 30
    assert found.quantity_milli == 2_787_500
    assert found.stretches == (old, new)


def test_an_old_meter_that_rolled_over_before_it_was_taken_down() -> None:
    old = Stretch(start_milli=99_990_000, end_milli=4_000, digits=5, is_rolled_over=True)
    assert usage(old, Stretch(start_milli=0, end_milli=6_000, digits=5)) == 20_000


def test_the_sum_is_rounded_once() -> None:
    half = Stretch(start_milli=0, end_milli=1, digits=5, multiplier_milli=500)
    assert usage(half) == 1
    assert usage(half, half) == 1
    found = rules_registers.measured_usage(
        stretches=[Stretch(start_milli=0, end_milli=26_900, digits=5)], rounding_rule=WHOLE_UNITS
    )
    assert (found.quantity_milli, found.rounding_rule) == (26_000, WHOLE_UNITS)


def test_no_meter_no_usage() -> None:
    assert usage() == 0


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"multiplier_milli": 0}, RegisterFault.NO_MULTIPLIER),
        ({"start_milli": -1}, RegisterFault.BEYOND_DIGITS),
        ({"start_milli": 100_000_000}, RegisterFault.BEYOND_DIGITS),
        ({"end_milli": 100_000_000}, RegisterFault.BEYOND_DIGITS),
        ({"start_milli": 1}, RegisterFault.LOWER_THAN_BEFORE),
        ({"end_milli": 1, "is_rolled_over": True}, RegisterFault.NOT_ROLLED_OVER),
        ({"is_rolled_over": True}, RegisterFault.NOT_ROLLED_OVER),
    ],
)
def test_values_that_give_no_usage(values: dict[str, Any], code: RegisterFault) -> None:
    assert fault(**values) is code


def test_the_error_says_what_and_why() -> None:
    with pytest.raises(rules_registers.RegisterError, match="LOWER_THAN_BEFORE: 5 / 1000 to 4 / 1000"):
        Stretch(start_milli=5, end_milli=4, digits=5)


@given(
    start=st.integers(0, 99_999_999),
    end=st.integers(0, 99_999_999),
    at=st.integers(0),
    multiplier=st.integers(1, 10**6),
)
def test_a_swap_without_a_difference_of_readings_is_no_swap(
    start: int, end: int, at: int, multiplier: int
) -> None:
    start, end = sorted((start, end))
    middle = start + at % (end - start + 1)
    cut = [
        Stretch(start_milli=low, end_milli=high, digits=5, multiplier_milli=multiplier)
        for low, high in ((start, middle), (middle, end))
    ]
    whole = Stretch(start_milli=start, end_milli=end, digits=5, multiplier_milli=multiplier)
    assert usage(*cut) == usage(whole)


@given(digits=st.integers(3, 12), data=st.data())
def test_a_roll_over_gives_back_what_was_used(digits: int, data: st.DataObject) -> None:
    capacity = 1000 * 10**digits
    start = data.draw(st.integers(0, capacity - 1))
    used = data.draw(st.integers(0, capacity - 1))
    end = (start + used) % capacity
    assert usage(Stretch(start_milli=start, end_milli=end, digits=digits, is_rolled_over=end < start)) == used


@settings(deadline=None)  # Polars starts its threads in the first example
@given(start=st.integers(0, 99_999_999), end=st.integers(0, 99_999_999), multiplier=st.integers(1, 10**4))
def test_one_meter_counts_what_the_checks_of_a_reading_say(start: int, end: int, multiplier: int) -> None:
    fact = {
        "entry_id": 1,
        "utility": 1,
        "digits": 5,
        "multiplier_milli": multiplier,
        "previous_on": datetime.date(2026, 1, 1),
        "previous_milli": start,
        "previous_usage_milli": None,
        "average_milli": None,
        "since_on": datetime.date(2026, 1, 1),
        "carried_milli": 0,
        "unmetered_days": 0,
        "read_on": datetime.date(2026, 2, 1),
        "value_milli": end,
    }
    limits = {1: rules.Limit(times_average=3, floor_milli=20_000)}
    frame = pl.DataFrame([fact], schema=dict(rules.FACTS.columns))
    (found,) = rules.judged(facts=frame, limits=limits).to_dicts()
    stretch = Stretch(
        start_milli=start,
        end_milli=end,
        digits=5,
        multiplier_milli=multiplier,
        is_rolled_over=found["is_rolled_over"],
    )
    assert found["quantity_milli"] == usage(stretch)
    assert stretch.exact_milli == Fraction(stretch.steps_milli) * multiplier / 1000
