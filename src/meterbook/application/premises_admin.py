"""Acts on one premise: added, changed, taken away; its aliases, points, appliances and archive."""

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError

from meterbook.application import premises_tree, transaction
from meterbook.application.actor import Actor
from meterbook.domain import tables
from meterbook.domain.access import operations as access
from meterbook.domain.premises import models, operations, operations_records, queries, queries_tree, rules

RIGHT = "premises.edit"

RecordError = operations_records.RecordError
AddressTakenError = operations.AddressTakenError
PremiseNotFoundError = queries.PremiseNotFoundError
NodeNotFoundError = queries.NodeNotFoundError
PartError = rules.PartError
StationNotFoundError = premises_tree.StationNotFoundError
ReasonMissingError = premises_tree.ReasonMissingError


def add_premise(
    *,
    actor: Actor,
    now: datetime.datetime,
    station_id: int,
    parts: rules.AddressParts,
    utilities: tuple[int, ...],
) -> int:
    """Add a door with a point for each utility; returns its id. Taken back by `remove_premise`.

    Raises AddressTakenError, PartError, StationNotFoundError.
    """
    actor.require(RIGHT)
    premises_tree.require_station(actor=actor, station_id=station_id)
    with transaction.writing(actor=actor):
        premise = operations_records.add_premise(station_id=station_id, parts=parts, utilities=utilities)
        after = {"address": premise.address, "utilities": [_utility(utility) for utility in utilities]}
        _record(actor=actor, now=now, act="PREMISE_ADDED", premise=premise, after=after)
    return premise.pk


def change_premise(
    *,
    actor: Actor,
    now: datetime.datetime,
    premise_id: int,
    parts: rules.AddressParts,
    expected_address: str,
) -> None:
    """Give a door other parts; the old address stays as an alias. Back by changing it back.

    Raises RecordError CHANGED, AddressTakenError, PartError, PremiseNotFoundError.
    """
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        before = _parts(operations_records.lock_premise(premise_id=premise_id))
        premise = operations_records.change_premise(
            premise_id=premise_id, parts=parts, expected_address=expected_address
        )
        after = _parts(premise)
        changed = [name for name in after if before[name] != after[name]]
        if changed:
            _record(
                actor=actor,
                now=now,
                act="PREMISE_CHANGED",
                premise=premise,
                before={name: before[name] for name in changed},
                after={name: after[name] for name in changed},
            )


def remove_premise(*, actor: Actor, now: datetime.datetime, premise_id: int, reason: str) -> None:
    """Take away a door on which nothing hangs. Raises RecordError IN_USE, ReasonMissingError."""
    actor.require(RIGHT)
    premises_tree.require_reason(reason)
    with transaction.writing(actor=actor):
        premise = operations_records.lock_premise(premise_id=premise_id)
        address = premise.address
        operations_records.remove_premises(premise_ids=[premise_id])
        _record(
            actor=actor,
            now=now,
            act="PREMISE_REMOVED",
            premise=premise,
            reason=reason,
            before={"address": address},
        )


def add_service_point(*, actor: Actor, now: datetime.datetime, premise_id: int, utility: int) -> int:
    """A further point of a utility at a premise; returns its id. Raises PremiseNotFoundError."""
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        point = operations_records.add_service_point(premise_id=premise_id, utility=utility)
        _record(
            actor=actor,
            now=now,
            act="SERVICE_POINT_ADDED",
            premise=point.premise,
            after={"utilities": [_utility(utility)], "position": point.position},
        )
    return point.pk


def add_alias(
    *, actor: Actor, now: datetime.datetime, premise_id: int, kind: models.AliasKind, text: str
) -> int:
    """Another address of a premise; returns its id. Raises RecordError EMPTY, TWICE; PartError."""
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        alias = operations_records.add_alias(premise_id=premise_id, kind=kind, alias=text)
        after = {"alias_kind": kind.value, "alias": alias.text}
        _record(actor=actor, now=now, act="ALIAS_ADDED", premise=alias.premise, after=after)
    return alias.pk


def remove_alias(*, actor: Actor, now: datetime.datetime, premise_id: int, alias_id: int) -> None:
    """Take an alias away; back by adding it again. Raises RecordError UNKNOWN."""
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        alias = operations_records.remove_alias(premise_id=premise_id, alias_id=alias_id)
        before = {"alias_kind": alias.kind, "alias": alias.text}
        _record(actor=actor, now=now, act="ALIAS_REMOVED", premise=alias.premise, before=before)


