"""What registers counted, meter by meter: a period in which a meter was swapped, transformers, roll-overs.

The usage of a period is the sum over its meters of (end - start, across the roll-over) x multiplier, rounded
once: (old end - old start) x k_old + (new end - new start) x k_new. With one meter that is what
`rules.judged` says of an everyday reading; whether a lower value is a roll-over is decided there, not here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from meterbook.domain.metering import rules, rules_quantities


class RegisterFault(StrEnum):
    """Why values of a register give no usage."""

    BEYOND_DIGITS = "BEYOND_DIGITS"
    LOWER_THAN_BEFORE = "LOWER_THAN_BEFORE"
    NOT_ROLLED_OVER = "NOT_ROLLED_OVER"
    NO_MULTIPLIER = "NO_MULTIPLIER"
    MULTIPLIER_NOT_EXACT = "MULTIPLIER_NOT_EXACT"


class RegisterError(ValueError):
    """Values that give no usage; `code` says why."""

    def __init__(self, *, code: RegisterFault, detail: str) -> None:
        super().__init__(f"{code.value}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One meter's register from its start to its end in the period, in thousandths of the register's unit.

    `is_rolled_over`: the end is lower because the register of `digits` whole places began again at zero.
    Raises RegisterError for values the register can't show, and for a lower end that is no roll-over.
    """

    start_milli: int
    end_milli: int
    digits: int
    multiplier_milli: int = rules.MILLI
    is_rolled_over: bool = False

    def __post_init__(self) -> None:
        if self.multiplier_milli <= 0:
            raise RegisterError(code=RegisterFault.NO_MULTIPLIER, detail=f"{self.multiplier_milli} / 1000")
        for value in (self.start_milli, self.end_milli):
            if not 0 <= value < self.capacity_milli:
                raise RegisterError(
                    code=RegisterFault.BEYOND_DIGITS, detail=f"{value} / 1000 on {self.digits} digits"
                )
        is_lower = self.end_milli < self.start_milli
        if is_lower != self.is_rolled_over:
            code = RegisterFault.LOWER_THAN_BEFORE if is_lower else RegisterFault.NOT_ROLLED_OVER
            raise RegisterError(code=code, detail=f"{self.start_milli} / 1000 to {self.end_milli} / 1000")

    @property
    def capacity_milli(self) -> int:
        """What a full turn of the register counts."""
        return int(10**self.digits) * rules.MILLI

    @property
    def steps_milli(self) -> int:
        """What the register counted, before the multiplier."""
        return self.end_milli - self.start_milli + (self.capacity_milli if self.is_rolled_over else 0)

    @property
    def exact_milli(self) -> Fraction:
        """What was used, in thousandths of the unit, unrounded."""
        return Fraction(self.steps_milli * self.multiplier_milli, rules.MILLI)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredUsage:
    """A usage and the registers it comes from, in the order they hung."""

    stretches: tuple[Stretch, ...]
    rounding_rule: rules_quantities.QuantityRounding
    quantity_milli: int


def measured_usage(
    *,
    stretches: Sequence[Stretch],
    rounding_rule: rules_quantities.QuantityRounding = rules_quantities.THOUSANDTHS,
) -> MeasuredUsage:
    """The usage of a period over all meters that hung in it, one after the other."""
    exact = sum((stretch.exact_milli for stretch in stretches), Fraction(0))
    return MeasuredUsage(
        stretches=tuple(stretches), rounding_rule=rounding_rule, quantity_milli=rounding_rule.of(exact)
    )


def transformer_multiplier_milli(*ratios: tuple[int, int]) -> int:
    """The multiplier behind transformers of (primary, secondary): 100/5 is 20, times 10000/100 is 2000.

    RegisterError when a side is not positive or the product has more than three decimals.
    """
    exact = Fraction(rules.MILLI)
    for primary, secondary in ratios:
        if primary <= 0 or secondary <= 0:
            raise RegisterError(code=RegisterFault.NO_MULTIPLIER, detail=f"{primary}/{secondary}")
        exact *= Fraction(primary, secondary)
    if exact.denominator != 1:
        raise RegisterError(code=RegisterFault.MULTIPLIER_NOT_EXACT, detail=f"{exact} / 1000")
    return exact.numerator
