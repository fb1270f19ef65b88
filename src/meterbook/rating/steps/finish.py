"""Lines as they leave the engine: the dearest of alternatives, the tax inside each, and their numbers."""

from dataclasses import dataclass

import polars as pl

from meterbook.rating import book as books
from meterbook.rating import columns
from meterbook.rating.steps import usages

_WHOLE_BASIS_POINTS = 10_000


@dataclass(frozen=True)
class Bills:
    """What a step on all lines may know: the book, and the columns lines have."""

    book: books.TariffBook
    names: frozenset[str]


def keep_dearest(lines: pl.LazyFrame, bills: Bills) -> pl.LazyFrame:
    """Of the parts of a usage that stand for one another (HIGHEST), the one that costs most; the first of
    equals.
    """
    if "split" not in bills.names:
        return lines
    is_rival = (pl.col("split") == columns.Split.HIGHEST).fill_null(value=False)
    rivals = lines.filter(is_rival)
    totals = rivals.group_by("usage_id", "part_no").agg(total=pl.col("amount_minor").cast(pl.Int128).sum())
    winners = (
        totals.sort("usage_id", "total", "part_no", descending=[False, True, False])
        .unique("usage_id", keep="first", maintain_order=True)
        .select("usage_id", "part_no", is_dearest=pl.lit(value=True))
    )
    joined = lines.join(winners, on=["usage_id", "part_no"], how="left", maintain_order="left")
    return joined.filter(~is_rival | pl.col("is_dearest")).drop("is_dearest")


def tax(lines: pl.LazyFrame, bills: Bills) -> pl.LazyFrame:
    """tax_minor inside amount_minor, half up: amount x rate / (1 + rate). Dated rates by the last day."""
    parts = _dated(lines, bills.book).with_columns(_TAX_PARTS)
    return parts.with_columns(_TAX)


def _tax() -> pl.Expr:
    # in parts of `_taxed`, so that no product can leave 64 bits
    size, whole = pl.col("amount_minor").abs(), pl.col("_taxed")
    fraction = (size % whole * pl.col("_rate") * 2 + whole) // (whole * 2)
    found = (size // whole * pl.col("_rate") + fraction) * pl.col("amount_minor").sign()
    return found.alias("tax_minor")


def _dated(lines: pl.LazyFrame, book: books.TariffBook) -> pl.LazyFrame:
    taxes = book.links.taxes
    if taxes.is_empty():
        return lines
    last_day = usages.last_day()
    begun = pl.col("tax_from").is_null() | (last_day >= pl.col("tax_from"))
    running = pl.col("tax_until").is_null() | (last_day < pl.col("tax_until"))
    numbered = lines.with_row_index("_line")
    keys = ["tariff_version_id", "component_no"]
    found = numbered.join(taxes.lazy(), on=keys).filter(begun & running).select("_line", "dated_basis_points")
    return (
        numbered.join(found, on="_line", how="left", maintain_order="left")
        .with_columns(tax_basis_points=pl.coalesce("dated_basis_points", "tax_basis_points"))
        .drop("_line", "dated_basis_points")
    )


def number(lines: pl.LazyFrame, bills: Bills) -> pl.LazyFrame:
    """Lines counted from 1 in each usage, and the days of their period."""
    del bills
    return lines.with_columns(_PLACES).with_columns(_NUMBERS)


def complete(lines: pl.LazyFrame, bills: Bills) -> pl.LazyFrame:
    """All columns of LINES: usages without parts have one, a book without price sets has set 0."""
    missing = [constant for name, constant in _CONSTANTS.items() if name not in bills.names]
    return lines.with_columns(missing) if missing else lines


_CONSTANTS = {
    name: pl.lit(value, dtype=columns.LINES.columns[name]).alias(name)
    for name, value in {"part_no": 1, "set_no": 0}.items()
}
_RATE = pl.col("tax_basis_points").cast(pl.Int64)
_TAX_PARTS = (_RATE.alias("_rate"), (_RATE + _WHOLE_BASIS_POINTS).alias("_taxed"))
_TAX = _tax()
_PLACE = pl.int_range(pl.len(), dtype=pl.Int64)
_IS_FIRST = pl.col("usage_id").ne_missing(pl.col("usage_id").shift(1))
_PLACES = (_PLACE.alias("_place"), pl.when(_IS_FIRST).then(_PLACE).alias("_first"))
_NUMBERS = (
    (pl.col("_place") - pl.col("_first").forward_fill() + 1).cast(pl.Int16).alias("line_no"),
    usages.days().cast(pl.Int16).alias("days"),
)
