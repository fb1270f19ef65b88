"""Charges calculated from other lines, stage by stage: discounts, cap, minimum, percentages, rounding of the
bill.

Each stage sums the lines its components are of, turns the placeholder line into its amount, and the next
stage sees the result. A line keeps the shape quantity x price: a percentage takes the money it is of as its
quantity, an adjustment counts one (or minus one) times its amount.

The lines of a bill stand together, so a sum is the difference of two running totals.
"""

import polars as pl

from meterbook.kernel import rounding, scaled
from meterbook.rating import book as books
from meterbook.rating import book_stages, unratables
from meterbook.rating.charges import kinds
from meterbook.rating.steps import plans, price

_ADJUSTING = [
    kinds.ChargeKind.PERCENT_OFF,
    kinds.ChargeKind.MONEY_OFF,
    kinds.ChargeKind.MAXIMUM,
    kinds.ChargeKind.MINIMUM,
    kinds.ChargeKind.BILL_ROUNDING,
]
_WORKED = ("quantity_milli", "unit_price_micro", "amount_minor")
_ASKED = (
    *("usage_id", "limit_minor", "rate_ppm", "minor_milli"),
    *("divisor", "step_minor", "rounding_mode"),
)
_MINOR_MICRO = 1000
# What a derived charge asks of the usages.
OF_USAGES = ("usage_id", "tariff_version_id", "bill_row", "last_version_id")


def derive(lines: pl.DataFrame, book: books.TariffBook) -> pl.DataFrame:
    """Lines with the placeholders of derived charges worked out; adjustments that come to nothing go.

    `lines` has one row per line and placeholder, in order, with kind, usage_row (one per segment), bill_row
    (one per usage and part), last_version_id and what the amounts are rounded by.
    """
    lines = lines.with_columns(_IS_PLACEHOLDER).with_columns(_UNWORKED)
    for stage in book.stages:
        lines = _staged(lines, stage)
    return lines.filter(_IS_SHOWN)


def _staged(lines: pl.DataFrame, stage: book_stages.Stage) -> pl.DataFrame:
    """The lines after one stage. Only its placeholders change."""
    places = (lines["stage_no"] == stage.number).arg_true()
    if places.is_empty():
        return lines
    waiting = lines[list(_ASKED)][places]
    worked = _worked(waiting.hstack([_sums(lines, stage)[places]]), stage.kind)
    if any(worked[name].null_count() for name in _WORKED):
        raise unratables.RatingError(unratables.too_large(worked, _WORKED))
    return lines.with_columns(lines[name].scatter(places, worked[name]) for name in _WORKED)


def _sums(lines: pl.DataFrame, stage: book_stages.Stage) -> pl.Series:
    """For each line what those the stage counts come to, in its segment or in its whole bill: base_minor."""
    is_counted = (pl.col("counted_bits") & stage.bit) != 0
    key = "usage_row"
    if stage.kind in book_stages.OF_WHOLE_BILL:
        key = "bill_row"
        lines, is_counted = _of_last_version(lines, stage, is_counted)
    own = pl.when(is_counted).then("amount_minor").otherwise(0).cast(_sum_type(lines))
    running = lines.lazy().select(_is_first(key), own=own).with_columns(_RUNNING).with_columns(_ENDS)
    return plans.collected(running.select(_BASE), rows=lines.height)["base_minor"]


def _is_first(key: str) -> pl.Expr:
    return pl.col(key).ne_missing(pl.col(key).shift(1)).alias("is_first")


def _sum_type(lines: pl.DataFrame) -> pl.DataType:
    """64 bits where the sum of all lines surely fits them, else 128: no running total may wrap around."""
    return pl.Int64() if price.largest(lines["amount_minor"]) * lines.height < scaled.LARGEST else pl.Int128()


def _of_last_version(
    lines: pl.DataFrame, stage: book_stages.Stage, is_counted: pl.Expr
) -> tuple[pl.DataFrame, pl.Expr]:
    """Where a bill was split, the version charged last says what counts, also of earlier versions' lines."""
    last = lines["last_version_id"]
    if last.null_count() == last.len() or not (last != lines["tariff_version_id"]).any():
        return lines, is_counted
    is_split = pl.col("last_version_id") != pl.col("tariff_version_id")
    marked = stage.earlier.with_columns(is_earlier=pl.lit(value=True))
    joined = lines.join(marked, on=list(book_stages.EARLIER), how="left", maintain_order="left")
    is_split = is_split.fill_null(value=False)
    return joined, pl.when(is_split).then(pl.col("is_earlier").fill_null(value=False)).otherwise(is_counted)


