"""Other systems read with a key: what its scopes and station allow, so often a minute, while it holds."""

import datetime
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core import signals
from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections
from django.test import Client

from meterbook.application import actor as actors
from meterbook.application import api_access
from meterbook.domain.access import models as access
from meterbook.domain.companies import models as companies
from meterbook.interfaces import clock
from meterbook.interfaces.api import v1
from tests.builders import records

NOW = datetime.datetime(2026, 11, 6, 8, 0, 30, tzinfo=datetime.UTC)
ALL_SCOPES = tuple(sorted(api_access.SCOPES))
LISTS = ("customers", "accounts", "agreements", "meters", "balances")


@dataclass(frozen=True, slots=True)
class Office:
    world: records.World
    admin: actors.Actor
    own: records.Supply
    others: records.Supply

    def key(
        self,
        *,
        scopes: tuple[str, ...] = ALL_SCOPES,
        unit_id: int | None = None,
        per_minute: int = 1000,
        expires_on: datetime.date | None = None,
    ) -> api_access.GivenKey:
        return api_access.give(
            actor=self.admin,
            new=api_access.NewClient(
                name="城市数据平台",
                unit_id=unit_id or self.world.company_unit_id,
                scopes=scopes,
                per_minute=per_minute,
                expires_on=expires_on,
            ),
            now=NOW,
        )


