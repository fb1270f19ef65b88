"""Use cases of billing a book: preview, issue, release what was held, bill the rest. One transaction each."""

import dataclasses
import datetime

from meterbook.application import transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import operations as access
from meterbook.domain.billing import bulk, operations, rules

RunResult = operations.RunResult
RunTotals = operations.RunTotals
PreviewStaleError = operations.PreviewStaleError
RoundNotAcceptedError = operations.RoundNotAcceptedError
RoundUnknownError = bulk.RoundUnknownError
RunIssuedError = operations.RunIssuedError
RunUnknownError = operations.RunUnknownError
ParkCode = rules.ParkCode


class DueBeforeIssueError(Exception):
    """Bills can't be due before they are issued."""

    def __init__(self, *, issue_on: datetime.date, due_on: datetime.date) -> None:
        super().__init__(f"due {due_on} is before {issue_on}")
        self.issue_on = issue_on
        self.due_on = due_on


class ReasonMissingError(Exception):
    """A release needs a reason in words."""


def preview(
    *, actor: Actor, round_id: int, issue_on: datetime.date, due_on: datetime.date, now: datetime.datetime
) -> RunResult:
    """Rate an accepted round and show what issuing would write; nothing is billed.

    Raises RoundUnknownError, RoundNotAcceptedError, RunIssuedError, DueBeforeIssueError, NotAllowedError.
    """
    actor.require("billing.preview")
    _require_order(issue_on=issue_on, due_on=due_on)
    with transaction.writing(actor=actor):
        locked = bulk.lock_round(round_id=round_id)
        result = operations.preview_run(locked=locked, issue_on=issue_on, due_on=due_on, previewed_at=now)
        _record(
            actor=actor, now=now, act="BILL_RUN_PREVIEWED", run_id=result.run_id, locked=locked, result=result
        )
    return result


def issue(*, actor: Actor, run_id: int, now: datetime.datetime, seen: str | None = None) -> RunResult:
    """Issue a previewed run, once: bills, receivables and journals. A repeat returns the first result.

    `seen` is the fingerprint of the preview the person looked at; another one now in the run is refused
    like changed facts. Raises PreviewStaleError, RunUnknownError, NotAllowedError.
    """
    actor.require("billing.issue")
    with transaction.writing(actor=actor):
        locked = bulk.lock_round(round_id=operations.round_of_run(run_id=run_id))
        result = operations.issue_run(run_id=run_id, issued_at=now, issued_by_id=actor.staff_id, seen=seen)
        if not result.is_repeat:
            _record(actor=actor, now=now, act="BILL_RUN_ISSUED", run_id=run_id, locked=locked, result=result)
    return result


def issue_rest(
    *, actor: Actor, run_id: int, issue_on: datetime.date, due_on: datetime.date, now: datetime.datetime
) -> RunTotals:
    """Bill what an issued run had parked and can be billed by now; returns what was added."""
    actor.require("billing.issue")
    _require_order(issue_on=issue_on, due_on=due_on)
    with transaction.writing(actor=actor):
        locked = bulk.lock_round(round_id=operations.round_of_run(run_id=run_id))
        added = operations.issue_rest(run_id=run_id, issue_on=issue_on, due_on=due_on, issued_at=now)
        if added.bill_count:
            access.record_act(
                actor=actor,
                at=now,
                act="BILL_RUN_REST_ISSUED",
                subject_kind="BILL_RUN",
                subject_id=run_id,
                station_id=locked.station_id,
                after=dataclasses.asdict(added),
            )
    return added


def release(*, actor: Actor, usage_id: int, reason: str, now: datetime.datetime) -> int:
    """Let a usage go out that was held for its size; the next preview or rest bills it. Returns its run.

    Raises ReasonMissingError, LookupError when the usage isn't held for its size, NotAllowedError.
    """
    actor.require("billing.issue")
    if not reason.strip():
        raise ReasonMissingError
    with transaction.writing(actor=actor):
        released = operations.release_parked(
            usage_id=usage_id, released_at=now, released_by_id=actor.staff_id, reason=reason.strip()
        )
        access.record_act(
            actor=actor,
            at=now,
            act="PARKED_USAGE_RELEASED",
            subject_kind="BILL_RUN",
            subject_id=released.run_id,
            station_id=released.station_id,
            reason=reason.strip(),
            after={"usage_id": usage_id},
        )
    return released.run_id


def _require_order(*, issue_on: datetime.date, due_on: datetime.date) -> None:
    if due_on < issue_on:
        raise DueBeforeIssueError(issue_on=issue_on, due_on=due_on)


def _record(
    *,
    actor: Actor,
    now: datetime.datetime,
    act: str,
    run_id: int,
    locked: bulk.LockedRound,
    result: RunResult,
) -> None:
    access.record_act(
        actor=actor,
        at=now,
        act=act,
        subject_kind="BILL_RUN",
        subject_id=run_id,
        station_id=locked.station_id,
        after={
            "book": locked.book_code,
            "period": locked.period.isoformat(),
            "fingerprint": result.fingerprint,
            **dataclasses.asdict(result.totals),
        },
    )
