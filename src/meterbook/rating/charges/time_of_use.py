"""Time of use: each band (register) has its price, alone or together with tiers.

With tiers, either every band counts for itself (`is_per_band`), or the total of all bands decides the tiers
and each band has its part of every tier in proportion to its use. Those parts are whole thousandths; tiers
sum to the bands' quantities and bands to the tiers' exactly, and no part is ever negative.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from meterbook.rating import household as households
from meterbook.rating.charges import kinds, tiers

MOST_BANDS = 6


@dataclass(frozen=True)
class TimeOfUse:
    """Prices by band number."""

    prices: tuple[tuple[int, int], ...]
    kind: kinds.ChargeKind = kinds.ChargeKind.TIME_OF_USE

    def price_rows(self, household: households.Household) -> tuple[kinds.PriceRow, ...]:
        """One row per band; the household changes nothing."""
        del household
        return tuple(
            kinds.PriceRow(price_micro=price, band=band, basis=kinds.Basis.BAND)
            for band, price in self.prices
        )


@dataclass(frozen=True)
class BandTier:
    """One tier: its upper bound (None: no end) and its price for each band number."""

    until_milli: int | None
    prices: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class TimeOfUseTiers:
    """Tiers from the lowest up, each with a price for every band."""

    tiers: tuple[BandTier, ...]
    is_per_band: bool
    kind: kinds.ChargeKind = kinds.ChargeKind.TIME_OF_USE_TIERS

    def price_rows(self, household: households.Household) -> tuple[kinds.PriceRow, ...]:
        """One row per tier and band. Rows of bands that count for themselves have the band as their basis."""
        basis = kinds.Basis.BAND if self.is_per_band else kinds.Basis.QUANTITY
        plain = [tiers.Tier(until_milli=tier.until_milli, price_micro=0) for tier in self.tiers]
        rows: list[kinds.PriceRow] = []
        for place, ends in enumerate(tiers.ends(plain, household)):
            row = ends.row(tier=place + 1, price_micro=0)
            for band, price in self.tiers[place].prices:
                rows.append(replace(row, band=band, price_micro=price, basis=basis))
        return tuple(rows)


class TimeOfUseTiersRule:
    """The band's part of the tier: of bands that count for themselves as graduated tiers, else of column
    shared_milli, which `shared` adds.
    """

    def charged_milli(self) -> pl.Expr:
        """Both ends inside the tier, or the band's share of what lies between them."""
        own = tiers.inside(tiers.total()) - tiers.inside(pl.col("before_milli"))
        return pl.when(pl.col("basis") == kinds.Basis.BAND).then(own).otherwise("shared_milli")

    def is_line(self) -> pl.Expr:
        """Parts that hold something; for a quantity of zero the first band of the tier the counter is in."""
        stands_here = (pl.col("quantity_milli") == 0) & tiers.stands_in(pl.col("before_milli"))
        is_shown = (pl.col("basis") == kinds.Basis.BAND) | (pl.col("band") == 1)
        return (pl.col("charged_milli") != 0) | (stands_here & is_shown)


def shared(frame: pl.LazyFrame, *, bands: Sequence[int]) -> pl.LazyFrame:
    """Adds shared_milli, the row's band's share of the part of the usage that lies in the row's tier.

    The bands take their turns evenly: of what the bands before it left, a band has its proportion, rounded
    half up. Each of these steps never falls and never rises by more than one per unit, so that differences
    are never negative and the last band takes exactly what is left.
    """
    before, total = pl.col("before_milli"), tiers.total()
    frame = frame.with_columns(_low=pl.min_horizontal(before, total), _high=pl.max_horizontal(before, total))
    upper = pl.col("tier_until_milli").fill_null(pl.col("_high"))
    frame = frame.with_columns(
        _from=(pl.col("tier_from_milli").clip("_low", "_high") - pl.col("_low")).cast(pl.Int128),
        _until=(upper.clip("_low", "_high") - pl.col("_low")).cast(pl.Int128),
        _rest=pl.col("quantity_milli").abs().cast(pl.Int128),
        shared_milli=pl.lit(0, dtype=pl.Int64),
    )
    for band in bands:
        frame = frame.with_columns(_turn(band)).with_columns(_SHARES).with_columns(_given(band))
    return frame.with_columns(shared_milli=pl.col("shared_milli") * pl.col("quantity_milli").sign())


@functools.cache
def _turn(band: int) -> tuple[pl.Expr, ...]:
    """What the band has of what is left; of nothing it has nothing."""
    return (
        pl.col(f"band_{band}_milli").abs().cast(pl.Int128).alias("_own"),
        pl.when(pl.col("_rest") > 0).then("_rest").otherwise(1).alias("_left"),
    )


@functools.cache
def _given(band: int) -> tuple[pl.Expr, ...]:
    """What the band gets, and what is left for those after it."""
    part = (pl.col("_until_share") - pl.col("_from_share")).cast(pl.Int64)
    return (
        pl.when(pl.col("band") == band).then(part).otherwise("shared_milli").alias("shared_milli"),
        (pl.col("_from") - pl.col("_from_share")).alias("_from"),
        (pl.col("_until") - pl.col("_until_share")).alias("_until"),
        (pl.col("_rest") - pl.col("_own")).alias("_rest"),
    )


def _proportion(units: str) -> pl.Expr:
    """Half up."""
    left = pl.col("_left")
    return (pl.col(units) * pl.col("_own") * 2 + left) // (left * 2)


_SHARES = tuple(_proportion(units).alias(f"{units}_share") for units in ("_from", "_until"))
