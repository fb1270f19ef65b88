"""Mixed use of one meter: parts of a usage get their quantities, and those sum to the whole.

Rows with the same usage_id are the parts; each names its own tariff version, and all of them carry the whole
quantity. Fixed quantities go first, shares divide what is left (largest remainder), the rest follows.
"""

import polars as pl

from meterbook.rating import book as books
from meterbook.rating import columns
from meterbook.rating.charges import kinds
from meterbook.rating.steps import bands, usages


def split(frame: pl.DataFrame, book: books.TariffBook) -> pl.DataFrame:
    """Each part with its quantity. A negative quantity is shared out as the mirror image."""
    del book
    if "split" not in frame.columns:
        return frame
    is_part = pl.col("split").is_in([columns.Split.FIXED, columns.Split.SHARE]).any().over("usage_id")
    frame = frame.with_columns(
        part_no=usages.column(frame, "part_no").fill_null(1),
        split=pl.col("split").fill_null(columns.Split.REST),
    )
    parts = frame.filter(is_part)
    if parts.is_empty():
        return frame
    return pl.concat([frame.filter(~is_part), _parts(parts)])


def _parts(parts: pl.DataFrame) -> pl.DataFrame:
    is_fixed = pl.col("split") == columns.Split.FIXED
    is_share = pl.col("split") == columns.Split.SHARE
    wanted = pl.when(is_fixed).then("split_value").otherwise(0)
    size = pl.col("quantity_milli").abs()
    found = (
        parts.sort("usage_id", "part_no")
        .with_columns(upto=wanted.cum_sum().over("usage_id"))
        .with_columns(
            fixed=pl.min_horizontal("upto", size) - pl.min_horizontal(pl.col("upto") - wanted, size)
        )
        .with_columns(left=size - pl.col("fixed").sum().over("usage_id"))
        .with_columns(share=pl.when(is_share).then(pl.col("split_value")).otherwise(0))
        .with_columns(exact=pl.col("left").cast(pl.Int128) * pl.col("share").cast(pl.Int128))
        .with_columns(floor=pl.col("exact") // kinds.MILLION, remainder=pl.col("exact") % kinds.MILLION)
    )
    found = found.with_columns(_part=_shared() + pl.col("fixed"))
    rest = pl.col("_size") - pl.col("_part").sum().over("usage_id")
    is_rest = pl.col("split") == columns.Split.REST
    placed = (
        found.with_columns(_size=size)
        .with_columns(_part=pl.when(is_rest).then(rest).otherwise("_part"))
        .with_columns(_upto=pl.col("_part").cum_sum().over("usage_id").cast(pl.Int128))
    )
    return bands.cut(placed, whole="quantity_milli", key="usage_id").select(parts.columns)


def _shared() -> pl.Expr:
    """Whole thousandths of each share; what is over goes one by one to the largest remainders.

    Without a part for the rest the shares are all of it. With one, it is what the shares come to, half up.
    """
    has_rest = (pl.col("split") == columns.Split.REST).any().over("usage_id")
    all_shares = (pl.col("exact").sum().over("usage_id") * 2 + kinds.MILLION) // (2 * kinds.MILLION)
    whole = pl.when(has_rest).then(all_shares).otherwise(pl.col("left").cast(pl.Int128))
    over = whole - pl.col("floor").sum().over("usage_id")
    is_share = pl.col("split") == columns.Split.SHARE
    place = (
        pl.when(is_share)
        .then(pl.col("remainder").cast(pl.Int64))
        .otherwise(-1)
        .rank("ordinal", descending=True)
        .over("usage_id")
    )
    more = pl.when(is_share & (place <= over)).then(1).otherwise(0)
    return (pl.col("floor") + more).cast(pl.Int64)
