"""Every page of the product that links lead to: axe, CSP, weight, width; in both languages and themes.

The walk starts at the start page as a person with every role, in the demo company, and opens each route once
per walk. Routes it never meets are named by the test, so that a new page is looked at or excused.
"""

import os
import re
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.urls import URLPattern, URLResolver, resolve, reverse
from playwright.sync_api import Page
from pytest_django import DjangoDbBlocker

from meterbook.application import company
from meterbook.domain.access import models as access
from meterbook.domain.access import operations
from meterbook.domain.premises import models as premises
from meterbook.interfaces.cli import demo_build, demo_past
from meterbook.interfaces.web import page as pages
from meterbook.interfaces.web import urls
from tests import conftest as shared
from tests.browser import conftest as site
from tests.browser import demo_addresses, looks
from tests.support import server as server_module

# Pages a walk over links can't or needn't look at, each with its reason.
EXCUSED = {
    "search": "asked by the search box; looked at in test_shell",
    "palette": "data for the palette, not a page",
    "resume_form": "only after an ended session; looked at in test_shell",
    "import": "needs an uploaded file",
    "readings_import": "needs an uploaded file",
    "payment_cancel": "needs a payment of an open shift",
    "ledger_proof": "is for people of the whole company; looked at below",
}
EXCUSED |= dict.fromkeys(("file", "file_thumbnail"), "a file, not a page")
EXCUSED |= {"import_audit": "needs an uploaded file"}
EXCUSED |= {"many_edit": "needs rows that were chosen; looked at in test_edit_many"}
# Where the walk begins besides the start page: pages that one reaches by the palette or by a form.
STARTS = ("account_find_place", "accounts_due", "account_settings", "many_edits")
HEAVIEST_PAGE_BYTES = 60_000
STATION = "111"


@pytest.fixture(scope="module")
def demo_company(
    postgres_server: server_module.Server,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The name of a database with the demo company and a person of every role: built once, then copied."""
    name = f"demo_{os.getpid()}_{uuid.uuid4().hex[:6]}"
    postgres_server.create_database(name=name)
    with shared.working_in(name, server=postgres_server, blocker=django_db_blocker):
        demo_build.build(
            accounts=40,
            data_dir=tmp_path_factory.mktemp("demo"),
            told=demo_build.Told(),
            write_past=demo_past.here,
        )
        company.use_schema(shared.SCHEMA)
        operations.register_staff(
            username="everybody",
            name="欧阳娜",
            org_unit=access.OrgUnit.objects.get(code=STATION),
            roles=list(access.Role.objects.all()),
            password=site.PASSWORD,
            must_change_password=False,
        )
    yield name
    postgres_server.drop_database(name=name)


@pytest.fixture
def own_database(
    demo_company: str, postgres_server: server_module.Server, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """Here a fresh database is a copy of the demo company's: each look has it as it was built."""
    name = f"own_{os.getpid()}_{uuid.uuid4().hex[:6]}"
    postgres_server.create_database(name=name, copy_of=demo_company)
    with shared.working_in(name, server=postgres_server, blocker=django_db_blocker):
        yield name
    postgres_server.drop_database(name=name)


def walk(page: Page) -> Iterator[str]:
    """Open each route that links lead to once, and what is told; gives its name while its page is open."""
    node = premises.AddressNode.objects.filter(station__code=STATION).exclude(children=None).last()
    door = premises.Premise.objects.filter(station__code=STATION).last()
    assert node is not None
    assert door is not None
    records = [reverse("address_node", args=[node.pk]), reverse("account_open", args=[door.pk])]
    told = set(demo_addresses.of_station(door.station_id))
    waiting, seen = ["/", *(reverse(name) for name in STARTS), *records, *sorted(told)], set[str]()
    while waiting:
        address = waiting.pop(0)
        route = resolve(urlsplit(address).path).url_name or ""
        if address in told:
            told.discard(address)  # a route is not seen by what is special about one record
        elif route in seen:
            continue
        else:
            seen.add(route)
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, (address, answer.status)
        yield route
        found = page.evaluate("[...document.querySelectorAll('a[href]')].map((a) => a.getAttribute('href'))")
        waiting += [href for href in found if is_page(href)]


def is_page(href: str) -> bool:
    """Whether a link leads to a page of ours, not to a file or a state of the same list."""
    if not href.startswith("/") or href.startswith(("/static/", "/api/")):
        return False
    return not re.search(r"^/files/\d+/|export=|template|\.(pdf|xlsx|csv)(\?|$)", href)


@pytest.mark.parametrize(
    ("language", "theme", "width"),
    [("zh-hans", "light", 1366), ("en", "dark", 1440), ("zh-hans", "dark", 390)],
)
def test_every_page_is_sound(open_page: site.OpenPage, language: str, theme: str, width: int) -> None:
    page = open_page(width=width, language=language, theme=theme)
    site.log_in(page, username="everybody")
    looks.without_cache(page)
    traffic = looks.Traffic(page)
    faults: list[object] = []
    walked: set[str] = set()
    for route in walk(page):
        walked.add(route)
        faults += [(route, page.url, fault) for fault in looks.serious_faults(page)]
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            faults.append((route, page.url, f"{wide} px wide on {width}"))
        if (weight := looks.weight(page, traffic=traffic)) > HEAVIEST_PAGE_BYTES:
            faults.append((route, page.url, f"{weight} bytes"))
    assert faults == [], faults
    assert sorted(readable_routes(urls.urlpatterns) - walked - set(EXCUSED)) == []


def test_the_proof_is_sound(open_page: site.OpenPage) -> None:
    access.Staff.objects.filter(username="everybody").update(org_unit=access.OrgUnit.objects.get(code="1"))
    page = open_page(width=390)
    site.log_in(page, username="everybody")
    page.goto("/ledger/proof")
    assert page.locator(".notice.is-ok").count() == 1, "the demo company's ledger is proved"
    assert looks.serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def readable_routes(patterns: list[URLPattern | URLResolver]) -> set[str]:
    """The names of all routes that are pages one may open."""
    names: set[str] = set()
    for pattern in patterns:
        rule: pages.PageRule | None = getattr(pattern.callback, "page_rule", None)
        is_file = re.search(r"(pdf|xlsx|csv|json|template)'?$", str(pattern.pattern))
        if rule is not None and "GET" in rule.methods and not is_file:
            names.add(str(getattr(pattern, "name", "")))
    return names
