"""Builders of the till: clerks with an open shift, bills to be paid, payments taken."""

import datetime
import uuid
from dataclasses import dataclass

from meterbook.application import actor as actors
from meterbook.application import shifts, take_payment
from meterbook.domain import tables
from meterbook.domain.billing import models as billing
from meterbook.domain.ledger import operations as ledger
from meterbook.domain.ledger import queries as ledger_queries
from meterbook.domain.ledger import rules as ledger_rules
from meterbook.domain.payments import models
from tests.builders import records

TODAY = datetime.date(2026, 10, 14)
NOW = datetime.datetime(2026, 10, 14, 2, 30, tzinfo=datetime.UTC)


@dataclass(frozen=True, slots=True)
class Till:
    """A clerk with an open shift at a station."""

    actor: actors.Actor
    shift_id: int
    station_id: int


def till(
    *, station_id: int, name: str = "柳青", role: str = "CLERK", business_on: datetime.date = TODAY
) -> Till:
    """A fresh clerk with an open shift."""
    actor = records.actor(role=role, unit_id=station_id, name=name)
    opened = shifts.open_shift(actor=actor, business_on=business_on, now=NOW)
    return Till(actor=actor, shift_id=opened.shift_id, station_id=station_id)


def bill(
    *,
    supply: records.Supply,
    amount_minor: int,
    due_on: datetime.date = datetime.date(2026, 10, 15),
    utility: tables.Utility = tables.Utility.WATER,
) -> int:
    """An issued bill of the month before its due day, posted; returns its id."""
    issued_on = due_on.replace(day=1)
    period_from = (issued_on - datetime.timedelta(days=1)).replace(day=1)
    made = billing.Bill.objects.create(
        account_id=supply.account_id,
        agreement_id=supply.agreement_id,
        station_id=supply.station_id,
        utility=utility,
        period_from=period_from,
        period_until=issued_on,
        issued_on=issued_on,
        due_on=due_on,
        quantity_milli=22_000,
        amount_minor=amount_minor,
    )
    billing.Receivable.objects.create(
        bill_id=made.pk,
        account_id=supply.account_id,
        station_id=supply.station_id,
        due_on=due_on,
        amount_minor=amount_minor,
        open_minor=amount_minor,
    )
    ledger.post_journal(
        kind=ledger_rules.JournalKind.BILL,
        source_id=made.pk,
        station_id=supply.station_id,
        posted_on=issued_on,
        recorded_at=NOW,
        sides=[
            ledger_rules.Side(ledger_rules.Chart.RECEIVABLE, amount_minor, supply.account_id),
            ledger_rules.Side(ledger_rules.Chart.REVENUE_WATER, -amount_minor),
        ],
    )
    return made.pk


def command(
    *,
    supply: records.Supply,
    tendered_minor: int,
    bill_ids: tuple[int, ...] = (),
    tender: models.Tender = models.Tender.CASH,
    use_prepaid: bool = False,
    keep_change: bool = False,
    request_key: uuid.UUID | None = None,
    expected_due_minor: int | None = None,
    expected_prepaid_minor: int | None = None,
) -> take_payment.TakePayment:
    """A request to take a payment, with a key of its own unless given."""
    return take_payment.TakePayment(
        request_key=request_key or uuid.uuid4(),
        account_id=supply.account_id,
        tender=tender,
        tendered_minor=tendered_minor,
        bill_ids=bill_ids,
        use_prepaid=use_prepaid,
        keep_change=keep_change,
        expected_due_minor=expected_due_minor,
        expected_prepaid_minor=expected_prepaid_minor,
    )


def take(
    *, till: Till, command: take_payment.TakePayment, now: datetime.datetime = NOW
) -> take_payment.PaymentTaken:
    """Take a payment at a till."""
    return take_payment.take_payment(actor=till.actor, command=command, now=now)


def open_minor(bill_id: int) -> int:
    """What is still open on a bill, minor units."""
    return billing.Receivable.objects.get(pk=bill_id).open_minor


def prepaid_minor(supply: records.Supply) -> int:
    """What an account holds, minor units."""
    return -ledger_queries.balance_minor(account=ledger_rules.Chart.PREPAYMENT, subject_id=supply.account_id)


def cash_minor(till: Till) -> int:
    """What the books expect in cash in a till, minor units."""
    return ledger_queries.balance_minor(account=ledger_rules.Chart.CASH_IN_TILL, subject_id=till.shift_id)
