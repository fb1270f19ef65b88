"""Dead and unread meters, against the sums a clerk would make."""

import datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterbook.domain.metering import rules_estimates, rules_quantities
from meterbook.domain.metering.rules_estimates import EstimateRule
from meterbook.domain.metering.rules_quantities import PastUsage
from meterbook.kernel import period, rounding

WHOLE_UNITS = rules_quantities.QuantityRounding(step_milli=1000)


def day(month: int, number: int, *, year: int = 2025) -> datetime.date:
    return datetime.date(year, month, number)


def used(from_: datetime.date, until: datetime.date, quantity_milli: int) -> PastUsage:
    return PastUsage(period=period.Period(from_=from_, until=until), quantity_milli=quantity_milli)


# 31, 28, 31 and 30 days
MONTHS = [
    used(day(1, 1), day(2, 1), 15_500),
    used(day(2, 1), day(3, 1), 11_200),
    used(day(3, 1), day(4, 1), 18_600),
    used(day(4, 1), day(5, 1), 9_900),
]
MAY = period.Period(from_=day(5, 1), until=day(6, 1))


def test_the_daily_mean_of_the_last_three_usages() -> None:
    found = rules_estimates.daily_mean_of_usages(usages=MONTHS, last=3, days=31)
    # (11.2 + 18.6 + 9.9) / (28 + 31 + 30) x 31 = 13.82808...
    assert found.quantity_milli == 13_828
    assert (found.rule, found.basis_count, found.count, found.times) == (
        EstimateRule.DAILY_MEAN_OF_USAGES,
        89,
        31,
        1,
    )
    assert [part.usage for part in found.parts] == MONTHS[1:]
    assert [part.days for part in found.parts] == [28, 31, 30]


def test_the_order_of_past_usages_means_nothing() -> None:
    shuffled = [MONTHS[2], MONTHS[0], MONTHS[3], MONTHS[1]]
    for one, other in (
        (
            rules_estimates.daily_mean_of_usages(usages=usages, last=2, days=31),
            rules_estimates.mean_of_usages(usages=usages, last=2),
        )
        for usages in (shuffled, MONTHS)
    ):
        assert [part.usage for part in one.parts] == [part.usage for part in other.parts] == MONTHS[2:]
    assert rules_estimates.times_last(usages=shuffled) == rules_estimates.times_last(usages=MONTHS)
    window = rules_estimates.daily_mean_of_months(usages=shuffled, dead_span=MAY, months=2)
    assert window == rules_estimates.daily_mean_of_months(usages=MONTHS, dead_span=MAY, months=2)


def test_the_daily_mean_of_the_last_three_months() -> None:
    found = rules_estimates.daily_mean_of_months(usages=MONTHS, dead_span=MAY, months=3)
    assert found.quantity_milli == 13_828
    assert (found.rule, found.basis_count, found.count) == (EstimateRule.DAILY_MEAN_OF_MONTHS, 89, 31)


def test_usages_over_the_edge_of_the_months_count_by_days() -> None:
    usages = [used(day(1, 15), day(2, 14), 30_000), used(day(2, 14), day(5, 6), 81_000)]
    dead = period.Period(from_=day(5, 1), until=day(5, 11))
    found = rules_estimates.daily_mean_of_months(usages=usages, dead_span=dead, months=3)
    assert [part.days for part in found.parts] == [13, 76]
    # (30 x 13/30 + 81 x 76/81) / 89 x 10 days
    assert found.quantity_milli == 10_000


def test_twelve_months_of_a_new_customer_are_those_there_are() -> None:
    found = rules_estimates.daily_mean_of_months(usages=MONTHS, dead_span=MAY, months=12)
    assert found.basis_count == 120
    assert found.quantity_milli == round(Fraction(55_200 * 31, 120))


def test_the_mean_of_usages_whatever_their_days() -> None:
    found = rules_estimates.mean_of_usages(usages=MONTHS, last=3)
    assert (found.quantity_milli, found.basis_count, found.count) == (13_233, 3, 1)
    twice = rules_estimates.mean_of_usages(usages=MONTHS, last=3, readings=2)
    assert (twice.quantity_milli, twice.rule) == (26_467, EstimateRule.MEAN_OF_USAGES)
    assert [
        rules_estimates.mean_of_usages(usages=MONTHS, last=last).basis_count for last in (1, 4, 5, 9)
    ] == [1, 4, 4, 4]


def test_the_new_meter_speaks_for_the_days_before_and_after() -> None:
    new_meter = used(day(5, 21), day(6, 10), 8_000)
    before_and_after = rules_estimates.mean_of_new_meter(new_meter=new_meter, days=40)
    assert (before_and_after.quantity_milli, before_and_after.basis_count) == (16_000, 20)
    assert rules_estimates.mean_of_new_meter(new_meter=new_meter, days=20).quantity_milli == 8_000
    assert before_and_after.rule is EstimateRule.NEW_METER


