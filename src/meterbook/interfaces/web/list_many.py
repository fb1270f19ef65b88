"""What a list offers for many of its rows at once. Who carries such changes out tells here what there is."""

from collections.abc import Callable, Sequence
from typing import Any

from meterbook.application import actor as actors

# The acts a person may do on the rows of a subject: (key, words), in the order they are offered.
_Acts = Callable[[actors.Actor, str], Sequence[tuple[str, Any]]]
_providers: list[_Acts] = []
# The box of a row: its name in the form that the list's dialog sends.
FIELD, FORM = "row", "change-many-form"


def provide(acts: _Acts) -> None:
    """Let lists offer acts on many rows: `acts(actor, subject)` gives their keys and words, [] for none."""
    _providers[:] = [acts]


def offered(actor: actors.Actor, *, subject: str) -> list[tuple[str, Any]]:
    """The acts on many rows of a list; [] where rows can't be ticked."""
    if not subject:
        return []
    return [act for provider in _providers for act in provider(actor, subject)]
