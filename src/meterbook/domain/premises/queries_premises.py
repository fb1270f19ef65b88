"""Reads of one premise and of what is kept about it."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from meterbook.domain.premises import models, queries, rules


@dataclass(frozen=True, slots=True)
class PremiseFacts:
    """One door. `node_path` and `node_id` are empty only for an address without any level."""

    premise_id: int
    station_id: int
    address: str
    parts: rules.AddressParts
    node_id: int | None
    batch_id: int | None


@dataclass(frozen=True, slots=True)
class AliasFacts:
    """Another address of a premise."""

    alias_id: int
    kind: models.AliasKind
    text: str


@dataclass(frozen=True, slots=True)
class ApplianceFacts:
    """An appliance, in use while `removed_on` is empty. `rated_flow_milli`: m³/h in thousandths."""

    appliance_id: int
    kind: models.ApplianceKind
    maker: str
    model: str
    serial_no: str
    rated_flow_milli: int | None
    flue_type: models.FlueType
    installed_on: datetime.date | None
    removed_on: datetime.date | None


@dataclass(frozen=True, slots=True)
class NetworkFacts:
    """An archive entry, there while `removed_on` is empty; `place` names the node it is kept at."""

    record_id: int
    kind: models.NetworkKind
    description: str
    position: str
    place: str
    installed_on: datetime.date | None
    removed_on: datetime.date | None


@dataclass(frozen=True, slots=True)
class NetworkPlace:
    """An archive entry and the premise or node it is kept at."""

    description: str
    premise_id: int | None
    node_id: int | None


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """A building that was generated."""

    batch_id: int
    station_id: int
    label: str
    node_id: int | None
    premise_count: int
    made_at: datetime.datetime
    made_by: str
    undone_at: datetime.datetime | None
    first_address: str
    last_address: str


def premise_facts(*, premise_id: int) -> PremiseFacts:
    """One premise. Raises queries.PremiseNotFoundError."""
    premise = models.Premise.objects.filter(pk=premise_id).first()
    if premise is None:
        raise queries.PremiseNotFoundError(premise_id)
    return PremiseFacts(
        premise_id=premise.pk,
        station_id=premise.station_id,
        address=premise.address,
        parts=rules.AddressParts(**{name: getattr(premise, name) for name in rules.LENGTHS}),
        node_id=premise.node_id,
        batch_id=premise.batch_id,
    )


def aliases(*, premise_id: int) -> list[AliasFacts]:
    """Its other addresses, former ones last."""
    found = models.PremiseAlias.objects.filter(premise_id=premise_id)
    rows = sorted(found, key=lambda alias: (alias.kind == models.AliasKind.FORMER, alias.kind, -alias.pk))
    return [AliasFacts(alias_id=row.pk, kind=models.AliasKind(row.kind), text=row.text) for row in rows]


def appliances(*, premise_id: int) -> list[ApplianceFacts]:
    """Its appliances, those in use first."""
    found = models.Appliance.objects.filter(premise_id=premise_id).order_by("kind", "id")
    rows = [
        ApplianceFacts(
            appliance_id=row.pk,
            kind=models.ApplianceKind(row.kind),
            maker=row.maker,
            model=row.model,
            serial_no=row.serial_no,
            rated_flow_milli=row.rated_flow_milli,
            flue_type=models.FlueType(row.flue_type),
            installed_on=row.installed_on,
            removed_on=row.removed_on,
        )
        for row in found
    ]
    return sorted(rows, key=lambda row: row.removed_on is not None)


def network_records(*, premise_id: int | None = None, node_ids: Sequence[int] = ()) -> list[NetworkFacts]:
    """The archive of a premise and of the nodes named (those on the way to it), present entries first."""
    of_nodes = models.NetworkRecord.objects.filter(node_id__in=list(node_ids))
    found = of_nodes.select_related("node")
    rows = [*models.NetworkRecord.objects.filter(premise_id=premise_id), *found] if premise_id else [*found]
    rows.sort(key=lambda row: (row.removed_on is not None, row.node_id or 0, row.kind, row.pk))
    return [
        NetworkFacts(
            record_id=row.pk,
            kind=models.NetworkKind(row.kind),
            description=row.description,
            position=row.position,
            place=row.node.name if row.node else "",
            installed_on=row.installed_on,
            removed_on=row.removed_on,
        )
        for row in rows
    ]


def network_record(*, record_id: int) -> NetworkPlace:
    """Where one archive entry is kept. Raises queries.PremiseNotFoundError."""
    record = models.NetworkRecord.objects.filter(pk=record_id).first()
    if record is None:
        raise queries.PremiseNotFoundError(record_id)
    return NetworkPlace(description=record.description, premise_id=record.premise_id, node_id=record.node_id)


def batch_facts(*, batch_id: int) -> BatchFacts:
    """One batch of generated premises. Raises queries.PremiseNotFoundError."""
    batch = models.PremiseBatch.objects.select_related("made_by").filter(pk=batch_id).first()
    if batch is None:
        raise queries.PremiseNotFoundError(batch_id)
    ends = [batch.premises.order_by(order).first() for order in ("id", "-id")]
    first, last = (end.address if end else "" for end in ends)
    return BatchFacts(
        batch_id=batch.pk,
        station_id=batch.station_id,
        label=batch.label,
        node_id=batch.node_id,
        premise_count=batch.premise_count,
        made_at=batch.made_at,
        made_by=batch.made_by.name if batch.made_by else "",
        undone_at=batch.undone_at,
        first_address=first,
        last_address=last,
    )
