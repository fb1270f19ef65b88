"""Opening an account (开户): who, where, at which price, from which day on."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from django.db import IntegrityError

from meterbook.application import account_acts, transaction
from meterbook.application.actor import Actor
from meterbook.domain.agreements import models, operations, operations_facts, operations_states, queries
from meterbook.domain.customers import bulk as customers
from meterbook.domain.customers import models as customer_models
from meterbook.domain.devices import models as devices
from meterbook.domain.metering import bulk as metering
from meterbook.domain.metering import models as metering_models
from meterbook.domain.premises import bulk as premises
from meterbook.domain.premises import models as premise_models
from meterbook.domain.tariffs import models as tariffs
from meterbook.domain.tariffs import queries as tariff_queries

RIGHT = "accounts.open"


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """Somebody who is not a customer yet. `phone` may be empty."""

    name: str
    customer_class: int
    phone: str


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """An opening as the clerk confirmed it; `request_key` is made with the form.

    `customer`: the id of one there is, or a new one. `opening_milli`: register -> what it shows, for a meter
    in place that was last read before `from_on`. Without `persons` the tariff's own household size counts.
    """

    request_key: uuid.UUID
    customer: int | NewCustomer
    premise_id: int
    utility: int
    tariff_id: int
    from_on: datetime.date
    persons: int | None = None
    usage_type_id: int | None = None
    book_id: int | None = None
    account_no: str = ""
    opening_milli: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AccountOpened:
    """The account. `has_meter`: supply is read from now on; otherwise a meter is still to be installed."""

    account_id: int
    account_no: str
    has_meter: bool
    is_repeat: bool = False


class PremiseNotFoundError(Exception):
    """No such premise in the actor's scope."""


class CustomerNotFoundError(Exception):
    """No such customer in the actor's scope."""


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


def open_account(
    *, actor: Actor, wanted: OpenAccount, today: datetime.date, now: datetime.datetime
) -> AccountOpened:
    """Open an account with its first agreement, once for a request key.

    Raises NotAllowedError, account_acts.InTheFutureError, the errors above,
    operations.AccountNoTakenError, agreements.rules.NumberRuleError.
    """
    actor.require(RIGHT)
    account_acts.require_not_later(wanted.from_on, today=today)
    try:
        return _open(actor=actor, wanted=wanted, now=now)
    except IntegrityError:
        # Two at once: the other one is there now, so this one is its repeat or refused with its reason.
        return _open(actor=actor, wanted=wanted, now=now)


def _open(*, actor: Actor, wanted: OpenAccount, now: datetime.datetime) -> AccountOpened:
    with transaction.writing(actor=actor):
        first = models.Account.objects.filter(request_key=wanted.request_key).first()
        if first is not None:
            return AccountOpened(first.pk, first.account_no, has_meter=_has_meter(first), is_repeat=True)
        premise = premise_models.Premise.objects.filter(pk=wanted.premise_id).first()
        if premise is None:
            raise PremiseNotFoundError(wanted.premise_id)
        require_tariff(tariff_id=wanted.tariff_id, utility=wanted.utility, on=wanted.from_on)
        point_id = _free_point(premise=premise, wanted=wanted)
        customer = customer_of(
            wanted=wanted.customer, station_id=premise.station_id, since=wanted.from_on, now=now
        )
        has_meter = _read_meter(point_id=point_id, station_id=premise.station_id, wanted=wanted, now=now)
        account = operations.open_account(
            new=operations.NewAccount(
                station_id=premise.station_id,
                customer_id=customer.pk,
                is_resident=customer.customer_class == customer_models.CustomerClass.RESIDENTIAL,
                opened_on=wanted.from_on,
                state=models.AccountState.ACTIVE if has_meter else models.AccountState.NEW,
                request_key=wanted.request_key,
                account_no=wanted.account_no,
            )
        )
        operations_states.record_opening(account=account, at=now, by_id=actor.staff_id)
        _supply(account=account, point_id=point_id, wanted=wanted)
        _put_into_book(point_id=point_id, wanted=wanted, station_id=premise.station_id)
        after = {
            "account_no": account.account_no,
            "name": customer.name,
            "address": premise.address,
            "utility": wanted.utility,
            "tariff": tariffs.Tariff.objects.get(pk=wanted.tariff_id).code,
            "from_on": wanted.from_on,
            "persons": wanted.persons,
            "account_state": account.state,
        }
        account_acts.record(actor=actor, now=now, act="ACCOUNT_OPENED", account=account, after=after)
        return AccountOpened(account.pk, account.account_no, has_meter=has_meter)


