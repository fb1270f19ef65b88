"""Reads of receipts."""

import datetime
from dataclasses import dataclass

from meterbook.domain.documents import models, rules


class ReceiptNotFoundError(Exception):
    """No such receipt, or it lies outside the actor's scope."""

    def __init__(self, *, receipt: object) -> None:
        super().__init__(str(receipt))
        self.receipt = receipt


@dataclass(frozen=True, slots=True)
class ReceiptCopy:
    """What happened to a receipt once: printed, printed again, voided."""

    kind: models.ReceiptEventKind
    copy_no: int
    at: datetime.datetime
    staff_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class IssuedReceipt:
    """A receipt with its fate. `copies` is how often it was printed (0 = never)."""

    receipt_id: int
    receipt_no: str
    payment_id: int
    account_id: int
    station_id: int
    issued_at: datetime.datetime
    content: rules.ReceiptContent
    events: tuple[ReceiptCopy, ...]

    @property
    def copies(self) -> int:
        """How often it was printed."""
        return max((event.copy_no for event in self.events), default=0)

    @property
    def is_void(self) -> bool:
        """Whether the payment was cancelled."""
        return any(event.kind is models.ReceiptEventKind.VOIDED for event in self.events)


def receipt_by_no(*, receipt_no: str) -> IssuedReceipt:
    """The receipt of this number. Raises ReceiptNotFoundError."""
    found = models.Receipt.objects.filter(receipt_no=receipt_no).first()
    if found is None:
        raise ReceiptNotFoundError(receipt=receipt_no)
    return _issued(found)


def receipt_of_payment(*, payment_id: int) -> IssuedReceipt:
    """The receipt that proves a payment. Raises ReceiptNotFoundError (a reversal has none)."""
    found = models.Receipt.objects.filter(payment_id=payment_id).first()
    if found is None:
        raise ReceiptNotFoundError(receipt=payment_id)
    return _issued(found)


def has_receipt_book(*, station_id: int) -> bool:
    """Whether a station can number receipts."""
    return models.ReceiptBook.objects.filter(station_id=station_id).exists()


def _issued(receipt: models.Receipt) -> IssuedReceipt:
    return IssuedReceipt(
        receipt_id=receipt.pk,
        receipt_no=receipt.receipt_no,
        payment_id=receipt.payment_id,
        account_id=receipt.account_id,
        station_id=receipt.station_id,
        issued_at=receipt.issued_at,
        content=rules.from_json(stored=receipt.content),
        events=tuple(
            ReceiptCopy(
                kind=models.ReceiptEventKind(event.kind),
                copy_no=event.copy_no,
                at=event.at,
                staff_id=event.staff_id,
                reason=event.reason,
            )
            for event in receipt.events.order_by("id")
        ),
    )
