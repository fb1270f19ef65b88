"""Builders of rounds and readings, through the product's own use cases."""

import datetime
from collections.abc import Mapping

from meterbook.application import accept_round, enter_readings, open_rounds
from meterbook.application.actor import Actor
from meterbook.domain.metering import models
from meterbook.domain.metering import operations as metering
from tests.builders import records


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
