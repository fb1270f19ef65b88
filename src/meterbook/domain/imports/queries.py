"""Reads of uploaded files."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from meterbook.domain.imports import models, rules

_ACTIVE = (models.WorkState.WAITING, models.WorkState.RUNNING)


@dataclass(frozen=True, slots=True)
class ImportEntry:
    """One uploaded file without its bytes and errors. `kind` and `state` are numbers of models' choices."""

    import_id: int
    station_id: int
    kind: int
    name: str
    sha256: str
    state: int
    row_count: int
    error_count: int
    summary: dict[str, Any]
    checked_at: datetime.datetime
    checked_by: str | None
    applied_at: datetime.datetime | None


_FIELDS = (
    "id",
    "station_id",
    "kind",
    "name",
    "sha256",
    "state",
    "row_count",
    "error_count",
    "summary",
    "checked_at",
    "checked_by__name",
    "applied_at",
)


def import_entry(*, import_id: int) -> ImportEntry | None:
    """One file, or None when there is none the caller may see."""
    row = models.ImportFile.objects.filter(pk=import_id).values_list(*_FIELDS).first()
    return None if row is None else ImportEntry(*row)


def latest_imports(*, kind: models.ImportKind, most: int) -> tuple[ImportEntry, ...]:
    """The files of a kind checked last, newest first."""
    files = models.ImportFile.objects.filter(kind=kind).order_by("-checked_at", "-id")
    rows = files.values_list(*_FIELDS)[:most]
    return tuple(ImportEntry(*row) for row in rows)


def applied_import(
    *, kind: models.ImportKind, sha256: str, station_id: int | None = None
) -> ImportEntry | None:
    """The file of these very bytes that was applied, by one unit or by any the caller may see."""
    files = models.ImportFile.objects.filter(kind=kind, sha256=sha256, state=models.ImportState.APPLIED)
    if station_id is not None:
        files = files.filter(station_id=station_id)
    row = files.order_by("id").values_list(*_FIELDS).first()
    return None if row is None else ImportEntry(*row)


@dataclass(frozen=True, slots=True)
class WorkEntry:
    """The last work in the background on a file. `act` and `state` are numbers of models' choices."""

    import_id: int
    act: int
    state: int
    stage: str
    percent: int
    is_cancel_asked: bool
    refused: str
    fact: str
    asked_at: datetime.datetime
    asked_by: str
    told_at: datetime.datetime

    @property
    def is_active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in _ACTIVE


_WORK_FIELDS = (
    "file_id",
    "act",
    "state",
    "stage",
    "percent",
    "is_cancel_asked",
    "refused",
    "fact",
    "asked_at",
    "asked_by__name",
    "told_at",
)


def work_of(*, import_id: int) -> WorkEntry | None:
    """The last work on a file, or None when there was none."""
    row = models.ImportWork.objects.filter(file_id=import_id).values_list(*_WORK_FIELDS).first()
    return None if row is None else WorkEntry(*row)


def active_work(*, kind: models.ImportKind) -> dict[int, WorkEntry]:
    """The work that waits or runs, by file."""
    active = models.ImportWork.objects.filter(file__kind=kind, state__in=_ACTIVE)
    return {row[0]: WorkEntry(*row) for row in active.values_list(*_WORK_FIELDS)}


@dataclass(frozen=True, slots=True)
class ComparisonEntry:
    """The latest comparison of a file. `figures` are reporting.migration_kept's."""

    comparison_id: int
    taken_at: datetime.datetime
    taken_by: str | None
    figures: dict[str, Any]


def latest_comparison(*, import_id: int, station_ids: Sequence[int] | None) -> ComparisonEntry | None:
    """The latest one with figures of no other stations than these (None: of any); None when there is none."""
    kept = models.ImportComparison.objects.filter(file_id=import_id).order_by("-taken_at", "-id")
    if station_ids is not None:
        kept = kept.filter(station_ids__contained_by=list(station_ids))
    row = kept.values_list("id", "taken_at", "taken_by__name", "figures").first()
    return None if row is None else ComparisonEntry(*row)


def whole_comparison(*, comparison_id: int) -> rules.Comparison:
    """All of a comparison. Raises models.ImportComparison.DoesNotExist."""
    kept = models.ImportComparison.objects.get(pk=comparison_id)
    return rules.Comparison(
        figures=kept.figures, differences=bytes(kept.differences), accounts=bytes(kept.accounts)
    )


def content_of(*, import_id: int) -> bytes | None:
    """The bytes of a file, or None when there is none the caller may see."""
    content = models.ImportFile.objects.filter(pk=import_id).values_list("content", flat=True).first()
    return None if content is None else bytes(content)


def errors_of(*, import_id: int, most: int | None = None) -> tuple[rules.RowError, ...]:
    """The errors of a file by row, at most `most` of them."""
    errors = models.ImportFile.objects.values_list("errors", flat=True).get(pk=import_id)
    return tuple(rules.RowError(**error) for error in errors[:most])
