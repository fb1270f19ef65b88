"""Giving an account's balance back over the counter: out of an open till, posted, with a receipt."""

import datetime
import uuid
from dataclasses import dataclass

from meterbook.application import shifts, take_payment
from meterbook.application.actor import Actor
from meterbook.domain.access import operations as access
from meterbook.domain.documents import operations as documents
from meterbook.domain.ledger import operations as ledger
from meterbook.domain.ledger import queries as ledger_queries
from meterbook.domain.ledger import rules as ledger_rules
from meterbook.domain.payments import models, operations, queries, rules

NoOpenShiftError = operations.NoOpenShiftError


class TillShortError(Exception):
    """There is less cash in the till than is to be given back. Minor units."""

    def __init__(self, *, wanted_minor: int, there_minor: int) -> None:
        super().__init__(f"{wanted_minor} wanted, {there_minor} there")
        self.wanted_minor = wanted_minor
        self.there_minor = there_minor


@dataclass(frozen=True, slots=True)
class Refunded:
    """What was given back, minor units, and the receipt that says so."""

    payment_id: int
    receipt_no: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Till:
    """The open shift of who gives money back, held from the start of the act: shifts are locked first."""

    shift: operations.LockedShift
    staff_id: int


def hold_till(*, actor: Actor) -> Till:
    """Hold the actor's till until the transaction ends. Raises NotAllowedError, NoOpenShiftError."""
    actor.require("payments.take")
    staff_id = shifts.person(actor=actor)
    shift = operations.lock_open_shift(staff_id=staff_id)
    if shift is None:
        raise NoOpenShiftError
    return Till(shift=shift, staff_id=staff_id)


def balance_minor(*, account_id: int) -> int:
    """What the account holds, locked until the transaction ends; minor units."""
    accounts = [ledger_rules.Chart.RECEIVABLE, ledger_rules.Chart.PREPAYMENT]
    balances = ledger.lock_balances(subject_id=account_id, accounts=accounts)
    return -balances[ledger_rules.Chart.PREPAYMENT]


def refund_within(
    *,
    actor: Actor,
    till: Till,
    account_id: int,
    tender: models.Tender,
    reason: str,
    request_key: uuid.UUID,
    now: datetime.datetime,
) -> Refunded | None:
    """Give the whole balance back, in the transaction of a larger act; None when there is none.

    Raises TillShortError. The caller has checked its own right and answers a repeat.
    """
    amount_minor = balance_minor(account_id=account_id)
    if amount_minor <= 0:
        return None
    _require_there(till=till, tender=tender, amount_minor=amount_minor)
    account = queries.account_card_by_id(account_id=account_id)
    facts = {
        "act": "REFUND",
        "staff_id": till.staff_id,
        "account_id": account_id,
        "amount_minor": amount_minor,
    }
    new = operations.NewPayment(
        account_id=account_id,
        station_id=account.station_id,
        shift=till.shift,
        taken_at=now,
        taken_by_id=till.staff_id,
        settlement=rules.refund(tender=tender, amount_minor=amount_minor),
        request_key=request_key,
        request_fingerprint=rules.fingerprint(facts=facts),
        note=reason[:60],
        reason=reason,
    )
    payment_id = operations.record_payment(new=new)
    receipt_no = _prove(
        actor=actor, till=till, account=account, new=new, payment_id=payment_id, amount_minor=amount_minor
    )
    return Refunded(payment_id=payment_id, receipt_no=receipt_no, amount_minor=amount_minor)


def _prove(
    *,
    actor: Actor,
    till: Till,
    account: queries.AccountCard,
    new: operations.NewPayment,
    payment_id: int,
    amount_minor: int,
) -> str:
    """The audit row, and last the receipt; its number."""
    access.record_act(
        actor=actor,
        at=new.taken_at,
        act="BALANCE_REFUNDED",
        subject_kind="ACCOUNT",
        subject_id=account.account_id,
        station_id=account.station_id,
        reason=new.reason,
        after={"refunded_minor": amount_minor, "tender": new.settlement.tender.name},
    )
    content = take_payment.receipt_content(
        clerk=actor.name,
        account=account,
        new=new,
        prepaid_minor=amount_minor,
        head=queries.letterhead(station_id=till.shift.station_id),
        facts={},
    )
    return documents.issue_receipt(
        receipt=documents.NewReceipt(
            book_station_id=till.shift.station_id,
            station_id=account.station_id,
            account_id=account.account_id,
            payment_id=payment_id,
            issued_at=new.taken_at,
            content=content,
            printed_by_id=None,
        )
    )


def _require_there(*, till: Till, tender: models.Tender, amount_minor: int) -> None:
    """Cash can only leave a till that has it; other tenders go back where they came from."""
    if tender is not models.Tender.CASH:
        return
    there = ledger_queries.balance_minor(account=rules.TILL_ACCOUNTS[tender], subject_id=till.shift.shift_id)
    if there < amount_minor:
        raise TillShortError(wanted_minor=amount_minor, there_minor=there)
