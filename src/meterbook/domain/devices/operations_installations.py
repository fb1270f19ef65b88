"""Where meters hang: fitted, taken off, and either taken back. Each is a move of the meter as well.

The tables see to it that a meter hangs in one place and a place has one meter at a time.
"""

import datetime
from dataclasses import replace

from meterbook.domain.devices import models, operations, queries, rules

State = rules.MeterState


class FittingError(Exception):
    """A meter can't be fitted or taken off.

    `code`: METER_UNKNOWN, METER_NOT_FREE (it hangs somewhere, is scrapped, in test ...), OTHER_STATION,
    OTHER_UTILITY, PLACE_TAKEN, BEFORE_INSTALLED, or CHANGED_SINCE (meter or place had a change after that
    day, `on`).
    """

    def __init__(self, *, code: str, serial_no: str = "", on: datetime.date | None = None) -> None:
        super().__init__(f"{code} {serial_no}".strip())
        self.code = code
        self.serial_no = serial_no
        self.on = on


def meter_by_number(*, number: str) -> models.Meter:
    """The meter of a serial number or barcode, locked. FittingError METER_UNKNOWN."""
    ids = queries.meter_ids_by_exact_no(number=number)
    if not ids:
        raise FittingError(code="METER_UNKNOWN", serial_no=number)
    return operations.lock_meter(meter_id=ids[0])


def installation_at(*, service_point_id: int) -> models.Installation | None:
    """What hangs at a service point now, its meter locked; None where nothing does."""
    hung = models.Installation.objects.filter(service_point_id=service_point_id, removed_on__isnull=True)
    found = hung.first()
    if found is not None:
        found.meter = operations.lock_meter(meter_id=found.meter_id)
    return found


def fit_meter(
    *, meter: models.Meter, service_point_id: int, station_id: int, utility: int, move: operations.Move
) -> models.Installation:
    """Hang a meter (locked before) at a service point of a station, by `move`. Raises FittingError."""
    serial_no = meter.serial_no
    if meter.model.utility != utility:
        raise FittingError(code="OTHER_UTILITY", serial_no=serial_no)
    if meter.station_id != station_id:
        raise FittingError(code="OTHER_STATION", serial_no=serial_no)
    if models.Installation.objects.filter(
        service_point_id=service_point_id, removed_on__isnull=True
    ).exists():
        raise FittingError(code="PLACE_TAKEN", serial_no=serial_no)
    later = models.Installation.objects.filter(service_point_id=service_point_id, removed_on__gt=move.on)
    later = later | models.Installation.objects.filter(meter=meter, removed_on__gt=move.on)
    if (after := later.order_by("-removed_on").first()) is not None:
        raise FittingError(code="CHANGED_SINCE", serial_no=serial_no, on=after.removed_on)
    _move(replace(move, to_state=State.IN_SERVICE), meter=meter)
    return models.Installation.objects.create(
        station_id=station_id, meter=meter, service_point_id=service_point_id, installed_on=move.on
    )


def take_off(*, installation: models.Installation, move: operations.Move) -> None:
    """Take a meter off, by `move`. Raises FittingError."""
    if move.on < installation.installed_on:
        raise FittingError(
            code="BEFORE_INSTALLED", serial_no=installation.meter.serial_no, on=installation.installed_on
        )
    _move(replace(move, to_state=State.REMOVED), meter=installation.meter)
    installation.removed_on = move.on
    installation.save(update_fields=["removed_on"])


def unfit_meter(*, installation: models.Installation, move: operations.Move) -> None:
    """Take a fitting back: the meter hung there no day, and is where it was before. Raises FittingError."""
    _undo(move, meter=installation.meter)
    installation.removed_on = installation.installed_on
    installation.save(update_fields=["removed_on"])


def hang_back(*, meter_id: int, service_point_id: int, move: operations.Move) -> None:
    """Take a removal of the day of `move` back: the meter hangs on as if nothing had been.

    Raises FittingError CHANGED_SINCE when the meter went on from there.
    """
    rows = models.Installation.objects.select_related("meter").filter(
        meter_id=meter_id, service_point_id=service_point_id, removed_on=move.on
    )
    installation = rows.order_by("-installed_on", "-id").first()
    if installation is None:
        raise FittingError(code="CHANGED_SINCE", on=move.on)
    _undo(move, meter=installation.meter)
    installation.removed_on = None
    installation.save(update_fields=["removed_on"])


def _move(move: operations.Move, *, meter: models.Meter) -> None:
    try:
        operations.move_meter(move=replace(move, meter_id=meter.pk))
    except operations.MoveRefusedError as refused:
        is_early = refused.code is rules.MoveFault.BEFORE_LAST_MOVE
        code = "CHANGED_SINCE" if is_early else "METER_NOT_FREE"
        raise FittingError(code=code, serial_no=meter.serial_no, on=refused.last_moved_on) from refused


def _undo(move: operations.Move, *, meter: models.Meter) -> None:
    last = queries.last_move(meter_id=meter.pk)
    if last.to_state not in (State.IN_SERVICE, State.REMOVED) or last.undoes_id is not None:
        raise FittingError(code="CHANGED_SINCE", serial_no=meter.serial_no, on=last.moved_on)
    try:
        operations.undo_last_move(
            undo=replace(move, meter_id=meter.pk), move_id=last.pk, with_installation=True
        )
    except operations.MoveRefusedError as refused:
        raise FittingError(
            code="CHANGED_SINCE", serial_no=meter.serial_no, on=refused.last_moved_on
        ) from refused
