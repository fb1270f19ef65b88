"""The demo's places as people keep them: new buildings, a new name, aliases, appliances, archive, classes.

Every act is done once: it is passed over where what it makes is there.
"""

import contextlib
import datetime

from meterbook.application import (
    premises_admin,
    premises_classes,
    premises_generation,
    premises_tree,
    transaction,
)
from meterbook.application.actor import Actor
from meterbook.domain import tables
from meterbook.domain.premises import models, operations_records, rules, rules_generation
from meterbook.interfaces.cli import demo_history
from meterbook.interfaces.cli.demo_town import Home, Town

SHOPS = 3
_WATER, _GAS = tables.Utility.WATER.value, tables.Utility.GAS.value
# Values of the company's dimensions: (dimension, code, name)
CLASSES = (
    ("SUPPLY_STATION", "E1", "城东供应站"),
    ("SUPPLY_STATION", "E2", "柳荫供应站"),
    ("METERED_AREA", "DMA-01", "东湖分区"),
    ("METERED_AREA", "DMA-02", "河畔分区"),
    ("METERED_AREA", "DMA-09", "备用分区"),
    ("PROPERTY_COMPANY", "WY01", "自管小区"),
)


def company_classes(*, actor: Actor, now: datetime.datetime) -> None:
    """The values that premises of all stations are classified by."""
    known = dict(models.Dimension.objects.values_list("code", "id"))
    for dimension, code, name in CLASSES:
        if models.DimensionValue.objects.filter(dimension_id=known[dimension], code=code).exists():
            continue
        premises_classes.add_value(
            actor=actor, now=now, dimension_id=known[dimension], code=code, name=name, parent_id=None
        )


def new_buildings(town: Town, *, on: datetime.date) -> list[int]:
    """Two buildings of a new community, generated under its building-site name; the shops of the first.

    The community is then given the name the authorities approved, and a place for what is still to be built.
    """
    now = demo_history.at(on, hour=10)
    site, approved = f"{town.place}二期工地", f"{town.place}新苑"
    batches = [
        premises_generation.generate(
            actor=town.chief,
            wanted=premises_generation.Generate(
                request_key=town.key("building", building),
                station_id=town.station_id,
                plan=_plan(town, site=site, building=building, shops=shops),
                utilities=(_WATER, _GAS),
            ),
            now=now,
        )
        for building, shops in (("1", SHOPS), ("2", 0))
    ]
    nodes = models.AddressNode.objects.filter(station_id=town.station_id, name=site)
    node = nodes.filter(kind=models.NodeKind.COMMUNITY).first()
    if node is not None:
        premises_tree.rename_node(
            actor=town.chief,
            now=demo_history.at(on, hour=16),
            node_id=node.pk,
            name=approved,
            expected=site,
        )
        _archive(town, premise_id=None, node_id=node.pk, on=on)
    _empty_place(town, name=f"{town.place}新苑三期", now=now)
    doors = models.Premise.objects.filter(batch_id=batches[0], flat_no__contains="商铺").order_by("id")
    return list(doors.values_list("id", flat=True))


def _plan(town: Town, *, site: str, building: str, shops: int) -> rules_generation.BuildingPlan:
    return rules_generation.BuildingPlan(
        place=rules.AddressParts(district=f"{town.place}区", street=f"{town.place}大街", community=site),
        buildings=(building,),
        entrances=tuple(
            rules_generation.Entrance(name=name, first_floor=1, last_floor=6, doors=2) for name in "12"
        ),
        shops=shops,
        shop_pattern="商铺{door}号" if shops else "",
    )


def _empty_place(town: Town, *, name: str, now: datetime.datetime) -> None:
    street = models.AddressNode.objects.get(
        station_id=town.station_id, kind=models.NodeKind.STREET, name=f"{town.place}大街"
    )
    if street.children.filter(name=name).exists():
        return
    premises_tree.add_node(
        actor=town.clerk,
        now=now,
        station_id=town.station_id,
        parent_id=street.pk,
        kind=models.NodeKind.COMMUNITY,
        name=name,
    )


