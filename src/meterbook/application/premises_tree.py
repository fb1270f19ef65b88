"""Acts on the address tree: nodes are added, renamed, moved, merged and taken away, with their doors."""

import datetime
from collections.abc import Mapping

from meterbook.application import transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import operations as access
from meterbook.domain.premises import models, operations, queries, queries_tree, rules

RIGHT = "premises.edit"

NodeError = operations.NodeError
AddressTakenError = operations.AddressTakenError
NodeNotFoundError = queries.NodeNotFoundError
PartError = rules.PartError


class StationNotFoundError(Exception):
    """No such station in the actor's scope."""


class ReasonMissingError(Exception):
    """The act needs a reason and none was given."""


def add_node(
    *,
    actor: Actor,
    now: datetime.datetime,
    station_id: int,
    parent_id: int | None,
    kind: models.NodeKind,
    name: str,
) -> int:
    """Add a node below another one, or as a root of a station; returns its id.

    Raises NodeError, PartError, NodeNotFoundError, StationNotFoundError.
    """
    actor.require(RIGHT)
    require_station(actor=actor, station_id=station_id)
    with transaction.writing(actor=actor):
        node = operations.add_node(station_id=station_id, parent_id=parent_id, kind=kind, name=name)
        after = {"address_node": queries_tree.branch(node_id=node.pk).label, "level": kind.value}
        _record(actor=actor, now=now, act="ADDRESS_NODE_ADDED", node=node, after=after)
    return node.pk


def rename_node(
    *, actor: Actor, now: datetime.datetime, node_id: int, name: str, expected: str
) -> operations.Rewritten:
    """Rename a node and so the addresses of every door below; back by renaming it back.

    Raises NodeError (CHANGED when the name is not `expected` any more), AddressTakenError, PartError.
    """
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        before = queries_tree.branch(node_id=node_id)
        made = operations.rename_node(node_id=node_id, name=name, expected=expected)
        after = queries_tree.branch(node_id=node_id)
        if after.name != before.name:
            _record_change(
                actor=actor, now=now, act="ADDRESS_NODE_RENAMED", before=before, after=after, made=made
            )
    return made


def move_node(
    *, actor: Actor, now: datetime.datetime, node_id: int, parent_id: int | None
) -> operations.Rewritten:
    """Hang a node under another one; back by moving it back. Raises NodeError, AddressTakenError."""
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        before = queries_tree.branch(node_id=node_id)
        made = operations.move_node(node_id=node_id, parent_id=parent_id)
        after = queries_tree.branch(node_id=node_id)
        if after.path != before.path:
            _record_change(
                actor=actor, now=now, act="ADDRESS_NODE_MOVED", before=before, after=after, made=made
            )
    return made


def merge_nodes(
    *, actor: Actor, now: datetime.datetime, node_id: int, into_id: int, reason: str
) -> operations.Rewritten:
    """Make one node of two. No single act takes this back, so it needs a reason.

    Raises NodeError, AddressTakenError, NodeNotFoundError, ReasonMissingError.
    """
    actor.require(RIGHT)
    require_reason(reason)
    with transaction.writing(actor=actor):
        before = queries_tree.branch(node_id=node_id)
        made = operations.merge_nodes(node_id=node_id, into_id=into_id)
        after = queries_tree.branch(node_id=into_id)
        _record_change(
            actor=actor,
            now=now,
            act="ADDRESS_NODES_MERGED",
            before=before,
            after=after,
            made=made,
            reason=reason,
        )
    return made


def remove_node(*, actor: Actor, now: datetime.datetime, node_id: int) -> int | None:
    """Take away a node on which nothing stands; returns its parent's id. Raises NodeError NOT_EMPTY."""
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        branch = queries_tree.branch(node_id=node_id)
        operations.remove_node(node_id=node_id)
        access.record_act(
            actor=actor,
            at=now,
            act="ADDRESS_NODE_REMOVED",
            subject_kind="ADDRESS_NODE",
            subject_id=node_id,
            station_id=branch.station_id,
            before={"address_node": branch.label},
        )
    above = branch.way[:-1]
    return above[-1].node_id if above else None


def require_station(*, actor: Actor, station_id: int) -> None:
    """Raise StationNotFoundError unless the station is in the actor's scope."""
    if not actor.is_system and station_id not in actor.unit_ids:
        raise StationNotFoundError(station_id)


def require_reason(reason: str) -> None:
    """Raise ReasonMissingError when nothing is said."""
    if not reason.strip():
        raise ReasonMissingError


def _record(
    *,
    actor: Actor,
    now: datetime.datetime,
    act: str,
    node: models.AddressNode,
    after: Mapping[str, object],
) -> None:
    access.record_act(
        actor=actor,
        at=now,
        act=act,
        subject_kind="ADDRESS_NODE",
        subject_id=node.pk,
        station_id=node.station_id,
        after=after,
    )


def _record_change(
    *,
    actor: Actor,
    now: datetime.datetime,
    act: str,
    before: queries_tree.Branch,
    after: queries_tree.Branch,
    made: operations.Rewritten,
    reason: str = "",
) -> None:
    access.record_act(
        actor=actor,
        at=now,
        act=act,
        subject_kind="ADDRESS_NODE",
        subject_id=after.node_id,
        station_id=after.station_id,
        reason=reason,
        before={"address_node": before.label},
        after={
            "address_node": after.label,
            "premises": made.premise_count,
            "addresses_changed": made.address_count,
        },
    )
