"""What stood on each counter when a segment began: what the usage's earlier segments counted, since the last
restart.
"""

import polars as pl

from meterbook.rating import book as books
from meterbook.rating import columns
from meterbook.rating.steps import usages


def count(frame: pl.DataFrame, book: books.TariffBook) -> pl.DataFrame:
    """before_milli (and those of bands) of segments, and counted_milli, what the usage itself put on it.

    A counter that starts again has used nothing of its tiers either.
    """
    del book
    if "cut_usage" not in frame.columns:
        return frame
    is_cut = pl.col("cut_usage").is_not_null()
    segments = frame.filter(is_cut).sort("cut_usage", "segment_no")
    free = pl.col("free_milli").fill_null(0) if "free_milli" in frame.columns else pl.lit(0)
    counted = {"before_milli": pl.col("quantity_milli") - free}
    for band in columns.BANDS:
        if f"band_{band}_milli" in frame.columns:
            name = f"band_{band}_before_milli"
            segments = segments.with_columns(usages.column(segments, name).fill_null(0).alias(name))
            counted[name] = pl.col(f"band_{band}_milli").fill_null(0)
    keys = ["cut_usage", "restart_no"]
    goes_on = pl.col("restart_no") == 0
    earlier = {name: part.cum_sum().over(keys) - part for name, part in counted.items()}
    segments = segments.with_columns(
        *(
            (pl.when(goes_on).then(pl.col(name)).otherwise(0) + sums).alias(name)
            for name, sums in earlier.items()
        ),
        counted_milli=earlier["before_milli"],
    )
    if "tier_used_milli" in frame.columns:
        segments = segments.with_columns(tier_used_milli=pl.when(goes_on).then("tier_used_milli"))
    return pl.concat([frame.filter(~is_cut), segments], how="diagonal")
