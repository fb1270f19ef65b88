"""Graduated tiers (incremental blocks): each part of the quantity at the price of the tier it falls in.

A usage that follows others of the same tier period starts where they ended: with f as the price of a whole
quantity, it pays f(before + quantity) - f(before). A quantity lies in a tier when from < quantity <= until:
the upper bound belongs to the tier, as 含 in Chinese notices says. A tier may also cost a fee as soon as it
is entered (27 for the first 5 units, whether used or not); the first tier is entered by every usage that
starts at zero.
"""

from dataclasses import dataclass

import polars as pl

from meterbook.rating import household as households
from meterbook.rating.charges import kinds, tiers

Tier = tiers.Tier


@dataclass(frozen=True)
class GraduatedTiers:
    """Tiers from the lowest up; only the last is open."""

    tiers: tuple[tiers.Tier, ...]
    kind: kinds.ChargeKind = kinds.ChargeKind.GRADUATED_TIERS

    def price_rows(self, household: households.Household) -> tuple[kinds.PriceRow, ...]:
        """One row per tier with its bounds and how the household moves them; before it the tier's fee."""
        rows = []
        for place, ends in enumerate(tiers.ends(self.tiers, household)):
            tier = self.tiers[place]
            if tier.fee_micro is not None:
                rows.append(ends.row(tier=place + 1, price_micro=tier.fee_micro, is_fee=True))
            rows.append(ends.row(tier=place + 1, price_micro=tier.price_micro))
        return tuple(rows)


class GraduatedTiersRule:
    """The part of [before, before + quantity] that lies inside the tier; negative for a negative quantity."""

    def charged_milli(self) -> pl.Expr:
        """Difference of both ends, each brought inside the tier."""
        return tiers.inside(tiers.total()) - tiers.inside(pl.col("before_milli"))

    def is_line(self) -> pl.Expr:
        """Tiers that hold a part; for a quantity of zero the one tier the counter stands in."""
        stands_here = (pl.col("quantity_milli") == 0) & tiers.stands_in(pl.col("before_milli"))
        return (pl.col("charged_milli") != 0) | stands_here


class TiersWithFeesRule(GraduatedTiersRule):
    """The same where some tiers have a fee, which is a row of its own."""

    def charged_milli(self) -> pl.Expr:
        """For a fee one when the tier is entered."""
        entered = _entered(tiers.total()) - _left(pl.col("before_milli"))
        return pl.when("is_fee").then(entered).otherwise(super().charged_milli())

    def is_line(self) -> pl.Expr:
        """For a fee only where it is charged or given back."""
        return super().is_line() & ((pl.col("charged_milli") != 0) | ~pl.col("is_fee"))


def _entered(total: pl.Expr) -> pl.Expr:
    is_entered = (total > pl.col("tier_from_milli")) | (pl.col("tier") == 1)
    return is_entered.cast(pl.Int64) * kinds.ONE_MILLI


def _left(before: pl.Expr) -> pl.Expr:
    """What was entered before: a counter at zero has entered nothing."""
    return (before > pl.col("tier_from_milli")).cast(pl.Int64) * kinds.ONE_MILLI
