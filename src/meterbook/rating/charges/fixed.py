"""Fixed amounts: per bill, per month or per day, for one meter, for each household or person, or by meter
size.

A month of 30 days and one of 31 both count as one, unless the tariff says `by_days`: then a usage of d days
pays d x 12 / 365 months. Where a usage is split at a change of price, each part pays by its days.
"""

from dataclasses import dataclass

from meterbook.rating import household as households
from meterbook.rating.charges import kinds

TIMES = {
    kinds.ChargeKind.PER_PERIOD: kinds.Time.ONCE,
    kinds.ChargeKind.PER_MONTH: kinds.Time.MONTHS,
    kinds.ChargeKind.PER_DAY: kinds.Time.DAYS,
}


@dataclass(frozen=True)
class Fixed:
    """An amount, or one for each meter size (`by_calibre`: pairs of millimetres and micro-price)."""

    kind: kinds.ChargeKind
    price_micro: int
    basis: kinds.Basis = kinds.Basis.ONE
    is_by_days: bool = False
    by_calibre: tuple[tuple[int, int], ...] = ()

    def price_rows(self, household: households.Household) -> tuple[kinds.PriceRow, ...]:
        """One row, or one for each meter size; the household changes nothing."""
        del household
        return self.rows(time=kinds.Time.MONTHS_BY_DAYS if self.is_by_days else TIMES[self.kind])

    def rows(self, *, time: kinds.Time) -> tuple[kinds.PriceRow, ...]:
        """The rows for another way of counting time."""
        if not self.by_calibre:
            return (kinds.PriceRow(price_micro=self.price_micro, basis=self.basis, time=time),)
        return tuple(
            kinds.PriceRow(price_micro=price, basis=self.basis, time=time, calibre_mm=calibre)
            for calibre, price in self.by_calibre
        )
