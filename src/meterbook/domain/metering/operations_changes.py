"""Writes of meter changes: readings that close and open registers, what is carried, and taking it all back.

Locks go from the book to its open rounds, then to the meters. Rounds that are open get their entries anew.
"""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from meterbook.domain.agreements import models as agreement_models
from meterbook.domain.devices import models as devices
from meterbook.domain.devices import operations as meters
from meterbook.domain.devices import operations_installations as installations
from meterbook.domain.devices import rules as meter_rules
from meterbook.domain.metering import bulk, models, operations_closings, queries_changes, rules_changes
from meterbook.domain.premises import models as premises

Kind = models.ChangeKind
Fault = rules_changes.ChangeFault
ChangeError = rules_changes.ChangeError


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A meter to be fitted, swapped or taken off. Values by band, in thousandths.

    `reason` is one of devices.rules.MoveReason. `is_confirmed`: a usage far above average was looked at.
    """

    request_key: uuid.UUID
    kind: models.ChangeKind
    service_point_id: int
    changed_on: datetime.date
    reason: int
    remark: str = ""
    new_serial_no: str = ""
    closings: Mapping[int, rules_changes.Closing] = field(default_factory=dict)
    openings: Mapping[int, int] = field(default_factory=dict)
    old_seal_no: str = ""
    new_seal_no: str = ""
    is_confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A change that stands. `quantity_milli` by band is what is carried; None waits for the next meter."""

    change_id: int
    station_id: int
    agreement_id: int | None
    changed_on: datetime.date
    old_meter_id: int | None
    new_meter_id: int | None
    old_serial_no: str
    new_serial_no: str
    quantity_milli: Mapping[int, int | None]
    is_repeat: bool = False


def change_meter(
    *, change: Change, staff_id: int | None, today: datetime.date, at: datetime.datetime
) -> Changed:
    """Fit, swap or take off the meter of a service point, once; a repeat gives the first result.

    Raises ChangeError, or FittingError of devices.operations_installations.
    """
    if (known := models.MeterChange.objects.filter(request_key=change.request_key).first()) is not None:
        return _changed(known, is_repeat=True)
    if change.changed_on > today:
        raise ChangeError(code=Fault.IN_FUTURE, on=today)
    point = premises.ServicePoint.objects.filter(pk=change.service_point_id).first()
    if point is None:
        raise ChangeError(code=Fault.PLACE_UNKNOWN)
    lock_rounds_of(service_point_id=point.pk)
    hung = installations.installation_at(service_point_id=point.pk)
    if (hung is None) != (change.kind == Kind.INSTALL):
        raise ChangeError(code=Fault.PLACE_EMPTY if hung is None else Fault.PLACE_TAKEN)
    new = None
    if change.kind != Kind.REMOVE:
        new = installations.meter_by_number(number=change.new_serial_no)
    if hung is not None and new is not None and hung.meter_id == new.pk:
        raise installations.FittingError(code="METER_NOT_FREE", serial_no=new.serial_no)
    agreement = agreement_on(service_point_id=point.pk, day=change.changed_on)
    made = _write(change, point=point, agreement=agreement, hung=hung, new=new, staff_id=staff_id, at=at)
    if hung is not None:
        operations_closings.close_registers(
            made=made,
            utility=point.utility,
            closings=change.closings,
            is_confirmed=change.is_confirmed,
            agreement=agreement,
        )
        installations.take_off(installation=hung, move=_move(made))
    if new is not None:
        _fit(made, meter=new, point=point, openings=change.openings)
    renew_entries(service_point_id=point.pk, day=change.changed_on)
    return _changed(made)


