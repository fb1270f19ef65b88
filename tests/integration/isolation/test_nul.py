"""A NUL character is refused with 400 at every address, wherever it stands, before any table is asked."""

import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, reverse

from meterbook.interfaces.api import v1
from tests.integration.isolation import conftest, rules, test_pages
from tests.integration.isolation import world as worlds

NUL = "\0"
ALL = list(test_pages.routes())


class _Asked:
    """Fails on any statement."""

    def __call__(self, _execute: Any, sql: str, *_: object) -> None:
        raise AssertionError(sql)


@pytest.fixture(scope="module", autouse=True)
def _ready(scene: conftest.Scene) -> None:
    with scene.connect("postgres") as superuser:
        superuser.execute("UPDATE public.companies_company SET ready_at = now()")


@pytest.fixture
def client(scene: conftest.Scene) -> Client:
    """Somebody's browser that has the company's name already."""
    made = test_pages.client_of(scene.world.a, "SUPERVISOR")
    assert made.get(reverse("customers")).status_code == 200
    return made


def address(route: test_pages.Route, station: worlds.Station) -> str:
    """The route's address with the station's ids; of the shell's own there are none."""
    return reverse(route.name) if route.name in rules.SHELL else test_pages.address(route, station)


def wrong(answer: Any) -> bool:
    """Whether the answer is not the product's own 400."""
    return answer.status_code != 400 or "Content-Security-Policy" not in answer


def spoilt_addresses(route: test_pages.Route, station: worlds.Station) -> Iterator[str]:
    """A NUL in the value and the name of a parameter, and in each part of the path that takes text."""
    good = address(route, station)
    yield from (f"{good}?q=%00", f"{good}?%00=1", f"{good}?page=1&q=a%00b")
    renamed = rules.RULES[route.name].renamed if route.name in rules.RULES else {}
    parts = {name: station.ids[renamed.get(name, name)] for name in route.parameters}
    for name in parts:
        try:
            yield reverse(route.name, kwargs={**parts, name: f"a{NUL}b"})
        except NoReverseMatch:
            continue  # takes no text


def test_no_address_takes_one(scene: conftest.Scene, client: Client) -> None:
    tried, faults = 0, []
    with connection.execute_wrapper(_Asked()):
        for route in ALL:
            for method in route.methods:
                for url in spoilt_addresses(route, scene.world.a):
                    tried += 1
                    if wrong(client.generic(method, url)):
                        faults.append((method, url))
    assert faults == []
    assert tried > 3 * len(ALL), "some routes take text in their path"


@pytest.mark.parametrize(
    "spoilt",
    [
        {"reason": f"a{NUL}"},
        {f"no{NUL}te": "a"},
        {"ticked": ["1", NUL]},
        {"file": SimpleUploadedFile("a.csv", b"a", content_type=f"text/{NUL}")},
        {f"fi{NUL}le": SimpleUploadedFile("a.csv", b"a")},
    ],
    ids=["value", "name", "one of many", "kind of a file", "name of a file's field"],
)
def test_no_form_takes_one(scene: conftest.Scene, client: Client, spoilt: dict[str, Any]) -> None:
    tried = 0
    with connection.execute_wrapper(_Asked()):
        for route in ALL:
            if "POST" in route.methods:
                tried += 1
                posted = {**test_pages.POSTED, **spoilt, "request_key": str(uuid.uuid4())}
                assert not wrong(client.post(address(route, scene.world.a), posted)), route.name
    assert tried > 20


def test_a_name_of_a_file_loses_it(scene: conftest.Scene, client: Client) -> None:
    for name in ("imports", "readings_import", "files"):
        route = next(route for route in ALL if route.name == name)
        file = SimpleUploadedFile(f"a{NUL}b.csv", b"a,b\n1,2\n", content_type="text/csv")
        answer = client.post(address(route, scene.world.a), {"file": file})
        assert answer.status_code < 500, name


def test_an_address_nobody_knows_and_a_cookie(client: Client) -> None:
    with connection.execute_wrapper(_Asked()):
        for path in ("/nowhere/%00", "/%00", "/static/%00", "/customers%00/"):
            assert not wrong(client.get(path)), path
        client.cookies["sessionid"] = f"abcdefgh{NUL}"
        assert not wrong(client.get("/"))


def test_the_interface_says_it_in_its_own_form(client: Client) -> None:
    paths = list(v1.api.get_openapi_schema()["paths"])
    assert len(paths) > 5
    with connection.execute_wrapper(_Asked()):
        for path in paths:
            stem, brace, _ = path.partition("{")
            spoilt = [f"{stem}1?number=%00", f"{stem}a%00b"] if brace else [f"{path}?number=a%00"]
            for url in spoilt:
                answer = client.get(url)
                assert answer.status_code == 400, url
                assert answer.json()["code"] == "UNREADABLE"


def test_an_encoded_percent_sign_is_no_such_character(client: Client) -> None:
    answer = client.get("/search", {"q": "%00"})
    assert "%2500" in answer.wsgi_request.META["QUERY_STRING"]
    assert answer.status_code == 200
    assert quote(NUL) == "%00"
