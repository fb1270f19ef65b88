"""`meterbook bench rating`: how long the one calculation takes over the mixed book of all library tariffs."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterbook.interfaces.cli import bench_report, tariff_files
from meterbook.interfaces.cli.wording import gettext as _

if TYPE_CHECKING:
    import polars as pl

    from meterbook.rating import book as books

app = typer.Typer()

DEFAULT_USAGES = 1_000_000
CHUNK = 1_000_000
_FROM = dt.date(2025, 1, 1)
_UNTIL = dt.date(2025, 2, 1)
_MOST_QUANTITY_MILLI = 60_000
_MOST_BEFORE_MILLI = 600_000
_MOST_PERSONS = 7
_MICRO_MILLI_BY_FEN = 10**7
_SEEDS = (11, 13, 17)


@app.command()
def rating(
    *,
    usages: Annotated[int, typer.Option(min=1, help="How many usages to rate.")] = DEFAULT_USAGES,
    library: Annotated[Path | None, typer.Option(help="Folder of tariff files.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Rate made-up usages under all library tariffs, beside a bare join and multiplication."""
    watch = bench_report.Stopwatch()
    with watch.stage("tariff_book"):
        tariff_book = _library_book(library or tariff_files.library_folder())
    lines = 0
    for first in range(0, usages, CHUNK):
        with watch.stage("make_usages"):
            frame = _made_up_usages(first=first, count=min(CHUNK, usages - first), tariff_book=tariff_book)
        with watch.stage("baseline"):
            _join_and_multiply(frame, tariff_book)
        lines += _rate(frame, tariff_book, watch=watch)
    found = bench_report.report(
        name="rating",
        n=usages,
        work_stage="rate",
        baseline=_("bare join with the price rows and one multiplication"),
        stopwatch=watch,
        facts={"lines": lines, "price_rows": tariff_book.prices.height},
    )
    bench_report.show(found, as_json=as_json)


def _rate(frame: "pl.DataFrame", tariff_book: "books.TariffBook", *, watch: bench_report.Stopwatch) -> int:
    from meterbook.rating import engine

    with watch.stage("rate"):
        rated = engine.rate(frame, tariff_book)
    # a part of `rate`, measured again alone
    with watch.stage("of_it_check"):
        engine.unratable(frame, tariff_book)
    return rated.height


def _library_book(folder: Path) -> "books.TariffBook":
    from meterbook.rating import book

    documents = [found.document for found in tariff_files.read_all(folder)]
    versions = [version for found in documents for version in found.versions]
    return book.tariff_book(dict(enumerate(versions, start=1)))


def _made_up_usages(*, first: int, count: int, tariff_book: "books.TariffBook") -> "pl.DataFrame":
    """The same usages every time: spread by hash over versions, quantities, running totals and persons."""
    import polars as pl

    versions = tariff_book.prices["tariff_version_id"].n_unique()
    by_quantity, by_before, by_persons = (pl.col("usage_id").hash(seed) for seed in _SEEDS)
    return pl.select(usage_id=pl.int_range(first + 1, first + count + 1, dtype=pl.Int64)).with_columns(
        tariff_version_id=(pl.col("usage_id") % versions + 1).cast(pl.Int32),
        quantity_milli=(by_quantity % _MOST_QUANTITY_MILLI).cast(pl.Int64),
        before_milli=(by_before % _MOST_BEFORE_MILLI).cast(pl.Int64),
        persons=(by_persons % _MOST_PERSONS + 1).cast(pl.Int16),
        period_from=pl.lit(_FROM),
        period_until=pl.lit(_UNTIL),
    )


def _join_and_multiply(frame: "pl.DataFrame", tariff_book: "books.TariffBook") -> "pl.DataFrame":
    """What no calculation can be faster than: meet every price row, multiply, keep all columns."""
    import polars as pl

    amount = pl.col("quantity_milli") * pl.col("unit_price_micro") // _MICRO_MILLI_BY_FEN
    joined = frame.lazy().join(tariff_book.prices.lazy(), on="tariff_version_id")
    return joined.with_columns(amount_minor=amount).collect()
