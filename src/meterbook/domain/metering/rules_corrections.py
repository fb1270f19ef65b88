"""What is billed afterwards when a meter counted wrong: fast or slow by a test, or with a wrong multiplier.

The error of a meter is (measured - true) / true, so what was true is measured x true / measured of the test:

    quantity = share x sum of the parts x (true - measured) / measured

is what is charged more, or given back where it is negative. A meter outside its limit is corrected from zero
error, not from the limit; inside it nothing is corrected.

Sources: electricity, half the time since the last test or since the meter was fitted (供电营业规则 (1996)
art. 80: 10 % slow, 900,000 kWh read, 50,000 more); gas, the two months before the customer asked for the test
(jianbiaoku 7130); water, the current usage, limit 3 % (jianbiaoku 8857).
"""

import dataclasses
import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction

from meterbook.domain.metering import rules_quantities, rules_registers
from meterbook.kernel import period, rounding


class CorrectionRule(IntEnum):
    """Which usage is corrected. The numbers are stored."""

    HALF_SINCE_TEST = 1
    MONTHS_BEFORE = 2
    CURRENT_USAGE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterTest:
    """What the meter showed and what really passed in a test, in any one unit, and the limit of its error.

    `limit_micro` in millionths of the true quantity: 3 % is 30_000. Raises ValueError unless both quantities
    are positive: a meter that shows nothing is dead, and its usage is estimated.
    """

    measured: int
    true: int
    limit_micro: int

    def __post_init__(self) -> None:
        if self.measured <= 0 or self.true <= 0:
            raise ValueError(f"a test needs positive quantities, not {self.measured} for {self.true}")

    @classmethod
    def of_error(cls, *, error_micro: int, limit_micro: int) -> "MeterTest":
        """The test as a certificate states it: its error in millionths of the true quantity, slow below 0."""
        one = rules_quantities.ONE_MICRO
        return cls(measured=one + error_micro, true=one, limit_micro=limit_micro)

    @property
    def error_micro(self) -> int:
        """The error in millionths, rounded half up; negative for a slow meter."""
        return rounding.round_ratio(
            numerator=(self.measured - self.true) * rules_quantities.ONE_MICRO,
            denominator=self.true,
            mode=rounding.Mode.HALF_UP,
        )

    @property
    def is_outside_limit(self) -> bool:
        """Whether the error is larger than the limit; at the limit it is not."""
        return abs(self.measured - self.true) * rules_quantities.ONE_MICRO > self.limit_micro * self.true


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a test changes, and its basis; the module says the formula. Negative: given back."""

    rule: CorrectionRule
    test: MeterTest
    parts: tuple[rules_quantities.Part, ...]
    share: Fraction
    rounding_rule: rules_quantities.QuantityRounding
    quantity_milli: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiplierCorrection:
    """What the right multiplier changes: the two usages and their difference; negative: given back."""

    billed: rules_registers.MeasuredUsage
    right: rules_registers.MeasuredUsage
    quantity_milli: int


def half_since_test(
    *,
    test: MeterTest,
    since_test: rules_quantities.PastUsage,
    rounding_rule: rules_quantities.QuantityRounding = rules_quantities.THOUSANDTHS,
) -> Correction:
    """Correct half of what was read since the last test or since the meter was fitted."""
    return _correction(
        rule=CorrectionRule.HALF_SINCE_TEST,
        test=test,
        parts=(rules_quantities.whole(since_test),),
        share=Fraction(1, 2),
        rounding_rule=rounding_rule,
    )


def months_before(
    *,
    test: MeterTest,
    usages: Sequence[rules_quantities.PastUsage],
    asked_on: datetime.date,
    months: int = 2,
    rounding_rule: rules_quantities.QuantityRounding = rules_quantities.THOUSANDTHS,
) -> Correction:
    """Correct what was read in the `months` before the customer asked.

    Usages that reach over their edge count by days. Raises rules_quantities.NoHistoryError.
    """
    window = period.Period(from_=period.add_months(asked_on, -months), until=asked_on)
    parts = rules_quantities.parts_within(usages=usages, window=window)
    if not parts:
        raise rules_quantities.NoHistoryError(f"no usage between {window.from_} and {window.until}")
    return _correction(
        rule=CorrectionRule.MONTHS_BEFORE,
        test=test,
        parts=parts,
        rounding_rule=rounding_rule,
    )


def current_usage(
    *,
    test: MeterTest,
    usage: rules_quantities.PastUsage,
    rounding_rule: rules_quantities.QuantityRounding = rules_quantities.THOUSANDTHS,
) -> Correction:
    """Correct the usage of the current reading."""
    return _correction(
        rule=CorrectionRule.CURRENT_USAGE,
        test=test,
        parts=(rules_quantities.whole(usage),),
        rounding_rule=rounding_rule,
    )


def wrong_multiplier(
    *,
    stretches: Sequence[rules_registers.Stretch],
    right_multiplier_milli: int,
    rounding_rule: rules_quantities.QuantityRounding = rules_quantities.THOUSANDTHS,
) -> MultiplierCorrection:
    """The exact difference between what was billed for `stretches` and what the right multiplier gives."""
    billed = rules_registers.measured_usage(stretches=stretches, rounding_rule=rounding_rule)
    right = rules_registers.measured_usage(
        stretches=[
            dataclasses.replace(stretch, multiplier_milli=right_multiplier_milli) for stretch in stretches
        ],
        rounding_rule=rounding_rule,
    )
    return MultiplierCorrection(
        billed=billed, right=right, quantity_milli=right.quantity_milli - billed.quantity_milli
    )


def _correction(
    *,
    rule: CorrectionRule,
    test: MeterTest,
    parts: tuple[rules_quantities.Part, ...],
    rounding_rule: rules_quantities.QuantityRounding,
    share: Fraction = Fraction(1),
) -> Correction:
    read = sum((part.exact_milli for part in parts), Fraction(0))
    factor = Fraction(test.true - test.measured, test.measured) if test.is_outside_limit else Fraction(0)
    return Correction(
        rule=rule,
        test=test,
        parts=parts,
        share=share,
        rounding_rule=rounding_rule,
        quantity_milli=rounding_rule.of(read * share * factor),
    )