def _worked(frame: pl.DataFrame, kind: kinds.ChargeKind) -> pl.DataFrame:
    """Quantity, price and amount of the stage's lines."""
    if kind in {kinds.ChargeKind.PERCENTAGE, kinds.ChargeKind.PERCENT_OFF}:
        return _percentages(frame, sign=1 if kind is kinds.ChargeKind.PERCENTAGE else -1)
    worked = frame.with_columns(amount_minor=_AMOUNTS[kind])
    size = pl.col("amount_minor").abs().cast(pl.Int128) * pl.col("minor_milli") * _MINOR_MICRO
    return worked.with_columns(
        quantity_milli=pl.col("amount_minor").sign() * kinds.ONE_MILLI,
        unit_price_micro=size.cast(pl.Int64, strict=False),
    )


def _percentages(frame: pl.DataFrame, *, sign: int) -> pl.DataFrame:
    """Money times rate; null where a product leaves 64 bits."""
    money = pl.col("base_minor").cast(pl.Int128) * pl.col("minor_milli") * sign
    # what the rounding names several times is worked out once
    parts = frame.with_columns(
        _money=money, _above=money * pl.col("rate_ppm"), _below=pl.col("divisor").cast(pl.Int128)
    )
    return parts.with_columns(
        quantity_milli=pl.col("_money").cast(pl.Int64, strict=False),
        unit_price_micro="rate_ppm",
        amount_minor=(_PERCENT_STEPS * pl.col("step_minor")).cast(pl.Int64, strict=False),
    )


def _rounded() -> pl.Expr:
    step = pl.col("step_minor").cast(pl.Int128)
    return rounding.step_expression(
        numerator=pl.col("base_minor").cast(pl.Int128),
        denominator=pl.lit(1, dtype=pl.Int128),
        step=step,
        mode=pl.col("rounding_mode"),
    )


def _amounts() -> dict[kinds.ChargeKind, pl.Expr]:
    base, limit = pl.col("base_minor"), pl.col("limit_minor")
    return {
        kinds.ChargeKind.MONEY_OFF: -pl.min_horizontal(limit, base.clip(lower_bound=0)),
        kinds.ChargeKind.MAXIMUM: -(base - limit).clip(lower_bound=0),
        kinds.ChargeKind.MINIMUM: (limit - base).clip(lower_bound=0),
        kinds.ChargeKind.BILL_ROUNDING: _rounded() - base,
    }


_AMOUNTS = _amounts()
_ONE = pl.lit(1, dtype=pl.Int32)
_IS_PLACEHOLDER = (pl.col("kind") >= kinds.DERIVED_FROM).alias("is_placeholder")
_UNWORKED = (
    # a placeholder is worth nothing until its stage: what it holds is a limit, not an amount
    pl.col("amount_minor").alias("limit_minor"),
    pl.when("is_placeholder").then(0).otherwise("amount_minor").alias("amount_minor"),
    # and what it stood for is in that limit already
    pl.when("is_placeholder").then(kinds.MILLION).otherwise("factor_ppm").cast(pl.Int32).alias("factor_ppm"),
    pl.when("is_placeholder").then(_ONE).otherwise("time_numerator").alias("time_numerator"),
    pl.when("is_placeholder").then(_ONE).otherwise("time_denominator").alias("time_denominator"),
)
_IS_SHOWN = ~pl.col("kind").is_in(_ADJUSTING) | (pl.col("amount_minor") != 0)
# The sum of a run of lines is the total after its last one less the total before its first one.
_RUNNING = pl.col("own").cum_sum().alias("upto")
_ENDS = (
    pl.when("is_first").then(pl.col("upto") - pl.col("own")).forward_fill().alias("before"),
    pl.when(pl.col("is_first").shift(-1).fill_null(value=True)).then("upto").backward_fill().alias("after"),
)
_BASE = (pl.col("after") - pl.col("before")).cast(pl.Int64, strict=False).alias("base_minor")
_PERCENT_STEPS = rounding.ratio_expression(
    numerator=pl.col("_above"), denominator=pl.col("_below"), mode=pl.col("rounding_mode")
)
