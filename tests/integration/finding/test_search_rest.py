"""Who has no account yet and where nobody is supplied is found too, where accounts leave room."""

import datetime
from typing import Any

import polars as pl
import pytest
from django.db import connection
from django.test import Client

from meterbook.application import company, transaction
from meterbook.domain.access import models as access
from meterbook.domain.companies import models as companies
from meterbook.domain.customers import bulk
from meterbook.domain.premises import models as premises
from meterbook.reporting import search_rest
from tests.builders import records

ACCOUNTLESS = "尉迟明月"


@pytest.fixture
def town(db: None) -> records.World:
    """An account at station A; at both stations a customer without account and a vacant premise."""
    world = records.world()
    records.supply(
        station_id=world.station_a, tariff_id=records.tariff(), name="尉迟敬德", phone="13800001111"
    )
    for station_id, phone in ((world.station_a, "13877770001"), (world.station_b, "13877770002")):
        facts = (station_id, 1, ACCOUNTLESS, phone, datetime.date(2026, 1, 5), records.NOW)
        bulk.write_customers(
            customers=pl.DataFrame([facts], schema=dict[str, Any](bulk.CUSTOMERS), orient="row")
        )
        premises.Premise.objects.create(
            station_id=station_id, community="空苑", address=f"空苑1幢{station_id}室"
        )
    return world


def clerk_client(world: records.World) -> Client:
    company.use_schema("public")
    companies.Company.objects.update(ready_at=records.NOW)
    company.use_schema("main")
    staff_id = records.actor(role="CLERK", unit_id=world.station_a).staff_id
    client = Client()
    client.force_login(
        access.Staff.objects.get(pk=staff_id or 0), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


@pytest.mark.parametrize("text", [ACCOUNTLESS, "明月", "ycmy", "yuchimingyue", "13877770001", "0001"])
def test_a_customer_without_account_is_found_in_scope_only(town: records.World, text: str) -> None:
    clerk = records.actor(role="CLERK", unit_id=town.station_a)
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE meterbook_app")
        with transaction.reading(actor=clerk):
            found = search_rest.people(text=text, most=20)
        cursor.execute("RESET ROLE")
    assert [(one.name, one.phone) for one in found] == [(ACCOUNTLESS, "13877770001")]


def test_a_vacant_place_is_found_in_scope_only(town: records.World) -> None:
    clerk = records.actor(role="CLERK", unit_id=town.station_a)
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE meterbook_app")
        with transaction.reading(actor=clerk):
            found = search_rest.places(text="空苑", most=20)
        cursor.execute("RESET ROLE")
    assert [place.address for place in found] == [f"空苑1幢{town.station_a}室"]


@pytest.mark.parametrize("text", ["", " ", "%", "没有这个人", "'"])
def test_nothing_is_found_for_nothing(town: records.World, text: str) -> None:
    clerk = records.actor(role="CLERK", unit_id=town.station_a)
    with transaction.reading(actor=clerk):
        assert search_rest.people(text=text, most=20) == []
        assert search_rest.places(text=text, most=20) == []


def test_the_search_box_opens_the_only_one(town: records.World) -> None:
    client = clerk_client(town)
    answer = client.get("/search", {"q": ACCOUNTLESS})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/customers/")
    both = client.get("/search", {"q": "尉迟"}).content.decode()
    assert ACCOUNTLESS in both
    assert "尉迟敬德" in both
