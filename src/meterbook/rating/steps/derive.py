"""Charges calculated from other lines, stage by stage: discounts, cap, minimum, percentages, rounding of
the bill.

Each stage sums the lines its components are of, turns the placeholder line into its amount, and the next
stage sees the result. A line keeps the shape quantity x price: a percentage takes the money it is of as its
quantity, an adjustment counts one (or minus one) times its amount.
"""

import polars as pl

from meterbook.kernel import rounding
from meterbook.rating import book as books
from meterbook.rating import book_links
from meterbook.rating.charges import kinds

_ADJUSTING = [
    kinds.ChargeKind.PERCENT_OFF,
    kinds.ChargeKind.MONEY_OFF,
    kinds.ChargeKind.MAXIMUM,
    kinds.ChargeKind.MINIMUM,
    kinds.ChargeKind.BILL_ROUNDING,
]
_SUMMED = ["bill_row", "usage_row", "tariff_version_id", "last_version_id", "component_no", "amount_minor"]
_MINOR_MICRO = 1000


def derive(lines: pl.DataFrame, book: books.TariffBook) -> pl.DataFrame:
    """Lines with the placeholders of derived charges worked out; adjustments that come to nothing go.

    `lines` has one row per line and placeholder with kind, usage_row (one per segment), bill_row (one per
    usage and part), last_version_id and what the amounts are rounded by. The order is kept.
    """
    if "kind" not in lines.columns:
        return lines
    is_placeholder = pl.col("kind") >= kinds.DERIVED_FROM
    numbered = lines.with_row_index("_place")
    waiting = numbered.filter(is_placeholder)
    if waiting.is_empty():
        return lines
    known = numbered.filter(~is_placeholder)
    bills = waiting.select("bill_row").unique()
    summed = known.select(_SUMMED).join(bills, on="bill_row", how="semi")
    worked = []
    stages = book.links.bases.select("kind", "level").unique().sort("kind", "level")
    for kind, level in stages.iter_rows():
        is_stage = (pl.col("kind") == kind) & (pl.col("level") == level)
        found = _stage(waiting, summed, book.links.bases.filter(is_stage), kind=kinds.ChargeKind(kind))
        summed = pl.concat([summed, found.select(_SUMMED)])
        worked.append(found)
    is_idle = pl.col("kind").is_in(_ADJUSTING) & (pl.col("amount_minor") == 0)
    biting = pl.concat(worked).filter(~is_idle)
    return pl.concat([known, biting]).sort("_place").drop("_place")


def _stage(
    waiting: pl.DataFrame, summed: pl.DataFrame, bases: pl.DataFrame, *, kind: kinds.ChargeKind
) -> pl.DataFrame:
    """The placeholders of one stage, worked out from the lines before it."""
    key = "bill_row" if kind in book_links.OF_WHOLE_BILL else "usage_row"
    targets = bases.select("target_version_id", "target_no").unique()
    keys = ["tariff_version_id", "component_no"]
    here = waiting.join(targets, left_on=keys, right_on=targets.columns, how="semi")
    sums = _sums(summed, bases, key=key)
    worked = here.join(sums, left_on=[key, *keys], right_on=[key, *targets.columns], how="left")
    # what a placeholder held was its limit, not an amount
    worked = worked.with_columns(pl.col("base_minor").fill_null(0), limit_minor="amount_minor")
    return _worked(worked, kind).select(waiting.columns)


def _sums(summed: pl.DataFrame, bases: pl.DataFrame, *, key: str) -> pl.DataFrame:
    """What the lines each target is of come to, in the version that is charged last."""
    last = pl.coalesce("last_version_id", "tariff_version_id")
    target = last if key == "bill_row" else pl.col("tariff_version_id")
    keys = ["target_version_id", "tariff_version_id", "component_no"]
    found = summed.with_columns(target_version_id=target).join(bases.select(*keys, "target_no"), on=keys)
    # 128 bits, so that no sum of many lines can wrap around
    total = pl.col("amount_minor").cast(pl.Int128).sum().cast(pl.Int64)
    return found.group_by(key, "target_version_id", "target_no").agg(base_minor=total)


def _worked(frame: pl.DataFrame, kind: kinds.ChargeKind) -> pl.DataFrame:
    """Quantity, price and amount of the stage's lines."""
    if kind in {kinds.ChargeKind.PERCENTAGE, kinds.ChargeKind.PERCENT_OFF}:
        return _percentages(frame, sign=1 if kind is kinds.ChargeKind.PERCENTAGE else -1)
    base, limit = pl.col("base_minor"), pl.col("limit_minor")
    amount = {
        kinds.ChargeKind.MONEY_OFF: -pl.min_horizontal(limit, base.clip(lower_bound=0)),
        kinds.ChargeKind.MAXIMUM: -(base - limit).clip(lower_bound=0),
        kinds.ChargeKind.MINIMUM: (limit - base).clip(lower_bound=0),
        kinds.ChargeKind.BILL_ROUNDING: _rounded() - base,
    }[kind]
    worked = frame.with_columns(amount_minor=amount)
    size = pl.col("amount_minor").abs() * pl.col("minor_milli") * _MINOR_MICRO
    return worked.with_columns(
        quantity_milli=pl.col("amount_minor").sign() * kinds.ONE_MILLI, unit_price_micro=size, **_plain()
    )


def _percentages(frame: pl.DataFrame, *, sign: int) -> pl.DataFrame:
    amount = rounding.product_expression(
        quantity_milli=pl.col("quantity_milli"),
        price_micro=pl.col("rate_ppm"),
        divisor=pl.col("divisor"),
        step_minor=pl.col("step_minor"),
        mode=pl.col("rounding_mode"),
    )
    return frame.with_columns(
        quantity_milli=pl.col("base_minor") * pl.col("minor_milli") * sign,
        unit_price_micro="rate_ppm",
        **_plain(),
    ).with_columns(amount_minor=amount)


def _rounded() -> pl.Expr:
    step = pl.col("step_minor").cast(pl.Int128)
    return rounding.step_expression(
        numerator=pl.col("base_minor").cast(pl.Int128),
        denominator=pl.lit(1, dtype=pl.Int128),
        step=step,
        mode=pl.col("rounding_mode"),
    )


def _plain() -> dict[str, pl.Expr]:
    """An adjustment has no factor and no length of time: they are in its amount already."""
    one = pl.lit(1, dtype=pl.Int32)
    return {
        "factor_ppm": pl.lit(kinds.MILLION, dtype=pl.Int32),
        "time_numerator": one,
        "time_denominator": one,
    }
