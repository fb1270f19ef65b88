"""How much is charged at each price: what the price counts, then the part of it that falls to the row."""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence

import polars as pl

from meterbook.rating import book as books
from meterbook.rating import columns
from meterbook.rating.charges import kinds, table, time_of_use
from meterbook.rating.steps import run as runs


def bases(frame: pl.LazyFrame, run: runs.Run) -> pl.LazyFrame:
    """quantity_milli and before_milli as the row's basis counts them: volume, band, area, capacity, one."""
    if run.has(books.Feature.FREE) and "free_milli" in run.names:
        free = pl.when("takes_free").then(pl.col("free_milli").fill_null(0)).otherwise(0)
        frame = frame.with_columns(quantity_milli=pl.col("quantity_milli") - free)
    if run.has(books.Feature.BASES):
        asked = (run.group.bases, run.names)
        frame = frame.with_columns(quantity_milli=_counted(*asked), before_milli=_counter(*asked))
    elif run.has(books.Feature.ONES):
        is_one = pl.col("basis") == kinds.Basis.ONE
        frame = frame.with_columns(
            quantity_milli=pl.when(is_one).then(kinds.ONE_MILLI).otherwise("quantity_milli")
        )
    if run.has(books.Feature.CAPS):
        cap = pl.col("cap_milli")
        total = pl.min_horizontal(pl.col("before_milli") + pl.col("quantity_milli"), cap)
        before = pl.min_horizontal("before_milli", cap)
        frame = frame.with_columns(quantity_milli=total - before, before_milli=before)
    return frame


@functools.lru_cache
def _counted(bases: frozenset[int], names: frozenset[str]) -> pl.Expr:
    """What the row's basis counts, of usages with columns `names`."""
    persons = pl.coalesce("persons", "default_persons").cast(pl.Int64)
    households = _column("households", names).fill_null(1).cast(pl.Int64)
    found = {
        kinds.Basis.AREA: _column("area_milli", names),
        kinds.Basis.CAPACITY: _column("capacity_milli", names),
        kinds.Basis.DEMAND: _column("demand_milli", names),
        kinds.Basis.ONE: pl.lit(kinds.ONE_MILLI, dtype=pl.Int64),
        kinds.Basis.HOUSEHOLDS: households * kinds.ONE_MILLI,
        kinds.Basis.PERSONS: persons * kinds.ONE_MILLI,
        kinds.Basis.FREE: pl.col("free_milli").fill_null(0) if "free_milli" in names else pl.lit(0),
    }
    cases = [
        pl.when(pl.col("basis") == basis).then(value) for basis, value in found.items() if basis in bases
    ]
    bands = {band: f"band_{band}_milli" for band in columns.BANDS}
    return pl.coalesce([*cases, *_by_band(bases, names, bands), pl.col("quantity_milli")])


@functools.lru_cache
def _counter(bases: frozenset[int], names: frozenset[str]) -> pl.Expr:
    """The counter of the row's band; everything else goes by the usage's."""
    bands = {band: f"band_{band}_before_milli" for band in columns.BANDS}
    return pl.coalesce([*_by_band(bases, names, bands), pl.col("before_milli")])


def _by_band(bases: frozenset[int], names: frozenset[str], bands: Mapping[int, str]) -> Iterator[pl.Expr]:
    """The column of the row's own band; nothing in a band no usage brings along."""
    if kinds.Basis.BAND in bases:
        is_band = pl.col("basis") == kinds.Basis.BAND
        for band, name in bands.items():
            if name in names:
                yield pl.when(is_band & (pl.col("band") == band)).then(pl.col(name).fill_null(0))
        yield pl.when(is_band).then(pl.lit(0, dtype=pl.Int64))


def _column(name: str, names: frozenset[str]) -> pl.Expr:
    return pl.col(name) if name in names else pl.lit(None, dtype=columns.USAGE_MORE.columns[name])


def charge(frame: pl.LazyFrame, run: runs.Run) -> pl.LazyFrame:
    """Each row's part, by the rule of its kind; rows that charge nothing go."""
    if run.has(books.Feature.SHARED_BANDS):
        bands = [band for band in columns.BANDS if f"band_{band}_milli" in run.names]
        frame = time_of_use.shared(
            frame.with_columns(pl.col(f"band_{band}_milli").fill_null(0) for band in bands), bands=bands
        )
    charged = frame.with_columns(charged_milli=_charged_milli(run.group.kinds))
    return charged.filter(_is_line(run.group.kinds)).with_columns(quantity_milli="charged_milli")


@functools.lru_cache
def _charged_milli(charged: tuple[kinds.ChargeKind, ...]) -> pl.Expr:
    return _by_kind(charged, lambda rule: rule.charged_milli())


@functools.lru_cache
def _is_line(charged: tuple[kinds.ChargeKind, ...]) -> pl.Expr:
    return _by_kind(charged, lambda rule: rule.is_line())


def _by_kind(charged: Sequence[kinds.ChargeKind], pick: Callable[[kinds.ChargeRule], pl.Expr]) -> pl.Expr:
    rules = {kind: table.RULES[kind] for kind in charged}
    distinct = {rule: [kind for kind in rules if rules[kind] is rule] for rule in rules.values()}
    if len(distinct) == 1:
        return pick(next(iter(distinct)))
    return pl.coalesce(
        pl.when(pl.col("kind").is_in(same)).then(pick(rule)) for rule, same in distinct.items()
    )