def _write(
    change: Change,
    *,
    point: premises.ServicePoint,
    agreement: agreement_models.SupplyAgreement | None,
    hung: devices.Installation | None,
    new: devices.Meter | None,
    staff_id: int | None,
    at: datetime.datetime,
) -> models.MeterChange:
    return models.MeterChange.objects.create(
        station_id=point.station_id,
        service_point=point,
        agreement=agreement,
        kind=change.kind,
        changed_on=change.changed_on,
        reason=change.reason,
        remark=change.remark,
        old_meter=None if hung is None else hung.meter,
        new_meter=new,
        old_seal_no=change.old_seal_no,
        new_seal_no=change.new_seal_no,
        staff_id=staff_id,
        request_key=change.request_key,
        recorded_at=at,
    )


def _move(made: models.MeterChange) -> meters.Move:
    """The move of either meter; where to is said by who fits or takes off."""
    return meters.Move(
        meter_id=0,
        to_state=meter_rules.MeterState.IN_SERVICE,
        on=made.changed_on,
        at=made.recorded_at,
        staff_id=made.staff_id,
        reason=meter_rules.MoveReason(made.reason),
        remark=made.remark,
        bundle=made.request_key,
    )


def agreement_on(*, service_point_id: int, day: datetime.date) -> agreement_models.SupplyAgreement | None:
    """The agreement that uses what a meter counted up to a day; one that only begins then comes second."""
    running = agreement_models.SupplyAgreement.objects.filter(
        service_point_id=service_point_id, from_on__lte=day
    ).exclude(until_on__lt=day)
    return running.order_by("from_on").first()


def lock_rounds_of(*, service_point_id: int) -> models.Book | None:
    """Lock the point's book and its open rounds, so that no value is entered or accepted meanwhile."""
    place = models.BookPlace.objects.filter(service_point_id=service_point_id).first()
    if place is None:
        return None
    book = models.Book.objects.select_for_update(no_key=True).get(pk=place.book_id)
    rounds = models.Round.objects.filter(book=book, state=models.RoundState.OPEN).order_by("pk")
    list(rounds.select_for_update(no_key=True))
    return book


def renew_entries(*, service_point_id: int, day: datetime.date) -> None:
    """Give the point's open rounds the entries of the registers and the agreement there are on `day`.

    Values entered there are gone with their entries: whoever calls has dealt with them.
    """
    place = models.BookPlace.objects.filter(service_point_id=service_point_id).first()
    if place is None:
        return
    rounds = models.Round.objects.filter(book_id=place.book_id, state=models.RoundState.OPEN)
    for found in rounds.order_by("pk"):
        of_point = models.RoundEntry.objects.filter(round=found, agreement__service_point_id=service_point_id)
        of_point.delete()
        bulk.open_entries(
            round_id=found.pk,
            book_id=place.book_id,
            day=max(found.opened_on, day),
            service_point_id=service_point_id,
        )


def _fit(
    made: models.MeterChange,
    *,
    meter: devices.Meter,
    point: premises.ServicePoint,
    openings: Mapping[int, int],
) -> None:
    """Hang the meter and open its registers."""
    if made.old_meter_id is not None and _bands(meter.pk) != _bands(made.old_meter_id):
        raise ChangeError(code=Fault.BANDS_DIFFER)
    installations.fit_meter(
        meter=meter,
        service_point_id=point.pk,
        station_id=point.station_id,
        utility=point.utility,
        move=_move(made),
    )
    for state in queries_changes.register_states(meter_id=meter.pk, agreement_id=None):
        if state.band not in openings:
            raise ChangeError(code=Fault.VALUE_MISSING, band=state.band)
        if state.previous is not None and state.previous.read_on > made.changed_on:
            raise ChangeError(code=Fault.BEFORE_LAST_READING, band=state.band, on=state.previous.read_on)
        if openings[state.band] >= state.capacity_milli:
            raise ChangeError(code=Fault.BEYOND_DIGITS, band=state.band)
        operations_closings.open_register(
            made=made, register_id=state.register_id, value_milli=openings[state.band]
        )


def _bands(meter_id: int) -> set[int]:
    return set(devices.Register.objects.filter(meter_id=meter_id).values_list("band", flat=True))


