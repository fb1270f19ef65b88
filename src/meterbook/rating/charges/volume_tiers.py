"""Volume tiers: the whole quantity at the price of the tier the total lies in.

Within a tier period the whole counter is priced again: with f(x) = x times the price of x's tier, a usage
pays f(before + quantity) - f(before), so that many usages cost what one does. Where the counter moves into
another tier there are two lines: all of it at the new price, and what was counted before taken back at the
old one.
"""

from dataclasses import dataclass

import polars as pl

from meterbook.rating import household as households
from meterbook.rating.charges import kinds, tiers


@dataclass(frozen=True)
class VolumeTiers:
    """Tiers from the lowest up; only the last is open."""

    tiers: tuple[tiers.Tier, ...]
    kind: kinds.ChargeKind = kinds.ChargeKind.VOLUME_TIERS

    def price_rows(self, household: households.Household) -> tuple[kinds.PriceRow, ...]:
        """One row per tier."""
        return tuple(
            ends.row(tier=place + 1, price_micro=self.tiers[place].price_micro)
            for place, ends in enumerate(tiers.ends(self.tiers, household))
        )


class VolumeTiersRule:
    """All of the counter in its tier, less all of the counter before in its own."""

    def charged_milli(self) -> pl.Expr:
        """Whole counters, not parts."""
        before = pl.col("before_milli")
        after = pl.when(tiers.stands_in(tiers.total())).then(tiers.total()).otherwise(0)
        return after - pl.when(tiers.stands_in(before)).then(before).otherwise(0)

    def is_line(self) -> pl.Expr:
        """Tiers that are charged or given back; for a quantity of zero the tier the counter stands in."""
        stands_here = (pl.col("quantity_milli") == 0) & tiers.stands_in(pl.col("before_milli"))
        return (pl.col("charged_milli") != 0) | stands_here
