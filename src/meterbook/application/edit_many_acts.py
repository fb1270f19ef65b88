"""What can be changed of many records at once: acts, each carried out by the use case of the single act.

To add one, write its `Act` beside its subject's (edit_many_customers, ...), and give it words and fields in
the web's edit_many_forms and edit_many_words. A value is a short text of the act's own making; the same text
means the same.
"""

import datetime
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from meterbook.application.actor import Actor
from meterbook.domain.edits import models, rules

Subject = models.Subject
Standing = rules.Standing


@dataclass(frozen=True, slots=True)
class Ask:
    """Which subjects, what about them, on which day."""

    subject_ids: Sequence[int]
    about: str
    on: datetime.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One act to be done. `undoes`: the request key of the step that is taken back, else None.

    `part_id`: which part of the subject stands (see `Standing`), read after it was locked.
    """

    actor: Actor
    subject_id: int
    part_id: int
    about: str
    before: str
    after: str
    on: datetime.date
    reason: str
    request_key: uuid.UUID
    undoes: uuid.UUID | None
    today: datetime.date
    now: datetime.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One kind of change.

    `standing` says what holds of each subject in sight, in one go for thousands. `do` changes one, by the use
    case of the single act, and raises what that raises: `refusals` are those expected. `spread` turns the one
    value that was asked for into a value for each subject, where they can't all have the same.
    """

    key: str
    subject: Subject
    right: str
    standing: Callable[[Ask], Mapping[int, Standing]]
    do: Callable[[Step], None]
    refusals: tuple[type[Exception], ...]
    spread: Callable[[Ask, str], Mapping[int, str]] | None = None
    hold: Callable[[Ask], None] | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """Whose a subject is and what people call it."""

    station_id: int
    label: str


def refusal_code(error: Exception) -> str:
    """How a refusal is kept: the error's name, and its own code where it has one."""
    code = getattr(error, "code", "")
    name = type(error).__name__.removesuffix("Error")
    return f"{name}:{getattr(code, 'value', code)}" if code else name


def refusal_fact(error: Exception) -> str:
    """A detail for the words of a refusal, "" if there is none to tell."""
    for name in ("last_on", "from_on", "today", "verified_on", "fact"):
        found = getattr(error, name, None)
        if found is not None:
            return str(found)
    bills = getattr(error, "bills", None)
    return "" if bills is None else str(len(bills))
