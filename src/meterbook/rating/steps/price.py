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
from meterbook.rating import book_stages, unratables
from meterbook.rating.charges import area, kinds, tiers
from meterbook.rating.steps import months
from meterbook.rating.steps import run as runs

_LARGEST = scaled.LARGEST
_LARGEST_FACTOR = 2**31 - 1


def terms(frame: pl.DataFrame, run: runs.Run) -> pl.DataFrame:
    """Price, rounding and tax of each line, from row price_no of the group's terms."""
    return frame.hstack(run.group.terms[frame["price_no"]])


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
    part = _share_of(start + pl.col("quantity_milli")) - _share_of(start)
    is_rounded = pl.col("share_step_milli").is_not_null()
    return frame.with_columns(
        quantity_milli=pl.when(is_rounded).then(part).otherwise("quantity_milli"),
        share_ppm=pl.when(is_rounded).then(pl.lit(kinds.MILLION, dtype=pl.Int32)).otherwise("share_ppm"),
    )


def _share_of(counter: pl.Expr) -> pl.Expr:
    return rounding.step_expression(
        numerator=counter.cast(pl.Int128) * pl.col("share_ppm").cast(pl.Int128),
        denominator=pl.lit(kinds.MILLION, dtype=pl.Int128),
        step=pl.col("share_step_milli").fill_null(1).cast(pl.Int128),
        mode=pl.lit(rounding.Mode.HALF_UP),
    )


def factors(frame: pl.DataFrame, run: runs.Run) -> pl.DataFrame:
    """factor_ppm (share, building, height) and the time as a fraction; both one where nothing is asked."""
    if not run.has(books.Feature.FACTORS) and not run.is_segmented:
        one = pl.lit(1, dtype=pl.Int32)
        return frame.with_columns(
            factor_ppm=pl.lit(kinds.MILLION, dtype=pl.Int32), time_numerator=one, time_denominator=one
        )
    numerator, denominator = _time(frame, run)
    frame = frame.with_columns(
        factor_ppm=pl.col("share_ppm"),
        time_numerator=numerator.cast(pl.Int32),
        time_denominator=denominator.cast(pl.Int32),
    )
    return _area_factors(frame, run)


def _time(frame: pl.DataFrame, run: runs.Run) -> tuple[pl.Expr, pl.Expr]:
    """Months and single amounts of a segment are its days' part of the usage's; days are its own."""
    year_days = run.group.profile.year_days
    time, days = pl.col("time"), (pl.col("period_until") - pl.col("period_from")).dt.total_days()
    counted = months.months(frame, month_count=run.group.profile.month_count)
    part, whole = pl.lit(1, dtype=pl.Int64), pl.lit(1, dtype=pl.Int64)
    if run.is_segmented:
        # fixed charges of a segment by its days; quantities were cut already
        is_cut = (pl.col("segment_days") < pl.col("usage_days")).fill_null(value=False)
        is_cut &= ~pl.col("basis").is_in(sorted(kinds.METERED))
        # a limit of the whole bill is the same however the bill was cut
        is_cut &= ~pl.col("kind").is_in(sorted(book_stages.OF_WHOLE_BILL))
        part = pl.when(is_cut).then(pl.col("segment_days")).otherwise(1)
        whole = pl.when(is_cut).then(pl.col("usage_days")).otherwise(1)
    cases = {
        kinds.Time.ONCE: (part, whole),
        kinds.Time.MONTHS: (counted * part, whole),
        kinds.Time.MONTHS_BY_DAYS: (days * months.MONTHS_A_YEAR, pl.lit(year_days, dtype=pl.Int64)),
        kinds.Time.DAYS: (days, pl.lit(1, dtype=pl.Int64)),
    }
    if run.has(books.Feature.HEATING_SEASON):
        cases[kinds.Time.SEASON_DAYS] = (pl.col("served_days"), pl.col("season_days"))
        cases[kinds.Time.SEASON_MONTHS] = (pl.col("served_months") * part, pl.col("season_months") * whole)
    numerator = pl.coalesce(pl.when(time == case).then(pair[0]) for case, pair in cases.items())
    denominator = pl.coalesce(pl.when(time == case).then(pair[1]) for case, pair in cases.items())
    return numerator, denominator


def _area_factors(frame: pl.DataFrame, run: runs.Run) -> pl.DataFrame:
    """One factor for every distinct component, class of building and height: few, so they are worked out one
    by one.
    """
    is_area = pl.col("kind") == kinds.ChargeKind.AREA
    keys = ["tariff_version_id", "set_no", "component_no", "area_class", "height_milli"]
    asked = frame.filter(is_area)
    if asked.is_empty():
        return frame
    given = {name: run.column(name).alias(name) for name in ("area_class", "height_milli")}
    set_no = pl.col("set_no") if "set_no" in frame.columns else pl.lit(0, dtype=pl.Int16)
    rows = []
    for row in asked.with_columns(*given.values(), set_no=set_no).select(keys).unique().iter_rows(named=True):
        charge = _charge(run, row["tariff_version_id"], row["set_no"], row["component_no"])
        found = charge.factor_ppm(area_class=row["area_class"], height_milli=row["height_milli"])
        rows.append((*(row[name] for name in keys), found if found <= _LARGEST_FACTOR else None))
    schema = {
        "tariff_version_id": pl.Int32(),
        "set_no": pl.Int16(),
        "component_no": pl.Int16(),
        "area_class": pl.String(),
        "height_milli": pl.Int64(),
        "area_factor_ppm": pl.Int32(),
    }
    known = pl.DataFrame(rows, schema=schema, orient="row")
    joined = frame.with_columns(*given.values(), set_no=set_no).join(
        known, on=keys, how="left", nulls_equal=True, maintain_order="left"
    )
    lost = joined.filter(is_area & pl.col("area_factor_ppm").is_null())
    if lost.height:
        raise unratables.RatingError(unratables.too_large(lost, ("area_factor_ppm",)))
    return joined.with_columns(factor_ppm=pl.coalesce("area_factor_ppm", "factor_ppm")).drop(
        "area_factor_ppm"
    )


def _charge(run: runs.Run, version_id: int, set_no: int, component_no: int) -> area.Area:
    sets = run.book.versions[version_id].price_sets
    [components] = (entry.components for entry in sets if entry.set_no == set_no)
    charge = components[component_no - 1].charge
    assert isinstance(charge, area.Area)
    return charge


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
    numerator = _product(above, number)
    steps = rounding.ratio_expression(
        numerator=numerator, denominator=_product(below, number) * scale, mode=pl.col("rounding_mode")
    )
    amount = (steps * pl.col("step_minor").cast(number)).cast(pl.Int64, strict=False)
    priced = frame.with_columns(amount_minor=amount)
    if priced["amount_minor"].null_count():
        raise unratables.RatingError(unratables.too_large(priced))
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
