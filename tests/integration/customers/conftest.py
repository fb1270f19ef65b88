"""A station with a clerk, a supervisor and one supplied customer."""

import dataclasses
from dataclasses import dataclass

import pytest

from meterbook.application import actor as actors
from meterbook.domain.access import models as access
from meterbook.domain.access import rules
from tests.builders import records


@dataclass(frozen=True, slots=True)
class Office:
    """Who acts on whom."""

    world: records.World
    clerk: actors.Actor
    supervisor: actors.Actor
    reader: actors.Actor
    stranger: actors.Actor
    supply: records.Supply
    tariff_id: int

    @property
    def customer_id(self) -> int:
        return self.supply.customer_id

    def acts(self, *, customer_id: int | None = None) -> list[access.AuditEntry]:
        """The audit rows on a customer, the first first."""
        subject = str(customer_id or self.customer_id)
        return list(
            access.AuditEntry.objects.filter(subject_kind="CUSTOMER", subject_id=subject).order_by("id")
        )


@pytest.fixture
def office(db: None) -> Office:
    world = records.world()
    tariff_id = records.tariff()
    # One log-in is enough for all of them: hashing a password takes long.
    clerk = records.actor(role="CLERK", unit_id=world.station_a, name="王小明")
    return Office(
        world=world,
        clerk=clerk,
        supervisor=dataclasses.replace(clerk, rights=rules.STANDARD_ROLES["SUPERVISOR"][1]),
        reader=dataclasses.replace(clerk, rights=rules.STANDARD_ROLES["READER"][1]),
        stranger=dataclasses.replace(
            clerk,
            rights=rules.STANDARD_ROLES["SUPERVISOR"][1],
            home_unit_id=world.station_b,
            unit_ids=(world.station_b,),
        ),
        supply=records.supply(station_id=world.station_a, tariff_id=tariff_id),
        tariff_id=tariff_id,
    )
