"""Reads of premises and service points."""

from django.db import connection

from meterbook.domain import fragments
from meterbook.domain.premises import models

# More parts than these add nothing to an address and only cost time.
_MOST_PARTS = 5


def premise_ids_by_address(*, text: str, most: int) -> list[int]:
    """At most `most` premises in scope whose address contains every part of `text` (parts parted by spaces).

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
    found = models.Premise.objects.order_by("community").values_list("community", flat=True).distinct()
    return list(found[:most])
