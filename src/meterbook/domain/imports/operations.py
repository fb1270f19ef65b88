"""Writes of uploaded files: kept with what the dry run said, marked when applied."""

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from meterbook.domain.imports import models, rules


class ImportUnknownError(LookupError):
    """No such file, or not one the actor may see."""

    def __init__(self, *, import_id: int) -> None:
        super().__init__(f"no import {import_id}")
        self.import_id = import_id


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file as it came, and who checked it when. `station_id` is the unit of whoever uploaded it."""

    station_id: int
    kind: models.ImportKind
    name: str
    content: bytes
    at: datetime.datetime
    staff_id: int | None


def keep_file(*, upload: Upload, outcome: rules.Outcome) -> int:
    """Keep a file with the outcome of its dry run; returns its id.

    The same bytes of the same unit that were not applied yet are kept once, with the newer outcome.
    """
    sha256 = rules.fingerprint(upload.content)
    _alone_with(sha256)
    file = (
        models.ImportFile.objects.select_for_update()
        .defer("content")
        .filter(station_id=upload.station_id, kind=upload.kind, sha256=sha256)
        .exclude(state=models.ImportState.APPLIED)
        .first()
    )
    if file is None:
        file = models.ImportFile(
            station_id=upload.station_id, kind=upload.kind, sha256=sha256, content=upload.content
        )
    file.name = upload.name[:200]
    file.checked_at = upload.at
    file.checked_by_id = upload.staff_id
    _set_outcome(file, outcome=outcome)
    file.save()
    return file.pk


def keep_unread(*, upload: Upload) -> int:
    """Keep a file nobody looked into yet; returns its id. What its unit keeps already stays as it is."""
    sha256 = rules.fingerprint(upload.content)
    _alone_with(sha256)
    same = models.ImportFile.objects.filter(station_id=upload.station_id, kind=upload.kind, sha256=sha256)
    known = same.exclude(state=models.ImportState.APPLIED).values_list("pk", flat=True).first()
    if known is not None:
        return known
    file = models.ImportFile.objects.create(
        station_id=upload.station_id,
        kind=upload.kind,
        name=upload.name[:200],
        sha256=sha256,
        content=upload.content,
        state=models.ImportState.UPLOADED,
        row_count=0,
        error_count=0,
        checked_at=upload.at,
        checked_by_id=upload.staff_id,
    )
    return file.pk


def set_outcome(
    *, file: models.ImportFile, outcome: rules.Outcome, at: datetime.datetime, staff_id: int | None
) -> None:
    """Keep what a dry run of a locked file said. Not for one that is applied."""
    file.checked_at = at
    file.checked_by_id = staff_id
    _set_outcome(file, outcome=outcome)
    file.save(
        update_fields=[
            "state",
            "row_count",
            "error_count",
            "errors",
            "summary",
            "checked_at",
            "checked_by_id",
        ]
    )


def lock_file(*, import_id: int) -> models.ImportFile:
    """The file's row, locked until the transaction ends, without its bytes. Raises ImportUnknownError."""
    file = (
        models.ImportFile.objects.select_for_update(of=("self",))
        .defer("content")
        .filter(pk=import_id)
        .first()
    )
    if file is None:
        raise ImportUnknownError(import_id=import_id)
    return file


def reject_file(*, file: models.ImportFile, outcome: rules.Outcome) -> None:
    """Keep what a later look found wrong with a locked file."""
    _set_outcome(file, outcome=outcome)
    file.save(update_fields=["state", "row_count", "error_count", "errors", "summary"])


def mark_applied(*, file: models.ImportFile, at: datetime.datetime, summary: Mapping[str, Any]) -> None:
    """Say that a locked file's rows are written. The database refuses it for bytes applied before."""
    file.state = models.ImportState.APPLIED
    file.applied_at = at
    file.summary = dict(summary)
    file.save(update_fields=["state", "applied_at", "summary"])


def keep_comparison(
    *,
    file: models.ImportFile,
    comparison: rules.Comparison,
    station_ids: Sequence[int],
    at: datetime.datetime,
    staff_id: int | None,
) -> int:
    """Keep what a comparison of a file with the books at those stations found `at` that moment; its id."""
    kept = models.ImportComparison.objects.create(
        file_id=file.pk,
        station_id=file.station_id,
        station_ids=sorted(station_ids),
        taken_at=at,
        taken_by_id=staff_id,
        figures=dict(comparison.figures),
        differences=comparison.differences,
        accounts=comparison.accounts,
    )
    return kept.pk


def _alone_with(sha256: str) -> None:
    """Two people who upload the same file at the same moment come one after the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('meterbook.import'), hashtext(%s))", [sha256])


def _set_outcome(file: models.ImportFile, *, outcome: rules.Outcome) -> None:
    is_clean = outcome.error_count == 0
    file.state = models.ImportState.CHECKED if is_clean else models.ImportState.REJECTED
    file.row_count = outcome.row_count
    file.error_count = outcome.error_count
    file.errors = [dataclasses.asdict(error) for error in outcome.errors[: rules.MOST_ERRORS]]
    file.summary = dict(outcome.summary)
