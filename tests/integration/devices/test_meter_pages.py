"""The pages of meters, asked as a browser without scripts would."""

import datetime
import re
import uuid
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from meterbook.application import company
from meterbook.domain.companies import models as companies
from meterbook.domain.devices import models
from meterbook.domain.devices.rules import MeterState
from tests.builders import metering as rounds
from tests.builders import meters, records

TODAY = datetime.date(2026, 7, 1)


@pytest.fixture
def world(db: None, settings: LazySettings) -> records.World:
    settings.METERBOOK_FIXED_TODAY = TODAY
    world = records.world()
    company.use_schema("public")
    companies.Company.objects.update(ready_at=records.NOW, name="城东公用")
    company.use_schema("main")
    return world


def browser(*, role: str, unit_id: int) -> Client:
    client = Client()
    client.force_login(
        records.staff(role=role, unit_id=unit_id), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


@pytest.fixture
def keeper(world: records.World) -> Client:
    return browser(role="SUPERVISOR", unit_id=world.station_a)


def receipt(world: records.World, **facts: Any) -> dict[str, Any]:
    return {
        "request_key": str(uuid.uuid4()),
        "model_id": meters.model().pk,
        "station_id": world.station_a,
        "store": "一号库",
        "on": "2026-06-30",
        "first": "W0001",
        "last": "W0003",
        **facts,
    }


def move(*serial_nos: str, **facts: Any) -> dict[str, Any]:
    return {
        "request_key": str(uuid.uuid4()),
        "serial_nos": "\n".join(serial_nos),
        "place": "刘师傅",
        "on": "2026-07-01",
        **facts,
    }


def test_a_range_is_received_issued_and_found_in_the_store(world: records.World, keeper: Client) -> None:
    posted = receipt(world)
    answer = keeper.post(reverse("meters_receive"), posted)
    assert (answer.status_code, answer["Location"]) == (303, reverse("meter_store"))
    keeper.post(reverse("meters_receive"), posted)
    assert models.Meter.objects.count() == 3, "sent twice, received once"
    answer = keeper.post(reverse("meters_move", args=["issue"]), move("W0001", "w0002".upper()))
    assert answer.status_code == 303
    page = keeper.get(reverse("meter_store")).content.decode()
    assert re.search(r"宁波水表 LXS-20 DN20", page)
    rows = keeper.get(reverse("meters"), {"holder": "刘师傅"}).content.decode()
    assert "W0001" in rows
    assert "W0003" not in rows


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"last": "W0000"}, "last"),
        ({"first": "W", "last": ""}, "first"),
        ({"listed": "W9"}, "first"),
        ({"first": "", "last": "", "listed": "W9 W9"}, "listed"),
        ({"on": "2026-07-02"}, "on"),
        ({"store": ""}, "store"),
        ({"model_id": "999999"}, "model_id"),
    ],
)
def test_a_refused_receipt_keeps_the_form_and_says_where(
    world: records.World, keeper: Client, changed: dict[str, str], field: str
) -> None:
    answer = keeper.post(reverse("meters_receive"), receipt(world, **changed))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert answer.context["form"]["purchase_no"].value() is None
    assert not models.Meter.objects.exists()


def test_scrapping_shows_the_meters_before_it_is_done(world: records.World, keeper: Client) -> None:
    meters.in_stock(station_id=world.station_a, serial_nos=["W1", "W2"])
    address = reverse("meters_move", args=["scrap"])
    posted = move("W1", "W2", place="", reason="1")
    look = keeper.post(address, posted)
    assert look.status_code == 200
    assert models.Meter.objects.filter(state=MeterState.SCRAPPED).count() == 0
    shown = re.search(r'name="looked_at" value="(\d+)"', look.content.decode())
    assert shown is not None
    answer = keeper.post(address, {**posted, "looked_at": shown[1]})
    assert answer.status_code == 303
    assert models.Meter.objects.filter(state=MeterState.SCRAPPED).count() == 2


@pytest.mark.parametrize(
    ("act", "posted", "field"),
    [
        ("issue", move("W1", "W7"), "serial_nos"),
        ("issue", move("W1", place=""), "place"),
        ("issue", move("W1", on="2026-07-02"), "on"),
        ("issue", move("W1", on="2020-01-01"), "serial_nos"),
        ("lost", move("W1"), "reason"),
        ("store", move("W1"), "serial_nos"),
    ],
)
def test_a_refused_move_says_where(
    world: records.World, keeper: Client, act: str, posted: dict[str, Any], field: str
) -> None:
    meters.in_stock(station_id=world.station_a, serial_nos=["W1"])
    answer = keeper.post(reverse("meters_move", args=[act]), posted)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert models.MeterMove.objects.count() == 1


