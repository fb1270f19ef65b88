"""A company's day told by its people: each function is one person doing one thing, through the use cases."""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from meterbook.application import (
    accept_round,
    bill_run,
    enter_readings,
    open_rounds,
    shifts,
    take_payment,
)
from meterbook.application import actor as actors
from meterbook.domain.billing import models as billing
from meterbook.domain.metering import models as metering
from meterbook.domain.metering import operations as metering_operations
from meterbook.domain.payments import models as payments
from meterbook.domain.payments import operations as payment_operations
from tests.builders import records


def at(day: datetime.date, *, hour: int = 9) -> datetime.datetime:
    """An instant of a day, as the edge would tell it."""
    return datetime.datetime.combine(day, datetime.time(hour), tzinfo=datetime.UTC)


@dataclass(frozen=True, slots=True)
class People:
    """Who works at station A."""

    clerk: actors.Actor
    reader: actors.Actor
    supervisor: actors.Actor
    accountant: actors.Actor


def people(*, unit_id: int) -> People:
    """One person of each role the day needs."""
    return People(
        clerk=records.actor(role="CLERK", unit_id=unit_id, name="柳青"),
        reader=records.actor(role="READER", unit_id=unit_id, name="秦朗"),
        supervisor=records.actor(role="SUPERVISOR", unit_id=unit_id, name="孟雪"),
        accountant=records.actor(role="ACCOUNTANT", unit_id=unit_id, name="顾清"),
    )


def read_book(
    *, by: People, book_id: int, period: datetime.date, on: datetime.date, values: Mapping[str, int]
) -> int:
    """Open the round, key whole-unit values by meter number, confirm the held ones, accept; the round."""
    round_id = open_rounds.open_round(
        actor=by.supervisor, book_id=book_id, period=period, today=on, now=at(on, hour=7)
    ).round_id
    entries = {
        entry.register.meter.serial_no: entry
        for entry in metering.RoundEntry.objects.filter(round_id=round_id).select_related("register__meter")
    }
    entered = enter_readings.enter_values(
        actor=by.reader,
        round_id=round_id,
        values=[
            metering_operations.NewValue(entry_id=entries[serial].pk, value_milli=value * 1000, read_on=on)
            for serial, value in values.items()
        ],
        source=metering.Source.KEYED,
        today=on,
        now=at(on, hour=10),
    )
    assert not entered.refusals
    for outcome in entered.outcomes:
        if outcome.state == metering.EntryState.HELD:
            enter_readings.confirm_held(
                actor=by.supervisor,
                entry_id=outcome.entry_id,
                version=outcome.version,
                reason="上门复核无误",
                is_rolled_over=False,
                now=at(on, hour=11),
            )
    accept_round.accept_round(actor=by.supervisor, round_id=round_id, today=on, now=at(on, hour=16))
    return round_id


def bill_book(*, by: People, round_id: int, on: datetime.date) -> dict[int, billing.Bill]:
    """Preview and issue a round's bills; returns account id -> bill."""
    due = on + datetime.timedelta(days=15)
    seen = bill_run.preview(actor=by.accountant, round_id=round_id, issue_on=on, due_on=due, now=at(on))
    issued = bill_run.issue(
        actor=by.accountant, run_id=seen.run_id, now=at(on, hour=10), seen=seen.fingerprint
    )
    assert issued.totals == seen.totals
    return {bill.account_id: bill for bill in billing.Bill.objects.filter(run_id=issued.run_id)}


def lines(bill: billing.Bill) -> list[tuple[int, int, int, int, int]]:
    """A bill's lines as (component, tier, quantity in thousandths, price in millionths, fen)."""
    return list(
        billing.BillLine.objects.filter(bill_id=bill.pk)
        .order_by("line_no")
        .values_list("component_no", "tier", "quantity_milli", "unit_price_micro", "amount_minor")
    )


def open_till(*, by: People, on: datetime.date) -> int:
    """The clerk opens the shift of a day."""
    return shifts.open_shift(actor=by.clerk, business_on=on, now=at(on, hour=8)).shift_id


def pay(
    *,
    by: People,
    account_id: int,
    bills: list[billing.Bill],
    tendered_minor: int,
    on: datetime.date,
    tender: payments.Tender = payments.Tender.CASH,
    use_prepaid: bool = False,
    keep_change: bool = False,
    key: uuid.UUID | None = None,
) -> take_payment.PaymentTaken:
    """The clerk takes money for chosen bills."""
    command = take_payment.TakePayment(
        request_key=key or uuid.uuid4(),
        account_id=account_id,
        tender=tender,
        tendered_minor=tendered_minor,
        bill_ids=tuple(bill.pk for bill in bills),
        use_prepaid=use_prepaid,
        keep_change=keep_change,
    )
    return take_payment.take_payment(actor=by.clerk, command=command, now=at(on, hour=11))


def close_day(
    *, by: People, shift_id: int, counted: Mapping[payments.Tender, int], on: datetime.date
) -> None:
    """The clerk counts, the supervisor takes over."""
    shifts.count_shift(
        actor=by.clerk,
        shift_id=shift_id,
        counts=[payment_operations.TenderCount(tender=t, counted_minor=m) for t, m in counted.items()],
        now=at(on, hour=17),
    )
    shifts.take_over_shift(actor=by.supervisor, shift_id=shift_id, now=at(on, hour=18))
