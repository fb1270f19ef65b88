"""Use case: bill many books, some at a time, and tell what became of each.

A batch is one transaction, so it is billed whole or not at all, and a killed run is simply started again:
what was issued stays issued. A batch that is refused is tried again book by book, so that one book's
trouble never stops the others.
"""

import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from meterbook.application import bill_run
from meterbook.application.actor import Actor

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
        try:
            yield from _bill(actor, round_ids=batch, dates=dates, is_issue=is_issue, now=now)
        except REFUSALS:
            for round_id in batch:
                yield _bill_alone(actor, round_id=round_id, dates=dates, is_issue=is_issue, now=now)


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
