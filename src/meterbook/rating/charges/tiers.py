"""Tiers as rows: bounds from the lowest up, and how the household moves them. Shared by all tiered kinds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from meterbook.rating import household as households
from meterbook.rating.charges import kinds


@dataclass(frozen=True)
class Tier:
    """A tier: its upper bound for the default household (None: no end), price, fee for entering it."""

    until_milli: int | None
    price_micro: int
    fee_micro: int | None = None


@dataclass(frozen=True)
class Ends:
    """Both bounds of a tier with everything that moves them; the fields of a PriceRow of the same names."""

    from_milli: int
    until_milli: int | None
    from_growth: households.Growth
    until_growth: households.Growth
    from_cap_milli: int | None
    until_cap_milli: int | None

    def row(
        self,
        *,
        tier: int,
        price_micro: int,
        kind_of: kinds.Bounds = kinds.Bounds.ABSOLUTE,
        is_fee: bool = False,
    ) -> kinds.PriceRow:
        """A price row with these bounds."""
        parts = max(self.from_growth.denominator, self.until_growth.denominator)
        return kinds.PriceRow(
            tier=tier,
            price_micro=price_micro,
            from_milli=self.from_milli,
            until_milli=self.until_milli,
            from_growth_milli=self.from_growth.numerator_milli,
            until_growth_milli=self.until_growth.numerator_milli,
            growth_parts=parts,
            from_jump_milli=self.from_growth.jump_milli,
            until_jump_milli=self.until_growth.jump_milli,
            from_cap_milli=self.from_cap_milli,
            until_cap_milli=self.until_cap_milli,
            bounds=kind_of,
            is_fee=is_fee,
        )


def ends(tiers: Sequence[Tier], household: households.Household) -> Iterator[Ends]:
    """The ends of each tier, lowest first.

    FIRST_TIER alone holds the first bound below the second: the second tier may become empty, not negative.
    """
    is_capped = household.rule is households.HouseholdRule.FIRST_TIER and len(tiers) > 1
    cap = tiers[1].until_milli if is_capped else None
    from_milli, from_growth, from_cap = 0, households.NO_GROWTH, None
    for index, tier in enumerate(tiers):
        bound, growth, until_cap = from_milli, from_growth, None
        if tier.until_milli is not None:
            bound = tier.until_milli
            growth = household.growth(bound_index=index, bound_milli=bound)
            until_cap = cap if index == 0 else None
        yield Ends(
            from_milli=from_milli,
            until_milli=tier.until_milli,
            from_growth=from_growth,
            until_growth=growth,
            from_cap_milli=from_cap,
            until_cap_milli=until_cap,
        )
        from_milli, from_growth, from_cap = bound, growth, until_cap


def inside(total: pl.Expr) -> pl.Expr:
    """`total` brought inside the row's tier; min_horizontal skips nulls, so an open tier has no upper end."""
    return pl.max_horizontal(pl.min_horizontal(total, "tier_until_milli"), "tier_from_milli")


def stands_in(total: pl.Expr) -> pl.Expr:
    """Whether `total` lies in the row's tier; the first tier also holds zero."""
    is_above = (total > pl.col("tier_from_milli")) | (pl.col("tier") == 1)
    return is_above & (pl.col("tier_until_milli").is_null() | (total <= pl.col("tier_until_milli")))


def total() -> pl.Expr:
    """The counter after the usage."""
    return pl.col("before_milli") + pl.col("quantity_milli")
