"""A person says when a meter's verification is due: with right and reason, until the next passed test."""

import dataclasses
import datetime
import uuid

import pytest

from meterbook.application import meter_due, meter_facts
from meterbook.application.actor import Actor, NotAllowedError
from meterbook.domain.access import models as access
from meterbook.domain.devices import models, operations_models, operations_tests
from tests.builders import meters, records

pytestmark = pytest.mark.usefixtures("db")
TODAY = datetime.date(2026, 1, 5)
NOW = datetime.datetime(2026, 1, 5, 2, 0, tzinfo=datetime.UTC)
MADE, COUNTED, STATED = datetime.date(2025, 1, 1), datetime.date(2031, 1, 1), datetime.date(2027, 6, 30)


@pytest.fixture
def keeper() -> Actor:
    return records.actor(role="SUPERVISOR", unit_id=records.world().station_a)


@pytest.fixture
def meter(keeper: Actor) -> models.Meter:
    """Made on a day from which its model's years are counted."""
    made = meters.in_stock(station_id=keeper.home_unit_id, manufactured_on=MADE)[0]
    assert made.verification_due_on == COUNTED
    return made


def change(keeper: Actor, meter: models.Meter, due_on: datetime.date | None, **facts: object) -> models.Meter:
    meter.refresh_from_db()
    values = {"version": meter.version, "reason": "使用环境恶劣"} | facts
    meter_due.change_due(actor=keeper, meter_id=meter.pk, due_on=due_on, now=NOW, **values)  # type: ignore[arg-type]
    meter.refresh_from_db()
    return meter


def acts() -> list[access.AuditEntry]:
    return list(access.AuditEntry.objects.filter(act="METER_DUE_CHANGED").order_by("id"))


def test_a_stated_day_holds_and_is_taken_back_by_stating_the_former(
    keeper: Actor, meter: models.Meter
) -> None:
    change(keeper, meter, STATED)
    change(keeper, meter, STATED)
    change(keeper, meter, None)
    assert meter.verification_due_on is None
    assert meter.is_due_stated
    change(keeper, meter, COUNTED)
    assert not meter.is_due_stated, "it is again what follows from its model"
    days = [(entry.before, entry.after) for entry in acts()]
    told = [(COUNTED, STATED), (STATED, None), (None, COUNTED)]
    assert days == [
        tuple({"verification_due_on": day.isoformat() if day else ""} for day in pair) for pair in told
    ]
    assert {entry.reason for entry in acts()} == {"使用环境恶劣"}


def test_the_months_of_a_model_move_only_the_days_nobody_stated(keeper: Actor, meter: models.Meter) -> None:
    other = meters.in_stock(station_id=keeper.home_unit_id, manufactured_on=MADE)[0]
    change(keeper, meter, STATED)
    model = meter.model
    facts = operations_models.ModelFacts(
        maker=model.maker, name=model.name, utility=model.utility, service_life_months=12
    )
    operations_models.keep_model(model_id=model.pk, facts=facts)
    for found in (meter, other):
        found.refresh_from_db()
    assert (meter.verification_due_on, other.verification_due_on) == (STATED, datetime.date(2026, 1, 1))


def test_a_passed_test_ends_what_was_stated(keeper: Actor, meter: models.Meter) -> None:
    change(keeper, meter, STATED)
    test = operations_tests.NewTest(
        kind=models.TestKind.REQUESTED,
        tested_on=TODAY,
        laboratory="市计量所",
        has_passed=True,
        at=NOW,
        staff_id=None,
        request_key=uuid.uuid4(),
    )
    meter_facts.record_test(actor=keeper, meter_id=meter.pk, test=test, today=TODAY, now=NOW)
    meter.refresh_from_db()
    assert (meter.verification_due_on, meter.is_due_stated) == (datetime.date(2032, 1, 5), False)
    with pytest.raises(meter_due.DueDayError) as refused:
        change(keeper, meter, TODAY - datetime.timedelta(days=1))
    assert refused.value.verified_on == TODAY


def test_without_right_reason_or_the_meter_as_seen_nothing_changes(
    keeper: Actor, meter: models.Meter
) -> None:
    with pytest.raises(NotAllowedError, match=meter_due.RIGHT):
        change(dataclasses.replace(keeper, rights=frozenset()), meter, STATED)
    with pytest.raises(meter_due.ReasonMissingError):
        change(keeper, meter, STATED, reason="  ")
    with pytest.raises(meter_due.MeterChangedError):
        change(keeper, meter, STATED, version=meter.version + 1)
    meter.refresh_from_db()
    assert meter.verification_due_on == COUNTED
    assert not acts()
