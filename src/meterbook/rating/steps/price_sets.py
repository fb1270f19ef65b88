"""Which of a version's price sets a usage pays: by its season and by the first programme that applies."""

import datetime as dt

import polars as pl

from meterbook.rating import book as books
from meterbook.rating import tariff
from meterbook.rating.steps import calendar_cuts, distinct, usages


def choose(frame: pl.DataFrame, book: books.TariffBook) -> pl.DataFrame:
    """Adds set_no where any version of the book has more than one set."""
    if all(len(version.price_sets) == 1 for version in book.versions.values()):
        return frame
    numbered = _with_season(frame, book)
    if "choices" not in frame.columns or book.links.programmes.is_empty():
        return numbered
    numbered = numbered.with_row_index("_row")
    last_day = usages.last_day()
    begun = pl.col("programme_from").is_null() | (last_day >= pl.col("programme_from"))
    running = pl.col("programme_until").is_null() | (last_day < pl.col("programme_until"))
    entitled = (
        numbered.filter(pl.col("choices").is_not_null())
        .explode("choices")
        .join(book.links.programmes, on=["tariff_version_id", "choices"])
        .filter(begun & running)
        .group_by("_row")
        .agg(programme_no=pl.col("programme_no").min())
    )
    set_no = pl.col("set_no") + pl.col("programme_no").fill_null(0) * tariff.SETS_A_PROGRAMME
    return (
        numbered.join(entitled, on="_row", how="left", maintain_order="left")
        .with_columns(set_no=set_no.cast(pl.Int16))
        .drop("_row", "programme_no")
    )


def _with_season(frame: pl.DataFrame, book: books.TariffBook) -> pl.DataFrame:
    """set_no of the season: a segment's own, else that of the last day."""
    seasonal = [version_id for version_id, version in book.versions.items() if version.seasons]
    if not seasonal:
        return frame.with_columns(_NO_SET)

    def season(version_id: int, until: dt.date) -> tuple[int]:
        version = book.versions.get(version_id)
        # of a version that isn't there nothing is known; another check refuses it
        return (calendar_cuts.season_on(version, until - calendar_cuts.ONE_DAY) if version else 0,)

    keys = ["tariff_version_id", "period_until"]
    schema = {"set_no": pl.Int16()}
    if len(seasonal) == len(book.versions):
        found = frame.hstack(distinct.worked_out(frame, keys=keys, schema=schema, find=season))
    else:
        # nothing is looked up for the many without seasons
        places = frame["tariff_version_id"].is_in(seasonal).arg_true()
        numbers = distinct.worked_out(frame[keys][places], keys=keys, schema=schema, find=season)
        found = frame.with_columns(_NO_SET)
        found = found.with_columns(found["set_no"].scatter(places, numbers["set_no"]))
    if "season_no" not in frame.columns:
        return found
    return found.with_columns(set_no=pl.coalesce("season_no", "set_no"))


_NO_SET = pl.lit(0, dtype=pl.Int16).alias("set_no")
