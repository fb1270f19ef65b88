"""Decisions of a bill run as pure functions over columns: what is held back, and what a preview promises."""

import datetime
import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl


class ParkCode(enum.StrEnum):
    """Why a usage is not billed; the first that applies counts. The engine's own codes come beside these."""

    NO_AGREEMENT = "NO_AGREEMENT"
    NO_TARIFF = "NO_TARIFF"
    TARIFF_CHANGE_IN_PERIOD = "TARIFF_CHANGE_IN_PERIOD"
    TIER_TOTAL_UNKNOWN = "TIER_TOTAL_UNKNOWN"
    CARRIED_FRACTION_UNKNOWN = "CARRIED_FRACTION_UNKNOWN"
    FREE_QUANTITY_UNKNOWN = "FREE_QUANTITY_UNKNOWN"
    NEGATIVE_AMOUNT = "NEGATIVE_AMOUNT"
    FAR_ABOVE_HISTORY = "FAR_ABOVE_HISTORY"
    LARGE_FIRST_BILL = "LARGE_FIRST_BILL"


# The tariff version of a line that no tariff made: a debt brought along from an older system.
BROUGHT_ALONG = 0
# The same for a fee; the line's component is then none, `models.Fee` says what it is for.
FEE = -1
# What is kept of a parked usage for the person who looks at it.
PARKED_FACTS = ("quantity_milli", "amount_minor", "history_milli", "history_days")


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


@dataclass(frozen=True, slots=True)
class RunTotals:
    """What a run comes to. Minor units, thousandths."""

    bill_count: int
    parked_count: int
    quantity_milli: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class RunResult:
    """A run after preview or issue. `is_repeat`: it had been issued before, nothing was done now."""

    run_id: int
    round_id: int
    totals: RunTotals
    fingerprint: str
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class Dates:
    """The two dates on a bill."""

    issue_on: datetime.date
    due_on: datetime.date

    def __str__(self) -> str:
        return f"{self.issue_on} {self.due_on}"


def unbillable() -> pl.Expr:
    """The code of a usage that can't be given to the engine, else null.

    A price that changes within one tariff is the engine's; another tariff from some day on is not. What
    usages don't carry yet is never taken to be zero: carried fractions, free units used this year.
    """
    return (
        pl.when(pl.col("account_id").is_null())
        .then(pl.lit(ParkCode.NO_AGREEMENT.value))
        .when(pl.col("first_tariff_id").is_null() | pl.col("version_id").is_null())
        .then(pl.lit(ParkCode.NO_TARIFF.value))
        .when(pl.col("first_tariff_id") != pl.col("tariff_id"))
        .then(pl.lit(ParkCode.TARIFF_CHANGE_IN_PERIOD.value))
        .when(pl.col("before_milli").is_null())
        .then(pl.lit(ParkCode.TIER_TOTAL_UNKNOWN.value))
        .when("is_carried")
        .then(pl.lit(ParkCode.CARRIED_FRACTION_UNKNOWN.value))
        .when("is_free")
        .then(pl.lit(ParkCode.FREE_QUANTITY_UNKNOWN.value))
    )


def absurd(limits: Limits) -> pl.Expr:
    """The code of a rated usage that a person must look at first, else null.

    A usage whose reading a person confirmed, or that a person released, has been looked at. A negative
    amount never goes out: nothing is owed, and giving money back is another act.
    """
    days = (pl.col("period_until") - pl.col("period_from")).dt.total_days()
    # quantity / days > multiple x history / history days, without a division
    is_far_above = pl.col("quantity_milli").cast(pl.Int128) * pl.col("history_days") > (
        pl.col("history_milli").cast(pl.Int128) * days * limits.history_multiple
    )
    has_history = pl.col("history_days") > 0
    is_large = pl.col("amount_minor") > limits.floor_minor
    return (
        pl.when(pl.col("amount_minor") < 0)
        .then(pl.lit(ParkCode.NEGATIVE_AMOUNT.value))
        .when(pl.col("is_confirmed") | pl.col("is_released"))
        .then(None)
        .when(has_history & is_far_above & is_large)
        .then(pl.lit(ParkCode.FAR_ABOVE_HISTORY.value))
        .when(~has_history & (pl.col("amount_minor") > limits.first_bill_minor))
        .then(pl.lit(ParkCode.LARGE_FIRST_BILL.value))
    )


def fingerprints(*, lines: pl.DataFrame, parked: pl.DataFrame, heads: Mapping[int, str]) -> dict[int, str]:
    """SHA-256 for each round of everything an issue would write: round -> fingerprint.

    `lines` is the rating's LINES with round_id, `parked` has round_id, usage_id and code; `heads` gives for
    each round what stands above its lines (the dates). A round's is the same in whatever company and order.
    """
    digests = {round_id: hashlib.sha256(head.encode()) for round_id, head in heads.items()}
    codes = parked.select("round_id", "usage_id", "code")
    for frame, keys in ((lines, ["usage_id", "line_no"]), (codes, ["usage_id"])):
        ordered = frame.sort("round_id", *keys)
        contents = [_Content(column) for column in ordered.drop("round_id").iter_columns()]
        first = 0
        for round_id, count in ordered.group_by("round_id", maintain_order=True).len().iter_rows():
            for content in contents:
                digests[round_id].update(content.part(first, first + count))
            first += count
    return {round_id: digest.hexdigest() for round_id, digest in digests.items()}


class _Content:
    """A column as bytes, taken by rows; a null is told from every number by the mask."""

    def __init__(self, column: pl.Series) -> None:
        self.name = column.name
        self.texts = column.to_list() if column.dtype == pl.String else None
        if self.texts is None:
            self.values, self.width = _bytes(column.to_physical().fill_null(0))
            self.mask, _one = _bytes(column.is_null().cast(pl.Int8))

    def part(self, first: int, end: int) -> bytes:
        """Some of its rows, with the name and how many they are."""
        head = f"|{self.name} {end - first}|".encode()
        if self.texts is not None:
            return head + "\n".join(self.texts[first:end]).encode()
        return head + bytes(self.values[first * self.width : end * self.width]) + bytes(self.mask[first:end])


def _bytes(column: pl.Series) -> tuple[memoryview, int]:
    """The values side by side, and how many bytes each takes."""
    array = column.rechunk().to_arrow()
    width = array.type.bit_width // 8
    values = memoryview(array.buffers()[1])
    return values[array.offset * width : (array.offset + len(array)) * width], width
