"""The calculation: usages and a book of tariffs in, explained lines out. There is no other one.

Usages are made ready (parts, units, free quantities, segments), matched with the prices of their version,
every kind of charge says how much of the quantity it charges at each price, each line is priced and rounded
once, and what depends on other lines comes last. STEPS says in which order and why.
"""

import os
from collections.abc import Callable
from concurrent import futures
from dataclasses import dataclass, replace

import polars as pl

from meterbook.rating import book as books
from meterbook.rating import checks, columns, unratables
from meterbook.rating.steps import (
    bounds,
    charge,
    convert,
    counters,
    derive,
    finish,
    free,
    heating,
    match,
    mixed_use,
    plans,
    price,
    price_sets,
    segments,
    usages,
)
from meterbook.rating.steps import run as runs

UnratableCode = unratables.UnratableCode
RatingError = unratables.RatingError

OnUsages = Callable[[pl.DataFrame, books.TariffBook], pl.DataFrame]
OnMatches = Callable[[pl.LazyFrame, runs.Run], pl.LazyFrame]
OnBills = Callable[[pl.LazyFrame, finish.Bills], pl.LazyFrame]
OnLines = Callable[[pl.DataFrame, runs.Run], pl.DataFrame]


# What a line takes from its usage, or from its segment.
_OF_USAGES = ("usage_id", "part_no", "split", "tariff_version_id", "set_no", "period_from", "period_until")


@dataclass(frozen=True)
class Step:
    """One step and why it stands where it stands. Exactly one of the callables is there: what it works on."""

    name: str
    reason: str
    on_metered: OnUsages | None = None
    on_usages: OnUsages | None = None
    on_matches: OnMatches | None = None
    on_lines: OnLines | None = None
    on_derived: OnUsages | None = None
    on_bills: OnBills | None = None


STEPS = (
    Step(
        "convert",
        "prices and bounds are in the charged unit, so units and whole steps come before them",
        on_metered=convert.convert,
    ),
    Step(
        "mix",
        "each use of a meter has its own tariff: the charged whole is shared out",
        on_usages=mixed_use.split,
    ),
    Step("segment", "a change of price cuts what was used, in proportion to days", on_usages=segments.cut),
    Step("free", "free units are whole charged units, by the rule of their day", on_usages=free.grant),
    Step("count", "counters run over what is left to charge", on_usages=counters.count),
    Step("set", "season and programme are known for each segment only", on_usages=price_sets.choose),
    Step(
        "season",
        "how much of the heating season is served depends on the segment",
        on_lines=heating.season_lengths,
    ),
    Step(
        "length",
        "how much of the tier period is served is the usage's, whatever the price",
        on_lines=bounds.lengths,
    ),
    Step("match", "every segment meets the prices of its own version and set", on_matches=match.match),
    Step(
        "conditions",
        "what doesn't hold for a customer must not be split or summed",
        on_matches=match.keep_what_holds,
    ),
    Step("household", "the household widens the published bounds", on_matches=bounds.for_household),
    Step("quota", "shares of a quota become quantities", on_matches=bounds.for_quota),
    Step(
        "part",
        "bounds for part of a tier period, rounded once, after all that widens them",
        on_matches=bounds.for_part,
    ),
    Step(
        "used", "what is left of tiers is known when their width is final", on_matches=bounds.for_used_tiers
    ),
    Step(
        "basis", "each price counts what it is for, less what is free, up to its cap", on_matches=charge.bases
    ),
    Step("charge", "quantities are split exactly, before any money exists", on_matches=charge.charge),
    Step("terms", "only rows that became lines need a price", on_lines=price.terms),
    Step(
        "agree",
        "an agreed price replaces the published one before anything is multiplied",
        on_lines=price.agreed,
    ),
    Step(
        "share",
        "a share that is a quantity of its own is rounded as a quantity",
        on_lines=price.rounded_shares,
    ),
    Step(
        "factor",
        "shares, buildings and lengths of time stay fractions until the product",
        on_lines=price.factors,
    ),
    Step("price", "one product and one rounding per line", on_lines=price.amounts),
    Step(
        "derive",
        "percentages off, money off, cap, minimum, percentages on top, rounding of the bill: in this order",
        on_derived=derive.derive,
    ),
    Step(
        "dearest",
        "which of several uses costs most is known once all of it is priced",
        on_bills=finish.keep_dearest,
    ),
    Step("tax", "the tax inside a line is taken from its final amount", on_bills=finish.tax),
    Step("number", "only lines that stay get a number", on_bills=finish.number),
)


