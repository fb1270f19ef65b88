"""Reads of files."""

import datetime
from dataclasses import dataclass

from django.db.models import QuerySet

from meterbook.domain.files import models, rules


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file on a subject. `sha256` names its bytes in the store."""

    link_id: int
    station_id: int
    subject_kind: models.SubjectKind
    subject_id: int
    category: models.Category
    name: str
    note: str
    kind: rules.FileType
    size_bytes: int
    sha256: str
    has_thumbnail: bool
    added_at: datetime.datetime
    added_by: str
    removed_at: datetime.datetime | None
    removed_by: str
    removed_reason: str

    @property
    def is_personal(self) -> bool:
        """Whether each look at it is written down."""
        return self.category in models.PERSONAL


def files_of(
    *, subject_kind: models.SubjectKind, subject_id: int, with_removed: bool = False
) -> list[FileFacts]:
    """The files of a subject, newest first."""
    found = _links().filter(subject_kind=subject_kind, subject_id=subject_id)
    if not with_removed:
        found = found.filter(removed_at__isnull=True)
    return [_facts(link) for link in found.order_by("removed_at", "-added_at", "-id")]


def file_facts(*, link_id: int) -> FileFacts | None:
    """One file; None when there is none in scope."""
    link = _links().filter(pk=link_id).first()
    return None if link is None else _facts(link)


def file_count(*, subject_kind: models.SubjectKind, subject_id: int) -> int:
    """How many files a subject has now."""
    return models.FileLink.objects.filter(
        subject_kind=subject_kind, subject_id=subject_id, removed_at__isnull=True
    ).count()


def kept_digests() -> set[str]:
    """The SHA-256 of every file that a row knows, removed ones included: what a store must keep."""
    return set(models.StoredFile.objects.values_list("sha256", flat=True))


def _links() -> QuerySet[models.FileLink]:
    return models.FileLink.objects.select_related("file", "added_by", "removed_by")


def _facts(link: models.FileLink) -> FileFacts:
    return FileFacts(
        link_id=link.pk,
        station_id=link.station_id,
        subject_kind=models.SubjectKind(link.subject_kind),
        subject_id=link.subject_id,
        category=models.Category(link.category),
        name=link.name,
        note=link.note,
        kind=rules.TYPES[link.file.content_type],
        size_bytes=link.file.size_bytes,
        sha256=link.file.sha256,
        has_thumbnail=link.file.has_thumbnail,
        added_at=link.added_at,
        added_by=link.added_by.name if link.added_by else "",
        removed_at=link.removed_at,
        removed_by=link.removed_by.name if link.removed_by else "",
        removed_reason=link.removed_reason,
    )
