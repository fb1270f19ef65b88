"""Use case: bill many books, some at a time, and tell what became of each.

A batch is one transaction, so it is billed whole or not at all, and a killed run is simply started again:
what was issued stays issued. A batch that is refused is tried again book by book, so that one book's
trouble never stops the others. Between batches the planner is told of what it doesn't know half of yet: the
first bills of a new company, or the readings accepted just before.
"""

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from meterbook.application import bill_run, planner, transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import operations as access

# Large enough that the database's time is spent on rows and not on round trips, small enough that a
# batch holds its rounds for a second or two.
BATCH_BOOKS = 20

Refusal = (
    bill_run.RoundNotAcceptedError
    | bill_run.RoundUnknownError
    | bill_run.RunIssuedError
    | bill_run.PreviewStaleError
)
REFUSALS = (
    bill_run.RoundNotAcceptedError,
    bill_run.RoundUnknownError,
    bill_run.RunIssuedError,
    bill_run.PreviewStaleError,
)


@dataclass(frozen=True, slots=True)
class BookOutcome:
    """What became of one round: its run, or why there is none."""

    round_id: int
    result: bill_run.RunResult | None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class IssueOutcome:
    """What became of one previewed run."""

    run_id: int
    is_stale: bool


def bill_books(
    *,
    actor: Actor,
    round_ids: Sequence[int],
    dates: bill_run.Dates,
    is_issue: bool,
    now: Callable[[], datetime.datetime],
    batch_books: int = BATCH_BOOKS,
) -> Iterator[BookOutcome]:
    """Preview, and with `is_issue` issue, the rounds in batches; one outcome per round as it is done.

    `now` is the caller's clock: a long run has many moments. Raises DueBeforeIssueError, NotAllowedError.
    """
    for first in range(0, len(round_ids), batch_books):
        batch = round_ids[first : first + batch_books]
        planner.told_of_many_rows(subjects=planner.BILLING)
        try:
            yield from _bill(actor, round_ids=batch, dates=dates, is_issue=is_issue, now=now)
        except REFUSALS:
            for round_id in batch:
                yield _bill_alone(actor, round_id=round_id, dates=dates, is_issue=is_issue, now=now)
    planner.told_of_many_rows(subjects=planner.BILLING)


def issue_books(
    *,
    actor: Actor,
    seen: Mapping[int, str],
    now: Callable[[], datetime.datetime],
    batch_books: int = BATCH_BOOKS,
) -> Iterator[IssueOutcome]:
    """Issue previewed runs in batches, each as it was seen (run -> fingerprint); one outcome per run.

    A run that went stale is left alone and says so. Raises RunUnknownError, NotAllowedError.
    """
    run_ids = list(seen)
    for first in range(0, len(run_ids), batch_books):
        batch = {run_id: seen[run_id] for run_id in run_ids[first : first + batch_books]}
        for run_id, result in bill_run.issue_many(actor=actor, seen=batch, now=now()).items():
            is_stale = isinstance(result, bill_run.PreviewStaleError)
            yield IssueOutcome(run_id=run_id, is_stale=is_stale)
        planner.told_of_many_rows(subjects=planner.BILLING)


def start(
    *,
    actor: Actor,
    act: str,
    books: int,
    right: str,
    now: datetime.datetime,
    defer: Callable[[], None],
) -> None:
    """Hand work on many books to the background: the jobs and the audit row of who asked, or neither.

    `defer` puts the jobs into the queue, on this transaction. Raises NotAllowedError.
    """
    actor.require(right)
    with transaction.writing(actor=actor):
        defer()
        access.record_act(
            actor=actor,
            at=now,
            act=act,
            subject_kind="BILL_RUN",
            subject_id="",
            after={"books": books},
        )


def _bill(
    actor: Actor,
    *,
    round_ids: Sequence[int],
    dates: bill_run.Dates,
    is_issue: bool,
    now: Callable[[], datetime.datetime],
) -> list[BookOutcome]:
    previewed = bill_run.preview_many(actor=actor, round_ids=round_ids, dates=dates, now=now())
    if not is_issue:
        return [BookOutcome(round_id=round_id, result=result) for round_id, result in previewed.items()]
    seen = {result.run_id: result.fingerprint for result in previewed.values()}
    issued = bill_run.issue_many(actor=actor, seen=seen, now=now())
    outcomes = []
    for round_id, result in previewed.items():
        done = issued[result.run_id]
        if isinstance(done, bill_run.PreviewStaleError):
            outcomes.append(BookOutcome(round_id=round_id, result=None, refusal=done))
        else:
            outcomes.append(BookOutcome(round_id=round_id, result=done))
    return outcomes


def _bill_alone(
    actor: Actor,
    *,
    round_id: int,
    dates: bill_run.Dates,
    is_issue: bool,
    now: Callable[[], datetime.datetime],
) -> BookOutcome:
    try:
        (outcome,) = _bill(actor, round_ids=[round_id], dates=dates, is_issue=is_issue, now=now)
    except REFUSALS as refusal:
        return BookOutcome(round_id=round_id, result=None, refusal=refusal)
    return outcome
