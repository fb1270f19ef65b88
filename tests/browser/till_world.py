"""A station with customers, bills and a clerk, for browser tests of the till."""

import datetime
from dataclasses import dataclass

from meterbook.application import actor as actors
from meterbook.application import shifts
from meterbook.domain import tables
from meterbook.domain.access import models as access
from meterbook.interfaces import clock
from tests.builders import payments, records

USERNAME, PASSWORD = "liuqing", "Quiet-River-7"


@dataclass(frozen=True, slots=True)
class TillWorld:
    """Who works and who comes."""

    clerk: access.Staff
    station_id: int
    supply: records.Supply
    bills: tuple[int, ...]


def made(*, with_shift: bool = True, with_bills: bool = True) -> TillWorld:
    """One customer with six open bills of three utilities, a balance, and a clerk whose shift is open."""
    world = records.world()
    supply = records.supply(station_id=world.station_a, tariff_id=records.tariff(), name="张建国", persons=5)
    clerk = records.staff(unit_id=world.station_a, username=USERNAME, name="柳青", password=PASSWORD)
    months = [(7920, 8), (8280, 9), (7560, 10)]
    bills = [
        payments.bill(supply=supply, amount_minor=amount, due_on=datetime.date(2026, month, 15))
        for amount, month in months
        if with_bills
    ] + [
        payments.bill(
            supply=supply,
            amount_minor=amount,
            due_on=datetime.date(2026, 10, 20),
            utility=utility,
        )
        for amount, utility in [(20679, tables.Utility.ELECTRICITY), (8375, tables.Utility.GAS)]
        if with_bills
    ]
    earlier = payments.till(station_id=world.station_a, name="周敏")
    payments.take(till=earlier, command=payments.command(supply=supply, tendered_minor=3650))
    if with_shift:
        actor = actors.of_staff(staff=clerk, remote_address="192.0.2.7")
        shifts.open_shift(actor=actor, business_on=clock.today(), now=clock.now())
    return TillWorld(clerk=clerk, station_id=world.station_a, supply=supply, bills=tuple(bills))