def unratable(usage_frame: pl.DataFrame, tariff_book: books.TariffBook) -> pl.DataFrame:
    """Usages that `rate` would refuse: columns usage_id and code (UnratableCode), ordered by usage_id.

    A run parks these and rates the others. Raises kernel.frames.FrameError on wrong columns.
    """
    frame = usages.checked(usage_frame)
    return checks.unratable(frame, _charged(frame, tariff_book), tariff_book)


def rate(usage_frame: pl.DataFrame, tariff_book: books.TariffBook) -> pl.DataFrame:
    """Rate every usage: columns.USAGE (and of USAGE_MORE what a tariff asks for) in, columns.LINES out.

    Lines are ordered by usage_id, part, segment, component, tier and band, whatever the order of the rows. A
    quantity of zero still gives one line per component. A negative quantity takes back what was counted last.
    The unrounded amount of a line is quantity_milli x unit_price_micro x factor_ppm x time_numerator /
    time_denominator x 10^-15 of a currency unit.

    Raises RatingError when `unratable` finds anything or an amount leaves 64 bits, kernel.frames.FrameError
    on wrong columns.
    """
    metered = usages.checked(usage_frame)
    frame = _charged(metered, tariff_book)
    refused = checks.unratable(metered, frame, tariff_book)
    if refused.height:
        raise RatingError(refused)
    if frame.is_empty():
        return columns.LINES.empty()
    for step in STEPS:
        if step.on_usages is not None:
            frame = step.on_usages(frame, tariff_book)
    lines = _lines(frame, tariff_book)
    bills, lazy = finish.Bills(book=tariff_book, names=frozenset(lines.columns)), lines.lazy()
    for step in STEPS:
        if step.on_bills is not None:
            lazy = step.on_bills(lazy, bills)
    found = plans.collected(finish.complete(lazy, bills), rows=lines.height)
    return found[list(columns.LINES.columns)]


def _charged(frame: pl.DataFrame, book: books.TariffBook) -> pl.DataFrame:
    """The usages in the unit that is charged, what can't be rated among them."""
    for step in STEPS:
        if step.on_metered is not None:
            frame = step.on_metered(frame, book)
    return frame


def _lines(frame: pl.DataFrame, book: books.TariffBook) -> pl.DataFrame:
    """The priced lines of all groups, in the order of usages, parts and segments."""
    plain: list[pl.DataFrame] = []
    derived: list[pl.DataFrame] = []
    ordered = _in_order(frame)
    for group_no, lines in _all_priced(ordered, _by_group(ordered, book), book):
        is_derived = book.groups[group_no].profile.has(books.Feature.DERIVED)
        (derived if is_derived else plain).append(lines)
    if derived:
        plain.append(_derived(_together(derived), ordered, book))
    lines = _together(plain)
    told = [name for name in _OF_USAGES if name in ordered.columns]
    return _told(lines, ordered[told], book.told_rows)


def _together(parts: list[pl.DataFrame]) -> pl.DataFrame:
    return parts[0] if len(parts) == 1 else pl.concat(parts).sort("usage_row", maintain_order=True)


def _told(lines: pl.DataFrame, ordered: pl.DataFrame, price_rows: pl.DataFrame) -> pl.DataFrame:
    """Lines with the columns of their usage and of their price row."""
    return lines.hstack(ordered[lines["usage_row"]]).hstack(price_rows[lines["price_row"]])


