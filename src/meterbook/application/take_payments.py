"""Use case: many accounts pay all that they owe, in one shift and one transaction.

For takings that come as a list (and the demo's past). Every fact of a payment is the same as when it is taken
alone at the till: settlement, clearings, journal and receipt come from the same rules.
"""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from meterbook.application import shifts, take_payment, transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import operations as access
from meterbook.domain.billing import bulk as billing_bulk
from meterbook.domain.billing import operations as billing
from meterbook.domain.documents import bulk as documents
from meterbook.domain.ledger import bulk as ledger
from meterbook.domain.ledger import queries as ledger_queries
from meterbook.domain.ledger import rules as ledger_rules
from meterbook.domain.payments import bulk, models, operations, postings, queries, rules


@dataclass(frozen=True, slots=True)
class Payer:
    """One account that pays everything open on it. Cash is handed over in full `cash_step_minor` notes."""

    request_key: uuid.UUID
    account_id: int
    tender: models.Tender
    taken_at: datetime.datetime
    cash_step_minor: int = 1


@dataclass(frozen=True, slots=True)
class PaymentsTaken:
    """How many paid now and how much (minor units); payers who owed nothing or paid before are left out."""

    payment_count: int
    received_minor: int


def take_payments(*, actor: Actor, payers: Sequence[Payer], now: datetime.datetime) -> PaymentsTaken:
    """Take all payments into the actor's open shift, or none; needs payments.take.

    A payer whose request key is known is passed over, so the same list may be sent again. Raises
    NotAllowedError, operations.NoOpenShiftError, documents.bulk.BookMissingError.
    """
    actor.require("payments.take")
    staff_id = shifts.person(actor=actor)
    with transaction.writing(actor=actor):
        shift = operations.lock_open_shift(staff_id=staff_id)
        if shift is None:
            raise operations.NoOpenShiftError
        known = queries.known_request_keys(request_keys=[payer.request_key for payer in payers])
        new = _settled([payer for payer in payers if payer.request_key not in known], shift=shift)
        if not new:
            return PaymentsTaken(payment_count=0, received_minor=0)
        payments = _write(new, now=now)
        _issue_receipts(new, payments=payments, clerk=actor.name)
        received = sum(payment.received_minor for payment in payments)
        access.record_act(
            actor=actor,
            at=now,
            act="PAYMENTS_TAKEN",
            subject_kind="SHIFT",
            subject_id=shift.shift_id,
            station_id=shift.station_id,
            after={"payments": len(payments), "received_minor": received},
        )
    return PaymentsTaken(payment_count=len(payments), received_minor=received)


def _settled(payers: Sequence[Payer], *, shift: operations.LockedShift) -> list[operations.NewPayment]:
    """The payments of those who owe something, settled by the till's own rule."""
    locked = billing_bulk.lock_open_bills(account_ids=[payer.account_id for payer in payers])
    bills: dict[int, list[billing.OpenBill]] = {}
    for account_id, *facts in locked.iter_rows():
        bills.setdefault(account_id, []).append(billing.OpenBill(*facts))
    new = []
    for payer in payers:
        due_bills = tuple(bills.pop(payer.account_id, ()))
        due = sum(bill.open_minor for bill in due_bills)
        if not due:
            continue
        is_cash = payer.tender is models.Tender.CASH
        offer = rules.Offer(
            bills=due_bills,
            tender=payer.tender,
            tendered_minor=-(-due // payer.cash_step_minor) * payer.cash_step_minor if is_cash else due,
            use_prepaid=False,
            keep_change=False,
            prepaid_available_minor=0,
        )
        new.append(
            operations.NewPayment(
                account_id=payer.account_id,
                station_id=due_bills[0].station_id,
                shift=shift,
                taken_at=payer.taken_at,
                taken_by_id=shift.staff_id,
                settlement=rules.settle(offer=offer),
                request_key=payer.request_key,
                request_fingerprint=_fingerprint(payer),
            )
        )
    return new


def _write(new: Sequence[operations.NewPayment], *, now: datetime.datetime) -> list[models.Payment]:
    """Payments, clearings and journals."""
    payments = [operations.payment_row(new=one) for one in new]
    facts = [
        {name: getattr(payment, name) for name in bulk.PAYMENTS} | {"request_key": str(payment.request_key)}
        for payment in payments
    ]
    frame = pl.DataFrame(facts, schema=bulk.PAYMENTS)
    written = bulk.write_payments(payments=frame)
    for payment, payment_id in zip(payments, written["id"], strict=True):
        payment.pk = payment_id
    shares = [
        (payment.pk, share.bill_id, share.amount_minor)
        for payment, one in zip(payments, new, strict=True)
        for share in one.settlement.shares
    ]
    names = {"payment_id": pl.Int64, "bill_id": pl.Int64, "amount_minor": pl.Int64}
    billing_bulk.clear_many(shares=pl.DataFrame(shares, schema=names, orient="row"))
    ledger.post(journals=_journals(payments, now=now), sides=_sides(payments))
    return payments


def _journals(payments: Sequence[models.Payment], *, now: datetime.datetime) -> pl.DataFrame:
    kind = ledger_rules.JournalKind.PAYMENT.value
    rows = [(kind, p.pk, p.station_id, p.business_on, now, None) for p in payments]
    schema: dict[str, Any] = dict(ledger.JOURNALS)
    return pl.DataFrame(rows, schema=schema, orient="row")


def _sides(payments: Sequence[models.Payment]) -> pl.DataFrame:
    rows = [
        (payment.pk, side.ledger_account.value, side.subject_id, side.amount_minor)
        for payment in payments
        for side in postings.payment_sides(payment=payment)
    ]
    return pl.DataFrame(rows, schema=ledger.SIDES, orient="row")


def _issue_receipts(
    new: Sequence[operations.NewPayment], *, payments: Sequence[models.Payment], clerk: str
) -> None:
    shift = new[0].shift
    head = queries.letterhead(station_id=shift.station_id)
    cards = queries.account_cards(account_ids=[one.account_id for one in new])
    facts = queries.bill_facts(bill_ids=[share.bill_id for one in new for share in one.settlement.shares])
    balances = ledger_queries.balances_of(
        account=ledger_rules.Chart.PREPAYMENT, subject_ids=[one.account_id for one in new]
    )
    receipts = [
        documents.ReceiptRow(
            station_id=one.station_id,
            account_id=one.account_id,
            payment_id=payment.pk,
            issued_at=one.taken_at,
            content=take_payment.receipt_content(
                clerk=clerk,
                account=cards[one.account_id],
                new=one,
                prepaid_minor=-balances.get(one.account_id, 0),
                head=head,
                facts=facts,
            ),
        )
        for one, payment in zip(new, payments, strict=True)
    ]
    documents.issue_receipts(
        book_station_id=shift.station_id, receipts=receipts, printed_by_id=shift.staff_id
    )


def _fingerprint(payer: Payer) -> str:
    facts = {"act": "TAKE_ALL", "account_id": payer.account_id, "tender": payer.tender.value}
    return rules.fingerprint(facts=facts)
