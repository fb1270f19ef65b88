"""When a meter's verification is due, said by a person with a reason; back by saying the former day."""

import datetime

from meterbook.application import meter_facts, transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import operations as access
from meterbook.domain.devices import operations, operations_due

RIGHT = meter_facts.RIGHT

DueDayError = operations_due.DueDayError
MeterChangedError = meter_facts.MeterChangedError
MeterNotFoundError = meter_facts.MeterNotFoundError
ReasonMissingError = meter_facts.ReasonMissingError


def change_due(
    *,
    actor: Actor,
    meter_id: int,
    due_on: datetime.date | None,
    version: int,
    reason: str,
    now: datetime.datetime,
) -> None:
    """Let the verification be due on another day, None: on none; the same day again is no act.

    It holds until the meter next passes a test. Raises ReasonMissingError, MeterNotFoundError,
    MeterChangedError, DueDayError.
    """
    actor.require(RIGHT)
    if not reason.strip():
        raise ReasonMissingError
    with transaction.writing(actor=actor):
        meter = operations.lock_meter(meter_id=meter_id)
        before = meter.verification_due_on
        if before == due_on:
            return
        operations_due.state_due(meter=meter, due_on=due_on, version=version)
        access.record_act(
            actor=actor,
            at=now,
            act="METER_DUE_CHANGED",
            subject_kind="METER",
            subject_id=meter_id,
            station_id=meter.station_id,
            reason=reason.strip(),
            before={"verification_due_on": _day(before)},
            after={"verification_due_on": _day(due_on)},
        )


def _day(day: datetime.date | None) -> str:
    return "" if day is None else day.isoformat()
