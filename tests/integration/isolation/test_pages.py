"""No page, file or guessed address shows or changes what belongs to another station.

Every address x every role of station A, with the ids of station B; and B's own people as the control.
"""

import io
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from meterbook.adapters.postgres import security
from meterbook.application import company
from meterbook.domain.access import models as access
from meterbook.domain.access import rules as access_rules
from meterbook.interfaces.web import page, urls
from tests.integration.isolation import conftest, rules
from tests.integration.isolation import world as worlds

BACKEND = "django.contrib.auth.backends.ModelBackend"
# Whatever a form might ask for, so that a POST gets as far as it can.
POSTED = {
    "reason": "试一试",
    "note": "试一试",
    "value": "13",
    "read_on": "2026-12-06",
    "version": "1",
    "period": "2026-12",
    "issue_on": "2026-12-07",
    "due_on": "2026-12-22",
    "tender": "1",
    "tendered": "10.00",
    "roles": "1",
    "is_rolled_over": "on",
}


@dataclass(frozen=True, slots=True)
class Route:
    """One named address with the parameters it takes and the methods it answers."""

    name: str
    parameters: tuple[str, ...]
    methods: tuple[str, ...]
    right: str | None


def routes() -> Iterator[Route]:
    yield from _routes(urls.urlpatterns)


def _routes(patterns: list[URLPattern | URLResolver]) -> Iterator[Route]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver) and pattern.namespace in page.OWN_DOORS:
            continue  # tests/integration/api keeps these
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns)
            continue
        rule = getattr(pattern.callback, "page_rule", None)
        yield Route(
            name=pattern.name or f"nameless {pattern.pattern}",
            parameters=tuple(pattern.pattern.converters),
            methods=tuple(m for m in getattr(rule, "methods", ("GET",)) if m != "HEAD"),
            right=getattr(rule, "right", None),
        )


GUARDED = [route for route in routes() if route.name not in rules.SHELL]


def address(route: Route, station: worlds.Station) -> str:
    """The route's address with the ids of a station."""
    renamed = rules.RULES[route.name].renamed
    return reverse(route.name, kwargs={p: station.ids[renamed.get(p, p)] for p in route.parameters})


def client_of(station: worlds.Station, role: str) -> Client:
    """A browser in which a person of that role and station is logged in."""
    company.use_schema("main")
    client = Client()
    client.force_login(access.Staff.objects.get(username=station.usernames[role]), backend=BACKEND)
    return client


def text_of(answer: Any, *, asked: str = "") -> str:
    """Everything an answer says, spreadsheets unpacked, less the address that was asked (it is said back)."""
    content: bytes = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            content = b"".join(book.read(name) for name in book.namelist())
    text = content.decode("utf-8", errors="replace")
    return (text.replace(asked, "") if asked else text).replace(" ", "")


def secrets_in(text: str, station: worlds.Station) -> list[str]:
    return [secret for secret in station.secrets if secret.replace(" ", "") in text]


def ask(client: Client, method: str, url: str) -> HttpResponse:
    """The answer in the end: a POST that leads to another page is followed there."""
    if method == "POST":
        posted = {**POSTED, "request_key": str(uuid.uuid4())}
        return client.post(url, posted, follow=True)  # type: ignore[return-value]
    return client.get(url)  # type: ignore[return-value]


@pytest.fixture(scope="module", autouse=True)
def _ready(scene: conftest.Scene) -> None:
    with scene.connect("postgres") as superuser:
        superuser.execute("UPDATE public.companies_company SET ready_at = now()")


def test_every_address_has_a_rule_and_keeps_it() -> None:
    assert {route.name for route in GUARDED} == set(rules.RULES)
    assert {r.name: r.right for r in GUARDED} == {name: rule.right for name, rule in rules.RULES.items()}


@pytest.mark.parametrize("role", worlds.ROLES)
def test_no_role_reaches_the_other_station(scene: conftest.Scene, role: str) -> None:
    a, b = scene.world.a, scene.world.b
    rights = access_rules.STANDARD_ROLES[role][1]
    tables = [model for model in security.company_models() if security.is_station_scoped(model)]
    client = client_of(a, role)
    wrong: list[str] = []
    tried = 0
    with scene.connect("postgres") as superuser:
        before = {model: conftest.image(superuser, model=model, station_id=b.station_id) for model in tables}
        for route in GUARDED:
            for method in route.methods:
                tried += 1
                url = address(route, b)
                answer = ask(client, method, url)
                faults = [*_leaks(answer, url, b), *_wrong_status(route, answer, rights)]
                wrong += [f"{method} {route.name}: {fault}" for fault in faults]
        after = {model: conftest.image(superuser, model=model, station_id=b.station_id) for model in tables}
    assert not wrong
    assert tried >= len(rules.RULES)
    assert [model.__name__ for model in tables if before[model] != after[model]] == []