def _all_priced(
    ordered: pl.DataFrame, parts: list[tuple[int, pl.Series | None]], book: books.TariffBook
) -> list[tuple[int, pl.DataFrame]]:
    """The lines of each group. Small groups don't fill a machine: they are worked on side by side."""

    def lines_of(part: tuple[int, pl.Series | None]) -> tuple[int, pl.DataFrame]:
        group_no, rows = part
        return group_no, _priced(_run(ordered, rows, book=book, group_no=group_no))

    if len(parts) == 1:
        return [lines_of(parts[0])]
    with futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(lines_of, parts))


def _derived(lines: pl.DataFrame, ordered: pl.DataFrame, book: books.TariffBook) -> pl.DataFrame:
    """The lines of groups with derived charges, as other groups have them."""
    bill = pl.struct("usage_id", "part_no") if "part_no" in ordered.columns else pl.col("usage_id")
    named = ordered.with_columns(bill_row=bill.rle_id())
    if "last_version_id" not in named.columns:
        named = named.with_columns(last_version_id=pl.lit(None, dtype=pl.Int32))
    told = _told(lines, named.select(derive.OF_USAGES), book.price_rows)
    for step in STEPS:
        if step.on_derived is not None:
            told = step.on_derived(told, book)
    return told[list(runs.OWN)]


def _in_order(frame: pl.DataFrame) -> pl.DataFrame:
    keys = ["usage_id"]
    if "part_no" in frame.columns:
        keys.append("part_no")
    if "segment_days" in frame.columns:
        keys.append("period_from")
    is_ordered = len(keys) == 1 and frame["usage_id"].is_sorted()
    return (frame if is_ordered else frame.sort(keys)).with_row_index("usage_row")


def _by_group(frame: pl.DataFrame, book: books.TariffBook) -> list[tuple[int, pl.Series | None]]:
    """The rows of each group's usages (None: all), by its number; those whose tiers are partly used up apart
    from the others.
    """
    has_used = "tier_used_milli" in frame.columns
    if len(book.groups) == 1 and not has_used:
        return [(0, None)]
    version_id = pl.col("tariff_version_id")
    keyed = frame.select(
        "usage_row", group_no=version_id.replace_strict(book.group_numbers, return_dtype=pl.Int16)
    )
    keys = ["group_no"]
    if has_used:
        keyed = keyed.with_columns(has_used=frame["tier_used_milli"].is_not_null())
        keys.append("has_used")
    parts = keyed.partition_by(keys, maintain_order=True, include_key=False, as_dict=True)
    return [(key[0], rows["usage_row"]) for key, rows in parts.items()]


def _run(frame: pl.DataFrame, rows: pl.Series | None, *, book: books.TariffBook, group_no: int) -> runs.Run:
    """A group's usages with the columns its steps look at, as far as they hold anything here."""
    group = book.groups[group_no]
    usages_here = frame[runs.read_of_usages(group, frame.columns)]
    if rows is not None:
        usages_here = usages_here[rows]
        usages_here = usages_here[
            [
                column.name
                for column in usages_here
                if column.name in columns.USAGE.columns or column.null_count() < column.len()
            ]
        ]
    return runs.Run(
        book=book,
        group=group,
        first_row=book.first_rows[group_no],
        usages=usages_here,
        usage_ids=frame["usage_id"],
    )


def _priced(run: runs.Run) -> pl.DataFrame:
    """The lines of one group: columns runs.OWN."""
    frame = run.usages
    lazy: pl.LazyFrame | None = None
    for step in STEPS:
        if step.on_matches is not None:
            if lazy is None:
                run, lazy = replace(run, usages=frame), frame.lazy()
            lazy = step.on_matches(lazy, run)
        elif step.on_lines is not None:
            if lazy is not None:
                frame, lazy = plans.collected(runs.narrow(lazy, run), rows=frame.height), None
            frame = step.on_lines(frame, run)
    return frame
