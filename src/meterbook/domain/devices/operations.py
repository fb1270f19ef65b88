"""Writes of meters: receiving, moving, barcodes. Need a transaction, open none.

A meter's row is locked before anything of it changes; several are locked in the order of their ids.
"""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import IntegrityError

from meterbook.domain.devices import models, queries, rules

MeterNotFoundError = queries.MeterNotFoundError
ModelNotFoundError = queries.ModelNotFoundError
NumberError = rules.NumberError

# Who has the meter: nobody while it hangs, and nobody any more.
_WITHOUT_HOLDER = frozenset(
    {models.MeterState.IN_SERVICE, models.MeterState.SCRAPPED, models.MeterState.LOST}
)


class MoveRefusedError(Exception):
    """A meter may not be moved so: `code` says why, the rest of which meter and from where."""

    def __init__(
        self,
        *,
        code: rules.MoveFault,
        meter_id: int,
        serial_no: str,
        state: rules.MeterState,
        last_moved_on: datetime.date | None,
    ) -> None:
        super().__init__(f"{code.value}: {serial_no} is {state.name}")
        self.code = code
        self.meter_id = meter_id
        self.serial_no = serial_no
        self.state = state
        self.last_moved_on = last_moved_on


class SerialsTakenError(Exception):
    """Meters with these serial numbers exist already; empty when they are another station's."""

    def __init__(self, *, serial_nos: Sequence[str]) -> None:
        super().__init__(", ".join(serial_nos))
        self.serial_nos = tuple(serial_nos)


class BarcodeTakenError(Exception):
    """Another meter has this barcode, or has it as its serial number."""

    def __init__(self, *, barcode: str) -> None:
        super().__init__(barcode)
        self.barcode = barcode


class MeterChangedError(Exception):
    """Somebody changed the meter since the page was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One meter to another state: the day, the instant, by whom, to whom or which place, why.

    `place` is who has the meter then: the store, the person it is issued to, the laboratory, the workshop.
    `bundle` joins the moves of one act; a meter is in a bundle once.
    """

    meter_id: int
    to_state: rules.MeterState
    on: datetime.date
    at: datetime.datetime
    staff_id: int | None
    place: str = ""
    reason: rules.MoveReason = rules.MoveReason.NONE
    remark: str = ""
    bundle: uuid.UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """New meters of one model into a store."""

    station_id: int
    model_id: int
    serial_nos: Sequence[str]
    store: str
    on: datetime.date
    at: datetime.datetime
    staff_id: int | None
    bundle: uuid.UUID
    purchase_no: str = ""
    manufactured_on: datetime.date | None = None
    verified_on: datetime.date | None = None


def lock_meter(*, meter_id: int) -> models.Meter:
    """The meter's row, locked until the transaction ends. Raises MeterNotFoundError."""
    return lock_meters(meter_ids=[meter_id])[0]


def lock_meters(*, meter_ids: Sequence[int]) -> list[models.Meter]:
    """The meters' rows in the order of their ids, locked. Raises MeterNotFoundError when one is missing."""
    wanted = sorted(set(meter_ids))
    found = list(models.Meter.objects.select_for_update().filter(pk__in=wanted).order_by("pk"))
    if len(found) != len(wanted):
        raise MeterNotFoundError(sorted(set(wanted) - {meter.pk for meter in found}))
    return found


def move_meter(*, move: Move) -> models.MeterMove:
    """Move one meter. Raises MeterNotFoundError, MoveRefusedError.

    Whoever fits or removes a meter (to IN_SERVICE, REMOVED) keeps its installation in the same transaction.
    """
    meter = lock_meter(meter_id=move.meter_id)
    last = queries.last_move(meter_id=meter.pk)
    fault = rules.move_fault(
        from_state=rules.MeterState(meter.state),
        to_state=move.to_state,
        moved_on=move.on,
        last_moved_on=last.moved_on,
    )
    if fault is not None:
        raise _refused(fault, meter=meter, last=last)
    return _write_move(move, meter=meter)


def move_meters(*, meter_ids: Sequence[int], move: Move) -> list[models.MeterMove]:
    """Move several meters in the same way (`move.meter_id` is not looked at): all of them or none."""
    ids = [meter.pk for meter in lock_meters(meter_ids=meter_ids)]
    return [move_meter(move=replace(move, meter_id=meter_id)) for meter_id in ids]


def undo_last_move(*, undo: Move, move_id: int, with_installation: bool = False) -> models.MeterMove:
    """Take a meter's last move `move_id` back by a counter-move to where it was before.

    Of `undo` the state is not looked at. `with_installation`: the caller takes the installation back in the
    same transaction; without it a move that fitted or removed a meter is refused. Raises MoveRefusedError,
    MeterChangedError when another move came after.
    """
    meter = lock_meter(meter_id=undo.meter_id)
    last = queries.last_move(meter_id=meter.pk)
    if last.pk != move_id:
        raise MeterChangedError(meter.serial_no)
    fault = rules.undo_fault(
        from_state=None if last.from_state is None else rules.MeterState(last.from_state),
        to_state=rules.MeterState(last.to_state),
        is_undo=last.undoes_id is not None,
    )
    if with_installation and fault is rules.MoveFault.BELONGS_TO_INSTALLATION:
        fault = None
    if fault is None and undo.on < last.moved_on:
        fault = rules.MoveFault.BEFORE_LAST_MOVE
    if fault is not None or last.from_state is None:
        raise _refused(fault or rules.MoveFault.NOTHING_TO_UNDO, meter=meter, last=last)
    place = queries.place_before(move=last)
    back = replace(undo, to_state=rules.MeterState(last.from_state), place=place)
    return _write_move(back, meter=meter, undoes=last)


