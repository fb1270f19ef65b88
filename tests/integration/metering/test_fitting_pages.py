"""The pages on which meters are changed, asked as a browser without scripts would."""

import datetime
import re
import uuid

import pytest
from django.conf import LazySettings
from django.test import Client

from meterbook.application import company, fit_meters
from meterbook.domain.access import models as access
from meterbook.domain.access import rules as access_rules
from meterbook.domain.companies import models as companies
from meterbook.domain.devices import models as devices
from meterbook.domain.devices.rules import MoveReason
from meterbook.domain.metering import models
from tests.builders import metering as build
from tests.builders import records

day = datetime.date
SEPTEMBER, OCTOBER = day(2026, 9, 20), day(2026, 10, 20)


@pytest.fixture
def supply(db: None, settings: LazySettings) -> records.Supply:
    """A meter at 9875 of four digits, a new one in the store; today is 20 October."""
    settings.METERBOOK_FIXED_TODAY = OCTOBER
    world = records.world()
    company.use_schema("public")
    companies.Company.objects.update(ready_at=build.noon(OCTOBER), name="城东公用")
    company.use_schema("main")
    build.stock_meter(station_id=world.station_a, serial_no="NEW-1")
    return records.supply(
        station_id=world.station_a,
        tariff_id=records.tariff(),
        initial_milli=9_875_000,
        digits=4,
        installed_on=SEPTEMBER,
    )


@pytest.fixture
def client(supply: records.Supply) -> Client:
    made = Client()
    made.cookies["django_language"] = "en"
    made.force_login(
        records.staff(role="SUPERVISOR", unit_id=supply.station_id),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return made


def form(**more: str) -> dict[str, str]:
    return {
        "request_key": str(uuid.uuid4()),
        "changed_on": "2026-10-05",
        "closing_0": "78",
        "counting": "",
        "last": "3",
        "opening_0": "0",
        "new_serial_no": "NEW-1",
        "reason": str(int(MoveReason.OVER_AGE)),
    } | more


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="([^"]*)"', page)
    assert found is not None, page
    return found[1]


def test_a_number_leads_to_its_place(client: Client, supply: records.Supply) -> None:
    address = f"/meters/places/{supply.service_point_id}/"
    for number in (supply.account_no, supply.serial_no):
        assert client.get("/meters/swap/", {"q": number})["Location"] == address
    page = client.get(address).text
    assert supply.address in page
    assert "9,875" in page
    assert client.get("/meters/swap/", {"q": "NOBODY"}).status_code == 200


def test_what_the_old_meter_counted_is_shown_and_then_written(client: Client, supply: records.Supply) -> None:
    address = f"/meters/places/{supply.service_point_id}/swap"
    assert client.get(address).status_code == 200
    refused = client.post(address, form())
    assert refused.status_code == 422
    assert "rolled over" in refused.text

    asked = form(is_rolled_over="on")
    shown = client.post(address, asked)
    assert shown.status_code == 200
    assert ">203<" in shown.text
    assert not models.MeterChange.objects.exists()

    done = client.post(address, asked | {"seen": seen(shown.text)})
    change = models.MeterChange.objects.get()
    assert done["Location"] == f"/meters/changes/{change.pk}/"
    assert "NEW-1" in client.get(done["Location"]).text
    sheet = client.get(f"/meters/changes/{change.pk}/sheet").text
    assert supply.serial_no in sheet
    act = access.AuditEntry.objects.get(act="METER_SWAPPED")
    assert act.before == {"serial_no": supply.serial_no, "closing_milli": [78_000]}
    assert (act.after or {})["quantity_milli"] == 203_000
    # Sent twice, written once.
    again = client.post(address, asked | {"seen": seen(shown.text)})
    assert models.MeterChange.objects.count() == 1
    assert again.status_code in {303, 422}


def test_what_changed_since_it_was_shown_is_shown_again(client: Client, supply: records.Supply) -> None:
    address = f"/meters/places/{supply.service_point_id}/swap"
    asked = form(closing_0="9885")
    mark = seen(client.post(address, asked).text)
    other = client.post(address, asked | {"closing_0": "9886", "seen": mark})
    assert other.status_code == 200
    assert ">11<" in other.text
    assert not models.MeterChange.objects.exists()


def test_refusals_stand_beside_their_fields(client: Client, supply: records.Supply) -> None:
    address = f"/meters/places/{supply.service_point_id}/swap"
    for change, text in (
        ({"closing_0": "99999"}, "fewer digits"),
        ({"closing_0": ""}, "Enter what the register shows"),
        ({"changed_on": "2026-09-01", "closing_0": "9885"}, "later reading"),
        ({"changed_on": "2026-12-01", "closing_0": "9885"}, "still to come"),
        ({"closing_0": "9885", "counting": "DAILY_MEAN_OF_USAGES"}, "no earlier usage"),
    ):
        answer = client.post(address, form(**change))
        assert answer.status_code == 422, text
        assert text in answer.text
    asked = form(closing_0="9885", new_serial_no="NOBODY")
    mark = seen(client.post(address, asked).text)
    answer = client.post(address, asked | {"seen": mark})
    assert answer.status_code == 422
    assert "no meter of this number" in answer.text


def test_taken_off_fitted_again_and_taken_back(client: Client, supply: records.Supply) -> None:
    address = f"/meters/places/{supply.service_point_id}/remove"
    asked = form(closing_0="9885", reason=str(int(MoveReason.ARREARS)))
    client.post(address, asked | {"seen": seen(client.post(address, asked).text)})
    assert devices.Meter.objects.get(pk=supply.meter_id).state == devices.MeterState.REMOVED
    place = client.get(f"/meters/places/{supply.service_point_id}/").text
    assert "Carried over" in place

    fitted = client.post(
        f"/meters/places/{supply.service_point_id}/install",
        form(changed_on="2026-10-12", new_serial_no=supply.serial_no, opening_0="9885"),
    )
    assert fitted.status_code == 303, fitted.text
    change = models.MeterChange.objects.latest("id")
    undone = client.post(
        f"/meters/changes/{change.pk}/undo", {"request_key": str(uuid.uuid4()), "remark": "表号录错"}
    )
    assert undone.status_code == 303
    assert devices.Meter.objects.get(pk=supply.meter_id).state == devices.MeterState.REMOVED
    again = client.post(
        f"/meters/changes/{change.pk}/undo", {"request_key": str(uuid.uuid4()), "remark": "表号录错"}
    )
    assert again.status_code == 422
    assert "taken back already" in again.text


def test_a_clerk_may_not(supply: records.Supply) -> None:
    clerk = records.actor(role="CLERK", unit_id=supply.station_id)
    with pytest.raises(access_rules.NotAllowedError):
        fit_meters.undo(
            actor=clerk,
            change_id=1,
            remark="x",
            request_key=uuid.uuid4(),
            today=OCTOBER,
            now=build.noon(OCTOBER),
        )
