"""What a receipt says, as a value that survives in JSON and reads back the same. Pure."""

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

# Written into each content, so that a later layout still knows how to read an old receipt.
CONTENT_VERSION = 1


@dataclasses.dataclass(frozen=True, slots=True)
class ReceiptLine:
    """What one bill got. Quantities in thousandths of `unit`, amounts in minor units.

    `opening_milli`/`closing_milli` are None where no meter stands behind the bill. `amount_minor` is what
    this payment cleared, `open_minor` what the bill still owes afterwards. `fee`: what it is for where it is
    not for supply; receipts before fees were named lack it.
    """

    bill_no: str
    utility: int
    period_from: datetime.date
    period_until: datetime.date
    opening_milli: int | None
    closing_milli: int | None
    quantity_milli: int
    amount_minor: int
    open_minor: int
    fee: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class ReceiptContent:
    """Everything printed, fixed at the moment of payment. Amounts in minor units of `currency`.

    `capitals` is the amount received in Chinese capitals, empty for other currencies;
    `balance_minor` what the account holds afterwards.
    """

    company: str
    currency: str
    exponent: int
    station: str
    clerk: str
    account_no: str
    customer: str
    address: str
    business_on: datetime.date
    taken_at: datetime.datetime
    tender: int
    lines: tuple[ReceiptLine, ...]
    cleared_minor: int
    prepaid_used_minor: int
    prepaid_added_minor: int
    tendered_minor: int
    change_minor: int
    received_minor: int
    balance_minor: int
    capitals: str
    note: str = ""


def to_json(*, content: ReceiptContent) -> dict[str, Any]:
    """Plain JSON values of a content, with its version."""
    plain = {name: _plain(getattr(content, name)) for name in ReceiptContent.__slots__}
    plain["lines"] = [
        {name: _plain(getattr(line, name)) for name in ReceiptLine.__slots__} for line in content.lines
    ]
    return {"version": CONTENT_VERSION, **plain}


def from_json(*, stored: Mapping[str, Any]) -> ReceiptContent:
    """The content that was stored. KeyError or TypeError when it is not one of ours."""
    if stored["version"] != CONTENT_VERSION:
        raise KeyError(f"receipt content version {stored['version']}")
    facts = {name: value for name, value in stored.items() if name != "version"}
    facts["business_on"] = datetime.date.fromisoformat(facts["business_on"])
    facts["taken_at"] = datetime.datetime.fromisoformat(facts["taken_at"])
    facts["lines"] = tuple(_line(line) for line in facts["lines"])
    return ReceiptContent(**facts)


def _line(stored: Mapping[str, Any]) -> ReceiptLine:
    facts = dict(stored)
    facts["period_from"] = datetime.date.fromisoformat(facts["period_from"])
    facts["period_until"] = datetime.date.fromisoformat(facts["period_until"])
    return ReceiptLine(**facts)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime.date) else value