def undo_change(
    *, change_id: int, request_key: uuid.UUID, staff_id: int | None, remark: str, at: datetime.datetime
) -> Changed:
    """Take a change back while nothing followed: readings are withdrawn, the meters are where they were.

    Raises ChangeError: CHANGE_UNKNOWN, UNDONE_ALREADY, USAGE_TAKEN, CHANGED_SINCE, READING_ENTERED.
    """
    if (known := models.MeterChange.objects.filter(request_key=request_key).first()) is not None:
        return _changed(known, is_repeat=True)
    change = models.MeterChange.objects.select_related("old_meter", "new_meter").filter(pk=change_id).first()
    if change is None or change.kind == Kind.UNDO:
        raise ChangeError(code=Fault.CHANGE_UNKNOWN)
    lock_rounds_of(service_point_id=change.service_point_id)
    if models.MeterChange.objects.filter(undoes=change).exists():
        raise ChangeError(code=Fault.UNDONE_ALREADY)
    _refuse_if_followed(change)
    made = models.MeterChange.objects.create(
        station_id=change.station_id,
        service_point_id=change.service_point_id,
        agreement_id=change.agreement_id,
        kind=Kind.UNDO,
        changed_on=change.changed_on,
        reason=change.reason,
        remark=remark,
        old_meter=change.new_meter,
        new_meter=change.old_meter,
        undoes=change,
        staff_id=staff_id,
        request_key=request_key,
        recorded_at=at,
    )
    operations_closings.withdraw(change=change, made=made)
    _hang_as_before(change, move=_move(made))
    renew_entries(service_point_id=change.service_point_id, day=change.changed_on)
    return _changed(made)


def _refuse_if_followed(change: models.MeterChange) -> None:
    """Raise ChangeError when a usage, a reading or another change came after this one."""
    if queries_changes.is_taken_in(change_id=change.pk):
        raise ChangeError(code=Fault.USAGE_TAKEN)
    hung = installations.installation_at(service_point_id=change.service_point_id)
    if (None if hung is None else hung.meter_id) != change.new_meter_id:
        raise ChangeError(code=Fault.CHANGED_SINCE)
    readings = list(change.readings.all())
    ids = [reading.register_id for reading in readings]
    latest = queries_changes.latest_reading_ids(register_ids=ids)
    if any(latest.get(reading.register_id) != reading.reading_id for reading in readings):
        raise ChangeError(code=Fault.CHANGED_SINCE)
    entered = models.RoundEntry.objects.filter(
        register_id__in=ids, round__state=models.RoundState.OPEN, value_milli__isnull=False
    ).first()
    if entered is not None:
        raise ChangeError(code=Fault.READING_ENTERED, on=entered.read_on, milli=entered.value_milli)


def _hang_as_before(change: models.MeterChange, *, move: meters.Move) -> None:
    try:
        hung = installations.installation_at(service_point_id=change.service_point_id)
        if hung is not None:
            installations.unfit_meter(installation=hung, move=move)
        if change.old_meter_id is not None:
            installations.hang_back(
                meter_id=change.old_meter_id, service_point_id=change.service_point_id, move=move
            )
    except installations.FittingError as refused:
        raise ChangeError(code=Fault.CHANGED_SINCE, on=refused.on) from refused


def _changed(made: models.MeterChange, *, is_repeat: bool = False) -> Changed:
    carried = models.CarriedUsage.objects.filter(change_id=made.pk, cancels_id__isnull=True)
    bands = dict(
        devices.Register.objects.filter(pk__in=carried.values("register_id")).values_list("pk", "band")
    )
    return Changed(
        change_id=made.pk,
        station_id=made.station_id,
        agreement_id=made.agreement_id,
        changed_on=made.changed_on,
        old_meter_id=made.old_meter_id,
        new_meter_id=made.new_meter_id,
        old_serial_no="" if made.old_meter is None else made.old_meter.serial_no,
        new_serial_no="" if made.new_meter is None else made.new_meter.serial_no,
        quantity_milli={bands[row.register_id]: row.quantity_milli for row in carried},
        is_repeat=is_repeat,
    )
