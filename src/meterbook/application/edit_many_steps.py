"""One row of a change of many records: what its act is, trying it, doing it."""

import dataclasses
import datetime
import uuid
from collections.abc import Mapping

from django.db import DataError, IntegrityError

from meterbook.application import edit_many_accounts, edit_many_customers, edit_many_places, transaction
from meterbook.application.actor import Actor, NotAllowedError
from meterbook.application.edit_many_acts import Act, Ask, Step, refusal_code, refusal_fact
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


class NotReachedError(Exception):
    """The act was done and what was wanted doesn't hold: it is taken back."""


def rehearse(actor: Actor, *, step: Step, row: queries.Row) -> operations.Verdict:
    """What doing the row would say. Nothing of it stays."""
    with transaction.rehearsing(actor=actor):
        return attempt(actor, step=step, row=row)


def step_of(
    actor: Actor,
    *,
    edit: queries.Edit,
    row: queries.Row,
    undone_key: uuid.UUID | None,
    today: datetime.date,
    now: datetime.datetime,
) -> Step:
    """The act of a row. Its request key follows from the change's, so that doing it again is a repeat."""
    name = f"{row.act}/{row.about}/{row.subject_id}"
    errand = access_rules.Errand(edit_id=edit.edit_id, reason=edit.reason)
    return Step(
        actor=dataclasses.replace(actor, errand=errand),
        subject_id=row.subject_id,
        about=row.about,
        before=row.before,
        after=row.after,
        on=edit.on,
        reason=edit.reason,
        request_key=uuid.uuid5(edit.request_key, name),
        undoes=None if undone_key is None else uuid.uuid5(undone_key, name),
        today=today,
        now=now,
    )


def do(actor: Actor, *, step: Step, row: queries.Row) -> None:
    """Do a row that has no result, and write its result with it."""
    with transaction.together(actor=actor):
        if not operations.lock_row_to_do(row_id=row.row_id):
            return
        outcome, verdict = _outcome(actor, step=step, row=row)
        operations.finish_row(row_id=row.row_id, outcome=outcome, verdict=verdict, at=step.now)


def _outcome(actor: Actor, *, step: Step, row: queries.Row) -> tuple[models.RowOutcome, operations.Verdict]:
    if row.station_id not in actor.unit_ids:
        return models.RowOutcome.REFUSED, operations.Verdict(OUT_OF_SCOPE)
    now = _value_now(step, row=row)
    if now == row.after:
        return models.RowOutcome.SAME, operations.Verdict()
    if now != row.before:
        return models.RowOutcome.REFUSED, operations.Verdict(rules.CHANGED_SINCE)
    verdict = attempt(actor, step=step, row=row)
    return (models.RowOutcome.REFUSED if verdict.code else models.RowOutcome.DONE), verdict


def attempt(actor: Actor, *, step: Step, row: queries.Row) -> operations.Verdict:
    """Do the act as one step of the transaction around; a refusal takes back that step and is returned."""
    if row.station_id not in actor.unit_ids:
        return operations.Verdict(OUT_OF_SCOPE)
    act = ACTS[row.act]
    try:
        with transaction.writing(actor=actor):
            act.do(step)
            _require_reached(step, row=row)
    except act.refusals as refusal:
        return operations.Verdict(refusal_code(refusal), refusal_fact(refusal))
    except NotAllowedError as refusal:
        return operations.Verdict(NOT_ALLOWED, refusal.right)
    except NotReachedError:
        return operations.Verdict(NOT_REACHED)
    except (IntegrityError, DataError) as refusal:
        return operations.Verdict(CONSTRAINT, str(refusal).splitlines()[0])
    return operations.Verdict()


def _value_now(step: Step, *, row: queries.Row) -> str | None:
    """What holds of the row's subject at this moment; None when nothing may be changed there."""
    ask_one = Ask(subject_ids=[row.subject_id], about=row.about, on=step.on)
    found = ACTS[row.act].standing(ask_one).get(row.subject_id)
    return None if found is None or found.fault else found.value


def _require_reached(step: Step, *, row: queries.Row) -> None:
    if _value_now(step, row=row) != row.after:
        raise NotReachedError
