"""`meterbook bench rating`: how long the one calculation takes over the mixed book of all library tariffs."""

import contextlib
import math
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterbook.interfaces.cli import bench_report, tariff_files
from meterbook.interfaces.cli.wording import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from meterbook.rating import book as books

app = typer.Typer()

DEFAULT_USAGES = 1_000_000
CHUNK = 1_000_000
_MOST_QUANTITY_MILLI = 60_000
_MOST_BEFORE_MILLI = 600_000
_MOST_PERSONS = 7
_MICRO_MILLI_BY_FEN = 10**7
_WHOLE_PPM = 10**6
_SEEDS = (11, 13, 17)
_AREA_MILLI = 100_000
_CALORIFIC_MICRO = 39_300_000
_BAND_PART = 7
_ATTEMPTS = 9
_MILLISECONDS = 1000
# What the baseline takes of a usage and of a price row; the rest of a line it fills with constants.
_USAGE_COLUMNS = (
    "usage_id",
    "tariff_version_id",
    "quantity_milli",
    "before_milli",
    "period_from",
    "period_until",
)
_PRICE_COLUMNS = (
    *("tariff_version_id", "set_no", "component_no", "band", "tier", "tier_from_milli", "tier_until_milli"),
    *("unit_price_micro", "rounding", "tax_basis_points"),
)
# Of a list of times in order, the one that 19 in 20 don't exceed.
_P95 = 0.95


class _Processor:
    """Processor seconds of all threads by stage: on a busy machine they say more than a clock."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def stage(self, name: str) -> "Iterator[None]":
        """Count what is worked inside."""
        started = time.process_time()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0) + time.process_time() - started


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
    lines = baseline_lines = 0
    processor = _Processor()
    for first in range(0, usages, CHUNK):
        with watch.stage("make_usages"):
            frame = _made_up_usages(first=first, count=min(CHUNK, usages - first), tariff_book=tariff_book)
        baseline_lines += _baselines(frame, tariff_book, watch=watch, processor=processor)
        lines += _rate(frame, tariff_book, watch=watch, processor=processor)
    report = bench_report.report(
        name="rating",
        n=usages,
        work_stage="rate",
        baseline=_("one lazy join: as many columns, ordered, each line one product, nothing else"),
        stopwatch=watch,
        facts={
            "lines": lines,
            "lines_per_second": round(lines / watch.seconds["rate"]),
            "baseline_lines": baseline_lines,
            "bare_lean_seconds": round(watch.seconds["bare_lean"], 4),
            "rate_processor_seconds": round(processor.seconds["rate"], 4),
            "baseline_processor_seconds": round(processor.seconds["baseline"], 4),
            "load_average": round(os.getloadavg()[0], 1),
            "tariffs": len(found),
            "versions": len(tariff_book.versions),
            "price_rows": tariff_book.prices.height,
            **_one_usage(tariff_book, codes=_codes(found)),
        },
    )
    bench_report.show(report, as_json=as_json)


def _codes(found: "list[tariff_files.ReadFile]") -> list[str]:
    """The tariff's code for each version, in the order in which a book numbers them."""
    return [entry.document.code for entry in found for _version in entry.document.versions]


def _baselines(
    frame: "pl.DataFrame",
    tariff_book: "books.TariffBook",
    *,
    watch: bench_report.Stopwatch,
    processor: "_Processor",
) -> int:
    """Both baselines, the lean one first, so that the other one finds the memory already there as rating
    does.
    """
    prices = tariff_book.prices.select(_PRICE_COLUMNS)
    with watch.stage("bare_lean"):
        _join_and_multiply(frame, prices)
    with watch.stage("baseline"), processor.stage("baseline"):
        return _join_to_lines(frame, prices).height


def _rate(
    frame: "pl.DataFrame",
    tariff_book: "books.TariffBook",
    *,
    watch: bench_report.Stopwatch,
    processor: "_Processor",
) -> int:
    from meterbook.rating import engine

    with watch.stage("rate"), processor.stage("rate"):
        rated = engine.rate(frame, tariff_book)
    # a part of `rate`, measured again alone
    with watch.stage("of_it_check"):
        engine.unratable(frame, tariff_book)
    return rated.height


