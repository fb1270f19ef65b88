"""Many records changed at once: asked for, tried without effect, said yes to, done row by row, taken back.

The dry run does every act for real and takes it back (transaction.rehearsing), so that it says what the act
itself says. A row's result is written in the transaction of its act: whatever is killed, none is done twice.
"""

import datetime
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from meterbook.application import (
    account_acts,
    edit_many_batches,
    edit_many_steps,
    edit_many_subjects,
    transaction,
)
from meterbook.application.actor import Actor
from meterbook.application.edit_many_acts import Act, Ask, Named
from meterbook.domain.access import operations as access
from meterbook.domain.edits import models, operations, queries, rules

Run = edit_many_steps.Run
RIGHT = "records.edit_many"
# Why a row was refused whose person lost the right, or left, before its turn.
STOPPED = "STOPPED"
ACTS = edit_many_steps.ACTS
MOST_ROWS = rules.MOST_ROWS
# Above this a page does not wait for it.
MOST_AT_ONCE = 200
EditUnknownError = queries.EditUnknownError
ReasonMissingError = account_acts.ReasonMissingError


class NothingAskedError(Exception):
    """No row is left of what was chosen."""


class TooManyRowsError(Exception):
    """More rows than one change may have."""

    def __init__(self, *, rows: int) -> None:
        super().__init__(str(rows))
        self.rows = rows


class RowsRepeatedError(Exception):
    """The same act on the same record stands in several rows; `row_nos` are the later ones."""

    def __init__(self, *, row_nos: Sequence[int]) -> None:
        super().__init__(", ".join(str(row_no) for row_no in row_nos))
        self.row_nos = tuple(row_nos)


class NotAsSeenError(Exception):
    """What is to be applied isn't what was seen, by the person who saw it."""


class NotToUndoError(Exception):
    """Only a finished change that changed something is taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked for. `act` "": rows of several acts, from a workbook. `on`: from which day on."""

    request_key: uuid.UUID
    subject: models.Subject
    act: str
    reason: str
    on: datetime.date
    undoes_id: int | None = None


def acts_of(*, actor: Actor, subjects: Iterable[models.Subject]) -> list[Act]:
    """The acts on these subjects that the actor may do at all."""
    wanted = set(subjects)
    return [act for act in ACTS.values() if act.subject in wanted and actor.may(act.right)]


def ask_for_all(
    *,
    actor: Actor,
    question: Question,
    about: str,
    value: str,
    subject_ids: Sequence[int],
    now: datetime.datetime,
) -> int:
    """Ask for the same of many subjects, in their order; returns the change's id, its dry run to come.

    Subjects out of sight are left out. Raises NotAllowedError, ReasonMissingError, NothingAskedError,
    TooManyRowsError.
    """
    act = ACTS[question.act]
    ids = list(dict.fromkeys(subject_ids))
    with transaction.reading(actor=actor):
        values = dict.fromkeys(ids, value)
        if act.spread is not None:
            values |= act.spread(Ask(subject_ids=ids, about=about, on=question.on), value)
    wanted = [
        rules.Wanted(key=rules.Key(act.key, about, key), row_no=row_no, value=values[key])
        for row_no, key in enumerate(ids, start=1)
    ]
    return ask(actor=actor, question=question, wanted=wanted, now=now)


