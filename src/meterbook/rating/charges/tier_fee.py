"""One amount by the tier the total lies in, whatever part of it was used (fixed by block reached).

Within a tier period a usage pays the difference to what the counter had paid: moving up costs the new amount
less the old one.
"""

from dataclasses import dataclass

import polars as pl

from meterbook.rating import household as households
from meterbook.rating.charges import kinds, tiers


@dataclass(frozen=True)
class TierFee:
    """Tiers from the lowest up, each with its amount as price; only the last is open."""

    tiers: tuple[tiers.Tier, ...]
    kind: kinds.ChargeKind = kinds.ChargeKind.TIER_FEE

    def price_rows(self, household: households.Household) -> tuple[kinds.PriceRow, ...]:
        """One row per tier."""
        return tuple(
            ends.row(tier=place + 1, price_micro=self.tiers[place].price_micro)
            for place, ends in enumerate(tiers.ends(self.tiers, household))
        )


class TierFeeRule:
    """One in the tier of the total, less one in the tier of a counter that had started."""

    def charged_milli(self) -> pl.Expr:
        """One, minus one, or nothing, in thousandths."""
        before = pl.col("before_milli")
        had_paid = (before > 0) & tiers.stands_in(before)
        now = tiers.stands_in(tiers.total())
        return (now.cast(pl.Int64) - had_paid.cast(pl.Int64)) * kinds.ONE_MILLI

    def is_line(self) -> pl.Expr:
        """Only where something is charged or given back."""
        return pl.col("charged_milli") != 0
