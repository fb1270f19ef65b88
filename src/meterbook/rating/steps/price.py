"""From charged quantities to money: agreed prices, shares and lengths of time, one product and one
rounding.
"""

import functools
import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from meterbook.kernel import rounding, scaled
from meterbook.rating import book as books
from meterbook.rating import book_stages, tariff
from meterbook.rating.charges import kinds, tiers
from meterbook.rating.steps import distinct, months, plans, rounded, usages
from meterbook.rating.steps import run as runs

_LARGEST = scaled.LARGEST
_LARGEST_FACTOR = 2**31 - 1
_ONE = pl.lit(1, dtype=pl.Int64)
_PLAIN_FACTORS = (
    pl.lit(kinds.MILLION, dtype=pl.Int32).alias("factor_ppm"),
    pl.lit(1, dtype=pl.Int32).alias("time_numerator"),
    pl.lit(1, dtype=pl.Int32).alias("time_denominator"),
)
# What a line's amount is the product of, and what that is divided by.
_ABOVE: tuple[str, ...] = ("quantity_milli", "unit_price_micro")
_BELOW: tuple[str, ...] = ("divisor",)
_ABOVE_WITH_FACTORS = (*_ABOVE, "factor_ppm", "time_numerator")
_BELOW_WITH_FACTORS = (*_BELOW, "time_denominator")


def terms(frame: pl.DataFrame, run: runs.Run) -> pl.DataFrame:
    """Price, rounding and tax of each line, from row price_no of the group's terms."""
    return frame.hstack(run.group.line_terms[frame["price_no"]])


def agreed(frame: pl.DataFrame, run: runs.Run) -> pl.DataFrame:
    """The agreed price where the tariff leaves room for one and the usage names it."""
    if not run.has(books.Feature.NEGOTIATED) or "negotiated_micro" not in run.names:
        return frame
    is_agreed = pl.col("lowest_micro").is_not_null() & pl.col("negotiated_micro").is_not_null()
    price = pl.when(is_agreed).then("negotiated_micro").otherwise("unit_price_micro")
    return frame.with_columns(unit_price_micro=price)


def rounded_shares(frame: pl.DataFrame, run: runs.Run) -> pl.DataFrame:
    """Shares that are quantities of their own: both ends of the line's part, each rounded, so that usages in
    parts come to the same as in one.
    """
    if not run.has(books.Feature.ROUNDED_SHARES):
        return frame
    start = pl.max_horizontal(pl.min_horizontal("before_milli", "tier_until_milli"), "tier_from_milli")
    # whole counters start at zero, or where the counter stood if that was in the same tier
    stood_here = pl.when(tiers.stands_in(pl.col("before_milli"))).then("before_milli").otherwise(0)
    start = pl.when(pl.col("kind") == kinds.ChargeKind.VOLUME_TIERS).then(stood_here).otherwise(start)
    share = pl.col("share_ppm").cast(pl.Int128)
    found = rounded.to_steps(
        frame.lazy().with_columns(_start=start),
        numerators={
            "_from": pl.col("_start") * share,
            "_until": (pl.col("_start") + pl.col("quantity_milli")) * share,
        },
        denominator=pl.lit(kinds.MILLION),
        step=pl.col("share_step_milli").fill_null(1),
        modes=rounded.HALF_UP,
    )
    part = pl.col("_until") - pl.col("_from")
    is_rounded = pl.col("share_step_milli").is_not_null()
    found = found.with_columns(
        quantity_milli=pl.when(is_rounded).then(part).otherwise("quantity_milli"),
        share_ppm=pl.when(is_rounded).then(pl.lit(kinds.MILLION, dtype=pl.Int32)).otherwise("share_ppm"),
    )
    return plans.collected(found.select(frame.columns), rows=frame.height)


def factors(frame: pl.DataFrame, run: runs.Run) -> pl.DataFrame:
    """factor_ppm (share, building, height) and the time as a fraction; both one where nothing is asked."""
    if not run.has(books.Feature.FACTORS) and not run.is_segmented:
        return frame.with_columns(_PLAIN_FACTORS)
    return _area_factors(frame.with_columns(_factors(_Counting.of(run))), run)


@dataclass(frozen=True)
class _Counting:
    """What says how the lines of a run count time: ways of falling due, months and days of a year, and
    whether usages state their months or are cut.
    """

    times: frozenset[int]
    month_count: tariff.MonthCount
    year_days: int
    is_stated: bool
    is_segmented: bool

    @classmethod
    def of(cls, run: runs.Run) -> "_Counting":
        profile = run.group.profile
        return cls(
            times=run.group.times,
            month_count=profile.month_count,
            year_days=profile.year_days,
            is_stated="months" in run.names,
            is_segmented=run.is_segmented,
        )


@functools.lru_cache
def _factors(counting: _Counting) -> tuple[pl.Expr, ...]:
    """Months and single amounts of a segment are its days' part of the usage's; days are its own."""
    found = {kinds.Time(time): _time(kinds.Time(time), counting) for time in sorted(counting.times)}
    return (
        pl.col("share_ppm").alias("factor_ppm"),
        _by_time({time: numerator for time, (numerator, _) in found.items()}).alias("time_numerator"),
        _by_time({time: denominator for time, (_, denominator) in found.items()}).alias("time_denominator"),
    )


def _by_time(cases: Mapping[kinds.Time, pl.Expr]) -> pl.Expr:
    """The case of each row's own time; the last one needs no asking."""
    *others, last = cases
    found = cases[last]
    for time in others:
        found = pl.when(pl.col("time") == time).then(cases[time]).otherwise(found)
    return found.cast(pl.Int32)


