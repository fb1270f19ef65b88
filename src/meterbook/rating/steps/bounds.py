"""Tier bounds as they hold for one usage: its household, its quota, the length of its tier period, what is
used up.

In this order: the household widens the published bounds, the quota turns shares into quantities, a part of
a tier period scales the result (rounded as the tariff says), and tiers already used up shrink to what is
left of them.
"""

import functools

import polars as pl

from meterbook.kernel import period
from meterbook.rating import book as books
from meterbook.rating import household, tariff
from meterbook.rating.charges import kinds
from meterbook.rating.steps import months, rounded, usages
from meterbook.rating.steps import run as runs

# The columns of usages that say how long they, or their tier period, are.
_LENGTHS = frozenset({"months", "tier_months", "tier_days", "tier_factor_ppm", "segment_days"})
_UNREACHABLE_MILLI = 10**18
_MONTHS = {tariff.StatedFor.MONTH: 1, tariff.StatedFor.TWO_MONTHS: 2, tariff.StatedFor.YEAR: 12}
_YEARLY = {
    period.TierPeriod.CALENDAR_YEAR,
    period.TierPeriod.ANNIVERSARY_YEAR,
    period.TierPeriod.HEATING_SEASON,
}


def for_household(frame: pl.LazyFrame, run: runs.Run) -> pl.LazyFrame:
    """Bounds for the persons of the usage, or the tariff's default number."""
    if not run.has(books.Feature.HOUSEHOLD):
        return frame
    return frame.with_columns(_EXTRA_PERSONS).with_columns(
        _grown(run.group.stated.intersection(household.GROWING))
    )


@functools.lru_cache
def _grown(stated: frozenset[str]) -> list[pl.Expr]:
    return [
        household.grown_bound(end=end, stated=stated).alias(f"tier_{end}_milli") for end in household.ENDS
    ]


