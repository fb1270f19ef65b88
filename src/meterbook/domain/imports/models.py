"""Files taken in: the bytes, their fingerprint, what the dry run said, and their fate."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from meterbook.domain import tables


class ImportKind(models.IntegerChoices):
    CUSTOMERS = 1
    READINGS = 2


class ImportState(models.IntegerChoices):
    CHECKED = 1
    REJECTED = 2
    APPLIED = 3
    UPLOADED = 4  # kept, not looked into yet


class WorkAct(models.IntegerChoices):
    CHECK = 1
    APPLY = 2
    COMPARE = 3


class WorkState(models.IntegerChoices):
    WAITING = 1
    RUNNING = 2
    DONE = 3
    CANCELLED = 4
    REFUSED = 5


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


class ImportWork(models.Model):
    """The last piece of work in the background on a file: who asked, how far it is, how it ended.

    Written while the work's own transaction is open, over another connection.
    """

    file = models.OneToOneField(ImportFile, primary_key=True, on_delete=models.CASCADE, related_name="work")
    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    act = models.SmallIntegerField(choices=WorkAct.choices)
    state = models.SmallIntegerField(choices=WorkState.choices)
    # What it is doing: a name of application.progress.Stage, empty while it waits.
    stage = models.CharField(max_length=20)
    percent = models.SmallIntegerField()
    is_cancel_asked = models.BooleanField()
    # Why it was refused: rules.Refused and the detail that goes with it.
    refused = models.CharField(max_length=20)
    fact = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey("access.Staff", on_delete=models.PROTECT, related_name="+")
    told_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(percent__range=(0, 100)), name="import_work_percent"),
            models.CheckConstraint(
                condition=models.Q(state=5) ^ models.Q(refused=""), name="import_work_refused_says_why"
            ),
        ]


class ImportComparison(tables.AppendOnly):
    """The books beside the older system's file, as both stood when this was worked out. Never changed: a
    later look is another row.
    """

    file = models.ForeignKey(ImportFile, on_delete=models.PROTECT, related_name="+")
    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    # Whose figures are in it: only who may see all of these stations is shown it.
    station_ids = ArrayField(models.BigIntegerField())
    taken_at = models.DateTimeField()
    taken_by = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    # What the page shows, and all of it for the workbook: reporting.migration_kept makes and reads both.
    figures = models.JSONField()
    differences = models.BinaryField()
    accounts = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["file", "-taken_at"], name="import_comparison_latest")]
