"""Capacity and demand: a price for each kVA or kW agreed, or measured as the highest of the period."""

from dataclasses import dataclass

from meterbook.rating import household as households
from meterbook.rating.charges import kinds

BASES = {
    kinds.ChargeKind.CAPACITY: kinds.Basis.CAPACITY,
    kinds.ChargeKind.DEMAND: kinds.Basis.DEMAND,
}


@dataclass(frozen=True)
class Capacity:
    """A price per unit of capacity or demand, per bill, month or day."""

    kind: kinds.ChargeKind
    price_micro: int
    time: kinds.Time

    def price_rows(self, household: households.Household) -> tuple[kinds.PriceRow, ...]:
        """One untiered price; the household changes nothing."""
        del household
        return (kinds.PriceRow(price_micro=self.price_micro, basis=BASES[self.kind], time=self.time),)
