"""The demo company's past: books read, billed and paid month by month, through the product's own use cases.

Everything follows from the numbers of the rows, and each step is done once however often it is asked for, so
a build that was cut short is simply run again.
"""

import datetime
import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.utils import timezone

from meterbook.application import (
    accept_round,
    bill_run,
    enter_readings,
    open_rounds,
    shifts,
    take_payments,
    transaction,
)
from meterbook.application.actor import Actor
from meterbook.domain import tables
from meterbook.domain.metering import bulk as metering_bulk
from meterbook.domain.metering import models as metering_models
from meterbook.domain.metering import operations as metering
from meterbook.domain.payments import models as payments
from meterbook.domain.payments import operations as payment_operations
from meterbook.domain.payments import queries as payment_queries
from meterbook.interfaces.cli import demo_people
from meterbook.kernel import period as periods
from meterbook.reporting import bill_runs

MONTHS = 13
READ_DAY, ISSUE_DAY, PAY_DAY, DUE_DAY = 20, 21, 25, 15
CONFIRM_REASON = "现场核实"
# Per thousand of accounts: who pays all that is open on the pay day of a month.
PAYING_PER_MILLE = 870
# One account in so many never pays.
DEBTORS_ONE_IN = 60
PAYERS_AT_ONCE = 500
NOTE_MINOR = 1000  # cash is handed over in notes of ten
_TENDERS = (payments.Tender.CASH, payments.Tender.QR_MANUAL, payments.Tender.QR_MANUAL)
_KEYS = uuid.UUID("6f0f7c1e-2f4b-4d53-9a0c-3d9f6b8f5d10")
_STATES = metering_models.EntryState
_HOUSE, _SHOP = demo_people.HOUSEHOLD_DIGITS, demo_people.BUSINESS_DIGITS
_WATER, _GAS, _ELECTRICITY = tables.Utility.WATER, tables.Utility.GAS, tables.Utility.ELECTRICITY
# What a month uses, least and most, in whole units: by utility and by the digits of house and shop meters.
_USUAL = {
    (_WATER, _HOUSE): (5, 16),
    (_WATER, _SHOP): (25, 90),
    (_GAS, _HOUSE): (6, 20),
    (_GAS, _SHOP): (40, 160),
    (_ELECTRICITY, _HOUSE): (80, 240),
    (_ELECTRICITY, _SHOP): (200, 900),
}
# Per cent of the usual, January to December.
_SEASONS = {
    _WATER: (90, 85, 90, 95, 105, 115, 125, 125, 110, 100, 95, 90),
    _GAS: (180, 170, 140, 100, 80, 65, 60, 60, 70, 90, 130, 165),
    _ELECTRICITY: (120, 115, 95, 85, 85, 110, 150, 155, 110, 85, 90, 110),
}


@dataclass(frozen=True, slots=True)
class Month:
    """One month of the past by its days."""

    first: datetime.date

    @property
    def read_on(self) -> datetime.date:
        """The day every book is read and accepted."""
        return self.first.replace(day=READ_DAY)

    @property
    def issue_on(self) -> datetime.date:
        """The day the bills go out."""
        return self.first.replace(day=ISSUE_DAY)

    @property
    def due_on(self) -> datetime.date:
        """The day the bills are due."""
        return periods.add_months(self.first, 1).replace(day=DUE_DAY)

    @property
    def pay_on(self) -> datetime.date:
        """The day most people come to the till."""
        return self.first.replace(day=PAY_DAY)


def past_months(*, today: datetime.date) -> list[Month]:
    """The months before this one, the oldest first."""
    first = today.replace(day=1)
    return [Month(first=periods.add_months(first, -back)) for back in range(MONTHS, 0, -1)]


def first_reading_on(*, today: datetime.date) -> datetime.date:
    """The day of the initial readings: the reading day before the oldest month."""
    return periods.add_months(today.replace(day=1), -MONTHS - 1).replace(day=READ_DAY)


def at(day: datetime.date, *, hour: int = 10) -> datetime.datetime:
    """An instant of that day in the company's time zone."""
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(hour, 0)))


def read_book(*, actor: Actor, book_id: int, month: Month) -> None:
    """Read and accept a book for a month, unless that is done."""
    now = at(month.read_on)
    try:
        opened = open_rounds.open_round(
            actor=actor, book_id=book_id, period=month.first, today=month.read_on, now=now
        )
    except (metering.RoundAcceptedError, metering.RoundOrderError):
        return
    _key(actor=actor, round_id=opened.round_id, day=month.read_on, now=now)
    _confirm_all(actor=actor, round_id=opened.round_id, now=now)
    accept_round.accept_round(actor=actor, round_id=opened.round_id, today=month.read_on, now=now)


def bill_month(*, actor: Actor, station_code: str, month: Month) -> None:
    """Issue the bills of a station's books that were read in a month and are not billed yet."""
    asked = bill_runs.RoundFilter(period=month.first, station_code=station_code)
    with transaction.reading(actor=actor):
        rounds = bill_runs.rounds(asked=asked)
    ready = [row.pk for row in rounds if row.stage in {bill_runs.Stage.READY, bill_runs.Stage.PREVIEWED}]
    if ready:
        now = at(month.issue_on)
        dates = bill_run.Dates(issue_on=month.issue_on, due_on=month.due_on)
        runs = bill_run.preview_many(actor=actor, round_ids=ready, dates=dates, now=now)
        bill_run.issue_many(actor=actor, seen={run.run_id: run.fingerprint for run in runs.values()}, now=now)


