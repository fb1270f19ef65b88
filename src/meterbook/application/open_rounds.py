"""Use case: open the rounds in which books are read."""

import datetime

from meterbook.application import transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import operations as access
from meterbook.domain.metering import operations as metering
from meterbook.kernel import period as periods


def open_round(
    *, actor: Actor, book_id: int, period: datetime.date, today: datetime.date, now: datetime.datetime
) -> metering.OpenedRound:
    """Open the book's round for the month that holds `period`, or complete the open one.

    Needs readings.accept: who closes a book's round decides when the next begins. Raises what
    `metering.operations.open_round` raises.
    """
    actor.require("readings.accept")
    with transaction.writing(actor=actor):
        opened = metering.open_round(book_id=book_id, period=periods.month_of(period).from_, opened_on=today)
        if opened.added:
            access.record_act(
                actor=actor,
                at=now,
                act="ROUND_OPENED" if opened.is_new else "ROUND_COMPLETED",
                subject_kind="ROUND",
                subject_id=opened.round_id,
                station_id=opened.station_id,
                after={
                    "added": opened.added,
                    "entries": opened.entry_count,
                    "left_out": len(opened.left_out),
                },
            )
    return opened
