"""The address tree: it follows the addresses, and the addresses follow it."""

import importlib
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from django.db import IntegrityError, connection

from meterbook.domain.access import models as access
from meterbook.domain.premises import bulk, models, operations, queries, queries_tree, rules
from meterbook.domain.premises.models import NodeKind
from tests.builders import records
from tests.integration.premises import world


@pytest.fixture
def station(db: None) -> int:
    return records.world().station_a


@pytest.fixture
def doors(station: int) -> list[models.Premise]:
    return world.community(station_id=station)


def addresses() -> list[str]:
    return list(models.Premise.objects.order_by("id").values_list("address", flat=True))


def is_in_step() -> bool:
    """Every door's parts are the names of the branch it stands on, and its address is composed of them."""
    for premise in models.Premise.objects.all():
        parts = rules.AddressParts(**{name: getattr(premise, name) for name in rules.LENGTHS})
        branch = queries_tree.branch(node_id=premise.node_id or 0)
        on_branch = rules.with_branch(parts, nodes=[(step.kind, step.name) for step in branch.way])
        if on_branch != parts or rules.compose_address(parts) != premise.address:
            return False
    return True


def test_every_door_stands_on_its_branch(doors: list[models.Premise]) -> None:
    assert is_in_step()
    assert models.AddressNode.objects.count() == 3 + 2 + 4
    branch = queries_tree.branch(node_id=doors[0].node_id or 0)
    assert branch.label == "城东区 / 柳荫街 / 柳荫小区 / 1 / 1"
    assert branch.parts == world.parts(floor="", flat_no="")


def test_counts_are_those_of_the_doors_below(station: int, doors: list[models.Premise]) -> None:
    world.community(station_id=station, name="河畔人家")
    roots = queries_tree.children(parent_id=None, station_ids=[station])
    assert [(node.name, node.premise_count) for node in roots] == [("城东区", 48)]
    communities = queries_tree.children(
        parent_id=world.node("柳荫街", kind=NodeKind.STREET).pk, station_ids=[station]
    )
    assert sorted((node.name, node.premise_count) for node in communities) == [
        ("柳荫小区", 24),
        ("河畔人家", 24),
    ]
    building = world.node("2", kind=NodeKind.BUILDING, under="柳荫小区")
    assert len(queries_tree.premise_ids_below(path=building.path)) == 12


def test_one_id_that_begins_like_another_is_not_below_it(station: int) -> None:
    """Paths are ranges of text: 1/ must not take in 12/."""
    for number in range(30):
        operations.add_node(
            station_id=station, parent_id=None, kind=NodeKind.DISTRICT, name=f"区{number:02d}"
        )
    first = models.AddressNode.objects.order_by("id").first()
    assert first is not None
    below = models.AddressNode.objects.filter(path__gte=first.path, path__lt=queries.after_path(first.path))
    assert list(below) == [first]


def test_columns_written_twice_make_one_tree(station: int) -> None:
    rows = [
        {
            "station_id": station,
            **{name: getattr(part, name) for name in rules.LENGTHS},
            "address": rules.compose_address(part),
        }
        for part in (world.parts(flat_no=f"{n}01", floor=str(n)) for n in range(1, 8))
    ]
    frame = pl.DataFrame(rows, schema=bulk.PREMISES)
    first = bulk.ensure_premises(premises=frame.head(3))
    both = bulk.ensure_premises(premises=frame)
    assert set(first["premise_id"]) <= set(both["premise_id"])
    assert both.height == models.Premise.objects.count() == 7
    assert models.AddressNode.objects.count() == 5
    assert is_in_step()


def test_levels_may_be_missing(station: int) -> None:
    for parts in (
        rules.AddressParts(community="独立院", flat_no="1号"),
        rules.AddressParts(community="独立院", entrance="2", flat_no="2号"),
        rules.AddressParts(community="独立院", building="2", flat_no="2号"),
    ):
        world.operations_records.add_premise(station_id=station, parts=parts)
    kinds = sorted(models.AddressNode.objects.values_list("kind", "name"))
    assert kinds == [(3, "独立院"), (4, "2"), (5, "2")]
    assert is_in_step()


