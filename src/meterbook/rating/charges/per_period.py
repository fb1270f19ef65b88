"""Fixed amount per billing period, whatever was used."""

from dataclasses import dataclass

import polars as pl

from meterbook.rating import household as households
from meterbook.rating.charges import kinds

ONE_MILLI = 1000


@dataclass(frozen=True)
class PerPeriod:
    """An amount for each bill."""

    price_micro: int
    kind: kinds.ChargeKind = kinds.ChargeKind.PER_PERIOD

    def price_rows(self, household: households.Household) -> tuple[kinds.PriceRow, ...]:
        """One untiered price; the household changes nothing."""
        del household
        return (kinds.PriceRow(tier=0, price_micro=self.price_micro),)


class PerPeriodRule:
    """One period per usage row, so the line reads "1 x price"."""

    def charged_milli(self) -> pl.Expr:
        """One, in thousandths."""
        return pl.lit(ONE_MILLI, dtype=pl.Int64)

    def is_line(self) -> pl.Expr:
        """Always."""
        return pl.lit(value=True)
