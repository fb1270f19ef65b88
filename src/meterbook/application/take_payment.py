"""Taking money at a window: one request, one payment, one receipt, however often the request arrives."""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import IntegrityError

from meterbook.application import shifts, transaction
from meterbook.domain.access import operations as access
from meterbook.domain.access import rules as access_rules
from meterbook.domain.billing import operations as billing
from meterbook.domain.documents import operations as documents
from meterbook.domain.documents import queries as document_queries
from meterbook.domain.documents import rules as document_rules
from meterbook.domain.ledger import operations as ledger
from meterbook.domain.ledger import rules as ledger_rules
from meterbook.domain.payments import models, operations, queries, rules
from meterbook.kernel import numbering, words

# PostgreSQL's name for the unique request key of a payment.
REQUEST_KEY_CONSTRAINT = "payments_payment_request_key_key"
CURRENCY_WITH_CAPITALS = "CNY"


class RequestKeyReusedError(Exception):
    """The request key belongs to another request. `receipt_no` is what that one got, or empty."""

    def __init__(self, *, request_key: uuid.UUID, receipt_no: str) -> None:
        super().__init__(str(request_key))
        self.request_key = request_key
        self.receipt_no = receipt_no


class BillsChangedError(Exception):
    """What is due is not what the page showed. Nothing was taken. Minor units."""

    def __init__(self, *, expected_minor: int, found_minor: int) -> None:
        super().__init__(f"expected {expected_minor}, found {found_minor}")
        self.expected_minor = expected_minor
        self.found_minor = found_minor


class BalanceChangedError(Exception):
    """The account's balance is not what the page showed. Nothing was taken. Minor units."""

    def __init__(self, *, expected_minor: int, found_minor: int) -> None:
        super().__init__(f"expected {expected_minor}, found {found_minor}")
        self.expected_minor = expected_minor
        self.found_minor = found_minor


@dataclass(frozen=True, slots=True)
class TakePayment:
    """A payment as the clerk confirmed it. Amounts in minor units.

    `request_key` is made with the form, so that sending it twice is one request. `expected_due_minor` is
    what the page showed as open on the chosen bills and `expected_prepaid_minor` the balance it showed
    (None: not shown, not compared). No bills: everything is kept on the account; None: every bill open
    when the payment is taken. `tendered_minor` None: exactly what is to pay then.
    """

    request_key: uuid.UUID
    account_id: int
    tender: models.Tender
    tendered_minor: int | None
    bill_ids: tuple[int, ...] | None = ()
    use_prepaid: bool = False
    keep_change: bool = False
    expected_due_minor: int | None = None
    expected_prepaid_minor: int | None = None
    note: str = ""
    is_printed: bool = True


@dataclass(frozen=True, slots=True)
class PaymentTaken:
    """What was taken. `is_repeat` when an earlier arrival of the same request took it. Minor units."""

    payment_id: int
    receipt_no: str
    received_minor: int
    cleared_minor: int
    change_minor: int
    prepaid_used_minor: int
    prepaid_added_minor: int
    is_repeat: bool


def take_payment(*, actor: access_rules.Actor, command: TakePayment, now: datetime.datetime) -> PaymentTaken:
    """Take a payment into the actor's open shift and issue its receipt; needs right payments.take.

    Raises NotAllowedError, RequestKeyReusedError, operations.NoOpenShiftError, BillsChangedError,
    BalanceChangedError, rules.OfferRefusedError, queries.AccountNotFoundError,
    documents.NoReceiptBookError. Nothing is kept then.
    """
    actor.require("payments.take")
    staff_id = shifts.person(actor=actor)
    fingerprint = _fingerprint(command=command, staff_id=staff_id)
    try:
        with transaction.writing(actor=actor):
            return _take(actor=actor, staff_id=staff_id, command=command, fingerprint=fingerprint, now=now)
    except IntegrityError as clash:
        if not violates(clash, constraint=REQUEST_KEY_CONSTRAINT):
            raise
    # Another connection committed this key between our look and our insert: its result is the answer.
    with transaction.reading(actor=actor):
        first = queries.payment_of_request(request_key=command.request_key)
        if first is None:
            raise RequestKeyReusedError(request_key=command.request_key, receipt_no="")
        return _first_result(first=first, fingerprint=fingerprint)


def violates(clash: IntegrityError, *, constraint: str) -> bool:
    """Whether PostgreSQL refused a row because of `constraint`."""
    diagnosis = getattr(clash.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) == constraint


