"""Many records at once: tried, done by the single acts, resumed, repeated, taken back."""

import dataclasses
import datetime
import itertools
import uuid
from collections.abc import Callable

import pytest

from meterbook.application import (
    customer_standing,
    edit_many,
    edit_many_batches,
    edit_many_steps,
    transaction,
)
from meterbook.application.actor import NotAllowedError
from meterbook.application.edit_many_acts import Ask
from meterbook.domain.access import models as access
from meterbook.domain.agreements import models as agreements
from meterbook.domain.customers import models as customers
from meterbook.domain.devices import rules as device_rules
from meterbook.domain.edits import models, queries, rules
from meterbook.domain.metering import models as metering
from meterbook.domain.premises import models as premises
from tests.builders import billing, meters, records
from tests.integration.edits.conftest import NOW, TODAY, WATER, Office, outcomes, plans

Plan, Outcome = models.RowPlan, models.RowOutcome
CHANGES, DONE = (Plan.CHANGES, ""), (Outcome.DONE, "")


@dataclasses.dataclass(frozen=True)
class Case:
    """An act as it is asked for: of which subjects, what about them, to which value."""

    act: str
    ids: Callable[[Office], list[int]]
    value: Callable[[Office], str]
    about: Callable[[Office], str] = lambda _office: ""


def _usage_type() -> str:
    return str(agreements.UsageType.objects.get_or_create(code="SHOP", defaults={"name": "商铺"})[0].pk)


def _book(office: Office) -> str:
    made, _ = metering.Book.objects.get_or_create(station_id=office.world.station_a, code="0202", name="新册")
    return str(made.pk)


def _meters(office: Office) -> list[int]:
    return [supply.meter_id for supply in office.supplies]


def _class(_office: Office) -> premises.DimensionValue:
    dimension, _ = premises.Dimension.objects.get_or_create(
        code="STREET", defaults={"name_zh": "街道", "name_en": "Street", "position": 50}
    )
    made, _ = premises.DimensionValue.objects.get_or_create(dimension=dimension, code="1", name="东关")
    return made


def _external(office: Office) -> list[int]:
    for supply in office.supplies:
        agreements.ExternalNumber.objects.get_or_create(
            station_id=supply.station_id,
            account_id=supply.account_id,
            kind=agreements.ExternalKind.BANK_REFERENCE,
            number=f"B{supply.account_id}",
            valid_from=TODAY,
        )
    return office.account_ids


CASES = (
    Case("CUSTOMER_TAG", lambda o: o.customer_ids, lambda _o: "1", lambda _o: "老旧小区"),
    Case("CUSTOMER_LIST", lambda o: o.customer_ids, lambda _o: "1", lambda _o: "CARE"),
    Case(
        "PAYMENT_METHOD", lambda o: o.customer_ids, lambda _o: str(customers.PaymentMethod.BANK_DEBIT.value)
    ),
    Case("LANGUAGE", lambda o: o.customer_ids, lambda _o: "en"),
    Case("REMARK", lambda o: o.customer_ids, lambda _o: "拆迁范围内"),
    Case("READER_REMARK", lambda o: o.customer_ids, lambda _o: "有狗"),
    Case("USAGE_TYPE", lambda o: o.account_ids, lambda o: f":{o.other_tariff_id}", lambda _o: WATER),
    Case(
        "USAGE_TYPE",
        lambda o: o.account_ids,
        lambda o: f"{_usage_type()}:{o.other_tariff_id}",
        lambda _o: WATER,
    ),
    Case("HOUSEHOLD", lambda o: o.account_ids, lambda _o: "6|1||", lambda _o: WATER),
    Case("ACCOUNT_STATE", lambda o: o.account_ids, lambda _o: str(agreements.AccountState.SUSPENDED.value)),
    Case("READING_BOOK", lambda o: o.account_ids, _book, lambda _o: WATER),
    Case(
        "EXTERNAL_NUMBER",
        _external,
        lambda _o: "",
        lambda _o: str(agreements.ExternalKind.BANK_REFERENCE.value),
    ),
    Case(
        "CLASSIFICATION",
        lambda o: [s.premise_id for s in o.supplies],
        lambda o: str(_class(o).pk),
        lambda o: str(_class(o).dimension_id),
    ),
    Case(
        "ADDRESS_PART",
        lambda o: [s.premise_id for s in o.supplies],
        lambda _o: "新柳荫街",
        lambda _o: "street",
    ),
    Case("METER_DUE", _meters, lambda _o: "2031-05-31"),
)
_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.act)


