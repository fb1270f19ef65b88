"""A station of the demo company as its stories see it: who acts, who lives there, what their meters show."""

import contextlib
import datetime
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from meterbook.application import shifts, transaction
from meterbook.application.actor import Actor
from meterbook.domain import tables
from meterbook.domain.agreements import models as agreements
from meterbook.domain.customers import models as customers
from meterbook.domain.devices import models as devices
from meterbook.domain.metering import models as metering
from meterbook.domain.metering import queries_changes
from meterbook.interfaces.cli import demo_history

_KEYS = uuid.UUID("0b6f5f0a-9f5e-4b53-8a4e-5f3c0d1f7a22")
_USUAL_MILLI = 8_000
MILLI = 1_000


@dataclass(frozen=True, slots=True)
class Home:
    """A household with water that is there from the first day on."""

    account_id: int
    account_no: str
    customer_id: int
    name: str
    premise_id: int
    service_point_id: int
    agreement_id: int
    tariff_id: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What the meter of a point shows on a day, thousandths."""

    meter_id: int
    serial_no: str
    register_id: int
    value_milli: int


@dataclass(frozen=True, slots=True)
class Town:
    """A station: its people and its households in a fixed order; `mark` tells its numbers from others'."""

    mark: str
    station_id: int
    place: str
    clerk: Actor
    chief: Actor
    supervisor: Actor
    book_id: int | None
    homes: tuple[Home, ...]

    def home(self, number: int) -> Home | None:
        """A household by its number; None in a town too small."""
        return self.homes[number] if number < len(self.homes) else None

    def key(self, *words: object) -> uuid.UUID:
        """The request key of an act: the same for the same words, so that it is done once."""
        return uuid.uuid5(_KEYS, " ".join(map(str, (self.mark, *words))))


def homes_of(*, station_id: int, most: int) -> tuple[Home, ...]:
    """The first households of a station that have been there from its first day on."""
    supplies = agreements.SupplyAgreement.objects.filter(station_id=station_id)
    first = supplies.order_by("from_on").values_list("from_on", flat=True).first()
    if first is None:
        return ()
    rows = supplies.filter(
        from_on=first,
        utility=tables.Utility.WATER,
        account__customer__customer_class=customers.CustomerClass.RESIDENTIAL,
    ).order_by("account_id")
    names = (
        "account_id",
        "account__account_no",
        "account__customer_id",
        "account__customer__name",
        "service_point__premise_id",
        "service_point_id",
        "id",
        "tariffs__tariff_id",
    )
    found = {row[0]: Home(*row) for row in reversed(rows.filter(tariffs__from_on=first).values_list(*names))}
    return tuple(found[account_id] for account_id in sorted(found)[:most])


def shown(*, service_point_id: int, agreement_id: int, per_cent: int = 50) -> Shown:
    """What the meter shows after a part of a usual month since its last reading."""
    hung = devices.Installation.objects.get(service_point_id=service_point_id, removed_on__isnull=True)
    (state,) = queries_changes.register_states(meter_id=hung.meter_id, agreement_id=agreement_id)
    last_milli = 0 if state.previous is None else state.previous.value_milli
    usual_milli = state.previous_usage_milli or _USUAL_MILLI
    used_milli = usual_milli * per_cent // 100 // MILLI * MILLI
    return Shown(hung.meter_id, hung.meter.serial_no, state.register_id, last_milli + used_milli)


def first_book(*, station_id: int) -> int | None:
    """The station's first reading book; None where nobody is read."""
    books = metering.Book.objects.filter(station_id=station_id).order_by("code")
    return books.values_list("id", flat=True).first()


@contextlib.contextmanager
def till_of(actor: Actor, *, taken_over_by: Actor, on: datetime.date) -> Iterator[None]:
    """Have the actor's till open for a day; it is counted and handed over at the end."""
    shift = shifts.open_shift(actor=actor, business_on=on, now=demo_history.at(on, hour=9))
    yield
    demo_history.close(clerk=actor, shift_id=shift.shift_id, now=demo_history.at(on, hour=17))
    shifts.take_over_shift(actor=taken_over_by, shift_id=shift.shift_id, now=demo_history.at(on, hour=18))


def read_town(  # a town is these facts
    *, mark: str, place: str, clerk: Actor, chief: Actor, supervisor: Actor, most: int
) -> Town:
    """The station of a clerk."""
    station_id = clerk.home_unit_id
    with transaction.reading(actor=supervisor):
        return Town(
            mark=mark,
            station_id=station_id,
            place=place,
            clerk=clerk,
            chief=chief,
            supervisor=supervisor,
            book_id=first_book(station_id=station_id),
            homes=homes_of(station_id=station_id, most=most),
        )
