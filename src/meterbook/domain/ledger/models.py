"""The books: double entry, append-only. Knows no bill, no payment, no customer."""

from django.db import models

from meterbook.domain import tables


class SubjectKind(models.IntegerChoices):
    """What the sub-ledger of a control account is kept by; the ledger stores only the number."""

    NONE = 0
    CUSTOMER_ACCOUNT = 1
    SHIFT = 2


class LedgerAccount(models.Model):
    """One line of the chart of accounts."""

    id = models.SmallIntegerField(primary_key=True)
    code = models.CharField(max_length=20, unique=True)
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60)
    subject_kind = models.SmallIntegerField(choices=SubjectKind.choices, default=SubjectKind.NONE)

    def __str__(self) -> str:
        return self.code


class Journal(tables.AppendOnly):
    """One business fact as debits and credits. `source_kind`+`source_id`+`kind` posts once, for ever.

    posted_on is the business date; recorded_at the instant it became known.
    """

    id = models.BigAutoField(primary_key=True)
    station_id = models.IntegerField()
    posted_on = models.DateField()
    recorded_at = models.DateTimeField()
    kind = models.SmallIntegerField()
    source_id = models.BigIntegerField()
    reverses_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "source_id"], name="journal_posts_once")]


class LedgerEntry(tables.AppendOnly):
    """One side of a journal; debit positive, credit negative, minor units. Lean: no foreign keys.

    A statement trigger refuses an insert in which a journal does not sum to zero, is not numbered
    1..n (so nothing can be added to a posted journal), or has no journal; and keeps LedgerBalance.
    """

    pk = models.CompositePrimaryKey("journal_id", "line_no")
    journal_id = models.BigIntegerField()
    line_no = models.SmallIntegerField()
    ledger_account_id = models.SmallIntegerField()
    station_id = models.IntegerField()
    subject_id = models.BigIntegerField(null=True)
    posted_on = models.DateField()
    amount_minor = models.BigIntegerField()


class LedgerBalance(models.Model):
    """Projection: what a subject owes or holds on a control account. Proved equal to the entries."""

    pk = models.CompositePrimaryKey("subject_id", "ledger_account_id")
    subject_id = models.BigIntegerField()
    ledger_account_id = models.SmallIntegerField()
    station_id = models.IntegerField()
    balance_minor = models.BigIntegerField()
