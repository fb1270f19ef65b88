"""A station with one supplied customer and a clerk's open till."""

from dataclasses import dataclass

import pytest

from tests.builders import payments, records


@dataclass(frozen=True, slots=True)
class Counter:
    """A window and who stands before it."""

    world: records.World
    till: payments.Till
    supply: records.Supply


@pytest.fixture
def counter(db: None) -> Counter:
    """Station A, one customer, one clerk."""
    return made()


def made() -> Counter:
    """The same for tests with a database of their own."""
    world = records.world()
    tariff_id = records.tariff()
    supply = records.supply(station_id=world.station_a, tariff_id=tariff_id)
    return Counter(world=world, till=payments.till(station_id=world.station_a), supply=supply)
