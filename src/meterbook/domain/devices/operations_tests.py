"""Seals on meters and what laboratories found. Need a transaction, open none."""

import datetime
import uuid
from dataclasses import dataclass

from django.db import IntegrityError

from meterbook.domain.devices import models, operations, rules

MeterNotFoundError = operations.MeterNotFoundError
NumberError = rules.NumberError


class SealTakenError(Exception):
    """A seal of this number was used before: a number is applied once."""

    def __init__(self, *, seal_no: str) -> None:
        super().__init__(seal_no)
        self.seal_no = seal_no


class SealNotFoundError(Exception):
    """No such seal on this meter, or it was taken off already."""


class SealDateError(Exception):
    """A seal can't be taken off before it was applied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSeal:
    """A seal to be applied."""

    seal_no: str
    position: models.SealPosition
    on: datetime.date
    staff_id: int | None
    colour: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTest:
    """What a laboratory found. `points` are (flow in thousandths of a m³/h, error in millionths)."""

    kind: models.TestKind
    tested_on: datetime.date
    laboratory: str
    has_passed: bool
    at: datetime.datetime
    staff_id: int | None
    request_key: uuid.UUID
    certificate_no: str = ""
    error_ppm: int | None = None
    points: tuple[tuple[int, int], ...] = ()
    next_due_on: datetime.date | None = None
    remark: str = ""


def apply_seal(*, meter_id: int, seal: NewSeal) -> models.Seal:
    """Put a seal on a meter. Raises MeterNotFoundError, SealTakenError, NumberError."""
    meter = operations.lock_meter(meter_id=meter_id)
    if not rules.is_number(seal.seal_no):
        raise NumberError(code=rules.NumberFault.NOT_A_NUMBER, text=seal.seal_no)
    if models.Seal.objects.filter(seal_no=seal.seal_no).exists():
        raise SealTakenError(seal_no=seal.seal_no)
    try:
        return models.Seal.objects.create(
            station_id=meter.station_id,
            meter=meter,
            seal_no=seal.seal_no,
            colour=seal.colour,
            position=seal.position,
            applied_on=seal.on,
            applied_by_id=seal.staff_id,
        )
    except IntegrityError as error:
        raise SealTakenError(seal_no=seal.seal_no) from error


def remove_seal(
    *, meter_id: int, seal_id: int, on: datetime.date, staff_id: int | None, reason: str
) -> models.Seal:
    """Take a seal off, with a reason. Raises MeterNotFoundError, SealNotFoundError, SealDateError."""
    operations.lock_meter(meter_id=meter_id)
    seal = models.Seal.objects.filter(pk=seal_id, meter_id=meter_id, removed_on__isnull=True).first()
    if seal is None:
        raise SealNotFoundError(seal_id)
    if on < seal.applied_on:
        raise SealDateError(seal.seal_no)
    seal.removed_on, seal.removed_by_id, seal.removal_reason = on, staff_id, reason
    seal.save(update_fields=["removed_on", "removed_by", "removal_reason"])
    return seal


def record_test(*, meter_id: int, test: NewTest) -> models.MeterTest:
    """Write a test with its points; one that was passed verifies the meter anew: its age counts from there.

    The same `request_key` again returns the test that is there. Raises MeterNotFoundError.
    """
    meter = operations.lock_meter(meter_id=meter_id)
    known = models.MeterTest.objects.filter(request_key=test.request_key, meter_id=meter_id).first()
    if known is not None:
        return known
    lives = rules.lives_of_model(meter.model)
    due_on = test.next_due_on or rules.due_on(lives=lives, since=test.tested_on)
    written = models.MeterTest.objects.create(
        station_id=meter.station_id,
        meter=meter,
        kind=test.kind,
        tested_on=test.tested_on,
        laboratory=test.laboratory,
        certificate_no=test.certificate_no,
        has_passed=test.has_passed,
        error_ppm=test.error_ppm,
        next_due_on=test.next_due_on,
        remark=test.remark,
        staff_id=test.staff_id,
        recorded_at=test.at,
        request_key=test.request_key,
    )
    models.MeterTestPoint.objects.bulk_create(
        models.MeterTestPoint(
            station_id=meter.station_id, test=written, flow_milli=flow_milli, error_ppm=error_ppm
        )
        for flow_milli, error_ppm in test.points
    )
    if test.error_ppm is not None:
        meter.correction_ppm = test.error_ppm
    if test.has_passed:
        meter.verified_on, meter.verification_due_on, meter.is_due_stated = test.tested_on, due_on, False
    operations.save_meter(meter, "correction_ppm", "verified_on", "verification_due_on", "is_due_stated")
    return written
