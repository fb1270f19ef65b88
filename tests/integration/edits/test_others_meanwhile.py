"""What others do while many records are changed: clerks, other supervisors, whoever takes rights away."""

import dataclasses
import datetime
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent import futures

import pytest
from django.db import connection, connections, transaction

from meterbook.application import (
    account_facts,
    actor,
    company,
    customer_standing,
    customers_admin,
    edit_many,
    edit_many_batches,
    edit_many_steps,
)
from meterbook.domain.access import models as access
from meterbook.domain.agreements import models as agreements
from meterbook.domain.customers import models as customers
from meterbook.domain.edits import models, queries, rules
from meterbook.domain.metering import models as metering
from meterbook.interfaces.jobs import edit_many_tasks, people
from tests.integration.edits.conftest import NOW, TODAY, WATER, Office, an_office, outcomes, plans

Outcome = models.RowOutcome
DONE, SINCE = (Outcome.DONE, ""), (Outcome.REFUSED, rules.CHANGED_SINCE)
PATIENCE_SECONDS = 60


def in_background(work: Callable[[], None], pool: futures.Executor) -> "futures.Future[None]":
    """Run it on a connection of its own."""

    def run() -> None:
        company.use_schema("main")
        try:
            work()
        finally:
            connections.close_all()

    return pool.submit(run)


def wait_until_blocked() -> None:
    """Until another connection waits for a lock."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    pytest.fail("nobody waits")


@pytest.fixture
def pool() -> Iterator[futures.Executor]:
    with futures.ThreadPoolExecutor(2) as made:
        yield made


@pytest.mark.parametrize("act", ["REMARK", "HOUSEHOLD"])
def test_what_a_clerk_is_writing_this_moment_is_not_overwritten(
    own_database: str, pool: futures.Executor, act: str
) -> None:
    """The batch waits for the clerk's transaction and sees what it left; the other rows are done."""
    office = an_office()
    ids, value, about = (
        (office.customer_ids, "注意", "") if act == "REMARK" else (office.account_ids, "6|1||", WATER)
    )
    edit_id = office.ask(act, value, ids=ids, about=about)
    office.start(edit_id)
    with transaction.atomic():
        if act == "REMARK":
            customers.Customer.objects.filter(pk=ids[1]).update(remark="别人写的")
        else:
            supply = agreements.SupplyAgreement.objects.select_for_update().get(account_id=ids[1])
            agreements.HouseholdSize.objects.create(
                station_id=supply.station_id, agreement=supply, persons=5, from_on=TODAY
            )
        work = in_background(lambda: office.apply(edit_id), pool)
        wait_until_blocked()
    work.result()
    assert outcomes(edit_id) == [DONE, SINCE, DONE]


def test_two_supervisors_with_the_same_records_in_another_order_both_come_to_an_end(
    own_database: str, pool: futures.Executor
) -> None:
    """Every record has the one's value or the other's, and one audit row; the later one is told so."""
    office = an_office()
    first = office.ask("REMARK", "先", ids=office.customer_ids)
    second = office.ask("REMARK", "后", ids=office.customer_ids[::-1])
    for edit_id in (first, second):
        office.start(edit_id)
    together = threading.Barrier(2)

    def work(edit_id: int) -> Callable[[], None]:
        def run() -> None:
            together.wait()
            edit_many.apply(actor=office.supervisor, edit_id=edit_id, today=TODAY, clock=lambda: NOW)

        return run

    for made in [in_background(work(edit_id), pool) for edit_id in (first, second)]:
        made.result()
    results = dict(zip(office.customer_ids, outcomes(first), strict=True))
    others = dict(zip(office.customer_ids[::-1], outcomes(second), strict=True))
    assert {frozenset((results[key], others[key])) for key in office.customer_ids} == {
        frozenset((DONE, SINCE))
    }
    for customer in customers.Customer.objects.filter(pk__in=office.customer_ids):
        assert customer.remark == ("先" if results[customer.pk] == DONE else "后")
    told = access.AuditEntry.objects.filter(act="CUSTOMER_CHANGED")
    assert sorted(told.values_list("subject_id", flat=True)) == sorted(
        str(key) for key in office.customer_ids
    )


