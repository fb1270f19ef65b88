"""Use case: set from where on a usage is far above average."""

import datetime

from meterbook.application import transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import operations as access
from meterbook.domain.metering import operations as metering
from meterbook.domain.metering import queries, rules
from meterbook.domain.tables import Utility

Limit = rules.Limit


def set_limit(*, actor: Actor, utility: Utility, limit: Limit, now: datetime.datetime) -> None:
    """Set the company's own limit of a utility, with what it was in the audit trail.

    Needs readings.confirm: who settles what is held decides what is. A limit outside of 1 to 100 times or
    with a negative floor is refused by the database.
    """
    actor.require("readings.confirm")
    with transaction.writing(actor=actor):
        before = queries.reading_limits()[utility]
        metering.set_reading_limit(utility=utility, limit=limit)
        access.record_act(
            actor=actor,
            at=now,
            act="READING_LIMIT_SET",
            subject_kind="READING_LIMIT",
            subject_id=utility.name,
            before=_plain(before),
            after=_plain(limit),
        )


def _plain(limit: Limit) -> dict[str, int]:
    return {"times_average": limit.times_average, "floor_milli": limit.floor_milli}