def test_a_renamed_building_renames_its_doors_and_the_old_address_still_finds_them(
    station: int, doors: list[models.Premise]
) -> None:
    building = world.node("1", kind=NodeKind.BUILDING, under="柳荫小区")
    made = operations.rename_node(node_id=building.pk, name="甲１号楼", expected="1")
    assert (made.premise_count, made.address_count) == (12, 12)
    assert addresses()[0] == "柳荫小区甲1号楼1单元101室"
    assert is_in_step()
    former = models.PremiseAlias.objects.get(premise=doors[0])
    assert (former.kind, former.text) == (models.AliasKind.FORMER, "柳荫小区1幢1单元101室")
    back = operations.rename_node(node_id=building.pk, name="1", expected="甲1号楼")
    assert back.address_count == 12
    assert addresses()[0] == "柳荫小区1幢1单元101室"
    texts = set(models.PremiseAlias.objects.filter(premise=doors[0]).values_list("text", flat=True))
    assert texts == {"柳荫小区甲1号楼1单元101室"}, "what is the address again is no former one"


def test_a_renamed_district_leaves_the_written_address(doors: list[models.Premise]) -> None:
    made = operations.rename_node(
        node_id=world.node("城东区", kind=NodeKind.DISTRICT).pk, name="城中区", expected="城东区"
    )
    assert (made.premise_count, made.address_count) == (24, 0)
    assert set(models.Premise.objects.values_list("district", flat=True)) == {"城中区"}
    assert not models.PremiseAlias.objects.exists()


def test_a_name_somebody_else_changed_meanwhile_is_not_overwritten(doors: list[models.Premise]) -> None:
    node = world.node("柳荫小区", kind=NodeKind.COMMUNITY)
    with pytest.raises(operations.NodeError) as refused:
        operations.rename_node(node_id=node.pk, name="柳荫新村", expected="柳荫苑")
    assert (refused.value.code, refused.value.name) == ("CHANGED", "柳荫小区")


def test_a_rename_that_passes_addresses_on_works(station: int) -> None:
    """1幢 becomes 11幢 while another door's address already continues that way: no door is in the way."""
    for name in ("A", "A1"):
        world.operations_records.add_premise(
            station_id=station, parts=rules.AddressParts(community=name, flat_no="1号")
        )
    node = world.node("A", kind=NodeKind.COMMUNITY)
    with pytest.raises(operations.NodeError) as refused:
        operations.rename_node(node_id=node.pk, name="A1", expected="A")
    assert refused.value.code == "NAME_TAKEN"


def test_an_address_of_another_door_is_never_taken(station: int) -> None:
    add = world.operations_records.add_premise
    add(station_id=station, parts=rules.AddressParts(community="河畔", flat_no="1号"))
    add(station_id=station, parts=rules.AddressParts(street="老街", community="柳岸", flat_no="1号"))
    node = world.node("柳岸", kind=NodeKind.COMMUNITY)
    with pytest.raises(operations.AddressTakenError) as refused:
        operations.rename_node(node_id=node.pk, name="河畔", expected="柳岸")
    assert refused.value.addresses == ("河畔1号",)


def test_a_building_moves_to_another_community(station: int, doors: list[models.Premise]) -> None:
    street = world.node("柳荫街", kind=NodeKind.STREET)
    other = operations.add_node(
        station_id=station, parent_id=street.pk, kind=NodeKind.COMMUNITY, name="河畔人家"
    )
    building = world.node("2", kind=NodeKind.BUILDING)
    made = operations.move_node(node_id=building.pk, parent_id=other.pk)
    assert made.address_count == 12
    assert is_in_step()
    assert addresses()[-1] == "河畔人家2幢2单元302室"
    assert len(queries_tree.premise_ids_below(path=other.path)) == 12
    back = world.node("柳荫小区", kind=NodeKind.COMMUNITY)
    operations.move_node(node_id=building.pk, parent_id=back.pk)
    assert is_in_step()
    assert addresses()[-1] == "柳荫小区2幢2单元302室"


