"""The beginning of one supply: at which point, from which reading, at which price, in which book.

Shared by opening an account and by a further supply of one there is; the caller holds the transaction.
"""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from meterbook.domain.agreements import models, operations, operations_facts, queries
from meterbook.domain.devices import models as devices
from meterbook.domain.metering import bulk as metering
from meterbook.domain.metering import models as metering_models
from meterbook.domain.premises import models as premise_models
from meterbook.domain.premises import operations_records as premise_records
from meterbook.domain.tariffs import models as tariffs
from meterbook.domain.tariffs import queries as tariff_queries


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedSupply:
    """A supply as the clerk confirmed it.

    `opening_milli`: register -> what it shows, for a meter in place that was last read before `from_on`.
    Without `persons` the tariff's own household size counts. `is_further_meter`: a service point of its own
    beside those of the same utility at the premise.
    """

    premise_id: int
    utility: int
    tariff_id: int
    from_on: datetime.date
    persons: int | None = None
    usage_type_id: int | None = None
    book_id: int | None = None
    opening_milli: Mapping[int, int] = field(default_factory=dict)
    is_further_meter: bool = False


class PremiseNotFoundError(Exception):
    """No such premise in the actor's scope."""


class BookNotFoundError(Exception):
    """No such reading book at the premise's station."""


class PointSuppliedError(Exception):
    """Somebody is supplied there on that day or later."""

    def __init__(self, *, account_no: str) -> None:
        super().__init__(account_no)
        self.account_no = account_no


class TariffNotInForceError(Exception):
    """The tariff is of another utility, or says nothing about that day."""


class OpeningReadingError(Exception):
    """The meter in place needs a reading of the first day, not below its last one. Thousandths."""

    def __init__(self, *, register_id: int, last_milli: int | None) -> None:
        super().__init__(f"register {register_id}, last {last_milli}")
        self.register_id = register_id
        self.last_milli = last_milli


def premise_of(*, wanted: WantedSupply) -> premise_models.Premise:
    """The premise, priced as wanted. Raises PremiseNotFoundError, TariffNotInForceError."""
    premise = premise_models.Premise.objects.filter(pk=wanted.premise_id).first()
    if premise is None:
        raise PremiseNotFoundError(wanted.premise_id)
    require_tariff(tariff_id=wanted.tariff_id, utility=wanted.utility, on=wanted.from_on)
    return premise


def require_tariff(*, tariff_id: int, utility: int, on: datetime.date) -> None:
    """Raise TariffNotInForceError unless the tariff prices that utility on that day."""
    is_of_utility = tariffs.Tariff.objects.filter(pk=tariff_id, utility=utility).exists()
    if not is_of_utility or tariff_queries.version_in_force(tariff_id=tariff_id, day=on) is None:
        raise TariffNotInForceError(tariff_id)


def free_point(*, premise: premise_models.Premise, wanted: WantedSupply) -> int:
    """A point of the utility at the premise that supplies nobody from the day on, made where it is wanted.

    Raises PointSuppliedError when all are taken and no further meter is meant.
    """
    points = premise_models.ServicePoint.objects.filter(premise=premise, utility=wanted.utility)
    numbers = list(points.order_by("position").values_list("pk", flat=True))
    holders = [queries.account_at_point(service_point_id=number, on=wanted.from_on) for number in numbers]
    free = [number for number, holder in zip(numbers, holders, strict=True) if not holder]
    if free:
        return free[0]
    if numbers and not wanted.is_further_meter:
        raise PointSuppliedError(account_no=holders[0])
    return premise_records.add_service_point(premise_id=premise.pk, utility=wanted.utility).pk


def has_meter(*, point_ids: Sequence[int]) -> bool:
    """Whether a meter hangs at one of the points."""
    return devices.Installation.objects.filter(
        service_point_id__in=point_ids, removed_on__isnull=True
    ).exists()


def read_meter(*, point_id: int, station_id: int, wanted: WantedSupply, now: datetime.datetime) -> bool:
    """Give each register in place a reading of the first day; whether there is a meter at all."""
    place = devices.Installation.objects.filter(service_point_id=point_id, removed_on__isnull=True).first()
    if place is None:
        return False
    rows = []
    for register_id in devices.Register.objects.filter(meter_id=place.meter_id).values_list("id", flat=True):
        last = (
            metering_models.Reading.objects.filter(register_id=register_id)
            .order_by("-read_on", "-revision")
            .first()
        )
        if last is not None and last.read_on >= wanted.from_on:
            continue
        shown = wanted.opening_milli.get(register_id)
        last_milli = None if last is None else last.value_milli
        if shown is None or shown < (last_milli or 0):
            raise OpeningReadingError(register_id=register_id, last_milli=last_milli)
        rows.append((station_id, register_id, wanted.from_on, shown, now))
    if rows:
        metering.write_initial_readings(readings=frame(rows, schema=metering.INITIAL_READINGS))
    return True


def frame(rows: Sequence[tuple[object, ...]], *, schema: Mapping[str, Any]) -> pl.DataFrame:
    """Rows for the bulk writers, which are the only way in for these facts."""
    return pl.DataFrame(rows, schema=dict(schema), orient="row")


def begin(
    *, account: models.Account, point_id: int, wanted: WantedSupply, request_key: uuid.UUID | None = None
) -> models.SupplyAgreement:
    """Write the agreement with its price, household and usage type, and put the point into its book.

    Raises BookNotFoundError.
    """
    agreement = operations.begin_agreement(
        new=operations.NewAgreement(
            station_id=account.station_id,
            account_id=account.pk,
            service_point_id=point_id,
            utility=wanted.utility,
            tariff_id=wanted.tariff_id,
            from_on=wanted.from_on,
            request_key=request_key,
        )
    )
    if wanted.persons is not None:
        values = {"persons": wanted.persons, "source": models.HouseholdSource.DEFAULT}
        operations_facts.set_household(agreement=agreement, on=wanted.from_on, values=values)
    if wanted.usage_type_id is not None:
        operations_facts.set_usage_type(
            agreement=agreement, on=wanted.from_on, usage_type_id=wanted.usage_type_id
        )
    _put_into_book(point_id=point_id, wanted=wanted, station_id=account.station_id)
    return agreement


def _put_into_book(*, point_id: int, wanted: WantedSupply, station_id: int) -> None:
    if wanted.book_id is None:
        return
    if metering_models.BookPlace.objects.filter(service_point_id=point_id).exists():
        return
    book = metering_models.Book.objects.filter(pk=wanted.book_id, station_id=station_id).first()
    if book is None:
        raise BookNotFoundError(wanted.book_id)
    place = frame([(book.station_id, book.code, point_id, None)], schema=metering.PLACES)
    metering.write_books_and_places(places=place)
