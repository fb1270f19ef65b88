"""How much is charged at each price: what the price counts, then the part of it that falls to the row."""

from collections.abc import Callable

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
        frame = frame.with_columns(quantity_milli=_counted(run), before_milli=_counter(run))
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


def _counted(run: runs.Run) -> pl.Expr:
    free = pl.col("free_milli").fill_null(0) if "free_milli" in run.names else pl.lit(0)
    persons = pl.coalesce("persons", "default_persons").cast(pl.Int64)
    found = {
        kinds.Basis.AREA: run.column("area_milli"),
        kinds.Basis.CAPACITY: run.column("capacity_milli"),
        kinds.Basis.DEMAND: run.column("demand_milli"),
        kinds.Basis.ONE: pl.lit(kinds.ONE_MILLI, dtype=pl.Int64),
        kinds.Basis.HOUSEHOLDS: run.column("households").fill_null(1).cast(pl.Int64) * kinds.ONE_MILLI,
        kinds.Basis.PERSONS: persons * kinds.ONE_MILLI,
        kinds.Basis.FREE: free,
    }
    cases = [pl.when(pl.col("basis") == basis).then(value) for basis, value in found.items()]
    bands = [
        pl.when((pl.col("basis") == kinds.Basis.BAND) & (pl.col("band") == band)).then(
            run.column(f"band_{band}_milli").fill_null(0)
        )
        for band in columns.BANDS
    ]
    return pl.coalesce([*cases, *bands, pl.col("quantity_milli")])


def _counter(run: runs.Run) -> pl.Expr:
    """The counter of the row's band; everything else goes by the usage's."""
    bands = [
        pl.when((pl.col("basis") == kinds.Basis.BAND) & (pl.col("band") == band)).then(
            run.column(f"band_{band}_before_milli").fill_null(0)
        )
        for band in columns.BANDS
    ]
    return pl.coalesce([*bands, pl.col("before_milli")])


def charge(frame: pl.LazyFrame, run: runs.Run) -> pl.LazyFrame:
    """Each row's part, by the rule of its kind; rows that charge nothing go."""

    def by_kind(pick: Callable[[kinds.ChargeRule], pl.Expr]) -> pl.Expr:
        rules = {kind: table.RULES[kind] for kind in run.group.kinds}
        distinct = {rule: [kind for kind in rules if rules[kind] is rule] for rule in rules.values()}
        if len(distinct) == 1:
            return pick(next(iter(distinct)))
        return pl.coalesce(
            pl.when(pl.col("kind").is_in(same)).then(pick(rule)) for rule, same in distinct.items()
        )

    if run.has(books.Feature.SHARED_BANDS):
        bands = [band for band in columns.BANDS if f"band_{band}_milli" in run.names]
        frame = time_of_use.shared(
            frame.with_columns(pl.col(f"band_{band}_milli").fill_null(0) for band in bands), bands=bands
        )
    charged = frame.with_columns(charged_milli=by_kind(lambda rule: rule.charged_milli()))
    return charged.filter(by_kind(lambda rule: rule.is_line())).with_columns(quantity_milli="charged_milli")