def _leaks(answer: HttpResponse, url: str, b: worlds.Station) -> Iterator[str]:
    leaked = secrets_in(text_of(answer, asked=url), b)
    if leaked:
        yield f"shows {leaked}"


def _wrong_status(route: Route, answer: HttpResponse, rights: frozenset[str]) -> Iterator[str]:
    rule = rules.RULES[route.name]
    status = answer.status_code
    if (rule.right is not None and rule.right not in rights) or rule.is_company_wide:
        if status != 403:
            yield f"{status} without the right {rule.right}"
    elif route.parameters and not rule.is_shared and status not in {403, 404}:
        yield f"{status} for the id of another station"
    elif status >= 500:
        yield str(status)


@pytest.mark.parametrize("name", ["customers", "meters", "bills", "payments", "shifts", "books", "audit"])
@pytest.mark.parametrize("query", ["", "?export=xlsx"])
def test_lists_and_their_files_stop_at_the_station(scene: conftest.Scene, name: str, query: str) -> None:
    a, b = scene.world.a, scene.world.b
    url = reverse(name) + query
    own = client_of(a, "SUPERVISOR").get(url)
    control = client_of(b, "SUPERVISOR").get(url)
    assert own.status_code == control.status_code == 200
    assert secrets_in(text_of(own), b) == []
    if name != "audit" and not (query and name in {"books", "shifts"}):
        assert secrets_in(text_of(control), b), "the control must see its own"


@pytest.mark.parametrize("asked", ["name", "address", "serial_no", "account_no"])
def test_the_search_finds_nothing_of_the_other_station(scene: conftest.Scene, asked: str) -> None:
    a, b = scene.world.a, scene.world.b
    text = str(getattr(b.supply, asked))
    for station, is_found in ((a, False), (b, True)):
        answer = client_of(station, "CLERK").get(
            reverse("search"), {"q": text}, headers={"X-Requested-With": "fetch"}
        )
        assert answer.status_code == 200
        assert (f"/{b.supply.account_no}/" in text_of(answer)) is is_found


def test_the_own_people_open_every_address(scene: conftest.Scene) -> None:
    """The control: with the right and in the scope, each address that can be looked at answers."""
    b = scene.world.b
    clients = {role: client_of(b, role) for role in worlds.ROLES}
    closed = {}
    for route in GUARDED:
        rule = rules.RULES[route.name]
        if "GET" not in route.methods or rule.is_company_wide:
            continue
        rights = {role: access_rules.STANDARD_ROLES[role][1] for role in worlds.ROLES}
        may = [role for role in worlds.ROLES if rule.right is None or rule.right in rights[role]]
        answers = [clients[role].get(address(route, b)).status_code for role in may]
        if 200 not in answers:
            closed[route.name] = answers
    assert closed == {}


def test_nobody_gets_in_without_a_log_in(scene: conftest.Scene) -> None:
    b = scene.world.b
    for route in GUARDED:
        for method in route.methods:
            url = address(route, b)
            answer = ask(Client(), method, url)
            assert list(_leaks(answer, url, b)) == [], route.name
            if method == "GET":
                assert answer.status_code == 302, route.name
                assert answer["Location"].startswith(reverse("login")), route.name


def test_a_closed_log_in_is_out_at_its_next_request(scene: conftest.Scene) -> None:
    a = scene.world.a
    client = client_of(a, "MANAGER")
    assert client.get(reverse("customers")).status_code == 200
    with scene.connect("postgres") as superuser:
        superuser.execute(
            "UPDATE access_staff SET is_active = false WHERE username = %s", [a.usernames["MANAGER"]]
        )
        assert client.get(reverse("customers")).status_code == 302
        superuser.execute(
            "UPDATE access_staff SET is_active = true WHERE username = %s", [a.usernames["MANAGER"]]
        )
