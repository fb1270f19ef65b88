"""Premises and service points as columns."""

from typing import Any

import polars as pl
from django.db import connection

from meterbook.domain import columns
from meterbook.domain.premises import models, rules

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

# Writers of addresses share the tree; who renames or moves its nodes has it alone (operations).
_SHARE_TREE = "SELECT pg_advisory_xact_lock_shared(hashtext('meterbook.address-tree'), %(station_id)s)"
# Rows may be asked for by two transactions at once: the second waits and then finds those of the first.
# `{beside}` is one of _BESIDE: with IS NOT DISTINCT FROM for both no index would be used.
_WRITE_NODES = """
INSERT INTO premises_addressnode (id, station_id, parent_id, kind, name, path)
SELECT n.id, n.station_id, n.parent_id, %(kind)s, n.name, COALESCE(above.path, '') || n.id || '/'
FROM (
    SELECT nextval(pg_get_serial_sequence('premises_addressnode', 'id')) AS id, w.*
    FROM unnest(%(station_ids)s::bigint[], %(parent_ids)s::bigint[], %(names)s::text[])
        AS w(station_id, parent_id, name)
    WHERE NOT EXISTS (
        SELECT FROM premises_addressnode k
        WHERE k.station_id = w.station_id AND {beside} AND k.kind = %(kind)s AND k.name = w.name
    )
) n
LEFT JOIN premises_addressnode above ON above.id = n.parent_id
ON CONFLICT (station_id, parent_id, kind, name) DO NOTHING
"""
_FIND_NODES = """
SELECT k.station_id, COALESCE(k.parent_id, 0), k.name, k.id
FROM unnest(%(station_ids)s::bigint[], %(parent_ids)s::bigint[], %(names)s::text[])
    AS w(station_id, parent_id, name)
JOIN premises_addressnode k
    ON k.station_id = w.station_id AND {beside} AND k.kind = %(kind)s AND k.name = w.name
"""
_BESIDE = {True: "k.parent_id IS NULL", False: "k.parent_id = w.parent_id"}
_NODES_SCHEMA = {"station_id": pl.Int64, "node_id": pl.Int64, "name": pl.String, "found_id": pl.Int64}
_NO_NODE = 0  # while a branch is climbed: nothing above yet


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

    `premises` has columns PREMISES; of equal (station_id, address) the first row counts. The address tree
    gets the nodes they stand on.
    """
    wanted = premises.select(*PREMISES).unique(["station_id", "address"], keep="first", maintain_order=True)
    known = known_premises(
        station_ids=wanted["station_id"].unique().to_list(), addresses=wanted["address"].to_list()
    ).select("station_id", "address", "premise_id")
    missing = wanted.join(known, on=["station_id", "address"], how="anti", maintain_order="left")
    numbered = write_premises(premises=missing)
    written = numbered.select("station_id", "address", pl.col("id").alias("premise_id"))
    return pl.concat([known, written])


def write_premises(*, premises: pl.DataFrame, batch_id: int | None = None) -> pl.DataFrame:
    """Write every row (columns PREMISES) as a new premise on its node; returns them with their `id`.

    An address that is there already is refused by the database.
    """
    placed = ensure_nodes(premises=premises.select(*PREMISES))
    ids = columns.next_ids(table=models.Premise, count=placed.height)
    numbered = placed.with_columns(
        pl.Series("id", ids, dtype=pl.Int64), pl.lit(batch_id, dtype=pl.Int64).alias("batch_id")
    )
    columns.copy_in(frame=numbered, table=models.Premise)
    return numbered


def ensure_nodes(*, premises: pl.DataFrame) -> pl.DataFrame:
    """The rows (station_id and the levels of an address) with the `node_id` they stand on.

    Missing nodes are written, level by level from the root, each level in one statement.
    """
    for station_id in sorted(premises["station_id"].unique().to_list()):
        _execute(_SHARE_TREE, {"station_id": station_id})
    climbing = premises.with_columns(pl.lit(_NO_NODE, dtype=pl.Int64).alias("node_id"))
    for kind, name in enumerate(rules.LEVELS, start=1):
        wanted = (
            climbing.filter(pl.col(name) != "")
            .select("station_id", "node_id", pl.col(name).alias("name"))
            .unique(maintain_order=True)
        )
        if wanted.is_empty():
            continue
        found = _ensure_level(kind=kind, wanted=wanted)
        climbing = climbing.join(
            found,
            left_on=["station_id", "node_id", name],
            right_on=["station_id", "node_id", "name"],
            how="left",
            maintain_order="left",
        ).select(pl.all().exclude("node_id", "found_id"), pl.coalesce("found_id", "node_id").alias("node_id"))
    return climbing.with_columns(pl.col("node_id").replace(_NO_NODE, None))


def _ensure_level(*, kind: int, wanted: pl.DataFrame) -> pl.DataFrame:
    is_root = pl.col("node_id") == _NO_NODE
    found = [
        _ensure_beside(kind=kind, wanted=part, beside=_BESIDE[at_root])
        for at_root, part in ((True, wanted.filter(is_root)), (False, wanted.filter(~is_root)))
        if part.height
    ]
    return pl.concat(found)


def _ensure_beside(*, kind: int, wanted: pl.DataFrame, beside: str) -> pl.DataFrame:
    parameters = {
        "kind": kind,
        "station_ids": wanted["station_id"].to_list(),
        "parent_ids": [parent or None for parent in wanted["node_id"].to_list()],
        "names": wanted["name"].to_list(),
    }
    _execute(_WRITE_NODES.format(beside=beside), parameters)
    return columns.fetch(
        statement=_FIND_NODES.format(beside=beside), parameters=parameters, schema=_NODES_SCHEMA
    )


def _execute(statement: str, parameters: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


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
