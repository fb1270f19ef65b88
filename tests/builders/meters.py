"""Builders of meters in store, through the product's own operations."""

import datetime
import itertools
import uuid
from collections.abc import Sequence

from meterbook.domain import tables
from meterbook.domain.devices import models, operations, operations_models, operations_tests
from tests.builders import records

RECEIVED_ON = datetime.date(2025, 11, 3)
STORE = "一号库"
_serial = itertools.count(1)


def model(
    *, name: str = "LXS-20", utility: int = tables.Utility.WATER, maker: str = "宁波水表", **facts: object
) -> models.MeterModel:
    """A model of meter, DN20 unless told otherwise; made once."""
    known = models.MeterModel.objects.filter(maker=maker, name=name, utility=utility).first()
    values = {"nominal_diameter": 20} | facts
    return known or operations_models.keep_model(
        model_id=None,
        facts=operations_models.ModelFacts(maker=maker, name=name, utility=utility, **values),  # type: ignore[arg-type]
    )


def in_stock(
    *,
    station_id: int,
    serial_nos: Sequence[str] = (),
    model_id: int | None = None,
    on: datetime.date = RECEIVED_ON,
    **more: object,
) -> list[models.Meter]:
    """New meters in a store; one with a serial number of its own when none are named."""
    return operations.receive_meters(
        receipt=operations.Receipt(
            station_id=station_id,
            model_id=model_id or model().pk,
            serial_nos=serial_nos or [f"N{next(_serial):08d}"],
            store=STORE,
            on=on,
            at=records.NOW,
            staff_id=None,
            bundle=uuid.uuid4(),
            **more,  # type: ignore[arg-type]
        )
    )


def sealed_and_tested(*, meter_id: int, mark: str, on: datetime.date) -> models.Seal:
    """Put a seal on a meter and write a test with one point; `mark` makes their numbers."""
    operations_tests.record_test(
        meter_id=meter_id,
        test=operations_tests.NewTest(
            kind=models.TestKind.REQUESTED,
            tested_on=on,
            laboratory=f"{mark}计量所",
            has_passed=True,
            at=records.NOW,
            staff_id=None,
            request_key=uuid.uuid4(),
            points=((1_500, -4_000),),
        ),
    )
    seal = operations_tests.NewSeal(
        seal_no=f"SEAL-{meter_id}", position=models.SealPosition.CONNECTION, on=on, staff_id=None
    )
    return operations_tests.apply_seal(meter_id=meter_id, seal=seal)
