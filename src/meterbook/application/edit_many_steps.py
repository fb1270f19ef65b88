"""One row of a change of many records: what its act is, what stands before it, doing it."""

import dataclasses
import datetime
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from django.db import DataError, IntegrityError

from meterbook.application import edit_many_accounts, edit_many_customers, edit_many_places, transaction
from meterbook.application.actor import Actor, NotAllowedError
from meterbook.application.edit_many_acts import Act, Ask, Standing, Step, refusal_code, refusal_fact
from meterbook.domain.access import rules as access_rules
from meterbook.domain.edits import models, operations, queries, rules

ACTS: Mapping[str, Act] = {
    act.key: act for act in (*edit_many_customers.ACTS, *edit_many_accounts.ACTS, *edit_many_places.ACTS)
}
# What is kept of a row that another rule than the act's own refused.
NOT_ALLOWED, OUT_OF_SCOPE, NOT_REACHED, CONSTRAINT = (
    "NOT_ALLOWED",
    "OUT_OF_SCOPE",
    "NOT_REACHED",
    "CONSTRAINT",
)
Outcome = models.RowOutcome
Result = operations.Result
DONE, SAME = Result(Outcome.DONE), Result(Outcome.SAME)


class NotReachedError(Exception):
    """The act was done and what was wanted doesn't hold: it is taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Who does which change. `undone_key`: the request key of the change that this one takes back."""

    actor: Actor
    edit: queries.Edit
    undone_key: uuid.UUID | None
    today: datetime.date
    now: datetime.datetime

    @property
    def errand(self) -> Actor:
        """The actor whose acts say what they are a part of."""
        found = access_rules.Errand(edit_id=self.edit.edit_id, reason=self.edit.reason)
        return dataclasses.replace(self.actor, errand=found)


def standing_of(keys: Iterable[rules.Key], *, on: datetime.date) -> dict[rules.Key, Standing]:
    """What holds of every key's subject, asked once for each act and what it is about."""

    def kind(key: rules.Key) -> tuple[str, str]:
        return key.act, key.about

    standing: dict[rules.Key, Standing] = {}
    for (act, about), group in groupby(sorted(keys, key=kind), key=kind):
        found = ACTS[act].standing(Ask(subject_ids=[key.subject_id for key in group], about=about, on=on))
        standing |= {rules.Key(act, about, subject_id): value for subject_id, value in found.items()}
    return standing


def step_of(run: Run, *, errand: Actor, row: queries.Row, standing: Standing) -> Step:
    """The act of a row. Its request key follows from the change's, so that doing it again is a repeat."""
    name = f"{row.act}/{row.about}/{row.subject_id}"
    return Step(
        actor=errand,
        subject_id=row.subject_id,
        part_id=standing.part_id,
        about=row.about,
        before=row.before,
        after=row.after,
        on=run.edit.on,
        reason=run.edit.reason,
        request_key=uuid.uuid5(run.edit.request_key, name),
        undoes=None if run.undone_key is None else uuid.uuid5(run.undone_key, name),
        today=run.today,
        now=run.now,
    )


def result_before(row: queries.Row, *, standing: Standing | None) -> Result | None:
    """What becomes of a row by what stands, without an act; None: the act is to be done."""
    if standing is None or standing.fault:
        return Result(Outcome.REFUSED, rules.CHANGED_SINCE)
    if standing.value == row.after:
        return SAME
    if standing.value != row.before:
        return Result(Outcome.REFUSED, rules.CHANGED_SINCE)
    return None


def attempt(step: Step, *, row: queries.Row, is_alone: bool) -> Result:
    """Do the act as one step of the transaction around; a refusal takes back that step and is returned.

    `is_alone`: whether it left what was wanted is asked here; else the caller asks for all rows together.
    """
    act = ACTS[row.act]
    try:
        with transaction.writing(actor=step.actor):
            act.do(step)
            if is_alone:
                require_reached([row], on=step.on)
    except act.refusals as refusal:
        return Result(Outcome.REFUSED, refusal_code(refusal), refusal_fact(refusal))
    except NotAllowedError as refusal:
        return Result(Outcome.REFUSED, NOT_ALLOWED, refusal.right)
    except NotReachedError:
        return Result(Outcome.REFUSED, NOT_REACHED)
    except (IntegrityError, DataError) as refusal:
        return Result(Outcome.REFUSED, CONSTRAINT, str(refusal).splitlines()[0])
    return DONE


def require_reached(rows: Iterable[queries.Row], *, on: datetime.date) -> None:
    """Raise NotReachedError when one of these rows doesn't hold what it was to be."""
    wanted = {row.key: row.after for row in rows}
    standing = standing_of(wanted, on=on)
    for key, after in wanted.items():
        found = standing.get(key)
        if found is None or found.fault or found.value != after:
            raise NotReachedError