def add_appliance(
    *,
    actor: Actor,
    now: datetime.datetime,
    premise_id: int,
    wanted: operations_records.NewAppliance,
) -> int:
    """Record an appliance; returns its id. The same request key again changes nothing."""
    actor.require(RIGHT)
    known = models.Appliance.objects.filter(request_key=wanted.request_key, request_key__isnull=False)
    try:
        with transaction.writing(actor=actor):
            earlier = known.values_list("id", flat=True).first()
            if earlier is not None:
                return earlier
            made = operations_records.add_appliance(premise_id=premise_id, wanted=wanted)
            after = _appliance(made)
            _record(actor=actor, now=now, act="APPLIANCE_ADDED", premise=made.premise, after=after)
    except IntegrityError as twice:
        raise RecordError(code="TWICE") from twice
    return made.pk


def remove_appliance(
    *, actor: Actor, now: datetime.datetime, premise_id: int, appliance_id: int, on: datetime.date
) -> None:
    """An appliance is there no more since a day. Raises RecordError UNKNOWN, REMOVED, BEFORE_INSTALLED."""
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        gone = operations_records.remove_appliance(premise_id=premise_id, appliance_id=appliance_id, on=on)
        _record(
            actor=actor,
            now=now,
            act="APPLIANCE_REMOVED",
            premise=gone.premise,
            before=_appliance(gone),
            after={"removed_on": on.isoformat()},
        )


def add_network_record(
    *, actor: Actor, now: datetime.datetime, wanted: operations_records.NewNetworkRecord
) -> int:
    """Record an archive entry at a premise or a node; returns its id. The same key again changes nothing.

    Raises RecordError EMPTY and the not-found errors of its place.
    """
    actor.require(RIGHT)
    known = models.NetworkRecord.objects.filter(request_key=wanted.request_key, request_key__isnull=False)
    try:
        with transaction.writing(actor=actor):
            earlier = known.values_list("id", flat=True).first()
            if earlier is not None:
                return earlier
            made = operations_records.add_network_record(wanted=wanted)
            _record_network(actor=actor, now=now, act="NETWORK_RECORD_ADDED", record=made)
    except IntegrityError as twice:
        raise RecordError(code="TWICE") from twice
    return made.pk


def remove_network_record(*, actor: Actor, now: datetime.datetime, record_id: int, on: datetime.date) -> None:
    """What an entry describes is there no more since a day. Raises RecordError."""
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        gone = operations_records.remove_network_record(record_id=record_id, on=on)
        _record_network(actor=actor, now=now, act="NETWORK_RECORD_REMOVED", record=gone)


def _record_network(*, actor: Actor, now: datetime.datetime, act: str, record: models.NetworkRecord) -> None:
    """On the premise or on the node where the entry is kept, so that its timeline has it."""
    facts = {
        "network_kind": record.kind,
        "description": record.description,
        "position": record.position,
        "installed_on": _day(record.installed_on),
        "removed_on": _day(record.removed_on),
    }
    after = {name: value for name, value in facts.items() if value not in (None, "")}
    if record.premise is not None:
        _record(actor=actor, now=now, act=act, premise=record.premise, after=after)
        return
    branch = queries_tree.branch(node_id=record.node_id or 0)
    access.record_act(
        actor=actor,
        at=now,
        act=act,
        subject_kind="ADDRESS_NODE",
        subject_id=branch.node_id,
        station_id=record.station_id,
        after={"address_node": branch.label, **after},
    )


def _appliance(appliance: models.Appliance) -> dict[str, Any]:
    facts = {
        "appliance_kind": appliance.kind,
        "maker": appliance.maker,
        "model": appliance.model,
        "serial_no": appliance.serial_no,
        "rated_flow_milli": appliance.rated_flow_milli,
        "flue_type": appliance.flue_type,
        "installed_on": _day(appliance.installed_on),
    }
    return {name: value for name, value in facts.items() if value not in (None, "")}


def _day(day: datetime.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _parts(premise: models.Premise) -> dict[str, str]:
    parts = rules.AddressParts(**{name: getattr(premise, name) for name in rules.LENGTHS})
    return {**dataclasses.asdict(parts), "address": premise.address}


def _utility(utility: int) -> str:
    return tables.Utility(utility).name


def _record(
    *,
    actor: Actor,
    now: datetime.datetime,
    act: str,
    premise: models.Premise,
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    access.record_act(
        actor=actor,
        at=now,
        act=act,
        subject_kind="PREMISE",
        subject_id=premise.pk,
        station_id=premise.station_id,
        reason=reason,
        before=before,
        after=after,
    )
