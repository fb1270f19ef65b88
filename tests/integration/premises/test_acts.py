"""Acts on premises: who may, where, what the audit trail says, and what happens the second time."""

import datetime
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from meterbook.application import (
    actor as actors,
)
from meterbook.application import (
    premises_admin,
    premises_classes,
    premises_generation,
    premises_tree,
)
from meterbook.domain.access import models as access
from meterbook.domain.premises import models, operations_records, rules_generation
from meterbook.domain.premises.models import NodeKind
from tests.builders import records
from tests.integration.premises import world

NOW = datetime.datetime(2026, 11, 6, 8, 0, tzinfo=datetime.UTC)
DAY = datetime.date(2026, 11, 6)


@dataclass(frozen=True, slots=True)
class Office:
    world: records.World
    clerk: actors.Actor
    supervisor: actors.Actor
    reader: actors.Actor


@pytest.fixture
def office(db: None) -> Office:
    made = records.world()
    return Office(
        world=made,
        clerk=records.actor(role="CLERK", unit_id=made.station_a),
        supervisor=records.actor(role="SUPERVISOR", unit_id=made.station_a),
        reader=records.actor(role="READER", unit_id=made.station_a),
    )


def latest() -> access.AuditEntry:
    return access.AuditEntry.objects.latest("id")


def add(office: Office, **changes: str) -> int:
    return premises_admin.add_premise(
        actor=office.clerk,
        now=NOW,
        station_id=office.world.station_a,
        parts=world.parts(**changes),
        utilities=(1, 2),
    )


def plan(*, key: uuid.UUID | None = None, station_id: int) -> premises_generation.Generate:
    return premises_generation.Generate(
        request_key=key or uuid.uuid4(),
        station_id=station_id,
        plan=rules_generation.BuildingPlan(
            place=world.parts(),
            buildings=("8", "9"),
            entrances=(rules_generation.Entrance(name="1", first_floor=1, last_floor=3, doors=2),),
        ),
        utilities=(1,),
    )


def test_a_premise_from_adding_to_taking_away(office: Office) -> None:
    premise_id = add(office)
    assert latest().after == {"address": "柳荫小区1幢1单元101室", "utilities": ["WATER", "GAS"]}
    premises_admin.change_premise(
        actor=office.clerk,
        now=NOW,
        premise_id=premise_id,
        parts=world.parts(flat_no="102"),
        expected_address="柳荫小区1幢1单元101室",
    )
    act = latest()
    assert (act.act, act.subject_kind, act.subject_id) == ("PREMISE_CHANGED", "PREMISE", str(premise_id))
    assert act.before == {"flat_no": "101", "address": "柳荫小区1幢1单元101室"}
    assert act.after == {"flat_no": "102", "address": "柳荫小区1幢1单元102室"}
    with pytest.raises(premises_admin.ReasonMissingError):
        premises_admin.remove_premise(actor=office.clerk, now=NOW, premise_id=premise_id, reason=" ")
    premises_admin.remove_premise(actor=office.clerk, now=NOW, premise_id=premise_id, reason="建错了")
    assert (latest().act, latest().reason) == ("PREMISE_REMOVED", "建错了")
    assert not models.Premise.objects.filter(pk=premise_id).exists()


def test_a_supplied_premise_is_not_taken_away(office: Office) -> None:
    supply = records.supply(station_id=office.world.station_a, tariff_id=records.tariff())
    acts = access.AuditEntry.objects.count()
    with pytest.raises(premises_admin.RecordError) as refused:
        premises_admin.remove_premise(actor=office.clerk, now=NOW, premise_id=supply.premise_id, reason="试")
    assert refused.value.code == "IN_USE"
    assert access.AuditEntry.objects.count() == acts
    assert models.Premise.objects.filter(pk=supply.premise_id).exists()


def test_an_appliance_sent_twice_is_there_once(office: Office) -> None:
    premise_id = add(office)
    wanted = operations_records.NewAppliance(
        kind=models.ApplianceKind.STOVE, rated_flow_milli=800, request_key=uuid.uuid4()
    )
    first, second = (
        premises_admin.add_appliance(actor=office.clerk, now=NOW, premise_id=premise_id, wanted=wanted)
        for _ in range(2)
    )
    assert first == second
    assert access.AuditEntry.objects.filter(act="APPLIANCE_ADDED").count() == 1
    assert latest().after == {"appliance_kind": 1, "rated_flow_milli": 800, "flue_type": 0}
    premises_admin.remove_appliance(
        actor=office.clerk, now=NOW, premise_id=premise_id, appliance_id=first, on=DAY
    )
    assert latest().after == {"removed_on": "2026-11-06"}


