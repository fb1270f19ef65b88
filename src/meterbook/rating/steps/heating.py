"""How much of its heating season a usage covers, in days and in months."""

import datetime as dt

import polars as pl

from meterbook.kernel import period
from meterbook.rating import book as books
from meterbook.rating.steps import calendar_cuts
from meterbook.rating.steps import run as runs

_KEYS = ["tariff_version_id", "period_from", "period_until"]
ADDED = ("season_days", "served_days", "season_months", "served_months")


def season_lengths(frame: pl.DataFrame, run: runs.Run) -> pl.DataFrame:
    """Adds columns ADDED: the season's days and months, and those of them the usage covers (begun months)."""
    if not run.has(books.Feature.HEATING_SEASON):
        return frame
    rows = []
    for version_id, from_, until in frame.select(_KEYS).unique().iter_rows():
        first, end = calendar_cuts.heating_season(run.book.versions[version_id], from_)
        start, stop = max(from_, first), min(until, end)
        months = _begun_months(first, end)
        served = (max(0, (stop - start).days), min(months, _begun_months(start, stop)))
        rows.append((version_id, from_, until, (end - first).days, served[0], months, served[1]))
    schema = {name: frame.schema[name] for name in _KEYS} | dict.fromkeys(ADDED, pl.Int64())
    lengths = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.join(lengths, on=_KEYS, how="left", maintain_order="left")


def _begun_months(start: dt.date, stop: dt.date) -> int:
    """Months begun from `start` to `stop`; none where the days don't follow."""
    count = 0
    while period.add_months(start, count) < stop:
        count += 1
    return count
