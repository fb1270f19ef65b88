"""Writes of receipts: numbered without gaps, printed once, reprinted with a mark, voided with a reason."""

import datetime
import json
from dataclasses import dataclass

from django.db import connection

from meterbook.domain.documents import models, queries, rules

PREFIX_LENGTH = 6
# Numbering, issuing and the first printing in one round trip: the book's row is the one every window of a
# station waits for, so it is taken last and kept shortly. A rolled back payment gives its number back.
ISSUE = """
WITH numbered AS (
    UPDATE documents_receiptbook SET next_serial = next_serial + 1
    WHERE station_id = %(book_station_id)s
    RETURNING id, prefix, next_serial - 1 AS serial
), issued AS (
    INSERT INTO documents_receipt
        (book_id, serial, receipt_no, station_id, account_id, payment_id, issued_at, content)
    SELECT id, serial, prefix || lpad(serial::text, greatest(8, length(serial::text)), '0'),
        %(station_id)s, %(account_id)s, %(payment_id)s, %(issued_at)s, %(content)s::jsonb
    FROM numbered
    RETURNING id, receipt_no
), printed AS (
    INSERT INTO documents_receiptevent (receipt_id, station_id, kind, copy_no, at, staff_id, reason)
    SELECT id, %(station_id)s, 1, 1, %(issued_at)s, %(printed_by_id)s, ''
    FROM issued WHERE %(printed_by_id)s::bigint IS NOT NULL
)
SELECT receipt_no FROM issued
"""


# Nothing comes back when another window took the same copy number: the caller asks again.
PRINT = """
INSERT INTO documents_receiptevent (receipt_id, station_id, kind, copy_no, at, staff_id, reason)
SELECT %(receipt_id)s, %(station_id)s, CASE WHEN last = 0 THEN 1 ELSE 2 END, last + 1, %(at)s, %(staff_id)s,
    CASE WHEN last = 0 THEN '' ELSE %(reason)s END
FROM (SELECT coalesce(max(copy_no), 0) AS last FROM documents_receiptevent
      WHERE receipt_id = %(receipt_id)s) AS printed
ON CONFLICT DO NOTHING
RETURNING copy_no
"""


class NoReceiptBookError(Exception):
    """The station has no receipt book yet."""

    def __init__(self, *, station_id: int) -> None:
        super().__init__(f"station {station_id} has no receipt book")
        self.station_id = station_id


class ReceiptVoidError(Exception):
    """A voided receipt is not printed any more."""

    def __init__(self, *, receipt_no: str) -> None:
        super().__init__(receipt_no)
        self.receipt_no = receipt_no


class ReprintReasonMissingError(Exception):
    """Every copy after the first needs a reason."""

    def __init__(self, *, receipt_no: str) -> None:
        super().__init__(receipt_no)
        self.receipt_no = receipt_no


@dataclass(frozen=True, slots=True)
class NewReceipt:
    """A receipt to be issued. `book_station_id` numbers it, `station_id` decides who sees it.

    `printed_by_id` is the person who hands it out at once; None when it is printed later or never.
    """

    book_station_id: int
    station_id: int
    account_id: int
    payment_id: int
    issued_at: datetime.datetime
    content: rules.ReceiptContent
    printed_by_id: int | None


def ensure_receipt_book(*, station_id: int, prefix: str) -> None:
    """Give a station its running number when it has none.

    Receipt numbers start with the letters and digits of `prefix`; with the station's number after them
    where another station took that start already.
    """
    start = "".join(sign for sign in prefix if sign.isascii() and sign.isalnum()).upper()[:PREFIX_LENGTH]
    for candidate in (start, f"{start}{station_id}"):
        if queries.has_receipt_book(station_id=station_id):
            return
        models.ReceiptBook.objects.bulk_create(
            [models.ReceiptBook(station_id=station_id, prefix=candidate)], ignore_conflicts=True
        )


def issue_receipt(*, receipt: NewReceipt) -> str:
    """Number and keep a receipt; returns its number. Call it last: it locks the station's book.

    Raises NoReceiptBookError.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            ISSUE,
            {
                "book_station_id": receipt.book_station_id,
                "station_id": receipt.station_id,
                "account_id": receipt.account_id,
                "payment_id": receipt.payment_id,
                "issued_at": receipt.issued_at,
                "content": json.dumps(rules.to_json(content=receipt.content), ensure_ascii=False),
                "printed_by_id": receipt.printed_by_id,
            },
        )
        row = cursor.fetchone()
    if row is None:
        raise NoReceiptBookError(station_id=receipt.book_station_id)
    return str(row[0])


def record_printing(
    *, receipt: queries.IssuedReceipt, at: datetime.datetime, staff_id: int, reason: str
) -> int:
    """Note that a receipt is printed and return the number of the copy: 1 is the original.

    Raises ReceiptVoidError, and ReprintReasonMissingError for a later copy without a reason. Two
    windows printing at once get different numbers: the later one waits and counts on.
    """
    if receipt.is_void:
        raise ReceiptVoidError(receipt_no=receipt.receipt_no)
    if receipt.copies and not reason:
        raise ReprintReasonMissingError(receipt_no=receipt.receipt_no)
    facts: dict[str, int | str | datetime.datetime] = {
        "receipt_id": receipt.receipt_id,
        "station_id": receipt.station_id,
        "at": at,
        "staff_id": staff_id,
        "reason": reason,
    }
    with connection.cursor() as cursor:
        while True:
            cursor.execute(PRINT, facts)
            row = cursor.fetchone()
            if row is not None:
                return int(row[0])


def void_receipt(*, payment_id: int, at: datetime.datetime, staff_id: int, reason: str) -> str:
    """Mark the receipt of a cancelled payment as void; returns its number. Raises ReceiptNotFoundError."""
    receipt = queries.receipt_of_payment(payment_id=payment_id)
    models.ReceiptEvent.objects.create(
        receipt_id=receipt.receipt_id,
        station_id=receipt.station_id,
        kind=models.ReceiptEventKind.VOIDED,
        copy_no=0,
        at=at,
        staff_id=staff_id,
        reason=reason,
    )
    return receipt.receipt_no
