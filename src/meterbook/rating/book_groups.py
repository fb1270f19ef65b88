"""Groups of versions that need the same steps, with their prices as the engine meets them."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

import polars as pl

from meterbook.kernel import period, rounding
from meterbook.rating import household, tariff
from meterbook.rating.charges import area, kinds

_SETS = 2**15


class Feature(Enum):
    """What a group of versions needs beyond a join and a product."""

    SETS = auto()
    CONDITIONS = auto()
    HOUSEHOLD = auto()
    SCALED = auto()
    QUOTA = auto()
    ONES = auto()
    BASES = auto()
    CAPS = auto()
    CALIBRE = auto()
    ROUNDED_SHARES = auto()
    FACTORS = auto()
    HEATING_SEASON = auto()
    NEGOTIATED = auto()
    FREE = auto()
    SHARED_BANDS = auto()
    DERIVED = auto()


# Columns of prices that only versions with one of these features look at, or only charges of this kind.
_READ_BY: Mapping[str, frozenset[Feature]] = {
    **dict.fromkeys((*household.GROWING, "over_persons"), frozenset({Feature.HOUSEHOLD})),
    "default_persons": frozenset({Feature.HOUSEHOLD, Feature.BASES}),
    "bounds": frozenset({Feature.QUOTA}),
    "calibre_mm": frozenset({Feature.CALIBRE}),
    "takes_free": frozenset({Feature.FREE}),
    "cap_milli": frozenset({Feature.CAPS}),
    "condition_no": frozenset({Feature.CONDITIONS}),
}
_OF_KINDS = {
    "size_milli": kinds.ChargeKind.PACKAGE,
    "table_from_milli": kinds.ChargeKind.SWITCHING_TIERS,
    "table_until_milli": kinds.ChargeKind.SWITCHING_TIERS,
}
# What changes nothing where it isn't zero.
_NEUTRAL = {"growth_parts": 1}


@dataclass(frozen=True)
class Profile:
    """What the versions of a group have in common: their features, and how they count time."""

    features: frozenset[Feature]
    month_count: tariff.MonthCount
    year_days: int
    tier_period: period.TierPeriod
    stated_for: tariff.StatedFor
    scaled_by: tariff.ScaledBy

    def has(self, *features: Feature) -> bool:
        """Whether any of the features is needed."""
        return not self.features.isdisjoint(features)


@dataclass(frozen=True)
class Group:
    """Versions of one profile: `prices` to find the lines with, `terms` (row price_no) to price them with.

    `areas` are the charges by area whose factor depends on the building, by price_no.
    """

    profile: Profile
    kinds: tuple[kinds.ChargeKind, ...]
    prices: pl.DataFrame
    terms: pl.DataFrame
    areas: Mapping[int, area.Area]

    @functools.cached_property
    def matchable(self) -> pl.DataFrame:
        """The prices as usages are joined to them: by version, or by version and set in one number; with the
        columns that this group's steps look at.
        """
        features = self.profile.features
        unread = [name for name, asking in _READ_BY.items() if features.isdisjoint(asking)]
        unread += [name for name, kind in _OF_KINDS.items() if kind not in self.kinds]
        prices = self.prices.drop(unread).rename({"calibre_mm": "price_calibre_mm"}, strict=False)
        if not self.profile.has(Feature.SETS):
            return prices.drop("set_no")
        return prices.select(pl.exclude("tariff_version_id", "set_no"), price_set=price_set())

    @functools.cached_property
    def line_terms(self) -> pl.DataFrame:
        """The terms that the pricing of a line looks at."""
        names = ["unit_price_micro", "rounding_mode", "step_minor", "divisor"]
        if self.profile.has(Feature.NEGOTIATED):
            names.append("lowest_micro")
        if self.profile.has(Feature.ROUNDED_SHARES):
            names.append("share_step_milli")
        return self.terms.select(*names, "share_ppm", "time")

    @functools.cached_property
    def bases(self) -> frozenset[int]:
        """What any of the prices is multiplied with: kinds.Basis."""
        return frozenset(self.prices["basis"].unique())

    @functools.cached_property
    def stated(self) -> frozenset[str]:
        """The columns of prices that say something in any row: not nothing, and not what changes nothing."""
        return frozenset(
            column.name
            for column in self.prices
            if any(value not in {None, _NEUTRAL.get(column.name, 0)} for value in column)
        )

    @functools.cached_property
    def modes(self) -> frozenset[rounding.Mode]:
        """How any of the amounts is rounded."""
        return frozenset(rounding.Mode(mode) for mode in self.terms["rounding_mode"].unique())

    @functools.cached_property
    def bound_modes(self) -> frozenset[rounding.Mode]:
        """How any of the bounds is rounded."""
        return frozenset(rounding.Mode(mode) for mode in self.prices["bound_mode"].unique())

    @functools.cached_property
    def times(self) -> frozenset[int]:
        """How often any of the prices falls due: kinds.Time."""
        return frozenset(self.terms["time"].unique())


def price_set() -> pl.Expr:
    """Version and price set in one number: joined several times as fast as two keys."""
    return pl.col("tariff_version_id").cast(pl.Int64) * _SETS + pl.col("set_no")
