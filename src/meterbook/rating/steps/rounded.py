"""Ratios rounded to whole steps, in frames: what the rounding names several times becomes a column first.

The rounding names numerator and denominator several times in one expression, and the time an expression takes
grows faster than its depth. As columns they are worked out once; the expression over them is always the same.
"""

import functools
from collections.abc import Mapping

import polars as pl

from meterbook.kernel import rounding

HALF_UP = frozenset({rounding.Mode.HALF_UP})


def to_steps(
    frame: pl.LazyFrame,
    *,
    numerators: Mapping[str, pl.Expr],
    denominator: pl.Expr,
    step: pl.Expr,
    modes: frozenset[rounding.Mode],
    mode: str = "",
) -> pl.LazyFrame:
    """For each name a column, its numerator / denominator in whole multiples of `step`; null beyond 64 bits.

    Worked out in 128 bits. `mode` names a column of rounding.Mode which holds `modes`; it isn't looked at if
    there is only one. Leaves columns with an underscore behind.
    """
    wide = {f"_above_{name}": numerator.cast(pl.Int128) for name, numerator in numerators.items()}
    below = denominator.cast(pl.Int128) * step.cast(pl.Int128)
    return frame.with_columns(**wide, _below=below, _step=step.cast(pl.Int128)).with_columns(
        **{name: _rounded(f"_above_{name}", mode, modes) for name in numerators}
    )


@functools.lru_cache
def _rounded(above: str, mode: str, modes: frozenset[rounding.Mode]) -> pl.Expr:
    steps = rounding.ratio_expression(
        numerator=pl.col(above), denominator=pl.col("_below"), mode=pl.col(mode), modes=modes
    )
    return (steps * pl.col("_step")).cast(pl.Int64, strict=False)
