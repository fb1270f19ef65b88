"""Packages (started blocks): every block of a stated size costs its price as soon as it is begun.

Within a tier period only newly begun blocks are charged.
"""

from dataclasses import dataclass

import polars as pl

from meterbook.rating import household as households
from meterbook.rating.charges import kinds, tiers


@dataclass(frozen=True)
class Package:
    """The price of a block of `size_milli`."""

    price_micro: int
    size_milli: int
    kind: kinds.ChargeKind = kinds.ChargeKind.PACKAGE

    def price_rows(self, household: households.Household) -> tuple[kinds.PriceRow, ...]:
        """One untiered price; the household changes nothing."""
        del household
        return (kinds.PriceRow(price_micro=self.price_micro, size_milli=self.size_milli),)


class PackageRule:
    """Blocks begun by the total, less those begun before."""

    def charged_milli(self) -> pl.Expr:
        """A number of blocks, in thousandths: "3 x price"."""
        return (_begun(tiers.total()) - _begun(pl.col("before_milli"))) * kinds.ONE_MILLI

    def is_line(self) -> pl.Expr:
        """Always: no new block is worth saying."""
        return pl.lit(value=True)


def _begun(counter: pl.Expr) -> pl.Expr:
    size = pl.col("size_milli")
    return (counter + size - 1) // size
