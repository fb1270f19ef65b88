"""Free quantities: after conversion and rounding, before any price. The first concession that applies
counts.
"""

import polars as pl

from meterbook.rating import book as books
from meterbook.rating import tariff
from meterbook.rating.steps import conditions, months, plans, usages


def grant(frame: pl.DataFrame, book: books.TariffBook) -> pl.DataFrame:
    """Adds free_milli and free_component_no where a version grants a free quantity.

    A monthly allowance is taken for each month of the whole usage; a pooled one for the whole year, less what
    was free before. It never exceeds the quantity, and a negative quantity has none. Segments whose version
    grants nothing have nothing free.
    """
    offers = book.links.free
    if offers.is_empty():
        return frame
    numbered = frame.with_row_index("_row")
    is_offered = pl.col("tariff_version_id").is_in(offers["tariff_version_id"].implode())
    offered = numbered.filter(is_offered).join(offers, on="tariff_version_id")
    if offered.is_empty():
        return frame
    choices, paid_on = (usages.column(frame, name) for name in ("choices", "paid_on"))
    held = conditions.holding(offered.lazy(), book, choices=choices, paid_on=paid_on)
    offered = plans.collected(held, rows=offered.height)
    if offered.is_empty():
        return frame
    offered = offered.with_columns(_months=_months(offered, book))
    offered = (
        offered.with_columns(allowed_milli=_allowance(offered))
        .sort("_row", "free_component_no")
        .unique("_row", keep="first", maintain_order=True)
    )
    granted = _granted(offered).select("_row", "free_component_no", "free_milli")
    return numbered.join(granted, on="_row", how="left", maintain_order="left").drop("_row")


def _granted(offered: pl.DataFrame) -> pl.DataFrame:
    """No more than there is to charge; segments of one usage share its allowance, the earliest first."""
    there = pl.col("quantity_milli").clip(lower_bound=0)
    if "cut_usage" not in offered.columns:
        return offered.with_columns(free_milli=pl.min_horizontal("allowed_milli", there))
    parts = [
        offered.filter(pl.col("cut_usage").is_null()).with_columns(
            free_milli=pl.min_horizontal("allowed_milli", there)
        )
    ]
    taken = pl.DataFrame(schema={"cut_usage": pl.UInt32(), "taken_milli": pl.Int64()})
    for segment_no in sorted(offered["segment_no"].drop_nulls().unique()):
        left = (pl.col("allowed_milli") - pl.col("taken_milli").fill_null(0)).clip(lower_bound=0)
        part = (
            offered.filter(pl.col("segment_no") == segment_no)
            .join(taken, on="cut_usage", how="left")
            .with_columns(free_milli=pl.min_horizontal(left, there))
            .drop("taken_milli")
        )
        parts.append(part)
        found = pl.concat([taken, part.select("cut_usage", taken_milli="free_milli")])
        taken = found.group_by("cut_usage").agg(pl.col("taken_milli").sum())
    return pl.concat(parts)


def _allowance(frame: pl.DataFrame) -> pl.Expr:
    allowance = pl.col("allowance_milli")
    monthly = pl.when("is_monthly").then(allowance * pl.col("_months")).otherwise(allowance)
    year = pl.when("is_monthly").then(allowance * months.MONTHS_A_YEAR).otherwise(allowance)
    used = usages.column(frame, "free_before_milli").fill_null(0)
    return pl.when("is_pooled").then((year - used).clip(lower_bound=0)).otherwise(monthly)


def _months(frame: pl.DataFrame, book: books.TariffBook) -> pl.Expr:
    is_stated = "months" in frame.columns
    started = [
        version_id
        for version_id in frame["tariff_version_id"].unique()
        if book.versions[version_id].month_count is tariff.MonthCount.STARTED
    ]
    return (
        pl.when(pl.col("tariff_version_id").is_in(started))
        .then(months.months(is_stated=is_stated, month_count=tariff.MonthCount.STARTED))
        .otherwise(months.months(is_stated=is_stated, month_count=tariff.MonthCount.NEAREST))
    )
