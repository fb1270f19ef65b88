"""Reads of meters, registers and where they hang."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from meterbook.domain import fragments
from meterbook.domain.devices import models


@dataclass(frozen=True, slots=True)
class RegisterFacts:
    """One counter of a meter."""

    register_id: int
    band: models.Band
    digits: int
    decimals: int
    multiplier_milli: int


@dataclass(frozen=True, slots=True)
class InstallationFacts:
    """Where a meter hung, in [installed_on, removed_on)."""

    address: str
    service_point_id: int
    installed_on: datetime.date
    removed_on: datetime.date | None


@dataclass(frozen=True, slots=True)
class MeterFacts:
    """A meter with its registers and installations, newest installation first."""

    meter_id: int
    station_id: int
    serial_no: str
    barcode: str
    model: models.MeterModel
    utility: int
    kind: models.MeterKind
    state: models.MeterState
    holder: str
    purchase_no: str
    manufactured_on: datetime.date | None
    verified_on: datetime.date | None
    verification_due_on: datetime.date | None
    correction_ppm: int
    version: int
    registers: tuple[RegisterFacts, ...]
    installations: tuple[InstallationFacts, ...]


class MeterNotFoundError(Exception):
    """No such meter, or outside the scope."""


class ModelNotFoundError(Exception):
    """No such model of meter."""


def meter_ids_by_exact_no(*, number: str) -> list[int]:
    """The meters whose serial number or barcode is exactly `number`: none, one, rarely two."""
    ids = list(models.Meter.objects.filter(serial_no=number).values_list("id", flat=True))
    # Two look-ups, each by its own index, are quicker than one OR; the empty barcode is no number.
    ids += models.Meter.objects.filter(barcode=number).exclude(barcode="").values_list("id", flat=True)
    return list(dict.fromkeys(ids))


def meter_ids_by_prefix(*, start: str, most: int) -> list[int]:
    """At most `most` meters whose serial number begins with `start`, ascending."""
    found = models.Meter.objects.filter(serial_no__gte=start, serial_no__lt=start + fragments.AFTER_ALL)
    return list(found.order_by("serial_no").values_list("id", flat=True)[:most])


def meter_facts(*, meter_id: int) -> MeterFacts:
    """Everything stable about a meter. Raises MeterNotFoundError."""
    meter = models.Meter.objects.select_related("model").filter(pk=meter_id).first()
    if meter is None:
        raise MeterNotFoundError(meter_id)
    hung = meter.installations.select_related("service_point__premise").order_by("-installed_on")
    return MeterFacts(
        meter_id=meter.pk,
        station_id=meter.station_id,
        serial_no=meter.serial_no,
        barcode=meter.barcode,
        model=meter.model,
        utility=meter.model.utility,
        kind=models.MeterKind(meter.model.kind),
        state=models.MeterState(meter.state),
        holder=meter.holder,
        purchase_no=meter.purchase_no,
        manufactured_on=meter.manufactured_on,
        verified_on=meter.verified_on,
        verification_due_on=meter.verification_due_on,
        correction_ppm=meter.correction_ppm,
        version=meter.version,
        registers=tuple(_register_facts(register) for register in meter.registers.order_by("band")),
        installations=tuple(_installation_facts(place) for place in hung),
    )


def _register_facts(register: models.Register) -> RegisterFacts:
    return RegisterFacts(
        register_id=register.pk,
        band=models.Band(register.band),
        digits=register.digits,
        decimals=register.decimals,
        multiplier_milli=register.multiplier_milli,
    )


def _installation_facts(place: models.Installation) -> InstallationFacts:
    return InstallationFacts(
        address=place.service_point.premise.address,
        service_point_id=place.service_point_id,
        installed_on=place.installed_on,
        removed_on=place.removed_on,
    )


def last_move(*, meter_id: int) -> models.MeterMove:
    """The last move of a meter, which says where it stands. Raises MeterNotFoundError."""
    move = models.MeterMove.objects.filter(meter_id=meter_id).order_by("-id").first()
    if move is None:
        raise MeterNotFoundError(meter_id)
    return move


def place_before(*, move: models.MeterMove) -> str:
    """Who had the meter before a move: the place of the move before it; empty for the first."""
    before = models.MeterMove.objects.filter(meter_id=move.meter_id, pk__lt=move.pk).order_by("-id").first()
    return "" if before is None else before.place


def moves_of(*, meter_id: int) -> list[models.MeterMove]:
    """The moves of a meter, newest first, each with who made it."""
    found = models.MeterMove.objects.filter(meter_id=meter_id).select_related("staff")
    return list(found.order_by("-id"))


def moves_of_bundle(*, bundle: uuid.UUID) -> list[models.MeterMove]:
    """The moves of one act with their meters, in the order of the meters."""
    return list(models.MeterMove.objects.filter(bundle=bundle).select_related("meter").order_by("meter_id"))


def seals_of(*, meter_id: int) -> list[models.Seal]:
    """The seals of a meter, those it has now first, then the newest."""
    found = models.Seal.objects.filter(meter_id=meter_id).select_related("applied_by", "removed_by")
    return sorted(
        found, key=lambda seal: (seal.removed_on is not None, -seal.applied_on.toordinal(), -seal.pk)
    )


def tests_of(*, meter_id: int) -> list[models.MeterTest]:
    """The tests of a meter with their points, newest first."""
    found = models.MeterTest.objects.filter(meter_id=meter_id).prefetch_related("points")
    return list(found.order_by("-tested_on", "-id"))


def serials_taken(*, serial_nos: Sequence[str]) -> list[str]:
    """Those of the serial numbers that a meter in scope has as serial number or barcode, ascending."""
    by_serial = models.Meter.objects.filter(serial_no__in=serial_nos).values_list("serial_no", flat=True)
    by_barcode = models.Meter.objects.filter(barcode__in=serial_nos).values_list("barcode", flat=True)
    return sorted({*by_serial, *by_barcode})


def is_scanned_as_another(*, meter_id: int, number: str) -> bool:
    """Whether a scan of `number` would find another meter in scope."""
    return bool(set(meter_ids_by_exact_no(number=number)) - {meter_id})


def meters_by_serial(*, serial_nos: Sequence[str]) -> dict[str, models.Meter]:
    """Serial number (or barcode) as given -> its meter, for those in scope; others are left out."""
    found = {m.serial_no: m for m in models.Meter.objects.filter(serial_no__in=serial_nos)}
    missing = set(serial_nos) - set(found)
    found |= {m.barcode: m for m in models.Meter.objects.filter(barcode__in=missing).exclude(barcode="")}
    return {number: found[number] for number in serial_nos if number in found}


def meter_models() -> list[models.MeterModel]:
    """Every model of meter, by maker and name."""
    return list(models.MeterModel.objects.order_by("utility", "maker", "name", "id"))


def meter_model(*, model_id: int) -> models.MeterModel:
    """One model of meter. Raises ModelNotFoundError."""
    model = models.MeterModel.objects.filter(pk=model_id).first()
    if model is None:
        raise ModelNotFoundError(model_id)
    return model


def makers() -> list[str]:
    """The names of the makers, ascending."""
    return list(models.MeterMaker.objects.order_by("name").values_list("name", flat=True))
