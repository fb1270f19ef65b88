"""Generating the premises of whole buildings: looked at first, then all or nothing, and taken back."""

import datetime
import uuid
from dataclasses import dataclass

from meterbook.application import premises_tree, transaction
from meterbook.application.actor import Actor
from meterbook.domain import tables
from meterbook.domain.access import operations as access
from meterbook.domain.premises import (
    models,
    operations,
    operations_generation,
    operations_records,
    rules,
    rules_generation,
)

RIGHT = "premises.generate"

AddressTakenError = operations.AddressTakenError
BatchNotFoundError = operations_generation.BatchNotFoundError
BatchError = operations_generation.BatchError
RecordError = operations_records.RecordError
PartError = rules.PartError
PlanError = rules_generation.PlanError
StationNotFoundError = premises_tree.StationNotFoundError
ReasonMissingError = premises_tree.ReasonMissingError


@dataclass(frozen=True, slots=True, kw_only=True)
class Generate:
    """What is to be generated."""

    request_key: uuid.UUID
    station_id: int
    plan: rules_generation.BuildingPlan
    utilities: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """The doors a plan makes. `taken`: addresses premises have already; `repeated`: of two doors here."""

    doors: tuple[rules_generation.Door, ...]
    taken: frozenset[str]
    repeated: frozenset[str]

    @property
    def is_clean(self) -> bool:
        """Whether it can be written."""
        return not self.taken and not self.repeated


def preview(*, actor: Actor, wanted: Generate) -> Preview:
    """The dry run. Needs a reading transaction. Raises PlanError, PartError, StationNotFoundError."""
    actor.require(RIGHT)
    premises_tree.require_station(actor=actor, station_id=wanted.station_id)
    doors = rules_generation.doors(wanted.plan)
    taken = operations_generation.taken_addresses(
        station_id=wanted.station_id, addresses=[door.address for door in doors]
    )
    return Preview(
        doors=tuple(doors),
        taken=frozenset(taken),
        repeated=frozenset(door.address for door in doors if door.repeats),
    )


def generate(*, actor: Actor, wanted: Generate, now: datetime.datetime) -> int:
    """Write every door of the plan or none; returns the batch's id. The same request key gives the first.

    Raises PlanError, PartError, AddressTakenError, StationNotFoundError.
    """
    actor.require(RIGHT)
    premises_tree.require_station(actor=actor, station_id=wanted.station_id)
    doors = rules_generation.doors(wanted.plan)
    with transaction.writing(actor=actor):
        operations.own_tree(station_id=wanted.station_id)
        earlier = operations_generation.batch_by_key(request_key=wanted.request_key)
        if earlier is not None:
            return earlier.pk
        batch = operations_generation.write_batch(
            wanted=operations_generation.NewBatch(
                request_key=wanted.request_key,
                station_id=wanted.station_id,
                doors=doors,
                utilities=wanted.utilities,
                label=_label(wanted.plan),
            ),
            now=now,
            staff_id=actor.staff_id,
        )
        after = {
            "address": batch.label,
            "premises": batch.premise_count,
            "first": doors[0].address,
            "last": doors[-1].address,
            "utilities": [tables.Utility(utility).name for utility in wanted.utilities],
        }
        _record(actor=actor, now=now, act="BUILDING_GENERATED", batch=batch, after=after)
    return batch.pk


def undo(*, actor: Actor, batch_id: int, reason: str, now: datetime.datetime) -> None:
    """Take a generated building away again while nothing hangs on any of its doors.

    Raises BatchNotFoundError, BatchError UNDONE, RecordError IN_USE, ReasonMissingError.
    """
    actor.require(RIGHT)
    premises_tree.require_reason(reason)
    with transaction.writing(actor=actor):
        batch = operations_generation.undo_batch(batch_id=batch_id, now=now)
        _record(
            actor=actor,
            now=now,
            act="BUILDING_TAKEN_BACK",
            batch=batch,
            before={"address": batch.label, "premises": batch.premise_count},
            reason=reason,
        )


def _label(plan: rules_generation.BuildingPlan) -> str:
    """The community and its buildings, as one line that fits the table."""
    names = [
        rules.compose_address(
            rules.AddressParts(community=plan.place.community if first else "", building=building)
        )
        for first, building in zip([True] + [False] * len(plan.buildings), plan.buildings, strict=False)
    ]
    return ", ".join(names)[: rules.ADDRESS_LENGTH]


def _record(
    *,
    actor: Actor,
    now: datetime.datetime,
    act: str,
    batch: models.PremiseBatch,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
    reason: str = "",
) -> None:
    access.record_act(
        actor=actor,
        at=now,
        act=act,
        subject_kind="PREMISE_BATCH",
        subject_id=batch.pk,
        station_id=batch.station_id,
        reason=reason,
        before=before,
        after=after,
    )
