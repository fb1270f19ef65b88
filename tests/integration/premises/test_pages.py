"""The pages of premises: look, act, be refused beside the field, generate with a preview, take back."""

import datetime
import uuid
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import reverse

from meterbook.application import company
from meterbook.domain.access import models as access
from meterbook.domain.companies import models as companies
from meterbook.domain.premises import models
from meterbook.domain.premises.models import NodeKind
from tests.builders import premises as builders
from tests.builders import records
from tests.integration.premises import world

BACKEND = "django.contrib.auth.backends.ModelBackend"
DAY = datetime.date(2026, 1, 10)


@dataclass(frozen=True, slots=True)
class Office:
    station_id: int
    supply: records.Supply
    ids: dict[str, object]
    browser: Client

    def get(self, name: str, /, *keys: str, **query: str) -> str:
        answer = self.browser.get(reverse(name, args=[self.ids[key] for key in keys]), query)
        assert answer.status_code == 200, name
        return str(answer.content.decode())

    def post(self, name: str, /, *keys: str, **posted: object) -> int:
        url = reverse(name, args=[self.ids[key] for key in keys])
        return int(self.browser.post(url, posted).status_code)


@pytest.fixture
def office(db: None) -> Office:
    made = records.world()
    world.community(station_id=made.station_a)
    supply = records.supply(
        station_id=made.station_a, tariff_id=records.tariff(), installed_on=datetime.date(2026, 1, 5)
    )
    ids = builders.one_of_each(supply=supply, mark="甲", on=DAY)
    staff = records.staff(role="SUPERVISOR", unit_id=made.station_a)
    company.use_schema("public")
    companies.Company.objects.update(ready_at=records.NOW)
    company.use_schema("main")
    browser = Client()
    browser.force_login(staff, backend=BACKEND)
    return Office(station_id=made.station_a, supply=supply, ids=ids, browser=browser)


def plan(office: Office, **changes: object) -> dict[str, object]:
    return {
        "station_id": office.station_id,
        "district": "城东区",
        "street": "柳荫街",
        "community": "柳荫小区",
        "buildings": "33",
        "entrances": "1-2",
        "first_floor": 1,
        "last_floor": 33,
        "doors": 4,
        "skipped_floors": "4,13,14",
        "style": "FLOOR_DOOR_2",
        "basement_mark": "B",
        "shops": 0,
        "penthouse_doors": 0,
        "utilities": ["1", "2"],
        "request_key": str(uuid.uuid4()),
        **changes,
    }


def test_the_browser_goes_down_the_tree_to_the_door(office: Office) -> None:
    top = office.get("premises")
    assert "城东区" in top
    assert office.supply.address in top
    building = world.node("1", kind=NodeKind.BUILDING, under="柳荫小区")
    inside = office.get("premises", node=str(building.pk))
    assert "柳荫小区1幢1单元101室" in inside
    assert "柳荫小区2幢1单元101室" not in inside
    vacant = office.get("premises", node=str(building.pk), state="1")
    assert "柳荫小区1幢1单元101室" not in vacant
    found = office.get("premises", text="甲园大白楼")
    assert office.supply.address in found


def test_the_page_of_a_premise_says_who_where_and_what(office: Office) -> None:
    shown = office.get("premise", "premise_id")
    for text in (office.supply.address, office.supply.serial_no, office.supply.name, "甲供应站", "甲园灶1"):
        assert text in shown
    for url in ("premise_edit", "premise_alias", "premise_appliance", "premise_archive", "premise_classify"):
        assert reverse(url, args=[office.supply.premise_id]) in shown


def test_every_act_page_opens(office: Office) -> None:
    for name in (
        "premise_edit",
        "premise_remove",
        "premise_point",
        "premise_alias",
        "premise_appliance",
        "premise_archive",
        "premise_classify",
    ):
        office.get(name, "premise_id")
    for name in ("address_node", "address_node_rename", "address_node_move", "address_node_merge"):
        office.get(name, "node_id")
    for name in ("address_node_archive", "address_node_classify", "address_node_remove"):
        office.get(name, "node_id")
    for name in ("premise_new", "address_node_new_root", "premises_generate", "appliances", "dimensions"):
        office.get(name)
    office.get("premise_alias_remove", "premise_id", "alias_id")
    office.get("premise_appliance_remove", "premise_id", "appliance_id")
    office.get("network_record_remove", "record_id")
    office.get("class_value_rename", "dimension_id", "value_id")
    office.get("premise_batch", "batch_id")


