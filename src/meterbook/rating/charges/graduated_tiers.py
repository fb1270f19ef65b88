"""Graduated tiers (incremental blocks): each part of the quantity at the price of the tier it falls in.

A usage that follows others of the same tier period starts where they ended: with f as the price of a whole
quantity, it pays f(before + quantity) - f(before). A quantity lies in a tier when from < quantity <= until:
the upper bound belongs to the tier, as 含 in Chinese notices says.
"""

from dataclasses import dataclass

import polars as pl

from meterbook.rating import household as households
from meterbook.rating.charges import kinds


@dataclass(frozen=True)
class Tier:
    """One tier: its upper bound for the default household (None: no end) and its price."""

    until_milli: int | None
    price_micro: int


@dataclass(frozen=True)
class GraduatedTiers:
    """Tiers from the lowest up; only the last is open."""

    tiers: tuple[Tier, ...]
    kind: kinds.ChargeKind = kinds.ChargeKind.GRADUATED_TIERS

    def price_rows(self, household: households.Household) -> tuple[kinds.PriceRow, ...]:
        """One row per tier with its bounds and how the household moves them."""
        rows = []
        from_milli, from_growth = 0, households.Growth(numerator_milli=0, denominator=1)
        for index, tier in enumerate(self.tiers):
            bound = from_milli if tier.until_milli is None else tier.until_milli
            growth = from_growth
            if tier.until_milli is not None:
                growth = household.growth(bound_index=index, bound_milli=bound)
            rows.append(
                kinds.PriceRow(
                    tier=index + 1,
                    price_micro=tier.price_micro,
                    from_milli=from_milli,
                    until_milli=tier.until_milli,
                    from_growth_milli=from_growth.numerator_milli,
                    until_growth_milli=growth.numerator_milli,
                    growth_parts=growth.denominator,
                )
            )
            from_milli, from_growth = bound, growth
        return tuple(rows)


class GraduatedTiersRule:
    """The part of [before, before + quantity] that lies inside the tier; negative for a negative quantity."""

    def charged_milli(self) -> pl.Expr:
        """Difference of both ends, each brought inside the tier."""
        return self._inside(pl.col("before_milli") + pl.col("quantity_milli")) - self._inside(
            pl.col("before_milli")
        )

    def is_line(self) -> pl.Expr:
        """Tiers that hold a part; for a quantity of zero the one tier the counter stands in."""
        counter = pl.col("before_milli")
        is_above = (counter > pl.col("tier_from_milli")) | (pl.col("tier") == 1)
        is_below = pl.col("tier_until_milli").is_null() | (counter <= pl.col("tier_until_milli"))
        stands_here = (pl.col("quantity_milli") == 0) & is_above & is_below
        return (pl.col("charged_milli") != 0) | stands_here

    @staticmethod
    def _inside(total: pl.Expr) -> pl.Expr:
        # min_horizontal skips nulls, so an open tier has no upper end
        return pl.max_horizontal(pl.min_horizontal(total, "tier_until_milli"), "tier_from_milli")
