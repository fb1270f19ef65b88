"""What a step on matched prices may know: the group of versions it works for, and what the usages bring
along.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from meterbook.rating import book as books
from meterbook.rating import columns, unratables


@dataclass(frozen=True)
class Run:
    """One group of versions with its part of the usages, as they meet its prices. `first_row` is the place of
    the group's prices among all of the book; `usage_ids` are those of all groups, by usage_row.
    """

    book: books.TariffBook
    group: books.Group
    first_row: int
    usages: pl.DataFrame
    usage_ids: pl.Series

    @functools.cached_property
    def names(self) -> frozenset[str]:
        """The columns the usages have."""
        return frozenset(self.usages.columns)

    def has(self, *features: books.Feature) -> bool:
        """Whether the group needs any of these."""
        return self.group.profile.has(*features)

    def column(self, name: str) -> pl.Expr:
        """A column of USAGE_MORE, nulls where the usages don't bring it."""
        if name in self.names:
            return pl.col(name)
        return pl.lit(None, dtype=columns.USAGE_MORE.columns[name])

    @property
    def is_segmented(self) -> bool:
        """Whether some usages were cut."""
        return "segment_days" in self.names

    def too_large(self, lines: pl.DataFrame, name: str) -> unratables.RatingError:
        """The error for lines whose column `name` left 64 bits."""
        named = lines.with_columns(self.usage_ids[lines["usage_row"]].alias("usage_id"))
        return unratables.RatingError(unratables.too_large(named, (name,)))


# What lines have of their own; the rest they take from usage and price row once they are in order.
OWN = {
    "usage_row": pl.UInt32(),
    "price_row": pl.UInt32(),
    **{
        name: columns.LINES.columns[name]
        for name in (
            *("tier_from_milli", "tier_until_milli", "before_milli", "quantity_milli", "unit_price_micro"),
            *("factor_ppm", "time_numerator", "time_denominator", "amount_minor"),
        )
    },
}
# What is kept of usage and price row where prices met, for the steps on lines, by the feature that asks.
_ALWAYS = ("usage_row", "price_no", "tier_from_milli", "tier_until_milli", "before_milli", "quantity_milli")
_FOR_FACTORS = (
    *("kind", "basis", "period_from", "period_until", "months", "segment_days", "usage_days"),
    *("season_days", "served_days", "season_months", "served_months", "area_class", "height_milli"),
)
_FOR_FEATURES: Mapping[books.Feature, tuple[str, ...]] = {
    books.Feature.NEGOTIATED: ("negotiated_micro",),
    books.Feature.ROUNDED_SHARES: ("kind", "tier"),
    books.Feature.FACTORS: _FOR_FACTORS,
}
# Columns of usages that only versions with one of these features look at once prices are met.
_BANDS = [name for band in columns.BANDS for name in (f"band_{band}_milli", f"band_{band}_before_milli")]
_EXTENTS = ("area_milli", "capacity_milli", "demand_milli", "households")
_TIMED = frozenset(
    {
        books.Feature.CONDITIONS,
        books.Feature.SCALED,
        books.Feature.FACTORS,
        books.Feature.HEATING_SEASON,
    }
)
_NEVER = (
    *("usage_id", "part_no", "split", "split_value", "reading_no", "calorific_micro", "carried_milli"),
    *("free_before_milli", "cut_usage", "segment_no", "restart_no", "season_no", "last_version_id"),
)
_READ_BY: Mapping[str, frozenset[books.Feature]] = {
    **dict.fromkeys(_EXTENTS, frozenset({books.Feature.BASES})),
    **dict.fromkeys(_BANDS, frozenset({books.Feature.BASES, books.Feature.SHARED_BANDS})),
    **dict.fromkeys(("area_class", "height_milli"), frozenset({books.Feature.FACTORS})),
    **dict.fromkeys(("choices", "paid_on"), frozenset({books.Feature.CONDITIONS})),
    "persons": frozenset({books.Feature.HOUSEHOLD, books.Feature.BASES}),
    "quota_milli": frozenset({books.Feature.QUOTA}),
    "calibre_mm": frozenset({books.Feature.CALIBRE}),
    "negotiated_micro": frozenset({books.Feature.NEGOTIATED}),
    **dict.fromkeys(("period_from", "period_until"), _TIMED),
    "set_no": frozenset({books.Feature.SETS}),
    **dict.fromkeys(_NEVER, frozenset()),
}


def read_of_usages(group: books.Group, names: Sequence[str]) -> list[str]:
    """The columns of usages that steps look at once prices are met."""
    features = group.profile.features
    return [name for name in names if name not in _READ_BY or not features.isdisjoint(_READ_BY[name])]


def narrow(frame: pl.LazyFrame, run: Run) -> pl.LazyFrame:
    """Only the columns that are still needed."""
    wanted = [*_ALWAYS]
    for feature, names in _FOR_FEATURES.items():
        if run.has(feature) or (feature is books.Feature.FACTORS and run.is_segmented):
            wanted.extend(names)
    there = {*run.names, *run.group.matchable.columns}
    return frame.select(name for name in dict.fromkeys(wanted) if name in there)
