"""Whether a condition of the tariff holds for a usage: what it chose, its last day, the day it was paid."""

import polars as pl

from meterbook.rating import book as books
from meterbook.rating.steps import usages


def holding(frame: pl.LazyFrame, book: books.TariffBook) -> pl.LazyFrame:
    """Rows of a frame with condition_no whose condition holds, or that have none; columns unchanged."""
    conditions = book.links.conditions.lazy()
    joined = frame.join(conditions, on="condition_no", how="left", maintain_order="left")
    choices, paid_on = usages.column(frame, "choices"), usages.column(frame, "paid_on")
    last_day = usages.last_day()
    holds = (
        _is_chosen(choices)
        & _starts_by(last_day, "valid_from")
        & _ends_after(last_day, "valid_until")
        & _starts_by(paid_on, "paid_from")
        & _ends_after(paid_on, "paid_until")
    )
    return joined.filter(holds.fill_null(value=False)).select(frame.collect_schema().names())


def _is_chosen(choices: pl.Expr) -> pl.Expr:
    return pl.col("choice").is_null() | choices.list.contains(pl.col("choice")).fill_null(value=False)


def _starts_by(day: pl.Expr, bound: str) -> pl.Expr:
    return pl.col(bound).is_null() | (day >= pl.col(bound)).fill_null(value=False)


def _ends_after(day: pl.Expr, bound: str) -> pl.Expr:
    return pl.col(bound).is_null() | (day < pl.col(bound)).fill_null(value=False)
