"""Builders of what every story starts from: a company, staff, tariffs, and supplied customers.

Small functions with keyword arguments; every default is a plain, valid value. Supplies go in through the
same code as the product's file import.
"""

import datetime
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from meterbook.application import actor as actors
from meterbook.application import found_company, load_tariff, write_supplies
from meterbook.domain import tables
from meterbook.domain.access import models as access_models
from meterbook.domain.access import operations as access
from meterbook.domain.customers import models as customers

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime.datetime(2026, 1, 1, 8, 0, tzinfo=datetime.UTC)
INSTALLED_ON = datetime.date(2025, 12, 1)
STATION_A, STATION_B = "S01", "S02"
BEIJING_WATER = "CN-BEIJING-WATER-RESIDENTIAL"
PASSWORD = "correct-horse-7"

_serial = itertools.count(1)


@dataclass(frozen=True, slots=True)
class World:
    """A founded company with stations A and B and no customers."""

    company_unit_id: int
    station_a: int
    station_b: int


@dataclass(frozen=True, slots=True)
class Supply:
    """The ids of one supplied meter and what a test wants to know of it."""

    station_id: int
    customer_id: int
    account_id: int
    account_no: str
    premise_id: int
    service_point_id: int
    meter_id: int
    register_id: int
    agreement_id: int
    book_id: int
    sequence: int
    name: str
    address: str
    serial_no: str
    utility: int


def world() -> World:
    """Found the company with two stations under one branch, ready to be used (once)."""
    founded = found_company.found_company(
        plan=found_company.CompanyPlan(
            code="C",
            name="城东公用",
            branch_code="B01",
            branch_name="城东分公司",
            stations=(
                found_company.StationPlan(code=STATION_A, name="城东营业所", receipt_prefix="A"),
                found_company.StationPlan(code=STATION_B, name="柳荫营业所", receipt_prefix="B"),
            ),
        ),
        now=NOW,
        identity="test:builders",
    )
    found_company.mark_company_ready(now=NOW, identity="test:builders")
    return World(
        company_unit_id=founded.company_unit_id,
        station_a=founded.station_ids[STATION_A],
        station_b=founded.station_ids[STATION_B],
    )


def system() -> actors.Actor:
    """The system identity of tests: serves the whole company."""
    return actors.of_system(identity="test:system")


def staff(
    *, role: str = "CLERK", unit_id: int, username: str = "", name: str = "王小明", password: str = PASSWORD
) -> access_models.Staff:
    """Register a member of staff of one role at a unit. Hashing the password takes about 50 ms."""
    roles = access.found_standard_roles()
    return access.register_staff(
        username=username or f"{role.lower()}{next(_serial)}",
        name=name,
        org_unit=access_models.OrgUnit.objects.get(pk=unit_id),
        roles=[roles[role]],
        password=password,
        must_change_password=False,
    )


def actor(*, role: str = "CLERK", unit_id: int, name: str = "王小明") -> actors.Actor:
    """A freshly registered person of one role, as use cases are told them."""
    return actors.of_staff(staff=staff(role=role, unit_id=unit_id, name=name), remote_address="192.0.2.7")


def tariff(*, file: str = "cn/beijing/water-residential.yaml") -> int:
    """Load one of the shipped tariffs (a path below tariffs/) and return the tariff's id."""
    text = (ROOT / "tariffs" / file).read_text(encoding="utf-8")
    return load_tariff.load_tariff(actor=system(), text=text, now=NOW).tariff_id


def supply_rows(*, count: int, station_id: int, tariff_id: int, **overrides: Any) -> pl.DataFrame:
    """A frame for write_supplies: `count` accounts with one water meter each, in book 0101.

    An override is one value for all rows, or a list with one value per row.
    """
    first = next(_serial) * 100_000
    numbers = range(first, first + count)
    values: dict[str, Any] = {
        "station_id": station_id,
        "account_key": list(numbers),
        "account_no": None,
        "name": "李秀兰",
        "customer_class": customers.CustomerClass.RESIDENTIAL.value,
        "phone": [f"139{n % 100_000_000:08d}" for n in numbers],
        "district": "城东区",
        "street": "柳荫街",
        "community": "柳荫小区",
        "building": [str(n) for n in numbers],
        "entrance": "2",
        "floor": "5",
        "flat_no": "501",
        "address": [f"柳荫小区{n}幢2单元501室" for n in numbers],
        "persons": None,
        "utility": tables.Utility.WATER.value,
        "tariff_id": tariff_id,
        "serial_no": [f"W{n:09d}" for n in numbers],
        "maker": "",
        "model_name": "LXS-20",
        "digits": 5,
        "multiplier_milli": 1000,
        "initial_milli": 0,
        "installed_on": INSTALLED_ON,
        "book_code": "0101",
        "sequence": None,
    } | overrides
    values.setdefault("from_on", values["installed_on"])
    columns = {k: v if isinstance(v, list) else [v] * count for k, v in values.items()}
    return pl.DataFrame(columns, schema=write_supplies.SUPPLIES, strict=True)


def supplies(*, count: int, station_id: int, tariff_id: int, **overrides: Any) -> list[Supply]:
    """Write `count` supplied accounts (see `supply_rows`) in one transaction and return their ids."""
    rows = supply_rows(count=count, station_id=station_id, tariff_id=tariff_id, **overrides)
    written = write_supplies.write_supplies(supplies=rows, recorded_at=NOW).rows
    return [Supply(**row) for row in written.select(*Supply.__slots__).iter_rows(named=True)]


def supply(*, station_id: int, tariff_id: int, **overrides: Any) -> Supply:
    """Write one supplied account and return its ids."""
    return supplies(count=1, station_id=station_id, tariff_id=tariff_id, **overrides)[0]