def for_quota(frame: pl.LazyFrame, run: runs.Run) -> pl.LazyFrame:
    """Bounds stated in millionths of the customer's quota, half up to a thousandth of the unit."""
    if not run.has(books.Feature.QUOTA):
        return frame
    quota = run.column("quota_milli").cast(pl.Int128)
    is_share = pl.col("bounds") == kinds.Bounds.OF_QUOTA
    return frame.with_columns(
        pl.when(is_share)
        .then(
            ((quota * pl.col(name).cast(pl.Int128) * 2 + kinds.MILLION) // (2 * kinds.MILLION)).cast(pl.Int64)
        )
        .otherwise(pl.col(name))
        .alias(name)
        for name in ("tier_from_milli", "tier_until_milli")
    )


def lengths(frame: pl.DataFrame, run: runs.Run) -> pl.DataFrame:
    """Adds part_numerator / part_denominator, the part of the length that bounds are stated for that a usage
    counts in; nothing where all of them count in all of it.
    """
    part = _part(run.group.profile, run.names & _LENGTHS)
    if part is None:
        return frame
    numerator, denominator = part
    found = frame.with_columns(numerator, denominator)
    is_whole = found["part_numerator"] == found["part_denominator"]
    return frame if is_whole.all(ignore_nulls=False) else found


def for_part(frame: pl.LazyFrame, run: runs.Run) -> pl.LazyFrame:
    """Bounds for the length the usage counts in; untouched where that is the length they are stated for."""
    if "part_numerator" not in run.names:
        return frame
    names = ["tier_from_milli", "tier_until_milli"]
    if kinds.ChargeKind.SWITCHING_TIERS in run.group.kinds:
        names += ["table_from_milli", "table_until_milli"]
    return rounded.to_steps(
        frame,
        numerators={f"_scaled_{name}": _OF_PART[name] for name in names},
        denominator=pl.col("part_denominator"),
        step=pl.col("bound_step_milli"),
        mode="bound_mode",
        modes=run.group.bound_modes,
    ).with_columns(_SCALED[name] for name in names)


def _of_part(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Int128) * pl.col("part_numerator").cast(pl.Int128)


def _scaled(name: str) -> pl.Expr:
    is_kept = (pl.col("part_numerator") == pl.col("part_denominator")) | pl.col(name).is_null()
    # a bound beyond 64 bits is beyond every counter, but no open end
    scaled = pl.col(f"_scaled_{name}").fill_null(_UNREACHABLE_MILLI)
    return pl.when(is_kept).then(name).otherwise(scaled).alias(name)


@functools.lru_cache
def _part(profile: books.Profile, names: frozenset[str]) -> tuple[pl.Expr, pl.Expr] | None:
    """The part for usages with these columns of _LENGTHS; None where it is always the whole."""
    found = _stated_part(profile, names)
    if found is None and names.isdisjoint({"tier_factor_ppm", "segment_days"}):
        return None
    numerator, denominator = found or (_ONE, _ONE)
    if "tier_factor_ppm" in names:
        factor = pl.col("tier_factor_ppm").cast(pl.Int64)
        is_free = factor.is_not_null()
        numerator = pl.when(is_free).then(factor).otherwise(numerator)
        denominator = pl.when(is_free).then(kinds.MILLION).otherwise(denominator)
    if "segment_days" in names:
        is_cut = pl.col("is_prorated").fill_null(value=False)
        numerator = numerator * pl.when(is_cut).then("segment_days").otherwise(1)
        denominator = denominator * pl.when(is_cut).then("usage_days").otherwise(1)
    return numerator.alias("part_numerator"), denominator.alias("part_denominator")


def _stated_part(profile: books.Profile, names: frozenset[str]) -> tuple[pl.Expr, pl.Expr] | None:
    by_days = profile.scaled_by is tariff.ScaledBy.DAYS
    if profile.tier_period in _YEARLY:
        return _of_year(profile, names, by_days=by_days)
    stated = _MONTHS.get(profile.stated_for)
    if stated is None:
        return None
    if by_days:
        # also where the row is only a segment of the usage
        days = pl.coalesce("usage_days", usages.days()) if "segment_days" in names else usages.days()
        return days * months.MONTHS_A_YEAR, pl.lit(profile.year_days * stated, dtype=pl.Int64)
    counted = months.months(is_stated="months" in names, month_count=profile.month_count)
    if profile.stated_for is not tariff.StatedFor.YEAR:
        # a bill shorter than the stated time has not less of it: the tier period is still running
        counted = pl.max_horizontal(counted, pl.lit(stated, dtype=pl.Int64))
    return counted, pl.lit(stated, dtype=pl.Int64)


def _of_year(
    profile: books.Profile, names: frozenset[str], *, by_days: bool
) -> tuple[pl.Expr, pl.Expr] | None:
    """A year or season the customer was only there for a part of: as stated with the usage."""
    name = "tier_days" if by_days else "tier_months"
    if name not in names:
        return None
    if profile.tier_period is period.TierPeriod.HEATING_SEASON:
        whole = pl.col("season_days" if by_days else "season_months").cast(pl.Int64)
    else:
        whole = pl.lit(profile.year_days if by_days else months.MONTHS_A_YEAR, dtype=pl.Int64)
    part = pl.col(name).cast(pl.Int64)
    return part.fill_null(whole), whole


def for_used_tiers(frame: pl.LazyFrame, run: runs.Run) -> pl.LazyFrame:
    """Where a usage says what is used of each tier: bounds of what is left of them, counted from zero.

    An allowance raised in mid-year refills the first tier and leaves bills already issued as they are.
    """
    if "tier_used_milli" not in run.names:
        return frame
    used = pl.col("tier_used_milli").list.get(pl.col("tier") - 1, null_on_oob=True).fill_null(0)
    width = pl.col("tier_until_milli") - pl.col("tier_from_milli")
    keys = ["usage_row", "component_no", "band", "is_fee"]
    is_tiered = pl.col("tier_from_milli").is_not_null() & pl.col("tier_used_milli").is_not_null()
    left = (width - used).clip(lower_bound=0)
    # a quota that is not charged has no row of its own, but is used up like a tier
    first_from = pl.col("tier_from_milli").first().over(keys)
    unlisted = (first_from - pl.col("tier_used_milli").list.get(0, null_on_oob=True).fill_null(0)).clip(
        lower_bound=0
    )
    unlisted = pl.when(pl.col("tier").first().over(keys) > 1).then(unlisted).otherwise(0)
    upto = left.fill_null(0).cum_sum().over(keys) + unlisted
    return frame.with_columns(_left=left, _upto=upto).with_columns(
        tier_from_milli=pl.when(is_tiered)
        .then(pl.col("_upto") - pl.col("_left").fill_null(0))
        .otherwise("tier_from_milli"),
        tier_until_milli=pl.when(is_tiered)
        .then(pl.when(width.is_null()).then(None).otherwise(pl.col("_upto")))
        .otherwise("tier_until_milli"),
        before_milli=pl.when(is_tiered).then(_counted_here(run)).otherwise("before_milli"),
    )


def _counted_here(run: runs.Run) -> pl.Expr:
    """What earlier segments of the same usage took of the tiers that were left."""
    return pl.col("counted_milli").fill_null(0) if "counted_milli" in run.names else pl.lit(0, dtype=pl.Int64)


_ONE = pl.lit(1, dtype=pl.Int64)
_EXTRA_PERSONS = household.extra_persons().alias("extra_persons")
_BOUNDS = ("tier_from_milli", "tier_until_milli", "table_from_milli", "table_until_milli")
_OF_PART = {name: _of_part(name) for name in _BOUNDS}
_SCALED = {name: _scaled(name) for name in _BOUNDS}
