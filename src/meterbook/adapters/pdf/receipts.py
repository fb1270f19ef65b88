"""Receipts as PDF through typst: 80 mm roll, A5 across, 241 mm form; with a font of its own."""

import json
import pathlib
from typing import Any

import typst
from django.utils import timezone

from meterbook.domain.documents import ports, rules
from meterbook.kernel import money, quantity

HERE = pathlib.Path(__file__).parent
TEMPLATE = HERE / "receipt.typ"
FONTS = HERE / "fonts"


def receipt_pdf(*, receipt: ports.PrintedReceipt, layout: ports.Layout) -> bytes:
    """Draw a receipt; see ports.ReceiptDrawer. The same receipt gives the same bytes."""
    facts = json.dumps(_facts(receipt=receipt, layout=layout), ensure_ascii=False)
    drawn = typst.compile(
        str(TEMPLATE),
        root=str(HERE),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"receipt": facts},
        timestamp=int(receipt.content.taken_at.timestamp()),
    )
    assert isinstance(drawn, bytes)  # a list only for one file per page
    return drawn


def _facts(*, receipt: ports.PrintedReceipt, layout: ports.Layout) -> dict[str, Any]:
    """Every text on the paper, as pairs of label and value."""
    said, word = receipt.content, receipt.words
    # what went back is said in words, not by a sign
    received = _money(abs(said.received_minor), said=said)
    sign = "¥" if said.currency == "CNY" else f"{said.currency} "
    return {
        "layout": layout.value,
        "company": said.company,
        "title": word["title"],
        "receipt_no": receipt.receipt_no,
        "mark": _mark(receipt),
        "facts": [
            (word["receipt_no"], receipt.receipt_no),
            (word["account_no"], said.account_no),
            (word["name"], said.customer),
            (word["address"], said.address),
        ],
        "heads": [word[name] for name in ("utility", "period", "readings", "usage", "amount")],
        "lines": [_line(line, receipt=receipt) for line in said.lines],
        "sums": _sums(receipt),
        "received": (word["received"], f"{sign}{received}"),
        "capitals": f"{word['in_words']}：{said.capitals}" if said.capitals else "",
        "foot": [
            (word["tender"], word["tender_word"]),
            (word["station"], said.station),
            (word["clerk"], said.clerk),
            (word["date"], timezone.localtime(said.taken_at).strftime("%Y-%m-%d %H:%M:%S")),
            *([(word["reference"], said.note)] if said.note else []),
        ],
    }


def _mark(receipt: ports.PrintedReceipt) -> str:
    if receipt.is_void:
        return receipt.words["void"]
    return f"{receipt.words['copy']} {receipt.copy_no - 1}" if receipt.copy_no > 1 else ""


def _line(line: rules.ReceiptLine, *, receipt: ports.PrintedReceipt) -> dict[str, str]:
    readings = ""
    if line.opening_milli is not None and line.closing_milli is not None:
        readings = f"{quantity.format_milli(line.opening_milli)}–{quantity.format_milli(line.closing_milli)}"
    if line.fee:
        return {
            "utility": receipt.words[f"fee_{line.fee}"],
            "period": line.period_from.isoformat(),
            "readings": "",
            "usage": "",
            "amount": _money(line.amount_minor, said=receipt.content),
        }
    return {
        "utility": receipt.words[f"utility_{line.utility}"],
        "period": line.period_from.strftime("%Y-%m"),
        "readings": readings,
        "usage": f"{quantity.format_milli(line.quantity_milli)} {receipt.words[f'unit_{line.utility}']}",
        "amount": _money(line.amount_minor, said=receipt.content),
    }


def _sums(receipt: ports.PrintedReceipt) -> list[tuple[str, str]]:
    said, word = receipt.content, receipt.words
    total = said.cleared_minor + said.prepaid_added_minor
    lines = [
        ("total", total),
        ("prepaid_added", said.prepaid_added_minor),
        ("prepaid_used", said.prepaid_used_minor),
        ("tendered", said.tendered_minor if said.change_minor else 0),
        ("change", said.change_minor),
    ]
    shown = [(word[name], _money(amount, said=said)) for name, amount in lines if amount]
    return [*shown, (word["balance"], _money(said.balance_minor, said=said))]


def _money(amount_minor: int, *, said: rules.ReceiptContent) -> str:
    return money.format_minor(amount_minor, exponent=said.exponent)
