"""What two register values say: the usage between them, and whether a person looks at it first.

Pure and in columns: a keyed reading is a frame of one row, a file one of many thousand rows.

The rules
- Usage is (value - previous) x multiplier, rounded half up to a thousandth of the unit once.
- Where other meters hung since `since_on`, what they counted is added before anything is looked at: one
  usage, one judgement. Days of which they told nothing (a dead meter) count by the mean of this register:
  its own usage x `unmetered_days` / its own days, rounded half up.
- A value below the previous one is a roll-over when the usage across it stays within the high limit;
  otherwise it is held as LOWER_THAN_BEFORE, and only a person can say that the register rolled over.
- The high limit is `times_average` x the average, brought to the days since the usage began, and never
  under `floor_milli`, so that small users are not held for small sums. Without a history the floor stands
  in for the average of 30 days.
- Nothing used is held, unless nothing was used the time before as well.
- A value the register can't show is held and can't be confirmed, only corrected.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
from django.db import models

from meterbook.domain import tables
from meterbook.kernel import frames, quantity

# An average is kept per this many days; readings are rarely taken on the same day of each month.
AVERAGE_DAYS = 30
MILLI = 1000
FEWEST_DIGITS, MOST_DIGITS = 3, 12
_CAPACITY = {digits: 10**digits * MILLI for digits in range(FEWEST_DIGITS, MOST_DIGITS + 1)}


class Check(models.IntegerChoices):
    """Why a reading is held."""

    LOWER_THAN_BEFORE = 1
    FAR_ABOVE_AVERAGE = 2
    ZERO = 3
    BEYOND_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """From where on a usage is far above average. `floor_milli` in thousandths of the unit."""

    times_average: int
    floor_milli: int


# By utility, for a company that has set nothing: units are m³, m³, kWh, GJ.
STANDARD_LIMITS: Mapping[int, Limit] = {
    tables.Utility.WATER: Limit(times_average=3, floor_milli=20_000),
    tables.Utility.GAS: Limit(times_average=3, floor_milli=30_000),
    tables.Utility.ELECTRICITY: Limit(times_average=3, floor_milli=200_000),
    tables.Utility.HEAT: Limit(times_average=3, floor_milli=5_000),
}

FACTS = frames.FrameSchema(
    name="metering.facts",
    columns={
        "entry_id": pl.Int64(),
        "utility": pl.Int16(),
        "digits": pl.Int16(),
        "multiplier_milli": pl.Int32(),
        "previous_on": pl.Date(),
        "previous_milli": pl.Int64(),
        "previous_usage_milli": pl.Int64(),
        "average_milli": pl.Int64(),
        "since_on": pl.Date(),
        "carried_milli": pl.Int64(),
        "unmetered_days": pl.Int32(),
        "read_on": pl.Date(),
        "value_milli": pl.Int64(),
    },
    nullable=frozenset({"previous_usage_milli", "average_milli", "value_milli"}),
)
FINDINGS = frames.FrameSchema(
    name="metering.findings",
    columns={
        "entry_id": pl.Int64(),
        "high_milli": pl.Int64(),
        "high_value_milli": pl.Int64(),
        "is_rolled_over": pl.Boolean(),
        "quantity_milli": pl.Int64(),
        "checks": pl.List(pl.Int16()),
    },
    nullable=frozenset({"quantity_milli"}),
)


def judged(*, facts: pl.DataFrame, limits: Mapping[int, Limit]) -> pl.DataFrame:
    """What the checks say about each row of FACTS: a frame of FINDINGS in the same order.

    `high_milli` is the largest usage that passes unseen, `high_value_milli` the register value it leads to
    (counted on beyond the digits where the register rolls over, without what is carried). `quantity_milli`
    is null where there is no value, or none the register can show, or a usage beyond what the product can
    count. An empty list of checks passes. Every utility of the rows needs a limit.
    """
    frame = FACTS.check(facts)
    utility = pl.col("utility")
    times = {number: limit.times_average for number, limit in limits.items()}
    floors = {number: limit.floor_milli for number, limit in limits.items()}
    return (
        frame.with_columns(
            capacity=pl.col("digits").replace_strict(_CAPACITY, return_dtype=pl.Int64),
            times=utility.replace_strict(times, return_dtype=pl.Int64),
            floor=utility.replace_strict(floors, return_dtype=pl.Int64),
            own_days=(pl.col("read_on") - pl.col("previous_on")).dt.total_days().clip(lower_bound=0),
            days=(pl.col("read_on") - pl.col("since_on")).dt.total_days().clip(lower_bound=0),
        )
        .with_columns(
            high_milli=_high_usage(),
            is_beyond=(pl.col("value_milli") >= pl.col("capacity")).fill_null(value=False),
            is_rolled_over=(pl.col("value_milli") < pl.col("previous_milli")).fill_null(value=False),
        )
        .with_columns(quantity_milli=_usage(), high_value_milli=_high_value())
        .with_columns(checks=_checks())
        .select(*FINDINGS.columns)
    )


def is_confirmable(*, checks: list[int], quantity_milli: int | None) -> bool:
    """Whether a person may confirm a held value as it stands; otherwise it can only be corrected."""
    return quantity_milli is not None and Check.BEYOND_DIGITS not in checks


def _high_usage() -> pl.Expr:
    """The high limit for the days between the readings, in thousandths of the unit."""
    days, times, floor = (pl.col(name).cast(pl.Int128) for name in ("days", "times", "floor"))
    by_history = times * pl.col("average_milli").cast(pl.Int128) * days // AVERAGE_DAYS
    unknown = times * floor * pl.max_horizontal(days, pl.lit(AVERAGE_DAYS, dtype=pl.Int128)) // AVERAGE_DAYS
    limit = pl.when(pl.col("average_milli").is_null()).then(unknown).otherwise(by_history)
    most = pl.lit(quantity.LARGEST_QUANTITY_MILLI, dtype=pl.Int128)
    return pl.min_horizontal(pl.max_horizontal(limit, floor), most).cast(pl.Int64)


def _usage() -> pl.Expr:
    """(value - previous, across the roll-over) x multiplier, and what is carried; null when none counts."""
    steps = pl.col("value_milli") - pl.col("previous_milli")
    counted = pl.when(pl.col("is_rolled_over")).then(steps + pl.col("capacity")).otherwise(steps)
    product = counted.cast(pl.Int128) * pl.col("multiplier_milli").cast(pl.Int128)
    own = (product + MILLI // 2) // MILLI
    carried, days = pl.col("carried_milli").cast(pl.Int128), pl.col("own_days").cast(pl.Int128)
    by_mean = (2 * own * pl.col("unmetered_days").cast(pl.Int128) + days) // (2 * days)
    whole = pl.when(pl.col("unmetered_days") > 0).then(own + by_mean).otherwise(own) + carried
    is_countable = ~pl.col("is_beyond") & (own >= 0) & (whole <= pl.lit(quantity.LARGEST_QUANTITY_MILLI))
    return pl.when(is_countable).then(whole).otherwise(None).cast(pl.Int64)


def _high_value() -> pl.Expr:
    """The register value at which the high limit is reached."""
    left = (pl.col("high_milli") - pl.col("carried_milli")).clip(lower_bound=0).cast(pl.Int128)
    days = pl.col("own_days").cast(pl.Int128)
    by_mean = left * days // (days + pl.col("unmetered_days").cast(pl.Int128))
    own = pl.when(pl.col("unmetered_days") > 0).then(by_mean).otherwise(left)
    steps = own * MILLI // pl.col("multiplier_milli").cast(pl.Int128)
    return (pl.col("previous_milli") + steps).cast(pl.Int64)


def _checks() -> pl.Expr:
    """The codes of Check that hold a value, in ascending order; an empty list where none does."""
    has_value, is_beyond = pl.col("value_milli").is_not_null(), pl.col("is_beyond")
    is_within = (pl.col("quantity_milli") <= pl.col("high_milli")).fill_null(value=False)
    is_looked_at = has_value & ~is_beyond
    was_zero = (pl.col("previous_usage_milli") == 0).fill_null(value=False)
    is_zero = (pl.col("quantity_milli") == 0).fill_null(value=False)
    findings = {
        Check.LOWER_THAN_BEFORE: is_looked_at & pl.col("is_rolled_over") & ~is_within,
        Check.FAR_ABOVE_AVERAGE: is_looked_at & ~pl.col("is_rolled_over") & ~is_within,
        Check.ZERO: is_looked_at & is_zero & ~was_zero,
        Check.BEYOND_DIGITS: has_value & is_beyond,
    }
    codes = [
        pl.when(condition).then(pl.lit(check.value, dtype=pl.Int16)) for check, condition in findings.items()
    ]
    return pl.concat_list(codes).list.drop_nulls()
