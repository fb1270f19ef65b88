"""Ratios rounded to whole steps, in frames: what the rounding names several times becomes a column first.

`kernel.rounding` names numerator and denominator many times in one expression. As columns they are worked out
once, which is most of the time a rounding takes; the expression over them is always the same one.
"""

import polars as pl

from meterbook.kernel import rounding

_PARTS = ("_numerator", "_denominator", "_step", "_mode")
_ROUNDED = rounding.step_expression(
    numerator=pl.col("_numerator"),
    denominator=pl.col("_denominator"),
    step=pl.col("_step"),
    mode=pl.col("_mode"),
    strict=False,
)


def to_step(
    frame: pl.LazyFrame, *, name: str, numerator: pl.Expr, denominator: pl.Expr, step: pl.Expr, mode: pl.Expr
) -> pl.LazyFrame:
    """Column `name` as numerator / denominator in whole multiples of `step`; null beyond 64 bits.

    Worked out in 128 bits. `mode` is a rounding.Mode. Leaves columns with an underscore behind.
    """
    wide = (part.cast(pl.Int128) for part in (numerator, denominator, step))
    parts = dict(zip(_PARTS, (*wide, mode), strict=True))
    return frame.with_columns(**parts).with_columns(_ROUNDED.alias(name))
