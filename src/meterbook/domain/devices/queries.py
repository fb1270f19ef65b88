"""Reads of meters, registers and where they hang."""

import datetime
from dataclasses import dataclass

from meterbook.domain import fragments
from meterbook.domain.devices import models


@dataclass(frozen=True, slots=True)
class RegisterFacts:
    """One counter of a meter."""

    register_id: int
    band: models.Register.Band
    digits: int
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
    serial_no: str
    barcode: str
    model: str
    utility: int
    kind: models.MeterKind
    state: models.MeterState
    registers: tuple[RegisterFacts, ...]
    installations: tuple[InstallationFacts, ...]


class MeterNotFoundError(Exception):
    """No such meter, or outside the scope."""


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
        serial_no=meter.serial_no,
        barcode=meter.barcode,
        model=str(meter.model),
        utility=meter.model.utility,
        kind=models.MeterKind(meter.model.kind),
        state=models.MeterState(meter.state),
        registers=tuple(
            RegisterFacts(
                register_id=register.pk,
                band=models.Register.Band(register.band),
                digits=register.digits,
                multiplier_milli=register.multiplier_milli,
            )
            for register in meter.registers.order_by("band")
        ),
        installations=tuple(
            InstallationFacts(
                address=place.service_point.premise.address,
                service_point_id=place.service_point_id,
                installed_on=place.installed_on,
                removed_on=place.removed_on,
            )
            for place in hung
        ),
    )
