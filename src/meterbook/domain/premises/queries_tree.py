"""Reads of the address tree: what stands below a node, what lies on the way to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from meterbook.domain.premises import models, queries, rules

# Counted by the index on (node, station) alone: no premise is read.
_CHILDREN = """
SELECT n.id, n.parent_id, n.station_id, n.kind, n.name, n.path,
    EXISTS (SELECT FROM premises_addressnode c WHERE c.parent_id = n.id),
    (SELECT count(*) FROM premises_addressnode b JOIN premises_premise p ON p.node_id = b.id
        AND p.station_id = b.station_id
        WHERE b.path >= n.path AND b.path < n.path || %(after_all)s)
FROM premises_addressnode n
WHERE n.parent_id IS NOT DISTINCT FROM %(parent_id)s AND n.station_id = ANY (%(station_ids)s)
"""


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """A node. `premise_count` counts every door below it, at whatever depth."""

    node_id: int
    parent_id: int | None
    station_id: int
    kind: models.NodeKind
    name: str
    path: str
    has_children: bool
    premise_count: int


@dataclass(frozen=True, slots=True)
class NodeOnTheWay:
    """A node on the way from the root, the node itself last."""

    node_id: int
    kind: models.NodeKind
    name: str


@dataclass(frozen=True, slots=True)
class Branch:
    """Where a node stands: the way to it, and the address parts it stands for."""

    node_id: int
    station_id: int
    kind: models.NodeKind
    name: str
    path: str
    way: tuple[NodeOnTheWay, ...]
    parts: rules.AddressParts

    @property
    def label(self) -> str:
        """The names on the way, as one line."""
        return " / ".join(node.name for node in self.way)


def children(*, parent_id: int | None, station_ids: Sequence[int]) -> list[NodeFacts]:
    """The nodes directly below one (None: the roots), larger levels first, as people count."""
    parameters = {
        "parent_id": parent_id,
        "station_ids": list(station_ids),
        "after_all": queries.after_path(""),
    }
    with connection.cursor() as cursor:
        cursor.execute(_CHILDREN, parameters)
        rows = cursor.fetchall()
    found = [_facts(row) for row in rows]
    return sorted(found, key=lambda node: (node.station_id, node.kind, rules.natural_key(node.name)))


def _facts(row: tuple[Any, ...]) -> NodeFacts:
    node_id, parent_id, station_id, kind, *rest = row
    return NodeFacts(node_id, parent_id, station_id, models.NodeKind(kind), *rest)


def branch(*, node_id: int) -> Branch:
    """The way to a node. Raises queries.NodeNotFoundError."""
    node = models.AddressNode.objects.filter(pk=node_id).first()
    if node is None:
        raise queries.NodeNotFoundError(node_id)
    ids = [int(piece) for piece in node.path.split("/") if piece]
    found = models.AddressNode.objects.in_bulk(ids)
    way = tuple(NodeOnTheWay(node_id=i, kind=models.NodeKind(found[i].kind), name=found[i].name) for i in ids)
    parts = rules.with_branch(rules.AddressParts(), nodes=[(step.kind, step.name) for step in way])
    return Branch(
        node_id=node.pk,
        station_id=node.station_id,
        kind=models.NodeKind(node.kind),
        name=node.name,
        path=node.path,
        way=way,
        parts=parts,
    )


def places_above(*, branch: Branch, most: int = 2_000) -> list[tuple[str, str]]:
    """Where a node may be moved to: (id, way), at most `most`; entrances stay in their community."""
    levels = range(models.NodeKind.DISTRICT, branch.kind)
    if branch.kind > models.NodeKind.COMMUNITY:
        levels = range(models.NodeKind.COMMUNITY, branch.kind)
    within = _community_path(branch) if branch.kind is models.NodeKind.ENTRANCE else ""
    found = _places(station_id=branch.station_id, kinds=list(levels), within=within, most=most)
    return [place for place in found if place[0] != str(branch.node_id)]


def places_beside(*, branch: Branch, most: int = 2_000) -> list[tuple[str, str]]:
    """With what a node may become one: (id, way) of its level; parts of a community stay in it."""
    within = _community_path(branch) if branch.kind > models.NodeKind.COMMUNITY else ""
    found = _places(station_id=branch.station_id, kinds=[branch.kind.value], within=within, most=most)
    return [place for place in found if place[0] != str(branch.node_id)]


def _community_path(branch: Branch) -> str:
    """The path of the community a node stands in, or of its root when there is none."""
    path = ""
    for step in branch.way:
        path += f"{step.node_id}/"
        if step.kind is models.NodeKind.COMMUNITY:
            break
    return path


def _places(*, station_id: int, kinds: Sequence[int], within: str, most: int) -> list[tuple[str, str]]:
    found = models.AddressNode.objects.filter(
        station_id=station_id,
        kind__in=list(kinds),
        path__gte=within,
        path__lt=queries.after_path(within),
    ).order_by("kind", "name", "id")[:most]
    nodes = list(found)
    ids = {int(piece) for node in nodes for piece in node.path.split("/") if piece}
    names = dict(models.AddressNode.objects.filter(pk__in=ids).values_list("id", "name"))
    labelled = [
        (str(node.pk), " / ".join(names[int(piece)] for piece in node.path.split("/") if piece))
        for node in nodes
    ]
    return sorted(labelled, key=lambda place: rules.natural_key(place[1]))


def premise_ids_below(*, path: str) -> list[int]:
    """The premises below a path (of Branch), ascending."""
    return list(_below(path).order_by("id").values_list("id", flat=True))


def premise_count_below(*, path: str) -> int:
    """How many premises are below a path (of Branch)."""
    return _below(path).count()


def _below(path: str) -> QuerySet[models.Premise]:
    return models.Premise.objects.filter(node__path__gte=path, node__path__lt=queries.after_path(path))
