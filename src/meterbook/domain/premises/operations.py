"""Writes of the address tree. Whoever changes nodes has a station's tree alone until the transaction ends.

A change of a node is a change of every door below it: parts and address are rewritten in one statement, the
old address stays as an alias.
"""

import collections
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from meterbook.domain.premises import models, queries, rules

_OWN_TREE = "SELECT pg_advisory_xact_lock(hashtext('meterbook.address-tree'), %s)"
# The doors below a path with the names of the branch each stands on now.
_DOORS_BELOW = """
WITH below AS (
    SELECT id, path FROM premises_addressnode WHERE path >= %(path)s AND path < %(path_after)s
), branch AS (
    SELECT b.id,
        COALESCE(max(a.name) FILTER (WHERE a.kind = 1), '') AS district,
        COALESCE(max(a.name) FILTER (WHERE a.kind = 2), '') AS street,
        COALESCE(max(a.name) FILTER (WHERE a.kind = 3), '') AS community,
        COALESCE(max(a.name) FILTER (WHERE a.kind = 4), '') AS building,
        COALESCE(max(a.name) FILTER (WHERE a.kind = 5), '') AS entrance
    FROM below b
    JOIN LATERAL unnest(string_to_array(rtrim(b.path, '/'), '/')::bigint[]) AS way(id) ON true
    JOIN premises_addressnode a ON a.id = way.id
    GROUP BY b.id
)
SELECT p.id, p.address, branch.district, branch.street, branch.community, branch.building, branch.entrance,
    p.floor, p.flat_no
FROM branch JOIN premises_premise p ON p.node_id = branch.id
ORDER BY p.id FOR UPDATE OF p
"""
_REWRITE = """
UPDATE premises_premise p SET district = w.district, street = w.street, community = w.community,
    building = w.building, entrance = w.entrance, floor = w.floor, flat_no = w.flat_no, address = w.address
FROM unnest(%(ids)s::bigint[], %(district)s::text[], %(street)s::text[], %(community)s::text[],
    %(building)s::text[], %(entrance)s::text[], %(floor)s::text[], %(flat_no)s::text[], %(addresses)s::text[])
    AS w(id, district, street, community, building, entrance, floor, flat_no, address)
WHERE p.id = w.id
"""
_TAKEN = """
SELECT p.address FROM premises_premise p
WHERE p.station_id = %(station_id)s AND p.address = ANY (%(addresses)s) AND NOT p.id = ANY (%(ids)s)
ORDER BY p.address LIMIT 20
"""
_KEEP_FORMER = """
INSERT INTO premises_premisealias (station_id, premise_id, kind, text)
SELECT p.station_id, p.id, %(kind)s, w.former
FROM unnest(%(ids)s::bigint[], %(former)s::text[]) AS w(id, former) JOIN premises_premise p ON p.id = w.id
WHERE p.address <> w.former
ON CONFLICT (premise_id, kind, text) DO NOTHING
"""
# What is the address again is no former one.
_DROP_FORMER = """
DELETE FROM premises_premisealias a USING premises_premise p
WHERE p.id = a.premise_id AND a.premise_id = ANY (%(ids)s) AND a.kind = %(kind)s AND a.text = p.address
"""
_NEW_PATHS = """
UPDATE premises_addressnode SET path = %(to)s || substr(path, length(%(path)s) + 1)
WHERE path >= %(path)s AND path < %(path_after)s
"""


class PremisesError(Exception):
    """A refused act on addresses. `code` names the reason; subclasses carry its facts."""

    code = "REFUSED"


class NodeError(PremisesError):
    """An act on a node of the tree is refused; `name` is the name it is about.

    `code`: NAME_TAKEN, WRONG_LEVEL, INTO_ITSELF, OTHER_STATION, OTHER_LEVEL, CHANGED (meanwhile, by somebody
    else), NOT_EMPTY.
    """

    def __init__(self, *, code: str, name: str) -> None:
        super().__init__(f"{code}: {name}")
        self.code = code
        self.name = name


