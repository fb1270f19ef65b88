"""Files people hand in or draw: contracts, copies of identity documents, photos, drawings.

The bytes lie in a file store (ports.FileStore) under their own SHA-256; here stands what they are, to whom
they belong and who put them there. Bytes never change; a file is taken off its subject, never overwritten.
"""

from django.db import models


class SubjectKind(models.TextChoices):
    """What a file can belong to. The code is also the audit trail's."""

    CUSTOMER = "CUSTOMER"
    ACCOUNT = "ACCOUNT"
    PREMISE = "PREMISE"
    METER = "METER"
    NETWORK_RECORD = "NETWORK_RECORD"
    CONTRACT = "CONTRACT"


class Category(models.IntegerChoices):
    """What a file is to the clerk. IDENTITY is personal: each look at it is written down."""

    CONTRACT = 1
    IDENTITY = 2
    PHOTO = 3
    DRAWING = 4
    APPLICATION = 5
    OTHER = 9


PERSONAL = frozenset({Category.IDENTITY})


class StoredFile(models.Model):
    """One file's bytes, once per station however often they are handed in."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(max_length=100)
    size_bytes = models.BigIntegerField()
    has_thumbnail = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["station", "sha256"], name="stored_file_once"),
            models.CheckConstraint(condition=models.Q(size_bytes__gt=0), name="stored_file_not_empty"),
            models.CheckConstraint(
                condition=models.Q(sha256__regex="^[0-9a-f]{64}$"), name="stored_file_sha256"
            ),
        ]


class FileLink(models.Model):
    """A file as it hangs on a subject. Taking it off keeps the row: who, when, why."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="links")
    subject_kind = models.CharField(max_length=20, choices=SubjectKind.choices)
    subject_id = models.BigIntegerField()
    category = models.SmallIntegerField(choices=Category.choices)
    name = models.CharField(max_length=200)
    note = models.CharField(max_length=200, blank=True)
    request_key = models.UUIDField(unique=True)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    removed_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(name=""), name="file_link_has_name"),
            models.CheckConstraint(
                condition=models.Q(removed_at__isnull=True, removed_reason="")
                | (models.Q(removed_at__isnull=False) & ~models.Q(removed_reason="")),
                name="file_link_removed_with_reason",
            ),
        ]
        indexes = [models.Index(fields=["subject_kind", "subject_id", "-added_at"], name="file_link_subject")]

    def __str__(self) -> str:
        return self.name
