"""From what a meter counts to what is charged: factors, rounding, carried fractions."""

import polars as pl

from meterbook.kernel import rounding
from meterbook.rating import book as books
from meterbook.rating.charges import kinds
from meterbook.rating.steps import usages


def convert(frame: pl.DataFrame, book: books.TariffBook) -> pl.DataFrame:
    """Quantities in the tariff's unit, in the steps it bills; only for versions that ask for it.

    Null where a result leaves 64 bits. quantity x factor x calorific value / divisor, rounded once; then
    what was carried over is added, and the whole is brought to the billed step.
    """
    conversions = book.links.conversions
    is_asked = pl.col("tariff_version_id").is_in(conversions["tariff_version_id"].implode())
    asked = frame if conversions.is_empty() else frame.filter(is_asked)
    if conversions.is_empty() or asked.is_empty():
        return frame
    joined = asked.join(conversions, on="tariff_version_id")
    joined = joined.with_columns(quantity_milli=_converted(joined))
    carried = pl.when("is_carried").then(usages.column(joined, "carried_milli").fill_null(0)).otherwise(0)
    billed = rounding.step_expression(
        numerator=(pl.col("quantity_milli") + carried).cast(pl.Int128),
        denominator=pl.lit(1, dtype=pl.Int128),
        step=pl.col("billed_step_milli").cast(pl.Int128),
        mode=pl.col("billed_mode"),
        strict=False,
    )
    converted = joined.with_columns(quantity_milli=billed).select(frame.columns)
    return pl.concat([frame.filter(~is_asked), converted])


def _converted(frame: pl.DataFrame) -> pl.Expr:
    metered = usages.column(frame, "calorific_micro")
    calorific = pl.when("is_calorific_metered").then(metered).otherwise("tariff_calorific_micro")
    factor = pl.col("factor_micro").cast(pl.Int128) * calorific.cast(pl.Int128)
    return rounding.step_expression(
        numerator=pl.col("quantity_milli").cast(pl.Int128) * factor,
        denominator=pl.col("divisor_micro").cast(pl.Int128) * kinds.MILLION,
        step=pl.col("converted_step_milli").cast(pl.Int128),
        mode=pl.col("converted_mode"),
        strict=False,
    )
