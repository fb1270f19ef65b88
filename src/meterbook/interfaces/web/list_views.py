"""The saved views a list offers. Who keeps them tells here how to get them."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from meterbook.application import actor as actors

_Views = Callable[[actors.Actor, str], Sequence[Any]]
_providers: list[_Views] = []
# Where one is in a list belongs to no view of it.
_LEFT_OUT = frozenset({"page", "export", "columns"})


def provide(views: _Views) -> None:
    """Let lists offer saved views: `views(actor, list name)`, each with name, query, view_id, may_delete."""
    _providers[:] = [views]


def offered(
    actor: actors.Actor, *, list_name: str, pairs: Sequence[tuple[str, str]], columns: Sequence[str]
) -> dict[str, Any]:
    """What the template needs: the views, and the list as it is shown in the words of an address."""
    kept = [(key, value) for key, value in pairs if value and key not in _LEFT_OUT]
    return {
        "views": [view for provider in _providers for view in provider(actor, list_name)],
        "view_query": urlencode([*kept, *(("columns", key) for key in columns)]),
        "can_save": bool(_providers),
    }
