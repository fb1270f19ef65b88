"""What is kept of meters beside their moves: seals, tests, barcodes, and the models they are of. Audited."""

import datetime
from collections.abc import Mapping
from dataclasses import asdict

from meterbook.application import transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import models as access_models
from meterbook.domain.access import operations as access
from meterbook.domain.devices import models, operations, operations_models, operations_tests, queries

RIGHT = "meters.edit"

BarcodeTakenError = operations.BarcodeTakenError
MeterChangedError = operations.MeterChangedError
MeterNotFoundError = operations.MeterNotFoundError
ModelNotFoundError = operations.ModelNotFoundError
ModelTakenError = operations_models.ModelTakenError
NumberError = operations.NumberError
SealDateError = operations_tests.SealDateError
SealNotFoundError = operations_tests.SealNotFoundError
SealTakenError = operations_tests.SealTakenError


class FutureDayError(Exception):
    """The day of an act hasn't come yet."""


class ReasonMissingError(Exception):
    """A seal comes off with a reason."""


class NotEveryStationError(Exception):
    """A model that is there is changed by somebody who sees every station: all may have its meters."""


def apply_seal(
    *,
    actor: Actor,
    meter_id: int,
    seal: operations_tests.NewSeal,
    today: datetime.date,
    now: datetime.datetime,
) -> models.Seal:
    """Put a seal on a meter. Raises MeterNotFoundError, SealTakenError, NumberError, FutureDayError."""
    actor.require(RIGHT)
    _require_day(seal.on, today=today)
    with transaction.writing(actor=actor):
        applied = operations_tests.apply_seal(meter_id=meter_id, seal=seal)
        after: dict[str, object] = {
            "seal_no": seal.seal_no,
            "colour": seal.colour,
            "position": seal.position.value,
            "applied_on": seal.on.isoformat(),
        }
        _record(actor=actor, now=now, act="SEAL_APPLIED", meter_id=meter_id, after=after)
    return applied


def remove_seal(
    *,
    actor: Actor,
    meter_id: int,
    seal_id: int,
    on: datetime.date,
    reason: str,
    today: datetime.date,
    now: datetime.datetime,
) -> None:
    """Take a seal off, with a reason.

    Raises MeterNotFoundError, SealNotFoundError, SealDateError, ReasonMissingError, FutureDayError.
    """
    actor.require(RIGHT)
    _require_day(on, today=today)
    if not reason:
        raise ReasonMissingError
    with transaction.writing(actor=actor):
        seal = operations_tests.remove_seal(
            meter_id=meter_id, seal_id=seal_id, on=on, staff_id=actor.staff_id, reason=reason
        )
        _record(
            actor=actor,
            now=now,
            act="SEAL_REMOVED",
            meter_id=meter_id,
            reason=reason,
            before={"seal_no": seal.seal_no},
            after={"removed_on": on.isoformat()},
        )


def record_test(
    *,
    actor: Actor,
    meter_id: int,
    test: operations_tests.NewTest,
    today: datetime.date,
    now: datetime.datetime,
) -> models.MeterTest:
    """Write what a laboratory found; the same request_key again returns the test that is there.

    Raises MeterNotFoundError, FutureDayError.
    """
    actor.require(RIGHT)
    _require_day(test.tested_on, today=today)
    with transaction.writing(actor=actor):
        meter = operations.lock_meter(meter_id=meter_id)
        before = {
            "verification_due_on": _day(meter.verification_due_on),
            "correction_ppm": meter.correction_ppm,
        }
        if any(known.request_key == test.request_key for known in queries.tests_of(meter_id=meter_id)):
            return operations_tests.record_test(meter_id=meter_id, test=test)
        written = operations_tests.record_test(meter_id=meter_id, test=test)
        changed = queries.meter_facts(meter_id=meter_id)
        after = {
            "verification_due_on": _day(changed.verification_due_on),
            "correction_ppm": changed.correction_ppm,
            "tested_on": test.tested_on.isoformat(),
            "laboratory": test.laboratory,
            "certificate_no": test.certificate_no,
            "has_passed": test.has_passed,
        }
        _record(actor=actor, now=now, act="METER_TESTED", meter_id=meter_id, before=before, after=after)
    return written


def change_barcode(
    *, actor: Actor, meter_id: int, barcode: str, version: int, now: datetime.datetime
) -> None:
    """Give a meter another barcode; empty takes it away.

    Raises MeterNotFoundError, MeterChangedError, BarcodeTakenError, NumberError.
    """
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        before = operations.lock_meter(meter_id=meter_id).barcode
        if barcode == before:
            return
        operations.change_barcode(meter_id=meter_id, barcode=barcode, version=version)
        _record(
            actor=actor,
            now=now,
            act="METER_BARCODE_CHANGED",
            meter_id=meter_id,
            before={"barcode": before},
            after={"barcode": barcode},
        )


def keep_model(
    *, actor: Actor, model_id: int | None, facts: operations_models.ModelFacts, now: datetime.datetime
) -> models.MeterModel:
    """Write a model of meter. A new one by anybody with the right, a change by who sees every station.

    The age of its meters is counted anew, which only reaches those in sight.
    Raises ModelNotFoundError, ModelTakenError, NotEveryStationError.
    """
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        before = None
        if model_id is not None:
            _require_every_station(actor)
            before = _facts_of(queries.meter_model(model_id=model_id))
        kept = operations_models.keep_model(model_id=model_id, facts=facts)
        after = _facts_of(kept)
        if after == before:
            return kept
        access.record_act(
            actor=actor,
            at=now,
            act="METER_MODEL_ADDED" if before is None else "METER_MODEL_CHANGED",
            subject_kind="METER_MODEL",
            subject_id=kept.pk,
            before=before,
            after=after,
        )
    return kept


def _facts_of(model: models.MeterModel) -> dict[str, object]:
    """What a model says, as plain JSON; empty facts are left out."""
    names = asdict(operations_models.ModelFacts(maker="", name="", utility=1))
    facts = {name: getattr(model, name) for name in names}
    return {
        name: [int(band) for band in value] if name == "bands" else value
        for name, value in facts.items()
        if value not in (None, "")
    }


def _require_every_station(actor: Actor) -> None:
    stations = access_models.OrgUnit.objects.filter(kind=access_models.OrgUnitKind.STATION)
    if not actor.is_system and stations.exclude(pk__in=actor.unit_ids).exists():
        raise NotEveryStationError


def _require_day(day: datetime.date, *, today: datetime.date) -> None:
    if day > today:
        raise FutureDayError(day)


def _day(day: datetime.date | None) -> str:
    return "" if day is None else day.isoformat()


def _record(
    *,
    actor: Actor,
    now: datetime.datetime,
    act: str,
    meter_id: int,
    reason: str = "",
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    access.record_act(
        actor=actor,
        at=now,
        act=act,
        subject_kind="METER",
        subject_id=meter_id,
        station_id=queries.meter_facts(meter_id=meter_id).station_id,
        reason=reason,
        before=before,
        after=after,
    )
