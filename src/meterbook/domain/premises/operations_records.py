"""Writes of one premise and of what is kept about it: its points, aliases, appliances and archive."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from django.db import IntegrityError, connection
from django.db.models import Max

from meterbook.domain.premises import bulk, models, operations, queries, rules
from meterbook.kernel import text

_REMOVE = (
    "DELETE FROM premises_premisealias WHERE premise_id = ANY (%s)",
    "DELETE FROM premises_servicepoint WHERE premise_id = ANY (%s)",
    "DELETE FROM premises_premise WHERE id = ANY (%s)",
)


class RecordError(operations.PremisesError):
    """An act on what is kept about a premise is refused.

    `code`: CHANGED (meanwhile), EMPTY, TWICE, UNKNOWN (no such record of this place), BEFORE_INSTALLED,
    REMOVED (already), IN_USE (something hangs on it).
    """

    def __init__(self, *, code: str, fact: object = "") -> None:
        super().__init__(f"{code}: {fact}")
        self.code = code
        self.fact = str(fact)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAppliance:
    """An appliance to be recorded. `rated_flow_milli`: m³/h in thousandths."""

    kind: models.ApplianceKind
    maker: str = ""
    model: str = ""
    serial_no: str = ""
    rated_flow_milli: int | None = None
    flue_type: models.FlueType = models.FlueType.NONE
    installed_on: datetime.date | None = None
    request_key: uuid.UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNetworkRecord:
    """An archive entry to be recorded, at a premise or at a node (exactly one is given)."""

    kind: models.NetworkKind
    description: str
    position: str = ""
    installed_on: datetime.date | None = None
    premise_id: int | None = None
    node_id: int | None = None
    request_key: uuid.UUID | None = None


def add_premise(
    *, station_id: int, parts: rules.AddressParts, utilities: Sequence[int] = ()
) -> models.Premise:
    """A new door with one service point per utility. Raises AddressTakenError, rules.PartError."""
    clean = rules.cleaned(parts)
    address = rules.compose_address(clean)
    if models.Premise.objects.filter(station_id=station_id, address=address).exists():
        raise operations.AddressTakenError(addresses=[address])
    row = {
        "station_id": station_id,
        **{name: getattr(clean, name) for name in rules.LENGTHS},
        "address": address,
    }
    written = bulk.write_premises(premises=pl.DataFrame([row], schema=bulk.PREMISES))
    premise = models.Premise.objects.get(pk=written["id"][0])
    for utility in dict.fromkeys(utilities):
        add_service_point(premise_id=premise.pk, utility=utility)
    return premise


def change_premise(*, premise_id: int, parts: rules.AddressParts, expected_address: str) -> models.Premise:
    """Give one door other parts; its old address becomes an alias. Returns the premise as it is now.

    `expected_address` is what the person saw. Raises RecordError CHANGED, AddressTakenError, rules.PartError.
    """
    operations.own_tree(station_id=lock_premise(premise_id=premise_id).station_id)
    premise = lock_premise(premise_id=premise_id)
    if premise.address != expected_address:
        raise RecordError(code="CHANGED", fact=premise.address)
    clean = rules.cleaned(parts)
    row = {"station_id": premise.station_id, **{name: getattr(clean, name) for name in rules.LENGTHS}}
    placed = bulk.ensure_nodes(premises=pl.DataFrame([row], schema={"station_id": pl.Int64, **bulk.PARTS}))
    operations.rewrite_doors(
        station_id=premise.station_id,
        doors=[operations.Door(premise_id=premise.pk, former=premise.address, parts=clean)],
    )
    models.Premise.objects.filter(pk=premise.pk).update(node_id=placed["node_id"][0])
    premise.refresh_from_db()
    return premise


def remove_premises(*, premise_ids: Sequence[int]) -> int:
    """Take away premises with their points and former addresses; returns how many.

    Raises RecordError IN_USE when something is recorded about one of them, here or by another subject: an
    agreement, a meter, a place in a book. The database decides that, by its keys.
    """
    ids = list(premise_ids)
    kept = [
        models.PremiseAlias.objects.filter(premise_id__in=ids).exclude(kind=models.AliasKind.FORMER),
        models.PremiseValue.objects.filter(premise_id__in=ids),
        models.Appliance.objects.filter(premise_id__in=ids),
        models.NetworkRecord.objects.filter(premise_id__in=ids),
    ]
    if any(found.exists() for found in kept):
        raise RecordError(code="IN_USE")
    with connection.cursor() as cursor:
        # Keys of other subjects are checked at once, so that the refusal comes from these statements.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        try:
            for statement in _REMOVE:
                cursor.execute(statement, [ids])
        except IntegrityError as needed:
            raise RecordError(code="IN_USE") from needed
        return int(cursor.rowcount)


def lock_premise(*, premise_id: int) -> models.Premise:
    """The premise, locked until the transaction ends. Raises queries.PremiseNotFoundError."""
    premise = models.Premise.objects.select_for_update().filter(pk=premise_id).first()
    if premise is None:
        raise queries.PremiseNotFoundError(premise_id)
    return premise


def add_service_point(*, premise_id: int, utility: int) -> models.ServicePoint:
    """A further point of a utility, with the next position there. Raises queries.PremiseNotFoundError."""
    premise = lock_premise(premise_id=premise_id)
    last = premise.service_points.filter(utility=utility).aggregate(Max("position"))["position__max"] or 0
    return models.ServicePoint.objects.create(
        station_id=premise.station_id, premise=premise, utility=utility, position=last + 1
    )


def add_alias(*, premise_id: int, kind: models.AliasKind, alias: str) -> models.PremiseAlias:
    """Another address of a premise. Raises RecordError EMPTY, TWICE; rules.PartError TOO_LONG."""
    premise = lock_premise(premise_id=premise_id)
    clean = " ".join(text.half_width(alias).split())
    if not clean:
        raise RecordError(code="EMPTY")
    if len(clean) > rules.ADDRESS_LENGTH:
        raise rules.PartError(code="TOO_LONG", part="", longest=rules.ADDRESS_LENGTH)
    if clean == premise.address or premise.aliases.filter(kind=kind, text=clean).exists():
        raise RecordError(code="TWICE", fact=clean)
    return models.PremiseAlias.objects.create(
        station_id=premise.station_id, premise=premise, kind=kind, text=clean
    )


def remove_alias(*, premise_id: int, alias_id: int) -> models.PremiseAlias:
    """Take an alias away; returns what it was. Raises RecordError UNKNOWN."""
    alias = models.PremiseAlias.objects.select_for_update().filter(pk=alias_id, premise_id=premise_id).first()
    if alias is None:
        raise RecordError(code="UNKNOWN", fact=alias_id)
    models.PremiseAlias.objects.filter(pk=alias_id).delete()
    return alias


def add_appliance(*, premise_id: int, wanted: NewAppliance) -> models.Appliance:
    """Record an appliance at a premise. Raises queries.PremiseNotFoundError."""
    premise = lock_premise(premise_id=premise_id)
    return models.Appliance.objects.create(
        station_id=premise.station_id,
        premise=premise,
        kind=wanted.kind,
        maker=text.half_width(wanted.maker),
        model=text.half_width(wanted.model),
        serial_no=text.half_width(wanted.serial_no),
        rated_flow_milli=wanted.rated_flow_milli,
        flue_type=wanted.flue_type,
        installed_on=wanted.installed_on,
        request_key=wanted.request_key,
    )


def remove_appliance(*, premise_id: int, appliance_id: int, on: datetime.date) -> models.Appliance:
    """An appliance is there no more since `on`. Raises RecordError UNKNOWN, REMOVED, BEFORE_INSTALLED."""
    lock_premise(premise_id=premise_id)
    found = models.Appliance.objects.select_for_update().filter(pk=appliance_id, premise_id=premise_id)
    appliance = found.first()
    if appliance is None:
        raise RecordError(code="UNKNOWN", fact=appliance_id)
    _require_there(since=appliance.installed_on, until=appliance.removed_on, on=on)
    appliance.removed_on = on
    appliance.save(update_fields=["removed_on"])
    return appliance


def add_network_record(*, wanted: NewNetworkRecord) -> models.NetworkRecord:
    """Record an archive entry. Raises RecordError EMPTY; the not-found errors of its place."""
    description = text.half_width(wanted.description)
    if not description:
        raise RecordError(code="EMPTY")
    node = premise = None
    if wanted.premise_id is not None:
        premise = lock_premise(premise_id=wanted.premise_id)
    elif wanted.node_id is not None:
        node = models.AddressNode.objects.filter(pk=wanted.node_id).first()
    place = premise or node
    if place is None:
        raise queries.NodeNotFoundError(wanted.node_id)
    return models.NetworkRecord.objects.create(
        station_id=place.station_id,
        node=node,
        premise=premise,
        kind=wanted.kind,
        description=description,
        position=text.half_width(wanted.position),
        installed_on=wanted.installed_on,
        request_key=wanted.request_key,
    )


def remove_network_record(*, record_id: int, on: datetime.date) -> models.NetworkRecord:
    """What an entry describes is there no more since `on`. Raises RecordError."""
    record = models.NetworkRecord.objects.select_for_update().filter(pk=record_id).first()
    if record is None:
        raise RecordError(code="UNKNOWN", fact=record_id)
    _require_there(since=record.installed_on, until=record.removed_on, on=on)
    record.removed_on = on
    record.save(update_fields=["removed_on"])
    return record


def _require_there(*, since: datetime.date | None, until: datetime.date | None, on: datetime.date) -> None:
    if until is not None:
        raise RecordError(code="REMOVED", fact=until)
    if since is not None and on < since:
        raise RecordError(code="BEFORE_INSTALLED", fact=since)
