"""Numbered paper and its fate. A receipt proves a payment but knows only its number."""

from django.db import models

from meterbook.domain import tables


class ReceiptBook(models.Model):
    """A station's running number. The row is locked last in a payment: it is the contended one."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    prefix = models.CharField(max_length=12, unique=True)
    next_serial = models.BigIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["station"], name="receipt_book_per_station")]


class Receipt(tables.AppendOnly):
    """An issued receipt with the facts as printed, so that a reprint says the same for ever."""

    book = models.ForeignKey(ReceiptBook, on_delete=models.PROTECT)
    serial = models.BigIntegerField()
    receipt_no = models.CharField(max_length=24, unique=True)
    station_id = models.IntegerField()
    account_id = models.BigIntegerField()
    payment_id = models.BigIntegerField(unique=True)
    issued_at = models.DateTimeField()
    content = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["book", "serial"], name="receipt_serial_once")]
        indexes = [models.Index(fields=["account_id", "-issued_at"], name="receipt_by_account")]


class ReceiptEventKind(models.IntegerChoices):
    PRINTED = 1
    REPRINTED = 2
    VOIDED = 3


class ReceiptEvent(tables.AppendOnly):
    """What happened to a receipt. `copy_no` 1 is the original; each reprint counts on."""

    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="events")
    station_id = models.IntegerField()
    kind = models.SmallIntegerField(choices=ReceiptEventKind.choices)
    copy_no = models.SmallIntegerField()
    at = models.DateTimeField()
    staff_id = models.BigIntegerField()
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["receipt", "copy_no"], condition=models.Q(kind__in=[1, 2]), name="receipt_copy_once"
            ),
            models.UniqueConstraint(
                fields=["receipt"], condition=models.Q(kind=3), name="receipt_voided_once"
            ),
        ]
