"""The acts on meters: with the right, in the scope, once, audited, and taken back by adding."""

import contextlib
import datetime
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from django.db import connection

from meterbook.application import actor as actors
from meterbook.application import meter_facts, meters_admin
from meterbook.domain.access import models as access
from meterbook.domain.devices import models, operations_models, operations_tests
from meterbook.domain.devices.rules import MeterState, MoveReason
from tests.builders import meters, records

TODAY = datetime.date(2026, 1, 5)
NOW = datetime.datetime(2026, 1, 5, 2, 0, tzinfo=datetime.UTC)
TOMORROW = TODAY + datetime.timedelta(days=1)


@dataclass(frozen=True)
class Office:
    world: records.World
    keeper: actors.Actor
    elsewhere: actors.Actor
    clerk: actors.Actor

    def receive(self, *serial_nos: str, **facts: object) -> meters_admin.Batch:
        values: dict[str, object] = {
            "request_key": uuid.uuid4(),
            "station_id": self.world.station_a,
            "model_id": meters.model().pk,
            "serial_nos": serial_nos,
            "store": "一号库",
            "on": TODAY,
        }
        command = meters_admin.Receive(**(values | facts))  # type: ignore[arg-type]
        return meters_admin.receive(actor=self.keeper, command=command, today=TODAY, now=NOW)

    def move(self, command: meters_admin.MoveMeters) -> meters_admin.Batch:
        return meters_admin.move(actor=self.keeper, command=command, today=TODAY, now=NOW)


def to(state: MeterState, *serial_nos: str, **facts: object) -> meters_admin.MoveMeters:
    values: dict[str, object] = {"place": "刘师傅", "on": TODAY, "request_key": uuid.uuid4()}
    return meters_admin.MoveMeters(
        serial_nos=serial_nos,
        to_state=state,
        **(values | facts),  # type: ignore[arg-type]
    )


@pytest.fixture
def office(db: None) -> Office:
    world = records.world()
    return Office(
        world=world,
        keeper=records.actor(role="SUPERVISOR", unit_id=world.station_a, name="库管员"),
        elsewhere=records.actor(role="SUPERVISOR", unit_id=world.station_b),
        clerk=records.actor(role="CLERK", unit_id=world.station_a),
    )


def state_of(serial_no: str) -> MeterState:
    return MeterState(models.Meter.objects.get(serial_no=serial_no).state)


def latest() -> access.AuditEntry:
    return access.AuditEntry.objects.latest("id")


def after() -> dict[str, object]:
    """What the latest act left."""
    facts = latest().after
    assert facts is not None
    return dict(facts)