def receive_meters(*, receipt: Receipt) -> list[models.Meter]:
    """Write new meters in store, each with the registers of its model and its first move: all or none.

    Raises ModelNotFoundError, SerialsTakenError.
    """
    model = models.MeterModel.objects.filter(pk=receipt.model_id).first()
    if model is None:
        raise ModelNotFoundError(receipt.model_id)
    taken = queries.serials_taken(serial_nos=receipt.serial_nos)
    if taken:
        raise SerialsTakenError(serial_nos=taken)
    since = rules.count_from(
        verified_on=receipt.verified_on, manufactured_on=receipt.manufactured_on, first_installed_on=None
    )
    due_on = rules.due_on(lives=rules.lives_of_model(model), since=since)
    try:
        meters = models.Meter.objects.bulk_create(
            models.Meter(
                station_id=receipt.station_id,
                model=model,
                serial_no=serial_no,
                state=models.MeterState.IN_STOCK,
                manufactured_on=receipt.manufactured_on,
                verified_on=receipt.verified_on,
                verification_due_on=due_on,
                purchase_no=receipt.purchase_no,
                holder=receipt.store,
            )
            for serial_no in receipt.serial_nos
        )
    except IntegrityError as error:
        # Out of sight of the actor's scope: the serial number is another station's.
        raise SerialsTakenError(serial_nos=()) from error
    _write_registers(meters, model=model)
    _write_first_moves(meters, receipt=receipt)
    return meters


def change_barcode(*, meter_id: int, barcode: str, version: int) -> models.Meter:
    """Give a meter another barcode; empty takes it away.

    Raises MeterNotFoundError, MeterChangedError, BarcodeTakenError, NumberError. A scan must name one meter:
    the barcode may be nobody else's, nor another meter's serial number.
    """
    meter = lock_meter(meter_id=meter_id)
    if meter.version != version:
        raise MeterChangedError(meter.serial_no)
    if barcode and not rules.is_number(barcode):
        raise NumberError(code=rules.NumberFault.NOT_A_NUMBER, text=barcode)
    if barcode and queries.is_scanned_as_another(meter_id=meter_id, number=barcode):
        raise BarcodeTakenError(barcode=barcode)
    meter.barcode = barcode
    try:
        save_meter(meter, "barcode")
    except IntegrityError as error:
        raise BarcodeTakenError(barcode=barcode) from error
    return meter


def _write_move(
    move: Move, *, meter: models.Meter, undoes: models.MeterMove | None = None
) -> models.MeterMove:
    written = models.MeterMove.objects.create(
        station_id=meter.station_id,
        meter=meter,
        from_state=meter.state,
        to_state=move.to_state,
        moved_on=move.on,
        moved_at=move.at,
        staff_id=move.staff_id,
        place=move.place,
        reason=move.reason,
        remark=move.remark,
        bundle=move.bundle,
        undoes=undoes,
    )
    meter.state = move.to_state
    meter.holder = "" if move.to_state in _WITHOUT_HOLDER else move.place
    save_meter(meter, "state", "holder")
    return written


def save_meter(meter: models.Meter, *fields: str) -> None:
    """Write fields of a locked meter and count the change."""
    meter.version += 1
    meter.save(update_fields=[*fields, "version"])


def _refused(code: rules.MoveFault, *, meter: models.Meter, last: models.MeterMove) -> MoveRefusedError:
    return MoveRefusedError(
        code=code,
        meter_id=meter.pk,
        serial_no=meter.serial_no,
        state=rules.MeterState(meter.state),
        last_moved_on=last.moved_on,
    )


def _write_registers(meters: Sequence[models.Meter], *, model: models.MeterModel) -> None:
    models.Register.objects.bulk_create(
        models.Register(
            station_id=meter.station_id,
            meter=meter,
            band=band,
            digits=model.digits,
            decimals=model.decimals,
            multiplier_milli=model.multiplier_milli,
        )
        for meter in meters
        for band in model.bands
    )


def _write_first_moves(meters: Sequence[models.Meter], *, receipt: Receipt) -> None:
    models.MeterMove.objects.bulk_create(
        models.MeterMove(
            station_id=meter.station_id,
            meter=meter,
            to_state=models.MeterState.IN_STOCK,
            moved_on=receipt.on,
            moved_at=receipt.at,
            staff_id=receipt.staff_id,
            place=receipt.store,
            bundle=receipt.bundle,
        )
        for meter in meters
    )