def ask(*, actor: Actor, question: Question, wanted: Sequence[rules.Wanted], now: datetime.datetime) -> int:
    """Keep what is asked for, compared with what stands; the same request gives the first change again.

    Rows whose subject is out of sight are left out. Raises NotAllowedError, ReasonMissingError,
    NothingAskedError, TooManyRowsError, RowsRepeatedError.
    """
    keys = {row.key.act for row in wanted}
    _require(actor, acts=keys)
    reason = account_acts.reason_of(question.reason)
    if len(wanted) > MOST_ROWS:
        raise TooManyRowsError(rows=len(wanted))
    if twice := rules.repeated(wanted):
        raise RowsRepeatedError(row_nos=[row.row_no for row in twice])
    with transaction.writing(actor=actor):
        known = queries.edit_of_request(request_key=question.request_key)
        if known is not None:
            return known
        named = {
            key: edit_many_subjects.named(
                subject=ACTS[key].subject,
                subject_ids=[row.key.subject_id for row in wanted if row.key.act == key],
                actor=actor,
            )
            for key in keys
        }
        seen = [row for row in wanted if row.key.subject_id in named[row.key.act]]
        if not seen or actor.staff_id is None:
            raise NothingAskedError
        standing = edit_many_steps.standing_of([row.key for row in seen], on=question.on)
        planned = rules.compare(seen, standing=standing)
        return operations.add_edit(
            new=operations.NewEdit(
                station_id=actor.home_unit_id,
                subject=question.subject,
                act=question.act,
                reason=reason,
                on=question.on,
                request_key=question.request_key,
                undoes_id=question.undoes_id,
                at=now,
                staff_id=actor.staff_id,
            ),
            rows=[_new_row(row, named=named[row.wanted.key.act]) for row in planned],
        )


def ask_to_undo(
    *, actor: Actor, edit_id: int, request_key: uuid.UUID, reason: str, now: datetime.datetime
) -> int:
    """Ask to take back what a finished change did: a change the other way round, with its own dry run.

    What changed since is named and left. Raises NotToUndoError, EditUnknownError and what `ask` raises.
    """
    with transaction.reading(actor=actor):
        former = queries.edit(edit_id=edit_id)
        done = queries.done(edit_id=edit_id)
    if former.state is not models.EditState.APPLIED or not done or former.undoes_id is not None:
        raise NotToUndoError
    wanted = [
        rules.Wanted(key=row.key, row_no=row.row_no, value=row.before, expected=row.after) for row in done
    ]
    question = Question(
        request_key=request_key,
        subject=former.subject,
        act=former.act,
        reason=reason,
        on=former.on,
        undoes_id=edit_id,
    )
    return ask(actor=actor, question=question, wanted=wanted, now=now)


def look(
    *,
    actor: Actor,
    edit_id: int,
    today: datetime.date,
    clock: Callable[[], datetime.datetime],
    again: Callable[[], Actor] | None = None,
) -> None:
    """Try every row that hasn't been tried, without effect; goes on where it was left.

    `again`: the actor as they are then, for long work. Raises EditUnknownError, NotAllowedError, also in the
    middle.
    """
    edit = _edit(actor, edit_id=edit_id)
    work = _Work(edit=edit, today=today, clock=clock, again=again or (lambda: actor))
    actor = _each_batch(work, actor=actor, left=queries.to_try, do=edit_many_batches.look_at)
    with transaction.writing(actor=actor):
        locked = operations.lock_edit(edit_id=edit_id)
        operations.mark_seen(edit=locked, fingerprint=queries.fingerprint(edit_id=edit_id))


def start(
    *,
    actor: Actor,
    edit_id: int,
    fingerprint: str,
    now: datetime.datetime,
    defer: Callable[[], None],
) -> bool:
    """Say yes to what was seen, once; `defer` queues the work, on this transaction. Whether it begins now.

    Raises EditUnknownError, NotAllowedError, NotAsSeenError.
    """
    _edit(actor, edit_id=edit_id)
    with transaction.writing(actor=actor):
        edit = operations.lock_edit(edit_id=edit_id)
        if edit.asked_by_id != actor.staff_id or not fingerprint or edit.fingerprint != fingerprint:
            raise NotAsSeenError
        if edit.state != models.EditState.SEEN:
            return False
        operations.mark_applying(edit=edit, at=now)
        counts = queries.counts(edit_id=edit_id)
        access.record_act(
            actor=actor,
            at=now,
            act="MANY_CHANGED" if edit.undoes_id is None else "MANY_TAKEN_BACK",
            subject_kind="EDIT",
            subject_id=edit_id,
            station_id=edit.station_id,
            reason=edit.reason,
            after={"rows": counts.rows, "to_change": counts.changes},
        )
        defer()
    return True