def _standing(act: str, *, ids: list[int], about: str) -> dict[int, str]:
    found = edit_many.ACTS[act].standing(Ask(subject_ids=ids, about=about, on=TODAY))
    return {key: standing.value for key, standing in found.items()}


def _acts(edit_id: int) -> list[access.AuditEntry]:
    return list(access.AuditEntry.objects.filter(after__edit=edit_id).order_by("id"))


@_case
def test_an_act_is_tried_done_and_taken_back(office: Office, case: Case) -> None:
    ids, value, about = case.ids(office), case.value(office), case.about(office)
    before = _standing(case.act, ids=ids, about=about)
    edit_id = office.ask(case.act, value, ids=ids, about=about)
    assert plans(edit_id) == [CHANGES] * 3
    assert _standing(case.act, ids=ids, about=about) == before, "the dry run changes nothing"
    assert not _acts(edit_id)
    office.apply(edit_id)
    assert outcomes(edit_id) == [DONE] * 3
    after = _standing(case.act, ids=ids, about=about)
    assert all(after[key] != before[key] for key in ids)
    assert after == {row.subject_id: row.after for row in queries.rows(edit_id=edit_id)}
    told = _acts(edit_id)
    assert len(told) >= 3
    assert {entry.reason for entry in told} == {"整改"}
    undo_id = office.undo(edit_id)
    assert plans(undo_id) == [CHANGES] * 3
    office.apply(undo_id)
    assert outcomes(undo_id) == [DONE] * 3
    assert _standing(case.act, ids=ids, about=about) == before
    assert {entry.reason for entry in _acts(undo_id)} == {"撤回"}


@_case
def test_neither_right_alone_is_enough(office: Office, case: Case) -> None:
    ids, value, about = case.ids(office), case.value(office), case.about(office)
    edit_id = office.ask(case.act, value, ids=ids, about=about)
    for missing in (edit_many.RIGHT, edit_many.ACTS[case.act].right):
        less = dataclasses.replace(office.supervisor, rights=office.supervisor.rights - {missing})
        with pytest.raises(NotAllowedError, match=missing):
            office.ask(case.act, value, ids=ids, about=about, actor=less)
        with pytest.raises(NotAllowedError, match=missing):
            office.look(edit_id, actor=less)
        with pytest.raises(NotAllowedError, match=missing):
            edit_many.start(actor=less, edit_id=edit_id, fingerprint="x", now=NOW, defer=lambda: None)
        with pytest.raises(NotAllowedError, match=missing):
            edit_many.apply(actor=less, edit_id=edit_id, today=TODAY, clock=lambda: NOW)


def test_meters_go_to_the_workshop_together_and_come_back(office: Office) -> None:
    ids = [meters.in_stock(station_id=office.world.station_a)[0].pk for _ in range(3)]
    value = f"{device_rules.MeterState.IN_REPAIR.value}:东郊维修部"
    before = _standing("METER_MOVE", ids=ids, about="")
    edit_id = office.ask("METER_MOVE", value, ids=ids)
    office.apply(edit_id)
    assert outcomes(edit_id) == [DONE] * 3
    assert set(_standing("METER_MOVE", ids=ids, about="").values()) == {value}
    undo_id = office.undo(edit_id)
    office.apply(undo_id)
    assert _standing("METER_MOVE", ids=ids, about="") == before


def test_what_stands_already_and_what_cannot_is_said_for_each_row(office: Office) -> None:
    first, second, _third = office.supplies
    march = datetime.date(2026, 3, 20)
    billing.usage(supply=second, quantity=9, period_from=records.INSTALLED_ON, period_until=march)
    round_id = billing.accepted_round(book_id=second.book_id, period=march.replace(day=1)).pk
    billing.issued_run(round_id=round_id, issue_on=march)
    agreements.HouseholdSize.objects.create(
        station_id=first.station_id,
        agreement_id=first.agreement_id,
        persons=6,
        from_on=datetime.date(2026, 1, 1),
    )
    edit_id = office.ask("HOUSEHOLD", "6|1||", ids=office.account_ids, about=WATER)
    assert plans(edit_id) == [(Plan.SAME, ""), (Plan.REFUSED, "BillsTouched"), CHANGES]
    office.apply(edit_id)
    assert outcomes(edit_id) == [(None, ""), (None, ""), DONE]
    assert queries.edit(edit_id=edit_id).state is models.EditState.APPLIED
    gas = office.ask("HOUSEHOLD", "6|1||", ids=office.account_ids, about="2")
    assert plans(gas) == [(Plan.REFUSED, "NO_SUPPLY")] * 3


