"""How much of its heating season a usage covers, in days and in months."""

import datetime as dt

import polars as pl

from meterbook.kernel import period
from meterbook.rating import book as books
from meterbook.rating.steps import calendar_cuts, distinct
from meterbook.rating.steps import run as runs

ADDED = ("season_days", "served_days", "season_months", "served_months")


def season_lengths(frame: pl.DataFrame, run: runs.Run) -> pl.DataFrame:
    """Adds columns ADDED: the season's days and months, and those of them the usage covers (begun months)."""
    if not run.has(books.Feature.HEATING_SEASON):
        return frame
    keys = ["tariff_version_id", "period_from", "period_until"]
    if run.is_segmented:
        keys += ["usage_from", "usage_until"]

    def lengths(
        version_id: int,
        from_: dt.date,
        until: dt.date,
        usage_from: dt.date | None = None,
        usage_until: dt.date | None = None,
    ) -> tuple[int, ...]:
        version = run.book.versions[version_id]
        first, end = calendar_cuts.heating_season(version, from_)
        served_days = max(0, (min(until, end) - max(from_, first)).days)
        # begun months are the whole usage's, in its own season; a segment has its days' part of them
        usage_from, usage_until = usage_from or from_, usage_until or until
        opened, closed = calendar_cuts.heating_season(version, usage_from)
        months = _begun_months(opened, closed)
        served = min(months, _begun_months(max(usage_from, opened), min(usage_until, closed)))
        return (end - first).days, served_days, months, served

    schema = dict.fromkeys(ADDED, pl.Int64())
    return frame.hstack(distinct.worked_out(frame, keys=keys, schema=schema, find=lengths))


def _begun_months(start: dt.date, stop: dt.date) -> int:
    """Months begun from `start` to `stop`; none where the days don't follow."""
    count = 0
    while period.add_months(start, count) < stop:
        count += 1
    return count
