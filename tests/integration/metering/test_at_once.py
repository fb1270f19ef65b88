"""Several people at one round at the same time, on real transactions."""

import concurrent.futures
import datetime
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from meterbook.application import accept_round, company
from meterbook.domain.metering import models
from meterbook.domain.metering import operations as metering
from tests.builders import metering as build
from tests.builders import records

OCTOBER = datetime.date(2026, 10, 20)
HANDS = 8


@pytest.fixture
def book(own_database: str) -> list[records.Supply]:
    return records.supplies(
        count=20,
        station_id=records.world().station_a,
        tariff_id=records.tariff(),
        initial_milli=100_000,
        installed_on=datetime.date(2026, 9, 20),
        from_on=datetime.date(2026, 9, 20),
    )


def at_once(act: Callable[[int], Any]) -> list[Any]:
    """Run `act` in HANDS threads that begin together; what each returned or raised."""
    gate = threading.Barrier(HANDS)

    def run(hand: int) -> Any:
        company.use_schema("main")
        gate.wait()
        try:
            return act(hand)
        except metering.MeteringError as refused:
            return refused
        finally:
            connection.close()

    with concurrent.futures.ThreadPoolExecutor(HANDS) as pool:
        return list(pool.map(run, range(HANDS)))


def test_a_round_is_opened_once(book: list[records.Supply]) -> None:
    opened = at_once(lambda _hand: build.open_round(book_id=book[0].book_id, day=OCTOBER))
    assert len({one.round_id for one in opened}) == 1
    assert sorted(one.added for one in opened) == [0] * (HANDS - 1) + [20]
    assert models.RoundEntry.objects.count() == 20


def test_a_round_is_accepted_once(book: list[records.Supply]) -> None:
    round_id = build.open_round(book_id=book[0].book_id, day=OCTOBER).round_id
    build.enter(round_id=round_id, values_milli={s.register_id: 110_000 for s in book}, day=OCTOBER)
    actor = records.system()

    done = at_once(
        lambda _hand: accept_round.accept_round(
            actor=actor, round_id=round_id, today=OCTOBER, now=build.noon(OCTOBER)
        )
    )

    assert sorted(one.is_repeat for one in done) == [False] + [True] * (HANDS - 1)
    assert {one.totals.reading_count for one in done} == {20}
    assert models.Usage.objects.filter(round_id=round_id).count() == 20


def test_a_value_keyed_while_the_round_is_accepted_is_in_it_or_refused(book: list[records.Supply]) -> None:
    round_id = build.open_round(book_id=book[0].book_id, day=OCTOBER).round_id
    build.enter(round_id=round_id, values_milli={s.register_id: 110_000 for s in book}, day=OCTOBER)
    register_id = book[0].register_id
    actor = records.system()

    def act(hand: int) -> Any:
        if hand == 0:
            return build.accept(round_id=round_id, day=OCTOBER, actor=actor)
        value = {register_id: 110_000 + hand * 1_000}
        return build.enter(round_id=round_id, values_milli=value, day=OCTOBER, actor=actor)

    done = at_once(act)

    assert isinstance(done[0], metering.AcceptedRound)
    assert all(isinstance(one, metering.Entered | metering.RoundAcceptedError) for one in done[1:])
    entry = build.entry(round_id=round_id, register_id=register_id)
    usage = models.Usage.objects.get(register_id=register_id)
    assert usage.closing_milli == entry.value_milli