def _one_usage(tariff_book: "books.TariffBook", *, codes: list[str]) -> dict[str, object]:
    """How long one usage takes: half of the versions, 19 in 20 and the worst, and which that is."""
    times = _single_usages(tariff_book)
    in_order = sorted((taken * _MILLISECONDS, version_id) for version_id, taken in times.items())
    worst, worst_id = in_order[-1]
    return {
        "one_usage_median_ms": round(in_order[len(in_order) // 2][0], 2),
        "one_usage_p95_ms": round(in_order[int(len(in_order) * _P95)][0], 2),
        "one_usage_worst_ms": round(worst, 2),
        "one_usage_worst_tariff": codes[worst_id - 1],
    }


def _single_usages(tariff_book: "books.TariffBook") -> dict[int, float]:
    """By version the seconds to rate one usage of it with its own book: of a usage of one month and one of
    two, whose bounds have to be scaled, the longer; of several attempts the best.

    The attempts are rounds over all versions, so that a disturbance doesn't meet all of one version's.
    """
    import polars as pl

    from meterbook.rating import book

    one_month = _made_up_usages(first=0, count=len(tariff_book.versions), tariff_book=tariff_book)
    two_months = one_month.with_columns(period_until=pl.col("period_from").dt.offset_by("2mo"))
    own = {number: book.tariff_book({number: found}) for number, found in tariff_book.versions.items()}
    longest = dict.fromkeys(own, 0.0)
    for usages in (one_month, two_months):
        parts = usages.partition_by("tariff_version_id", as_dict=True)
        frames = {number: parts[number,] for number in own}
        best = dict.fromkeys(own, math.inf)
        for _attempt in range(_ATTEMPTS):
            best = {number: min(best[number], _seconds(frames[number], own[number])) for number in own}
        longest = {number: max(longest[number], best[number]) for number in own}
    return longest


def _seconds(frame: "pl.DataFrame", own: "books.TariffBook") -> float:
    from meterbook.rating import engine

    started = time.perf_counter()
    engine.rate(frame, own)
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


def _join_and_multiply(frame: "pl.DataFrame", prices: "pl.DataFrame") -> "pl.DataFrame":
    """The least: meet every price row and multiply; in no order, without what explains a line."""
    import polars as pl

    amount = pl.col("quantity_milli") * pl.col("unit_price_micro") // _MICRO_MILLI_BY_FEN
    usages = frame.lazy().select(_USAGE_COLUMNS)
    joined = usages.join(prices.lazy(), on="tariff_version_id").with_columns(amount_minor=amount)
    return joined.collect(engine="in-memory")


def _join_to_lines(frame: "pl.DataFrame", prices: "pl.DataFrame") -> "pl.DataFrame":
    """Lines of the engine's shape and order by one join, one filter by the tiers and one product.

    No unit is converted, no bound moved, no condition asked and nothing rounded or split: the amounts are
    wrong, only their number and columns are like those of lines. Tiers the usage doesn't touch are left out,
    as nobody would write and sort them.
    """
    import polars as pl

    from meterbook.rating import columns

    whole, one = pl.lit(_WHOLE_PPM, dtype=pl.Int32), pl.lit(1, dtype=pl.Int32)
    counted = pl.col("before_milli") + pl.col("quantity_milli")
    is_touched = (counted > pl.col("tier_from_milli")) & (
        pl.col("tier_until_milli").is_null() | (pl.col("before_milli") < pl.col("tier_until_milli"))
    )
    numbered = prices.with_columns(
        line_no=pl.int_range(1, pl.len() + 1, dtype=pl.Int16).over("tariff_version_id")
    )
    return (
        frame.lazy()
        .select(_USAGE_COLUMNS)
        .sort("usage_id")
        .join(numbered.lazy(), on="tariff_version_id", maintain_order="left_right")
        .filter(pl.col("tier_from_milli").is_null() | is_touched)
        .with_columns(
            part_no=pl.lit(1, dtype=pl.Int16),
            factor_ppm=whole,
            time_numerator=one,
            time_denominator=one,
            amount_minor=pl.col("quantity_milli") * pl.col("unit_price_micro") // _MICRO_MILLI_BY_FEN,
            tax_minor=pl.lit(0, dtype=pl.Int64),
            days=(pl.col("period_until") - pl.col("period_from")).dt.total_days().cast(pl.Int16),
        )
        .select(*columns.LINES.columns)
        .collect(engine="in-memory")
    )
