"""Which of a version's price sets a usage pays: by its season and by the first programme that applies."""

import polars as pl

from meterbook.rating import book as books
from meterbook.rating import tariff
from meterbook.rating.steps import calendar_cuts, usages


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
    none = pl.lit(0, dtype=pl.Int16)
    if not seasonal:
        return frame.with_columns(set_no=none)
    keys = ["tariff_version_id", "period_until"]
    places = frame["tariff_version_id"].is_in(seasonal).arg_true()
    asked = frame.select(keys)[places]
    rows = [
        (version_id, until, calendar_cuts.season_on(book.versions[version_id], until - calendar_cuts.ONE_DAY))
        for version_id, until in asked.unique().iter_rows()
    ]
    schema = {"tariff_version_id": pl.Int32(), "period_until": pl.Date(), "set_no": pl.Int16()}
    found = asked.join(pl.DataFrame(rows, schema=schema, orient="row"), on=keys, maintain_order="left")
    numbers = pl.zeros(frame.height, dtype=pl.Int16, eager=True).scatter(places, found["set_no"])
    if "season_no" not in frame.columns:
        return frame.with_columns(set_no=numbers)
    return frame.with_columns(set_no=pl.coalesce("season_no", numbers))