def old_house(town: Town, home: Home, *, on: datetime.date) -> None:
    """What a clerk and a fitter wrote down about a door in the course of time."""
    now = demo_history.at(on, hour=11)
    for kind, text in (
        (models.AliasKind.COMMON, f"{town.place}老电影院对面红楼"),
        (models.AliasKind.MAILING, f"{town.place}邮政支局{town.mark}号信箱"),
    ):
        with contextlib.suppress(premises_admin.RecordError):  # TWICE: it was added before
            premises_admin.add_alias(
                actor=town.clerk, now=now, premise_id=home.premise_id, kind=kind, text=text
            )
    _appliances(town, home, on=on)
    _archive(town, premise_id=home.premise_id, node_id=None, on=on)


def _appliances(town: Town, home: Home, *, on: datetime.date) -> None:
    kinds = models.ApplianceKind
    rows = (
        (kinds.STOVE, "华火", "JZT-B8", models.FlueType.FLUELESS, 380),
        (kinds.WATER_HEATER, "暖阳", "JSQ25-13", models.FlueType.FAN_FLUED, 2_500),
    )
    for kind, maker, model, flue, flow_milli in rows:
        premises_admin.add_appliance(
            actor=town.clerk,
            now=demo_history.at(on, hour=11),
            premise_id=home.premise_id,
            wanted=operations_records.NewAppliance(
                kind=kind,
                maker=maker,
                model=model,
                serial_no=f"{kind.value}{town.mark}{home.premise_id:06d}",
                rated_flow_milli=flow_milli,
                flue_type=flue,
                installed_on=on,
                request_key=town.key("appliance", home.premise_id, kind.value),
            ),
        )


def _archive(town: Town, *, premise_id: int | None, node_id: int | None, on: datetime.date) -> None:
    """What lies in the ground and in the walls, of a door or of a community."""
    kinds = models.NetworkKind
    rows = (
        (kinds.INLET_PIPE, "DN50 引入管，PE 埋地", "单元门西侧 0.8 米"),
        (kinds.RISER_SWITCH, "立管总阀", "一层楼道表箱内"),
    )
    if node_id is not None:
        rows = (
            (kinds.AS_BUILT_DRAWING, "给水竣工图 12 张", "档案室 3 柜 2 层"),
            (kinds.VALVE_WELL, "阀门井 V-07，DN150", "小区东门内 12 米"),
        )
    for kind, description, position in rows:
        wanted = operations_records.NewNetworkRecord(
            kind=kind,
            description=description,
            position=position,
            installed_on=on,
            premise_id=premise_id,
            node_id=node_id,
            request_key=town.key("archive", kind.value),
        )
        premises_admin.add_network_record(actor=town.clerk, now=demo_history.at(on, hour=17), wanted=wanted)


def classified(town: Town, home: Home, *, station_code: str, area_code: str, on: datetime.date) -> None:
    """All of the new community belongs to a supply station, one old door to a metered area."""
    now = demo_history.at(on, hour=12)
    values = models.DimensionValue.objects.select_related("dimension")
    station, area = values.get(code=station_code), values.get(code=area_code)
    node = models.AddressNode.objects.filter(
        station_id=town.station_id, kind=models.NodeKind.COMMUNITY, name=f"{town.place}新苑"
    ).first()
    if node is not None:
        premises_classes.classify_below(
            actor=town.chief,
            now=now,
            node_id=node.pk,
            wanted=premises_classes.Classify(
                dimension_id=station.dimension_id, value_id=station.pk, from_on=on
            ),
            reason="新建小区划入供应站",
        )
    with transaction.reading(actor=town.clerk):
        is_there = models.PremiseValue.objects.filter(premise_id=home.premise_id, value=area).exists()
    if not is_there:
        premises_classes.classify_one(
            actor=town.clerk,
            now=now,
            premise_id=home.premise_id,
            wanted=premises_classes.Classify(dimension_id=area.dimension_id, value_id=area.pk, from_on=on),
        )