def open_this_month(*, actor: Actor, book_ids: Sequence[int], today: datetime.date) -> None:
    """Leave this month as a working day finds it.

    The first book is read and previewed, the others are read in part, with some readings held.
    """
    month = Month(first=today.replace(day=1))
    now = at(today, hour=9)
    for place, book_id in enumerate(book_ids):
        try:
            opened = open_rounds.open_round(
                actor=actor, book_id=book_id, period=month.first, today=today, now=now
            )
        except metering.RoundAcceptedError:
            continue
        is_whole = place == 0
        _key(
            actor=actor, round_id=opened.round_id, day=today, now=now, is_whole=is_whole, has_odd=not is_whole
        )
        if is_whole:
            _confirm_all(actor=actor, round_id=opened.round_id, now=now)
            accept_round.accept_round(actor=actor, round_id=opened.round_id, today=today, now=now)
            due_on = today + datetime.timedelta(days=25)
            bill_run.preview(actor=actor, round_id=opened.round_id, issue_on=today, due_on=due_on, now=now)


def pay_month(*, clerk: Actor, supervisor: Actor, account_ids: Sequence[int], month: Month) -> None:
    """Take the payments of a month's pay day in one shift that is counted and taken over."""
    now = at(month.pay_on)
    shift = shifts.open_shift(actor=clerk, business_on=month.pay_on, now=now)
    for first in range(0, len(account_ids), PAYERS_AT_ONCE):
        payers = _payers(account_ids[first : first + PAYERS_AT_ONCE], on=month.pay_on)
        take_payments.take_payments(actor=clerk, payers=payers, now=now)
    close(clerk=clerk, shift_id=shift.shift_id, now=at(month.pay_on, hour=17))
    shifts.take_over_shift(actor=supervisor, shift_id=shift.shift_id, now=at(month.pay_on, hour=18))


def _payers(account_ids: Sequence[int], *, on: datetime.date) -> list[take_payments.Payer]:
    """Who comes to the till on a day: most people; each of them pays all that is open."""
    opening = at(on, hour=9)
    payers = []
    for number, account_id in enumerate(account_ids):
        dice = _dice(account_id, on)
        is_debtor = account_id % DEBTORS_ONE_IN == 0
        if not is_debtor and dice.randrange(1000) < PAYING_PER_MILLE:
            payers.append(
                take_payments.Payer(
                    request_key=uuid.uuid5(_KEYS, f"{account_id} {on}"),
                    account_id=account_id,
                    tender=dice.choice(_TENDERS),
                    taken_at=opening + datetime.timedelta(seconds=15 * (number % 1900)),
                    cash_step_minor=NOTE_MINOR,
                )
            )
    return payers


def close(*, clerk: Actor, shift_id: int, now: datetime.datetime) -> None:
    """Count a shift: everything is there."""
    with transaction.reading(actor=clerk):
        sums = payment_queries.tender_sums(shift_id=shift_id)
    counts = [
        payment_operations.TenderCount(tender=found.tender, counted_minor=found.expected_minor)
        for found in sums
    ]
    shifts.count_shift(actor=clerk, shift_id=shift_id, counts=counts, now=now)


def _key(
    *,
    actor: Actor,
    round_id: int,
    day: datetime.date,
    now: datetime.datetime,
    is_whole: bool = True,
    has_odd: bool = False,
) -> None:
    with transaction.reading(actor=actor):
        entries = metering_bulk.entries(round_id=round_id).filter(pl.col("state") == _STATES.EMPTY)
    rows = entries.iter_rows(named=True)
    values = [
        metering.NewValue(
            entry_id=row["entry_id"],
            value_milli=_value(row, day=day, oddity=place if has_odd else None),
            read_on=day,
        )
        for place, row in enumerate(rows)
        if is_whole or place % 5
    ]
    enter_readings.enter_values(
        actor=actor,
        round_id=round_id,
        values=values,
        source=metering_models.Source.KEYED,
        today=day,
        now=now,
    )


def _confirm_all(*, actor: Actor, round_id: int, now: datetime.datetime) -> None:
    with transaction.reading(actor=actor):
        entries = metering_bulk.entries(round_id=round_id)
    for row in entries.iter_rows(named=True):
        if row["state"] == _STATES.HELD:
            enter_readings.confirm_held(
                actor=actor,
                entry_id=row["entry_id"],
                version=row["version"],
                reason=CONFIRM_REASON,
                is_rolled_over=False,
                now=now,
            )


def _value(row: Mapping[str, Any], *, day: datetime.date, oddity: int | None) -> int:
    """The next register value of an entry; with an `oddity` some come out as the checks should catch them."""
    utility, previous = tables.Utility(row["utility"]), int(row["previous_milli"])
    least, most = _USUAL[utility, row["digits"]]
    usual = _dice(row["register_id"]).randint(least, most)
    swing = _dice(row["register_id"], day).randint(85, 115)
    units = max(1, usual * _SEASONS[utility][day.month - 1] * swing // 10_000)
    odd = {3: 0, 17: -2, 31: 40 * units}.get(oddity % 60 if oddity is not None else -1, units)
    return max(0, previous + odd * 1000)


def _dice(*seed: object) -> random.Random:
    """Chance that is the same every time for the same things."""
    return random.Random(" ".join(map(str, seed)))  # noqa: S311 # play data
