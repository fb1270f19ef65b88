"""Runs make bills; bills are never edited; what is still open is a projection beside them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from meterbook.domain import tables


class RunState(models.IntegerChoices):
    PREVIEWED = 1
    ISSUED = 2


class BillRun(models.Model):
    """The billing of one round of one book: one chunk, one transaction, once.

    The preview keeps totals and a fingerprint; issuing rates again and refuses when they differ.
    """

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    round = models.OneToOneField("metering.Round", on_delete=models.PROTECT, related_name="bill_run")
    state = models.SmallIntegerField(choices=RunState.choices, default=RunState.PREVIEWED)
    issue_on = models.DateField()
    due_on = models.DateField()
    bill_count = models.IntegerField()
    parked_count = models.IntegerField()
    quantity_milli = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    fingerprint = models.CharField(max_length=64)
    previewed_at = models.DateTimeField()
    issued_at = models.DateTimeField(null=True)
    issued_by = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(due_on__gte=models.F("issue_on")), name="bill_run_due_after_issue"
            ),
            models.CheckConstraint(
                condition=models.Q(state=RunState.PREVIEWED, issued_at__isnull=True)
                | models.Q(state=RunState.ISSUED, issued_at__isnull=False),
                name="bill_run_issued_has_time",
            ),
        ]


class ParkedUsage(models.Model):
    """A usage the run could not bill, and why. The others went out.

    A person may release one that was only held for its size; the next preview or issue then bills it.
    """

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    run = models.ForeignKey(BillRun, on_delete=models.CASCADE, related_name="parked")
    usage_id = models.BigIntegerField()
    code = models.CharField(max_length=40)
    facts = models.JSONField(default=dict)
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    release_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["usage_id"], name="parked_usage_once"),
            models.CheckConstraint(
                condition=models.Q(released_at__isnull=True) | ~models.Q(release_reason=""),
                name="parked_usage_released_with_reason",
            ),
        ]


class Bill(tables.AppendOnly):
    """One agreement, one period, one amount. Lean. `revision` 1 is the bill, higher ones follow a mirror.

    A mirrored (reversing) bill has the negative amount and `mirrors_id`.
    """

    id = models.BigAutoField(primary_key=True)
    account_id = models.BigIntegerField()
    agreement_id = models.BigIntegerField()
    usage_id = models.BigIntegerField(null=True)
    run_id = models.BigIntegerField(null=True)
    station_id = models.IntegerField()
    utility = models.SmallIntegerField()
    revision = models.SmallIntegerField(default=1)
    period_from = models.DateField()
    period_until = models.DateField()
    issued_on = models.DateField()
    due_on = models.DateField()
    quantity_milli = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    mirrors_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["usage_id", "revision"], name="bill_usage_once"),
            models.UniqueConstraint(
                fields=["mirrors_id"], condition=models.Q(mirrors_id__isnull=False), name="bill_mirrored_once"
            ),
        ]
        indexes = [models.Index(fields=["account_id", "issued_on"], name="bill_by_account")]


class BillLine(tables.AppendOnly):
    """One rated line, with everything needed to recompute it by pencil; columns as in rating.columns. Lean.

    Lines of bills issued before a column was kept have its default: one part, no bands, the whole price.
    Their tax and their own days were not kept: null, and the bill's period holds for them.
    """

    pk = models.CompositePrimaryKey("bill_id", "line_no")
    bill_id = models.BigIntegerField()
    line_no = models.SmallIntegerField()
    station_id = models.IntegerField()
    tariff_version_id = models.IntegerField()
    component_no = models.SmallIntegerField()
    tier = models.SmallIntegerField()
    tier_from_milli = models.BigIntegerField(null=True)
    tier_until_milli = models.BigIntegerField(null=True)
    before_milli = models.BigIntegerField()
    quantity_milli = models.BigIntegerField()
    unit_price_micro = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    rounding = models.SmallIntegerField()
    days = models.SmallIntegerField()
    tax_minor = models.BigIntegerField(null=True)
    factor_ppm = models.IntegerField(db_default=1_000_000)
    time_numerator = models.IntegerField(db_default=1)
    time_denominator = models.IntegerField(db_default=1)
    period_from = models.DateField(null=True)
    period_until = models.DateField(null=True)
    part_no = models.SmallIntegerField(db_default=1)
    set_no = models.SmallIntegerField(db_default=0)
    band = models.SmallIntegerField(db_default=0)
    tax_basis_points = models.SmallIntegerField(null=True)


class Receivable(models.Model):
    """What is still open on a bill. A projection of bill and clearings, locked when money moves."""

    bill_id = models.BigIntegerField(primary_key=True)
    account_id = models.BigIntegerField()
    station_id = models.IntegerField()
    due_on = models.DateField()
    amount_minor = models.BigIntegerField()
    open_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(open_minor__gte=0, open_minor__lte=models.F("amount_minor")),
                name="receivable_open_between_zero_and_amount",
            )
        ]
        indexes = [
            models.Index(
                fields=["account_id", "due_on"], condition=models.Q(open_minor__gt=0), name="receivable_open"
            )
        ]


class Clearing(tables.AppendOnly):
    """What closed (a part of) a bill: a payment (its reversal is negative), or the bill that mirrors it."""

    id = models.BigAutoField(primary_key=True)
    bill_id = models.BigIntegerField()
    payment_id = models.BigIntegerField(null=True)
    mirror_bill_id = models.BigIntegerField(null=True)
    station_id = models.IntegerField()
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment_id", "bill_id"], name="clearing_once"),
            models.UniqueConstraint(
                fields=["mirror_bill_id"],
                condition=models.Q(mirror_bill_id__isnull=False),
                name="clearing_by_mirror_once",
            ),
            models.CheckConstraint(condition=~models.Q(amount_minor=0), name="clearing_not_zero"),
            models.CheckConstraint(
                condition=models.Q(payment_id__isnull=False, mirror_bill_id__isnull=True)
                | models.Q(payment_id__isnull=True, mirror_bill_id__isnull=False),
                name="clearing_by_payment_or_mirror",
            ),
        ]
        indexes = [models.Index(fields=["bill_id"], name="clearing_by_bill")]


class FeeOccasion(models.IntegerChoices):
    """Acts a fee may be charged with by itself."""

    OPENED = 1
    SUPPLY_ADDED = 2
    TRANSFERRED = 3
    CLOSED = 4
    SUSPENDED = 5
    STOPPED = 6
    RESUMED = 7
    RECONNECTED = 8  # resumed after a stop by force
    USAGE_CHANGED = 9
    TAKEN_OFF_FOR_ARREARS = 10


class FeeType(models.Model):
    """A fee the company takes beside supply: opening, transfer, certificate, material, re-connection.

    `amount_minor` is what it usually is, in the company's currency; 0: said each time. `occasions` are the
    acts that charge it by themselves, while it is offered and has a usual amount.
    """

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=60)
    amount_minor = models.BigIntegerField(default=0)
    is_offered = models.BooleanField(default=True)
    occasions = ArrayField(models.SmallIntegerField(choices=FeeOccasion.choices), default=list)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount_minor__gte=0), name="fee_type_amount_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(occasions__contained_by=FeeOccasion.values),
                name="fee_type_occasions_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Fee(tables.AppendOnly):
    """A fee as it was charged, with the bill that asks for it; waived (0, no bill) with a reason.

    `act_key` is the request key of the act that charged it on `occasion`; both null: charged by itself.
    """

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    account_id = models.BigIntegerField()
    fee_type = models.ForeignKey(FeeType, on_delete=models.PROTECT, related_name="+")
    bill_id = models.BigIntegerField(null=True, unique=True)
    standard_minor = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    charged_on = models.DateField()
    charged_at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    request_key = models.UUIDField(unique=True)
    occasion = models.SmallIntegerField(choices=FeeOccasion.choices, null=True)
    act_key = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount_minor=0, bill_id__isnull=True)
                | models.Q(amount_minor__gt=0, bill_id__isnull=False),
                name="fee_has_bill_unless_waived",
            ),
            models.CheckConstraint(
                condition=models.Q(occasion__isnull=True, act_key__isnull=True)
                | models.Q(occasion__isnull=False, act_key__isnull=False),
                name="fee_of_an_act_or_of_none",
            ),
        ]
        indexes = [models.Index(fields=["account_id", "-id"], name="fee_by_account")]


class FeeTakenBack(tables.AppendOnly):
    """A fee that is asked for no more, with the bill that mirrors its bill; a waived one has none."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    fee = models.OneToOneField(Fee, on_delete=models.PROTECT, related_name="taken_back")
    mirror_bill_id = models.BigIntegerField(unique=True)
    taken_back_on = models.DateField()
    taken_back_at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=200)
