"""Decisions of a bill run as pure functions over columns: what is held back, and what a preview promises."""

import datetime
import enum
import hashlib
from dataclasses import dataclass

import polars as pl

from meterbook.kernel import period


class ParkCode(enum.StrEnum):
    """Why a usage is not billed; the first that applies counts. The engine's own codes come beside these."""

    NO_AGREEMENT = "NO_AGREEMENT"
    NO_TARIFF = "NO_TARIFF"
    PRICE_CHANGE_IN_PERIOD = "PRICE_CHANGE_IN_PERIOD"
    FAR_ABOVE_HISTORY = "FAR_ABOVE_HISTORY"
    LARGE_FIRST_BILL = "LARGE_FIRST_BILL"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a person must look at before anybody is sent it (trust.md REQ-13). Minor units.

    With a history: more than `history_multiple` times its daily mean, and above `floor_minor`. Without
    one: above `first_bill_minor`.
    """

    history_multiple: int = 3
    floor_minor: int = 500_00
    first_bill_minor: int = 10_000_00


STANDARD_LIMITS = Limits()


def counted_before() -> pl.Expr:
    """What the tier counter stood at: the sum that fits the version's tier period."""
    is_year = pl.col("tier_period") == period.TierPeriod.CALENDAR_YEAR
    is_month = pl.col("tier_period") == period.TierPeriod.MONTH
    return (
        pl.when(is_year)
        .then("year_before_milli")
        .when(is_month)
        .then("month_before_milli")
        .otherwise("day_before_milli")
    )


def unbillable() -> pl.Expr:
    """The code of a usage that can't be given to the engine, else null."""
    return (
        pl.when(pl.col("account_id").is_null())
        .then(pl.lit(ParkCode.NO_AGREEMENT.value))
        .when(pl.col("first_version_id").is_null() | pl.col("version_id").is_null())
        .then(pl.lit(ParkCode.NO_TARIFF.value))
        .when(pl.col("first_version_id") != pl.col("version_id"))
        .then(pl.lit(ParkCode.PRICE_CHANGE_IN_PERIOD.value))
    )


def absurd(limits: Limits) -> pl.Expr:
    """The code of a rated usage that a person must release first, else null.

    A usage whose reading a person confirmed, or that a person released, has been looked at.
    """
    days = (pl.col("period_until") - pl.col("period_from")).dt.total_days()
    # quantity / days > multiple x history / history days, without a division
    is_far_above = pl.col("quantity_milli").cast(pl.Int128) * pl.col("history_days") > (
        pl.col("history_milli").cast(pl.Int128) * days * limits.history_multiple
    )
    has_history = pl.col("history_days") > 0
    is_large = pl.col("amount_minor") > limits.floor_minor
    return (
        pl.when(pl.col("is_confirmed") | pl.col("is_released"))
        .then(None)
        .when(has_history & is_far_above & is_large)
        .then(pl.lit(ParkCode.FAR_ABOVE_HISTORY.value))
        .when(~has_history & (pl.col("amount_minor") > limits.first_bill_minor))
        .then(pl.lit(ParkCode.LARGE_FIRST_BILL.value))
    )


def fingerprint(
    *, lines: pl.DataFrame, parked: pl.DataFrame, issue_on: datetime.date, due_on: datetime.date
) -> str:
    """SHA-256 of everything an issue would write: sorted lines, who owes them, what is parked, the dates."""
    digest = hashlib.sha256(f"{issue_on} {due_on}".encode())
    for frame, keys in ((lines, ["usage_id", "line_no"]), (parked.select("usage_id", "code"), ["usage_id"])):
        for column in frame.sort(keys).iter_columns():
            digest.update(f"|{column.name} {column.dtype} {len(column)}|".encode())
            digest.update(_content(column))
    return digest.hexdigest()


def _content(column: pl.Series) -> bytes:
    """The values of a column as bytes; a null is told from every number by the mask beside it."""
    if column.dtype == pl.String:
        return "\n".join(column.to_list()).encode()
    return _bytes(column.fill_null(0)) + (
        _bytes(column.is_null().cast(pl.Int8)) if column.has_nulls() else b""
    )


def _bytes(column: pl.Series) -> bytes:
    array = column.rechunk().to_arrow()
    width = array.type.bit_width // 8
    values = memoryview(array.buffers()[1])
    return bytes(values[array.offset * width : (array.offset + len(array)) * width])
