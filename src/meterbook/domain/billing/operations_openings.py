"""What accounts bring along from an older system: debts as opening bills, credit as prepayments.

An opening bill has no usage and no price: one line of `rules.BROUGHT_ALONG`, owed and posted like any bill,
so payments, ageing and the proof of the ledger know nothing special. Decision 0015.
"""

import datetime

import polars as pl

from meterbook.domain.billing import operations_flat, rules
from meterbook.domain.ledger import rules as ledger_rules

# Minor units above zero; `due_on` was the last day to pay, `as_of` the day the account came into the books.
DEBTS = operations_flat.FLAT
CREDITS = {"station_id": pl.Int64, "account_id": pl.Int64, "amount_minor": pl.Int64}


def record_debts(*, debts: pl.DataFrame, posted_on: datetime.date, recorded_at: datetime.datetime) -> None:
    """Issue an opening bill for every row (columns DEBTS) and post it against the balances brought along.

    The bill covers the day before `as_of`; it is issued and posted on `posted_on`.
    """
    operations_flat.issue(
        rows=debts,
        made_by=rules.BROUGHT_ALONG,
        credit=ledger_rules.Chart.OPENING_BALANCES,
        posted_on=posted_on,
        recorded_at=recorded_at,
    )


def record_credits(
    *, credits_: pl.DataFrame, posted_on: datetime.date, recorded_at: datetime.datetime
) -> None:
    """Post what accounts (columns CREDITS, each once) had paid in advance. A second time is refused."""
    facts = credits_.select(
        pl.col("station_id").cast(pl.Int32),
        "account_id",
        "amount_minor",
        pl.col("account_id").alias("source_id"),
    )
    operations_flat.post(
        facts,
        kind=ledger_rules.JournalKind.OPENING_PREPAYMENT,
        debit=ledger_rules.Chart.OPENING_BALANCES,
        credit=ledger_rules.Chart.PREPAYMENT,
        posted_on=posted_on,
        recorded_at=recorded_at,
    )
