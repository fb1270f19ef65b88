"""Use cases of saved views: one's own way to look at a list. No right beyond the list's own, no audit row."""

from meterbook.application import transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import operations_views as operations
from meterbook.domain.access import queries_views as queries

View = queries.View
ViewUnknownError = operations.ViewUnknownError
NAME_LENGTH, QUERY_LENGTH = 40, 2000


class ViewNotKeptError(ValueError):
    """A view without a name, with too long an address, or of nobody in person."""


def save(*, actor: Actor, list_name: str, name: str, query: str, is_shared: bool) -> None:
    """Keep a view of a list under a name. Raises ViewNotKeptError."""
    plain = " ".join(name.split())
    if not plain or len(plain) > NAME_LENGTH or len(query) > QUERY_LENGTH or actor.staff_id is None:
        raise ViewNotKeptError
    with transaction.writing(actor=actor):
        operations.save_view(
            staff_id=actor.staff_id,
            unit_id=actor.home_unit_id,
            list_name=list_name,
            name=plain,
            query=query,
            is_shared=is_shared,
        )


def delete(*, actor: Actor, view_id: int) -> str:
    """Delete one's own view and return its name. Raises ViewUnknownError."""
    if actor.staff_id is None:
        raise ViewUnknownError(view_id)
    with transaction.writing(actor=actor):
        return operations.delete_view(view_id=view_id, staff_id=actor.staff_id)


def views_of(*, actor: Actor, list_name: str) -> list[View]:
    """The views a person sees on a list, inside the page's own transaction."""
    if actor.staff_id is None:
        return []
    return queries.views_of(list_name=list_name, staff_id=actor.staff_id, unit_id=actor.home_unit_id)
