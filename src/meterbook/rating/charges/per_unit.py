"""Flat price per unit: the whole quantity at one price."""

from dataclasses import dataclass

import polars as pl

from meterbook.rating import household as households
from meterbook.rating.charges import kinds


@dataclass(frozen=True)
class PerUnit:
    """A price per unit, whatever the quantity."""

    price_micro: int
    kind: kinds.ChargeKind = kinds.ChargeKind.PER_UNIT

    def price_rows(self, household: households.Household) -> tuple[kinds.PriceRow, ...]:
        """One untiered price; the household changes nothing."""
        del household
        return (kinds.PriceRow(price_micro=self.price_micro),)


class WholeRule:
    """All of what the row's basis counts, also when it is zero: a bill of zero explains itself."""

    def charged_milli(self) -> pl.Expr:
        """The quantity as it is."""
        return pl.col("quantity_milli")

    def is_line(self) -> pl.Expr:
        """Always."""
        return pl.lit(value=True)