def apply(
    *,
    actor: Actor,
    edit_id: int,
    today: datetime.date,
    clock: Callable[[], datetime.datetime],
    again: Callable[[], Actor] | None = None,
) -> None:
    """Do every row that has no result; goes on where it was left.

    `again`: the actor as they are then, for long work. Raises EditUnknownError, NotAllowedError, also in the
    middle, NotAsSeenError when nobody said yes.
    """
    edit = _edit(actor, edit_id=edit_id)
    if edit.state is models.EditState.APPLIED:
        return
    if edit.state is not models.EditState.APPLYING:
        raise NotAsSeenError
    work = _Work(edit=edit, today=today, clock=clock, again=again or (lambda: actor))
    actor = _each_batch(work, actor=actor, left=queries.to_do, do=edit_many_batches.do)
    with transaction.writing(actor=actor):
        locked = operations.lock_edit(edit_id=edit_id)
        if locked.state == models.EditState.APPLYING:
            operations.mark_applied(edit=locked, at=clock())


def stop(*, actor: Actor, edit_id: int, now: datetime.datetime) -> None:
    """End a change whose person may not do it any more: every row without a result is refused for that.

    For jobs: `actor` is the system. Raises EditUnknownError.
    """
    with transaction.writing(actor=actor):
        edit = operations.lock_edit(edit_id=edit_id)
        if edit.state not in {models.EditState.LOOKING, models.EditState.APPLYING}:
            return
        refused = operations.refuse_left(edit=edit, code=STOPPED, at=now)
        if edit.state == models.EditState.LOOKING:
            operations.mark_seen(edit=edit, fingerprint=queries.fingerprint(edit_id=edit_id))
        else:
            operations.mark_applied(edit=edit, at=now)
        access.record_act(
            actor=actor,
            at=now,
            act="MANY_STOPPED",
            subject_kind="EDIT",
            subject_id=edit_id,
            station_id=edit.station_id,
            after={"rows": edit.row_count, "refused": refused},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What the batches of a change have in common."""

    edit: queries.Edit
    today: datetime.date
    clock: Callable[[], datetime.datetime]
    again: Callable[[], Actor]


def _each_batch(
    work: _Work,
    *,
    actor: Actor,
    left: Callable[..., list[queries.Row]],
    do: Callable[..., None],
) -> Actor:
    """Let `do` have batch after batch of what is `left`; the actor as they were with the last one."""
    edit_id = work.edit.edit_id
    undone_key = _request_key_of(actor, edit_id=work.edit.undoes_id)
    while True:
        with transaction.reading(actor=actor):
            rows = left(edit_id=edit_id, most=edit_many_batches.MOST_ROWS)
        if not rows:
            return actor
        actor = work.again()
        _require(actor, acts={row.act for row in rows})
        run = Run(actor=actor, edit=work.edit, undone_key=undone_key, today=work.today, now=work.clock())
        do(run, rows=rows)


def _require(actor: Actor, *, acts: Iterable[str]) -> None:
    actor.require(RIGHT)
    for key in acts:
        actor.require(ACTS[key].right)


def _edit(actor: Actor, *, edit_id: int) -> queries.Edit:
    """The change, for who may do all of its acts."""
    with transaction.reading(actor=actor):
        edit = queries.edit(edit_id=edit_id)
        acts = queries.acts(edit_id=edit_id)
    _require(actor, acts=acts)
    return edit


def _request_key_of(actor: Actor, *, edit_id: int | None) -> uuid.UUID | None:
    if edit_id is None:
        return None
    with transaction.reading(actor=actor):
        return queries.edit(edit_id=edit_id).request_key


def _new_row(row: rules.Planned, *, named: Mapping[int, Named]) -> operations.NewRow:
    subject = named[row.wanted.key.subject_id]
    return operations.NewRow(planned=row, station_id=subject.station_id, label=subject.label)