def test_two_names_of_one_community_become_one(station: int, doors: list[models.Premise]) -> None:
    twin = world.operations_records.add_premise(
        station_id=station, parts=world.parts(community="柳阴小区", flat_no="401", floor="4")
    )
    wrong, right = (world.node(name, kind=NodeKind.COMMUNITY) for name in ("柳阴小区", "柳荫小区"))
    made = operations.merge_nodes(node_id=wrong.pk, into_id=right.pk)
    assert (made.premise_count, made.address_count) == (25, 1)
    twin.refresh_from_db()
    assert (twin.address, twin.node_id) == ("柳荫小区1幢1单元401室", doors[0].node_id)
    assert not models.AddressNode.objects.filter(name="柳阴小区").exists()
    assert models.PremiseAlias.objects.get(premise=twin).text == "柳阴小区1幢1单元401室"
    assert is_in_step()


def test_a_merge_that_would_make_one_address_of_two_doors_is_refused(
    station: int, doors: list[models.Premise]
) -> None:
    world.operations_records.add_premise(station_id=station, parts=world.parts(community="柳阴小区"))
    wrong, right = (world.node(name, kind=NodeKind.COMMUNITY) for name in ("柳阴小区", "柳荫小区"))
    with pytest.raises(operations.AddressTakenError) as refused:
        operations.merge_nodes(node_id=wrong.pk, into_id=right.pk)
    assert refused.value.addresses == ("柳荫小区1幢1单元101室",)


def test_what_a_tree_can_not_be(station: int, doors: list[models.Premise]) -> None:
    community = world.node("柳荫小区", kind=NodeKind.COMMUNITY)
    building = world.node("1", kind=NodeKind.BUILDING)
    district = world.node("城东区", kind=NodeKind.DISTRICT)
    other_station = access.OrgUnit.objects.get(code=records.STATION_B).pk
    refused: list[Callable[[], object]] = [
        lambda: operations.move_node(node_id=district.pk, parent_id=community.pk),
        lambda: operations.move_node(node_id=building.pk, parent_id=None),
        lambda: operations.move_node(node_id=building.pk, parent_id=district.pk),
        lambda: operations.merge_nodes(node_id=building.pk, into_id=community.pk),
        lambda: operations.merge_nodes(node_id=building.pk, into_id=building.pk),
        lambda: operations.add_node(
            station_id=station, parent_id=community.pk, kind=NodeKind.BUILDING, name="1"
        ),
        lambda: operations.add_node(
            station_id=other_station, parent_id=community.pk, kind=NodeKind.BUILDING, name="9"
        ),
        lambda: operations.remove_node(node_id=building.pk),
    ]
    codes = []
    for act in refused:
        with pytest.raises(operations.NodeError) as caught:
            act()
        codes.append(caught.value.code)
    assert codes == [
        "WRONG_LEVEL",
        "WRONG_LEVEL",
        "WRONG_LEVEL",
        "OTHER_LEVEL",
        "INTO_ITSELF",
        "NAME_TAKEN",
        "OTHER_STATION",
        "NOT_EMPTY",
    ]
    assert is_in_step()


def test_an_empty_node_comes_and_goes(station: int) -> None:
    node = operations.add_node(station_id=station, parent_id=None, kind=NodeKind.COMMUNITY, name="新城")
    assert operations.remove_node(node_id=node.pk) == "新城"
    with pytest.raises(queries.NodeNotFoundError):
        operations.remove_node(node_id=node.pk)


def test_the_database_keeps_siblings_apart_also_at_the_root(station: int) -> None:
    models.AddressNode.objects.create(station_id=station, kind=1, name="城东区", path="1/")
    with pytest.raises(IntegrityError):
        models.AddressNode.objects.create(station_id=station, kind=1, name="城东区", path="2/")


def test_the_migration_builds_the_tree_of_addresses_that_were_there(doors: list[models.Premise]) -> None:
    """The same statements over rows without nodes give the tree that the operations made."""
    before = {premise.pk: premise.node_id for premise in doors}
    labels = {node_id: queries_tree.branch(node_id=node_id or 0).label for node_id in before.values()}
    models.Premise.objects.update(node=None)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM premises_addressnode")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        module: Any = importlib.import_module(
            "meterbook.domain.premises.migrations.0004_tree_of_the_known_addresses"
        )
        for kind, name in enumerate(rules.LEVELS, start=1):
            cursor.execute(module.level(kind=kind, name=name))
    assert is_in_step()
    for premise in models.Premise.objects.all():
        assert queries_tree.branch(node_id=premise.node_id or 0).label == labels[before[premise.pk]]
