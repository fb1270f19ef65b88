"""A station with a small community: two buildings of two entrances, three floors, two doors."""

from meterbook.domain import tables
from meterbook.domain.premises import models, operations_records, rules

UTILITIES = (tables.Utility.WATER.value, tables.Utility.GAS.value)


def parts(**changes: str) -> rules.AddressParts:
    """One door of the community."""
    values = {
        "district": "城东区",
        "street": "柳荫街",
        "community": "柳荫小区",
        "building": "1",
        "entrance": "1",
        "floor": "1",
        "flat_no": "101",
    }
    return rules.AddressParts(**{**values, **changes})


def community(*, station_id: int, name: str = "柳荫小区") -> list[models.Premise]:
    """24 doors."""
    return [
        operations_records.add_premise(
            station_id=station_id,
            parts=parts(
                community=name,
                building=str(building),
                entrance=str(entrance),
                floor=str(floor),
                flat_no=f"{floor}0{door}",
            ),
            utilities=UTILITIES,
        )
        for building in (1, 2)
        for entrance in (1, 2)
        for floor in (1, 2, 3)
        for door in (1, 2)
    ]


def node(name: str, *, kind: models.NodeKind, under: str = "") -> models.AddressNode:
    """The one node of that level and name (below one of the name `under`)."""
    found = models.AddressNode.objects.filter(kind=kind, name=name)
    return found.get(parent__name=under) if under else found.get()


__all__ = ["UTILITIES", "community", "node", "operations_records", "parts"]
