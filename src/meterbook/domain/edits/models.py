"""Changes of many records: what was asked for, and each row with what was seen and what became of it."""

from django.db import models


class Subject(models.TextChoices):
    """What a row is about. The code is also the audit trail's."""

    ACCOUNT = "ACCOUNT"
    CUSTOMER = "CUSTOMER"
    PREMISE = "PREMISE"
    METER = "METER"


class EditState(models.IntegerChoices):
    """How far a change of many records is."""

    LOOKING = 1
    SEEN = 2
    APPLYING = 3
    APPLIED = 4


class RowPlan(models.IntegerChoices):
    """What the dry run said of a row."""

    WAITING = 1
    CHANGES = 2
    SAME = 3
    REFUSED = 4


class RowOutcome(models.IntegerChoices):
    """What became of a row that was to change."""

    DONE = 1
    SAME = 2
    REFUSED = 3


class BulkEdit(models.Model):
    """A change of many records, from the question to the last row. `act` is "" for a workbook of several."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    subject = models.CharField(max_length=20, choices=Subject.choices)
    act = models.CharField(max_length=30, blank=True)
    reason = models.CharField(max_length=200)
    on = models.DateField()
    state = models.SmallIntegerField(choices=EditState.choices, default=EditState.LOOKING)
    row_count = models.IntegerField()
    fingerprint = models.CharField(max_length=64, blank=True)
    request_key = models.UUIDField(unique=True)
    undoes = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="undone_by")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey("access.Staff", on_delete=models.PROTECT, related_name="+")
    applied_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="bulk_edit_with_reason"),
            models.CheckConstraint(
                condition=models.Q(state=EditState.LOOKING, fingerprint="") | ~models.Q(fingerprint=""),
                name="bulk_edit_seen_has_fingerprint",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=[EditState.LOOKING, EditState.SEEN],
                    applied_at__isnull=True,
                    ended_at__isnull=True,
                )
                | models.Q(state=EditState.APPLYING, applied_at__isnull=False, ended_at__isnull=True)
                | models.Q(state=EditState.APPLIED, applied_at__isnull=False, ended_at__isnull=False),
                name="bulk_edit_state_has_its_times",
            ),
        ]
        indexes = [models.Index(fields=["-asked_at"], name="bulk_edit_latest")]


class BulkEditRow(models.Model):
    """One act on one subject. `before` and `after` are the act's own words for values (see its module).

    `about`: which utility, tag, list ... of the subject. `row_no`: the row of the workbook, else the place in
    the list. Codes say why not; `fact` is a detail of it.
    """

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    edit = models.ForeignKey(BulkEdit, on_delete=models.PROTECT, related_name="rows")
    row_no = models.IntegerField()
    act = models.CharField(max_length=30)
    about = models.CharField(max_length=60, blank=True)
    subject_id = models.BigIntegerField()
    label = models.CharField(max_length=280)
    before = models.CharField(max_length=300, blank=True)
    after = models.CharField(max_length=300, blank=True)
    plan = models.SmallIntegerField(choices=RowPlan.choices, default=RowPlan.WAITING)
    plan_code = models.CharField(max_length=60, blank=True)
    plan_fact = models.CharField(max_length=200, blank=True)
    outcome = models.SmallIntegerField(choices=RowOutcome.choices, null=True)
    outcome_code = models.CharField(max_length=60, blank=True)
    outcome_fact = models.CharField(max_length=200, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edit", "act", "about", "subject_id"], name="bulk_edit_row_once"),
            models.CheckConstraint(
                condition=models.Q(outcome__isnull=True, done_at__isnull=True)
                | models.Q(plan=RowPlan.CHANGES, outcome__isnull=False, done_at__isnull=False),
                name="bulk_edit_row_outcome_of_a_change",
            ),
            models.CheckConstraint(
                condition=~models.Q(plan=RowPlan.REFUSED) | ~models.Q(plan_code=""),
                name="bulk_edit_row_refused_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["edit", "row_no"], name="bulk_edit_row_in_order"),
            models.Index(
                fields=["edit", "id"],
                condition=models.Q(plan=RowPlan.WAITING) | models.Q(plan=RowPlan.CHANGES, outcome=None),
                name="bulk_edit_row_to_do",
            ),
        ]
