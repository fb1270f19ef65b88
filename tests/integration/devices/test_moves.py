"""A meter's life is kept move by move; its state is what the last move says."""

import datetime
import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from meterbook.domain import tables
from meterbook.domain.devices import models, operations, operations_models, queries
from meterbook.domain.devices.rules import MeterState, MoveFault, MoveReason
from tests.builders import meters, records

ON = datetime.date(2026, 1, 5)


@pytest.fixture
def world(db: None) -> records.World:
    return records.world()


def move(
    meter: models.Meter, to_state: MeterState, *, on: datetime.date = ON, **more: object
) -> operations.Move:
    return operations.Move(
        meter_id=meter.pk,
        to_state=to_state,
        on=on,
        at=records.NOW,
        staff_id=None,
        **more,  # type: ignore[arg-type]
    )


def disagreeing() -> list[int]:
    """Meters whose state isn't what their last move says, by SQL apart from the product's."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT m.id FROM devices_meter m WHERE m.state IS DISTINCT FROM (
                SELECT to_state FROM devices_metermove v WHERE v.meter_id = m.id ORDER BY v.id DESC LIMIT 1)
        """)
        return [row[0] for row in cursor.fetchall()]


def test_new_meters_come_with_registers_age_and_a_first_move(world: records.World) -> None:
    model = meters.model(
        name="DTSD341",
        utility=tables.Utility.ELECTRICITY,
        digits=6,
        decimals=2,
        bands=(0, 1, 2, 3),
        multiplier_milli=40_000,
        verification_months=96,
    )
    made = meters.in_stock(
        station_id=world.station_a,
        serial_nos=["E01", "E02"],
        model_id=model.pk,
        manufactured_on=datetime.date(2025, 2, 28),
        purchase_no="PO-7",
    )
    meter = models.Meter.objects.get(serial_no="E02")
    assert [m.serial_no for m in made] == ["E01", "E02"]
    assert (meter.state, meter.holder, meter.purchase_no) == (MeterState.IN_STOCK, meters.STORE, "PO-7")
    assert meter.verification_due_on == datetime.date(2033, 2, 28)
    registers = list(
        meter.registers.order_by("band").values_list("band", "digits", "decimals", "multiplier_milli")
    )
    assert registers == [(band, 6, 2, 40_000) for band in (0, 1, 2, 3)]
    first = queries.last_move(meter_id=meter.pk)
    assert (first.from_state, first.to_state, first.moved_on) == (
        None,
        MeterState.IN_STOCK,
        meters.RECEIVED_ON,
    )
    assert disagreeing() == []


def test_a_batch_with_a_known_number_writes_nothing(world: records.World) -> None:
    meters.in_stock(station_id=world.station_a, serial_nos=["W2"])
    with pytest.raises(operations.SerialsTakenError) as refused:
        meters.in_stock(station_id=world.station_a, serial_nos=["W1", "W2", "W3"])
    assert refused.value.serial_nos == ("W2",)
    assert list(models.Meter.objects.values_list("serial_no", flat=True)) == ["W2"]


def test_a_serial_number_may_not_be_another_meters_barcode(world: records.World) -> None:
    (meter,) = meters.in_stock(station_id=world.station_a, serial_nos=["W1"])
    operations.change_barcode(meter_id=meter.pk, barcode="690001", version=0)
    with pytest.raises(operations.SerialsTakenError):
        meters.in_stock(station_id=world.station_a, serial_nos=["690001"])


