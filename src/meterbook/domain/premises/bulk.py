"""Premises and service points as columns."""

import polars as pl

from meterbook.domain import columns
from meterbook.domain.premises import models

PARTS = {
    "district": pl.String,
    "street": pl.String,
    "community": pl.String,
    "building": pl.String,
    "entrance": pl.String,
    "floor": pl.String,
    "flat_no": pl.String,
}
PREMISES = {"station_id": pl.Int64, **PARTS, "address": pl.String}
SERVICE_POINTS = {"station_id": pl.Int64, "premise_id": pl.Int64, "utility": pl.Int16}

_KNOWN = """
SELECT id, station_id, address, district, street
FROM premises_premise
WHERE station_id = ANY(%(station_ids)s) AND address = ANY(%(addresses)s)
"""
_KNOWN_SCHEMA = {
    "premise_id": pl.Int64,
    "station_id": pl.Int64,
    "address": pl.String,
    "district": pl.String,
    "street": pl.String,
}
_SUPPLIED = """
SELECT p.station_id, p.address, s.utility
FROM premises_premise p JOIN premises_servicepoint s ON s.premise_id = p.id
WHERE p.station_id = ANY(%(station_ids)s) AND p.address = ANY(%(addresses)s)
"""
_SUPPLIED_SCHEMA = {"station_id": pl.Int64, "address": pl.String, "utility": pl.Int16}


def known_premises(*, station_ids: list[int], addresses: list[str]) -> pl.DataFrame:
    """The premises of these stations at these addresses: premise_id, its key, district and street."""
    return columns.fetch(
        statement=_KNOWN,
        parameters={"station_ids": station_ids, "addresses": addresses},
        schema=_KNOWN_SCHEMA,
    )


def supplied_premises(*, station_ids: list[int], addresses: list[str]) -> pl.DataFrame:
    """What is already delivered there: station_id, address, utility."""
    return columns.fetch(
        statement=_SUPPLIED,
        parameters={"station_ids": station_ids, "addresses": addresses},
        schema=_SUPPLIED_SCHEMA,
    )


def ensure_premises(*, premises: pl.DataFrame) -> pl.DataFrame:
    """The premises at these addresses, written where missing: station_id, address, premise_id.

    `premises` has columns PREMISES; of equal (station_id, address) the first row counts.
    """
    wanted = premises.select(*PREMISES).unique(["station_id", "address"], keep="first", maintain_order=True)
    known = known_premises(
        station_ids=wanted["station_id"].unique().to_list(), addresses=wanted["address"].to_list()
    ).select("station_id", "address", "premise_id")
    missing = wanted.join(known, on=["station_id", "address"], how="anti", maintain_order="left")
    ids = columns.next_ids(table=models.Premise, count=missing.height)
    numbered = missing.with_columns(pl.Series("id", ids, dtype=pl.Int64))
    columns.copy_in(frame=numbered, table=models.Premise)
    written = numbered.select("station_id", "address", pl.col("id").alias("premise_id"))
    return pl.concat([known, written])


def write_service_points(*, service_points: pl.DataFrame) -> pl.DataFrame:
    """Write one service point per row; returns `service_points` in its order with their ids in `id`.

    `service_points` has columns SERVICE_POINTS; further columns are carried along. The first of a
    utility at its premise has position 1; a second one is refused by the database.
    """
    ids = columns.next_ids(table=models.ServicePoint, count=service_points.height)
    numbered = service_points.with_columns(pl.Series("id", ids, dtype=pl.Int64))
    first = pl.lit(1, dtype=pl.Int16).alias("position")
    columns.copy_in(frame=numbered.select("id", *SERVICE_POINTS, first), table=models.ServicePoint)
    return numbered
