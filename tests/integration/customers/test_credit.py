"""Credit is scored by the facts the books have, kept when it changed, and set by the whole company only."""

import copy
import dataclasses
import datetime

import pytest
from django.utils import timezone

from meterbook.application import actor as actors
from meterbook.application import company, rate_credit
from meterbook.domain.access import models as access
from meterbook.domain.companies import models as companies
from meterbook.domain.customers import models, queries_standing, rules_credit
from meterbook.domain.customers.rules_credit import Fact
from meterbook.interfaces.jobs import people, tasks
from meterbook.reporting import credit_facts
from tests.builders import customers as builders
from tests.builders import payments, records
from tests.integration.customers.conftest import Office

NOW = builders.NOW
# The till of the builders takes money on this day.
PAID_ON = payments.TODAY
ON = PAID_ON + datetime.timedelta(days=40)


def facts(customer_id: int, *, on: datetime.date = ON) -> dict[Fact, int | None]:
    return dict(credit_facts.facts_of(customer_ids=[customer_id], on=on)[customer_id])


def pay(office: Office, bill_id: int, *, tendered_minor: int) -> None:
    till = payments.till(station_id=office.world.station_a)
    command = payments.command(supply=office.supply, bill_ids=(bill_id,), tendered_minor=tendered_minor)
    payments.take(till=till, command=command)


def test_nothing_billed_is_not_the_same_as_never_on_time(office: Office) -> None:
    found = facts(office.customer_id)
    assert found[Fact.ON_TIME_PERCENT] is None
    assert (found[Fact.OVERDUE_MINOR], found[Fact.MONTHS_IN_ARREARS], found[Fact.NOT_READ]) == (0, 0, 0)


def test_only_what_was_paid_whole_by_its_due_day_is_on_time(office: Office) -> None:
    day = datetime.timedelta(days=1)
    in_time = payments.bill(supply=office.supply, amount_minor=30_00, due_on=PAID_ON)
    pay(office, in_time, tendered_minor=30_00)
    late = payments.bill(supply=office.supply, amount_minor=20_00, due_on=PAID_ON - day)
    pay(office, late, tendered_minor=20_00)
    partly = payments.bill(supply=office.supply, amount_minor=50_00, due_on=PAID_ON + day)
    pay(office, partly, tendered_minor=10_00)
    found = facts(office.customer_id)
    assert found[Fact.ON_TIME_PERCENT] == 33
    assert found[Fact.OVERDUE_MINOR] == 40_00
    assert found[Fact.MONTHS_IN_ARREARS] == 1
    assert facts(office.customer_id, on=PAID_ON)[Fact.OVERDUE_MINOR] == 0, "not due yet"


@pytest.mark.parametrize(
    ("since", "on", "months"),
    [
        ("2026-01-31", "2026-02-28", 0),
        ("2026-01-31", "2026-03-01", 1),
        ("2026-01-15", "2026-01-15", 0),
        ("2025-02-28", "2026-02-28", 12),
        ("2024-02-29", "2025-02-28", 11),
    ],
)
def test_months_are_whole(since: str, on: str, months: int) -> None:
    first, last = datetime.date.fromisoformat(since), datetime.date.fromisoformat(on)
    assert credit_facts.whole_months(since=first, on=last) == months


def test_a_score_is_kept_when_it_changed_and_carries_its_factors(office: Office) -> None:
    assert rate_credit.rate_one(actor=office.supervisor, today=ON, customer_id=office.customer_id)
    assert not rate_credit.rate_one(actor=office.supervisor, today=ON, customer_id=office.customer_id)
    payments.bill(supply=office.supply, amount_minor=90_00, due_on=ON - datetime.timedelta(days=200))
    assert rate_credit.rate_one(actor=office.supervisor, today=ON, customer_id=office.customer_id)
    latest, first = queries_standing.scores_of(customer_id=office.customer_id)
    assert first.score > latest.score
    assert (first.grade, latest.scored_on) == ("A", ON)
    values = {part.fact: part.value for part in latest.parts}
    assert values[Fact.OVERDUE_MINOR] == 90_00
    assert values[Fact.ON_TIME_PERCENT] == 0
    assert (
        latest.score
        == rules_credit.score(scheme=rules_credit.read_scheme(rules_credit.STANDARD), facts=values).score
    )


