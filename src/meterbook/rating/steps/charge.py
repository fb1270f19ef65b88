"""How much is charged at each price: what the price counts, then the part of it that falls to the row."""

import functools
import operator
from collections.abc import Callable, Mapping, Sequence

import polars as pl

from meterbook.rating import book as books
from meterbook.rating import columns
from meterbook.rating.charges import kinds, table, time_of_use
from meterbook.rating.steps import run as runs

_NONE = pl.lit(0, dtype=pl.Int64)


def bases(frame: pl.LazyFrame, run: runs.Run) -> pl.LazyFrame:
    """quantity_milli and before_milli as the row's basis counts them: volume, band, area, capacity, one."""
    if run.has(books.Feature.FREE) and "free_milli" in run.names:
        free = pl.when("takes_free").then(pl.col("free_milli").fill_null(0)).otherwise(0)
        frame = frame.with_columns(quantity_milli=pl.col("quantity_milli") - free)
    if run.has(books.Feature.BASES):
        asked = (run.group.bases, run.names)
        counted = [_counted(*asked)]
        if kinds.Basis.BAND in run.group.bases:
            counted.append(_counter(*asked))
        frame = frame.with_columns(counted)
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
    households = _column("households", names).fill_null(1).cast(pl.Int64)
    persons = pl.coalesce("persons", "default_persons").cast(pl.Int64)
    values = {
        kinds.Basis.QUANTITY: pl.col("quantity_milli"),
        kinds.Basis.BAND: _of_band("band_{}_milli", names),
        kinds.Basis.AREA: _column("area_milli", names),
        kinds.Basis.CAPACITY: _column("capacity_milli", names),
        kinds.Basis.DEMAND: _column("demand_milli", names),
        kinds.Basis.ONE: pl.lit(kinds.ONE_MILLI, dtype=pl.Int64),
        kinds.Basis.HOUSEHOLDS: households * kinds.ONE_MILLI,
        kinds.Basis.PERSONS: persons * kinds.ONE_MILLI,
        kinds.Basis.FREE: pl.col("free_milli").fill_null(0) if "free_milli" in names else _NONE,
    }
    # the last one needs no asking
    *others, last = (basis for basis in values if basis in bases)
    found = values[last]
    for basis in others:
        found = pl.when(pl.col("basis") == basis).then(values[basis]).otherwise(found)
    return found.alias("quantity_milli")


@functools.lru_cache
def _counter(bases: frozenset[int], names: frozenset[str]) -> pl.Expr:
    """The counter of the row's band; everything else goes by the usage's."""
    own = _of_band("band_{}_before_milli", names)
    if bases == {kinds.Basis.BAND}:
        return own.alias("before_milli")
    is_band = pl.col("basis") == kinds.Basis.BAND
    return pl.when(is_band).then(own).otherwise("before_milli").alias("before_milli")


def _of_band(form: str, names: frozenset[str]) -> pl.Expr:
    """The column of the row's own band; nothing in a band no usage brings along."""
    found = _NONE
    for band in columns.BANDS:
        if form.format(band) in names:
            found = pl.when(pl.col("band") == band).then(form.format(band)).otherwise(found)
    return found.fill_null(0)


def _column(name: str, names: frozenset[str]) -> pl.Expr:
    return pl.col(name) if name in names else pl.lit(None, dtype=columns.USAGE_MORE.columns[name])


def charge(frame: pl.LazyFrame, run: runs.Run) -> pl.LazyFrame:
    """Each row's part, by the rule of its kind; rows that charge nothing go."""
    if run.has(books.Feature.SHARED_BANDS):
        bands = [band for band in columns.BANDS if f"band_{band}_milli" in run.names]
        frame = time_of_use.shared(
            frame.with_columns(pl.col(f"band_{band}_milli").fill_null(0) for band in bands), bands=bands
        )
    charge = _charge(run.group.kinds, "is_fee" in run.group.stated)
    if charge is None:
        return frame
    charged_milli, is_line = charge
    charged = frame.with_columns(charged_milli).filter(is_line)
    return charged.with_columns(quantity_milli="charged_milli")


@functools.lru_cache
def _charge(
    charged: tuple[kinds.ChargeKind, ...],
    has_fees: bool,  # noqa: FBT001 - a part of the key
) -> tuple[pl.Expr, pl.Expr] | None:
    """charged_milli, and whether there is a line; None where all of each row is charged."""
    known = table.RULES_WITH_FEES if has_fees else table.RULES
    rules: dict[kinds.ChargeRule, list[kinds.ChargeKind]] = {}
    for kind in charged:
        rules.setdefault(known[kind], []).append(kind)
    if set(rules) == {table.WHOLE}:
        return None
    charged_milli = _by_kind(rules, lambda rule: rule.charged_milli())
    return charged_milli.alias("charged_milli"), _by_kind(rules, lambda rule: rule.is_line())


def _by_kind(
    rules: Mapping[kinds.ChargeRule, Sequence[kinds.ChargeKind]], pick: Callable[[kinds.ChargeRule], pl.Expr]
) -> pl.Expr:
    """The expression of each row's own rule; the rule of most kinds needs no asking."""
    last, *others = sorted(rules, key=lambda rule: len(rules[rule]), reverse=True)
    found = pick(last)
    for rule in others:
        is_own = functools.reduce(operator.or_, (pl.col("kind") == kind for kind in rules[rule]))
        found = pl.when(is_own).then(pick(rule)).otherwise(found)
    return found
