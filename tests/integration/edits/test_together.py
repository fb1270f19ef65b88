"""Acts as steps of a larger one: one that fails is taken back alone, all of them when the larger one does."""

import datetime

import pytest
from django.db import IntegrityError

from meterbook.application import transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import models as access
from meterbook.domain.access import operations, rules
from meterbook.domain.metering import models as metering
from tests.builders import records

pytestmark = pytest.mark.usefixtures("db")
NOW = datetime.datetime(2026, 3, 10, 3, 0, tzinfo=datetime.UTC)


@pytest.fixture
def actor() -> Actor:
    world = records.world()
    return Actor(name="王小明", home_unit_id=world.station_a, unit_ids=(world.station_a,))


def act(actor: Actor, name: str, *, fails: bool = False) -> None:
    """A use case that owns its transaction."""
    with transaction.writing(actor=actor):
        operations.record_act(actor=actor, at=NOW, act=name, subject_kind="TEST", subject_id=1)
        if fails:
            raise LookupError(name)


def _first_and_failing(actor: Actor) -> None:
    act(actor, "FIRST")
    raise LookupError


def acts() -> list[str]:
    found = access.AuditEntry.objects.filter(subject_kind="TEST").order_by("id")
    return list(found.values_list("act", flat=True))


def test_a_step_that_fails_is_taken_back_alone(actor: Actor) -> None:
    with transaction.together(actor=actor):
        act(actor, "FIRST")
        with pytest.raises(LookupError):
            act(actor, "SECOND", fails=True)
        act(actor, "THIRD")
    assert acts() == ["FIRST", "THIRD"]


def test_when_the_larger_act_fails_no_step_stays(actor: Actor) -> None:
    with pytest.raises(LookupError), transaction.together(actor=actor):
        _first_and_failing(actor)
    assert acts() == []
    act(actor, "ALONE")
    assert acts() == ["ALONE"], "afterwards an act is its own again"


def test_of_a_rehearsal_nothing_stays(actor: Actor) -> None:
    with transaction.rehearsing(actor=actor):
        act(actor, "FIRST")
        assert acts() == ["FIRST"]
    assert acts() == []


def _two_parts_of_which_one_fails(actor: Actor) -> None:
    with transaction.writing(actor=actor):
        act(actor, "PART")
        act(actor, "OTHER PART", fails=True)


def test_of_steps_alike_the_audit_rows_are_written_in_the_end_and_only_of_what_stays(actor: Actor) -> None:
    with transaction.alike(actor=actor):
        act(actor, "FIRST")
        with pytest.raises(LookupError):
            _two_parts_of_which_one_fails(actor)
        act(actor, "LAST")
        assert acts() == []
    assert acts() == ["FIRST", "LAST"]
    act(actor, "ALONE")
    assert acts()[-1] == "ALONE", "afterwards each is written at once again"


def test_of_a_rehearsal_of_steps_alike_nothing_stays(actor: Actor) -> None:
    with transaction.rehearsing_alike(actor=actor):
        act(actor, "FIRST")
    assert acts() == []


def test_what_is_checked_in_the_end_of_steps_alike_fails_them_all(actor: Actor) -> None:
    first, second = records.supplies(count=2, station_id=actor.home_unit_id, tariff_id=records.tariff())

    def both() -> None:
        with transaction.alike(actor=actor):
            act(actor, "FIRST")
            with transaction.writing(actor=actor):
                metering.BookPlace.objects.filter(service_point_id=second.service_point_id).update(
                    sequence=first.sequence
                )

    with pytest.raises(IntegrityError):
        both()
    assert acts() == []
    act(actor, "ALONE")
    assert acts() == ["ALONE"]


def test_what_is_checked_in_the_end_fails_its_own_step(actor: Actor) -> None:
    """Two points in one place of a book: the database says so when a transaction ends."""
    first, second = records.supplies(count=2, station_id=actor.home_unit_id, tariff_id=records.tariff())
    with transaction.together(actor=actor):
        act(actor, "FIRST")
        places = metering.BookPlace.objects.filter(service_point_id=second.service_point_id)
        with pytest.raises(IntegrityError), transaction.writing(actor=actor):
            places.update(sequence=first.sequence)
        act(actor, "THIRD")
    assert acts() == ["FIRST", "THIRD"]


def test_a_step_of_another_scope_is_no_step(actor: Actor) -> None:
    stranger = Actor(name="别人", home_unit_id=0, unit_ids=(0,))
    with transaction.together(actor=actor), pytest.raises(RuntimeError):
        act(stranger, "ELSEWHERE")
    assert acts() == []


def test_an_errand_stands_in_the_audit_row_of_every_act() -> None:
    world = records.world()
    errand = rules.Errand(edit_id=7, reason="整改")
    sent = Actor(name="王小明", home_unit_id=world.station_a, unit_ids=(world.station_a,), errand=errand)
    act(sent, "SENT")
    with transaction.writing(actor=sent):
        operations.record_act(
            actor=sent,
            at=NOW,
            act="SENT",
            subject_kind="TEST",
            subject_id=1,
            reason="自己的",
            after={"tag": "甲"},
        )
    found = access.AuditEntry.objects.filter(act="SENT").order_by("id")
    assert list(found.values_list("reason", "after")) == [
        ("整改", {"edit": 7}),
        ("自己的", {"tag": "甲", "edit": 7}),
    ]
