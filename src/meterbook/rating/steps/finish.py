"""Lines as they leave the engine: the dearest of alternatives, the tax inside each, and their numbers."""

import polars as pl

from meterbook.rating import book as books
from meterbook.rating import columns
from meterbook.rating.steps import usages

_WHOLE_BASIS_POINTS = 10_000


def keep_dearest(lines: pl.LazyFrame, book: books.TariffBook) -> pl.LazyFrame:
    """Of the parts of a usage that stand for one another (HIGHEST), the one that costs most; the first of
    equals.
    """
    del book
    if "split" not in lines.collect_schema().names():
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


def tax(lines: pl.LazyFrame, book: books.TariffBook) -> pl.LazyFrame:
    """tax_minor inside amount_minor, half up: amount x rate / (1 + rate). Dated rates by the last day."""
    return _dated(lines, book).with_columns(tax_minor=_TAX)


def _tax() -> pl.Expr:
    rate = pl.col("tax_basis_points").cast(pl.Int64)
    whole = rate + _WHOLE_BASIS_POINTS
    # in parts of `whole`, so that no product can leave 64 bits
    size = pl.col("amount_minor").abs()
    fraction = ((size % whole) * rate * 2 + whole) // (whole * 2)
    return ((size // whole) * rate + fraction) * pl.col("amount_minor").sign()


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


def number(lines: pl.LazyFrame, book: books.TariffBook) -> pl.LazyFrame:
    """Lines counted from 1 in each usage, and the days of their period."""
    del book
    place = pl.int_range(pl.len(), dtype=pl.Int64)
    is_first = pl.col("usage_id").ne_missing(pl.col("usage_id").shift(1))
    first_place = pl.when(is_first).then(place).forward_fill()
    return lines.with_columns(
        line_no=(place - first_place + 1).cast(pl.Int16), days=usages.days().cast(pl.Int16)
    )


def complete(lines: pl.LazyFrame) -> pl.LazyFrame:
    """The columns of LINES: usages without parts have one, a book without price sets has set 0."""
    there = lines.collect_schema().names()
    constants = {"part_no": 1, "set_no": 0}
    return lines.with_columns(
        pl.lit(value, dtype=columns.LINES.columns[name]).alias(name)
        for name, value in constants.items()
        if name not in there
    ).select(*columns.LINES.columns)


_TAX = _tax()
