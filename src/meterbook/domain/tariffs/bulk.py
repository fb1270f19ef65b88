"""The price catalogue as columns: which version was in force for whole frames of tariffs and days."""

import datetime
from collections.abc import Iterator

import polars as pl

from meterbook.domain import columns
from meterbook.domain.tariffs import queries
from meterbook.kernel import period
from meterbook.rating import tariff as values
from meterbook.rating.charges import derived

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
TERMS: dict[str, pl.DataType | type[pl.DataType]] = {
    "tariff_id": pl.Int64,
    "version_id": pl.Int32,
    "tier_period": pl.Int8,
    "season_month": pl.Int8,
    "season_day": pl.Int8,
    "is_carried": pl.Boolean,
    "is_converted": pl.Boolean,
    "is_free": pl.Boolean,
    "free_choices": pl.List(pl.String),
}
RESTARTS = {"tariff_id": pl.Int64, "restarts_on": pl.Date, "is_untold": pl.Boolean}


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


def terms(*, versions: pl.DataFrame) -> pl.DataFrame:
    """What billing must know about versions before they are priced: columns TERMS, one row for each.

    `versions` has columns VERSIONS. `season_*` is the first day of its heating season. A version `is_carried`
    when fractions of its billed step belong to the next usage, `is_converted` when charged quantities aren't
    the metered ones, `is_free` when free units for everybody change what counters hold, or are those of a
    whole year.
    """
    found = queries.versions(version_ids=versions["version_id"].to_list())
    rows = [
        (tariff_id, version_id, *_terms(found[version_id]))
        for tariff_id, version_id in versions.select("tariff_id", "version_id").iter_rows()
    ]
    return pl.DataFrame(rows, schema=TERMS, orient="row")


def _terms(version: values.TariffVersion) -> tuple[object, ...]:
    season, billed = version.heating_season, version.quantity_rounding
    accumulates = version.tier_period is not period.TierPeriod.BILLING_PERIOD
    free = [
        component.condition.choice
        for component in version.components
        if isinstance(component.charge, derived.FreeQuantity) and (component.charge.is_pooled or accumulates)
    ]
    return (
        version.tier_period.value,
        None if season is None else season[0].month,
        None if season is None else season[0].day,
        billed is not None and billed.is_carried,
        version.conversion is not None or billed is not None,
        None in free,
        [choice for choice in free if choice is not None],
    )


def restarts(*, versions: pl.DataFrame, since: datetime.date, until: datetime.date) -> pl.DataFrame:
    """The days from `since` on and before `until` on which versions set tier counters back to zero: columns
    RESTARTS. What is counted since `is_untold` where bounds became a part of what they are, or readings and
    not days decide when the new price begins.

    `versions` has columns VERSIONS.
    """
    found = queries.versions(version_ids=versions["version_id"].to_list())
    rows = [
        (tariff_id, day, _is_untold(change))
        for tariff_id, version_id in versions.select("tariff_id", "version_id").iter_rows()
        for day, change in _changes(found[version_id], since=since, until=until)
        if since <= day < until and change.counter is not values.Counter.CONTINUES
    ]
    return pl.DataFrame(rows, schema=RESTARTS, orient="row")


def _changes(
    version: values.TariffVersion, *, since: datetime.date, until: datetime.date
) -> Iterator[tuple[datetime.date, values.Change]]:
    """The version's own start, and its seasons' while it is in force."""
    if version.change is not None:
        yield version.effective_from, version.change
    if version.season_change is None:
        return
    for year in range(since.year, until.year + 1):
        for season in version.seasons:
            day = season.from_.in_year(year)
            if period.is_effective(day=day, from_=version.effective_from, until=version.effective_until):
                yield day, version.season_change


def _is_untold(change: values.Change) -> bool:
    is_by_reading = change.split is values.SplitRule.READING_NUMBER
    return is_by_reading or change.counter is values.Counter.PRORATED
