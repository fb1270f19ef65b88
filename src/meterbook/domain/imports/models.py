"""Files taken in: the bytes, their fingerprint, what the dry run said, and their fate."""

from django.db import models


class ImportKind(models.IntegerChoices):
    CUSTOMERS = 1
    READINGS = 2


class ImportState(models.IntegerChoices):
    CHECKED = 1
    REJECTED = 2
    APPLIED = 3


class ImportFile(models.Model):
    """One uploaded file. The dry run and the import read the same bytes; the same bytes apply once."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    kind = models.SmallIntegerField(choices=ImportKind.choices)
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    state = models.SmallIntegerField(choices=ImportState.choices)
    row_count = models.IntegerField()
    error_count = models.IntegerField()
    # [{"row": 7, "column": "serial_no", "value": "…", "code": "…", "fact": "…"}], the first rules.MOST_ERRORS
    errors = models.JSONField(default=list)
    # What the file holds, for people: totals of the dry run, what was written.
    summary = models.JSONField(default=dict)
    checked_at = models.DateTimeField()
    checked_by = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    applied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["station", "kind", "sha256"],
                condition=models.Q(state=3),
                name="import_same_file_once",
            )
        ]
