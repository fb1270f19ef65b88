"""Whether a condition of the tariff holds for a usage: what it chose, its last day, the day it was paid."""

import polars as pl

from meterbook.rating import book as books
from meterbook.rating.steps import usages


def holding(
    frame: pl.LazyFrame, book: books.TariffBook, *, choices: pl.Expr, paid_on: pl.Expr
) -> pl.LazyFrame:
    """Rows of a frame with condition_no whose condition holds, or that have none; columns unchanged.

    `choices` and `paid_on` are the usages' columns of these names.
    """
    conditions, asked = book.links.conditions, book.links.conditions_asked
    if not asked:
        return frame
    last_day = usages.last_day()
    holds = {
        "choice": _is_chosen(choices),
        "valid_from": _starts_by(last_day, "valid_from"),
        "valid_until": _ends_after(last_day, "valid_until"),
        "paid_from": _starts_by(paid_on, "paid_from"),
        "paid_until": _ends_after(paid_on, "paid_until"),
    }
    joined = frame.join(
        conditions.lazy().select("condition_no", *asked),
        on="condition_no",
        how="left",
        maintain_order="left",
    )
    return joined.filter(pl.all_horizontal(holds[name] for name in asked)).drop(asked)


def _is_chosen(choices: pl.Expr) -> pl.Expr:
    return pl.col("choice").is_null() | choices.list.contains(pl.col("choice")).fill_null(value=False)


def _starts_by(day: pl.Expr, bound: str) -> pl.Expr:
    return pl.col(bound).is_null() | (day >= pl.col(bound)).fill_null(value=False)


def _ends_after(day: pl.Expr, bound: str) -> pl.Expr:
    return pl.col(bound).is_null() | (day < pl.col(bound)).fill_null(value=False)
