"""Fast and slow meters, wrong multipliers."""

import datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterbook.domain.metering import rules_corrections, rules_quantities
from meterbook.domain.metering.rules_corrections import CorrectionRule, MeterTest
from meterbook.domain.metering.rules_quantities import PastUsage
from meterbook.domain.metering.rules_registers import Stretch
from meterbook.kernel import period

TEN_PERCENT_SLOW = MeterTest.of_error(error_micro=-100_000, limit_micro=20_000)


def used(from_: tuple[int, int], until: tuple[int, int], quantity_milli: int) -> PastUsage:
    span = period.Period(from_=datetime.date(2025, *from_), until=datetime.date(2025, *until))
    return PastUsage(period=span, quantity_milli=quantity_milli)


def test_electricity_half_the_time_since_the_last_test() -> None:
    since_test = used((1, 1), (12, 31), 900_000_000)
    found = rules_corrections.half_since_test(test=TEN_PERCENT_SLOW, since_test=since_test)
    assert found.quantity_milli == 50_000_000
    assert (found.rule, found.share) == (CorrectionRule.HALF_SINCE_TEST, Fraction(1, 2))
    assert found.parts == (rules_quantities.whole(since_test),)


def test_gas_the_two_months_before_the_application() -> None:
    usages = [
        used((3, 1), (4, 1), 31_000),
        used((4, 1), (5, 1), 30_600),
        used((5, 1), (6, 1), 40_800),
        used((6, 1), (6, 11), 10_200),
    ]
    fast = MeterTest.of_error(error_micro=20_000, limit_micro=15_000)
    found = rules_corrections.months_before(test=fast, usages=usages, asked_on=datetime.date(2025, 6, 11))
    assert [part.days for part in found.parts] == [20, 31, 10]
    # 30.6 x 20/30 + 40.8 + 10.2 = 71.4 were read, 70 were used
    assert found.quantity_milli == -1_400
    assert (found.rule, found.share) == (CorrectionRule.MONTHS_BEFORE, Fraction(1))
    assert (
        rules_corrections.months_before(
            test=fast, usages=usages, asked_on=datetime.date(2025, 6, 1), months=1
        ).quantity_milli
        == -800
    )


def test_water_the_current_usage_in_proportion() -> None:
    test = MeterTest(measured=104, true=100, limit_micro=30_000)
    found = rules_corrections.current_usage(test=test, usage=used((5, 1), (6, 1), 26_000))
    assert (found.quantity_milli, found.rule) == (-1_000, CorrectionRule.CURRENT_USAGE)


@pytest.mark.parametrize(("measured", "is_outside"), [(97, False), (103, False), (96, True), (104, True)])
def test_at_the_limit_a_meter_is_still_right(measured: int, is_outside: bool) -> None:  # noqa: FBT001 -- a table's column
    test = MeterTest(measured=measured, true=100, limit_micro=30_000)
    assert test.is_outside_limit is is_outside
    found = rules_corrections.current_usage(test=test, usage=used((5, 1), (6, 1), 99_000))
    assert (found.quantity_milli != 0) is is_outside


def test_the_error_of_a_test() -> None:
    assert MeterTest(measured=97, true=100, limit_micro=0).error_micro == -30_000
    assert MeterTest(measured=2, true=3, limit_micro=0).error_micro == -333_333
    assert TEN_PERCENT_SLOW.error_micro == -100_000


@pytest.mark.parametrize(("measured", "true"), [(0, 100), (100, 0), (-1, 100)])
def test_a_dead_meter_is_estimated_and_not_corrected(measured: int, true: int) -> None:
    with pytest.raises(ValueError, match="a test needs positive quantities"):
        MeterTest(measured=measured, true=true, limit_micro=0)
    with pytest.raises(ValueError, match="a test needs positive quantities"):
        MeterTest.of_error(error_micro=-1_000_000, limit_micro=0)


def test_without_a_usage_in_the_months_nothing_is_taken_for_zero() -> None:
    with pytest.raises(rules_quantities.NoHistoryError, match="no usage between 2025-01-01 and 2025-03-01"):
        rules_corrections.months_before(
            test=TEN_PERCENT_SLOW, usages=[used((3, 1), (4, 1), 5)], asked_on=datetime.date(2025, 3, 1)
        )


def test_a_wrong_multiplier_is_the_exact_difference() -> None:
    billed = [
        Stretch(start_milli=0, end_milli=236_800, digits=5, multiplier_milli=30_000),
        Stretch(start_milli=99_990_000, end_milli=0, digits=5, multiplier_milli=30_000, is_rolled_over=True),
    ]
    found = rules_corrections.wrong_multiplier(stretches=billed, right_multiplier_milli=40_000)
    assert (found.billed.quantity_milli, found.right.quantity_milli) == (7_404_000, 9_872_000)
    assert found.quantity_milli == 2_468_000
    back = rules_corrections.wrong_multiplier(stretches=found.right.stretches, right_multiplier_milli=30_000)
    assert back.quantity_milli == -2_468_000


def test_corrections_round_by_their_rule() -> None:
    whole_units = rules_quantities.QuantityRounding(step_milli=1000)
    test = MeterTest(measured=90, true=100, limit_micro=0)
    usage = used((5, 1), (6, 1), 26_000)
    found = rules_corrections.current_usage(test=test, usage=usage, rounding_rule=whole_units)
    assert (found.quantity_milli, found.rounding_rule) == (3_000, whole_units)
    assert (
        rules_corrections.half_since_test(
            test=test, since_test=usage, rounding_rule=whole_units
        ).quantity_milli
        == 1_000
    )
    (stretch,) = [Stretch(start_milli=0, end_milli=1_400, digits=5)]
    wrong = rules_corrections.wrong_multiplier(
        stretches=[stretch], right_multiplier_milli=2_000, rounding_rule=whole_units
    )
    assert wrong.quantity_milli == 2_000


@given(quantity=st.integers(0, 10**9), error=st.integers(-900_000, 10**6))
def test_what_was_read_and_the_correction_are_what_was_true(quantity: int, error: int) -> None:
    test = MeterTest.of_error(error_micro=error, limit_micro=0)
    usage = used((5, 1), (6, 1), quantity)
    found = rules_corrections.current_usage(test=test, usage=usage)
    true = quantity + found.quantity_milli
    assert abs(true * Fraction(10**6 + error, 10**6) - quantity) <= Fraction(10**6 + error, 2 * 10**6)
    half = rules_corrections.half_since_test(test=test, since_test=usage)
    assert abs(2 * half.quantity_milli - found.quantity_milli) <= 2
    assert (found.quantity_milli > 0) <= (error < 0)
    assert test.error_micro == error
