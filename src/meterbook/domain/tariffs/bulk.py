"""The price catalogue as columns: which version was in force for whole frames of tariffs and days."""

import polars as pl

from meterbook.domain import columns
from meterbook.domain.tariffs import queries

# The highest revision of each start.
IN_FORCE = """
SELECT DISTINCT ON (tariff_id, effective_from) tariff_id, id, effective_from, effective_until
FROM tariffs_tariffversion
WHERE tariff_id = ANY (%(tariff_ids)s)
ORDER BY tariff_id, effective_from, revision DESC
"""
VERSIONS = {
    "tariff_id": pl.Int64,
    "version_id": pl.Int32,
    "effective_from": pl.Date,
    "effective_until": pl.Date,
}


def version_frame(*, tariff_ids: pl.Series) -> pl.DataFrame:
    """The standing versions of tariffs: columns VERSIONS, ordered by tariff and start."""
    wanted = tariff_ids.drop_nulls().unique().to_list()
    return columns.fetch(statement=IN_FORCE, parameters={"tariff_ids": wanted}, schema=VERSIONS)


def with_version(
    frame: pl.DataFrame, *, versions: pl.DataFrame, tariff: str, day: str, name: str
) -> pl.DataFrame:
    """`frame` with a column `name` (Int32): the version of the tariff in column `tariff` on the day in `day`.

    Null where there is no tariff, or none of its versions was in force that day. Rows keep their order.
    """
    numbered = frame.select(pl.col(tariff).alias("tariff_id"), pl.col(day).alias("day")).with_row_index(
        "place"
    )
    found = (
        numbered.drop_nulls()
        .sort("day")
        .join_asof(
            versions.sort("effective_from"),
            left_on="day",
            right_on="effective_from",
            by="tariff_id",
            check_sortedness=False,
        )
        .with_columns(
            pl.when(pl.col("effective_until").is_null() | (pl.col("effective_until") > pl.col("day"))).then(
                pl.col("version_id")
            )
        )
    )
    placed = numbered.join(found.select("place", "version_id"), on="place", how="left", maintain_order="left")
    return frame.with_columns(placed["version_id"].alias(name))


def tier_periods(*, version_ids: pl.Series) -> pl.DataFrame:
    """When the tier counter of each version starts again: version_id Int32, tier_period Int8 (TierPeriod)."""
    found = queries.versions(version_ids=version_ids.drop_nulls().unique().to_list())
    rows = [(version_id, version.tier_period.value) for version_id, version in found.items()]
    return pl.DataFrame(rows, schema={"version_id": pl.Int32, "tier_period": pl.Int8}, orient="row")
