"""Use cases: enter values into an open round, confirm what was held, leave out what could not be read."""

import datetime
from collections.abc import Sequence
from typing import Any

from meterbook.application import transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import operations as access
from meterbook.domain.metering import models
from meterbook.domain.metering import operations as metering


def enter_values(
    *,
    actor: Actor,
    round_id: int,
    values: Sequence[metering.NewValue],
    source: models.Source,
    today: datetime.date,
    now: datetime.datetime,
) -> metering.Entered:
    """Write the values that can be taken; the others come back as refusals, and nobody's work is lost.

    One audit row for the batch, with every value that replaced another. Raises UnknownRoundError or
    RoundAcceptedError of metering.operations.
    """
    actor.require("readings.enter")
    with transaction.writing(actor=actor):
        entered = metering.enter_values(
            round_id=round_id, values=values, source=source, staff_id=actor.staff_id, today=today, at=now
        )
        record_entered(actor=actor, round_id=round_id, entered=entered, source=source, now=now)
    return entered


def record_entered(
    *,
    actor: Actor,
    round_id: int,
    entered: metering.Entered,
    source: models.Source,
    now: datetime.datetime,
) -> None:
    """Write the audit row of entered values, inside the transaction that wrote them."""
    if not entered.outcomes:
        return
    replaced = [outcome for outcome in entered.outcomes if outcome.before_value_milli is not None]
    held = sum(outcome.state == models.EntryState.HELD for outcome in entered.outcomes)
    access.record_act(
        actor=actor,
        at=now,
        act="READINGS_ENTERED",
        subject_kind="ROUND",
        subject_id=round_id,
        station_id=entered.station_id,
        before={"replaced": [[o.entry_id, o.before_value_milli, o.before_state] for o in replaced]}
        if replaced
        else None,
        after={
            "source": source.name,
            "entries": len(entered.outcomes),
            "held": held,
            "replaced": [[o.entry_id, o.value_milli, o.state] for o in replaced],
        },
    )


def confirm_held(
    *,
    actor: Actor,
    entry_id: int,
    version: int,
    reason: str,
    is_rolled_over: bool,
    now: datetime.datetime,
) -> metering.Outcome:
    """Let a held value stand, with the reason. Raises what `metering.operations.confirm_held` raises."""
    actor.require("readings.confirm")
    with transaction.writing(actor=actor):
        outcome = metering.confirm_held(
            entry_id=entry_id, version=version, reason=reason, is_rolled_over=is_rolled_over
        )
        _record_one(actor=actor, act="READING_CONFIRMED", outcome=outcome, reason=reason, now=now)
    return outcome


def mark_not_read(
    *, actor: Actor, entry_id: int, version: int, reason: str, now: datetime.datetime
) -> metering.Outcome:
    """Leave a register out of the round, with the reason: its next reading covers both periods."""
    actor.require("readings.enter")
    with transaction.writing(actor=actor):
        outcome = metering.mark_not_read(
            entry_id=entry_id, version=version, reason=reason, staff_id=actor.staff_id, at=now
        )
        _record_one(actor=actor, act="READING_LEFT_OUT", outcome=outcome, reason=reason, now=now)
    return outcome


def _record_one(
    *, actor: Actor, act: str, outcome: metering.Outcome, reason: str, now: datetime.datetime
) -> None:
    before: dict[str, Any] = {"value_milli": outcome.before_value_milli, "state": outcome.before_state}
    after: dict[str, Any] = {
        "value_milli": outcome.value_milli,
        "state": outcome.state,
        "quantity_milli": outcome.quantity_milli,
        "checks": list(outcome.checks),
    }
    access.record_act(
        actor=actor,
        at=now,
        act=act,
        subject_kind="ROUND_ENTRY",
        subject_id=outcome.entry_id,
        station_id=outcome.station_id,
        reason=reason.strip(),
        before=before,
        after=after,
    )
