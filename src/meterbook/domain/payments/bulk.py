"""Many payments at once, for files and runs."""

from typing import Any

import polars as pl

from meterbook.domain import columns
from meterbook.domain.payments import models

# `request_key` as text. What a table column here has a default for is left out.
PAYMENTS: dict[str, Any] = {
    "account_id": pl.Int64,
    "station_id": pl.Int32,
    "shift_id": pl.Int64,
    "business_on": pl.Date,
    "taken_at": pl.Datetime("us", "UTC"),
    "taken_by_id": pl.Int64,
    "tender": pl.Int16,
    "tendered_minor": pl.Int64,
    "change_minor": pl.Int64,
    "received_minor": pl.Int64,
    "prepaid_used_minor": pl.Int64,
    "prepaid_added_minor": pl.Int64,
    "cleared_minor": pl.Int64,
    "request_key": pl.String,
    "request_fingerprint": pl.String,
    "reason": pl.String,
    "note": pl.String,
}


def write_payments(*, payments: pl.DataFrame) -> pl.DataFrame:
    """Keep new payments (columns PAYMENTS); returns them in their order with their ids in `id`.

    A request key used before violates `payments_payment_request_key_key`.
    """
    ids = columns.next_ids(table=models.Payment, count=payments.height)
    numbered = payments.with_columns(pl.Series("id", ids, dtype=pl.Int64))
    columns.copy_in(frame=numbered.select("id", *PAYMENTS), table=models.Payment)
    return numbered
