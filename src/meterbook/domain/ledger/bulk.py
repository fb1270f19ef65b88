"""The books as columns: what a run posts for everybody at once."""

import polars as pl

from meterbook.domain import columns
from meterbook.domain.ledger import models

JOURNALS = {
    "kind": pl.Int16,
    "source_id": pl.Int64,
    "station_id": pl.Int32,
    "posted_on": pl.Date,
    "recorded_at": pl.Datetime("us", "UTC"),
    "reverses_id": pl.Int64,
}
SIDES = {
    "source_id": pl.Int64,
    "ledger_account_id": pl.Int16,
    "subject_id": pl.Int64,
    "amount_minor": pl.Int64,
}


def post(*, journals: pl.DataFrame, sides: pl.DataFrame) -> pl.DataFrame:
    """Post many journals of one kind; returns `journals` with their ids in column `id`.

    `journals` has columns JOURNALS, one row per source; `sides` has SIDES, debit positive, minor
    units. Sides are posted in the order given within a source; zero sides are left out. PostgreSQL
    refuses the whole load when one journal does not sum to zero (trigger `zero_sum`).
    """
    ids = columns.next_ids(table=models.Journal, count=journals.height)
    numbered = journals.sort("source_id").with_columns(pl.Series("id", ids, dtype=pl.Int64))
    columns.copy_in(frame=numbered.select("id", *JOURNALS), table=models.Journal)
    entries = (
        sides.filter(pl.col("amount_minor") != 0)
        .join(
            numbered.select("source_id", "id", "station_id", "posted_on"),
            on="source_id",
            how="inner",
            maintain_order="left",
        )
        .with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int16).over("id").alias("line_no"))
        .sort("id", "line_no")
        .select(
            pl.col("id").alias("journal_id"),
            "line_no",
            "ledger_account_id",
            "station_id",
            "subject_id",
            "posted_on",
            "amount_minor",
        )
    )
    columns.copy_in(frame=entries, table=models.LedgerEntry)
    return numbered