def test_the_page_of_a_meter_seals_tests_names_and_takes_back(world: records.World, keeper: Client) -> None:
    (meter,) = meters.in_stock(station_id=world.station_a, serial_nos=["W1"])
    pk = [meter.pk]
    sealed = {"seal_no": "S1", "position": "2", "colour": "蓝", "on": "2026-07-01"}
    assert keeper.post(reverse("meter_seal", args=pk), sealed).status_code == 303
    again = keeper.post(reverse("meter_seal", args=pk), sealed)
    assert again.status_code == 422
    assert "W1" in again.content.decode()
    seal = models.Seal.objects.get()
    unseal = reverse("meter_unseal", args=[meter.pk, seal.pk])
    assert keeper.post(unseal, {"reason": "换表", "on": "2026-07-01"}).status_code == 303
    assert keeper.post(unseal, {"reason": "换表", "on": "2026-07-01"}).status_code == 404
    tested = {
        "request_key": str(uuid.uuid4()),
        "kind": "4",
        "tested_on": "2026-07-01",
        "laboratory": "市计量所",
        "has_passed": "1",
        "error_ppm": "-3.1",
        "points": "1.5: -2.4\n0.03=1",
    }
    assert keeper.post(reverse("meter_test", args=pk), tested).status_code == 303
    points = models.MeterTestPoint.objects.order_by("flow_milli").values_list("flow_milli", "error_ppm")
    assert list(points) == [(30, 10_000), (1_500, -24_000)]
    meter.refresh_from_db()
    assert meter.correction_ppm == -31_000
    barcode = {"barcode": "690001", "version": meter.version}
    assert keeper.post(reverse("meter_barcode", args=pk), barcode).status_code == 303
    assert keeper.post(reverse("meter_barcode", args=pk), {**barcode, "barcode": "x"}).status_code == 422
    meter.refresh_from_db()
    due = {"due_on": "2030-01-31", "reason": "厂家召回", "version": meter.version}
    assert keeper.post(reverse("meter_due", args=pk), {**due, "due_on": "2026-06-30"}).status_code == 422
    assert keeper.post(reverse("meter_due", args=pk), {**due, "reason": ""}).status_code == 422
    assert keeper.post(reverse("meter_due", args=pk), due).status_code == 303
    assert "2030-01-31" in keeper.get(reverse("meter", args=pk)).content.decode()
    keeper.post(reverse("meters_move", args=["issue"]), move("690001"))
    undo = reverse("meter_undo", args=[meter.pk, models.MeterMove.objects.latest("id").pk])
    keeper.post(undo, {"reason": ""})
    meter.refresh_from_db()
    assert meter.state == MeterState.ISSUED
    keeper.post(undo, {"reason": "领错了"})
    meter.refresh_from_db()
    assert meter.state == MeterState.IN_STOCK
    page = keeper.get(reverse("meter", args=pk)).content.decode()
    assert all(said in page for said in ("690001", "S1", "市计量所", "-3.1 %", "领错了"))


@pytest.mark.parametrize(
    ("points", "field"),
    [("1.5", "points"), ("0: 1", "points"), ("1: 1\n1: 2", "points"), ("1: 101", "points")],
)
def test_points_that_are_none_are_refused(
    world: records.World, keeper: Client, points: str, field: str
) -> None:
    (meter,) = meters.in_stock(station_id=world.station_a)
    answer = keeper.post(
        reverse("meter_test", args=[meter.pk]),
        {"request_key": str(uuid.uuid4()), "kind": "4", "tested_on": "2026-07-01", "laboratory": "x",
         "has_passed": "1", "points": points},
    )  # fmt: skip
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["points"]


def test_lists_to_look_at_open_export_and_print(world: records.World, keeper: Client) -> None:
    meters.model(name="LXS-20", maker="")
    supply = records.supply(
        station_id=world.station_a,
        tariff_id=records.tariff(),
        serial_no="OLD1",
        installed_on=datetime.date(2018, 1, 1),
    )
    for check in ("over-age", "stopped", "slow", "fast", "backwards"):
        address = reverse("meter_checks", args=[check])
        page = keeper.get(address)
        assert page.status_code == 200
        assert ("OLD1" in page.content.decode()) is (check == "over-age")
    address = reverse("meter_checks", args=["over-age"])
    assert keeper.get(address, {"export": "xlsx"}).status_code == 200
    sheet = keeper.get(reverse("meter_order_sheet", args=["over-age"]), {"utility": "1"}).content.decode()
    assert "OLD1" in sheet
    assert supply.address in sheet
    other = keeper.get(reverse("meter_order_sheet", args=["over-age"]), {"utility": "2"}).content.decode()
    assert "OLD1" not in other
    assert keeper.get(reverse("meter_checks", args=["none"])).status_code == 404
    assert keeper.get(reverse("meter_order_sheet", args=["none"])).status_code == 404


