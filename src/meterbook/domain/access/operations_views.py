"""Writes of saved views of lists."""

from meterbook.domain.access import models


class ViewUnknownError(LookupError):
    """No such view, or it is somebody else's."""


def save_view(
    *, staff_id: int, unit_id: int, list_name: str, name: str, query: str, is_shared: bool
) -> models.SavedView:
    """Keep a view; one of the same owner, list and name is replaced."""
    view, _is_new = models.SavedView.objects.update_or_create(
        owner_id=staff_id,
        list_name=list_name,
        name=name,
        defaults={"org_unit_id": unit_id, "query": query, "is_shared": is_shared},
    )
    return view


def delete_view(*, view_id: int, staff_id: int) -> str:
    """Delete one's own view and return its name. Raises ViewUnknownError."""
    view = models.SavedView.objects.filter(pk=view_id, owner_id=staff_id).first()
    if view is None:
        raise ViewUnknownError(view_id)
    view.delete()
    return view.name
