"""Two stations with customers, and people who may change many records or may not."""

import dataclasses
import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from meterbook.application import actor as actors
from meterbook.application import edit_many
from meterbook.domain import tables
from meterbook.domain.access import rules
from meterbook.domain.edits import models, queries
from tests.builders import records

TODAY = datetime.date(2026, 3, 10)
NOW = datetime.datetime(2026, 3, 10, 3, 0, tzinfo=datetime.UTC)
WATER = str(tables.Utility.WATER.value)


@dataclass(frozen=True, slots=True)
class Office:
    """Station A's people and supplies; `foreign` is supplied by station B."""

    world: records.World
    supervisor: actors.Actor
    clerk: actors.Actor
    stranger: actors.Actor
    supplies: list[records.Supply]
    foreign: records.Supply
    tariff_id: int
    other_tariff_id: int

    def ask(
        self,
        act: str,
        value: str,
        *,
        ids: Sequence[int],
        about: str = "",
        on: datetime.date = TODAY,
        actor: actors.Actor | None = None,
        key: uuid.UUID | None = None,
        reason: str = "整改",
    ) -> int:
        """Ask for the same of many and look at it."""
        actor = actor or self.supervisor
        edit_id = edit_many.ask_for_all(
            actor=actor,
            question=edit_many.Question(
                request_key=key or uuid.uuid4(),
                subject=edit_many.ACTS[act].subject,
                act=act,
                reason=reason,
                on=on,
            ),
            about=about,
            value=value,
            subject_ids=ids,
            now=NOW,
        )
        self.look(edit_id, actor=actor)
        return edit_id

    def look(self, edit_id: int, *, actor: actors.Actor | None = None) -> None:
        """The dry run."""
        edit_many.look(actor=actor or self.supervisor, edit_id=edit_id, today=TODAY, clock=lambda: NOW)

    def start(self, edit_id: int) -> bool:
        """Say yes to what was seen."""
        return edit_many.start(
            actor=self.supervisor,
            edit_id=edit_id,
            fingerprint=queries.edit(edit_id=edit_id).fingerprint,
            now=NOW,
            defer=lambda: None,
        )

    def apply(self, edit_id: int) -> None:
        """Say yes and do it."""
        self.start(edit_id)
        edit_many.apply(actor=self.supervisor, edit_id=edit_id, today=TODAY, clock=lambda: NOW)

    def undo(self, edit_id: int) -> int:
        """Ask to take it back and look at that."""
        undo_id = edit_many.ask_to_undo(
            actor=self.supervisor, edit_id=edit_id, request_key=uuid.uuid4(), reason="撤回", now=NOW
        )
        self.look(undo_id)
        return undo_id

    @property
    def account_ids(self) -> list[int]:
        return [supply.account_id for supply in self.supplies]

    @property
    def customer_ids(self) -> list[int]:
        return [supply.customer_id for supply in self.supplies]


def plans(edit_id: int) -> list[tuple[models.RowPlan, str]]:
    """What the dry run said, row by row."""
    return [(row.plan, row.plan_code) for row in queries.rows(edit_id=edit_id)]


def outcomes(edit_id: int) -> list[tuple[models.RowOutcome | None, str]]:
    """What became of the rows."""
    return [(row.outcome, row.outcome_code) for row in queries.rows(edit_id=edit_id)]


@pytest.fixture
def office(db: None) -> Office:
    return an_office()


def an_office() -> Office:
    """The office, also for tests with a database of their own."""
    world = records.world()
    tariff_id = records.tariff()
    # One log-in is enough for all of them: hashing a password takes long.
    clerk = records.actor(role="CLERK", unit_id=world.station_a, name="王小明")
    led = rules.STANDARD_ROLES["SUPERVISOR"][1]
    return Office(
        world=world,
        clerk=clerk,
        supervisor=dataclasses.replace(clerk, rights=led),
        stranger=dataclasses.replace(
            clerk, rights=led, home_unit_id=world.station_b, unit_ids=(world.station_b,)
        ),
        supplies=records.supplies(count=3, station_id=world.station_a, tariff_id=tariff_id),
        foreign=records.supply(station_id=world.station_b, tariff_id=tariff_id),
        tariff_id=tariff_id,
        other_tariff_id=records.tariff(file="cn/shanghai/water-residential.yaml"),
    )