@pytest.mark.parametrize("part", ["look", "apply"])
def test_a_batch_the_database_ended_for_a_deadlock_is_done_again(
    office: Office, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """Two transactions waited for each other, and this one had to give way: the next time it goes well."""
    edit_id = office.ask("CUSTOMER_TAG", "1", ids=office.customer_ids, about="老旧小区")
    if part == "look":
        look_anew(edit_id)
    else:
        office.start(edit_id)
    tag, done = customer_standing.tag, []

    def dying(**facts: object) -> None:
        tag(**facts)  # type: ignore[arg-type]  # passed on
        done.append(facts["customer_id"])
        if len(done) == 2:
            with connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE EXCEPTION SQLSTATE '40P01'; END $$")

    monkeypatch.setattr(customer_standing, "tag", dying)
    getattr(edit_many, part)(actor=office.supervisor, edit_id=edit_id, today=TODAY, clock=lambda: NOW)
    first, second, third = office.customer_ids
    assert done == [first, second, first, second, third]
    if part == "look":
        assert plans(edit_id) == [(models.RowPlan.CHANGES, "")] * 3
        assert not customers.CustomerTag.objects.exists()
    else:
        assert outcomes(edit_id) == [DONE] * 3
        assert access.AuditEntry.objects.filter(act="CUSTOMER_TAGGED").count() == 3


def look_anew(edit_id: int) -> None:
    """As if its dry run were still to come."""
    models.BulkEditRow.objects.filter(edit_id=edit_id).update(plan=models.RowPlan.WAITING)
    models.BulkEdit.objects.filter(pk=edit_id).update(state=models.EditState.LOOKING, fingerprint="")


@pytest.fixture
def kept_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's connection is its transaction: jobs leave it open."""
    monkeypatch.setattr(people, "close_old_connections", lambda: None)


@pytest.mark.usefixtures("kept_connection")
def test_a_right_taken_away_in_the_middle_ends_the_change(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is done is done; what is left is refused for that, and the change is at its end."""
    monkeypatch.setattr(edit_many_batches, "MOST_ROWS", 1)
    edit_id = office.ask("REMARK", "注意", ids=office.customer_ids)
    office.start(edit_id)
    staff_id = office.supervisor.staff_id or 0
    staff = access.Staff.objects.get(pk=staff_id)
    staff.roles.set([access.Role.objects.get(code="SUPERVISOR")])
    change, turn = customers_admin.change, iter([False, True, False])

    def losing(**facts: object) -> None:
        change(**facts)  # type: ignore[arg-type]  # passed on
        if next(turn):
            staff.roles.set([access.Role.objects.get(code="CLERK")])

    monkeypatch.setattr(customers_admin, "change", losing)
    edit_many_tasks.change_many(schema="main", staff_id=staff_id, edit_id=edit_id)
    assert outcomes(edit_id) == [DONE, DONE, (Outcome.REFUSED, edit_many.STOPPED)]
    assert queries.edit(edit_id=edit_id).state is models.EditState.APPLIED
    told = access.AuditEntry.objects.get(act="MANY_STOPPED", subject_id=str(edit_id))
    assert told.is_system
    assert told.after == {"rows": 3, "refused": 1}


@pytest.mark.usefixtures("kept_connection")
@pytest.mark.parametrize("part", ["look", "apply"])
def test_a_person_who_left_before_the_job_began_leaves_no_change_hanging(office: Office, part: str) -> None:
    edit_id = office.ask("REMARK", "注意", ids=office.customer_ids)
    if part == "look":
        look_anew(edit_id)
    else:
        office.start(edit_id)
    staff_id = office.supervisor.staff_id or 0
    access.Staff.objects.filter(pk=staff_id).update(is_active=False)
    task = edit_many_tasks.look_at_many if part == "look" else edit_many_tasks.change_many
    task(schema="main", staff_id=staff_id, edit_id=edit_id)
    if part == "look":
        assert plans(edit_id) == [(models.RowPlan.REFUSED, edit_many.STOPPED)] * 3
        assert queries.edit(edit_id=edit_id).state is models.EditState.SEEN
    else:
        assert outcomes(edit_id) == [(Outcome.REFUSED, edit_many.STOPPED)] * 3
        assert queries.edit(edit_id=edit_id).state is models.EditState.APPLIED
    assert not customers.Customer.objects.filter(remark="注意").exists()


def test_a_record_that_went_to_another_station_is_left(office: Office) -> None:
    """What counts is whose it is now, not whose it was in the dry run."""
    edit_id = office.ask("REMARK", "注意", ids=office.customer_ids)
    moved = office.customer_ids[1]
    customers.Customer.objects.filter(pk=moved).update(station_id=office.world.station_b)
    office.apply(edit_id)
    assert outcomes(edit_id) == [DONE, (Outcome.REFUSED, edit_many_steps.OUT_OF_SCOPE), DONE]
    assert customers.Customer.objects.get(pk=moved).remark == ""


def test_what_changed_between_the_question_and_the_dry_run_is_seen_by_it(office: Office) -> None:
    ids = office.customer_ids
    asked = edit_many.ask_for_all(
        actor=office.supervisor,
        question=edit_many.Question(
            request_key=uuid.uuid4(),
            subject=models.Subject.CUSTOMER,
            act="REMARK",
            reason="整改",
            on=TODAY,
        ),
        about="",
        value="注意",
        subject_ids=ids,
        now=NOW,
    )
    customers.Customer.objects.filter(pk=ids[0]).update(remark="别人写的")
    customers.Customer.objects.filter(pk=ids[1]).update(remark="注意")
    office.look(asked)
    assert plans(asked) == [
        (models.RowPlan.REFUSED, rules.CHANGED_SINCE),
        (models.RowPlan.SAME, ""),
        (models.RowPlan.CHANGES, ""),
    ]


def test_one_row_that_does_not_reach_what_was_wanted_fails_alone(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is only seen after the whole batch: the others are done again, one by one, and told once."""
    edit_id = office.ask("CUSTOMER_TAG", "1", ids=office.customer_ids, about="老旧小区")
    tag = customer_standing.tag

    def idle(**facts: object) -> None:
        if facts["customer_id"] != office.customer_ids[1]:
            tag(**facts)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(customer_standing, "tag", idle)
    office.apply(edit_id)
    assert outcomes(edit_id) == [DONE, (Outcome.REFUSED, edit_many_steps.NOT_REACHED), DONE]
    assert access.AuditEntry.objects.filter(act="CUSTOMER_TAGGED").count() == 2


def test_what_the_database_says_only_in_the_end_fails_its_own_row(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit_id = office.ask("CUSTOMER_TAG", "1", ids=office.customer_ids, about="老旧小区")
    tag = customer_standing.tag
    first, second, _third = office.supplies

    def breaking(**facts: object) -> None:
        tag(**facts)  # type: ignore[arg-type]  # passed on
        if facts["customer_id"] == second.customer_id:
            places = metering.BookPlace.objects.filter(service_point_id=second.service_point_id)
            places.update(sequence=first.sequence)

    monkeypatch.setattr(customer_standing, "tag", breaking)
    office.apply(edit_id)
    assert [outcome for outcome, _code in outcomes(edit_id)] == [
        Outcome.DONE,
        Outcome.REFUSED,
        Outcome.DONE,
    ]
    assert outcomes(edit_id)[1][1] == edit_many_steps.CONSTRAINT
    assert access.AuditEntry.objects.filter(act="CUSTOMER_TAGGED").count() == 2
    places = metering.BookPlace.objects.filter(service_point_id=second.service_point_id)
    assert places.get().sequence == second.sequence


def test_an_undo_leaves_the_household_sizes_that_others_changed_since(office: Office) -> None:
    edit_id = office.ask("HOUSEHOLD", "6|1||", ids=office.account_ids, about=WATER)
    office.apply(edit_id)
    same_day, later, _untouched = office.supplies
    for supply, on, persons in ((same_day, TODAY, 4), (later, TODAY + datetime.timedelta(days=9), 5)):
        account_facts.change_household(
            actor=office.supervisor,
            when=account_facts.When(agreement_id=supply.agreement_id, on=on),
            household=account_facts.Household(persons=persons),
            now=NOW,
        )
    undo_id = office.undo(edit_id)
    assert [code for _plan, code in plans(undo_id)] == [rules.CHANGED_SINCE, "LATER_FACT", ""]
    office.apply(undo_id)
    held = agreements.HouseholdSize.objects.order_by("agreement_id", "from_on")
    assert list(held.values_list("agreement_id", "persons")) == [
        (same_day.agreement_id, 4),
        (later.agreement_id, 6),
        (later.agreement_id, 5),
    ]


def test_the_actor_of_a_batch_is_the_person_of_that_moment(office: Office) -> None:
    """A person without the act's right stops even where the rows were tried with it."""
    edit_id = office.ask("REMARK", "注意", ids=office.customer_ids)
    office.start(edit_id)
    less = dataclasses.replace(office.supervisor, rights=frozenset({edit_many.RIGHT}))
    with pytest.raises(actor.NotAllowedError):
        edit_many.apply(
            actor=office.supervisor, edit_id=edit_id, today=TODAY, clock=lambda: NOW, again=lambda: less
        )
    assert outcomes(edit_id) == [(None, "")] * 3
