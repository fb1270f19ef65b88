"""Reads of changes of many records."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from meterbook.domain.edits import models, rules


class EditUnknownError(LookupError):
    """No such change, or not one the actor may see."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of many records."""

    edit_id: int
    station_id: int
    subject: models.Subject
    act: str
    reason: str
    on: datetime.date
    state: models.EditState
    row_count: int
    fingerprint: str
    request_key: uuid.UUID
    undoes_id: int | None
    asked_at: datetime.datetime
    asked_by_id: int
    asked_by: str
    applied_at: datetime.datetime | None
    ended_at: datetime.datetime | None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of it."""

    row_id: int
    station_id: int
    row_no: int
    act: str
    about: str
    subject_id: int
    label: str
    before: str
    after: str
    plan: models.RowPlan
    plan_code: str
    plan_fact: str
    outcome: models.RowOutcome | None
    outcome_code: str
    outcome_fact: str

    @property
    def key(self) -> rules.Key:
        """What the row is about."""
        return rules.Key(act=self.act, about=self.about, subject_id=self.subject_id)


_ROW = (
    "id",
    "station_id",
    "row_no",
    "act",
    "about",
    "subject_id",
    "label",
    "before",
    "after",
    "plan",
    "plan_code",
    "plan_fact",
    "outcome",
    "outcome_code",
    "outcome_fact",
)


def edit(*, edit_id: int) -> Edit:
    """One change. Raises EditUnknownError."""
    found = models.BulkEdit.objects.select_related("asked_by").filter(pk=edit_id).first()
    if found is None:
        raise EditUnknownError(edit_id)
    return _edit(found)


def edit_of_request(*, request_key: uuid.UUID) -> int | None:
    """The change a request made, if it made one."""
    return models.BulkEdit.objects.filter(request_key=request_key).values_list("pk", flat=True).first()


def latest(*, most: int) -> list[Edit]:
    """The changes asked for last, newest first."""
    found = models.BulkEdit.objects.select_related("asked_by").order_by("-asked_at", "-id")
    return [_edit(row) for row in found[:most]]


def acts(*, edit_id: int) -> list[str]:
    """The keys of the acts that stand in its rows."""
    found = models.BulkEditRow.objects.filter(edit_id=edit_id).order_by("act")
    return list(found.values_list("act", flat=True).distinct())


def undone_by(*, edit_id: int) -> int | None:
    """The change that took this one back, as far as that could be done."""
    found = models.BulkEdit.objects.filter(undoes_id=edit_id, applied_at__isnull=False).order_by("-id")
    return found.values_list("pk", flat=True).first()


def counts(*, edit_id: int) -> rules.Counts:
    """How many of its rows are where."""
    found = models.BulkEditRow.objects.filter(edit_id=edit_id).values_list("plan", "outcome")
    return rules.counts({(plan, outcome): number for plan, outcome, number in found.annotate(n=Count("id"))})


def rows(
    *,
    edit_id: int,
    plan: models.RowPlan | None = None,
    outcome: models.RowOutcome | None = None,
    offset: int = 0,
    limit: int | None = None,
) -> list[Row]:
    """Rows in their order; with `plan` or `outcome` only those."""
    found = models.BulkEditRow.objects.filter(edit_id=edit_id).order_by("row_no", "id")
    if plan is not None:
        found = found.filter(plan=plan)
    if outcome is not None:
        found = found.filter(outcome=outcome)
    until = None if limit is None else offset + limit
    return [_row(values) for values in found.values_list(*_ROW)[offset:until]]


def to_try(*, edit_id: int, most: int) -> list[Row]:
    """The next rows the dry run has not tried."""
    found = models.BulkEditRow.objects.filter(edit_id=edit_id, plan=models.RowPlan.WAITING).order_by("id")
    return [_row(values) for values in found.values_list(*_ROW)[:most]]


def to_do(*, edit_id: int, most: int) -> list[Row]:
    """The next rows that are to change and have no result."""
    found = models.BulkEditRow.objects.filter(edit_id=edit_id, plan=models.RowPlan.CHANGES, outcome=None)
    return [_row(values) for values in found.order_by("id").values_list(*_ROW)[:most]]


def done(*, edit_id: int) -> Sequence[Row]:
    """The rows that were changed, in their order."""
    return rows(edit_id=edit_id, outcome=models.RowOutcome.DONE)


def fingerprint(*, edit_id: int) -> str:
    """The fingerprint of its rows as they stand."""
    found = models.BulkEditRow.objects.filter(edit_id=edit_id).order_by("row_no", "id")
    fields = ("act", "about", "subject_id", "before", "after", "plan")
    return rules.fingerprint(found.values_list(*fields).iterator())


def _row(values: tuple[Any, ...]) -> Row:
    named: dict[str, Any] = dict(zip(Row.__slots__, values, strict=True))
    outcome = named["outcome"]
    named["plan"] = models.RowPlan(named["plan"])
    named["outcome"] = None if outcome is None else models.RowOutcome(outcome)
    return Row(**named)


def _edit(found: models.BulkEdit) -> Edit:
    return Edit(
        edit_id=found.pk,
        station_id=found.station_id,
        subject=models.Subject(found.subject),
        act=found.act,
        reason=found.reason,
        on=found.on,
        state=models.EditState(found.state),
        row_count=found.row_count,
        fingerprint=found.fingerprint,
        request_key=found.request_key,
        undoes_id=found.undoes_id,
        asked_at=found.asked_at,
        asked_by_id=found.asked_by_id,
        asked_by=found.asked_by.name,
        applied_at=found.applied_at,
        ended_at=found.ended_at,
    )
