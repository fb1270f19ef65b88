"""How many months a usage has, when it doesn't say."""

import polars as pl

from meterbook.rating import tariff
from meterbook.rating.steps import usages

MONTHS_A_YEAR = 12
_YEAR_DAYS = 365


def months(frame: pl.DataFrame, *, month_count: tariff.MonthCount) -> pl.Expr:
    """Months of a usage, at least one: as stated, else days x 12 / 365 half up, or every begun month."""
    return usages.column(frame, "months").cast(pl.Int64).fill_null(counted(month_count=month_count))


def counted(*, month_count: tariff.MonthCount) -> pl.Expr:
    """Months between period_from and period_until."""
    if month_count is tariff.MonthCount.STARTED:
        return _begun().clip(lower_bound=1)
    doubled = usages.days() * (MONTHS_A_YEAR * 2) + _YEAR_DAYS
    return (doubled // (_YEAR_DAYS * 2)).clip(lower_bound=1)


def _begun() -> pl.Expr:
    """From the 31st to the 28th of a later month is not more than from the 28th to the 28th, but begun."""
    first, until = pl.col("period_from").dt, pl.col("period_until").dt
    whole = (until.year() - first.year()).cast(pl.Int64) * MONTHS_A_YEAR
    whole = whole + (until.month().cast(pl.Int64) - first.month().cast(pl.Int64))
    return whole + (until.day() > first.day()).cast(pl.Int64)