@contextlib.contextmanager
def web_role() -> Iterator[None]:
    """As the web server connects: only rows in the scope of the transaction are seen."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE meterbook_app")
        yield
        cursor.execute("RESET ROLE")


def test_a_meter_goes_through_its_whole_life_in_the_store(office: Office) -> None:
    office.receive("W1", "W2", purchase_no="PO-1")
    received = latest()
    assert (received.act, received.subject_kind, received.station_id) == (
        "METERS_RECEIVED",
        "METERS",
        office.world.station_a,
    )
    assert after()["meters"] == ["W1", "W2"]
    for state in (MeterState.IN_TEST, MeterState.IN_REPAIR, MeterState.IN_STOCK, MeterState.ISSUED):
        office.move(to(state, "W1", reason=MoveReason.SLOW))
        assert state_of("W1") is state
    act = latest()
    assert (act.act, act.actor_name, act.before, act.after) == (
        "METERS_ISSUED",
        "库管员",
        {"state": [1]},
        {"state": 5, "holder": "刘师傅", "cause": 3},
    )
    office.move(to(MeterState.LOST, "W1", reason=MoveReason.OTHER))
    office.move(to(MeterState.IN_STOCK, "W1", place="一号库"))
    office.move(to(MeterState.SCRAPPED, "W1", reason=MoveReason.DAMAGED, looked_at=1))
    moved = models.MeterMove.objects.filter(meter__serial_no="W1").order_by("id")
    assert {m.staff_id for m in moved} == {office.keeper.staff_id}
    assert [m.to_state for m in moved] == [1, 6, 7, 1, 5, 8, 1, 4]
    assert state_of("W2") is MeterState.IN_STOCK


def test_the_same_act_sent_twice_happens_once(office: Office) -> None:
    key = uuid.uuid4()
    first = office.receive("W1", "W2", request_key=key)
    again = office.receive("W1", "W2", request_key=key)
    assert (again.meter_ids, again.is_repeat, first.is_repeat) == (first.meter_ids, True, False)
    command = to(MeterState.ISSUED, "W1")
    office.move(command)
    acts = access.AuditEntry.objects.count()
    assert office.move(command).is_repeat
    assert models.MeterMove.objects.filter(meter__serial_no="W1").count() == 2
    assert access.AuditEntry.objects.count() == acts


def test_a_barcode_is_as_good_as_a_serial_number_and_a_meter_moves_once(office: Office) -> None:
    batch = office.receive("W1")
    meter_facts.change_barcode(
        actor=office.keeper, meter_id=batch.meter_ids[0], barcode="690001", version=0, now=NOW
    )
    moved = office.move(to(MeterState.ISSUED, "690001", "W1"))
    assert moved.meter_ids == batch.meter_ids
    assert (latest().subject_kind, latest().subject_id) == ("METER", str(batch.meter_ids[0]))


def test_scrapping_wants_a_second_look_at_exactly_these_meters(office: Office) -> None:
    office.receive("W1", "W2")
    command = to(MeterState.SCRAPPED, "W1", "W2", reason=MoveReason.OVER_AGE)
    for looked_at in (None, 1, 3):
        with pytest.raises(meters_admin.SecondLookError) as refused:
            office.move(replace(command, looked_at=looked_at))
        assert refused.value.count == 2
    office.move(replace(command, looked_at=2))
    assert state_of("W2") is MeterState.SCRAPPED


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (to(MeterState.ISSUED, "W1", on=TOMORROW), meters_admin.FutureDayError),
        (to(MeterState.ISSUED, "W1", place=""), meters_admin.PlaceMissingError),
        (to(MeterState.LOST, "W1"), meters_admin.ReasonMissingError),
        (to(MeterState.SCRAPPED, "W1", looked_at=1), meters_admin.ReasonMissingError),
        (to(MeterState.ISSUED, "W1", "W8"), meters_admin.UnknownSerialsError),
        (to(MeterState.IN_STOCK, "W1"), meters_admin.MoveRefusedError),
    ],
)
def test_what_is_refused_changes_nothing(
    office: Office, command: meters_admin.MoveMeters, error: type[Exception]
) -> None:
    office.receive("W1")
    acts = access.AuditEntry.objects.count()
    with pytest.raises(error):
        office.move(command)
    assert (state_of("W1"), access.AuditEntry.objects.count()) == (MeterState.IN_STOCK, acts)


def test_receiving_names_what_is_wrong(office: Office) -> None:
    office.receive("W1")
    with pytest.raises(meters_admin.SerialsTakenError) as refused:
        office.receive("W0", "W1")
    assert refused.value.serial_nos == ("W1",)
    with pytest.raises(meters_admin.UnitNotFoundError):
        office.receive("W2", station_id=office.world.station_b)
    with pytest.raises(meters_admin.ModelNotFoundError):
        office.receive("W2", model_id=10**9)
    with pytest.raises(meters_admin.FutureDayError):
        office.receive("W2", on=TOMORROW)
    with pytest.raises(meters_admin.PlaceMissingError):
        office.receive("W2", store="")
    assert list(models.Meter.objects.values_list("serial_no", flat=True)) == ["W1"]


def test_the_last_move_is_taken_back_with_a_reason(office: Office) -> None:
    (meter_id,) = office.receive("W1").meter_ids
    office.move(to(MeterState.ISSUED, "W1"))
    move_id = models.MeterMove.objects.latest("id").pk

    def undo(reason: str) -> None:
        meters_admin.undo_move(
            actor=office.keeper, meter_id=meter_id, move_id=move_id, reason=reason, today=TODAY, now=NOW
        )

    with pytest.raises(meters_admin.ReasonMissingError):
        undo("")
    undo("领错了")
    act = latest()
    assert (act.act, act.reason, act.before, act.after) == (
        "METER_MOVE_UNDONE",
        "领错了",
        {"state": 5},
        {"state": 1, "holder": "一号库"},
    )
    with pytest.raises(meters_admin.MeterChangedError):
        undo("再来")


def test_seals_and_tests_are_audited(office: Office) -> None:
    (meter_id,) = office.receive("W1", manufactured_on=datetime.date(2025, 1, 1)).meter_ids
    seal = operations_tests.NewSeal(
        seal_no="S1", position=models.SealPosition.VALVE, on=TODAY, staff_id=office.keeper.staff_id
    )
    applied = meter_facts.apply_seal(actor=office.keeper, meter_id=meter_id, seal=seal, today=TODAY, now=NOW)
    assert (latest().act, after()["seal_no"]) == ("SEAL_APPLIED", "S1")
    with pytest.raises(meter_facts.SealTakenError):
        meter_facts.apply_seal(actor=office.keeper, meter_id=meter_id, seal=seal, today=TODAY, now=NOW)

    def remove(reason: str, on: datetime.date = TODAY) -> None:
        meter_facts.remove_seal(
            actor=office.keeper,
            meter_id=meter_id,
            seal_id=applied.pk,
            on=on,
            reason=reason,
            today=TODAY,
            now=NOW,
        )

    with pytest.raises(meter_facts.ReasonMissingError):
        remove("")
    with pytest.raises(meter_facts.FutureDayError):
        remove("换表", TOMORROW)
    remove("换表")
    assert (latest().act, latest().reason, latest().before) == ("SEAL_REMOVED", "换表", {"seal_no": "S1"})
    test = operations_tests.NewTest(
        kind=models.TestKind.REQUESTED, tested_on=TODAY, laboratory="市计量所", has_passed=True, at=NOW,
        staff_id=office.keeper.staff_id, request_key=uuid.uuid4(), error_ppm=12_000,
    )  # fmt: skip
    for _ in range(2):
        meter_facts.record_test(actor=office.keeper, meter_id=meter_id, test=test, today=TODAY, now=NOW)
    tested = access.AuditEntry.objects.get(act="METER_TESTED")
    assert tested.before == {"verification_due_on": "2031-01-01", "correction_ppm": 0}
    assert (after()["verification_due_on"], after()["correction_ppm"]) == ("2032-01-05", 12_000)


def test_nothing_is_done_without_the_right_or_outside_the_scope(office: Office) -> None:
    (meter_id,) = office.receive("W1").meter_ids
    seal = operations_tests.NewSeal(seal_no="S1", position=models.SealPosition.VALVE, on=TODAY, staff_id=None)
    command = to(MeterState.ISSUED, "W1")
    move_id = models.MeterMove.objects.latest("id").pk
    acts = access.AuditEntry.objects.count()
    with web_role():
        for actor, refused in (
            (office.clerk, actors.NotAllowedError),
            (office.elsewhere, meters_admin.MeterNotFoundError),
        ):
            with pytest.raises(refused):
                meters_admin.undo_move(
                    actor=actor, meter_id=meter_id, move_id=move_id, reason="x", today=TODAY, now=NOW
                )
            with pytest.raises(refused):
                meter_facts.apply_seal(actor=actor, meter_id=meter_id, seal=seal, today=TODAY, now=NOW)
            with pytest.raises(refused):
                meter_facts.change_barcode(actor=actor, meter_id=meter_id, barcode="1", version=0, now=NOW)
            with pytest.raises((refused, meters_admin.UnknownSerialsError)):
                meters_admin.move(actor=actor, command=command, today=TODAY, now=NOW)
    assert (state_of("W1"), access.AuditEntry.objects.count()) == (MeterState.IN_STOCK, acts)


def test_a_model_is_changed_by_who_sees_every_station(office: Office) -> None:
    facts = operations_models.ModelFacts(maker="金卡", name="G2.5", utility=2, service_life_months=96)
    made = meter_facts.keep_model(actor=office.keeper, model_id=None, facts=facts, now=NOW)
    assert latest().act == "METER_MODEL_ADDED"
    changed = replace(facts, service_life_months=120)
    with pytest.raises(meter_facts.NotEveryStationError):
        meter_facts.keep_model(actor=office.keeper, model_id=made.pk, facts=changed, now=NOW)
    head = records.actor(role="SUPERVISOR", unit_id=office.world.company_unit_id)
    meter_facts.keep_model(actor=head, model_id=made.pk, facts=changed, now=NOW)
    act = latest()
    assert act.before is not None
    assert (act.act, act.before["service_life_months"]) == ("METER_MODEL_CHANGED", 96)
    assert after()["service_life_months"] == 120
    count = access.AuditEntry.objects.count()
    meter_facts.keep_model(actor=head, model_id=made.pk, facts=changed, now=NOW)
    assert access.AuditEntry.objects.count() == count, "the same again is no act"