def test_twice_the_last_and_twice_the_highest() -> None:
    last = rules_estimates.times_last(usages=MONTHS)
    assert (last.quantity_milli, last.times, last.rule) == (19_800, 2, EstimateRule.TIMES_LAST)
    highest = rules_estimates.times_highest(usages=MONTHS)
    assert (highest.quantity_milli, highest.rule) == (37_200, EstimateRule.TIMES_HIGHEST)
    assert rules_estimates.times_last(usages=MONTHS, times=3).quantity_milli == 29_700
    assert rules_estimates.times_highest(usages=MONTHS, times=1).parts[0].usage == MONTHS[2]
    equals = [used(day(6, 1), day(7, 1), 18_600), *MONTHS]
    assert rules_estimates.times_highest(usages=equals).parts[0].usage == equals[0]


def test_the_largest_flow_runs_day_and_night() -> None:
    found = rules_estimates.largest_flow(flow_milli=3_125, days=30)
    assert found.quantity_milli == 2_250_000
    assert (found.flow_milli, found.days) == (3_125, 30)


def test_estimates_round_once_by_their_rule() -> None:
    assert (
        rules_estimates.mean_of_usages(usages=MONTHS, last=3, rounding_rule=WHOLE_UNITS).quantity_milli
        == 13_000
    )
    cut = rules_quantities.QuantityRounding(mode=rounding.Mode.TRUNCATE)
    assert (
        rules_estimates.daily_mean_of_usages(usages=MONTHS, last=3, days=31, rounding_rule=cut).quantity_milli
        == 13_828
    )
    even = rules_quantities.QuantityRounding(step_milli=1000, mode=rounding.Mode.HALF_EVEN)
    halves = [used(day(1, 1), day(2, 1), 12_500)]
    assert rules_estimates.times_last(usages=halves, times=1, rounding_rule=even).quantity_milli == 12_000


@pytest.mark.parametrize("usages", [[], [used(day(6, 1), day(7, 1), 5_000)]])
def test_without_a_history_nothing_is_guessed(usages: list[PastUsage]) -> None:
    with pytest.raises(rules_quantities.NoHistoryError, match="DAILY_MEAN_OF_MONTHS"):
        rules_estimates.daily_mean_of_months(usages=usages, dead_span=MAY, months=3)
    with pytest.raises(rules_quantities.NoHistoryError, match="TIMES_LAST"):
        rules_estimates.times_last(usages=[])
    with pytest.raises(rules_quantities.NoHistoryError, match="MEAN_OF_USAGES"):
        rules_estimates.mean_of_usages(usages=MONTHS, last=0)


USAGES = st.lists(st.tuples(st.integers(1, 90), st.integers(0, 10**9)), min_size=1, max_size=15).map(
    lambda drawn: [
        used(start, start + datetime.timedelta(days=days), quantity)
        for start, days, quantity in (
            (day(1, 1) + datetime.timedelta(days=sum(item[0] for item in drawn[:place])), *drawn[place])
            for place in range(len(drawn))
        )
    ]
)


@given(usages=USAGES, months=st.integers(1, 24), dead_days=st.integers(1, 200), shift=st.integers(0, 100))
def test_the_months_mean_is_the_mean_day_by_day(
    usages: list[PastUsage], months: int, dead_days: int, shift: int
) -> None:
    start = max(
        usages[0].period.from_ + datetime.timedelta(days=1),
        usages[-1].period.until - datetime.timedelta(days=shift),
    )
    dead = period.Period(from_=start, until=start + datetime.timedelta(days=dead_days))
    per_day = {
        usage.period.from_ + datetime.timedelta(days=number): Fraction(
            usage.quantity_milli, usage.period.days
        )
        for usage in usages
        for number in range(usage.period.days)
    }
    counted = [size for date, size in per_day.items() if period.add_months(start, -months) <= date < start]
    exact = sum(counted, Fraction(0)) / len(counted) * dead_days
    found = rules_estimates.daily_mean_of_months(usages=usages, dead_span=dead, months=months)
    assert abs(found.quantity_milli - exact) <= Fraction(1, 2)
    assert found.basis_count == len(counted)


@given(usages=USAGES, last=st.integers(1, 20), count=st.integers(0, 400))
def test_an_estimate_can_be_redone_from_its_basis(usages: list[PastUsage], last: int, count: int) -> None:
    for found in (
        rules_estimates.daily_mean_of_usages(usages=usages, last=last, days=count),
        rules_estimates.mean_of_usages(usages=usages, last=last, readings=count),
        rules_estimates.times_highest(usages=usages, times=count),
    ):
        total = sum(
            Fraction(part.usage.quantity_milli * part.days, part.usage.period.days) for part in found.parts
        )
        exact = found.times * total * found.count / found.basis_count
        assert abs(found.quantity_milli - exact) <= Fraction(1, 2)
        assert found.rounding_rule == rules_quantities.THOUSANDTHS
