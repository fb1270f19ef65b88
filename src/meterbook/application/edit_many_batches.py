"""Rows of a change of many records, a few dozen in one transaction: tried or done, each with its result.

A batch locks its records first and reads once what stands of them. Each act is a step that is taken back
alone when it is refused. What can only be said in the end is asked once for all of them; where that is no,
they are taken again one by one, so that it is said of the row it belongs to.
"""

import contextlib
from collections.abc import Callable, Sequence
from itertools import groupby

from django.db import DataError, IntegrityError, OperationalError
from psycopg import errors

from meterbook.application import edit_many_steps, edit_many_subjects, transaction
from meterbook.application.actor import Actor
from meterbook.application.edit_many_acts import Ask
from meterbook.application.edit_many_steps import DONE, Outcome, Result, Run
from meterbook.domain.edits import operations, queries, rules

# So long others wait for a record that is being changed: some tenths of a second.
MOST_ROWS = 50
_MOST_TRIES = 5
# How a batch's transaction is opened: with one row or with several.
_Opened = Callable[..., contextlib.AbstractContextManager[None]]


def look_at(run: Run, *, rows: Sequence[queries.Row]) -> None:
    """Try rows that haven't been tried, without effect, and keep what would become of them."""
    results: dict[int, Result] = {}

    def tried(batch: Sequence[queries.Row], *, opened: _Opened) -> None:
        with opened(actor=run.actor):
            results.update(_results(run, rows=batch))

    _together_or_alone(rows, work=tried, several=transaction.rehearsing_alike, one=transaction.rehearsing)
    with transaction.writing(actor=run.actor):
        operations.keep_seen(results=results)


def do(run: Run, *, rows: Sequence[queries.Row]) -> None:
    """Do those rows that have no result, and write their results with them."""

    def done(batch: Sequence[queries.Row], *, opened: _Opened) -> None:
        with opened(actor=run.actor):
            left = operations.lock_rows_to_do(row_ids=[row.row_id for row in batch])
            results = _results(run, rows=[row for row in batch if row.row_id in left])
            operations.finish_rows(results=results, at=run.now)

    _together_or_alone(rows, work=done, several=transaction.alike, one=transaction.together)


def _together_or_alone(
    rows: Sequence[queries.Row], *, work: Callable[..., None], several: _Opened, one: _Opened
) -> None:
    try:
        _undisturbed(lambda: work(rows, opened=several))
    except (edit_many_steps.NotReachedError, IntegrityError, DataError):
        for row in rows:
            _undisturbed(lambda row=row: work([row], opened=one))  # type: ignore[misc]  # bound now, not later


def _undisturbed(work: Callable[[], None]) -> None:
    """Do it again when two transactions waited for each other and the database ended this one."""
    for _again in range(_MOST_TRIES - 1):
        try:
            return work()
        except OperationalError as error:
            if not isinstance(error.__cause__, errors.DeadlockDetected):
                raise
    return work()


def _results(run: Run, *, rows: Sequence[queries.Row]) -> dict[int, Result]:
    """Do the acts of a batch's rows, inside its transaction. Raises NotReachedError, if they are several."""
    _hold(rows, run=run)
    in_scope = _in_scope(rows, actor=run.actor)
    standing = edit_many_steps.standing_of([row.key for row in rows], on=run.edit.on)
    errand, is_alone = run.errand, len(rows) == 1
    results: dict[int, Result] = {}
    for row in rows:
        stands = standing.get(row.key)
        if row.key not in in_scope:
            result: Result | None = Result(Outcome.REFUSED, edit_many_steps.OUT_OF_SCOPE)
        else:
            result = edit_many_steps.result_before(row, standing=stands)
        if result is None and stands is not None:
            step = edit_many_steps.step_of(run, errand=errand, row=row, standing=stands)
            result = edit_many_steps.attempt(step, row=row, is_alone=is_alone)
        if result is not None:
            results[row.row_id] = result
    if not is_alone:
        changed = [row for row in rows if results[row.row_id] is DONE]
        edit_many_steps.require_reached(changed, on=run.edit.on)
    return results


def _hold(rows: Sequence[queries.Row], *, run: Run) -> None:
    """Lock what these rows change, so that what is read next stands until they are done."""
    for (key, about), group in _kinds(rows):
        act, ids = edit_many_steps.ACTS[key], [row.subject_id for row in group]
        if act.hold is None:
            edit_many_subjects.hold(subject=act.subject, subject_ids=ids)
        else:
            act.hold(Ask(subject_ids=ids, about=about, on=run.edit.on))


def _in_scope(rows: Sequence[queries.Row], *, actor: Actor) -> set[rules.Key]:
    """The rows that are, by what they said and by what holds, of the actor's stations."""
    found: set[rules.Key] = set()
    for (key, _about), group in _kinds(rows):
        own = [row for row in group if row.station_id in actor.unit_ids]
        ids = edit_many_subjects.in_scope(
            subject=edit_many_steps.ACTS[key].subject,
            subject_ids=[row.subject_id for row in own],
            actor=actor,
        )
        found |= {row.key for row in own if row.subject_id in ids}
    return found


def _kinds(rows: Sequence[queries.Row]) -> list[tuple[tuple[str, str], list[queries.Row]]]:
    """Rows by act and what it is about, always in the same order."""

    def kind(row: queries.Row) -> tuple[str, str]:
        return row.act, row.about

    return [(key, list(group)) for key, group in groupby(sorted(rows, key=kind), key=kind)]
