"""Reads of saved views of lists."""

from dataclasses import dataclass

from django.db.models import Q

from meterbook.domain.access import models, queries


@dataclass(frozen=True, slots=True)
class View:
    """A saved view as a list offers it. `query` is the address's part after the question mark."""

    view_id: int
    name: str
    query: str
    is_shared: bool
    may_delete: bool


def views_of(*, list_name: str, staff_id: int, unit_id: int) -> list[View]:
    """One's own views of a list, then those shared from one's unit or from above it, by name."""
    found = models.SavedView.objects.filter(list_name=list_name)
    ways_up = queries.unit_ids_above(unit_id=unit_id)
    seen = found.filter(Q(owner_id=staff_id) | Q(is_shared=True, org_unit_id__in=ways_up))
    views = [
        View(
            view_id=view.pk,
            name=view.name,
            query=view.query,
            is_shared=view.is_shared,
            may_delete=view.owner_id == staff_id,
        )
        for view in seen.order_by("name", "id")
    ]
    return sorted(views, key=lambda view: not view.may_delete)
