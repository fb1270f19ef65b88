"""Writes of files. The bytes are in the store before a row says so."""

import datetime
import uuid
from dataclasses import dataclass

from meterbook.domain.files import models, rules


class FileUnknownError(LookupError):
    """No such file on any subject, or it lies outside the scope."""

    def __init__(self, *, link_id: int) -> None:
        super().__init__(f"no file {link_id}")
        self.link_id = link_id


class FileRemovedError(Exception):
    """The file was taken off before."""

    def __init__(self, *, link_id: int) -> None:
        super().__init__(f"file {link_id} was taken off")
        self.link_id = link_id


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A checked file for a subject. `request_key` is made by the caller: sent twice, it is kept once."""

    station_id: int
    subject_kind: models.SubjectKind
    subject_id: int
    category: models.Category
    name: str
    note: str
    checked: rules.CheckedFile
    request_key: uuid.UUID
    at: datetime.datetime
    staff_id: int | None


def add_file(*, new: NewFile) -> tuple[models.FileLink, bool]:
    """Write a file's rows; returns the link and whether it is new: a repeat of the request gets the first."""
    before = models.FileLink.objects.filter(request_key=new.request_key).first()
    if before is not None:
        return before, False
    stored, _ = models.StoredFile.objects.get_or_create(
        station_id=new.station_id,
        sha256=new.checked.sha256,
        defaults={
            "content_type": new.checked.kind.content_type,
            "size_bytes": new.checked.size_bytes,
            "has_thumbnail": bool(new.checked.thumbnail),
        },
    )
    link = models.FileLink.objects.create(
        station_id=new.station_id,
        file=stored,
        subject_kind=new.subject_kind,
        subject_id=new.subject_id,
        category=new.category,
        name=rules.file_name(new.name, kind=new.checked.kind),
        note=new.note,
        request_key=new.request_key,
        added_at=new.at,
        added_by_id=new.staff_id,
    )
    return link, True


def remove_file(*, link_id: int, reason: str, at: datetime.datetime, staff_id: int | None) -> models.FileLink:
    """Take a file off its subject; row and bytes stay. Raises FileUnknownError, FileRemovedError."""
    link = models.FileLink.objects.select_for_update().filter(pk=link_id).first()
    if link is None:
        raise FileUnknownError(link_id=link_id)
    if link.removed_at is not None:
        raise FileRemovedError(link_id=link_id)
    link.removed_at, link.removed_by_id, link.removed_reason = at, staff_id, reason
    link.save(update_fields=["removed_at", "removed_by", "removed_reason"])
    return link


def restore_file(*, link_id: int) -> models.FileLink:
    """Put a file back that was taken off. Raises FileUnknownError when none was."""
    link = models.FileLink.objects.select_for_update().filter(pk=link_id, removed_at__isnull=False).first()
    if link is None:
        raise FileUnknownError(link_id=link_id)
    link.removed_at, link.removed_by_id, link.removed_reason = None, None, ""
    link.save(update_fields=["removed_at", "removed_by", "removed_reason"])
    return link
