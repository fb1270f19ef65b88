"""Charges calculated from the lines of others: percentages, minimum and maximum, money off, rounding the
bill.

They are worked out in the order of their numbers in `kinds.ChargeKind`: percentages off, money off, maximum,
minimum, percentages on top (levies, taxes), and the rounding of the bill last.
"""

from dataclasses import dataclass

from meterbook.rating import household as households
from meterbook.rating.charges import fixed, kinds


@dataclass(frozen=True)
class Percentage:
    """PERCENTAGE on top of, or PERCENT_OFF, what the named components come to; `rate_ppm` millionths."""

    kind: kinds.ChargeKind
    rate_ppm: int

    def price_rows(self, household: households.Household) -> tuple[kinds.PriceRow, ...]:
        """One row: its price is the rate, its quantity the money it is taken of."""
        del household
        return (kinds.PriceRow(price_micro=self.rate_ppm, basis=kinds.Basis.ONE, rate_ppm=self.rate_ppm),)


@dataclass(frozen=True)
class Limit:
    """MINIMUM, MAXIMUM or MONEY_OFF: an amount per bill or month, for one or for each household."""

    kind: kinds.ChargeKind
    price_micro: int
    time: kinds.Time = kinds.Time.ONCE
    basis: kinds.Basis = kinds.Basis.ONE
    by_calibre: tuple[tuple[int, int], ...] = ()

    def price_rows(self, household: households.Household) -> tuple[kinds.PriceRow, ...]:
        """One row, or one for each meter size; the amount is worked out like a fixed charge."""
        del household
        amounts = fixed.Fixed(
            kind=self.kind, price_micro=self.price_micro, basis=self.basis, by_calibre=self.by_calibre
        )
        return amounts.rows(time=self.time)


@dataclass(frozen=True)
class BillRounding:
    """Brings the bill to the step of the component's rounding rule."""

    kind: kinds.ChargeKind = kinds.ChargeKind.BILL_ROUNDING

    def price_rows(self, household: households.Household) -> tuple[kinds.PriceRow, ...]:
        """One row without a price: the difference is not known before."""
        del household
        return (kinds.PriceRow(price_micro=0, basis=kinds.Basis.ONE),)


@dataclass(frozen=True)
class FreeQuantity:
    """So many units free, for each month or each bill; `is_pooled` makes a year's worth available at once.

    A free quantity is taken off before tiers are counted. The line shows it at the price of zero.
    """

    allowance_milli: int
    is_monthly: bool
    is_pooled: bool
    kind: kinds.ChargeKind = kinds.ChargeKind.FREE_QUANTITY

    def price_rows(self, household: households.Household) -> tuple[kinds.PriceRow, ...]:
        """One row at zero; the quantity is what is free."""
        del household
        return (kinds.PriceRow(price_micro=0, basis=kinds.Basis.FREE),)
