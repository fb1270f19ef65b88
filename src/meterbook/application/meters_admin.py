"""Meters in store and on their way: received, issued, tested, repaired, scrapped, lost, found, taken back.

Fitting and removing are `fit_meters`. Each act is audited and happens once: its `request_key` is the bundle
of its moves. Nothing is deleted: a move is taken back by a counter-move.
"""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from meterbook.application import transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import models as access_models
from meterbook.domain.access import operations as access
from meterbook.domain.access import queries as access_queries
from meterbook.domain.devices import models, operations, queries, rules

RIGHT = "meters.edit"
State = rules.MeterState
# Where meters are sent from the store's pages, and what the act is called.
ACTS = {
    State.IN_STOCK: "METERS_STORED",
    State.ISSUED: "METERS_ISSUED",
    State.IN_TEST: "METERS_SENT_TO_TEST",
    State.IN_REPAIR: "METERS_SENT_TO_REPAIR",
    State.SCRAPPED: "METERS_SCRAPPED",
    State.LOST: "METERS_LOST",
}
# What is hard to come back from wants a reason; the rest wants somebody who has the meter then.
_WITH_REASON = frozenset({State.SCRAPPED, State.LOST})

MeterNotFoundError = operations.MeterNotFoundError
ModelNotFoundError = operations.ModelNotFoundError
MoveRefusedError = operations.MoveRefusedError
MeterChangedError = operations.MeterChangedError
SerialsTakenError = operations.SerialsTakenError


class FutureDayError(Exception):
    """The day of an act hasn't come yet."""


class PlaceMissingError(Exception):
    """Nobody is named who has the meters then: the store, the person, the laboratory, the workshop."""


class ReasonMissingError(Exception):
    """Scrapping, losing and taking back need a reason."""


class UnitNotFoundError(Exception):
    """No such station in the actor's scope."""


class UnknownSerialsError(Exception):
    """No meter in scope has these numbers."""

    def __init__(self, *, serial_nos: Sequence[str]) -> None:
        super().__init__(", ".join(serial_nos))
        self.serial_nos = tuple(serial_nos)


class SecondLookError(Exception):
    """Scrapping wants a second look at exactly these meters; `count` is how many they are."""

    def __init__(self, *, count: int) -> None:
        super().__init__(str(count))
        self.count = count


