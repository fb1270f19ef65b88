"""Reads of premises and service points."""

from django.db import connection

from meterbook.domain import fragments
from meterbook.domain.premises import models

# Hops from name to name on the index instead of reading every premise.
_COMMUNITIES = """
WITH RECURSIVE hop AS (
    (SELECT community FROM premises_premise ORDER BY community LIMIT 1)
    UNION ALL
    SELECT (SELECT p.community FROM premises_premise p WHERE p.community > hop.community
        ORDER BY p.community LIMIT 1)
    FROM hop WHERE hop.community IS NOT NULL
)
SELECT community FROM hop WHERE community IS NOT NULL LIMIT %(most)s
"""

# More parts than these add nothing to an address and only cost time.
_MOST_PARTS = 5


class NodeNotFoundError(Exception):
    """No such node of the address tree, or outside the scope."""


class PremiseNotFoundError(Exception):
    """No such premise, or outside the scope."""


def after_path(path: str) -> str:
    """Sorts after every path below `path`: those are path <= p < this."""
    return path + fragments.AFTER_ALL


def is_bare(*, node_id: int) -> bool:
    """Whether nothing stands on a node: no smaller node, no door, no archive entry, no batch."""
    below = (
        models.AddressNode.objects.filter(parent_id=node_id),
        models.Premise.objects.filter(node_id=node_id),
        models.NetworkRecord.objects.filter(node_id=node_id),
        models.PremiseBatch.objects.filter(node_id=node_id),
    )
    return not any(found.exists() for found in below)


def premise_ids_by_address(*, text: str, most: int) -> list[int]:
    """At most `most` premises in scope with an address or alias that contains every part of `text`.

    Spaces part the parts; premises found by their address come first.
    The longest part is looked up in the trigram index; when it is shorter than three characters it must begin
    the address.
    """
    parts = sorted(text.upper().split(), key=len, reverse=True)[:_MOST_PARTS]
    if not parts:
        return []
    first, *others = (fragments.like_escaped(part) for part in parts)
    pattern = f"%{first}%" if len(parts[0]) >= fragments.SHORTEST else f"{first}%"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM premise_ids_by_address(%s, %s::text[], %s)",
            [pattern, [f"%{part}%" for part in others], most],
        )
        return [row[0] for row in cursor.fetchall()]


def communities(*, most: int = 500) -> list[str]:
    """The communities in scope, by name, for filters."""
    with connection.cursor() as cursor:
        cursor.execute(_COMMUNITIES, {"most": most})
        return [row[0] for row in cursor.fetchall()]
