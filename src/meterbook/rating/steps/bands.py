"""Bands of a usage that is cut into pieces: each piece has its part of every band, and they sum to the piece.

Of what the bands before it left, each band has its proportion of all that lies before a piece's end, half up;
the last one takes the rest. No part is ever negative.
"""

import polars as pl

from meterbook.rating import columns


def cut(pieces: pl.DataFrame, *, whole: str, key: str) -> pl.DataFrame:
    """band_n_milli of each piece, and quantity_milli from column _upto.

    `pieces` stand in order by `key`; `_upto` (Int128) is how much of the whole's size lies before the end
    of a piece, column `whole` the quantity that was cut, with its sign. `_upto` goes.
    """
    names = [name for band in columns.BANDS if (name := f"band_{band}_milli") in pieces.columns]
    found = pieces.with_columns(_rest="_upto", _rest_total=pl.col(whole).cast(pl.Int128).abs())
    for name in names:
        own = pl.col(name).fill_null(0).cast(pl.Int128).abs()
        total = pl.when(pl.col("_rest_total") > 0).then("_rest_total").otherwise(1)
        found = found.with_columns(_own=own, _share=(pl.col("_rest") * own * 2 + total) // (total * 2))
        found = found.with_columns(
            pl.when(pl.col(name).is_not_null()).then(_added("_share", sign=name, key=key)).alias(name),
            _rest=pl.col("_rest") - pl.col("_share"),
            _rest_total=pl.col("_rest_total") - pl.col("_own"),
        )
    found = found.with_columns(quantity_milli=_added("_upto", sign=whole, key=key))
    return found.drop("_upto", "_rest", "_rest_total", "_own", "_share", strict=False)


def _added(upto: str, *, sign: str, key: str) -> pl.Expr:
    """What a piece adds to a running total, with the sign of a column."""
    before = pl.col(upto).shift(1).over(key).fill_null(0)
    return ((pl.col(upto) - before) * pl.col(sign).sign()).cast(pl.Int64)
