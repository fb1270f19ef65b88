"""The demo's meters as they live: received, issued, swapped, dead, tested, scrapped, sealed, in shops.

Every act is done once: request keys and seal numbers are the same for the same meter.
"""

import contextlib
import datetime

from meterbook.application import fit_meters, meter_facts, meters_admin, transaction
from meterbook.domain import tables
from meterbook.domain.devices import models, operations_models, operations_tests, rules
from meterbook.domain.metering import rules_changes
from meterbook.interfaces.cli import demo_history, demo_town
from meterbook.interfaces.cli.demo_town import Home, Town

MAKER, MODEL = "城东仪表", "LXSY-20 NB"
RECEIVED = 10
ISSUED = 6
FITTER = "赵大勇"
_STATE, _WHY = rules.MeterState, rules.MoveReason


def serial(town: Town, number: int) -> str:
    """The number of one of the meters that were received together."""
    return f"N{town.mark}{number:06d}"


def received(town: Town, *, on: datetime.date) -> None:
    """A box of new meters comes into the store; most are handed to a fitter, one goes to be tested."""
    now = demo_history.at(on, hour=9)
    meters_admin.receive(
        actor=town.chief,
        command=meters_admin.Receive(
            request_key=town.key("received"),
            station_id=town.station_id,
            model_id=_model(town, now=now),
            serial_nos=tuple(serial(town, number) for number in range(RECEIVED)),
            store=f"{town.place}表库",
            on=on,
            purchase_no=f"CG{on.year}-{town.mark}",
            manufactured_on=on - datetime.timedelta(days=45),
            verified_on=on - datetime.timedelta(days=20),
        ),
        today=on,
        now=now,
    )
    _move(town, numbers=range(ISSUED), to_state=_STATE.ISSUED, place=FITTER, on=on, remark="换表领用")
    _move(
        town,
        numbers=(ISSUED,),
        to_state=_STATE.IN_TEST,
        place="市计量检定所",
        on=on,
        remark="到货抽检",
    )


def _model(town: Town, *, now: datetime.datetime) -> int:
    known = models.MeterModel.objects.filter(maker=MAKER, name=MODEL)
    facts = operations_models.ModelFacts(
        maker=MAKER,
        name=MODEL,
        utility=tables.Utility.WATER,
        kind=models.MeterKind.REMOTE_READ,
        nominal_diameter=20,
        accuracy_class="2",
        nominal_flow_milli=4_000,
        communication=models.Communication.NB_IOT,
        has_valve=True,
        verification_months=72,
    )
    if not known.exists():
        with contextlib.suppress(meter_facts.ModelTakenError):  # the other station was quicker
            meter_facts.keep_model(actor=town.chief, model_id=None, facts=facts, now=now)
    return known.get().pk


def _move(  # an act in a few words
    town: Town,
    *,
    numbers: range | tuple[int, ...],
    to_state: rules.MeterState,
    place: str,
    on: datetime.date,
    remark: str,
) -> None:
    meters_admin.move(
        actor=town.chief,
        command=meters_admin.MoveMeters(
            request_key=town.key("move", to_state.value, *numbers),
            serial_nos=tuple(serial(town, number) for number in numbers),
            to_state=to_state,
            on=on,
            place=place,
            remark=remark,
        ),
        today=on,
        now=demo_history.at(on, hour=10),
    )


def swapped(town: Town, home: Home, *, number: int, on: datetime.date) -> None:
    """A meter over its age gives way to a new one in the middle of a month; what it counted is carried."""
    _change(
        town,
        home,
        number=number,
        on=on,
        reason=_WHY.OVER_AGE,
        remark="到期轮换，换装远传表",
    )


def dead(town: Town, home: Home, *, number: int, on: datetime.date) -> None:
    """A meter that stands still is changed, its days counted by the mean; it is tested and scrapped."""
    estimate = rules_changes.Estimate(rule=rules_changes.BY_LAST_USAGES)
    old_id = _change(
        town,
        home,
        number=number,
        on=on,
        reason=_WHY.STOPPED,
        remark="停走，按前三期平均补量",
        closing=rules_changes.Closing(value_milli=None, estimate=estimate),
    )
    if old_id is not None:
        _scrapped(town, meter_id=old_id, on=on + datetime.timedelta(days=2))


