"""What documents need from outside: something that draws a receipt on paper."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from meterbook.domain.documents import rules


class Layout(enum.StrEnum):
    """The papers: 80 mm roll, A5 across, and 241 x 140 mm continuous form."""

    ROLL_80 = "80"
    A5 = "a5"
    FORM_241 = "241"


@dataclass(frozen=True, slots=True)
class PrintedReceipt:
    """A receipt to be drawn. `copy_no` above 1 is marked; `words` are the labels in the reader's language."""

    receipt_no: str
    copy_no: int
    is_void: bool
    content: rules.ReceiptContent
    words: Mapping[str, str]


class ReceiptDrawer(Protocol):
    """Draws a receipt as PDF."""

    def __call__(self, *, receipt: PrintedReceipt, layout: Layout) -> bytes:
        """Return the bytes of a PDF file."""
