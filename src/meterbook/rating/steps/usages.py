"""The usages as they come in: checked, in order, with no more columns than they need."""

import polars as pl

from meterbook.kernel import frames
from meterbook.rating import columns


def checked(usage_frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of USAGE and those of USAGE_MORE that hold anything; kernel.frames.FrameError on wrong
    types.
    """
    schema = usage_frame.schema
    asked = [name for name in columns.USAGE.columns if name in schema]
    named = [name for name in columns.USAGE_MORE.columns if name in schema]
    usages = columns.USAGE.check(usage_frame[asked])
    problems = tuple(
        f"column {name} is {schema[name]}, not {columns.USAGE_MORE.columns[name]}"
        for name in named
        if schema[name] != columns.USAGE_MORE.columns[name]
    )
    if problems:
        raise frames.FrameError(schema=columns.USAGE_MORE.name, problems=problems)
    filled = [column for name in named if (column := usage_frame[name]).null_count() < usage_frame.height]
    return usages.hstack(filled) if filled else usages


def column(frame: pl.DataFrame, name: str) -> pl.Expr:
    """A column of USAGE_MORE, nulls where the frame doesn't have it."""
    if name in frame.columns:
        return pl.col(name)
    return pl.lit(None, dtype=columns.USAGE_MORE.columns[name])


def last_day() -> pl.Expr:
    """The last day of supply: the day before the closing reading's."""
    return pl.col("period_until").dt.offset_by("-1d")


def days() -> pl.Expr:
    """Days from period_from to period_until."""
    return pl.col("period_until").cast(pl.Int64) - pl.col("period_from").cast(pl.Int64)
