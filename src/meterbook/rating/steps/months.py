"""How many months a usage has, when it doesn't say."""

import functools

import polars as pl

from meterbook.rating import tariff
from meterbook.rating.steps import usages

MONTHS_A_YEAR = 12
_YEAR_DAYS = 365


@functools.lru_cache
def months(*, is_stated: bool, month_count: tariff.MonthCount) -> pl.Expr:
    """Months of a usage, at least one: days x 12 / 365 half up, or every begun month; where there is a column
    months (`is_stated`) as it states.
    """
    found = counted(month_count=month_count)
    return pl.col("months").cast(pl.Int64).fill_null(found) if is_stated else found


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