def require_tariff(*, tariff_id: int, utility: int, on: datetime.date) -> None:
    """Raise TariffNotInForceError unless the tariff prices that utility on that day."""
    is_of_utility = tariffs.Tariff.objects.filter(pk=tariff_id, utility=utility).exists()
    if not is_of_utility or tariff_queries.version_in_force(tariff_id=tariff_id, day=on) is None:
        raise TariffNotInForceError(tariff_id)


def _has_meter(account: models.Account) -> bool:
    points = models.SupplyAgreement.objects.filter(account=account).values("service_point_id")
    return devices.Installation.objects.filter(service_point_id__in=points, removed_on__isnull=True).exists()


def _free_point(*, premise: premise_models.Premise, wanted: OpenAccount) -> int:
    """The point of the utility at the premise, made where there is none. Raises PointSuppliedError."""
    point = (
        premise_models.ServicePoint.objects.filter(premise=premise, utility=wanted.utility)
        .order_by("position")
        .first()
    )
    if point is None:
        row = _frame([(premise.station_id, premise.pk, wanted.utility)], schema=premises.SERVICE_POINTS)
        return int(premises.write_service_points(service_points=row)["id"][0])
    holder = queries.account_at_point(service_point_id=point.pk, on=wanted.from_on)
    if holder:
        raise PointSuppliedError(account_no=holder)
    return point.pk


def customer_of(
    *, wanted: int | NewCustomer, station_id: int, since: datetime.date, now: datetime.datetime
) -> customer_models.Customer:
    """The customer meant, written when it is a new one. Raises CustomerNotFoundError."""
    if isinstance(wanted, int):
        found = customer_models.Customer.objects.filter(pk=wanted).first()
        if found is None:
            raise CustomerNotFoundError(wanted)
        return found
    row = _frame(
        [(station_id, wanted.customer_class, wanted.name, wanted.phone, since, now)],
        schema=customers.CUSTOMERS,
    )
    made = customers.write_customers(customers=row)["id"][0]
    return customer_models.Customer.objects.get(pk=made)


def _read_meter(*, point_id: int, station_id: int, wanted: OpenAccount, now: datetime.datetime) -> bool:
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
        metering.write_initial_readings(readings=_frame(rows, schema=metering.INITIAL_READINGS))
    return True


def _frame(rows: Sequence[tuple[object, ...]], *, schema: Mapping[str, Any]) -> pl.DataFrame:
    """Rows for the bulk writers, which are the only way in for these facts."""
    return pl.DataFrame(rows, schema=dict(schema), orient="row")


def _supply(*, account: models.Account, point_id: int, wanted: OpenAccount) -> None:
    agreement = operations.begin_agreement(
        new=operations.NewAgreement(
            station_id=account.station_id,
            account_id=account.pk,
            service_point_id=point_id,
            utility=wanted.utility,
            tariff_id=wanted.tariff_id,
            from_on=wanted.from_on,
        )
    )
    if wanted.persons is not None:
        values = {"persons": wanted.persons, "source": models.HouseholdSource.DEFAULT}
        operations_facts.set_household(agreement=agreement, on=wanted.from_on, values=values)
    if wanted.usage_type_id is not None:
        operations_facts.set_usage_type(
            agreement=agreement, on=wanted.from_on, usage_type_id=wanted.usage_type_id
        )


def _put_into_book(*, point_id: int, wanted: OpenAccount, station_id: int) -> None:
    if wanted.book_id is None:
        return
    if metering_models.BookPlace.objects.filter(service_point_id=point_id).exists():
        return
    book = metering_models.Book.objects.filter(pk=wanted.book_id, station_id=station_id).first()
    if book is None:
        raise BookNotFoundError(wanted.book_id)
    place = _frame([(book.station_id, book.code, point_id, None)], schema=metering.PLACES)
    metering.write_books_and_places(places=place)
