"""Writes of changes of many records. They need a transaction and never open one."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from meterbook.domain.edits import models, queries, rules

_CHUNK_ROWS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEdit:
    """A change of many records as it is asked for."""

    station_id: int
    subject: models.Subject
    act: str
    reason: str
    on: datetime.date
    request_key: uuid.UUID
    undoes_id: int | None
    at: datetime.datetime
    staff_id: int


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a row, or what would: `code` and `fact` say why it was refused."""

    outcome: models.RowOutcome
    code: str = ""
    fact: str = ""


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row with whose it is and what people call it."""

    planned: rules.Planned
    station_id: int
    label: str


def add_edit(*, new: NewEdit, rows: Sequence[NewRow]) -> int:
    """Keep what was asked for with its rows; returns its id. Its dry run is still to come."""
    made = models.BulkEdit.objects.create(
        station_id=new.station_id,
        subject=new.subject,
        act=new.act,
        reason=new.reason,
        on=new.on,
        row_count=len(rows),
        request_key=new.request_key,
        undoes_id=new.undoes_id,
        asked_at=new.at,
        asked_by_id=new.staff_id,
    )
    models.BulkEditRow.objects.bulk_create(
        [
            models.BulkEditRow(
                station_id=row.station_id,
                edit_id=made.pk,
                row_no=row.planned.wanted.row_no,
                act=row.planned.wanted.key.act,
                about=row.planned.wanted.key.about,
                subject_id=row.planned.wanted.key.subject_id,
                label=row.label[:280],
                before=row.planned.before,
                after=row.planned.wanted.value,
                plan=row.planned.plan,
                plan_code=row.planned.code,
            )
            for row in rows
        ],
        batch_size=_CHUNK_ROWS,
    )
    return made.pk


def lock_edit(*, edit_id: int) -> models.BulkEdit:
    """The change's row, locked until the transaction ends. Raises queries.EditUnknownError."""
    found = models.BulkEdit.objects.select_for_update().filter(pk=edit_id).first()
    if found is None:
        raise queries.EditUnknownError(edit_id)
    return found


_PLANS: Mapping[models.RowOutcome, models.RowPlan] = {
    models.RowOutcome.DONE: models.RowPlan.CHANGES,
    models.RowOutcome.SAME: models.RowPlan.SAME,
    models.RowOutcome.REFUSED: models.RowPlan.REFUSED,
}


def keep_seen(*, results: Mapping[int, Result]) -> None:
    """What trying the act said of rows (row id -> what would become of it) that nobody has judged before."""
    waiting = models.BulkEditRow.objects.filter(plan=models.RowPlan.WAITING)
    for result, row_ids in _alike(results).items():
        waiting.filter(pk__in=row_ids).update(
            plan=_PLANS[result.outcome], plan_code=result.code[:60], plan_fact=result.fact[:200]
        )


def mark_seen(*, edit: models.BulkEdit, fingerprint: str) -> None:
    """The dry run of a locked change is complete; a repeat changes nothing."""
    if edit.state == models.EditState.LOOKING:
        edit.state, edit.fingerprint = models.EditState.SEEN, fingerprint
        edit.save(update_fields=["state", "fingerprint"])


def mark_applying(*, edit: models.BulkEdit, at: datetime.datetime) -> None:
    """Somebody said yes to a locked change that was seen."""
    edit.state, edit.applied_at = models.EditState.APPLYING, at
    edit.save(update_fields=["state", "applied_at"])


def mark_applied(*, edit: models.BulkEdit, at: datetime.datetime) -> None:
    """Every row of a locked change has its result."""
    edit.state, edit.ended_at = models.EditState.APPLIED, at
    edit.save(update_fields=["state", "ended_at"])


def lock_rows_to_do(*, row_ids: Sequence[int]) -> set[int]:
    """Lock rows that are to change, in one order; those that still have no result."""
    found = models.BulkEditRow.objects.select_for_update().filter(
        pk__in=row_ids, plan=models.RowPlan.CHANGES, outcome=None
    )
    return set(found.order_by("id").values_list("pk", flat=True))


def finish_rows(*, results: Mapping[int, Result], at: datetime.datetime) -> None:
    """The results of locked rows (row id -> what became of it), in the transaction of their acts."""
    for result, row_ids in _alike(results).items():
        models.BulkEditRow.objects.filter(pk__in=row_ids, outcome=None).update(
            outcome=result.outcome, outcome_code=result.code[:60], outcome_fact=result.fact[:200], done_at=at
        )


def refuse_left(*, edit: models.BulkEdit, code: str, at: datetime.datetime) -> int:
    """Refuse every row of a locked change that is still to be tried, or done; returns how many."""
    rows = models.BulkEditRow.objects.filter(edit=edit)
    if edit.state == models.EditState.LOOKING:
        waiting = rows.filter(plan=models.RowPlan.WAITING)
        return waiting.update(plan=models.RowPlan.REFUSED, plan_code=code)
    left = rows.filter(plan=models.RowPlan.CHANGES, outcome=None)
    return left.update(outcome=models.RowOutcome.REFUSED, outcome_code=code, done_at=at)


def _alike(results: Mapping[int, Result]) -> dict[Result, list[int]]:
    """The rows of each result, so that they are written by one statement."""
    found: dict[Result, list[int]] = {}
    for row_id, result in results.items():
        found.setdefault(result, []).append(row_id)
    return found
