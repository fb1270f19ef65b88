"""The calculation: usages and a book of tariffs in, explained lines out. There is no other one.

Usages are made ready (parts, units, free quantities, segments), matched with the prices of their version,
every kind of charge says how much of the quantity it charges at each price, each line is priced and rounded
once, and what depends on other lines comes last. STEPS says in which order and why.
"""

import os
from collections.abc import Callable
from concurrent import futures
from dataclasses import dataclass

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
OnLines = Callable[[pl.DataFrame, runs.Run], pl.DataFrame]


@dataclass(frozen=True)
class Step:
    """One step and why it stands where it stands. Exactly one of the callables is there: what it works on."""

    name: str
    reason: str
    on_usages: OnUsages | None = None
    on_matches: OnMatches | None = None
    on_lines: OnLines | None = None
    on_derived: OnUsages | None = None
    on_bills: OnUsages | None = None


STEPS = (
    Step(
        "convert",
        "prices and bounds are in the charged unit, so units and whole steps come before them",
        convert.convert,
    ),
    Step("mix", "each use of a meter has its own tariff: the charged whole is shared out", mixed_use.split),
    Step("segment", "a change of price cuts what was used, in proportion to days", segments.cut),
    Step("free", "free units are whole charged units, by the rule of their day", free.grant),
    Step("count", "counters run over what is left to charge", counters.count),
    Step("set", "season and programme are known for each segment only", price_sets.choose),
    Step(
        "season",
        "how much of the heating season is served depends on the segment",
        on_lines=heating.season_lengths,
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
    return checks.unratable(usages.checked(usage_frame), tariff_book)


def rate(usage_frame: pl.DataFrame, tariff_book: books.TariffBook) -> pl.DataFrame:
    """Rate every usage: columns.USAGE (and of USAGE_MORE what a tariff asks for) in, columns.LINES out.

    Lines are ordered by usage_id, part, segment, component, tier and band, whatever the order of the rows. A
    quantity of zero still gives one line per component. A negative quantity takes back what was counted last.
    The unrounded amount of a line is quantity_milli x unit_price_micro x factor_ppm x time_numerator /
    time_denominator x 10^-15 of a currency unit.

    Raises RatingError when `unratable` finds anything or an amount leaves 64 bits, kernel.frames.FrameError
    on wrong columns.
    """
    frame = usages.checked(usage_frame)
    refused = checks.unratable(frame, tariff_book)
    if refused.height:
        raise RatingError(refused)
    if frame.is_empty():
        return columns.LINES.empty()
    for step in STEPS:
        if step.on_usages is not None:
            frame = step.on_usages(frame, tariff_book)
    lines = _lines(frame, tariff_book)
    for step in STEPS:
        if step.on_bills is not None:
            lines = step.on_bills(lines, tariff_book)
    return lines.select(*columns.LINES.columns)


def _lines(frame: pl.DataFrame, book: books.TariffBook) -> pl.DataFrame:
    """The priced lines of all groups, in the order of usages, parts and segments."""
    plain: list[pl.DataFrame] = []
    derived: list[pl.DataFrame] = []
    parts = _by_group(_in_order(frame), book)
    for (_, run), lines in zip(parts, _all_priced(parts), strict=True):
        (derived if run.has(books.Feature.DERIVED) else plain).append(lines)
    if derived:
        plain.append(_derived(derived, book))
    if len(plain) == 1:
        return plain[0]
    wanted = runs.line_columns(plain[0])
    return pl.concat([lines.select(wanted) for lines in plain]).sort("usage_row", maintain_order=True)


def _all_priced(parts: list[tuple[pl.DataFrame, runs.Run]]) -> list[pl.DataFrame]:
    """The lines of each group. Small groups don't fill a machine: they are worked on side by side."""
    if len(parts) == 1:
        return [_priced(*parts[0])]
    with futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(lambda part: _priced(*part), parts))


def _derived(parts: list[pl.DataFrame], book: books.TariffBook) -> pl.DataFrame:
    lines = parts[0] if len(parts) == 1 else pl.concat(parts).sort("usage_row", maintain_order=True)
    for step in STEPS:
        if step.on_derived is not None:
            lines = step.on_derived(lines, book)
    return lines


def _in_order(frame: pl.DataFrame) -> pl.DataFrame:
    keys = ["usage_id"]
    if "part_no" in frame.columns:
        keys.append("part_no")
    bill = pl.struct(keys) if len(keys) > 1 else pl.col("usage_id")
    if "segment_days" in frame.columns:
        keys.append("period_from")
    return frame.sort(keys).with_columns(
        usage_row=pl.int_range(pl.len(), dtype=pl.UInt32), bill_row=bill.rle_id()
    )


def _by_group(frame: pl.DataFrame, book: books.TariffBook) -> list[tuple[pl.DataFrame, runs.Run]]:
    """The usages of each group of versions; those whose tiers are partly used up apart from the others."""
    has_used = "tier_used_milli" in frame.columns
    if len(book.groups) == 1 and not has_used:
        return [(frame, runs.Run(book=book, group=book.groups[0], names=frozenset(frame.columns)))]
    number = pl.col("tariff_version_id").replace_strict(book.group_numbers, return_dtype=pl.Int16)
    keyed = frame.with_columns(_group=number)
    keys = ["_group"]
    if has_used:
        keyed = keyed.with_columns(_has_used=pl.col("tier_used_milli").is_not_null())
        keys.append("_has_used")
    found = keyed.partition_by(keys, maintain_order=True, include_key=False, as_dict=True)
    parts = []
    for key, part in found.items():
        kept = part.select(_filled(part))
        run = runs.Run(book=book, group=book.groups[key[0]], names=frozenset(kept.columns))
        parts.append((kept, run))
    return parts


def _filled(part: pl.DataFrame) -> list[str]:
    """The columns every usage has, and those of the others that hold anything here."""
    always = columns.USAGE.columns
    return [name for name in part.columns if name in always or part[name].null_count() < part.height]


def _priced(frame: pl.DataFrame, run: runs.Run) -> pl.DataFrame:
    """The lines of one group, each with its amount."""
    lazy: pl.LazyFrame | None = None
    for step in STEPS:
        if step.on_matches is not None:
            lazy = step.on_matches(frame.lazy() if lazy is None else lazy, run)
        elif step.on_lines is not None:
            if lazy is not None:
                frame, lazy = runs.narrow(lazy, run).collect(), None
            frame = step.on_lines(frame, run)
    return runs.priced_columns(frame, run)