def test_the_archive_speaks_on_the_timeline_of_its_place(office: Office) -> None:
    premise_id = add(office)
    node_id = models.Premise.objects.get(pk=premise_id).node_id
    key = uuid.uuid4()
    wanted = operations_records.NewNetworkRecord(
        kind=models.NetworkKind.INLET_PIPE, description="DN80 引入管", node_id=node_id, request_key=key
    )
    made = {premises_admin.add_network_record(actor=office.clerk, now=NOW, wanted=wanted) for _ in range(2)}
    assert len(made) == 1
    assert (latest().subject_kind, latest().subject_id) == ("ADDRESS_NODE", str(node_id))
    premises_admin.remove_network_record(actor=office.clerk, now=NOW, record_id=made.pop(), on=DAY)
    assert latest().act == "NETWORK_RECORD_REMOVED"


def test_a_building_is_looked_at_written_once_and_taken_back(office: Office) -> None:
    wanted = plan(station_id=office.world.station_a)
    looked = premises_generation.preview(actor=office.supervisor, wanted=wanted)
    assert (len(looked.doors), looked.is_clean) == (12, True)
    first, again = (
        premises_generation.generate(actor=office.supervisor, wanted=wanted, now=NOW) for _ in range(2)
    )
    assert first == again
    assert models.Premise.objects.count() == 12
    assert latest().after == {
        "address": "柳荫小区8幢, 9幢",
        "premises": 12,
        "first": "柳荫小区8幢1单元101室",
        "last": "柳荫小区9幢1单元302室",
        "utilities": ["WATER"],
    }
    seen = premises_generation.preview(
        actor=office.supervisor, wanted=plan(station_id=office.world.station_a)
    )
    assert len(seen.taken) == 12
    with pytest.raises(premises_generation.AddressTakenError):
        premises_generation.generate(
            actor=office.supervisor, wanted=plan(station_id=office.world.station_a), now=NOW
        )
    premises_generation.undo(actor=office.supervisor, batch_id=first, reason="楼号错", now=NOW)
    assert not models.Premise.objects.exists()
    assert (latest().act, latest().reason) == ("BUILDING_TAKEN_BACK", "楼号错")


def test_a_tree_act_says_how_many_doors_it_moved(office: Office) -> None:
    world.community(station_id=office.world.station_a)
    community = world.node("柳荫小区", kind=NodeKind.COMMUNITY)
    premises_tree.rename_node(
        actor=office.clerk, now=NOW, node_id=community.pk, name="柳荫新村", expected="柳荫小区"
    )
    act = latest()
    assert act.before == {"address_node": "城东区 / 柳荫街 / 柳荫小区"}
    assert act.after == {
        "address_node": "城东区 / 柳荫街 / 柳荫新村",
        "premises": 24,
        "addresses_changed": 24,
    }
    acts = access.AuditEntry.objects.count()
    premises_tree.rename_node(
        actor=office.clerk, now=NOW, node_id=community.pk, name="柳荫新村", expected="柳荫新村"
    )
    assert access.AuditEntry.objects.count() == acts, "the same again is no act"
    with pytest.raises(premises_tree.ReasonMissingError):
        premises_tree.merge_nodes(
            actor=office.clerk, now=NOW, node_id=community.pk, into_id=community.pk, reason=""
        )


def test_a_whole_community_is_classified_with_a_reason_and_a_dry_run(office: Office) -> None:
    world.community(station_id=office.world.station_a)
    community = world.node("柳荫小区", kind=NodeKind.COMMUNITY)
    dimension = models.Dimension.objects.get(code="SUPPLY_STATION")
    value_id = premises_classes.add_value(
        actor=office.supervisor,
        now=NOW,
        dimension_id=dimension.pk,
        code="E",
        name="城东供应站",
        parent_id=None,
    )
    wanted = premises_classes.Classify(dimension_id=dimension.pk, value_id=value_id, from_on=DAY)
    would = premises_classes.would_classify_below(
        actor=office.supervisor, node_id=community.pk, wanted=wanted
    )
    assert (would.touched, models.PremiseValue.objects.count()) == (24, 0)
    did = premises_classes.classify_below(
        actor=office.supervisor, now=NOW, node_id=community.pk, wanted=wanted, reason="划片"
    )
    assert did == would
    assert latest().after == {
        "address_node": "城东区 / 柳荫街 / 柳荫小区",
        "dimension": "SUPPLY_STATION",
        "value": "城东供应站",
        "from_on": "2026-11-06",
        "premises": 24,
        "left_alone": 0,
    }
    again = premises_classes.classify_below(
        actor=office.supervisor, now=NOW, node_id=community.pk, wanted=wanted, reason="划片"
    )
    assert (again.touched, again.same) == (0, 24)