def _part_of_usage(*, is_segmented: bool) -> tuple[pl.Expr, pl.Expr]:
    """Which part of its usage's fixed charges a row has: all, or a segment's days of the usage's."""
    if not is_segmented:
        return _ONE, _ONE
    # quantities were cut already
    is_cut = (pl.col("segment_days") < pl.col("usage_days")).fill_null(value=False)
    is_cut &= ~pl.col("basis").is_in(sorted(kinds.METERED))
    # a limit of the whole bill is the same however the bill was cut
    is_cut &= ~pl.col("kind").is_in(sorted(book_stages.OF_WHOLE_BILL))
    part = pl.when(is_cut).then(pl.col("segment_days")).otherwise(1)
    return part, pl.when(is_cut).then(pl.col("usage_days")).otherwise(1)


def _time(time: kinds.Time, counting: _Counting) -> tuple[pl.Expr, pl.Expr]:
    """Numerator and denominator of one way of falling due."""
    part, whole = _part_of_usage(is_segmented=counting.is_segmented)
    counted = months.months(is_stated=counting.is_stated, month_count=counting.month_count)
    year = pl.lit(counting.year_days, dtype=pl.Int64)
    return {
        kinds.Time.ONCE: (part, whole),
        kinds.Time.MONTHS: (counted * part, whole),
        kinds.Time.MONTHS_BY_DAYS: (usages.days() * months.MONTHS_A_YEAR, year),
        kinds.Time.DAYS: (usages.days(), _ONE),
        kinds.Time.SEASON_DAYS: (pl.col("served_days"), pl.col("season_days")),
        kinds.Time.SEASON_MONTHS: (pl.col("served_months") * part, pl.col("season_months") * whole),
    }[time]


def _area_factors(frame: pl.DataFrame, run: runs.Run) -> pl.DataFrame:
    """One factor for every distinct price, class of building and height: few, so they are worked out one by
    one.
    """
    areas = run.group.areas
    if not areas:
        return frame
    given = [name for name in ("area_class", "height_milli") if name in frame.columns]

    def factor(price_no: int, *said: Any) -> tuple[int | None, bool]:
        if price_no not in areas:
            return None, False
        told = {"area_class": None, "height_milli": None} | dict(zip(given, said, strict=True))
        found = areas[price_no].factor_ppm(**told)
        return (found, False) if found <= _LARGEST_FACTOR else (None, True)

    schema = {"area_factor_ppm": pl.Int32(), "is_too_large": pl.Boolean()}
    found = distinct.worked_out(frame, keys=["price_no", *given], schema=schema, find=factor)
    joined = frame.hstack(found)
    if found["is_too_large"].any():
        raise run.too_large(joined.filter("is_too_large"), "area_factor_ppm")
    return joined.with_columns(factor_ppm=pl.coalesce("area_factor_ppm", "factor_ppm"))


def amounts(frame: pl.DataFrame, run: runs.Run) -> pl.DataFrame:
    """Columns run.OWN, with amount_minor: quantity x price x factor x time, rounded once by the component's
    rule.

    Raises unratables.RatingError for an amount that leaves 64 bits.
    """
    above, below, scale = _ABOVE, _BELOW, 1
    if run.has(books.Feature.FACTORS) or run.is_segmented:
        above, below, scale = _ABOVE_WITH_FACTORS, _BELOW_WITH_FACTORS, kinds.MILLION
    number = _number_type(frame, above, below, scale=scale)
    # what the rounding names several times is worked out once
    product = frame.lazy().with_columns(_products(above, below, number, scale))
    own = product.select(*_kept(run.first_row), _amount(number, run.group.modes))
    priced = plans.collected(own, rows=frame.height)
    if priced["amount_minor"].null_count():
        raise run.too_large(priced, "amount_minor")
    return priced


@functools.lru_cache
def _products(
    above: Sequence[str], below: Sequence[str], number: pl.DataType, scale: int
) -> tuple[pl.Expr, pl.Expr]:
    divisor = _product(below, number)
    return (
        _product(above, number).alias("_above"),
        (divisor if scale == 1 else divisor * scale).alias("_below"),
    )


def _product(names: Sequence[str], number: pl.DataType) -> pl.Expr:
    return functools.reduce(operator.mul, (pl.col(name).cast(number) for name in names))


@functools.lru_cache
def _amount(number: pl.DataType, modes: frozenset[rounding.Mode]) -> pl.Expr:
    steps = rounding.ratio_expression(
        numerator=pl.col("_above"),
        denominator=pl.col("_below"),
        mode=pl.col("rounding_mode"),
        modes=modes,
    )
    amount = (steps * pl.col("step_minor").cast(number)).cast(pl.Int64, strict=False)
    return amount.alias("amount_minor")


@functools.lru_cache
def _kept(first_row: int) -> tuple[pl.Expr, ...]:
    """Columns runs.OWN but the amount."""
    price_row = (pl.col("price_no") + first_row).cast(pl.UInt32).alias("price_row")
    return tuple(
        price_row if name == "price_row" else pl.col(name) for name in runs.OWN if name != "amount_minor"
    )


def largest(numbers: pl.Series) -> int:
    """The largest size in a column of whole numbers; 0 in an empty one."""
    lowest, highest = numbers.min(), numbers.max()
    return max(-lowest, highest, 0) if isinstance(lowest, int) and isinstance(highest, int) else 0


def _number_type(
    frame: pl.DataFrame, above: Sequence[str], below: Sequence[str], *, scale: int
) -> pl.DataType:
    """64 bits where the largest products surely fit them, which is nearly always; else 128."""
    numerator = math.prod(largest(frame[name]) for name in above)
    denominator = math.prod((largest(frame[name]) for name in below), start=scale)
    return pl.Int64() if numerator + denominator < _LARGEST else pl.Int128()
