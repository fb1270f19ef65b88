"""What the rules about quantities share: past usages, the part of one that lies in a period, rounding.

Quantities are thousandths of the unit. Everything in between is an exact fraction; a result is rounded once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from meterbook.kernel import period, rounding

ONE_MICRO = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityRounding:
    """To which step a quantity is rounded (1000: whole units) and what happens to the part below it."""

    step_milli: int = 1
    mode: rounding.Mode = rounding.Mode.HALF_UP

    def of(self, exact: Fraction) -> int:
        """The exact quantity in thousandths, rounded; a negative one is the mirror image."""
        steps = rounding.round_ratio(
            numerator=exact.numerator, denominator=exact.denominator * self.step_milli, mode=self.mode
        )
        return steps * self.step_milli


THOUSANDTHS = QuantityRounding()


class NoHistoryError(ValueError):
    """No past usage in what should be counted on: nothing is guessed, and nothing taken for zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastUsage:
    """What was used in a period, by readings that count."""

    period: period.Period
    quantity_milli: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A past usage of which `days` days count: quantity x days / days of its period."""

    usage: PastUsage
    days: int

    @property
    def exact_milli(self) -> Fraction:
        """The part's share of the quantity, unrounded."""
        return Fraction(self.usage.quantity_milli * self.days, self.usage.period.days)


def whole(usage: PastUsage) -> Part:
    """All days of a usage."""
    return Part(usage=usage, days=usage.period.days)


def last_usages(*, usages: Iterable[PastUsage], count: int) -> tuple[Part, ...]:
    """The last `count` usages, whole, oldest first; fewer where there are fewer."""
    by_end = sorted(usages, key=lambda usage: usage.period.until)
    return tuple(whole(usage) for usage in by_end[max(len(by_end) - count, 0) :])


def parts_within(*, usages: Iterable[PastUsage], window: period.Period) -> tuple[Part, ...]:
    """What lies in `window`, oldest first; usages that only reach into it count by days."""
    return tuple(
        Part(usage=usage, days=usage.period.intersection(window).days)
        for usage in sorted(usages, key=lambda usage: usage.period.from_)
        if usage.period.overlaps(window)
    )
