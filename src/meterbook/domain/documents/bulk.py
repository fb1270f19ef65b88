"""Many receipts at once, numbered without gaps like single ones."""

import datetime
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from meterbook.domain import columns
from meterbook.domain.documents import models, rules

SERIAL_DIGITS = 8
RECEIPTS: dict[str, Any] = {
    "id": pl.Int64,
    "book_id": pl.Int64,
    "serial": pl.Int64,
    "receipt_no": pl.String,
    "station_id": pl.Int32,
    "account_id": pl.Int64,
    "payment_id": pl.Int64,
    "issued_at": pl.Datetime("us", "UTC"),
    "content": pl.String,
}


class BookMissingError(Exception):
    """The station has no receipt book yet."""

    def __init__(self, *, station_id: int) -> None:
        super().__init__(f"station {station_id} has no receipt book")
        self.station_id = station_id


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A receipt to be issued; `station_id` decides who sees it."""

    station_id: int
    account_id: int
    payment_id: int
    issued_at: datetime.datetime
    content: rules.ReceiptContent


def issue_receipts(
    *, book_station_id: int, receipts: Sequence[ReceiptRow], printed_by_id: int | None
) -> None:
    """Number and keep receipts in the order given; call it last, it locks the station's book.

    With `printed_by_id` each counts as printed at its own time. Raises BookMissingError.
    """
    book = models.ReceiptBook.objects.select_for_update().filter(station_id=book_station_id).first()
    if book is None:
        raise BookMissingError(station_id=book_station_id)
    ids = columns.next_ids(table=models.Receipt, count=len(receipts))
    rows = [
        (
            receipt_id,
            book.pk,
            serial,
            f"{book.prefix}{serial:0{SERIAL_DIGITS}d}",
            receipt.station_id,
            receipt.account_id,
            receipt.payment_id,
            receipt.issued_at,
            json.dumps(rules.to_json(content=receipt.content), ensure_ascii=False),
        )
        for receipt_id, serial, receipt in zip(ids, itertools.count(book.next_serial), receipts, strict=False)
    ]
    book.next_serial += len(rows)
    book.save(update_fields=["next_serial"])
    frame = pl.DataFrame(rows, schema=RECEIPTS, orient="row")
    columns.copy_in(frame=frame, table=models.Receipt)
    if printed_by_id is not None:
        columns.copy_in(frame=_printed(frame, by_id=printed_by_id), table=models.ReceiptEvent)


def _printed(receipts: pl.DataFrame, *, by_id: int) -> pl.DataFrame:
    return receipts.select(
        pl.col("id").alias("receipt_id"),
        "station_id",
        pl.lit(models.ReceiptEventKind.PRINTED.value, dtype=pl.Int16).alias("kind"),
        pl.lit(1, dtype=pl.Int16).alias("copy_no"),
        pl.col("issued_at").alias("at"),
        pl.lit(by_id, dtype=pl.Int64).alias("staff_id"),
        pl.lit("").alias("reason"),
    )