def test_a_premise_is_added_changed_and_taken_away_on_the_pages(office: Office) -> None:
    given = {"station_id": office.station_id, "community": "柳荫小区", "building": "5", "flat_no": "101"}
    assert office.post("premise_new", **given, utilities=["1"]) == 303
    premise = models.Premise.objects.get(address="柳荫小区5幢101室")
    office.ids["mine"] = premise.pk
    assert office.post("premise_new", **given, utilities=["1"]) == 422, "the same address again"
    changed = {"community": "柳荫小区", "building": "5", "flat_no": "102", "expected": premise.address}
    assert office.post("premise_edit", "mine", **changed) == 303
    assert office.post("premise_edit", "mine", **changed) == 422, "it was changed meanwhile"
    assert office.post("premise_remove", "mine", reason="") == 422
    assert office.post("premise_remove", "mine", reason="录错") == 303
    assert office.post("premise_remove", "premise_id", reason="录错") == 422, "it is supplied"


def test_acts_on_what_is_kept_about_a_premise(office: Office) -> None:
    assert office.post("premise_alias", "premise_id", kind="2", text="白楼东户") == 303
    assert office.post("premise_alias", "premise_id", kind="2", text="白楼东户") == 422
    assert office.post("premise_alias_remove", "premise_id", "alias_id") == 303
    stove = {"kind": "1", "flue_type": "0", "rated_flow_milli": "0.8", "request_key": str(uuid.uuid4())}
    assert office.post("premise_appliance", "premise_id", **stove) == 303
    assert office.post("premise_appliance", "premise_id", **stove) == 303, "sent twice, recorded once"
    assert models.Appliance.objects.filter(rated_flow_milli=800).count() == 1
    assert office.post("premise_appliance_remove", "premise_id", "appliance_id", on="2026-11-01") == 303
    pipe = {"kind": "1", "description": "DN25", "request_key": str(uuid.uuid4())}
    assert office.post("premise_archive", "premise_id", **pipe) == 303
    assert (
        office.post("address_node_archive", "node_id", **(pipe | {"request_key": str(uuid.uuid4())})) == 303
    )
    assert office.post("network_record_remove", "record_id", on="2026-11-01") == 303
    assert office.post("network_record_remove", "record_id", on="2026-11-01") == 422
    assert office.post("premise_point", "premise_id", utility="2") == 303
    choice = f"{office.ids['dimension_id']}:{office.ids['value_id']}"
    assert office.post("premise_classify", "premise_id", choice=choice, from_on="2025-01-01") == 422
    assert (
        office.post(
            "premise_classify", "premise_id", choice=f"{office.ids['dimension_id']}:", from_on="2026-02-01"
        )
        == 303
    )


def test_places_are_renamed_moved_and_merged_on_the_pages(office: Office) -> None:
    building = world.node("2", kind=NodeKind.BUILDING, under="柳荫小区")
    office.ids["building"] = building.pk
    office.ids["other"] = world.node("1", kind=NodeKind.BUILDING, under="柳荫小区").pk
    assert office.post("address_node_rename", "building", name="2号楼", expected="2") == 303
    assert models.Premise.objects.filter(address__startswith="柳荫小区2号楼").count() == 12
    assert office.post("address_node_rename", "building", name="1", expected="2号楼") == 422
    made = office.post("address_node_new", "node_id", kind="5", name="9")
    assert made == 422, "an entrance has no place below"
    street = world.node("柳荫街", kind=NodeKind.STREET)
    office.ids["street"] = street.pk
    assert office.post("address_node_new", "street", kind="3", name="河畔人家") == 303
    river = world.node("河畔人家", kind=NodeKind.COMMUNITY)
    office.ids["river"] = river.pk
    assert office.post("address_node_move", "building", parent_id=river.pk) == 303
    assert models.Premise.objects.filter(address__startswith="河畔人家2号楼").count() == 12
    assert office.post("address_node_remove", "river") == 422
    home = world.node("柳荫小区", kind=NodeKind.COMMUNITY, under="柳荫街")
    assert office.post("address_node_merge", "river", into_id=home.pk, reason="") == 422
    assert office.post("address_node_merge", "river", into_id=home.pk, reason="同一小区") == 303
    assert models.Premise.objects.filter(address__startswith="柳荫小区2号楼").count() == 12


