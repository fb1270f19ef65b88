"""The calculation: usages and a book of tariffs in, explained lines out. There is no other one.

Usages are matched with the prices of their tariff version, every kind of charge says how much of the quantity
it charges at each price, and each line is priced and rounded once. STEPS says in which order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from meterbook.kernel import quantity, rounding
from meterbook.rating import book as books
from meterbook.rating import columns, household
from meterbook.rating.charges import kinds, table


class UnratableCode(StrEnum):
    """Why a usage can't be rated; first found counts."""

    DUPLICATE_USAGE = "DUPLICATE_USAGE"
    UNKNOWN_TARIFF_VERSION = "UNKNOWN_TARIFF_VERSION"
    QUANTITY_OUT_OF_RANGE = "QUANTITY_OUT_OF_RANGE"
    NEGATIVE_RUNNING_TOTAL = "NEGATIVE_RUNNING_TOTAL"
    NEGATIVE_PERSONS = "NEGATIVE_PERSONS"
    PERIOD_OUT_OF_RANGE = "PERIOD_OUT_OF_RANGE"


class RatingError(ValueError):
    """Usages that can't be rated; `unratable` is the frame of usage_id and code."""

    def __init__(self, unratable: pl.DataFrame) -> None:
        first = unratable.row(0, named=True)
        super().__init__(
            f"{unratable.height} usages can't be rated, first {first['usage_id']}: {first['code']}"
        )
        self.unratable = unratable


@dataclass(frozen=True)
class Step:
    """One step over the frame of usages x prices, and why it stands where it stands."""

    name: str
    reason: str
    apply: Callable[[pl.LazyFrame, books.TariffBook], pl.LazyFrame]


def unratable(usage_frame: pl.DataFrame, tariff_book: books.TariffBook) -> pl.DataFrame:
    """Usages that `rate` would refuse: columns usage_id and code (UnratableCode), ordered by usage_id.

    A run parks these and rates the others. Raises kernel.frames.FrameError on wrong columns.
    """
    usages = columns.USAGE.check(usage_frame)
    known = tariff_book.prices["tariff_version_id"].unique()
    largest = quantity.LARGEST_QUANTITY_MILLI
    days = (pl.col("period_until") - pl.col("period_from")).dt.total_days()
    running_total = pl.col("before_milli") + pl.col("quantity_milli")
    is_in_range = pl.col("quantity_milli").is_between(-largest, largest) & (pl.col("before_milli") <= largest)
    faults = {
        UnratableCode.DUPLICATE_USAGE: pl.col("usage_id").is_duplicated(),
        UnratableCode.UNKNOWN_TARIFF_VERSION: ~pl.col("tariff_version_id").is_in(known.implode()),
        UnratableCode.QUANTITY_OUT_OF_RANGE: ~is_in_range,
        UnratableCode.NEGATIVE_RUNNING_TOTAL: (pl.col("before_milli") < 0) | (running_total < 0),
        UnratableCode.NEGATIVE_PERSONS: pl.col("persons").fill_null(0) < 0,
        UnratableCode.PERIOD_OUT_OF_RANGE: ~days.is_between(1, pl.Int16.max()),
    }
    code = pl.coalesce(pl.when(is_fault).then(pl.lit(code.value)) for code, is_fault in faults.items())
    found = usages.select("usage_id", code=code).filter(pl.col("code").is_not_null())
    return found.unique().sort("usage_id")


def rate(usage_frame: pl.DataFrame, tariff_book: books.TariffBook) -> pl.DataFrame:
    """Rate every usage: columns.USAGE in, columns.LINES out, ordered by usage_id and line_no.

    The order of the rows makes no difference. A quantity of zero still gives one line per component. A
    negative quantity takes back what was counted last. The unrounded amount of a line is quantity_milli x
    unit_price_micro x 10^-9 of a currency unit.

    Raises RatingError when `unratable` finds anything, kernel.frames.FrameError on wrong columns.
    """
    usages = columns.USAGE.check(usage_frame)
    refused = unratable(usages, tariff_book)
    if refused.height:
        raise RatingError(refused)
    if usages.is_empty():
        return columns.LINES.empty()
    frame = usages.lazy()
    for step in STEPS:
        frame = step.apply(frame, tariff_book)
    return frame.select(*columns.LINES.columns).collect()


def _match(frame: pl.LazyFrame, book: books.TariffBook) -> pl.LazyFrame:
    return frame.sort("usage_id").join(
        book.prices.lazy(), on="tariff_version_id", how="inner", maintain_order="left_right"
    )


def _bounds(frame: pl.LazyFrame, book: books.TariffBook) -> pl.LazyFrame:
    if not book.has_household_rule:
        return frame
    return (
        frame.with_columns(pl.col("persons").fill_null(pl.col("default_persons")))
        .with_columns(extra_persons=household.extra_persons())
        .with_columns(
            tier_from_milli=household.grown_bound(bound="tier_from_milli", growth="from_growth_milli"),
            tier_until_milli=household.grown_bound(bound="tier_until_milli", growth="until_growth_milli"),
        )
    )


def _charge(frame: pl.LazyFrame, book: books.TariffBook) -> pl.LazyFrame:
    def by_kind(pick: Callable[[kinds.ChargeRule], pl.Expr]) -> pl.Expr:
        return pl.coalesce(
            pl.when(pl.col("kind") == kind).then(pick(table.RULES[kind])) for kind in book.kinds
        )

    charged = frame.with_columns(charged_milli=by_kind(lambda rule: rule.charged_milli()))
    return charged.filter(by_kind(lambda rule: rule.is_line())).with_columns(quantity_milli="charged_milli")


def _price(frame: pl.LazyFrame, book: books.TariffBook) -> pl.LazyFrame:
    del book
    amount = rounding.product_expression(
        quantity_milli=pl.col("quantity_milli"),
        price_micro=pl.col("unit_price_micro"),
        divisor=pl.col("divisor"),
        step_minor=pl.col("step_minor"),
        mode=pl.col("rounding_mode"),
    )
    return frame.with_columns(amount_minor=amount)


def _number(frame: pl.LazyFrame, book: books.TariffBook) -> pl.LazyFrame:
    del book
    place = pl.int_range(pl.len(), dtype=pl.Int64)
    is_first = pl.col("usage_id").ne_missing(pl.col("usage_id").shift(1))
    first_place = pl.when(is_first).then(place).forward_fill()
    days = (pl.col("period_until") - pl.col("period_from")).dt.total_days()
    return frame.with_columns(
        line_no=(place - first_place + 1).cast(pl.Int16),
        days=days.cast(pl.Int16),
    )


STEPS = (
    Step(name="match", reason="every usage meets the prices of its own version", apply=_match),
    Step(
        name="bounds", reason="the household decides the bounds before any quantity is split", apply=_bounds
    ),
    Step(name="charge", reason="quantities are split exactly, before any money exists", apply=_charge),
    Step(name="price", reason="one product and one rounding per line", apply=_price),
    Step(name="number", reason="only lines that stay get a number", apply=_number),
)
