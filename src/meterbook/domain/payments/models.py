"""Cashier shifts and the payments taken in them."""

from django.db import models

from meterbook.domain import tables


class Tender(models.IntegerChoices):
    """How money arrives. PREPAID_ONLY: nothing arrived, the customer's balance paid."""

    CASH = 1
    QR_MANUAL = 2
    POS_MANUAL = 3
    TRANSFER = 4
    PREPAID_ONLY = 9


class ShiftState(models.IntegerChoices):
    OPEN = 1
    COUNTED = 2
    TAKEN_OVER = 3


class Shift(models.Model):
    """A clerk's till from opening to hand-over. `business_on` dates everything taken in it."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    staff = models.ForeignKey("access.Staff", on_delete=models.PROTECT, related_name="+")
    business_on = models.DateField()
    state = models.SmallIntegerField(choices=ShiftState.choices, default=ShiftState.OPEN)
    opened_at = models.DateTimeField()
    counted_at = models.DateTimeField(null=True)
    taken_over_at = models.DateTimeField(null=True)
    taken_over_by = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["staff"], condition=models.Q(state=ShiftState.OPEN), name="shift_one_open_per_clerk"
            ),
            models.CheckConstraint(
                condition=models.Q(taken_over_by__isnull=True) | ~models.Q(taken_over_by=models.F("staff")),
                name="shift_two_persons",
            ),
        ]


class ShiftCount(tables.AppendOnly):
    """What the books expect in one tender against what was counted. Minor units."""

    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="counts")
    station_id = models.IntegerField()
    tender = models.SmallIntegerField(choices=Tender.choices)
    payment_count = models.IntegerField()
    expected_minor = models.BigIntegerField()
    counted_minor = models.BigIntegerField()
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shift", "tender"], name="shift_count_once"),
            models.CheckConstraint(
                condition=models.Q(expected_minor=models.F("counted_minor")) | ~models.Q(reason=""),
                name="shift_count_difference_has_reason",
            ),
        ]


class Payment(tables.AppendOnly):
    """Money taken for an account, or (negative) given back: `reverses` a payment, or a balance refunded.

    received = tendered - change; received + prepaid_used = cleared + prepaid_added. Minor units.
    `request_key` comes from the caller: a repeat with the same fingerprint gets the first result.
    """

    id = models.BigAutoField(primary_key=True)
    account_id = models.BigIntegerField()
    station_id = models.IntegerField()
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="payments")
    business_on = models.DateField()
    taken_at = models.DateTimeField()
    taken_by_id = models.BigIntegerField()
    tender = models.SmallIntegerField(choices=Tender.choices)
    tendered_minor = models.BigIntegerField()
    change_minor = models.BigIntegerField()
    received_minor = models.BigIntegerField()
    prepaid_used_minor = models.BigIntegerField()
    prepaid_added_minor = models.BigIntegerField()
    cleared_minor = models.BigIntegerField()
    request_key = models.UUIDField(unique=True)
    request_fingerprint = models.CharField(max_length=64)
    reverses = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="reversed_by")
    reason = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(received_minor=models.F("tendered_minor") - models.F("change_minor")),
                name="payment_received_is_tendered_less_change",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    cleared_minor=models.F("received_minor")
                    + models.F("prepaid_used_minor")
                    - models.F("prepaid_added_minor")
                ),
                name="payment_goes_somewhere",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    reverses__isnull=True,
                    received_minor__gte=0,
                    change_minor__gte=0,
                    prepaid_used_minor__gte=0,
                    prepaid_added_minor__gte=0,
                    cleared_minor__gte=0,
                )
                | (models.Q(reverses__isnull=False) & ~models.Q(reason=""))
                | (
                    models.Q(
                        reverses__isnull=True,
                        received_minor__lt=0,
                        prepaid_added_minor=models.F("received_minor"),
                        prepaid_used_minor=0,
                        change_minor=0,
                        cleared_minor=0,
                    )
                    & ~models.Q(reason="")
                ),
                name="payment_negative_only_as_reversal_or_refund",
            ),
        ]
        indexes = [models.Index(fields=["account_id", "-taken_at"], name="payment_by_account")]
