"""Builders of what billing starts from: accepted rounds with usages, and issued runs."""

import datetime
import itertools

from meterbook.application import bill_run
from meterbook.domain.billing import models
from meterbook.domain.metering import models as metering
from tests.builders import records

ISSUED_AT = datetime.datetime(2026, 12, 31, 8, 0, tzinfo=datetime.UTC)

_reading = itertools.count(1_000_000)


def accepted_round(*, book_id: int, period: datetime.date) -> metering.Round:
    """An accepted round of a book for a month; the one there is when it was made before."""
    book = metering.Book.objects.get(pk=book_id)
    found, _ = metering.Round.objects.get_or_create(
        book=book,
        period=period,
        defaults={
            "station_id": book.station_id,
            "state": metering.RoundState.ACCEPTED,
            "opened_on": period,
            "accepted_on": period,
        },
    )
    return found


def usage(
    *,
    supply: records.Supply,
    quantity: int,
    period_from: datetime.date,
    period_until: datetime.date,
    round_id: int | None = None,
    revision: int = 1,
    register_id: int | None = None,
) -> metering.Usage:
    """A usage of `quantity` whole units, in the accepted round of its closing month."""
    if round_id is None:
        month = period_until.replace(day=1)
        round_id = accepted_round(book_id=supply.book_id, period=month).pk
    return metering.Usage.objects.create(
        agreement_id=supply.agreement_id,
        register_id=register_id or supply.register_id,
        round_id=round_id,
        station_id=supply.station_id,
        opening_reading_id=next(_reading),
        closing_reading_id=next(_reading),
        period_from=period_from,
        period_until=period_until,
        opening_milli=0,
        closing_milli=quantity * 1000,
        quantity_milli=quantity * 1000,
        revision=revision,
    )


def previewed_run(*, round_id: int, issue_on: datetime.date, days: int = 15) -> bill_run.RunResult:
    """Preview a round as the system; due `days` after the day of issue."""
    return bill_run.preview(
        actor=records.system(),
        round_id=round_id,
        issue_on=issue_on,
        due_on=issue_on + datetime.timedelta(days=days),
        now=ISSUED_AT,
    )


def issued_run(*, round_id: int, issue_on: datetime.date, days: int = 15) -> bill_run.RunResult:
    """Preview and issue a round as the system."""
    previewed = previewed_run(round_id=round_id, issue_on=issue_on, days=days)
    return bill_run.issue(
        actor=records.system(), run_id=previewed.run_id, now=ISSUED_AT, seen=previewed.fingerprint
    )


def bill_of(*, account_id: int) -> models.Bill:
    """The account's latest bill."""
    found = models.Bill.objects.filter(account_id=account_id).order_by("-id").first()
    assert found is not None
    return found
