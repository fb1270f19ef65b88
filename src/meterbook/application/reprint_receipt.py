"""Printing a receipt: the first time it is the original, every later copy says so and says why."""

import datetime
from dataclasses import dataclass

from meterbook.application import shifts, transaction
from meterbook.domain.access import operations as access
from meterbook.domain.access import rules as access_rules
from meterbook.domain.documents import operations as documents
from meterbook.domain.documents import queries as document_queries


@dataclass(frozen=True, slots=True)
class ReceiptPrinted:
    """Which copy may be printed now: 1 is the original."""

    receipt_no: str
    copy_no: int


def print_receipt(
    *, actor: access_rules.Actor, receipt_no: str, reason: str, now: datetime.datetime
) -> ReceiptPrinted:
    """Note one printing. The original needs payments.take, each later copy receipts.reprint and a reason.

    Raises NotAllowedError, documents.ReceiptVoidError, documents.ReprintReasonMissingError,
    document_queries.ReceiptNotFoundError.
    """
    staff_id = shifts.person(actor=actor)
    with transaction.writing(actor=actor):
        receipt = document_queries.receipt_by_no(receipt_no=receipt_no)
        actor.require("receipts.reprint" if receipt.copies else "payments.take")
        copy_no = documents.record_printing(receipt=receipt, at=now, staff_id=staff_id, reason=reason.strip())
        access.record_act(
            actor=actor,
            at=now,
            act="RECEIPT_PRINTED" if copy_no == 1 else "RECEIPT_REPRINTED",
            subject_kind="PAYMENT",
            subject_id=receipt.payment_id,
            station_id=receipt.station_id,
            reason=reason.strip(),
            after={"receipt_no": receipt.receipt_no, "copy_no": copy_no},
        )
        return ReceiptPrinted(receipt_no=receipt.receipt_no, copy_no=copy_no)
