"""What is kept about premises, one row in every table, for tests that need a whole station."""

import datetime
import uuid

from meterbook.domain.premises import (
    models,
    operations_classes,
    operations_generation,
    operations_records,
    rules,
    rules_generation,
)
from tests.builders import records


def one_of_each(*, supply: records.Supply, mark: str, on: datetime.date) -> dict[str, object]:
    """An alias, a class, an appliance, an archive entry and a generated building; returns route ids."""
    alias = operations_records.add_alias(
        premise_id=supply.premise_id, kind=models.AliasKind.COMMON, alias=f"{mark}园大白楼"
    )
    operations_records.add_alias(
        premise_id=supply.premise_id, kind=models.AliasKind.MAILING, alias=f"{mark}园信箱"
    )
    dimension = models.Dimension.objects.get(code="SUPPLY_STATION")
    value = operations_classes.add_value(
        dimension_id=dimension.pk, code=mark, name=f"{mark}供应站", parent_id=None
    )
    operations_classes.classify(
        premise_ids=[supply.premise_id], dimension_id=dimension.pk, value_id=value.pk, from_on=on
    )
    appliance = operations_records.add_appliance(
        premise_id=supply.premise_id,
        wanted=operations_records.NewAppliance(kind=models.ApplianceKind.STOVE, serial_no=f"{mark}园灶1"),
    )
    record = operations_records.add_network_record(
        wanted=operations_records.NewNetworkRecord(
            kind=models.NetworkKind.INLET_PIPE, description=f"{mark}园入户管", premise_id=supply.premise_id
        )
    )
    node = models.Premise.objects.get(pk=supply.premise_id).node_id
    batch = _tower(station_id=supply.station_id, mark=mark, on=on)
    return {
        "premise_id": supply.premise_id,
        "node_id": node,
        "alias_id": alias.pk,
        "appliance_id": appliance.pk,
        "record_id": record.pk,
        "batch_id": batch.pk,
        "dimension_id": dimension.pk,
        "value_id": value.pk,
    }


def _tower(*, station_id: int, mark: str, on: datetime.date) -> models.PremiseBatch:
    plan = rules_generation.BuildingPlan(
        place=rules.AddressParts(community=f"{mark}园小区"),
        buildings=("99",),
        entrances=(rules_generation.Entrance(name="1", first_floor=1, last_floor=2, doors=2),),
    )
    return operations_generation.write_batch(
        wanted=operations_generation.NewBatch(
            request_key=uuid.uuid4(),
            station_id=station_id,
            doors=rules_generation.doors(plan),
            utilities=(1,),
            label=f"{mark}园小区99幢",
        ),
        now=datetime.datetime.combine(on, datetime.time(8), tzinfo=datetime.UTC),
        staff_id=None,
    )
