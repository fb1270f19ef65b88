"""How much of its heating season a usage covers, in days and in months."""

import datetime as dt

import polars as pl

from meterbook.kernel import period
from meterbook.rating import book as books
from meterbook.rating.steps import calendar_cuts
from meterbook.rating.steps import run as runs

_KEYS = ["tariff_version_id", "period_from", "period_until"]
_ENDS = ("from", "until")
ADDED = ("season_days", "served_days", "season_months", "served_months")


def season_lengths(frame: pl.DataFrame, run: runs.Run) -> pl.DataFrame:
    """Adds columns ADDED: the season's days and months, and those of them the usage covers (begun months)."""
    if not run.has(books.Feature.HEATING_SEASON):
        return frame
    keys = list(_KEYS)
    keyed = frame
    if run.is_segmented:
        whole = {f"_usage_{end}": pl.coalesce(f"usage_{end}", f"period_{end}") for end in _ENDS}
        keyed, keys = frame.with_columns(**whole), [*_KEYS, *whole]
    rows = []
    for key in keyed.select(keys).unique().iter_rows():
        version_id, from_, until = key[:3]
        usage_from, usage_until = key[-2:]
        version = run.book.versions[version_id]
        first, end = calendar_cuts.heating_season(version, from_)
        served_days = max(0, (min(until, end) - max(from_, first)).days)
        # begun months are the whole usage's, in its own season; a segment has its days' part of them
        opened, closed = calendar_cuts.heating_season(version, usage_from)
        months = _begun_months(opened, closed)
        served = min(months, _begun_months(max(usage_from, opened), min(usage_until, closed)))
        rows.append((*key, (end - first).days, served_days, months, served))
    schema = {name: keyed.schema[name] for name in keys} | dict.fromkeys(ADDED, pl.Int64())
    lengths = pl.DataFrame(rows, schema=schema, orient="row")
    return keyed.join(lengths, on=keys, how="left", maintain_order="left").drop(keys[len(_KEYS) :])


def _begun_months(start: dt.date, stop: dt.date) -> int:
    """Months begun from `start` to `stop`; none where the days don't follow."""
    count = 0
    while period.add_months(start, count) < stop:
        count += 1
    return count
