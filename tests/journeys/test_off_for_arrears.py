"""A meter is taken off for arrears; the last payment, fee included, orders it hung again."""

import datetime
import uuid

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client

from meterbook.application import charge_fee, company, fit_meters, transaction
from meterbook.domain.access import models as access
from meterbook.domain.companies import models as companies
from meterbook.domain.devices.rules import MoveReason
from meterbook.domain.metering import models as metering
from meterbook.domain.metering import rules_changes
from meterbook.domain.payments import models as payments
from meterbook.reporting import ledger_proof, reinstalls
from tests.builders import metering as build
from tests.builders import records
from tests.journeys import story
from tests.journeys.test_account_life import Town

day = datetime.date
pytestmark = pytest.mark.usefixtures("db")
OFF, PAID, BACK = day(2026, 6, 15), day(2026, 6, 18), day(2026, 6, 19)
Kind = metering.ChangeKind


def change(town: Town, *, kind: metering.ChangeKind, on: day, **facts: object) -> int:
    asked = fit_meters.Change(
        request_key=uuid.uuid4(),
        kind=kind,
        service_point_id=town.supply.service_point_id,
        changed_on=on,
        **facts,  # type: ignore[arg-type]  # facts by name
    )
    return fit_meters.change(actor=town.supervisor, change=asked, now=story.at(on), today=on).change_id


def take_off(town: Town, reason: MoveReason) -> int:
    closing = {0: rules_changes.Closing(value_milli=90_000)}
    return change(town, kind=Kind.REMOVE, on=OFF, reason=int(reason), closings=closing)


def found() -> list[tuple[str, int, bool]]:
    return [(row.account_no, row.owed_minor, row.is_due) for row in reinstalls.waiting(most=10)]


def test_paying_everything_orders_the_meter_back_and_hanging_it_ends_the_order() -> None:
    town = Town()
    number = town.supply.account_no
    take_off(town, MoveReason.ARREARS)
    assert found() == [(number, 160_00, False)]
    charge_fee.charge(
        actor=town.by.clerk,
        wanted=charge_fee.ChargeFee(
            request_key=uuid.uuid4(),
            account_id=town.supply.account_id,
            fee_code="MATERIAL",
            amount_minor=30_00,
        ),
        today=PAID,
        now=story.at(PAID),
    )
    assert found() == [(number, 190_00, False)]
    shift_id = story.open_till(by=town.by, on=PAID)
    bills = town.open_bills()
    story.pay(by=town.by, account_id=town.supply.account_id, bills=bills, tendered_minor=190_00, on=PAID)
    assert found() == [(number, 0, True)]
    story.close_day(by=town.by, shift_id=shift_id, counted={payments.Tender.CASH: 190_00}, on=PAID)
    build.stock_meter(station_id=town.supply.station_id, serial_no="AGAIN-1")
    change(town, kind=Kind.INSTALL, on=BACK, reason=0, openings={0: 0}, new_serial_no="AGAIN-1")
    assert found() == []
    assert ledger_proof.prove().is_right


def test_only_what_was_taken_off_for_arrears_and_still_is_waits() -> None:
    town = Town()
    assert found() == []
    change_id = take_off(town, MoveReason.ARREARS)
    assert len(found()) == 1
    fit_meters.undo(
        actor=town.supervisor,
        change_id=change_id,
        remark="拆错",
        request_key=uuid.uuid4(),
        today=OFF,
        now=story.at(OFF),
    )
    assert found() == []
    take_off(town, MoveReason.DEMOLITION)
    assert found() == []


def test_nobody_sees_the_places_of_another_station() -> None:
    town = Town()
    take_off(town, MoveReason.ARREARS)
    other = records.actor(role="CLERK", unit_id=access.OrgUnit.objects.get(code=records.STATION_B).pk)
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE meterbook_app")
        with transaction.reading(actor=other):
            assert found() == []
        with transaction.reading(actor=town.by.clerk):
            assert len(found()) == 1
        cursor.execute("RESET ROLE")


def test_the_list_leads_to_the_till_or_to_hanging_a_meter_and_onto_paper(settings: LazySettings) -> None:
    settings.METERBOOK_FIXED_TODAY = PAID
    town = Town()
    company.use_schema("public")
    companies.Company.objects.update(ready_at=story.at(PAID))
    company.use_schema("main")
    take_off(town, MoveReason.ARREARS)
    client = Client()
    staff = access.Staff.objects.get(pk=town.supervisor.staff_id or 0)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    waiting = client.get("/meters/reinstalls/").content.decode()
    assert f"/till/{town.supply.account_no}" in waiting
    assert "/meters/reinstalls/sheet/" not in waiting
    story.open_till(by=town.by, on=PAID)
    bills = town.open_bills()
    story.pay(by=town.by, account_id=town.supply.account_id, bills=bills, tendered_minor=160_00, on=PAID)
    due = client.get("/meters/reinstalls/").content.decode()
    assert f"/meters/places/{town.supply.service_point_id}/" in due
    assert town.supply.serial_no in client.get("/meters/reinstalls/sheet/").content.decode()
