"""Bills that no tariff made: one line, one amount, owed and posted like any bill.

So payments, ageing and the proof of the ledger know nothing special of them. Decision 0015.
"""

import datetime

import polars as pl

from meterbook.domain import columns
from meterbook.domain.billing import models
from meterbook.domain.ledger import bulk as ledger
from meterbook.domain.ledger import models as ledger_models
from meterbook.domain.ledger import operations as books
from meterbook.domain.ledger import rules as ledger_rules
from meterbook.kernel import rounding

# Minor units above zero; the bill covers the day before `as_of`.
FLAT = {
    "station_id": pl.Int64,
    "account_id": pl.Int64,
    "agreement_id": pl.Int64,
    "utility": pl.Int16,
    "amount_minor": pl.Int64,
    "due_on": pl.Date,
    "as_of": pl.Date,
}
_DAY = pl.duration(days=1)


def issue(
    *,
    rows: pl.DataFrame,
    made_by: int,
    credit: ledger_rules.Chart,
    posted_on: datetime.date,
    recorded_at: datetime.datetime,
) -> list[int]:
    """Issue a bill for every row (columns FLAT), its line marked `made_by`, against `credit`; their ids."""
    ids = columns.next_ids(table=models.Bill, count=rows.height)
    bills = rows.select(*FLAT).with_columns(
        pl.Series("id", ids, dtype=pl.Int64), pl.col("station_id").cast(pl.Int32)
    )
    columns.copy_in(
        table=models.Bill,
        frame=bills.select(
            "id",
            "account_id",
            "agreement_id",
            "station_id",
            "utility",
            pl.lit(1, dtype=pl.Int16).alias("revision"),
            (pl.col("as_of") - _DAY).alias("period_from"),
            pl.col("as_of").alias("period_until"),
            pl.lit(posted_on).alias("issued_on"),
            "due_on",
            pl.lit(0, dtype=pl.Int64).alias("quantity_milli"),
            "amount_minor",
        ),
    )
    columns.copy_in(table=models.BillLine, frame=_lines(bills, made_by=made_by))
    columns.copy_in(table=models.Receivable, frame=_receivables(bills))
    facts = bills.select("station_id", "account_id", "amount_minor", pl.col("id").alias("source_id"))
    post(
        facts,
        kind=ledger_rules.JournalKind.BILL,
        debit=ledger_rules.Chart.RECEIVABLE,
        credit=credit,
        posted_on=posted_on,
        recorded_at=recorded_at,
    )
    return list(ids)


def mirror(
    *,
    bill_id: int,
    credit: ledger_rules.Chart,
    posted_on: datetime.date,
    recorded_at: datetime.datetime,
) -> int:
    """Mirror a flat bill on which nothing was paid, its receivable locked: it is owed no more.

    `credit` is what it was posted against. Returns the mirror's id; a bill is mirrored once.
    """
    bill = models.Bill.objects.get(pk=bill_id)
    made = models.Bill.objects.create(
        account_id=bill.account_id,
        agreement_id=bill.agreement_id,
        station_id=bill.station_id,
        utility=bill.utility,
        revision=bill.revision,
        period_from=bill.period_from,
        period_until=bill.period_until,
        issued_on=posted_on,
        due_on=posted_on,
        quantity_milli=0,
        amount_minor=-bill.amount_minor,
        mirrors_id=bill.pk,
    )
    line = models.BillLine.objects.get(bill_id=bill.pk, line_no=1)
    line.pk = (made.pk, 1)
    line.amount_minor = -line.amount_minor
    line.save(force_insert=True)
    models.Clearing.objects.create(
        bill_id=bill.pk,
        mirror_bill_id=made.pk,
        station_id=bill.station_id,
        amount_minor=bill.amount_minor,
    )
    models.Receivable.objects.filter(bill_id=bill.pk).update(open_minor=0)
    _post_mirror(bill, mirror=made, credit=credit, recorded_at=recorded_at)
    return made.pk


def _post_mirror(
    bill: models.Bill,
    *,
    mirror: models.Bill,
    credit: ledger_rules.Chart,
    recorded_at: datetime.datetime,
) -> None:
    kind = ledger_rules.JournalKind.BILL
    original = ledger_models.Journal.objects.get(kind=kind.value, source_id=bill.pk)
    books.post_journal(
        kind=ledger_rules.JournalKind.BILL_MIRROR,
        source_id=mirror.pk,
        station_id=bill.station_id,
        posted_on=mirror.issued_on,
        recorded_at=recorded_at,
        sides=[
            ledger_rules.Side(ledger_rules.Chart.RECEIVABLE, mirror.amount_minor, bill.account_id),
            ledger_rules.Side(credit, bill.amount_minor),
        ],
        reverses_id=original.pk,
    )


def _receivables(bills: pl.DataFrame) -> pl.DataFrame:
    return bills.select(
        pl.col("id").alias("bill_id"),
        "account_id",
        "station_id",
        "due_on",
        "amount_minor",
        pl.col("amount_minor").alias("open_minor"),
    )


def _lines(bills: pl.DataFrame, *, made_by: int) -> pl.DataFrame:
    none = pl.lit(0, dtype=pl.Int64)
    small = pl.lit(0, dtype=pl.Int16)
    return bills.select(
        pl.col("id").alias("bill_id"),
        pl.lit(1, dtype=pl.Int16).alias("line_no"),
        "station_id",
        pl.lit(made_by, dtype=pl.Int32).alias("tariff_version_id"),
        small.alias("component_no"),
        small.alias("tier"),
        none.alias("before_milli"),
        none.alias("quantity_milli"),
        none.alias("unit_price_micro"),
        "amount_minor",
        pl.lit(rounding.Rounding.FEN_HALF_UP.value, dtype=pl.Int16).alias("rounding"),
        small.alias("days"),
    )


def post(
    facts: pl.DataFrame,
    *,
    kind: ledger_rules.JournalKind,
    debit: ledger_rules.Chart,
    credit: ledger_rules.Chart,
    posted_on: datetime.date,
    recorded_at: datetime.datetime,
) -> None:
    """One journal for each fact: `debit` takes its amount, `credit` gives it; customers' sides are named."""
    journals = facts.select(
        pl.lit(kind.value, dtype=pl.Int16).alias("kind"),
        "source_id",
        "station_id",
        pl.lit(posted_on).alias("posted_on"),
        pl.lit(recorded_at).cast(pl.Datetime("us", "UTC")).alias("recorded_at"),
        pl.lit(None, dtype=pl.Int64).alias("reverses_id"),
    )
    sides = [
        facts.select(
            "source_id",
            pl.lit(account.value, dtype=pl.Int16).alias("ledger_account_id"),
            (
                pl.lit(None, dtype=pl.Int64)
                if ledger_rules.CHART_OF_ACCOUNTS[account][2] is ledger_models.SubjectKind.NONE
                else pl.col("account_id")
            ).alias("subject_id"),
            amount.alias("amount_minor"),
        )
        for account, amount in ((debit, pl.col("amount_minor")), (credit, -pl.col("amount_minor")))
    ]
    ledger.post(journals=journals, sides=pl.concat(sides).sort("source_id", maintain_order=True))
