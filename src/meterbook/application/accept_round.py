"""Use case: accept a book's round, so that its readings become usage."""

import datetime

from meterbook.application import transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import operations as access
from meterbook.domain.metering import operations as metering


def accept_round(
    *, actor: Actor, round_id: int, today: datetime.date, now: datetime.datetime
) -> metering.AcceptedRound:
    """Accept the round, once; a repeat returns the first result and writes nothing.

    Raises metering.operations.NotReadyError with every entry in the way, or UnknownRoundError.
    """
    actor.require("readings.accept")
    with transaction.writing(actor=actor):
        accepted = metering.accept_round(
            round_id=round_id, staff_id=actor.staff_id, accepted_on=today, at=now
        )
        if not accepted.is_repeat:
            access.record_act(
                actor=actor,
                at=now,
                act="ROUND_ACCEPTED",
                subject_kind="ROUND",
                subject_id=round_id,
                station_id=accepted.station_id,
                after={
                    "readings": accepted.totals.reading_count,
                    "not_read": accepted.totals.not_read_count,
                    "quantity_milli": accepted.totals.quantity_milli,
                },
            )
    return accepted