class AddressTakenError(PremisesError):
    """Other premises of the station have these addresses (at most 20 are named)."""

    code = "ADDRESS_TAKEN"

    def __init__(self, *, addresses: Sequence[str]) -> None:
        super().__init__(", ".join(addresses))
        self.addresses = tuple(addresses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """What a change of the tree did: doors below it, and how many of them have another address now."""

    premise_count: int
    address_count: int


NOTHING_REWRITTEN = Rewritten(premise_count=0, address_count=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A door to be rewritten: its address so far and the parts it is to have."""

    premise_id: int
    former: str
    parts: rules.AddressParts


def add_node(
    *, station_id: int, parent_id: int | None, kind: models.NodeKind, name: str
) -> models.AddressNode:
    """Add a node below `parent_id` (None: a root). Raises NodeError, rules.PartError."""
    own_tree(station_id=station_id)
    clean = _clean_name(name, kind=kind)
    parent = None if parent_id is None else _node(parent_id)
    _require_place(kind=kind, parent=parent, station_id=station_id, name=clean)
    node = models.AddressNode(station_id=station_id, parent=parent, kind=kind, name=clean, path="")
    _require_free(node=node)
    node.save(force_insert=True)
    node.path = f"{parent.path if parent else ''}{node.pk}/"
    node.save(update_fields=["path"])
    return node


def rename_node(*, node_id: int, name: str, expected: str) -> Rewritten:
    """Give a node another name and every door below it the address that follows.

    `expected` is the name the person saw. Raises NodeError, AddressTakenError, rules.PartError.
    """
    node = _own_node(node_id)
    if node.name != expected:
        raise NodeError(code="CHANGED", name=node.name)
    clean = _clean_name(name, kind=models.NodeKind(node.kind))
    if clean == node.name:
        return NOTHING_REWRITTEN
    node.name = clean
    _require_free(node=node)
    node.save(update_fields=["name"])
    return _rewrite_below(node)


def move_node(*, node_id: int, parent_id: int | None) -> Rewritten:
    """Hang a node with all below it under another one of its station. Raises NodeError, AddressTakenError."""
    node = _own_node(node_id)
    parent = None if parent_id is None else _node(parent_id)
    _require_place(kind=models.NodeKind(node.kind), parent=parent, station_id=node.station_id, name=node.name)
    if parent_id == node.parent_id:
        return NOTHING_REWRITTEN
    node.parent = parent
    _require_free(node=node)
    _hang(node, parent=parent)
    return _rewrite_below(node)


def merge_nodes(*, node_id: int, into_id: int) -> Rewritten:
    """Make one node of two of a level that mean the same place: `node_id` goes into `into_id` and is gone.

    Nodes of the same name below both become one too. Raises NodeError, AddressTakenError.
    """
    node, into = _own_node(node_id), _node(into_id)
    if node.pk == into.pk:
        raise NodeError(code="INTO_ITSELF", name=node.name)
    if node.station_id != into.station_id:
        raise NodeError(code="OTHER_STATION", name=into.name)
    if node.kind != into.kind or into.path.startswith(node.path):
        raise NodeError(code="OTHER_LEVEL", name=into.name)
    _merge(node, into=into)
    return _rewrite_below(into)


def remove_node(*, node_id: int) -> str:
    """Take away a node on which nothing stands; returns its name. Raises NodeError NOT_EMPTY."""
    node = _own_node(node_id)
    if not queries.is_bare(node_id=node_id):
        raise NodeError(code="NOT_EMPTY", name=node.name)
    node.delete()
    return node.name


def rewrite_doors(*, station_id: int, doors: Sequence[Door]) -> int:
    """Give doors other parts, in one statement; returns how many have another address now.

    The former address of each becomes an alias. Raises AddressTakenError, rules.PartError.
    """
    if not doors:
        return 0
    parts = [rules.cleaned(door.parts) for door in doors]
    addresses = [rules.compose_address(part) for part in parts]
    ids = [door.premise_id for door in doors]
    facts: dict[str, Any] = {
        "ids": ids,
        "addresses": addresses,
        "former": [door.former for door in doors],
        "station_id": station_id,
        "kind": models.AliasKind.FORMER.value,
        **{name: [getattr(part, name) for part in parts] for name in rules.LENGTHS},
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, facts)
        taken = [row[0] for row in cursor.fetchall()]
        taken += [address for address, count in collections.Counter(addresses).items() if count > 1]
        if taken:
            raise AddressTakenError(addresses=taken[:20])
        cursor.execute(_REWRITE, facts)
        cursor.execute(_KEEP_FORMER, facts)
        cursor.execute(_DROP_FORMER, facts)
    return sum(door.former != address for door, address in zip(doors, addresses, strict=True))


def own_tree(*, station_id: int) -> None:
    """Have a station's address tree alone until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_OWN_TREE, [station_id])


def _own_node(node_id: int) -> models.AddressNode:
    """The node, read after its station's tree is ours. Raises queries.NodeNotFoundError."""
    own_tree(station_id=_node(node_id).station_id)
    return _node(node_id)


def _node(node_id: int) -> models.AddressNode:
    node = models.AddressNode.objects.filter(pk=node_id).first()
    if node is None:
        raise queries.NodeNotFoundError(node_id)
    return node


def _clean_name(name: str, *, kind: models.NodeKind) -> str:
    part = rules.LEVELS[kind - 1]
    clean = rules.clean_part(name, part=part)
    if not clean:
        raise rules.PartError(code="MISSING", part=part)
    return clean


def _require_place(
    *, kind: models.NodeKind, parent: models.AddressNode | None, station_id: int, name: str
) -> None:
    """A node stands under a larger one of its station; buildings and entrances stand under something."""
    if parent is not None and parent.station_id != station_id:
        raise NodeError(code="OTHER_STATION", name=parent.name)
    if parent is not None and parent.kind >= kind:
        raise NodeError(code="WRONG_LEVEL", name=parent.name)
    if parent is None and kind > models.NodeKind.COMMUNITY:
        raise NodeError(code="WRONG_LEVEL", name=name)
    has_community = parent is None or parent.kind >= models.NodeKind.COMMUNITY
    if kind > models.NodeKind.COMMUNITY and not has_community:
        raise NodeError(code="WRONG_LEVEL", name=name)


def _require_free(*, node: models.AddressNode) -> None:
    """No other node of its level has its name beside it."""
    beside = models.AddressNode.objects.filter(
        station_id=node.station_id, parent_id=node.parent_id, kind=node.kind, name=node.name
    )
    if beside.exclude(pk=node.pk).exists():
        raise NodeError(code="NAME_TAKEN", name=node.name)


def _hang(node: models.AddressNode, *, parent: models.AddressNode | None) -> None:
    former = node.path
    node.parent = parent
    node.path = f"{parent.path if parent else ''}{node.pk}/"
    with connection.cursor() as cursor:
        cursor.execute(
            _NEW_PATHS, {"path": former, "path_after": queries.after_path(former), "to": node.path}
        )
    node.save(update_fields=["parent", "path"])


def _merge(node: models.AddressNode, *, into: models.AddressNode) -> None:
    there = {(child.kind, child.name): child for child in into.children.all()}
    for child in node.children.order_by("id"):
        same = there.get((child.kind, child.name))
        if same is None:
            _hang(child, parent=into)
        else:
            _merge(child, into=same)
    models.Premise.objects.filter(node=node).update(node=into)
    models.NetworkRecord.objects.filter(node=node).update(node=into)
    models.PremiseBatch.objects.filter(node=node).update(node=into)
    node.delete()


def _rewrite_below(node: models.AddressNode) -> Rewritten:
    doors = [_door(row) for row in _below(path=node.path)]
    changed = rewrite_doors(station_id=node.station_id, doors=doors)
    return Rewritten(premise_count=len(doors), address_count=changed)


def _below(*, path: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_DOORS_BELOW, {"path": path, "path_after": queries.after_path(path)})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _door(row: tuple[Any, ...]) -> Door:
    return Door(
        premise_id=row[0],
        former=row[1],
        parts=rules.AddressParts(**dict(zip(rules.LENGTHS, row[2:], strict=True))),
    )