def test_nobody_acts_without_the_right(office: Office) -> None:
    premise_id = add(office)
    node_id = models.Premise.objects.get(pk=premise_id).node_id or 0
    wanted = plan(station_id=office.world.station_a)
    classify = premises_classes.Classify(dimension_id=1, value_id=None, from_on=DAY)
    stove = operations_records.NewAppliance(kind=models.ApplianceKind.STOVE)
    acts: list[Callable[[], object]] = [
        lambda: premises_admin.remove_premise(
            actor=office.reader, now=NOW, premise_id=premise_id, reason="x"
        ),
        lambda: premises_admin.add_alias(
            actor=office.reader, now=NOW, premise_id=premise_id, kind=models.AliasKind.COMMON, text="x"
        ),
        lambda: premises_admin.add_appliance(
            actor=office.reader, now=NOW, premise_id=premise_id, wanted=stove
        ),
        lambda: premises_tree.rename_node(
            actor=office.reader, now=NOW, node_id=node_id, name="x", expected="1"
        ),
        lambda: premises_tree.remove_node(actor=office.reader, now=NOW, node_id=node_id),
        lambda: premises_classes.classify_one(
            actor=office.reader, now=NOW, premise_id=premise_id, wanted=classify
        ),
        lambda: premises_classes.classify_below(
            actor=office.clerk, now=NOW, node_id=node_id, wanted=classify, reason="x"
        ),
        lambda: premises_classes.add_dimension(
            actor=office.clerk, now=NOW, code="A", name_zh="甲", name_en="A"
        ),
        lambda: premises_generation.generate(actor=office.clerk, wanted=wanted, now=NOW),
        lambda: premises_generation.undo(actor=office.clerk, batch_id=1, reason="x", now=NOW),
    ]
    before = access.AuditEntry.objects.count()
    for act in acts:
        with pytest.raises(actors.NotAllowedError):
            act()
    assert access.AuditEntry.objects.count() == before


def test_a_station_outside_the_scope_gets_no_premise(office: Office) -> None:
    acts: list[Callable[[], object]] = [
        lambda: premises_admin.add_premise(
            actor=office.clerk,
            now=NOW,
            station_id=office.world.station_b,
            parts=world.parts(),
            utilities=(),
        ),
        lambda: premises_tree.add_node(
            actor=office.clerk,
            now=NOW,
            station_id=office.world.station_b,
            parent_id=None,
            kind=NodeKind.DISTRICT,
            name="x",
        ),
        lambda: premises_generation.generate(
            actor=office.supervisor, wanted=plan(station_id=office.world.station_b), now=NOW
        ),
    ]
    for act in acts:
        with pytest.raises(premises_tree.StationNotFoundError):
            act()


def test_what_lies_in_another_station_is_not_there(office: Office, as_web_role: None) -> None:
    """Under the web role the ids of another station are simply unknown."""
    premise_id = add(office)
    node_id = models.Premise.objects.filter(pk=premise_id).values_list("node_id", flat=True).first()
    elsewhere = actors.Actor(
        name="x",
        staff_id=office.supervisor.staff_id,
        home_unit_id=office.world.station_b,
        unit_ids=(office.world.station_b,),
        rights=office.supervisor.rights,
    )
    with pytest.raises(premises_admin.PremiseNotFoundError):
        premises_admin.remove_premise(actor=elsewhere, now=NOW, premise_id=premise_id, reason="x")
    with pytest.raises(premises_admin.PremiseNotFoundError):
        premises_admin.change_premise(
            actor=elsewhere, now=NOW, premise_id=premise_id, parts=world.parts(), expected_address="x"
        )
    with pytest.raises(premises_tree.NodeNotFoundError):
        premises_tree.rename_node(actor=elsewhere, now=NOW, node_id=node_id or 0, name="x", expected="1")
