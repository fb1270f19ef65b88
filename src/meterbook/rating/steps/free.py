"""Free quantities: after conversion and rounding, before any price. The first concession that applies
counts.
"""

import polars as pl

from meterbook.rating import book as books
from meterbook.rating import tariff
from meterbook.rating.steps import conditions, months, usages


def grant(frame: pl.DataFrame, book: books.TariffBook) -> pl.DataFrame:
    """Adds free_milli and free_component_no where a version grants a free quantity.

    A monthly allowance is taken for each month of the usage; a pooled one for the whole year, less what was
    free before. It never exceeds the quantity, and a negative quantity has none.
    """
    offers = book.links.free
    if offers.is_empty():
        return frame
    numbered = frame.with_row_index("_row")
    offered = conditions.holding(numbered.join(offers, on="tariff_version_id"), book)
    if offered.is_empty():
        return frame
    offered = offered.with_columns(_months=_months(offered, book))
    granted = (
        offered.with_columns(free_milli=_allowance(offered))
        .sort("_row", "free_component_no")
        .unique("_row", keep="first", maintain_order=True)
        .select("_row", "free_component_no", "free_milli")
    )
    return numbered.join(granted, on="_row", how="left", maintain_order="left").drop("_row")


def _allowance(frame: pl.DataFrame) -> pl.Expr:
    allowance = pl.col("allowance_milli")
    monthly = pl.when("is_monthly").then(allowance * pl.col("_months")).otherwise(allowance)
    year = pl.when("is_monthly").then(allowance * months.MONTHS_A_YEAR).otherwise(allowance)
    used = usages.column(frame, "free_before_milli").fill_null(0)
    most = pl.when("is_pooled").then((year - used).clip(lower_bound=0)).otherwise(monthly)
    return pl.min_horizontal(most, pl.col("quantity_milli").clip(lower_bound=0))


def _months(frame: pl.DataFrame, book: books.TariffBook) -> pl.Expr:
    started = [
        version_id
        for version_id in frame["tariff_version_id"].unique()
        if book.versions[version_id].month_count is tariff.MonthCount.STARTED
    ]
    return (
        pl.when(pl.col("tariff_version_id").is_in(started))
        .then(months.months(frame, month_count=tariff.MonthCount.STARTED))
        .otherwise(months.months(frame, month_count=tariff.MonthCount.NEAREST))
    )
