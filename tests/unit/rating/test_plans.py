"""Plans for few and for many usages: carried out differently, they give the same lines."""

import datetime as dt

import polars as pl
from polars import testing

from meterbook.interfaces.cli import tariff_files
from meterbook.rating import book, columns, engine

# More usages of each version than a plan for a few may have.
USAGES = 300


def library_usages(tariff_book: book.TariffBook) -> pl.DataFrame:
    first = max(version.effective_from for version in tariff_book.versions.values())
    place = pl.int_range(USAGES * len(tariff_book.versions), dtype=pl.Int64)
    return pl.select(
        usage_id=place + 1,
        tariff_version_id=(place % len(tariff_book.versions) + 1).cast(pl.Int32),
        quantity_milli=place * 977 % 60_000,
        before_milli=place * 7919 % 600_000,
        persons=(place % 7 + 1).cast(pl.Int16),
        period_from=pl.lit(first),
        period_until=pl.lit(first + dt.timedelta(days=61)),
    ).select(*columns.USAGE.columns)


def test_many_usages_together_give_what_a_few_at_a_time_give() -> None:
    paths = tariff_files.paths_below([tariff_files.library_folder()])
    plain = [path for path in paths if "water-residential" in path.name][:3]
    tariff_book = book.of_documents(tariff_files.read(path).document for path in plain)
    usages = library_usages(tariff_book)
    refused = engine.unratable(usages, tariff_book)
    rated = usages.join(refused, on="usage_id", how="anti")
    assert rated.height > USAGES
    together = engine.rate(rated, tariff_book)
    apart = [engine.rate(part, tariff_book) for part in rated.iter_slices(50)]
    testing.assert_frame_equal(together, pl.concat(apart))