@pytest.fixture
def office(db: None, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(clock, "today", NOW.date)
    world = records.world()
    companies.Company.objects.update(ready_at=NOW)
    tariff_id = records.tariff()
    return Office(
        world=world,
        admin=records.actor(role="ADMIN", unit_id=world.company_unit_id),
        own=records.supplies(count=1, station_id=world.station_a, tariff_id=tariff_id)[0],
        others=records.supplies(count=1, station_id=world.station_b, tariff_id=tariff_id, name="乙方")[0],
    )


def ask(path: str, *, key: str | None) -> tuple[int, dict[str, Any]]:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    answer = Client().get(f"/api/v1/{path}", headers=headers)
    return answer.status_code, answer.json()


def test_what_is_read_is_what_stands_there(office: Office) -> None:
    key = office.key().key
    status, account = ask(f"accounts/{office.own.account_no}", key=key)
    assert status == 200
    assert account == {
        "id": office.own.account_id,
        "station": records.STATION_A,
        "account_no": office.own.account_no,
        "customer_id": office.own.customer_id,
        "state": "ACTIVE",
        "opened_on": "2025-12-01",
        "closed_on": None,
    }
    customer = ask(f"customers/{office.own.customer_id}", key=key)[1]
    assert (customer["name"], customer["kind"]) == (office.own.name, "PERSON")
    assert [contact["kind"] for contact in customer["contacts"]] == ["PHONE"]
    (agreement,) = ask(f"agreements?account_no={office.own.account_no}", key=key)[1]["items"]
    assert agreement["serial_no"] == office.own.serial_no
    assert agreement["tariff_code"] == records.BEIJING_WATER
    (meter,) = ask(f"meters?serial_no={office.own.serial_no}", key=key)[1]["items"]
    assert (meter["account_no"], meter["state"]) == (office.own.account_no, "IN_SERVICE")
    assert ask(f"accounts/{office.own.account_no}/balance", key=key)[1] == {
        "account_no": office.own.account_no,
        "currency": "CNY",
        "owed_minor": 0,
        "overdue_minor": 0,
        "prepaid_minor": 0,
    }


@pytest.mark.parametrize("what", LISTS)
def test_pages_together_are_the_whole_list(office: Office, what: str) -> None:
    key = office.key().key
    whole = ask(f"{what}?limit=500", key=key)[1]
    assert whole["next_after"] is None
    assert len(whole["items"]) == 2
    pages: list[Any] = []
    after: int | None = 0
    while after is not None:
        status, found = ask(f"{what}?limit=1&after={after}", key=key)
        assert status == 200
        pages += found["items"]
        after = found["next_after"]
    assert pages == whole["items"]


@pytest.mark.parametrize("what", LISTS)
def test_a_key_of_a_station_sees_its_station_only(office: Office, as_web_role: None, what: str) -> None:
    key = office.key(unit_id=office.world.station_a).key
    text = json.dumps(ask(f"{what}?limit=500", key=key)[1], ensure_ascii=False)
    for secret in (office.others.account_no, office.others.serial_no, office.others.name):
        assert secret not in text
    assert len(json.loads(text)["items"]) == 1
    assert ask(f"accounts/{office.others.account_no}", key=key)[0] == 404
    assert ask(f"customers/{office.others.customer_id}", key=key)[0] == 404


@pytest.mark.parametrize("scope", ALL_SCOPES)
def test_a_scope_opens_its_own_and_nothing_else(office: Office, scope: str) -> None:
    key = office.key(scopes=(scope,)).key
    wanted = {"customers": {"customers"}, "accounts": {"accounts", "agreements"}, "personal": set()}
    opened = {what for what in LISTS if ask(what, key=key)[0] == 200}
    assert opened == wanted.get(scope, {scope})
    for what in set(LISTS) - opened:
        status, refusal = ask(what, key=key)
        assert (status, refusal["code"]) == (403, "SCOPE_MISSING")


def test_phones_need_their_own_scope(office: Office) -> None:
    key = office.key(scopes=("customers",)).key
    assert [c["contacts"] for c in ask("customers", key=key)[1]["items"]] == [None, None]


def test_every_operation_names_its_scope() -> None:
    operations = [
        operation
        for _prefix, router in v1.api._routers  # ninja tells its operations nowhere else
        for view in router.path_operations.values()
        for operation in view.operations
    ]
    assert len(operations) >= 8
    for operation in operations:
        assert operation.methods == ["GET"]
        assert getattr(operation.view_func, "api_scope", None) in api_access.SCOPES


def test_wrong_withdrawn_and_ended_keys_open_nothing(office: Office) -> None:
    given = office.key()
    ended = office.key(expires_on=NOW.date())
    wrong = given.key[:-1] + ("A" if given.key[-1] != "A" else "B")
    api_access.withdraw(actor=office.admin, client_id=given.client_id, reason="合同到期", now=NOW)
    for key in (None, "", "mb_", wrong, given.key, ended.key, "mb_" + "a" * 12 + "_" + "b" * 43):
        status, refusal = ask("accounts", key=key)
        assert (status, refusal["code"]) == (401, "KEY_REFUSED"), key
    acts = access.AuditEntry.objects.filter(subject_kind="API_CLIENT").order_by("id")
    assert [entry.act for entry in acts] == ["API_ACCESS_GIVEN", "API_ACCESS_GIVEN", "API_ACCESS_WITHDRAWN"]
    assert given.key.rpartition("_")[2] not in json.dumps([[e.before, e.after] for e in acts])


def test_too_often_waits_for_the_next_minute(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    key = office.key(per_minute=3).key
    assert [ask("accounts", key=key)[0] for _ in range(5)] == [200, 200, 200, 429, 429]
    answer = Client().get("/api/v1/accounts", headers={"Authorization": f"Bearer {key}"})
    assert answer["Retry-After"] == "30"
    monkeypatch.setattr(clock, "now", lambda: NOW + datetime.timedelta(seconds=30))
    assert ask("accounts", key=key)[0] == 200


def test_only_who_may_gives_and_only_within_their_scope(office: Office) -> None:
    new = api_access.NewClient(
        name="x", unit_id=office.world.station_b, scopes=("accounts",), per_minute=1, expires_on=None
    )
    clerk = records.actor(role="CLERK", unit_id=office.world.station_a)
    with pytest.raises(actors.NotAllowedError):
        api_access.give(actor=clerk, new=new, now=NOW)
    station_admin = records.actor(role="ADMIN", unit_id=office.world.station_a)
    with pytest.raises(api_access.OutsideScopeError):
        api_access.give(actor=station_admin, new=new, now=NOW)
    theirs = office.key()
    with pytest.raises(api_access.ClientUnknownError):
        api_access.withdraw(actor=station_admin, client_id=theirs.client_id, reason="不是我的", now=NOW)


def test_parameters_that_cannot_be_used_name_the_field(office: Office) -> None:
    key = office.key().key
    for query in ("after=-1", "limit=0", "limit=501", "after=x", f"after={2**63}", "acount_no=1"):
        status, refusal = ask(f"accounts?{query}", key=key)
        assert (status, refusal["code"]) == (422, "INVALID"), query
        assert [fault["field"] for fault in refusal["faults"]] == [query.partition("=")[0]]


# Every request of this test carries a key: a request that is wrong for want of one is not made up (the
# tests above ask without). Else one invented to lack it is answered well, as it has one after all.
DESCRIBED = schemathesis.openapi.from_dict(
    json.loads(json.dumps(v1.api.get_openapi_schema(path_prefix="/api/v1/"))),
    config=schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}}),
)
DESCRIBED.app = WSGIHandler()


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """Keep the test's connection open over requests, as Django's own test client does."""
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (signals.request_started, signals.request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("_one_connection")
@DESCRIBED.parametrize()
@hypothesis.settings(
    max_examples=15, deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
def test_it_answers_as_described_whatever_is_asked(case: schemathesis.Case[Any], office: Office) -> None:
    """Every answer has the status, the type and the shape its description promises, and never 5xx."""
    key = office.key(per_minute=100_000).key
    case.call_and_validate(headers={"Authorization": f"Bearer {key}", "Accept-Encoding": "identity"})
