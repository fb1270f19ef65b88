"""From charged quantities to money: agreed prices, shares and lengths of time, one product and one
rounding.
"""

import functools
import math
import operator
from collections.abc import Sequence

import polars as pl

from meterbook.kernel import rounding, scaled
from meterbook.rating import book as books
from meterbook.rating import book_stages
from meterbook.rating.charges import kinds, tiers
from meterbook.rating.steps import months, plans, rounded, usages
from meterbook.rating.steps import run as runs

_LARGEST = scaled.LARGEST
_LARGEST_FACTOR = 2**31 - 1
_STEPS = rounding.ratio_expression(
    numerator=pl.col("_above"), denominator=pl.col("_below"), mode=pl.col("rounding_mode")
)


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
    found = frame.lazy().with_columns(_start=start)
    found = _share_of(found, "_from", pl.col("_start"))
    found = _share_of(found, "_until", pl.col("_start") + pl.col("quantity_milli"))
    part = pl.col("_until") - pl.col("_from")
    is_rounded = pl.col("share_step_milli").is_not_null()
    found = found.with_columns(
        quantity_milli=pl.when(is_rounded).then(part).otherwise("quantity_milli"),
        share_ppm=pl.when(is_rounded).then(pl.lit(kinds.MILLION, dtype=pl.Int32)).otherwise("share_ppm"),
    )
    return plans.collected(found.select(frame.columns), rows=frame.height)


def _share_of(frame: pl.LazyFrame, name: str, counter: pl.Expr) -> pl.LazyFrame:
    return rounded.to_step(
        frame,
        name=name,
        numerator=counter.cast(pl.Int128) * pl.col("share_ppm").cast(pl.Int128),
        denominator=pl.lit(kinds.MILLION),
        step=pl.col("share_step_milli").fill_null(1),
        mode=pl.lit(rounding.Mode.HALF_UP),
    )


def factors(frame: pl.DataFrame, run: runs.Run) -> pl.DataFrame:
    """factor_ppm (share, building, height) and the time as a fraction; both one where nothing is asked."""
    if not run.has(books.Feature.FACTORS) and not run.is_segmented:
        one = pl.lit(1, dtype=pl.Int32)
        return frame.with_columns(
            factor_ppm=pl.lit(kinds.MILLION, dtype=pl.Int32), time_numerator=one, time_denominator=one
        )
    numerator, denominator = _time(run)
    frame = frame.with_columns(
        factor_ppm=pl.col("share_ppm"),
        time_numerator=numerator.cast(pl.Int32),
        time_denominator=denominator.cast(pl.Int32),
    )
    return _area_factors(frame, run)


def _time(run: runs.Run) -> tuple[pl.Expr, pl.Expr]:
    """Months and single amounts of a segment are its days' part of the usage's; days are its own."""
    part, whole = _part_of_usage(run)
    cases = _times(run, part=part, whole=whole)
    later = [time for time in cases if time in run.group.times and time is not kinds.Time.ONCE]
    numerator, denominator = part, whole
    for time in later:
        is_own = pl.col("time") == time
        numerator = pl.when(is_own).then(cases[time][0]).otherwise(numerator)
        denominator = pl.when(is_own).then(cases[time][1]).otherwise(denominator)
    return numerator, denominator


def _part_of_usage(run: runs.Run) -> tuple[pl.Expr, pl.Expr]:
    """Which part of its usage's fixed charges a row has: all, or a segment's days of the usage's."""
    one = pl.lit(1, dtype=pl.Int64)
    if not run.is_segmented:
        return one, one
    # quantities were cut already
    is_cut = (pl.col("segment_days") < pl.col("usage_days")).fill_null(value=False)
    is_cut &= ~pl.col("basis").is_in(sorted(kinds.METERED))
    # a limit of the whole bill is the same however the bill was cut
    is_cut &= ~pl.col("kind").is_in(sorted(book_stages.OF_WHOLE_BILL))
    part = pl.when(is_cut).then(pl.col("segment_days")).otherwise(1)
    return part, pl.when(is_cut).then(pl.col("usage_days")).otherwise(1)


