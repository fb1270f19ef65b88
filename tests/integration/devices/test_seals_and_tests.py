"""Seals have a number used once; a test that is passed verifies the meter anew."""

import datetime
import uuid

import pytest
from django.db import DatabaseError, transaction

from meterbook.domain.devices import models, operations_tests, queries
from tests.builders import meters, records

ON = datetime.date(2026, 1, 5)


@pytest.fixture
def meter(db: None) -> models.Meter:
    world = records.world()
    return meters.in_stock(station_id=world.station_a, manufactured_on=datetime.date(2025, 1, 1))[0]


def seal(number: str, *, on: datetime.date = ON) -> operations_tests.NewSeal:
    return operations_tests.NewSeal(
        seal_no=number, position=models.SealPosition.CONNECTION, on=on, staff_id=None, colour="蓝"
    )


def laboratory(**facts: object) -> operations_tests.NewTest:
    values: dict[str, object] = {
        "kind": models.TestKind.REQUESTED, "tested_on": ON, "laboratory": "市计量所", "has_passed": True,
        "at": records.NOW, "staff_id": None, "request_key": uuid.uuid4(),
    }  # fmt: skip
    return operations_tests.NewTest(**(values | facts))  # type: ignore[arg-type]


def test_a_seal_number_is_applied_once_even_after_it_came_off(meter: models.Meter) -> None:
    first = operations_tests.apply_seal(meter_id=meter.pk, seal=seal("S1"))
    operations_tests.remove_seal(meter_id=meter.pk, seal_id=first.pk, on=ON, staff_id=None, reason="换表")
    with pytest.raises(operations_tests.SealTakenError):
        operations_tests.apply_seal(meter_id=meter.pk, seal=seal("S1"))
    operations_tests.apply_seal(meter_id=meter.pk, seal=seal("S2"))
    assert [s.seal_no for s in queries.seals_of(meter_id=meter.pk)] == ["S2", "S1"]


def test_a_seal_comes_off_once_and_not_before_it_was_put_on(meter: models.Meter) -> None:
    applied = operations_tests.apply_seal(meter_id=meter.pk, seal=seal("S1"))
    before = ON - datetime.timedelta(days=1)
    with pytest.raises(operations_tests.SealDateError):
        operations_tests.remove_seal(
            meter_id=meter.pk, seal_id=applied.pk, on=before, staff_id=None, reason="x"
        )
    operations_tests.remove_seal(meter_id=meter.pk, seal_id=applied.pk, on=ON, staff_id=None, reason="x")
    with pytest.raises(operations_tests.SealNotFoundError):
        operations_tests.remove_seal(meter_id=meter.pk, seal_id=applied.pk, on=ON, staff_id=None, reason="x")
    with pytest.raises(operations_tests.NumberError):
        operations_tests.apply_seal(meter_id=meter.pk, seal=seal("S 3"))


def test_the_database_wants_a_reason_for_a_seal_taken_off(meter: models.Meter) -> None:
    applied = operations_tests.apply_seal(meter_id=meter.pk, seal=seal("S1"))
    with pytest.raises(DatabaseError), transaction.atomic():
        operations_tests.remove_seal(meter_id=meter.pk, seal_id=applied.pk, on=ON, staff_id=None, reason="")


def test_a_passed_test_counts_the_age_from_its_day(meter: models.Meter) -> None:
    assert meter.verification_due_on == datetime.date(2031, 1, 1)
    test = laboratory(error_ppm=-31_000, points=((100, -31_000), (1_500, -12_000)), certificate_no="J-77")
    written = operations_tests.record_test(meter_id=meter.pk, test=test)
    meter.refresh_from_db()
    assert (meter.verified_on, meter.verification_due_on) == (ON, datetime.date(2032, 1, 5))
    assert meter.correction_ppm == -31_000
    assert list(written.points.order_by("flow_milli").values_list("flow_milli", "error_ppm")) == [
        (100, -31_000), (1_500, -12_000),
    ]  # fmt: skip
    again = operations_tests.record_test(meter_id=meter.pk, test=test)
    assert again.pk == written.pk
    assert len(queries.tests_of(meter_id=meter.pk)) == 1


def test_a_failed_test_verifies_nothing(meter: models.Meter) -> None:
    operations_tests.record_test(meter_id=meter.pk, test=laboratory(has_passed=False, error_ppm=55_000))
    meter.refresh_from_db()
    assert (meter.verified_on, meter.verification_due_on) == (None, datetime.date(2031, 1, 1))
    assert meter.correction_ppm == 55_000


def test_the_certificates_own_next_day_goes_before_the_rule(meter: models.Meter) -> None:
    stated = datetime.date(2027, 1, 4)
    operations_tests.record_test(meter_id=meter.pk, test=laboratory(next_due_on=stated))
    meter.refresh_from_db()
    assert meter.verification_due_on == stated
