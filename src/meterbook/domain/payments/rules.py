"""How money offered at the till is settled. Pure sums in minor units; nothing here reads or writes.

The order is always the same: the customer's balance first (when they wish it), then what is handed over;
oldest due bill first; what is left is given back in cash or kept on the account.
"""

import enum
import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from meterbook.domain.billing import operations as billing
from meterbook.domain.ledger import rules as ledger
from meterbook.domain.payments import models

# Beyond these an amount was scanned or mistyped, not counted: 100 million, and 10 thousand of change.
LARGEST_TENDERED_MINOR = 10_000_000_000
LARGEST_CHANGE_MINOR = 1_000_000

# Where a tender lies until the shift is handed over; the sub-ledger is kept by shift.
TILL_ACCOUNTS: Mapping[models.Tender, ledger.Chart] = {
    models.Tender.CASH: ledger.Chart.CASH_IN_TILL,
    models.Tender.QR_MANUAL: ledger.Chart.QR_IN_TILL,
    models.Tender.POS_MANUAL: ledger.Chart.POS_IN_TILL,
    models.Tender.TRANSFER: ledger.Chart.TRANSFER_IN_TILL,
}


class RefusalCode(enum.Enum):
    """Why an offer can't be settled."""

    NOTHING_OFFERED = "NOTHING_OFFERED"
    AMOUNT_IMPLAUSIBLE = "AMOUNT_IMPLAUSIBLE"
    NO_CHANGE_FOR_THIS_TENDER = "NO_CHANGE_FOR_THIS_TENDER"
    BALANCE_NOT_WANTED = "BALANCE_NOT_WANTED"


class OfferRefusedError(Exception):
    """An offer that can't be settled. `surplus_minor` is what is over, where that is the reason."""

    def __init__(self, *, code: RefusalCode, surplus_minor: int = 0) -> None:
        super().__init__(code.value)
        self.code = code
        self.surplus_minor = surplus_minor


@dataclass(frozen=True, slots=True)
class Offer:
    """What the customer wants settled and how. Amounts in minor units.

    `prepaid_available_minor` is the account's balance now; `keep_change` puts what is over on the account.
    """

    bills: tuple[billing.OpenBill, ...]
    tender: models.Tender
    tendered_minor: int
    use_prepaid: bool
    keep_change: bool
    prepaid_available_minor: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """Where every minor unit of an offer goes: received + prepaid_used = cleared + prepaid_added."""

    tender: models.Tender
    shares: tuple[billing.Share, ...]
    due_minor: int
    tendered_minor: int
    change_minor: int
    prepaid_used_minor: int
    prepaid_added_minor: int

    @property
    def received_minor(self) -> int:
        """What stays in the till."""
        return self.tendered_minor - self.change_minor

    @property
    def cleared_minor(self) -> int:
        """What the bills became less by."""
        return sum(share.amount_minor for share in self.shares)


def to_pay_minor(*, due_minor: int, prepaid_available_minor: int, use_prepaid: bool) -> int:
    """What is left to hand over once the balance has paid its part."""
    return due_minor - _prepaid_used(due_minor, prepaid_available_minor, use_prepaid=use_prepaid)


def settle(*, offer: Offer) -> Settlement:
    """Say where the money goes. Raises OfferRefusedError.

    A part payment clears the oldest due bill first. Only cash gives change; other tenders keep what is
    over on the account when `keep_change` says so, and are refused otherwise. Without bills everything
    is kept. An offer of nothing but the balance is settled as tender PREPAID_ONLY.
    """
    due = sum(bill.open_minor for bill in offer.bills)
    used = _prepaid_used(due, offer.prepaid_available_minor, use_prepaid=offer.use_prepaid)
    if not 0 <= offer.tendered_minor <= LARGEST_TENDERED_MINOR:
        raise OfferRefusedError(code=RefusalCode.AMOUNT_IMPLAUSIBLE)
    if offer.tendered_minor == 0 and used == 0:
        raise OfferRefusedError(code=RefusalCode.NOTHING_OFFERED)
    if offer.tender is models.Tender.PREPAID_ONLY and offer.tendered_minor:
        raise OfferRefusedError(code=RefusalCode.BALANCE_NOT_WANTED)
    surplus = max(0, offer.tendered_minor + used - due)
    change = 0 if offer.keep_change or due == 0 else _change(surplus, tender=offer.tender)
    return Settlement(
        tender=offer.tender if offer.tendered_minor else models.Tender.PREPAID_ONLY,
        shares=allocate(bills=offer.bills, amount_minor=min(due, offer.tendered_minor + used)),
        due_minor=due,
        tendered_minor=offer.tendered_minor,
        change_minor=change,
        prepaid_used_minor=used,
        prepaid_added_minor=surplus - change,
    )


def refund(*, tender: models.Tender, amount_minor: int) -> Settlement:
    """A balance given back over the counter: nothing cleared, the till and what is kept both lower."""
    return Settlement(
        tender=tender,
        shares=(),
        due_minor=0,
        tendered_minor=-amount_minor,
        change_minor=0,
        prepaid_used_minor=0,
        prepaid_added_minor=-amount_minor,
    )


def allocate(*, bills: Sequence[billing.OpenBill], amount_minor: int) -> tuple[billing.Share, ...]:
    """Share an amount out over bills, the oldest due first, then the lower number; parts sum to the amount.

    `amount_minor` is at most what is open on them together. Bills that get nothing have no share.
    """
    left = amount_minor
    shares = []
    for bill in sorted(bills, key=lambda bill: (bill.due_on, bill.bill_id)):
        part = min(left, bill.open_minor)
        if part > 0:
            shares.append(billing.Share(bill_id=bill.bill_id, amount_minor=part))
            left -= part
    if left:
        raise ValueError(f"{left} more than is open")
    return tuple(shares)


def fingerprint(*, facts: Mapping[str, object]) -> str:
    """What two requests with one key must share to be the same request; 64 hex digits."""
    text = json.dumps(facts, sort_keys=True, default=_plain, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, uuid.UUID):
        return str(value)
    raise TypeError(type(value).__name__)


def _prepaid_used(due_minor: int, available_minor: int, *, use_prepaid: bool) -> int:
    return max(0, min(due_minor, available_minor)) if use_prepaid else 0


def _change(surplus_minor: int, *, tender: models.Tender) -> int:
    if surplus_minor and tender is not models.Tender.CASH:
        raise OfferRefusedError(code=RefusalCode.NO_CHANGE_FOR_THIS_TENDER, surplus_minor=surplus_minor)
    if surplus_minor > LARGEST_CHANGE_MINOR:
        raise OfferRefusedError(code=RefusalCode.AMOUNT_IMPLAUSIBLE, surplus_minor=surplus_minor)
    return surplus_minor
