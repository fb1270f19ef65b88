"""Use cases of billing a book: preview, issue, release what was held, bill the rest. One transaction each."""

import dataclasses
import datetime
from collections.abc import Mapping, Sequence

from meterbook.application import transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import operations as access
from meterbook.domain.billing import bulk, operations, rules

Dates = rules.Dates
RunResult = rules.RunResult
RunTotals = rules.RunTotals
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
    dates = Dates(issue_on=issue_on, due_on=due_on)
    return preview_many(actor=actor, round_ids=[round_id], dates=dates, now=now)[round_id]


def preview_many(
    *, actor: Actor, round_ids: Sequence[int], dates: Dates, now: datetime.datetime
) -> dict[int, RunResult]:
    """The same for several rounds in one transaction: all or none. Round -> result."""
    actor.require("billing.preview")
    if dates.due_on < dates.issue_on:
        raise DueBeforeIssueError(issue_on=dates.issue_on, due_on=dates.due_on)
    with transaction.writing(actor=actor):
        rounds = bulk.lock_rounds(round_ids=round_ids)
        results = operations.preview_runs(rounds=rounds, dates=dates, previewed_at=now)
        for locked in rounds:
            _record(
                actor=actor,
                now=now,
                act="BILL_RUN_PREVIEWED",
                locked=locked,
                result=results[locked.round_id],
            )
    return results


def issue(*, actor: Actor, run_id: int, now: datetime.datetime, seen: str | None = None) -> RunResult:
    """Issue a previewed run, once: bills, receivables and journals. A repeat returns the first result.

    `seen` is the fingerprint of the preview the person looked at; another one now in the run is refused
    like changed facts. Raises PreviewStaleError, RunUnknownError, NotAllowedError.
    """
    result = issue_many(actor=actor, seen={run_id: seen}, now=now)[run_id]
    if isinstance(result, PreviewStaleError):
        raise result
    return result


def issue_many(
    *, actor: Actor, seen: Mapping[int, str | None], now: datetime.datetime
) -> dict[int, RunResult | PreviewStaleError]:
    """Issue several runs in one transaction; those gone stale are left alone and come back as their error."""
    actor.require("billing.issue")
    with transaction.writing(actor=actor):
        rounds = bulk.lock_rounds(round_ids=operations.rounds_of_runs(run_ids=list(seen)))
        results = operations.issue_runs(seen=seen, issued_at=now, issued_by_id=actor.staff_id)
        runs = {result.round_id: result for result in results.values() if isinstance(result, RunResult)}
        for locked in rounds:
            result = runs.get(locked.round_id)
            if result is not None and not result.is_repeat:
                _record(actor=actor, now=now, act="BILL_RUN_ISSUED", locked=locked, result=result)
    return results


def issue_rest(
    *, actor: Actor, run_id: int, issue_on: datetime.date, due_on: datetime.date, now: datetime.datetime
) -> RunTotals:
    """Bill what an issued run had parked and can be billed by now; returns what was added."""
    actor.require("billing.issue")
    if due_on < issue_on:
        raise DueBeforeIssueError(issue_on=issue_on, due_on=due_on)
    dates = Dates(issue_on=issue_on, due_on=due_on)
    with transaction.writing(actor=actor):
        (locked,) = bulk.lock_rounds(round_ids=operations.rounds_of_runs(run_ids=[run_id]))
        added = operations.issue_rest(run_id=run_id, dates=dates, issued_at=now)
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


def _record(
    *, actor: Actor, now: datetime.datetime, act: str, locked: bulk.LockedRound, result: RunResult
) -> None:
    access.record_act(
        actor=actor,
        at=now,
        act=act,
        subject_kind="BILL_RUN",
        subject_id=result.run_id,
        station_id=locked.station_id,
        after={
            "book": locked.book_code,
            "period": locked.period.isoformat(),
            "fingerprint": result.fingerprint,
            **dataclasses.asdict(result.totals),
        },
    )
