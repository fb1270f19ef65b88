"""Whole numbers of a stated scale written as decimal text, a column at once; as kernel.scaled writes one."""

from collections.abc import Sequence

import polars as pl


def decimal_text(value: pl.Expr, *, decimals: int, trim_to: int | None = None) -> pl.Expr:
    """`value` (Int64, in 10^-decimals) without grouping; `trim_to` drops zeros down to that many decimals."""
    if decimals == 0:
        return value.cast(pl.String)
    scale = 10**decimals
    # as unsigned numbers, since the size of the smallest Int64 is one more than the largest
    size = value.cast(pl.Int128).abs()
    whole = (size // scale).cast(pl.String)
    fraction = (size % scale).cast(pl.String).str.zfill(decimals)
    if trim_to is not None:
        fraction = fraction.str.slice(0, trim_to) + fraction.str.slice(trim_to).str.strip_chars_end("0")
    sign = pl.when(value < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    point = pl.when(fraction == "").then(pl.lit("")).otherwise(pl.lit("."))
    return pl.when(value.is_not_null()).then(sign + whole + point + fraction)


def money_text(value: pl.Expr, *, exponent: pl.Expr, exponents: Sequence[int]) -> pl.Expr:
    """Minor units as text, each row with the decimals of its own currency (one of `exponents`)."""
    return pl.coalesce(
        pl.when(exponent == decimals).then(decimal_text(value, decimals=decimals)) for decimals in exponents
    )