def test_everybody_is_scored_once_whatever_the_chunks(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_credit, "CHUNK", 2)
    supplies = records.supplies(
        count=4, station_id=office.world.station_a, tariff_id=office.tariff_id, book_code="0107"
    )
    builders.customer(station_id=office.world.station_a, name="没有户号")
    ids = {office.customer_id, *(supply.customer_id for supply in supplies)}
    chunks = list(rate_credit.rate_everybody(actor=records.system(), today=ON))
    assert [(chunk.customers, chunk.changed) for chunk in chunks] == [(2, 2), (2, 2), (1, 1)]
    assert set(models.CreditScore.objects.values_list("customer_id", flat=True)) == ids
    again = list(rate_credit.rate_everybody(actor=records.system(), today=ON))
    assert sum(chunk.changed for chunk in again) == 0
    rest = list(rate_credit.rate_everybody(actor=records.system(), today=ON, first_id=chunks[0].next_id))
    assert sum(chunk.customers for chunk in rest) == 3


def test_on_the_first_of_a_month_every_company_is_scored(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "close_old_connections", lambda: None)
    company.use_schema("public")
    companies.Company.objects.update(ready_at=timezone.now())
    tasks.rate_customers_monthly(timestamp=0)
    company.use_schema("main")
    assert [line.grade for line in queries_standing.scores_of(customer_id=office.customer_id)] == ["A"]


def test_a_job_of_somebody_without_the_right_scores_nobody(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "close_old_connections", lambda: None)
    clerk_id = access.Staff.objects.get(name=office.clerk.name).pk
    with pytest.raises(actors.NotAllowedError):
        tasks.rate_customers(schema="main", staff_id=clerk_id)
    assert not models.CreditScore.objects.exists()


def test_the_scheme_is_set_by_the_company_and_earlier_scores_keep_theirs(office: Office) -> None:
    rate_credit.rate_one(actor=office.supervisor, today=ON, customer_id=office.customer_id)
    document = copy.deepcopy(rules_credit.STANDARD)
    document["factors"][0]["weight"] = 60
    with pytest.raises(rate_credit.StationsOwnError):
        rate_credit.set_scheme(actor=office.supervisor, now=NOW, document=document)
    company = dataclasses.replace(office.supervisor, home_unit_id=office.world.company_unit_id)
    assert rate_credit.set_scheme(actor=company, now=NOW, document=document) == 1
    assert rate_credit.set_scheme(actor=company, now=NOW, document=document) == 1, "the same is no act"
    assert access.AuditEntry.objects.filter(act="CREDIT_SCHEME_SET").count() == 1
    assert rate_credit.rate_one(actor=office.supervisor, today=ON, customer_id=office.customer_id)
    versions = [line.scheme_version for line in queries_standing.scores_of(customer_id=office.customer_id)]
    assert versions == [1, 0]
    document["grades"] = []
    with pytest.raises(rate_credit.SchemeError):
        rate_credit.set_scheme(actor=company, now=NOW, document=document)


def test_who_may_not_rate_does_not_and_without_an_account_there_is_nothing_to_rate(office: Office) -> None:
    with pytest.raises(actors.NotAllowedError):
        rate_credit.rate_one(actor=office.clerk, today=ON, customer_id=office.customer_id)
    bare = builders.customer(station_id=office.world.station_a)
    with pytest.raises(rate_credit.NoAccountError):
        rate_credit.rate_one(actor=office.supervisor, today=ON, customer_id=bare.pk)
