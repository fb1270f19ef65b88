"""Tier bounds as they hold for one usage: its household, its quota, the length of its tier period, what is
used up.

In this order: the household widens the published bounds, the quota turns shares into quantities, a part of
a tier period scales the result (rounded as the tariff says), and tiers already used up shrink to what is
left of them.
"""

import polars as pl

from meterbook.kernel import period
from meterbook.rating import book as books
from meterbook.rating import household, tariff
from meterbook.rating.charges import kinds
from meterbook.rating.steps import months, rounded
from meterbook.rating.steps import run as runs

ENDS = ("from", "until")
_GROWN = [household.grown_bound(end=end).alias(f"tier_{end}_milli") for end in ENDS]
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
    return (
        frame.with_columns(pl.col("persons").fill_null(pl.col("default_persons")))
        .with_columns(extra_persons=household.extra_persons())
        .with_columns(_GROWN)
    )


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


def for_part(frame: pl.LazyFrame, run: runs.Run) -> pl.LazyFrame:
    """Bounds for the length the usage counts in; untouched where that is the length they are stated for."""
    parts = _part(run)
    is_prorated = run.is_segmented
    if parts is None and not is_prorated:
        return frame
    numerator, denominator = parts or (_one(), _one())
    if is_prorated:
        cut = pl.col("is_prorated").fill_null(value=False)
        numerator = numerator * pl.when(cut).then(pl.col("segment_days")).otherwise(1)
        denominator = denominator * pl.when(cut).then(pl.col("usage_days")).otherwise(1)
    is_whole = (numerator == denominator).fill_null(value=False)
    if run.usages.select(is_whole.all()).item():
        return frame
    frame = frame.with_columns(part_numerator=numerator, part_denominator=denominator)
    names = ["tier_from_milli", "tier_until_milli"]
    if kinds.ChargeKind.SWITCHING_TIERS in run.group.kinds:
        names += ["table_from_milli", "table_until_milli"]
    for name in names:
        frame = _scaled(frame, name)
    return frame


def _one() -> pl.Expr:
    return pl.lit(1, dtype=pl.Int64)


def _scaled(frame: pl.LazyFrame, name: str) -> pl.LazyFrame:
    frame = rounded.to_step(
        frame,
        name="_scaled",
        numerator=pl.col(name).cast(pl.Int128) * pl.col("part_numerator").cast(pl.Int128),
        denominator=pl.col("part_denominator"),
        step=pl.col("bound_step_milli"),
        mode=pl.col("bound_mode"),
    )
    # a bound beyond 64 bits is beyond every counter, but no open end
    scaled = pl.when(pl.col(name).is_not_null()).then(pl.col("_scaled").fill_null(_UNREACHABLE_MILLI))
    is_whole = pl.col("part_numerator") == pl.col("part_denominator")
    return frame.with_columns(pl.when(is_whole).then(pl.col(name)).otherwise(scaled).alias(name))


def _part(run: runs.Run) -> tuple[pl.Expr, pl.Expr] | None:
    """Numerator and denominator of the part; None where it is always the whole."""
    found = _stated_part(run)
    if "tier_factor_ppm" not in run.names:
        return found
    numerator, denominator = found or (_one(), _one())
    is_free = pl.col("tier_factor_ppm").is_not_null()
    factor = pl.col("tier_factor_ppm").cast(pl.Int64)
    return (
        pl.when(is_free).then(factor).otherwise(numerator),
        pl.when(is_free).then(kinds.MILLION).otherwise(denominator),
    )


def _stated_part(run: runs.Run) -> tuple[pl.Expr, pl.Expr] | None:
    profile = run.group.profile
    by_days = profile.scaled_by is tariff.ScaledBy.DAYS
    if profile.scaled_by is tariff.ScaledBy.NONE:
        return None
    if profile.tier_period in _YEARLY:
        return _of_year(run, by_days=by_days)
    stated = _MONTHS.get(profile.stated_for)
    if stated is None:
        return None
    if by_days:
        return run.usage_days() * months.MONTHS_A_YEAR, pl.lit(profile.year_days * stated, dtype=pl.Int64)
    counted = months.months(run.usages, month_count=profile.month_count)
    if profile.stated_for is not tariff.StatedFor.YEAR:
        # a bill shorter than the stated time has not less of it: the tier period is still running
        counted = pl.max_horizontal(counted, pl.lit(stated, dtype=pl.Int64))
    return counted, pl.lit(stated, dtype=pl.Int64)


def _of_year(run: runs.Run, *, by_days: bool) -> tuple[pl.Expr, pl.Expr] | None:
    """A year or season the customer was only there for a part of: as stated with the usage."""
    name = "tier_days" if by_days else "tier_months"
    if name not in run.names:
        return None
    profile = run.group.profile
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
