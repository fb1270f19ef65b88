"""Builders of rounds and readings, through the product's own use cases."""

import datetime
import uuid
from collections.abc import Mapping
from typing import Any

from meterbook.application import accept_round, enter_readings, open_rounds
from meterbook.application.actor import Actor
from meterbook.domain.devices import models as devices
from meterbook.domain.metering import models, rules_changes
from meterbook.domain.metering import operations as metering
from meterbook.domain.metering import operations_changes as changes
from meterbook.domain.metering import operations_settlements as settlements
from tests.builders import meters, records


def noon(day: datetime.date) -> datetime.datetime:
    """An instant on that day."""
    return datetime.datetime.combine(day, datetime.time(4, 0), tzinfo=datetime.UTC)


def open_round(*, book_id: int, day: datetime.date, actor: Actor | None = None) -> metering.OpenedRound:
    """Open the book's round of the month of `day`, on that day."""
    return open_rounds.open_round(
        actor=actor or records.system(), book_id=book_id, period=day, today=day, now=noon(day)
    )


def entry(*, round_id: int, register_id: int) -> models.RoundEntry:
    """A register's entry in a round."""
    return models.RoundEntry.objects.get(round_id=round_id, register_id=register_id)


def enter(
    *, round_id: int, values_milli: Mapping[int, int | None], day: datetime.date, actor: Actor | None = None
) -> metering.Entered:
    """Key values (register id -> thousandths, None empties) read on `day`, whatever stood there."""
    ids = dict(models.RoundEntry.objects.filter(round_id=round_id).values_list("register_id", "id"))
    return enter_readings.enter_values(
        actor=actor or records.system(),
        round_id=round_id,
        values=[
            metering.NewValue(entry_id=ids[register_id], value_milli=value, read_on=day)
            for register_id, value in values_milli.items()
        ],
        source=models.Source.KEYED,
        today=day,
        now=noon(day),
    )


def confirm_all(*, round_id: int, day: datetime.date, reason: str = "Seen on site") -> int:
    """Confirm everything held in a round; returns how many there were."""
    held = models.RoundEntry.objects.filter(round_id=round_id, state=models.EntryState.HELD)
    rows = list(held.values_list("id", "version"))
    for entry_id, version in rows:
        enter_readings.confirm_held(
            actor=records.system(),
            entry_id=entry_id,
            version=version,
            reason=reason,
            is_rolled_over=True,
            now=noon(day),
        )
    return len(rows)


def accept(*, round_id: int, day: datetime.date, actor: Actor | None = None) -> metering.AcceptedRound:
    """Accept a round on `day`."""
    return accept_round.accept_round(
        actor=actor or records.system(), round_id=round_id, today=day, now=noon(day)
    )


def read_book(*, book_id: int, day: datetime.date, values_milli: Mapping[int, int]) -> metering.AcceptedRound:
    """A whole round on one day: opened, every register keyed, what is held confirmed, accepted."""
    round_id = open_round(book_id=book_id, day=day).round_id
    enter(round_id=round_id, values_milli=values_milli, day=day)
    confirm_all(round_id=round_id, day=day)
    return accept(round_id=round_id, day=day)


def stock_meter(
    *,
    station_id: int,
    serial_no: str,
    digits: int = 5,
    multiplier_milli: int = 1000,
    utility: int = 1,
    bands: tuple[int, ...] = (0,),
) -> devices.Meter:
    """A meter in the store of a station, with its registers."""
    name = f"LXS {digits}/{multiplier_milli}/{bands}"
    model = meters.model(
        name=name, utility=utility, digits=digits, multiplier_milli=multiplier_milli, bands=bands
    )
    return meters.in_stock(station_id=station_id, serial_nos=[serial_no], model_id=model.pk)[0]


def change(
    *,
    kind: models.ChangeKind,
    service_point_id: int,
    day: datetime.date,
    closing_milli: int | None = None,
    opening_milli: int = 0,
    closing: rules_changes.Closing | None = None,
    **more: Any,
) -> changes.Changed:
    """Fit, swap or take off a single-register meter, without the use case around it."""
    closed = closing or rules_changes.Closing(value_milli=closing_milli)
    asked = changes.Change(
        request_key=more.pop("request_key", None) or uuid.uuid4(),
        kind=kind,
        service_point_id=service_point_id,
        changed_on=day,
        reason=more.pop("reason", 1),
        closings={} if kind == models.ChangeKind.INSTALL else {0: closed},
        openings={} if kind == models.ChangeKind.REMOVE else {0: opening_milli},
        **more,
    )
    return changes.change_meter(change=asked, staff_id=None, today=day, at=noon(day))


def one_of_each(*, supply: records.Supply, day: datetime.date, mark: str) -> dict[str, object]:
    """A swap a day ago and a settlement on `day`, not billed: rows in every table of changes; their ids."""
    stock_meter(station_id=supply.station_id, serial_no=f"NEW-{mark}")
    register_id = devices.Register.objects.get(meter_id=supply.meter_id).pk
    latest = models.Reading.objects.filter(register_id=register_id).latest("read_on")
    changed = change(
        kind=models.ChangeKind.SWAP,
        service_point_id=supply.service_point_id,
        day=day - datetime.timedelta(days=1),
        closing_milli=latest.value_milli + 2_000,
        new_serial_no=f"NEW-{mark}",
    )
    settlements.settle_agreement(
        final=settlements.FinalReading(
            request_key=uuid.uuid4(),
            agreement_id=supply.agreement_id,
            settled_on=day,
            values_milli={0: 1_000},
            reason=mark,
        ),
        staff_id=None,
        today=day,
        at=noon(day),
    )
    return {
        "service_point_id": supply.service_point_id,
        "meter_change_id": changed.change_id,
        "fitting": "swap",
    }
