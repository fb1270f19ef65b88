"""Use cases: fit, swap and take off meters, see before what a meter counted, and take a change back."""

import datetime
import uuid
from dataclasses import dataclass

from meterbook.application import account_use, act_fees, transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import operations as access
from meterbook.domain.devices import models as devices
from meterbook.domain.devices import operations_installations as installations
from meterbook.domain.devices import operations_tests as seals
from meterbook.domain.devices import rules as meter_rules
from meterbook.domain.metering import models, operations_changes, operations_closings, queries_changes
from meterbook.domain.premises import models as premises

RIGHT = "meters.fit"
Kind = models.ChangeKind
Change = operations_changes.Change
ChangeError = operations_changes.ChangeError
FittingError = installations.FittingError
SealTakenError = seals.SealTakenError
_ACTS = {Kind.INSTALL: "METER_INSTALLED", Kind.SWAP: "METER_SWAPPED", Kind.REMOVE: "METER_REMOVED"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedRegister:
    """What closing a register comes to. `quantity_milli`: None waits for the mean of the next meter.

    `pending_milli` is what meters before it left for the same usage. Thousandths.
    """

    band: int
    previous_on: datetime.date
    previous_milli: int
    closing_milli: int
    multiplier_milli: int
    digits: int
    quantity_milli: int | None
    estimate_rule: int | None
    pending_milli: int


def preview(*, actor: Actor, change: Change, today: datetime.date) -> tuple[ClosedRegister, ...]:
    """What the registers that would be closed counted; writes nothing. Raises ChangeError."""
    actor.require(RIGHT)
    if change.changed_on > today:
        raise ChangeError(code=operations_changes.Fault.IN_FUTURE, on=today)
    with transaction.reading(actor=actor):
        point = premises.ServicePoint.objects.filter(pk=change.service_point_id).first()
        if point is None:
            raise ChangeError(code=operations_changes.Fault.PLACE_UNKNOWN)
        hung = devices.Installation.objects.filter(service_point=point, removed_on__isnull=True).first()
        if hung is None:
            return ()
        agreement = operations_changes.agreement_on(service_point_id=point.pk, day=change.changed_on)
        states = queries_changes.register_states(
            meter_id=hung.meter_id, agreement_id=None if agreement is None else agreement.pk
        )
        return tuple(_closed(state, change=change, utility=point.utility) for state in states)


def _closed(state: queries_changes.RegisterState, *, change: Change, utility: int) -> ClosedRegister:
    agreement = operations_changes.agreement_on(
        service_point_id=change.service_point_id, day=change.changed_on
    )
    if state.band not in change.closings:
        raise ChangeError(code=operations_changes.Fault.VALUE_MISSING, band=state.band)
    closing = change.closings[state.band]
    carried = operations_closings.closing_usage(
        state=state,
        utility=utility,
        closing=closing,
        on=change.changed_on,
        agreement=agreement,
        is_confirmed=change.is_confirmed,
    )
    assert state.previous is not None
    value = state.previous.value_milli if closing.value_milli is None else closing.value_milli
    return ClosedRegister(
        band=state.band,
        previous_on=state.previous.read_on,
        previous_milli=state.previous.value_milli,
        closing_milli=value,
        multiplier_milli=state.multiplier_milli,
        digits=state.digits,
        quantity_milli=0 if carried is None else carried.quantity_milli,
        estimate_rule=None if carried is None else carried.estimate_rule,
        pending_milli=state.pending_milli,
    )


def is_for_arrears(change: Change) -> bool:
    """Whether a meter is taken off because its customer does not pay, which costs its own fees."""
    return change.kind == Kind.REMOVE and change.reason == meter_rules.MoveReason.ARREARS


def change(
    *,
    actor: Actor,
    change: Change,
    now: datetime.datetime,
    today: datetime.date,
    fees: act_fees.Decided = act_fees.USUAL,
) -> operations_changes.Changed:
    """Fit, swap or take off a meter, once; taken off for arrears it is charged with the fees of that.

    Raises ChangeError, FittingError, SealTakenError and the errors of act_fees.charge_within.
    """
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        made = change_within(actor=actor, change=change, now=now, today=today)
        if is_for_arrears(change) and not made.is_repeat:
            point_id, day = change.service_point_id, change.changed_on
            account = account_use.supplied_at(service_point_id=point_id, day=day)
            if account is not None:
                act_fees.charge_within(
                    actor=actor,
                    account=account,
                    occasion=act_fees.Occasion.TAKEN_OFF_FOR_ARREARS,
                    charging=act_fees.Charging(change.request_key, today, fees),
                    now=now,
                )
        return made


def change_within(
    *, actor: Actor, change: Change, now: datetime.datetime, today: datetime.date
) -> operations_changes.Changed:
    """The same inside the transaction of a larger act, which has checked its own right. It charges no fee."""
    # the account before its rounds, as every act on accounts locks them
    waiting = account_use.waiting_at(service_point_id=change.service_point_id, day=change.changed_on)
    made = operations_changes.change_meter(change=change, staff_id=actor.staff_id, today=today, at=now)
    if made.is_repeat:
        return made
    if waiting is not None:
        account_use.begin(
            actor=actor, account=waiting, on=change.changed_on, request_key=change.request_key, now=now
        )
    if change.new_seal_no and made.new_meter_id is not None:
        position = devices.SealPosition.CONNECTION
        seals.apply_seal(
            meter_id=made.new_meter_id,
            seal=seals.NewSeal(
                seal_no=change.new_seal_no,
                position=position,
                on=change.changed_on,
                staff_id=actor.staff_id,
            ),
        )
    _record(actor, act=_ACTS[change.kind], made=made, change=change, now=now)
    return made


def undo(
    *,
    actor: Actor,
    change_id: int,
    remark: str,
    request_key: uuid.UUID,
    today: datetime.date,
    now: datetime.datetime,
) -> operations_changes.Changed:
    """Take a change and its fees back while nothing followed, with a reason.

    Raises ChangeError, act_fees.FeePaidError.
    """
    actor.require(RIGHT)
    if not remark.strip():
        raise ChangeError(code=operations_changes.Fault.REASON_MISSING)
    with transaction.writing(actor=actor):
        undone = models.MeterChange.objects.filter(pk=change_id).first()
        if undone is not None:
            account_use.take_back(actor=actor, request_key=undone.request_key, now=now)
            account = account_use.supplied_at(service_point_id=undone.service_point_id, day=undone.changed_on)
            if account is not None:
                act_fees.take_back_within(
                    actor=actor,
                    account=account,
                    act_key=undone.request_key,
                    reason=remark.strip(),
                    today=today,
                    now=now,
                )
        made = operations_changes.undo_change(
            change_id=change_id,
            request_key=request_key,
            staff_id=actor.staff_id,
            remark=remark.strip(),
            at=now,
        )
        if not made.is_repeat:
            access.record_act(
                actor=actor,
                at=now,
                act="METER_CHANGE_UNDONE",
                subject_kind="METER",
                subject_id=made.old_meter_id or made.new_meter_id or 0,
                station_id=made.station_id,
                reason=remark.strip(),
                before={"serial_no": made.old_serial_no},
                after={"serial_no": made.new_serial_no, "changed_on": made.changed_on.isoformat()},
            )
    return made


def _record(
    actor: Actor,
    *,
    act: str,
    made: operations_changes.Changed,
    change: Change,
    now: datetime.datetime,
) -> None:
    closed = [row.value_milli for row in change.closings.values() if row.value_milli is not None]
    counted = [row for row in made.quantity_milli.values() if row is not None]
    access.record_act(
        actor=actor,
        at=now,
        act=act,
        subject_kind="METER",
        subject_id=made.old_meter_id or made.new_meter_id or 0,
        station_id=made.station_id,
        reason=change.remark,
        before={"serial_no": made.old_serial_no, "closing_milli": closed} if made.old_serial_no else None,
        after={
            "serial_no": made.new_serial_no,
            "opening_milli": list(change.openings.values()),
            "changed_on": change.changed_on.isoformat(),
            "cause": change.reason,
            "quantity_milli": sum(counted),
        },
    )
