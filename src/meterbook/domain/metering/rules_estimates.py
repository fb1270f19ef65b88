"""What is billed where no reading counts: a dead meter, a meter nobody could read.

    quantity = times x sum of the parts x count / basis_count

where both counts are days, or both are readings. An Estimate shows all of it, so that a person can redo it.
Without any past usage rules_quantities.NoHistoryError is raised.

Sources: the mean of the previous 3 months (a city rule, jianbiaoku 8857) or of the previous 12 (a provincial
rule, 91zijia.cn); the daily mean of the new meter for the days before and after (zhideedu.com); when the
customer is the reason, twice the last use, after that the meter's largest flow for 24 hours a day
(jianbiaoku 8857), or twice the highest month (Wenzhou). Which of them applies is a setting of the company.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction

from meterbook.domain.metering import rules_quantities
from meterbook.kernel import period

HOURS_A_DAY = 24


class EstimateRule(IntEnum):
    """How a quantity was estimated. The numbers are stored."""

    DAILY_MEAN_OF_USAGES = 1
    DAILY_MEAN_OF_MONTHS = 2
    MEAN_OF_USAGES = 3
    NEW_METER = 4
    TIMES_LAST = 5
    TIMES_HIGHEST = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """An estimated quantity and its basis; the module says the formula."""

    rule: EstimateRule
    parts: tuple[rules_quantities.Part, ...]
    basis_count: int
    count: int
    times: int
    rounding_rule: rules_quantities.QuantityRounding
    quantity_milli: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowEstimate:
    """The quantity at the largest flow of a meter's diameter, in thousandths of the unit per hour."""

    flow_milli: int
    days: int
    quantity_milli: int


def daily_mean_of_usages(
    *,
    usages: Sequence[rules_quantities.PastUsage],
    last: int,
    days: int,
    rounding_rule: rules_quantities.QuantityRounding = rules_quantities.THOUSANDTHS,
) -> Estimate:
    """The daily mean of the `last` usages (fewer where there are fewer) for `days` days."""
    parts = rules_quantities.last_usages(usages=usages, count=last)
    return _estimate(
        rule=EstimateRule.DAILY_MEAN_OF_USAGES,
        parts=parts,
        basis_count=sum(part.days for part in parts),
        count=days,
        rounding_rule=rounding_rule,
    )


def daily_mean_of_months(
    *,
    usages: Sequence[rules_quantities.PastUsage],
    dead_span: period.Period,
    months: int,
    rounding_rule: rules_quantities.QuantityRounding = rules_quantities.THOUSANDTHS,
) -> Estimate:
    """The daily mean of the `months` before the dead span for each of its days.

    Usages that reach over the edge of those months count by days; days without a usage don't count.
    """
    window = period.Period(from_=period.add_months(dead_span.from_, -months), until=dead_span.from_)
    parts = rules_quantities.parts_within(usages=usages, window=window)
    return _estimate(
        rule=EstimateRule.DAILY_MEAN_OF_MONTHS,
        parts=parts,
        basis_count=sum(part.days for part in parts),
        count=dead_span.days,
        rounding_rule=rounding_rule,
    )


def mean_of_usages(
    *,
    usages: Sequence[rules_quantities.PastUsage],
    last: int,
    readings: int = 1,
    rounding_rule: rules_quantities.QuantityRounding = rules_quantities.THOUSANDTHS,
) -> Estimate:
    """The mean of the `last` usages, however many days each took, for so many missing `readings`."""
    parts = rules_quantities.last_usages(usages=usages, count=last)
    return _estimate(
        rule=EstimateRule.MEAN_OF_USAGES,
        parts=parts,
        basis_count=len(parts),
        count=readings,
        rounding_rule=rounding_rule,
    )


def mean_of_new_meter(
    *,
    new_meter: rules_quantities.PastUsage,
    days: int,
    rounding_rule: rules_quantities.QuantityRounding = rules_quantities.THOUSANDTHS,
) -> Estimate:
    """The new meter's daily mean for `days` days: those before it hung, or those before and after it."""
    return _estimate(
        rule=EstimateRule.NEW_METER,
        parts=(rules_quantities.whole(new_meter),),
        basis_count=new_meter.period.days,
        count=days,
        rounding_rule=rounding_rule,
    )


def times_last(
    *,
    usages: Sequence[rules_quantities.PastUsage],
    times: int = 2,
    rounding_rule: rules_quantities.QuantityRounding = rules_quantities.THOUSANDTHS,
) -> Estimate:
    """A multiple of the last usage, for one missing reading."""
    parts = rules_quantities.last_usages(usages=usages, count=1)
    return _estimate(rule=EstimateRule.TIMES_LAST, parts=parts, times=times, rounding_rule=rounding_rule)


def times_highest(
    *,
    usages: Sequence[rules_quantities.PastUsage],
    times: int = 2,
    rounding_rule: rules_quantities.QuantityRounding = rules_quantities.THOUSANDTHS,
) -> Estimate:
    """A multiple of the highest of the given usages (a year's, say), for one missing reading."""
    by_size = sorted(usages, key=lambda usage: (usage.quantity_milli, usage.period.until))
    parts = tuple(rules_quantities.whole(usage) for usage in by_size[-1:])
    return _estimate(rule=EstimateRule.TIMES_HIGHEST, parts=parts, times=times, rounding_rule=rounding_rule)


def largest_flow(*, flow_milli: int, days: int) -> FlowEstimate:
    """What passes at `flow_milli` thousandths of the unit per hour, day and night."""
    return FlowEstimate(flow_milli=flow_milli, days=days, quantity_milli=flow_milli * HOURS_A_DAY * days)


def _estimate(
    *,
    rule: EstimateRule,
    parts: tuple[rules_quantities.Part, ...],
    rounding_rule: rules_quantities.QuantityRounding,
    basis_count: int = 1,
    count: int = 1,
    times: int = 1,
) -> Estimate:
    if not parts:
        raise rules_quantities.NoHistoryError(f"no past usage to estimate from by {rule.name}")
    past = sum((part.exact_milli for part in parts), Fraction(0))
    return Estimate(
        rule=rule,
        parts=parts,
        basis_count=basis_count,
        count=count,
        times=times,
        rounding_rule=rounding_rule,
        quantity_milli=rounding_rule.of(past * Fraction(times * count, basis_count)),
    )