def test_a_building_is_drawn_before_it_is_written(office: Office) -> None:
    url = reverse("premises_generate")
    before = models.Premise.objects.count()
    given = plan(office)
    looked = office.browser.post(url, given)
    assert looked.status_code == 200
    drawn = looked.content.decode()
    assert (len(looked.context["looked"].doors), ">3304<" in drawn, ">1301<" in drawn) == (240, True, False)
    assert models.Premise.objects.count() == before, "looking writes nothing"
    assert office.browser.post(url, {**given, "back": "1"}).context["form"]["buildings"].value() == "33"
    written = [office.browser.post(url, {**given, "write": "1"}) for _ in range(2)]
    assert written[0].status_code == 303
    assert models.Premise.objects.count() == before + 240
    batch = models.PremiseBatch.objects.latest("id")
    assert written[0]["Location"] == reverse("premise_batch", args=[batch.pk])
    assert models.PremiseBatch.objects.filter(request_key=str(given["request_key"])).count() == 1
    again = office.browser.post(url, plan(office, write="1"))
    assert (again.status_code, again.context["fault_count"]) == (200, 240), (
        "taken doors are shown, not written"
    )
    undo = reverse("premise_batch_undo", args=[batch.pk])
    assert office.browser.post(undo, {"reason": ""}).status_code == 422
    assert office.browser.post(undo, {"reason": "楼号错"}).status_code == 303
    assert models.Premise.objects.count() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("skipped_floors", "four"),
        ("entrances", "1: many"),
        ("buildings", "9-1"),
        ("doors", "100"),
        ("last_floor", "0"),
        ("community", ""),
    ],
)
def test_a_plan_that_is_not_understood_comes_back_with_the_fault(
    office: Office, field: str, value: str
) -> None:
    answer = office.browser.post(reverse("premises_generate"), plan(office, **{field: value}))
    assert answer.status_code == 422
    assert answer.context["form"].errors


def test_everything_below_a_place_is_counted_then_classified(office: Office) -> None:
    community = world.node("柳荫小区", kind=NodeKind.COMMUNITY, under="柳荫街")
    url = reverse("address_node_classify", args=[community.pk])
    choice = f"{office.ids['dimension_id']}:{office.ids['value_id']}"
    given = {"choice": choice, "from_on": "2026-02-01", "reason": "划片"}
    counted = office.browser.post(url, given)
    would = counted.context["would"]
    assert (counted.status_code, would.touched > 20) == (200, True)
    held = models.PremiseValue.objects.count()
    stale = office.browser.post(url, {**given, "seen": would.touched + 1})
    assert (stale.status_code, models.PremiseValue.objects.count()) == (200, held), (
        "another count: look again"
    )
    assert office.browser.post(url, {**given, "seen": would.touched}).status_code == 303
    assert models.PremiseValue.objects.count() == held + would.touched


def test_classifications_of_the_companys_own(office: Office) -> None:
    assert office.post("dimension_new", code="zone", name_zh="压力区", name_en="Zone") == 303
    office.ids["zone"] = models.Dimension.objects.get(code="ZONE").pk
    assert office.post("dimension_new", code="zone", name_zh="压力区", name_en="Zone") == 422
    assert office.post("class_value_new", "zone", code="1", name="高区") == 303
    assert office.post("class_value_new", "zone", code="1", name="高区") == 422
    office.ids["high"] = models.DimensionValue.objects.get(dimension__code="ZONE").pk
    assert office.post("class_value_rename", "zone", "high", name="低区") == 303
    assert "低区" in office.get("dimension", "zone")
    assert office.post("class_value_remove", "zone", "high") == 303


def test_the_changes_speak_in_words(office: Office) -> None:
    office.post("premise_alias", "premise_id", kind="2", text="白楼")
    office.post("premise_appliance", "premise_id", kind="3", flue_type="4", request_key=str(uuid.uuid4()))
    acts = access.AuditEntry.objects.filter(subject_kind="PREMISE")
    assert set(acts.values_list("act", flat=True)) == {"ALIAS_ADDED", "APPLIANCE_ADDED"}
    office.browser.cookies["django_language"] = "en"
    shown = office.get("premise", "premise_id")
    for word in ("Alias added", "Common name", "Appliance recorded", "Wall-hung boiler", "Balanced flue"):
        assert word in shown
