"""Writing the doors of a generated building, all or nothing, and taking them back."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from meterbook.domain.premises import bulk, models, operations, operations_records, queries, rules
from meterbook.domain.premises.rules_generation import Door


class BatchNotFoundError(Exception):
    """No such batch of generated premises, or outside the scope."""


class BatchError(operations.PremisesError):
    """A batch can't be taken back. `code`: UNDONE (already)."""

    def __init__(self, *, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBatch:
    """Doors to be written for a station, with a point for each of `utilities` at every door."""

    request_key: uuid.UUID
    station_id: int
    doors: Sequence[Door]
    utilities: tuple[int, ...]
    label: str


def taken_addresses(*, station_id: int, addresses: Sequence[str]) -> set[str]:
    """Those of `addresses` that premises of the station have."""
    found = bulk.known_premises(station_ids=[station_id], addresses=list(addresses))
    return set(found["address"].to_list())


def batch_by_key(*, request_key: uuid.UUID) -> models.PremiseBatch | None:
    """The batch an earlier sending of the same request made."""
    return models.PremiseBatch.objects.filter(request_key=request_key).first()


def write_batch(*, wanted: NewBatch, now: datetime.datetime, staff_id: int | None) -> models.PremiseBatch:
    """Write every door. Raises operations.AddressTakenError when one is there or comes twice."""
    operations.own_tree(station_id=wanted.station_id)
    addresses = [door.address for door in wanted.doors]
    taken = taken_addresses(station_id=wanted.station_id, addresses=addresses)
    taken |= {door.address for door in wanted.doors if door.repeats}
    if taken:
        raise operations.AddressTakenError(addresses=sorted(taken)[:20])
    rows = [
        {
            "station_id": wanted.station_id,
            **{name: getattr(door.parts, name) for name in rules.LENGTHS},
            "address": door.address,
        }
        for door in wanted.doors
    ]
    frame = pl.DataFrame(rows, schema=bulk.PREMISES)
    node_id = _community(frame)
    batch = models.PremiseBatch.objects.create(
        station_id=wanted.station_id,
        request_key=wanted.request_key,
        node_id=node_id,
        label=wanted.label,
        premise_count=len(rows),
        made_at=now,
        made_by_id=staff_id,
    )
    written = bulk.write_premises(premises=frame, batch_id=batch.pk)
    _write_points(written, utilities=wanted.utilities)
    return batch


def undo_batch(*, batch_id: int, now: datetime.datetime) -> models.PremiseBatch:
    """Take every door of a batch away again; the caller has checked that no other subject needs one.

    Raises BatchNotFoundError, BatchError UNDONE, operations_records.RecordError IN_USE.
    """
    batch = models.PremiseBatch.objects.select_for_update().filter(pk=batch_id).first()
    if batch is None:
        raise BatchNotFoundError(batch_id)
    if batch.undone_at is not None:
        raise BatchError(code="UNDONE")
    operations.own_tree(station_id=batch.station_id)
    premises = list(batch.premises.select_for_update().order_by("id").values_list("id", "node_id"))
    operations_records.remove_premises(premise_ids=[premise_id for premise_id, _ in premises])
    batch.undone_at = now
    batch.node = None
    batch.save(update_fields=["undone_at", "node"])
    _remove_empty_nodes({node_id for _, node_id in premises if node_id is not None})
    return batch


def _community(frame: pl.DataFrame) -> int:
    """The node of the community the doors stand in."""
    levels = ("building", "entrance", "floor", "flat_no")
    place = frame.head(1).with_columns(pl.lit("").alias(name) for name in levels)
    return int(bulk.ensure_nodes(premises=place)["node_id"][0])


def _write_points(written: pl.DataFrame, *, utilities: Sequence[int]) -> None:
    if not utilities:
        return
    points = written.select("station_id", pl.col("id").alias("premise_id")).join(
        pl.DataFrame({"utility": list(utilities)}, schema={"utility": pl.Int16}), how="cross"
    )
    bulk.write_service_points(service_points=points)


def _remove_empty_nodes(node_ids: set[int]) -> None:
    """Buildings and entrances that stand for nothing now go too, the deepest first."""
    found = models.AddressNode.objects.filter(pk__in=node_ids)
    ids = {int(piece) for node in found for piece in node.path.split("/") if piece}
    smaller = models.AddressNode.objects.filter(pk__in=ids, kind__gt=models.NodeKind.COMMUNITY)
    for node in smaller.order_by("-kind"):
        if queries.is_bare(node_id=node.pk):
            node.delete()
