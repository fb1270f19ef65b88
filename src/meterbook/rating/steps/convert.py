"""From what a meter counts to what is charged: factors, rounding, carried fractions."""

import polars as pl

from meterbook.rating import book as books
from meterbook.rating.charges import kinds
from meterbook.rating.steps import plans, rounded, usages

_ASKED = ("tariff_version_id", "quantity_milli", "calorific_micro", "carried_milli")


def convert(frame: pl.DataFrame, book: books.TariffBook) -> pl.DataFrame:
    """Quantities in the tariff's unit, in the steps it bills; only for versions that ask for it.

    Null where a result leaves 64 bits. quantity x factor x calorific value / divisor, rounded once; then
    what was carried over is added, and the whole is brought to the billed step.
    """
    links = book.links
    if links.conversions.is_empty():
        return frame
    rows = frame["tariff_version_id"].is_in(links.conversions["tariff_version_id"].implode()).arg_true()
    if rows.is_empty():
        return frame
    asked = [name for name in _ASKED if name in frame.columns]
    joined = frame.select(asked)[rows].join(links.conversions, on="tariff_version_id", maintain_order="left")
    # the columns of the usages, whether the plan knows their names or not
    carried, calorific = (usages.column(joined, name) for name in ("carried_milli", "calorific_micro"))
    worked = joined.lazy()
    if links.any_converts:
        worked = _converted(worked, metered=calorific)
    if links.any_bills_steps:
        worked = _billed(worked, carried=carried)
    charged = plans.collected(worked.select("quantity_milli"), rows=joined.height).to_series()
    return frame.with_columns(frame["quantity_milli"].scatter(rows, charged))


def _converted(frame: pl.LazyFrame, *, metered: pl.Expr) -> pl.LazyFrame:
    calorific = pl.when("is_calorific_metered").then(metered).otherwise("tariff_calorific_micro")
    factor = pl.col("factor_micro").cast(pl.Int128) * calorific.cast(pl.Int128)
    return rounded.to_step(
        frame,
        name="quantity_milli",
        numerator=pl.col("quantity_milli").cast(pl.Int128) * factor,
        denominator=pl.col("divisor_micro").cast(pl.Int128) * kinds.MILLION,
        step=pl.col("converted_step_milli"),
        mode=pl.col("converted_mode"),
    )


def _billed(frame: pl.LazyFrame, *, carried: pl.Expr) -> pl.LazyFrame:
    return rounded.to_step(
        frame,
        name="quantity_milli",
        numerator=pl.col("quantity_milli") + pl.when("is_carried").then(carried.fill_null(0)).otherwise(0),
        denominator=pl.lit(1),
        step=pl.col("billed_step_milli"),
        mode=pl.col("billed_mode"),
    )