def _take(
    *,
    actor: access_rules.Actor,
    staff_id: int,
    command: TakePayment,
    fingerprint: str,
    now: datetime.datetime,
) -> PaymentTaken:
    """Locks in the fixed order: shift, bills by id, balances; the receipt book at the very end."""
    shift = operations.lock_open_shift(staff_id=staff_id)
    first = queries.payment_of_request(request_key=command.request_key)
    if first is not None:
        return _first_result(first=first, fingerprint=fingerprint)
    if shift is None:
        raise operations.NoOpenShiftError
    account = queries.account_card_by_id(account_id=command.account_id)
    settlement, prepaid = _settle(command=command, account=account)
    new = operations.NewPayment(
        account_id=account.account_id,
        station_id=account.station_id,
        shift=shift,
        taken_at=now,
        taken_by_id=staff_id,
        settlement=settlement,
        request_key=command.request_key,
        request_fingerprint=fingerprint,
        note=command.note,
    )
    payment_id = operations.record_payment(new=new)
    content = _content(actor=actor, account=account, new=new, prepaid_minor=prepaid)
    _record_taking(actor=actor, payment_id=payment_id, content=content, station_id=account.station_id)
    receipt_no = documents.issue_receipt(
        receipt=documents.NewReceipt(
            book_station_id=shift.station_id,
            station_id=account.station_id,
            account_id=account.account_id,
            payment_id=payment_id,
            issued_at=now,
            content=content,
            printed_by_id=staff_id if command.is_printed else None,
        )
    )
    return _taken(settlement, payment_id=payment_id, receipt_no=receipt_no)


def _settle(*, command: TakePayment, account: queries.AccountCard) -> tuple[rules.Settlement, int]:
    """Hold bills and balances, compare them with the page; returns where the money goes, and the balance."""
    bill_ids = command.bill_ids
    if bill_ids is None:
        bill_ids = tuple(bill.bill_id for bill in queries.open_bills(account_id=account.account_id))
    bills = billing.lock_bills(account_id=account.account_id, bill_ids=bill_ids)
    balances = ledger.lock_balances(
        subject_id=account.account_id,
        accounts=[ledger_rules.Chart.RECEIVABLE, ledger_rules.Chart.PREPAYMENT],
    )
    prepaid = -balances[ledger_rules.Chart.PREPAYMENT]
    _require_unchanged(command=command, bill_ids=bill_ids, bills=bills, prepaid_minor=prepaid)
    to_pay = rules.to_pay_minor(
        due_minor=sum(bill.open_minor for bill in bills),
        prepaid_available_minor=prepaid,
        use_prepaid=command.use_prepaid,
    )
    offer = rules.Offer(
        bills=bills,
        tender=command.tender,
        tendered_minor=to_pay if command.tendered_minor is None else command.tendered_minor,
        use_prepaid=command.use_prepaid,
        keep_change=command.keep_change,
        prepaid_available_minor=prepaid,
    )
    return rules.settle(offer=offer), prepaid


def _require_unchanged(
    *,
    command: TakePayment,
    bill_ids: tuple[int, ...],
    bills: tuple[billing.OpenBill, ...],
    prepaid_minor: int,
) -> None:
    due = sum(bill.open_minor for bill in bills)
    expected = due if command.expected_due_minor is None else command.expected_due_minor
    is_whole = {bill.bill_id for bill in bills if bill.open_minor} == set(bill_ids)
    if due != expected or not is_whole:
        raise BillsChangedError(expected_minor=expected, found_minor=due)
    shown = command.expected_prepaid_minor
    if command.use_prepaid and shown is not None and shown != prepaid_minor:
        raise BalanceChangedError(expected_minor=shown, found_minor=prepaid_minor)


def _content(
    *,
    actor: access_rules.Actor,
    account: queries.AccountCard,
    new: operations.NewPayment,
    prepaid_minor: int,
) -> document_rules.ReceiptContent:
    return receipt_content(
        clerk=actor.name,
        account=account,
        new=new,
        prepaid_minor=prepaid_minor,
        head=queries.letterhead(station_id=new.shift.station_id),
        facts=queries.bill_facts(bill_ids=[share.bill_id for share in new.settlement.shares]),
    )


