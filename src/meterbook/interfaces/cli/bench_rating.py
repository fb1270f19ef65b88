"""`meterbook bench rating`: how long the one calculation takes over the mixed book of all library tariffs."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterbook.interfaces.cli import bench_report, tariff_files
from meterbook.interfaces.cli.wording import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from meterbook.rating import book as books

app = typer.Typer()

DEFAULT_USAGES = 1_000_000
CHUNK = 1_000_000
_MOST_QUANTITY_MILLI = 60_000
_MOST_BEFORE_MILLI = 600_000
_MOST_PERSONS = 7
_MICRO_MILLI_BY_FEN = 10**7
_SEEDS = (11, 13, 17)
_AREA_MILLI = 100_000
_CALORIFIC_MICRO = 39_300_000
_BAND_PART = 7
_ATTEMPTS = 5
_MILLISECONDS = 1000
# What the baseline meets and keeps: what every line needs, and nothing that only some tariffs ask for.
_USAGE_COLUMNS = (
    "usage_id",
    "tariff_version_id",
    "quantity_milli",
    "before_milli",
    "period_from",
    "period_until",
)
_PRICE_COLUMNS = (
    *("tariff_version_id", "component_no", "kind", "tier", "tier_from_milli", "tier_until_milli"),
    *("unit_price_micro", "rounding", "rounding_mode", "step_minor", "divisor", "tax_basis_points"),
)


@app.command()
def rating(
    *,
    usages: Annotated[int, typer.Option(min=1, help="How many usages to rate.")] = DEFAULT_USAGES,
    library: Annotated[Path | None, typer.Option(help="Folder of tariff files.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Rate made-up usages under all library tariffs, beside a bare join and multiplication."""
    from meterbook.rating import book

    watch = bench_report.Stopwatch()
    with watch.stage("tariff_book"):
        found = tariff_files.read_all(library or tariff_files.library_folder())
        tariff_book = book.of_documents(entry.document for entry in found)
    lines = 0
    for first in range(0, usages, CHUNK):
        with watch.stage("make_usages"):
            frame = _made_up_usages(first=first, count=min(CHUNK, usages - first), tariff_book=tariff_book)
        with watch.stage("baseline"):
            _join_and_multiply(frame, tariff_book)
        lines += _rate(frame, tariff_book, watch=watch)
    single = _single_usages(tariff_book)
    report = bench_report.report(
        name="rating",
        n=usages,
        work_stage="rate",
        baseline=_("bare join with the price rows and one multiplication"),
        stopwatch=watch,
        facts={
            "lines": lines,
            "lines_per_second": round(lines / watch.seconds["rate"]),
            "tariffs": len(found),
            "versions": len(tariff_book.versions),
            "price_rows": tariff_book.prices.height,
            "one_usage_median_ms": round(single[len(single) // 2] * _MILLISECONDS, 2),
            "one_usage_worst_ms": round(single[-1] * _MILLISECONDS, 2),
        },
    )
    bench_report.show(report, as_json=as_json)


def _rate(frame: "pl.DataFrame", tariff_book: "books.TariffBook", *, watch: bench_report.Stopwatch) -> int:
    from meterbook.rating import engine

    with watch.stage("rate"):
        rated = engine.rate(frame, tariff_book)
    # a part of `rate`, measured again alone
    with watch.stage("of_it_check"):
        engine.unratable(frame, tariff_book)
    return rated.height


def _single_usages(tariff_book: "books.TariffBook") -> list[float]:
    """Seconds to rate one usage of each version with its own book, the best of some; ascending."""
    from meterbook.rating import book, engine

    everything = _made_up_usages(first=0, count=len(tariff_book.versions), tariff_book=tariff_book)
    found = []
    for version_id, frame in everything.partition_by("tariff_version_id", as_dict=True).items():
        number = version_id[0]
        own = book.tariff_book({number: tariff_book.versions[number]})
        best = min(_seconds(engine.rate, frame, own) for _attempt in range(_ATTEMPTS))
        found.append(best)
    return sorted(found)


def _seconds(rate: "Callable[..., pl.DataFrame]", frame: "pl.DataFrame", own: "books.TariffBook") -> float:
    started = time.perf_counter()
    rate(frame, own)
    return time.perf_counter() - started


def _made_up_usages(*, first: int, count: int, tariff_book: "books.TariffBook") -> "pl.DataFrame":
    """The same usages every time: spread by hash over versions, quantities, running totals and persons.

    Each starts where its version does and brings along what that asks for: area, bands, meter size, quota.
    """
    import polars as pl

    versions = len(tariff_book.versions)
    by_quantity, by_before, by_persons = (pl.col("usage_id").hash(seed) for seed in _SEEDS)
    usages = pl.select(usage_id=pl.int_range(first + 1, first + count + 1, dtype=pl.Int64)).with_columns(
        tariff_version_id=(pl.col("usage_id") % versions + 1).cast(pl.Int32),
        quantity_milli=(by_quantity % _MOST_QUANTITY_MILLI).cast(pl.Int64),
        before_milli=(by_before % _MOST_BEFORE_MILLI).cast(pl.Int64),
        persons=(by_persons % _MOST_PERSONS + 1).cast(pl.Int16),
    )
    return (
        usages.join(_asked_for(tariff_book), on="tariff_version_id", maintain_order="left")
        .with_columns(
            band_1_milli=pl.when(pl.col("band_count") > 0).then(
                pl.col("quantity_milli") - pl.col("quantity_milli") // _BAND_PART * (pl.col("band_count") - 1)
            ),
            **{
                f"band_{band}_milli": pl.when(pl.col("band_count") >= band).then(
                    pl.col("quantity_milli") // _BAND_PART
                )
                for band in range(2, _BAND_PART)
            },
        )
        .drop("band_count")
    )


def _asked_for(tariff_book: "books.TariffBook") -> "pl.DataFrame":
    """For each version what its usages bring along, null where it asks for nothing."""
    import polars as pl

    def given(need: str, value: int) -> pl.Expr:
        return pl.when(need).then(pl.lit(value, dtype=pl.Int64))

    until = pl.col("effective_from").dt.offset_by("1mo")
    return tariff_book.links.needs.select(
        "tariff_version_id",
        pl.col("band_count").cast(pl.Int64),
        period_from="effective_from",
        period_until=until,
        area_milli=given("area", _AREA_MILLI),
        area_class=pl.col("area_classes").list.first(),
        capacity_milli=given("capacity", _AREA_MILLI),
        demand_milli=given("demand", _AREA_MILLI),
        quota_milli=given("quota", _MOST_BEFORE_MILLI),
        calorific_micro=given("calorific", _CALORIFIC_MICRO),
        calibre_mm=pl.col("calibres").list.first(),
    )


def _join_and_multiply(frame: "pl.DataFrame", tariff_book: "books.TariffBook") -> "pl.DataFrame":
    """What no calculation can be faster than: meet every price row, multiply, keep all columns."""
    import polars as pl

    amount = pl.col("quantity_milli") * pl.col("unit_price_micro") // _MICRO_MILLI_BY_FEN
    prices = tariff_book.prices.select(_PRICE_COLUMNS).lazy()
    usages = frame.select(_USAGE_COLUMNS).lazy()
    return usages.join(prices, on="tariff_version_id").with_columns(amount_minor=amount).collect()