def _times(run: runs.Run, *, part: pl.Expr, whole: pl.Expr) -> dict[kinds.Time, tuple[pl.Expr, pl.Expr]]:
    """Numerator and denominator for each way of falling due that this group has the columns for."""
    year_days = run.group.profile.year_days
    days = usages.days()
    counted = months.months(run.usages, month_count=run.group.profile.month_count)
    found = {
        kinds.Time.ONCE: (part, whole),
        kinds.Time.MONTHS: (counted * part, whole),
        kinds.Time.MONTHS_BY_DAYS: (days * months.MONTHS_A_YEAR, pl.lit(year_days, dtype=pl.Int64)),
        kinds.Time.DAYS: (days, pl.lit(1, dtype=pl.Int64)),
    }
    if run.has(books.Feature.HEATING_SEASON):
        found[kinds.Time.SEASON_DAYS] = (pl.col("served_days"), pl.col("season_days"))
        found[kinds.Time.SEASON_MONTHS] = (pl.col("served_months") * part, pl.col("season_months") * whole)
    return found


def _area_factors(frame: pl.DataFrame, run: runs.Run) -> pl.DataFrame:
    """One factor for every distinct price, class of building and height: few, so they are worked out one by
    one.
    """
    areas = run.group.areas
    is_area = pl.col("price_no").is_in(list(areas))
    asked = frame.filter(is_area) if areas else frame.clear()
    if asked.is_empty():
        return frame
    given = [name for name in ("area_class", "height_milli") if name in frame.columns]
    keys = ["price_no", *given]
    rows = []
    for key in asked.select(keys).unique().iter_rows():
        said = dict(zip(given, key[1:], strict=True))
        found = areas[key[0]].factor_ppm(
            area_class=said.get("area_class"), height_milli=said.get("height_milli")
        )
        rows.append((*key, found if found <= _LARGEST_FACTOR else None))
    schema = {name: frame.schema[name] for name in keys} | {"area_factor_ppm": pl.Int32()}
    known = pl.DataFrame(rows, schema=schema, orient="row")
    joined = frame.join(known, on=keys, how="left", nulls_equal=True, maintain_order="left")
    if known["area_factor_ppm"].null_count():
        lost = joined.filter(is_area & pl.col("area_factor_ppm").is_null())
        raise run.too_large(lost, "area_factor_ppm")
    return joined.with_columns(factor_ppm=pl.coalesce("area_factor_ppm", "factor_ppm"))


def amounts(frame: pl.DataFrame, run: runs.Run) -> pl.DataFrame:
    """amount_minor: quantity x price x factor x time, rounded once by the component's rule.

    Raises unratables.RatingError for an amount that leaves 64 bits.
    """
    above = ["quantity_milli", "unit_price_micro"]
    below = ["divisor"]
    if run.has(books.Feature.FACTORS) or run.is_segmented:
        above += ["factor_ppm", "time_numerator"]
        below += ["time_denominator"]
    scale = kinds.MILLION if len(below) > 1 else 1
    number = _number_type(frame, above, below, scale=scale)
    amount = (_STEPS * pl.col("step_minor").cast(number)).cast(pl.Int64, strict=False)
    kept = [name for name in ("price_no", *runs.OWN) if name in frame.columns]
    # what the rounding names several times is worked out once
    product = frame.lazy().with_columns(
        _above=_product(above, number), _below=_product(below, number) * scale
    )
    priced = plans.collected(product.select(*kept, amount_minor=amount), rows=frame.height)
    if priced["amount_minor"].null_count():
        raise run.too_large(priced, "amount_minor")
    return priced


def _product(names: Sequence[str], number: pl.DataType) -> pl.Expr:
    return functools.reduce(operator.mul, (pl.col(name).cast(number) for name in names))


def _largest(numbers: pl.Series) -> int:
    """The largest size in a column of whole numbers; 0 in an empty one."""
    lowest, highest = numbers.min(), numbers.max()
    return max(-lowest, highest, 0) if isinstance(lowest, int) and isinstance(highest, int) else 0


def _number_type(
    frame: pl.DataFrame, above: Sequence[str], below: Sequence[str], *, scale: int
) -> pl.DataType:
    """64 bits where the largest products surely fit them, which is nearly always; else 128."""
    numerator = math.prod(_largest(frame[name]) for name in above)
    denominator = math.prod((_largest(frame[name]) for name in below), start=scale)
    return pl.Int64() if max(numerator, denominator * 2) < _LARGEST else pl.Int128()