def receipt_content(
    *,
    clerk: str,
    account: queries.AccountCard,
    new: operations.NewPayment,
    prepaid_minor: int,
    head: queries.Letterhead,
    facts: Mapping[int, queries.BillFacts],
) -> document_rules.ReceiptContent:
    """What the receipt of a payment says. `facts` of its bills as they are once they were cleared."""
    settled = new.settlement
    received = settled.received_minor
    return document_rules.ReceiptContent(
        company=head.company,
        currency=head.currency,
        exponent=head.exponent,
        station=head.station,
        clerk=clerk,
        account_no=account.account_no,
        customer=account.customer,
        address=account.address,
        business_on=new.shift.business_on,
        taken_at=new.taken_at,
        tender=settled.tender.value,
        lines=tuple(_line(share=share, facts=facts) for share in settled.shares),
        cleared_minor=settled.cleared_minor,
        prepaid_used_minor=settled.prepaid_used_minor,
        prepaid_added_minor=settled.prepaid_added_minor,
        tendered_minor=settled.tendered_minor,
        change_minor=settled.change_minor,
        received_minor=received,
        balance_minor=prepaid_minor - settled.prepaid_used_minor + settled.prepaid_added_minor,
        capitals=words.renminbi_capitals(abs(received) or settled.cleared_minor)
        if head.currency == CURRENCY_WITH_CAPITALS
        else "",
        note=new.note,
    )


def _line(*, share: billing.Share, facts: Mapping[int, queries.BillFacts]) -> document_rules.ReceiptLine:
    bill = facts[share.bill_id]
    return document_rules.ReceiptLine(
        bill_no=numbering.bill_no(bill.issued_on.year, bill.bill_id),
        utility=bill.utility,
        period_from=bill.period_from,
        period_until=bill.period_until,
        opening_milli=bill.opening_milli,
        closing_milli=bill.closing_milli,
        quantity_milli=bill.quantity_milli,
        amount_minor=share.amount_minor,
        open_minor=bill.open_minor,
        fee=bill.fee,
    )


def _record_taking(
    *,
    actor: access_rules.Actor,
    payment_id: int,
    content: document_rules.ReceiptContent,
    station_id: int,
) -> None:
    access.record_act(
        actor=actor,
        at=content.taken_at,
        act="PAYMENT_TAKEN",
        subject_kind="PAYMENT",
        subject_id=payment_id,
        station_id=station_id,
        after={
            "account_no": content.account_no,
            "tender": models.Tender(content.tender).name,
            "received_minor": content.received_minor,
            "cleared_minor": content.cleared_minor,
            "prepaid_used_minor": content.prepaid_used_minor,
            "prepaid_added_minor": content.prepaid_added_minor,
            "bills": [line.bill_no for line in content.lines],
        },
    )


def _first_result(*, first: models.Payment, fingerprint: str) -> PaymentTaken:
    if first.request_fingerprint != fingerprint:
        number = _receipt_no(first)
        raise RequestKeyReusedError(request_key=first.request_key, receipt_no=number)
    return PaymentTaken(
        payment_id=first.pk,
        receipt_no=_receipt_no(first),
        received_minor=first.received_minor,
        cleared_minor=first.cleared_minor,
        change_minor=first.change_minor,
        prepaid_used_minor=first.prepaid_used_minor,
        prepaid_added_minor=first.prepaid_added_minor,
        is_repeat=True,
    )


def _receipt_no(first: models.Payment) -> str:
    try:
        return document_queries.receipt_of_payment(payment_id=first.pk).receipt_no
    except document_queries.ReceiptNotFoundError:
        return ""  # the key belongs to a cancellation


def _taken(settlement: rules.Settlement, *, payment_id: int, receipt_no: str) -> PaymentTaken:
    return PaymentTaken(
        payment_id=payment_id,
        receipt_no=receipt_no,
        received_minor=settlement.received_minor,
        cleared_minor=settlement.cleared_minor,
        change_minor=settlement.change_minor,
        prepaid_used_minor=settlement.prepaid_used_minor,
        prepaid_added_minor=settlement.prepaid_added_minor,
        is_repeat=False,
    )


def _fingerprint(*, command: TakePayment, staff_id: int) -> str:
    """Everything that makes two requests the same one, the person included."""
    return rules.fingerprint(
        facts={
            "act": "TAKE",
            "staff_id": staff_id,
            "account_id": command.account_id,
            "tender": command.tender.value,
            "tendered_minor": command.tendered_minor,
            "bill_ids": "ALL" if command.bill_ids is None else sorted(command.bill_ids),
            "use_prepaid": command.use_prepaid,
            "keep_change": command.keep_change,
            "note": command.note,
        }
    )
