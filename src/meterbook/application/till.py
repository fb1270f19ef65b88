"""What the till's pages show. Reads only; the caller has opened the reading transaction."""

from collections.abc import Mapping
from dataclasses import dataclass

from meterbook.domain.access import rules as access_rules
from meterbook.domain.documents import queries as document_queries
from meterbook.domain.payments import queries

RECENT_SHOWN = 10


@dataclass(frozen=True, slots=True)
class TillStart:
    """The clerk's own till: the open shift (None: to be opened) and the newest payments in it."""

    shift: queries.ShiftRow | None
    payments: tuple[queries.PaymentRow, ...]


@dataclass(frozen=True, slots=True)
class TillAccount:
    """A customer at the window. Amounts in minor units."""

    account: queries.AccountCard
    bills: tuple[queries.BillFacts, ...]
    prepaid_minor: int
    payments: tuple[queries.PaymentRow, ...]
    shift: queries.ShiftRow | None

    @property
    def due_minor(self) -> int:
        """What is open on all bills."""
        return sum(bill.open_minor for bill in self.bills)

    @property
    def last_payment(self) -> queries.PaymentRow | None:
        """The newest payment that stands."""
        return next((row for row in self.payments if row.reverses_id is None and not row.is_reversed), None)


@dataclass(frozen=True, slots=True)
class ShiftPage:
    """A shift with its sums and payments."""

    shift: queries.ShiftRow
    sums: tuple[queries.TenderSum, ...]
    payments: tuple[queries.PaymentRow, ...]


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """A receipt, its payment, the actor's open shift, and the names of those in the receipt's story."""

    receipt: document_queries.IssuedReceipt
    payment: queries.PaymentRow
    shift: queries.ShiftRow | None
    names: Mapping[int, str]


def start(*, actor: access_rules.Actor) -> TillStart:
    """The till before a customer comes; needs payments.take."""
    actor.require("payments.take")
    shift = queries.open_shift_of(staff_id=actor.staff_id or 0)
    payments = () if shift is None else queries.payments_of_shift(shift_id=shift.shift_id, limit=RECENT_SHOWN)
    return TillStart(shift=shift, payments=payments)


def account(*, actor: access_rules.Actor, account_no: str) -> TillAccount:
    """The till with a customer; needs payments.take. Raises queries.AccountNotFoundError."""
    actor.require("payments.take")
    card = queries.account_card(account_no=account_no)
    return TillAccount(
        account=card,
        bills=queries.open_bills(account_id=card.account_id),
        prepaid_minor=queries.prepaid_minor(account_id=card.account_id),
        payments=queries.payments_of_account(account_id=card.account_id, limit=RECENT_SHOWN),
        shift=queries.open_shift_of(staff_id=actor.staff_id or 0),
    )


def shift_page(*, actor: access_rules.Actor, shift_id: int) -> ShiftPage:
    """A shift with everything in it: one's own, or any with right shifts.view.

    Raises NotAllowedError and queries.ShiftNotFoundError.
    """
    shift = queries.shift(shift_id=shift_id)
    if shift.staff_id != actor.staff_id:
        actor.require("shifts.view")
    return ShiftPage(
        shift=shift,
        sums=queries.tender_sums(shift_id=shift_id),
        payments=queries.payments_of_shift(shift_id=shift_id),
    )


def receipt(*, actor: access_rules.Actor, receipt_no: str) -> ReceiptPage:
    """A receipt with its payment; needs payments.view. Raises document_queries.ReceiptNotFoundError."""
    actor.require("payments.view")
    found = document_queries.receipt_by_no(receipt_no=receipt_no)
    return ReceiptPage(
        receipt=found,
        payment=queries.payment(payment_id=found.payment_id),
        shift=queries.open_shift_of(staff_id=actor.staff_id or 0),
        names=queries.staff_names(staff_ids=[event.staff_id for event in found.events]),
    )