def _change(  # what is known of a swap
    town: Town,
    home: Home,
    *,
    number: int,
    on: datetime.date,
    reason: rules.MoveReason,
    remark: str,
    closing: rules_changes.Closing | None = None,
) -> int | None:
    """Swap the meter of a home; the id of the old one, None where there was none."""
    with transaction.reading(actor=town.chief):
        point_id = home.service_point_id
        shown = demo_town.shown(service_point_id=point_id, agreement_id=home.agreement_id)
    change = fit_meters.Change(
        request_key=town.key("swap", number),
        kind=fit_meters.Kind.SWAP,
        service_point_id=point_id,
        changed_on=on,
        reason=reason.value,
        remark=remark,
        new_serial_no=serial(town, number),
        closings={0: closing or rules_changes.Closing(value_milli=shown.value_milli)},
        openings={0: 0},
        new_seal_no=f"F{town.mark}{number:05d}",
        is_confirmed=True,
    )
    made = fit_meters.change(actor=town.chief, change=change, now=demo_history.at(on, hour=14), today=on)
    return made.old_meter_id


def _scrapped(town: Town, *, meter_id: int, on: datetime.date) -> None:
    serial_no = models.Meter.objects.values_list("serial_no", flat=True).get(pk=meter_id)
    now = demo_history.at(on, hour=15)
    laboratory = "市计量检定所"
    for to_state, place, why in (
        (_STATE.IN_TEST, laboratory, _WHY.STOPPED),
        (_STATE.SCRAPPED, "", _WHY.STOPPED),
    ):
        meters_admin.move(
            actor=town.chief,
            command=meters_admin.MoveMeters(
                request_key=town.key("dead", to_state.value),
                serial_nos=(serial_no,),
                to_state=to_state,
                on=on,
                place=place,
                reason=why,
                remark="停走表送检" if to_state is _STATE.IN_TEST else "检定不合格，报废",
                looked_at=1,
            ),
            today=on,
            now=now,
        )
        if to_state is _STATE.IN_TEST:
            meter_facts.record_test(
                actor=town.chief,
                meter_id=meter_id,
                test=operations_tests.NewTest(
                    kind=models.TestKind.REQUESTED,
                    tested_on=on,
                    laboratory=laboratory,
                    has_passed=False,
                    at=now,
                    staff_id=town.chief.staff_id,
                    request_key=town.key("test"),
                    certificate_no=f"JD{on:%Y%m}{town.mark}",
                    error_ppm=-1_000_000,
                    remark="叶轮卡死，齿轮磨损。",
                ),
                today=on,
                now=now,
            )


def fitted(town: Town, *, service_point_id: int, number: int, on: datetime.date) -> None:
    """A first meter at a new place."""
    change = fit_meters.Change(
        request_key=town.key("fitted", number),
        kind=fit_meters.Kind.INSTALL,
        service_point_id=service_point_id,
        changed_on=on,
        reason=_WHY.NEW_SUPPLY.value,
        remark="新装通水",
        new_serial_no=serial(town, number),
        openings={0: 0},
        new_seal_no=f"F{town.mark}{number:05d}",
    )
    fit_meters.change(actor=town.chief, change=change, now=demo_history.at(on, hour=15), today=on)


def sealed(town: Town, home: Home, *, on: datetime.date) -> None:
    """A second seal on the meter of a home, at its valve."""
    with transaction.reading(actor=town.chief):
        point_id = home.service_point_id
        shown = demo_town.shown(service_point_id=point_id, agreement_id=home.agreement_id)
    seal = operations_tests.NewSeal(
        seal_no=f"V{town.mark}00001",
        position=models.SealPosition.VALVE,
        on=on,
        staff_id=town.chief.staff_id,
        colour="蓝",
    )
    with contextlib.suppress(meter_facts.SealTakenError):  # it was applied before
        meter_facts.apply_seal(
            actor=town.chief,
            meter_id=shown.meter_id,
            seal=seal,
            today=on,
            now=demo_history.at(on, hour=16),
        )
