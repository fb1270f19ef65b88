"""From what a meter counts to what is charged: factors, rounding, carried fractions."""

import polars as pl

from meterbook.kernel import rounding
from meterbook.rating import book as books
from meterbook.rating import book_links
from meterbook.rating.charges import kinds
from meterbook.rating.steps import distinct, plans, rounded, usages

_RULE = {name: dtype for name, dtype in book_links.CONVERSIONS.items() if name != "tariff_version_id"}
_ASKED = ("tariff_version_id", "quantity_milli", "calorific_micro", "carried_milli")


def convert(frame: pl.DataFrame, book: books.TariffBook) -> pl.DataFrame:
    """Quantities in the tariff's unit, in the steps it bills; only for versions that ask for it.

    Null where a result leaves 64 bits. quantity x factor x calorific value / divisor, rounded once; then
    what was carried over is added, and the whole is brought to the billed step.
    """
    links = book.links
    if links.conversions.is_empty():
        return frame
    rows = _rows(frame, links)
    if rows is not None and rows.is_empty():
        return frame
    asked = frame[[name for name in _ASKED if name in frame.columns]]
    asked = asked if rows is None else asked[rows]
    rules = distinct.worked_out(
        asked, keys=["tariff_version_id"], schema=_RULE, find=links.conversion_rows.__getitem__
    )
    joined = asked.hstack(rules)
    # the columns of the usages, whether the plan knows their names or not
    carried, calorific = (usages.column(joined, name) for name in ("carried_milli", "calorific_micro"))
    worked = joined.lazy()
    if links.any_converts:
        worked = _converted(worked, metered=calorific, modes=links.converted_modes)
    if links.any_bills_steps:
        worked = _billed(worked, carried=carried, modes=links.billed_modes)
    charged = plans.collected(worked.select("quantity_milli"), rows=joined.height).to_series()
    return frame.with_columns(charged if rows is None else frame["quantity_milli"].scatter(rows, charged))


def _rows(frame: pl.DataFrame, links: book_links.Links) -> pl.Series | None:
    """The rows of usages whose versions ask for it; None: all."""
    versions = frame["tariff_version_id"]
    if links.all_convert and distinct.values(versions) <= links.conversion_rows.keys():
        return None
    return versions.is_in(links.conversions["tariff_version_id"].implode()).arg_true()


def _converted(frame: pl.LazyFrame, *, metered: pl.Expr, modes: frozenset[rounding.Mode]) -> pl.LazyFrame:
    calorific = pl.when("is_calorific_metered").then(metered).otherwise("tariff_calorific_micro")
    factor = pl.col("factor_micro").cast(pl.Int128) * calorific.cast(pl.Int128)
    return rounded.to_steps(
        frame,
        numerators={"quantity_milli": pl.col("quantity_milli").cast(pl.Int128) * factor},
        denominator=pl.col("divisor_micro").cast(pl.Int128) * kinds.MILLION,
        step=pl.col("converted_step_milli"),
        mode="converted_mode",
        modes=modes,
    )


def _billed(frame: pl.LazyFrame, *, carried: pl.Expr, modes: frozenset[rounding.Mode]) -> pl.LazyFrame:
    over = pl.when("is_carried").then(carried.fill_null(0)).otherwise(0)
    return rounded.to_steps(
        frame,
        numerators={"quantity_milli": pl.col("quantity_milli") + over},
        denominator=pl.lit(1),
        step=pl.col("billed_step_milli"),
        mode="billed_mode",
        modes=modes,
    )
