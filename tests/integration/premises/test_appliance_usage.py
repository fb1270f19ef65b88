"""Usage by appliance, worked out with a pencil."""

import dataclasses
import datetime

import pytest

from meterbook.domain.agreements import models as agreements
from meterbook.domain.devices import models as devices
from meterbook.domain.premises import models
from meterbook.reporting import appliance_usage
from tests.builders import billing, records
from tests.builders import metering as meters

D = datetime.date
ON = D(2026, 11, 20)
WATER = 1
STOVE, BOILER = models.ApplianceKind.STOVE, models.ApplianceKind.WALL_HUNG_BOILER


@pytest.fixture
def homes(db: None) -> list[records.Supply]:
    """Three homes: 31 days of 31, 62 and 124 units; each has a stove, the second a boiler."""
    world = records.world()
    found = records.supplies(count=3, station_id=world.station_a, tariff_id=records.tariff())
    for supply, quantity in zip(found, (31, 62, 124), strict=True):
        billing.usage(
            supply=supply, quantity=quantity, period_from=D(2026, 10, 1), period_until=D(2026, 11, 1)
        )
        fit(supply, STOVE)
    fit(found[1], BOILER)
    return found


def fit(
    supply: records.Supply, kind: models.ApplianceKind, *, removed_on: datetime.date | None = None
) -> None:
    models.Appliance.objects.create(
        station_id=supply.station_id,
        premise_id=supply.premise_id,
        kind=kind,
        installed_on=D(2026, 1, 1),
        removed_on=removed_on,
    )


def found() -> dict[int, tuple[int, int, int, int | None]]:
    rows = appliance_usage.usage_by_kind(utility=WATER, on=ON)
    return {row.kind: (row.with_count, row.with_milli, row.without_count, row.without_milli) for row in rows}


def test_means_are_months_of_a_year_with_and_without(homes: list[records.Supply]) -> None:
    """1, 2 and 4 a day are 30.417, 60.833 and 121.667 a month."""
    assert found() == {
        STOVE: (3, (30_417 + 60_833 + 121_667 + 1) // 3, 0, None),
        BOILER: (1, 60_833, 2, (30_417 + 121_667) // 2),
    }


def test_what_was_taken_out_and_what_was_used_long_ago_do_not_count(homes: list[records.Supply]) -> None:
    fit(homes[0], BOILER, removed_on=D(2026, 5, 1))
    billing.usage(supply=homes[1], quantity=999, period_from=D(2024, 10, 1), period_until=D(2024, 11, 1))
    assert found()[BOILER] == (1, 60_833, 2, 76_042)


def test_two_registers_share_their_days_and_two_points_add_up(homes: list[records.Supply]) -> None:
    """A second register of the same meter: 62 + 31 in the same 31 days are 3 a day."""
    other = meters.stock_meter(station_id=homes[1].station_id, serial_no="SECOND")
    register = devices.Register.objects.get(meter=other).pk
    billing.usage(
        supply=dataclasses.replace(homes[1], register_id=register),
        quantity=31,
        period_from=D(2026, 10, 1),
        period_until=D(2026, 11, 1),
    )
    assert found()[BOILER][1] == 91_250
    point = models.ServicePoint.objects.create(
        station_id=homes[1].station_id, premise_id=homes[1].premise_id, utility=WATER, position=2
    )
    garden = agreements.SupplyAgreement.objects.create(
        station_id=homes[1].station_id,
        account_id=homes[1].account_id,
        service_point=point,
        utility=WATER,
        from_on=D(2026, 9, 1),
    )
    third = meters.stock_meter(station_id=homes[1].station_id, serial_no="THIRD")
    billing.usage(
        supply=dataclasses.replace(
            homes[1],
            agreement_id=garden.pk,
            service_point_id=point.pk,
            register_id=devices.Register.objects.get(meter=third).pk,
        ),
        quantity=10,
        period_from=D(2026, 10, 1),
        period_until=D(2026, 10, 11),
    )
    assert found()[BOILER][1] == 91_250 + 30_417
