"""Many receipts at once, numbered without gaps like single ones."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from meterbook.domain.documents import models, rules

SERIAL_DIGITS = 8


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
    rows = [
        models.Receipt(
            book=book,
            serial=serial,
            receipt_no=f"{book.prefix}{serial:0{SERIAL_DIGITS}d}",
            station_id=receipt.station_id,
            account_id=receipt.account_id,
            payment_id=receipt.payment_id,
            issued_at=receipt.issued_at,
            content=rules.to_json(content=receipt.content),
        )
        for serial, receipt in enumerate(receipts, start=book.next_serial)
    ]
    book.next_serial += len(rows)
    book.save(update_fields=["next_serial"])
    models.Receipt.objects.bulk_create(rows, batch_size=1000)
    if printed_by_id is not None:
        models.ReceiptEvent.objects.bulk_create(
            (
                models.ReceiptEvent(
                    receipt=row,
                    station_id=row.station_id,
                    kind=models.ReceiptEventKind.PRINTED,
                    copy_no=1,
                    at=row.issued_at,
                    staff_id=printed_by_id,
                )
                for row in rows
            ),
            batch_size=1000,
        )
