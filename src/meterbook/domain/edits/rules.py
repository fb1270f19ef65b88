"""Comparing what stands with what is wanted, row by row. Pure."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from meterbook.domain.edits.models import RowOutcome, RowPlan

# A row that is looked at no more: what it was isn't what it is.
CHANGED_SINCE = "CHANGED_SINCE"
GONE = "GONE"
MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds of a subject. `fault`: why nothing can be changed there, "" if it can.

    `part_id`: of which part of the subject it holds (an account's supply), where the act is about one.
    """

    value: str
    fault: str = ""
    part_id: int = 0


@dataclass(frozen=True, slots=True)
class Key:
    """What a row is about: an act, what of the subject, the subject."""

    act: str
    about: str
    subject_id: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row as asked for. `expected`: what must still hold (an undo), None: whatever holds."""

    key: Key
    row_no: int
    value: str
    expected: str | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A row after comparing, before the act was tried."""

    wanted: Wanted
    before: str
    plan: RowPlan
    code: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows are where."""

    rows: int
    waiting: int
    changes: int
    same: int
    refused: int
    done: int
    done_same: int
    done_refused: int

    @property
    def left(self) -> int:
        """Rows that are to change and have no result yet."""
        return self.changes - self.done - self.done_same - self.done_refused

    @property
    def percent_seen(self) -> int:
        """How far the dry run is."""
        return 100 if not self.rows else 100 * (self.rows - self.waiting) // self.rows

    @property
    def percent_done(self) -> int:
        """How far the change is."""
        return 100 if not self.changes else 100 * (self.changes - self.left) // self.changes


def compare(wanted: Iterable[Wanted], *, standing: Mapping[Key, Standing]) -> list[Planned]:
    """Each row with what holds now: it changes (to be tried: WAITING), is so already, or can't.

    A subject without a standing is GONE. What is so already is said before what can't be changed.
    """
    planned = []
    for row in wanted:
        now = standing.get(row.key)
        if now is None:
            planned.append(Planned(row, before="", plan=RowPlan.REFUSED, code=GONE))
        elif now.value == row.value and not now.fault:
            planned.append(Planned(row, before=now.value, plan=RowPlan.SAME))
        elif row.expected is not None and now.value != row.expected:
            planned.append(Planned(row, before=now.value, plan=RowPlan.REFUSED, code=CHANGED_SINCE))
        elif now.fault:
            planned.append(Planned(row, before=now.value, plan=RowPlan.REFUSED, code=now.fault))
        else:
            planned.append(Planned(row, before=now.value, plan=RowPlan.WAITING))
    return planned


def repeated(wanted: Sequence[Wanted]) -> list[Wanted]:
    """The rows whose key stood in an earlier row."""
    seen: set[Key] = set()
    twice = []
    for row in wanted:
        if row.key in seen:
            twice.append(row)
        seen.add(row.key)
    return twice


def fingerprint(rows: Iterable[tuple[str, str, int, str, str, int]]) -> str:
    """What the same rows, seen with the same values and plans in the same order, have in common.

    Rows are (act, about, subject id, before, after, plan).
    """
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(row, ensure_ascii=False).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def counts(cells: Mapping[tuple[int, int | None], int]) -> Counts:
    """Counts from the numbers of rows by (plan, outcome)."""
    plans: Counter[int] = Counter()
    outcomes: Counter[int] = Counter()
    for (plan, outcome), number in cells.items():
        plans[plan] += number
        if outcome is not None:
            outcomes[outcome] += number
    return Counts(
        rows=plans.total(),
        waiting=plans[RowPlan.WAITING],
        changes=plans[RowPlan.CHANGES],
        same=plans[RowPlan.SAME],
        refused=plans[RowPlan.REFUSED],
        done=outcomes[RowOutcome.DONE],
        done_same=outcomes[RowOutcome.SAME],
        done_refused=outcomes[RowOutcome.REFUSED],
    )
