"""Supplied customers written as columns: all subjects agree, numbers run, the database refuses doubles."""

import datetime

import pytest
from django.db import IntegrityError, transaction

from meterbook.domain.agreements import models as agreements
from meterbook.domain.customers import models as customers
from meterbook.domain.devices import models as devices
from meterbook.domain.metering import models as metering
from meterbook.domain.premises import models as premises
from meterbook.kernel import numbering
from tests.builders import records

pytestmark = pytest.mark.usefixtures("db")


def test_one_supply_has_every_fact_once() -> None:
    world = records.world()
    made = records.supply(
        station_id=world.station_a, tariff_id=records.tariff(), persons=6, initial_milli=12_345, sequence=7
    )
    customer = customers.Customer.objects.get()
    assert (customer.name, customer.name_pinyin, customer.name_initials) == ("李秀兰", "lixiulan", "lxl")
    assert customer.contact_points.get().value_reversed == customer.contact_points.get().value[::-1]
    account = agreements.Account.objects.get()
    assert (account.pk, account.account_no, account.opened_on) == (
        made.account_id,
        made.account_no,
        records.INSTALLED_ON,
    )
    assert numbering.has_right_check_digit(account.account_no)
    agreement = agreements.SupplyAgreement.objects.get(account=account, service_point=made.service_point_id)
    assert agreement.tariffs.get().from_on == records.INSTALLED_ON
    assert agreement.household_sizes.get().persons == 6
    installation = devices.Installation.objects.get()
    assert (installation.meter_id, installation.service_point_id) == (made.meter_id, made.service_point_id)
    assert devices.Register.objects.get().pk == made.register_id
    place = metering.BookPlace.objects.get()
    assert (place.book.code, place.sequence) == ("0101", 7)
    reading = metering.Reading.objects.get()
    assert (reading.register_id, reading.value_milli, reading.source, reading.read_on) == (
        made.register_id,
        12_345,
        metering.Source.INITIAL,
        records.INSTALLED_ON,
    )


def test_rows_of_one_account_share_customer_and_account_but_not_meters() -> None:
    world, tariff_id = records.world(), records.tariff()
    made = records.supplies(
        count=3,
        station_id=world.station_a,
        tariff_id=tariff_id,
        account_key=[1, 1, 2],
        utility=[1, 2, 1],
        address=["甲", "甲", "乙"],
        installed_on=[datetime.date(2025, 5, 2), datetime.date(2025, 5, 1), datetime.date(2025, 5, 3)],
    )
    assert made[0].account_id == made[1].account_id != made[2].account_id
    assert made[0].premise_id == made[1].premise_id
    assert customers.Customer.objects.count() == 2
    assert premises.ServicePoint.objects.count() == 3
    assert agreements.Account.objects.get(pk=made[0].account_id).opened_on == datetime.date(2025, 5, 1)


def test_numbers_run_on_apart_for_residents_and_businesses_and_pass_over_kept_ones() -> None:
    world, tariff_id = records.world(), records.tariff()
    kept = numbering.account_no("1", 2)
    first = records.supplies(
        count=3, station_id=world.station_a, tariff_id=tariff_id, account_no=[None, kept, None]
    )
    second = records.supplies(count=2, station_id=world.station_a, tariff_id=tariff_id, customer_class=[2, 1])
    assert [s.account_no for s in first] == [numbering.account_no("1", 1), kept, numbering.account_no("1", 3)]
    assert [s.account_no for s in second] == [numbering.account_no("2", 1), numbering.account_no("1", 4)]


def test_places_without_sequence_come_behind_the_last_of_their_book() -> None:
    world, tariff_id = records.world(), records.tariff()
    records.supplies(count=2, station_id=world.station_a, tariff_id=tariff_id, sequence=[10, None])
    more = records.supplies(
        count=3, station_id=world.station_a, tariff_id=tariff_id, book_code=["0101", "0102", "0101"]
    )
    assert [s.sequence for s in more] == [12, 1, 13]
    assert metering.Book.objects.count() == 2


@pytest.mark.parametrize("double", ["serial_no", "account_no", "address"])
def test_what_must_be_unique_is_refused_by_the_database(double: str) -> None:
    world, tariff_id = records.world(), records.tariff()
    records.supply(station_id=world.station_a, tariff_id=tariff_id, **{double: "X1"})
    with pytest.raises(IntegrityError), transaction.atomic():
        records.supply(station_id=world.station_a, tariff_id=tariff_id, **{double: "X1"})
    assert customers.Customer.objects.count() == 1


def test_founding_twice_changes_nothing() -> None:
    assert records.world() == records.world()