def test_another_station_is_neither_touched_nor_told(office: Office) -> None:
    ids = [*office.customer_ids, office.foreign.customer_id]
    edit_id = office.ask("REMARK", "注意", ids=ids)
    assert [row.subject_id for row in queries.rows(edit_id=edit_id)] == office.customer_ids
    with pytest.raises(edit_many.NothingAskedError):
        office.ask("REMARK", "注意", ids=[office.foreign.customer_id])
    office.apply(edit_id)
    assert customers.Customer.objects.get(pk=office.foreign.customer_id).remark == ""


def test_a_person_whose_scope_shrank_changes_nothing_there(office: Office) -> None:
    """A job sees the whole company: what keeps it to the person's stations is the row's own station."""
    both = (office.world.station_a, office.world.station_b)
    wide = dataclasses.replace(office.supervisor, unit_ids=both)
    edit_id = office.ask(
        "REMARK", "注意", ids=[office.supplies[0].customer_id, office.foreign.customer_id], actor=wide
    )
    assert plans(edit_id) == [CHANGES] * 2
    office.apply(edit_id)
    assert outcomes(edit_id) == [DONE, (Outcome.REFUSED, edit_many_steps.OUT_OF_SCOPE)]
    assert customers.Customer.objects.get(pk=office.foreign.customer_id).remark == ""


def test_a_row_that_changed_meanwhile_is_refused_and_the_rest_done(office: Office) -> None:
    edit_id = office.ask("REMARK", "注意", ids=office.customer_ids)
    customers.Customer.objects.filter(pk=office.customer_ids[1]).update(remark="别人写的")
    customers.Customer.objects.filter(pk=office.customer_ids[2]).update(remark="注意")
    office.apply(edit_id)
    assert outcomes(edit_id) == [DONE, (Outcome.REFUSED, rules.CHANGED_SINCE), (Outcome.SAME, "")]
    assert customers.Customer.objects.get(pk=office.customer_ids[1]).remark == "别人写的"


def test_the_same_question_twice_is_one_and_yes_twice_is_once(office: Office) -> None:
    key = uuid.uuid4()
    edit_id = office.ask("REMARK", "注意", ids=office.customer_ids, key=key)
    assert office.ask("REMARK", "注意", ids=office.customer_ids, key=key) == edit_id
    assert office.start(edit_id)
    assert not office.start(edit_id)
    office.apply(edit_id)
    office.apply(edit_id)
    assert len(_acts(edit_id)) == 3
    assert access.AuditEntry.objects.filter(act="MANY_CHANGED", subject_id=str(edit_id)).count() == 1


def test_only_what_was_seen_is_applied_and_only_by_who_saw_it(office: Office) -> None:
    edit_id = office.ask("REMARK", "注意", ids=office.customer_ids)
    with pytest.raises(edit_many.NotAsSeenError):
        edit_many.apply(actor=office.supervisor, edit_id=edit_id, today=TODAY, clock=lambda: NOW)
    for changes, seen in (({}, "0" * 64), ({"staff_id": -1}, queries.edit(edit_id=edit_id).fingerprint)):
        person = dataclasses.replace(office.supervisor, **changes)  # type: ignore[arg-type]  # a field by name
        with pytest.raises(edit_many.NotAsSeenError):
            edit_many.start(actor=person, edit_id=edit_id, fingerprint=seen, now=NOW, defer=lambda: None)


class _KilledError(Exception):
    """Stands for a worker that is killed."""


@pytest.mark.parametrize(("dies_at", "done"), [(1, 0), (2, 0), (3, 2)])
def test_a_change_killed_in_the_middle_goes_on_and_does_no_row_twice(
    office: Office, monkeypatch: pytest.MonkeyPatch, dies_at: int, done: int
) -> None:
    """Two rows are one transaction here: with the killed one goes what was not committed, no more."""
    monkeypatch.setattr(edit_many_batches, "MOST_ROWS", 2)
    edit_id = office.ask("CUSTOMER_TAG", "1", ids=office.customer_ids, about="老旧小区")
    office.start(edit_id)
    turn = itertools.count(1)
    tag = customer_standing.tag

    def dying(**facts: object) -> None:
        tag(**facts)  # type: ignore[arg-type]  # passed on
        if next(turn) == dies_at:
            raise _KilledError

    monkeypatch.setattr(customer_standing, "tag", dying)
    with pytest.raises(_KilledError):
        office.apply(edit_id)
    assert [outcome for outcome, _ in outcomes(edit_id)] == [Outcome.DONE] * done + [None] * (3 - done)
    assert len(_acts(edit_id)) == done, "the acts of the killed rows went with them"
    monkeypatch.setattr(customer_standing, "tag", tag)
    office.apply(edit_id)
    assert outcomes(edit_id) == [DONE] * 3
    assert len(_acts(edit_id)) == 3


