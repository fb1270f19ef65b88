"""Every usage meets the prices of its version and price set, as far as they hold for it."""

import polars as pl

from meterbook.rating import book as books
from meterbook.rating import book_groups, book_stages
from meterbook.rating.charges import kinds
from meterbook.rating.steps import conditions
from meterbook.rating.steps import run as runs


def match(frame: pl.LazyFrame, run: runs.Run) -> pl.LazyFrame:
    """One row for each usage and price row, in the order of both."""
    prices = run.group.matchable.lazy()
    if not run.has(books.Feature.SETS):
        # one price set for each version: its number says nothing more
        return frame.join(prices, on="tariff_version_id", how="inner", maintain_order="left_right")
    return (
        frame.with_columns(price_set=book_groups.price_set())
        .join(prices, on="price_set", how="inner", maintain_order="left_right")
        .drop("price_set")
    )


def keep_what_holds(frame: pl.LazyFrame, run: runs.Run) -> pl.LazyFrame:
    """Drop prices for other meter sizes, unchosen or expired components, and all but one of what is per
    bill.
    """
    if run.has(books.Feature.CALIBRE):
        is_own = pl.col("price_calibre_mm") == run.column("calibre_mm")
        frame = frame.filter(pl.col("price_calibre_mm").is_null() | is_own)
    if run.is_segmented and run.has(books.Feature.DERIVED):
        is_once = pl.col("kind").is_in(sorted(book_stages.OF_WHOLE_BILL))
        frame = frame.filter(~is_once | pl.col("is_last").fill_null(value=True))
    if run.has(books.Feature.FREE):
        frame = frame.filter(_is_granted(run))
    if run.has(books.Feature.CONDITIONS):
        choices, paid_on = run.column("choices"), run.column("paid_on")
        return conditions.holding(frame, run.book, choices=choices, paid_on=paid_on)
    return frame


def _is_granted(run: runs.Run) -> pl.Expr:
    """Of several free quantities only the one that was granted has a line."""
    is_other = pl.col("kind") != kinds.ChargeKind.FREE_QUANTITY
    if "free_component_no" not in run.names:
        return is_other
    is_granted = (pl.col("free_component_no") == pl.col("component_no")) & (pl.col("free_milli") > 0)
    return is_other | is_granted.fill_null(value=False)