def test_a_number_of_another_station_is_refused_without_showing_it(
    world: records.World, as_web_role: None
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        meters.in_stock(station_id=world.station_b, serial_nos=["W9"])
        model_id = meters.model().pk
        cursor.execute("SET ROLE meterbook_app")
        cursor.execute(f"SET LOCAL meterbook.scope = '{world.station_a}'")
    with pytest.raises(operations.SerialsTakenError) as refused, transaction.atomic():
        meters.in_stock(station_id=world.station_a, serial_nos=["W9"], model_id=model_id)
    assert refused.value.serial_nos == ()


def test_a_move_says_from_where_to_whom_and_why_and_counts_the_change(world: records.World) -> None:
    (meter,) = meters.in_stock(station_id=world.station_a)
    bundle = uuid.uuid4()
    written = operations.move_meter(
        move=move(
            meter,
            MeterState.IN_TEST,
            place="市计量所",
            reason=MoveReason.SLOW,
            remark="用户申请",
            bundle=bundle,
        )
    )
    meter.refresh_from_db()
    assert (meter.state, meter.holder, meter.version) == (MeterState.IN_TEST, "市计量所", 1)
    assert (written.from_state, written.to_state, written.reason) == (
        MeterState.IN_STOCK, MeterState.IN_TEST, MoveReason.SLOW,
    )  # fmt: skip
    assert [m.pk for m in queries.moves_of_bundle(bundle=bundle)] == [written.pk]
    assert disagreeing() == []


def test_nobody_holds_a_meter_that_hangs_or_is_scrapped(world: records.World) -> None:
    (meter,) = meters.in_stock(station_id=world.station_a)
    operations.move_meter(move=move(meter, MeterState.SCRAPPED, place="废品站"))
    meter.refresh_from_db()
    assert meter.holder == ""


@pytest.mark.parametrize(
    ("to_state", "on", "code"),
    [
        (MeterState.REMOVED, ON, MoveFault.NOT_FROM_HERE),
        (MeterState.IN_STOCK, ON, MoveFault.NOT_FROM_HERE),
        (MeterState.ISSUED, meters.RECEIVED_ON - datetime.timedelta(days=1), MoveFault.BEFORE_LAST_MOVE),
    ],
)
def test_a_refused_move_says_why_and_changes_nothing(
    world: records.World, to_state: MeterState, on: datetime.date, code: MoveFault
) -> None:
    (meter,) = meters.in_stock(station_id=world.station_a)
    with pytest.raises(operations.MoveRefusedError) as refused:
        operations.move_meter(move=move(meter, to_state, on=on))
    assert (refused.value.code, refused.value.serial_no, refused.value.state) == (
        code, meter.serial_no, MeterState.IN_STOCK,
    )  # fmt: skip
    meter.refresh_from_db()
    assert (meter.state, meter.version, meter.moves.count()) == (MeterState.IN_STOCK, 0, 1)


def test_several_move_together_or_not_at_all(world: records.World) -> None:
    made = meters.in_stock(station_id=world.station_a, serial_nos=["W1", "W2"])
    operations.move_meter(move=move(made[1], MeterState.SCRAPPED))
    ids = [meter.pk for meter in made]
    with pytest.raises(operations.MoveRefusedError) as refused, transaction.atomic():
        operations.move_meters(meter_ids=ids, move=move(made[0], MeterState.ISSUED, place="刘师傅"))
    assert refused.value.serial_no == "W2"
    assert models.Meter.objects.get(serial_no="W1").state == MeterState.IN_STOCK
    with pytest.raises(operations.MeterNotFoundError):
        operations.move_meters(meter_ids=[made[0].pk, 10**9], move=move(made[0], MeterState.ISSUED))


def test_the_last_move_is_taken_back_once_by_a_counter_move(world: records.World) -> None:
    (meter,) = meters.in_stock(station_id=world.station_a)
    issued = operations.move_meter(move=move(meter, MeterState.ISSUED, place="刘师傅"))
    undo = move(meter, MeterState.ISSUED, remark="领错了")
    back = operations.undo_last_move(undo=undo, move_id=issued.pk)
    meter.refresh_from_db()
    assert (meter.state, meter.holder) == (MeterState.IN_STOCK, meters.STORE)
    assert (back.undoes_id, back.from_state, back.to_state) == (
        issued.pk,
        MeterState.ISSUED,
        MeterState.IN_STOCK,
    )
    assert meter.moves.count() == 3, "nothing is deleted"
    with pytest.raises(operations.MeterChangedError):
        operations.undo_last_move(undo=undo, move_id=issued.pk)
    with pytest.raises(operations.MoveRefusedError) as refused:
        operations.undo_last_move(undo=undo, move_id=back.pk)
    assert refused.value.code is MoveFault.UNDONE_ALREADY
    assert disagreeing() == []


def test_fitting_is_taken_back_only_with_its_installation(world: records.World) -> None:
    (meter,) = meters.in_stock(station_id=world.station_a)
    fitted = operations.move_meter(move=move(meter, MeterState.IN_SERVICE))
    undo = move(meter, MeterState.IN_STOCK)
    with pytest.raises(operations.MoveRefusedError) as refused:
        operations.undo_last_move(undo=undo, move_id=fitted.pk)
    assert refused.value.code is MoveFault.BELONGS_TO_INSTALLATION
    operations.undo_last_move(undo=undo, move_id=fitted.pk, with_installation=True)
    assert models.Meter.objects.get(pk=meter.pk).state == MeterState.IN_STOCK
    first = meter.moves.earliest("id")
    meter_2 = meters.in_stock(station_id=world.station_a)[0]
    with pytest.raises(operations.MoveRefusedError) as refused:
        operations.undo_last_move(undo=move(meter_2, MeterState.IN_STOCK), move_id=meter_2.moves.get().pk)
    assert refused.value.code is MoveFault.NOTHING_TO_UNDO
    assert first.from_state is None


@pytest.mark.parametrize(
    "statement", ["UPDATE devices_metermove SET place = 'x'", "DELETE FROM devices_metermove"]
)
def test_the_database_keeps_moves_as_they_are(world: records.World, statement: str) -> None:
    meters.in_stock(station_id=world.station_a)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_meters_written_as_columns_have_a_move_and_an_age(world: records.World) -> None:
    meters.model(name="LXS-25", maker="", nominal_diameter=25)
    known = records.supply(
        station_id=world.station_a,
        tariff_id=records.tariff(),
        model_name="LXS-25",
        installed_on=datetime.date(2024, 2, 29),
    )
    unknown = records.supply(station_id=world.station_a, tariff_id=records.tariff(), model_name="无名")
    meter = models.Meter.objects.get(pk=known.meter_id)
    assert meter.verification_due_on == datetime.date(2030, 2, 28)
    assert queries.last_move(meter_id=meter.pk).moved_on == datetime.date(2024, 2, 29)
    assert models.Meter.objects.get(pk=unknown.meter_id).verification_due_on is None
    assert disagreeing() == []


def test_a_model_described_later_gives_its_meters_their_age(world: records.World) -> None:
    supply = records.supply(
        station_id=world.station_a,
        tariff_id=records.tariff(),
        maker="宁波水表",
        installed_on=datetime.date(2023, 5, 31),
    )
    meter = models.Meter.objects.select_related("model").get(pk=supply.meter_id)
    assert meter.verification_due_on is None
    facts = operations_models.ModelFacts(
        maker="宁波水表", name=meter.model.name, utility=meter.model.utility, nominal_diameter=40
    )
    operations_models.keep_model(model_id=meter.model_id, facts=facts)
    meter.refresh_from_db()
    assert meter.verification_due_on == datetime.date(2027, 5, 31)
    with pytest.raises(operations_models.ModelTakenError):
        operations_models.keep_model(model_id=None, facts=facts)
    with pytest.raises(operations_models.ModelNotFoundError):
        operations_models.keep_model(
            model_id=10**9, facts=operations_models.ModelFacts(maker="", name="x", utility=1)
        )
    assert models.MeterMaker.objects.filter(name="宁波水表").count() == 1


def test_a_barcode_names_one_meter(world: records.World) -> None:
    one, two = meters.in_stock(station_id=world.station_a, serial_nos=["W1", "W2"])
    operations.change_barcode(meter_id=one.pk, barcode="690001", version=0)
    assert queries.meter_ids_by_exact_no(number="690001") == [one.pk]
    for taken in ("690001", "W1"):
        with pytest.raises(operations.BarcodeTakenError):
            operations.change_barcode(meter_id=two.pk, barcode=taken, version=0)
    with pytest.raises(operations.NumberError):
        operations.change_barcode(meter_id=two.pk, barcode="6 9", version=0)
    with pytest.raises(operations.MeterChangedError):
        operations.change_barcode(meter_id=one.pk, barcode="690002", version=0)
    operations.change_barcode(meter_id=one.pk, barcode="", version=1)
    operations.change_barcode(meter_id=two.pk, barcode="690001", version=0)