@dataclass(frozen=True, slots=True, kw_only=True)
class Receive:
    """New meters of one model into the store of a station."""

    request_key: uuid.UUID
    station_id: int
    model_id: int
    serial_nos: tuple[str, ...]
    store: str
    on: datetime.date
    purchase_no: str = ""
    manufactured_on: datetime.date | None = None
    verified_on: datetime.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveMeters:
    """Meters, by serial number or barcode, to one of the states of ACTS.

    `looked_at`: how many meters the person saw listed before scrapping them.
    """

    request_key: uuid.UUID
    serial_nos: tuple[str, ...]
    to_state: rules.MeterState
    on: datetime.date
    place: str = ""
    reason: rules.MoveReason = rules.MoveReason.NONE
    remark: str = ""
    looked_at: int | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What an act moved, by the order of the meters."""

    request_key: uuid.UUID
    meter_ids: tuple[int, ...]
    is_repeat: bool = False


def receive(*, actor: Actor, command: Receive, today: datetime.date, now: datetime.datetime) -> Batch:
    """Take new meters into store, all or none; the same command again gives the first result.

    Raises FutureDayError, PlaceMissingError, UnitNotFoundError, ModelNotFoundError, SerialsTakenError.
    """
    actor.require(RIGHT)
    _require_day(command.on, today=today)
    if not command.store:
        raise PlaceMissingError
    try:
        return _receive(actor=actor, command=command, now=now)
    except SerialsTakenError:
        # Two clicks at once: the first one's meters are there.
        with transaction.reading(actor=actor):
            known = _known(command.request_key)
        if known is None:
            raise
        return known


def _receive(*, actor: Actor, command: Receive, now: datetime.datetime) -> Batch:
    with transaction.writing(actor=actor):
        known = _known(command.request_key)
        if known is not None:
            return known
        _require_station(actor=actor, station_id=command.station_id)
        meters = operations.receive_meters(
            receipt=operations.Receipt(
                station_id=command.station_id,
                model_id=command.model_id,
                serial_nos=command.serial_nos,
                store=command.store,
                on=command.on,
                at=now,
                staff_id=actor.staff_id,
                bundle=command.request_key,
                purchase_no=command.purchase_no,
                manufactured_on=command.manufactured_on,
                verified_on=command.verified_on,
            )
        )
        after = {
            "model": str(queries.meter_model(model_id=command.model_id)),
            "holder": command.store,
            "purchase_no": command.purchase_no,
        }
        _record(actor=actor, now=now, act="METERS_RECEIVED", meters=meters, after=after)
    return Batch(request_key=command.request_key, meter_ids=tuple(meter.pk for meter in meters))


def move(*, actor: Actor, command: MoveMeters, today: datetime.date, now: datetime.datetime) -> Batch:
    """Move meters together, all or none; the same command again gives the first result.

    Raises FutureDayError, PlaceMissingError, ReasonMissingError, UnknownSerialsError, SecondLookError,
    MoveRefusedError.
    """
    actor.require(RIGHT)
    act = ACTS[command.to_state]
    _require_day(command.on, today=today)
    _require_words(command)
    with transaction.writing(actor=actor):
        ids = _ids(command.serial_nos)
        before = {meter.pk: meter for meter in operations.lock_meters(meter_ids=ids)}
        known = _known(command.request_key)
        if known is not None:
            return known
        if command.to_state is State.SCRAPPED and command.looked_at != len(ids):
            raise SecondLookError(count=len(ids))
        operations.move_meters(
            meter_ids=ids,
            move=operations.Move(
                meter_id=0,
                to_state=command.to_state,
                on=command.on,
                at=now,
                staff_id=actor.staff_id,
                place=command.place,
                reason=command.reason,
                remark=command.remark,
                bundle=command.request_key,
            ),
        )
        _record(
            actor=actor,
            now=now,
            act=act,
            meters=list(before.values()),
            reason=command.remark,
            before={"state": sorted({meter.state for meter in before.values()})},
            after={"state": command.to_state.value, "holder": command.place, "cause": command.reason.value},
        )
    return Batch(request_key=command.request_key, meter_ids=tuple(ids))


def undo_move(
    *, actor: Actor, meter_id: int, move_id: int, reason: str, today: datetime.date, now: datetime.datetime
) -> None:
    """Take a meter's last move back by a counter-move, with a reason.

    Raises MeterNotFoundError, ReasonMissingError, MoveRefusedError, MeterChangedError.
    """
    actor.require(RIGHT)
    if not reason:
        raise ReasonMissingError
    with transaction.writing(actor=actor):
        before = operations.lock_meter(meter_id=meter_id)
        back = operations.undo_last_move(
            undo=operations.Move(
                meter_id=meter_id,
                to_state=State(before.state),
                on=today,
                at=now,
                staff_id=actor.staff_id,
                remark=reason,
                reason=rules.MoveReason.MISTAKE,
            ),
            move_id=move_id,
        )
        _record(
            actor=actor,
            now=now,
            act="METER_MOVE_UNDONE",
            meters=[before],
            reason=reason,
            before={"state": before.state},
            after={"state": back.to_state, "holder": back.place},
        )


def _known(request_key: uuid.UUID) -> Batch | None:
    moves = queries.moves_of_bundle(bundle=request_key)
    if not moves:
        return None
    return Batch(request_key=request_key, meter_ids=tuple(move.meter_id for move in moves), is_repeat=True)


def _ids(serial_nos: Sequence[str]) -> list[int]:
    """The meters of the numbers, each once, in the order of their ids."""
    found = queries.meters_by_serial(serial_nos=serial_nos)
    missing = [number for number in serial_nos if number not in found]
    if missing:
        raise UnknownSerialsError(serial_nos=missing)
    return sorted({meter.pk for meter in found.values()})


def _require_day(day: datetime.date, *, today: datetime.date) -> None:
    if day > today:
        raise FutureDayError(day)


def _require_words(command: MoveMeters) -> None:
    if command.to_state in _WITH_REASON:
        if command.reason is rules.MoveReason.NONE:
            raise ReasonMissingError
    elif not command.place:
        raise PlaceMissingError


def _require_station(*, actor: Actor, station_id: int) -> None:
    unit = access_queries.units_by_id(unit_ids=actor.unit_ids).get(station_id)
    if unit is None or unit.kind != access_models.OrgUnitKind.STATION:
        raise UnitNotFoundError(station_id)


def _record(
    *,
    actor: Actor,
    now: datetime.datetime,
    act: str,
    meters: Sequence[models.Meter],
    reason: str = "",
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """One audit row for the act: of the meter when it is one, else of the meters together."""
    stations = {meter.station_id for meter in meters}
    numbers: dict[str, object] = {"meters": [meter.serial_no for meter in meters]}
    access.record_act(
        actor=actor,
        at=now,
        act=act,
        subject_kind="METER" if len(meters) == 1 else "METERS",
        subject_id=meters[0].pk if len(meters) == 1 else meters[0].serial_no,
        station_id=stations.pop() if len(stations) == 1 else actor.home_unit_id,
        reason=reason,
        before=before,
        after=dict(after or {}) | ({} if len(meters) == 1 else numbers | {"count": len(meters)}),
    )