def test_the_chart_shows_what_was_before_and_after(world: records.World, keeper: Client) -> None:
    supply = records.supply(
        station_id=world.station_a, tariff_id=records.tariff(), installed_on=datetime.date(2026, 1, 1)
    )
    for month, value in ((2, 10_000), (3, 22_000)):
        day = datetime.date(2026, month, 1)
        rounds.read_book(book_id=supply.book_id, day=day, values_milli={supply.register_id: value})
    answer = keeper.get(reverse("meter", args=[supply.meter_id]))
    chart = answer.context["chart"]
    assert [bar.quantity_milli for bar in chart.bars] == [10_000, 12_000]
    assert chart.changed_on is None
    lower, tallest = (bar.height for bar in chart.bars)
    assert lower == tallest * 10 // 12
    assert answer.content.decode().count('class="is-own"') == 2


def test_labels_are_printed_for_chosen_meters_and_ranges(world: records.World, keeper: Client) -> None:
    meters.in_stock(station_id=world.station_a, serial_nos=["W1", "W2", "W4"])
    address = reverse("meter_labels")
    assert keeper.get(address).status_code == 200
    sheet = keeper.get(address, {"first": "W1", "last": "W4", "size": "60x40"})
    assert [label.number for label in sheet.context["labels"]] == ["W1", "W2", "W4"]
    assert 'data-paper="60x40"' in sheet.content.decode()
    one = keeper.get(address, {"meter": ["W2"]})
    assert [label.number for label in one.context["labels"]] == ["W2"]
    assert 'data-paper="50x30"' in one.content.decode()
    for wrong in (
        {"first": "W9"},
        {"first": "W4", "last": "W1"},
        {"meter": "表"},
        {"first": "W1", "size": "9"},
    ):
        assert keeper.get(address, wrong).status_code == 422


def test_models_are_added_by_the_station_and_changed_by_the_company(
    world: records.World, keeper: Client
) -> None:
    posted = {
        "maker": "金卡", "name": "G2.5", "utility": "2", "kind": "2", "digits": "5", "decimals": "3",
        "multiplier_milli": "1", "communication": "5", "has_bands": "on",
    }  # fmt: skip
    assert keeper.post(reverse("meter_model_new"), posted).status_code == 303
    model = models.MeterModel.objects.get(name="G2.5")
    assert (model.bands, model.multiplier_milli, model.communication) == ([0, 1, 2, 3], 1000, 5)
    again = keeper.post(reverse("meter_model_new"), posted)
    assert list(again.context["form"].errors) == ["name"]
    change = reverse("meter_model", args=[model.pk])
    assert keeper.get(change).status_code == 200
    assert keeper.post(change, {**posted, "service_life_months": "96"}).status_code == 422
    head = browser(role="SUPERVISOR", unit_id=world.company_unit_id)
    assert head.post(change, {**posted, "service_life_months": "96"}).status_code == 303
    assert head.post(change, {**posted, "multiplier_milli": "0"}).status_code == 422
    model.refresh_from_db()
    assert model.service_life_months == 96
    assert "G2.5" in keeper.get(reverse("meter_models")).content.decode()
    assert keeper.get(reverse("meter_model", args=[10**9])).status_code == 404


def test_who_may_not_keep_meters_sees_no_act(world: records.World) -> None:
    (meter,) = meters.in_stock(station_id=world.station_a, serial_nos=["W1"])
    clerk = browser(role="CLERK", unit_id=world.station_a)
    page = clerk.get(reverse("meter", args=[meter.pk])).content.decode()
    assert "W1" in page
    assert reverse("meters_move", args=["issue"]) not in page
    assert reverse("meters_receive") not in clerk.get(reverse("meter_store")).content.decode()
    assert clerk.post(reverse("meters_move", args=["issue"]), move("W1")).status_code == 403


def test_a_scanned_barcode_opens_its_meter_in_the_search(world: records.World, keeper: Client) -> None:
    supply = records.supply(station_id=world.station_a, tariff_id=records.tariff())
    barcode = {"barcode": "6901234567", "version": 0}
    keeper.post(reverse("meter_barcode", args=[supply.meter_id]), barcode)
    answer = keeper.get(reverse("search"), {"q": "6901234567"})
    assert answer.status_code == 302
    assert supply.account_no in answer["Location"]


@pytest.mark.parametrize("scanned", ["690777", "N0001", "n0001", "Ｎ0001"])
def test_a_scan_opens_a_meter_that_hangs_nowhere(world: records.World, keeper: Client, scanned: str) -> None:
    (meter,) = meters.in_stock(station_id=world.station_a, serial_nos=["N0001"])
    keeper.post(reverse("meter_barcode", args=[meter.pk]), {"barcode": "690777", "version": 0})
    answer = keeper.get(reverse("search"), {"q": scanned})
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("meter", args=[meter.pk]))
    admin = browser(role="ADMIN", unit_id=world.company_unit_id)
    assert admin.get(reverse("search"), {"q": "N000"}).status_code == 200, "a part of a number opens nothing"