def test_an_undo_leaves_what_changed_since_and_names_it(office: Office) -> None:
    edit_id = office.ask("REMARK", "注意", ids=office.customer_ids)
    office.apply(edit_id)
    customers.Customer.objects.filter(pk=office.customer_ids[0]).update(remark="别人写的")
    undo_id = office.undo(edit_id)
    assert plans(undo_id) == [(Plan.REFUSED, rules.CHANGED_SINCE), CHANGES, CHANGES]
    office.apply(undo_id)
    remarks = customers.Customer.objects.filter(pk__in=office.customer_ids).order_by("id")
    assert list(remarks.values_list("remark", flat=True)) == ["别人写的", "", ""]
    assert queries.undone_by(edit_id=edit_id) == undo_id
    with pytest.raises(edit_many.NotToUndoError):
        office.undo(undo_id)


def test_a_suspension_followed_by_another_step_is_not_taken_back(office: Office) -> None:
    suspended, stopped = agreements.AccountState.SUSPENDED, agreements.AccountState.STOPPED
    ids = office.account_ids
    first = office.ask("ACCOUNT_STATE", str(suspended.value), ids=ids)
    office.apply(first)
    office.apply(office.ask("ACCOUNT_STATE", str(agreements.AccountState.ACTIVE.value), ids=ids[:1]))
    office.apply(office.ask("ACCOUNT_STATE", str(suspended.value), ids=ids[:1]))
    office.apply(office.ask("ACCOUNT_STATE", str(stopped.value), ids=ids[1:2]))
    undo_id = office.undo(first)
    assert [plan for plan, _ in plans(undo_id)] == [Plan.REFUSED, Plan.REFUSED, Plan.CHANGES]
    assert [code for _, code in plans(undo_id)] == ["NothingToUndo", rules.CHANGED_SINCE, ""]


def test_a_later_fact_is_not_swept_away(office: Office) -> None:
    first = office.supplies[0]
    agreements.HouseholdSize.objects.create(
        station_id=first.station_id,
        agreement_id=first.agreement_id,
        persons=5,
        from_on=TODAY + datetime.timedelta(days=20),
    )
    edit_id = office.ask("HOUSEHOLD", "6|1||", ids=[first.account_id], about=WATER)
    assert plans(edit_id) == [(Plan.REFUSED, "LATER_FACT")]


def test_one_act_on_one_record_stands_once(office: Office) -> None:
    key = rules.Key("REMARK", "", office.customer_ids[0])
    question = edit_many.Question(
        request_key=uuid.uuid4(), subject=models.Subject.CUSTOMER, act="", reason="表格", on=TODAY
    )
    rows = [rules.Wanted(key=key, row_no=number, value=f"{number}") for number in (2, 3)]
    with pytest.raises(edit_many.RowsRepeatedError) as refused:
        edit_many.ask(actor=office.supervisor, question=question, wanted=rows, now=NOW)
    assert refused.value.row_nos == (3,)


def test_a_change_of_many_needs_a_reason_and_has_an_end(office: Office) -> None:
    with pytest.raises(edit_many.ReasonMissingError):
        office.ask("REMARK", "注意", ids=office.customer_ids, reason="  ")
    with pytest.raises(edit_many.TooManyRowsError):
        office.ask("REMARK", "注意", ids=range(1, edit_many.MOST_ROWS + 2))


def test_the_web_sees_only_changes_and_rows_of_its_stations(office: Office, as_web_role: None) -> None:
    edit_id = office.ask("REMARK", "注意", ids=office.customer_ids)
    office.apply(edit_id)
    assert outcomes_in(office, edit_id) == [DONE] * 3
    with transaction.reading(actor=office.stranger):
        with pytest.raises(queries.EditUnknownError):
            queries.edit(edit_id=edit_id)
        assert queries.rows(edit_id=edit_id) == []


def outcomes_in(office: Office, edit_id: int) -> list[tuple[models.RowOutcome | None, str]]:
    with transaction.reading(actor=office.supervisor):
        return outcomes(edit_id)
