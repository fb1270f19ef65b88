"""What is kept about a premise: points, aliases, classes, appliances, archive; generated doors."""

import datetime
import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from meterbook.domain.premises import (
    models,
    operations,
    operations_classes,
    operations_generation,
    operations_records,
    queries,
    queries_classes,
    queries_premises,
    rules_generation,
)
from tests.builders import records
from tests.integration.premises import world

DAY = datetime.date(2026, 11, 6)
NOW = datetime.datetime(2026, 11, 6, 8, 0, tzinfo=datetime.UTC)
LATER = datetime.date(2027, 1, 1)


@pytest.fixture
def station(db: None) -> int:
    return records.world().station_a


@pytest.fixture
def door(station: int) -> models.Premise:
    return operations_records.add_premise(station_id=station, parts=world.parts(), utilities=world.UTILITIES)


def in_scope(station_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('meterbook.scope', %s, true)", [str(station_id)])


def test_a_door_is_there_once(station: int, door: models.Premise) -> None:
    with pytest.raises(operations.AddressTakenError) as refused:
        operations_records.add_premise(station_id=station, parts=world.parts(flat_no="１０１"))
    assert refused.value.addresses == (door.address,)
    assert sorted(door.service_points.values_list("utility", "position")) == [(1, 1), (2, 1)]
    second = operations_records.add_service_point(premise_id=door.pk, utility=1)
    assert second.position == 2


def test_a_changed_door_stands_on_its_new_branch_and_is_found_by_both_addresses(
    station: int, door: models.Premise
) -> None:
    changed = operations_records.change_premise(
        premise_id=door.pk,
        parts=world.parts(entrance="3", flat_no="103"),
        expected_address="柳荫小区1幢1单元101室",
    )
    assert changed.address == "柳荫小区1幢3单元103室"
    assert changed.node is not None
    assert (changed.node.kind, changed.node.name) == (models.NodeKind.ENTRANCE, "3")
    in_scope(station)
    for text in ("1单元101室", "3单元103室", "柳荫 103"):
        assert queries.premise_ids_by_address(text=text, most=5) == [door.pk]
    with pytest.raises(operations_records.RecordError) as refused:
        operations_records.change_premise(
            premise_id=door.pk, parts=world.parts(), expected_address="柳荫小区1幢1单元101室"
        )
    assert refused.value.code == "CHANGED"


def test_aliases_are_found_in_the_own_station_only(station: int, door: models.Premise) -> None:
    operations_records.add_alias(premise_id=door.pk, kind=models.AliasKind.COMMON, alias="　大白楼一层东户 ")
    in_scope(station)
    assert queries.premise_ids_by_address(text="白楼一层", most=5) == [door.pk]
    in_scope(station + 1)
    assert queries.premise_ids_by_address(text="白楼一层", most=5) == []


@pytest.mark.parametrize(
    ("alias", "code"), [(" ", "EMPTY"), ("大白楼", "TWICE"), ("柳荫小区1幢1单元101室", "TWICE")]
)
def test_an_alias_says_something_new(door: models.Premise, alias: str, code: str) -> None:
    operations_records.add_alias(premise_id=door.pk, kind=models.AliasKind.COMMON, alias="大白楼")
    with pytest.raises(operations_records.RecordError) as refused:
        operations_records.add_alias(premise_id=door.pk, kind=models.AliasKind.COMMON, alias=alias)
    assert refused.value.code == code


def test_an_alias_goes_again(door: models.Premise) -> None:
    alias = operations_records.add_alias(premise_id=door.pk, kind=models.AliasKind.MAILING, alias="信箱 12")
    assert operations_records.remove_alias(premise_id=door.pk, alias_id=alias.pk).text == "信箱 12"
    with pytest.raises(operations_records.RecordError):
        operations_records.remove_alias(premise_id=door.pk, alias_id=alias.pk)


def test_an_appliance_comes_and_goes(door: models.Premise) -> None:
    made = operations_records.add_appliance(
        premise_id=door.pk,
        wanted=operations_records.NewAppliance(
            kind=models.ApplianceKind.WALL_HUNG_BOILER,
            maker="恒源",
            rated_flow_milli=2_700,
            flue_type=models.FlueType.BALANCED,
            installed_on=DAY,
        ),
    )
    with pytest.raises(operations_records.RecordError) as early:
        operations_records.remove_appliance(
            premise_id=door.pk, appliance_id=made.pk, on=DAY - datetime.timedelta(days=1)
        )
    assert early.value.code == "BEFORE_INSTALLED"
    operations_records.remove_appliance(premise_id=door.pk, appliance_id=made.pk, on=LATER)
    with pytest.raises(operations_records.RecordError) as twice:
        operations_records.remove_appliance(premise_id=door.pk, appliance_id=made.pk, on=LATER)
    assert twice.value.code == "REMOVED"
    (found,) = queries_premises.appliances(premise_id=door.pk)
    assert (found.maker, found.rated_flow_milli, found.removed_on) == ("恒源", 2_700, LATER)


def test_an_archive_entry_stands_at_one_place(door: models.Premise) -> None:
    wanted = operations_records.NewNetworkRecord(
        kind=models.NetworkKind.RISER_SWITCH, description="立管阀门 DN25", node_id=door.node_id
    )
    record = operations_records.add_network_record(wanted=wanted)
    assert (record.node_id, record.premise_id) == (door.node_id, None)
    found = queries_premises.network_records(premise_id=door.pk, node_ids=[door.node_id or 0])
    assert [(entry.description, entry.place) for entry in found] == [("立管阀门 DN25", "1")]
    operations_records.remove_network_record(record_id=record.pk, on=DAY)
    with pytest.raises(operations_records.RecordError):
        operations_records.remove_network_record(record_id=record.pk, on=DAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        models.NetworkRecord.objects.create(
            station_id=door.station_id, node_id=door.node_id, premise=door, kind=1, description="x"
        )


def test_a_premise_belongs_to_one_value_of_a_dimension_at_a_time(station: int, door: models.Premise) -> None:
    dimension = models.Dimension.objects.get(code="SUPPLY_STATION")
    east, west = (
        operations_classes.add_value(dimension_id=dimension.pk, code=code, name=name, parent_id=None)
        for code, name in (("E", "城东供应站"), ("W", "城西供应站"))
    )
    other = operations_records.add_premise(station_id=station, parts=world.parts(flat_no="102"))
    ids = [door.pk, other.pk]

    def put(value_id: int | None, on: datetime.date, premises: list[int]) -> operations_classes.Classified:
        would = operations_classes.would_classify(
            premise_ids=premises, dimension_id=dimension.pk, value_id=value_id, from_on=on
        )
        did = operations_classes.classify(
            premise_ids=premises, dimension_id=dimension.pk, value_id=value_id, from_on=on
        )
        assert would == did, "the dry run says what happens"
        return did

    assert put(east.pk, DAY, [door.pk]).new == 1
    assert put(east.pk, DAY, ids) == operations_classes.Classified(new=1, changed=0, same=1, later=0)
    assert put(west.pk, LATER, [door.pk]).changed == 1
    assert put(east.pk, datetime.date(2026, 12, 1), ids) == operations_classes.Classified(
        new=0, changed=0, same=1, later=1
    )
    held = queries_classes.held_values(premise_id=door.pk)
    assert [(v.value, v.from_on, v.until_on) for v in held] == [
        ("城西供应站", LATER, None),
        ("城东供应站", DAY, LATER),
    ]
    assert [v.value for v in queries_classes.held_values(premise_id=door.pk, on=DAY)] == ["城东供应站"]
    assert put(east.pk, LATER, [door.pk]).changed == 1, "the same day is corrected"
    assert len(queries_classes.held_values(premise_id=door.pk)) == 2
    assert put(None, datetime.date(2027, 2, 1), ids).changed == 2
    assert queries_classes.held_values(premise_id=other.pk, on=datetime.date(2027, 2, 1)) == []


def test_a_value_belongs_to_its_dimension(door: models.Premise) -> None:
    stations, collectors = (
        models.Dimension.objects.get(code=code) for code in ("SUPPLY_STATION", "COLLECTOR")
    )
    value = operations_classes.add_value(dimension_id=stations.pk, code="E", name="东", parent_id=None)
    with pytest.raises(operations_classes.ClassError):
        operations_classes.classify(
            premise_ids=[door.pk], dimension_id=collectors.pk, value_id=value.pk, from_on=DAY
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        models.PremiseValue.objects.create(
            station_id=door.station_id, premise=door, dimension=collectors, value=value, from_on=DAY
        )


def test_dimensions_and_values_of_the_companys_own(door: models.Premise) -> None:
    made = operations_classes.add_dimension(code="pressure zone", name_zh="压力区", name_en="Pressure zone")
    assert made.code == "PRESSURE_ZONE"
    root = operations_classes.add_value(dimension_id=made.pk, code="1", name="高区", parent_id=None)
    operations_classes.add_value(dimension_id=made.pk, code="10", name="十区", parent_id=None)
    child = operations_classes.add_value(dimension_id=made.pk, code="1-2", name="高二区", parent_id=root.pk)
    listed = queries_classes.values(dimension_id=made.pk)
    assert [(value.name, value.depth) for value in listed] == [("高区", 0), ("高二区", 1), ("十区", 0)]
    codes = []
    for act in (
        lambda: operations_classes.add_dimension(code="压力", name_zh="x", name_en="x"),
        lambda: operations_classes.add_dimension(code="PRESSURE_ZONE", name_zh="x", name_en="x"),
        lambda: operations_classes.add_dimension(code="A", name_zh="", name_en="x"),
        lambda: operations_classes.add_value(dimension_id=made.pk, code="1", name="x", parent_id=None),
        lambda: operations_classes.add_value(dimension_id=made.pk, code="2", name="", parent_id=None),
        lambda: operations_classes.rename_value(value_id=child.pk, name=" "),
        lambda: operations_classes.rename_value(value_id=0, name="x"),
    ):
        with pytest.raises(operations_classes.ClassError) as refused:
            act()
        codes.append(refused.value.code)
    assert codes == ["CODE_SIGNS", "CODE_TAKEN", "EMPTY", "CODE_TAKEN", "EMPTY", "EMPTY", "UNKNOWN"]
    assert operations_classes.rename_value(value_id=child.pk, name="低区").name == "低区"
    operations_classes.remove_value(value_id=child.pk)
    operations_classes.classify(premise_ids=[door.pk], dimension_id=made.pk, value_id=root.pk, from_on=DAY)
    with pytest.raises(operations_classes.ClassError) as used, transaction.atomic():
        operations_classes.remove_value(value_id=root.pk)
    assert used.value.code == "IN_USE"


def tower(*, station_id: int, buildings: tuple[str, ...] = ("8",)) -> operations_generation.NewBatch:
    plan = rules_generation.BuildingPlan(
        place=world.parts(building="", entrance="", floor="", flat_no=""),
        buildings=buildings,
        entrances=tuple(
            rules_generation.Entrance(name=name, first_floor=1, last_floor=33, doors=4) for name in ("1", "2")
        ),
        skipped_floors=frozenset({4, 13, 14}),
    )
    return operations_generation.NewBatch(
        request_key=uuid.uuid4(),
        station_id=station_id,
        doors=rules_generation.doors(plan),
        utilities=world.UTILITIES,
        label="柳荫小区8幢",
    )


def test_a_33_storey_building_is_written_and_taken_back(station: int, door: models.Premise) -> None:
    nodes = models.AddressNode.objects.count()
    batch = operations_generation.write_batch(wanted=tower(station_id=station), now=NOW, staff_id=None)
    assert batch.premises.count() == batch.premise_count == 240
    assert models.ServicePoint.objects.filter(premise__batch=batch).count() == 480
    facts = queries_premises.batch_facts(batch_id=batch.pk)
    assert (facts.first_address, facts.last_address) == ("柳荫小区8幢1单元101室", "柳荫小区8幢2单元3304室")
    operations_generation.undo_batch(batch_id=batch.pk, now=NOW)
    assert list(models.Premise.objects.values_list("id", flat=True)) == [door.pk]
    assert models.AddressNode.objects.count() == nodes, "the building's own nodes go with it"
    with pytest.raises(operations_generation.BatchError):
        operations_generation.undo_batch(batch_id=batch.pk, now=NOW)


def test_a_door_that_is_there_refuses_the_whole_building(station: int) -> None:
    operations_records.add_premise(
        station_id=station, parts=world.parts(building="8", floor="7", flat_no="702")
    )
    with pytest.raises(operations.AddressTakenError) as refused:
        operations_generation.write_batch(wanted=tower(station_id=station), now=NOW, staff_id=None)
    assert refused.value.addresses == ("柳荫小区8幢1单元702室",)
    assert models.Premise.objects.count() == 1


@pytest.mark.parametrize("what", ["agreement", "appliance", "class", "alias"])
def test_generated_doors_stay_when_something_hangs_on_one(station: int, what: str) -> None:
    batch = operations_generation.write_batch(wanted=tower(station_id=station), now=NOW, staff_id=None)
    premise = batch.premises.order_by("id")[100]
    if what == "agreement":
        supply = records.supply(
            station_id=station,
            tariff_id=records.tariff(),
            address=premise.address,
            utility=4,
            **_parts(premise),
        )
        assert supply.premise_id == premise.pk
    elif what == "appliance":
        operations_records.add_appliance(
            premise_id=premise.pk,
            wanted=operations_records.NewAppliance(kind=models.ApplianceKind.STOVE),
        )
    elif what == "alias":
        operations_records.add_alias(premise_id=premise.pk, kind=models.AliasKind.COMMON, alias="东户")
    else:
        dimension = models.Dimension.objects.get(code="COLLECTOR")
        value = operations_classes.add_value(dimension_id=dimension.pk, code="1", name="甲", parent_id=None)
        operations_classes.classify(
            premise_ids=[premise.pk], dimension_id=dimension.pk, value_id=value.pk, from_on=DAY
        )
    with pytest.raises(operations_records.RecordError) as refused, transaction.atomic():
        operations_generation.undo_batch(batch_id=batch.pk, now=NOW)
    assert refused.value.code == "IN_USE"
    assert batch.premises.count() == 240


def _parts(premise: models.Premise) -> dict[str, str]:
    names = ("district", "street", "community", "building", "entrance", "floor", "flat_no")
    return {name: getattr(premise, name) for name in names}
