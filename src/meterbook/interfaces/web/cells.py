"""How one value of a list is written, as a table cell and as a spreadsheet cell: side by side, so they agree.

Rows are written as text here, not by a template per cell: a page of 1,000 rows must stay under 30 ms.
Everything is escaped; nothing but the markup in this file reaches the page unescaped.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from html import escape
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise

from meterbook.interfaces.web.templatetags import meterbook as tags
from meterbook.kernel import money, quantity


class Kind(StrEnum):
    """What a column holds. Amounts, quantities and prices are the scaled integers of the kernel."""

    TEXT = "TEXT"
    LONG_TEXT = "LONG_TEXT"
    NUMBER = "NUMBER"
    MONEY = "MONEY"
    QUANTITY = "QUANTITY"
    PRICE = "PRICE"
    DAY = "DAY"
    MOMENT = "MOMENT"
    ACCOUNT_NO = "ACCOUNT_NO"
    PHONE = "PHONE"
    UTILITY = "UTILITY"
    TAG = "TAG"


NUMERIC = frozenset({Kind.NUMBER, Kind.MONEY, Kind.QUANTITY, Kind.PRICE})


@dataclass(frozen=True, slots=True)
class Tag:
    """A short state: words and a colour kind (ok, warn, bad, brand or none)."""

    text: str | Promise
    kind: str = ""


# What a spreadsheet cell may hold: text stays text whatever it looks like; numbers and days are typed.
SheetValue = str | Decimal | datetime.date | datetime.datetime | None


def _utility_html(value: Any) -> str:
    return str(tags.utility(value))


def _tag_html(value: Any) -> str:
    kind = f" is-{escape(value.kind)}" if value.kind else ""
    return f'<span class="tag{kind}">{escape(str(value.text))}</span>'


_HTML: dict[Kind, Callable[[Any], str]] = {
    Kind.TEXT: lambda value: escape(str(value)),
    Kind.LONG_TEXT: lambda value: escape(str(value)),
    Kind.NUMBER: lambda value: f"{value:,}",
    Kind.MONEY: money.format_minor,
    Kind.QUANTITY: quantity.format_milli,
    Kind.PRICE: quantity.format_micro,
    Kind.DAY: lambda value: str(value.isoformat()),
    Kind.MOMENT: tags.moment,
    Kind.ACCOUNT_NO: lambda value: escape(str(tags.account_no(value))),
    Kind.PHONE: lambda value: escape(str(tags.mask_phone(value))),
    Kind.UTILITY: _utility_html,
    Kind.TAG: _tag_html,
}

_SHEET: dict[Kind, Callable[[Any], SheetValue]] = {
    Kind.TEXT: str,
    Kind.LONG_TEXT: str,
    Kind.NUMBER: Decimal,
    Kind.MONEY: money.to_decimal,
    Kind.QUANTITY: lambda value: Decimal(quantity.format_milli(value, grouping=False)),
    Kind.PRICE: lambda value: Decimal(quantity.format_micro(value).replace(",", "")),
    Kind.DAY: lambda value: value,
    Kind.MOMENT: lambda value: timezone.localtime(value).replace(tzinfo=None),
    Kind.ACCOUNT_NO: str,
    Kind.PHONE: lambda value: str(tags.mask_phone(value)),
    Kind.UTILITY: lambda value: str(tags.UTILITIES[value][2]),
    Kind.TAG: lambda value: str(value.text),
}

SHEET_FORMATS = {
    Kind.NUMBER: "#,##0",
    Kind.MONEY: "#,##0.00",
    Kind.QUANTITY: "#,##0.###",
    Kind.PRICE: "0.00####",
    Kind.DAY: "yyyy-mm-dd",
    Kind.MOMENT: "yyyy-mm-dd hh:mm",
}


def html_writer(kind: Kind) -> Callable[[Any], str]:
    """A function from a value to the escaped inside of a cell. Nothing (None) is left empty."""
    write = _HTML[kind]
    if kind is Kind.UTILITY:
        known: dict[Any, str] = {}

        def write_utility(value: Any) -> str:
            if value not in known:
                known[value] = write(value)
            return known[value]

        return write_utility
    return write


def sheet_value(*, kind: Kind, value: Any) -> SheetValue:
    """The same value for a spreadsheet."""
    return None if value is None else _SHEET[kind](value)
