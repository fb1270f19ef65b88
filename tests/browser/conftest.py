"""A real browser on a real server: the site runs in threads of this process on a database of its own.

Pages are worked with `press`, `keyed` and, where something leads to another page, `press_through`,
`click_through` and `next_page`: a key struck while a page is still loading is lost, and so is one struck on a
page that is about to go. SCRIPTS_LATE_MS and ANSWERS_LATE_MS keep back what the server sends, so that a
test which only wins such races by luck loses them (CONTRIBUTING.md).
"""

import contextlib
import functools
import os
import pathlib
import shutil
import socketserver
import threading
import time
import wsgiref.simple_server
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.utils import timezone
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    expect,
    sync_playwright,
)

from meterbook.domain.access import models as access
from meterbook.domain.access import operations
from meterbook.domain.companies import models as companies

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PASSWORD = "Quiet-River-7"
DEMO_TEMPLATES = pathlib.Path(__file__).parents[1] / "unit" / "web" / "templates"
OpenPage = Callable[..., Page]
# How long the site keeps back each script, each time (it is not cached then), and each page or other answer.
SCRIPTS_LATE_MS = int(os.environ.get("SCRIPTS_LATE_MS", "0"))
ANSWERS_LATE_MS = int(os.environ.get("ANSWERS_LATE_MS", "0"))
LOAD_MS = 30_000  # what Playwright gives a page to load

# Playwright keeps an event loop in this thread; Django is used from it only between browser steps.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser these tests are reported as not run, each by name."""
    folder = pathlib.Path(__file__).parent
    for item in items:
        if folder in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no chromium on this machine"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One chromium for the run."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def site_settings(settings: LazySettings, tmp_path_factory: pytest.TempPathFactory) -> LazySettings:
    """Production's static files, published into the test's folder."""
    settings.STATIC_ROOT = str(tmp_path_factory.getbasetemp() / "static")
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "meterbook.interfaces.web.assets.VersionedStorage"},
    }
    return settings


@pytest.fixture
def demo_pages(site_settings: LazySettings) -> None:
    """Serve the demo pages of tests/unit/web instead of the product's."""
    loaders = [
        "django_cotton.cotton_loader.Loader",
        "django.template.loaders.filesystem.Loader",
        "django.template.loaders.app_directories.Loader",
    ]
    templates: list[dict[str, Any]] = site_settings.TEMPLATES
    cached = [("django.template.loaders.cached.Loader", loaders)]
    options = {**templates[0]["OPTIONS"], "loaders": [("template_partials.loader.Loader", cached)]}
    site_settings.ROOT_URLCONF = "tests.unit.web.demo_urls"
    site_settings.TEMPLATES = [{**templates[0], "DIRS": [str(DEMO_TEMPLATES)], "OPTIONS": options}]


@pytest.fixture
def site_url(own_database: str, site_settings: LazySettings) -> Iterator[str]:
    """The address of the running site."""
    companies.Company.objects.filter(ready_at=None).update(ready_at=timezone.now(), name="城东公用收费")
    server = _Server(("127.0.0.1", 0), _QuietHandler)
    server.set_app(_late(_closing(WSGIHandler())))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


class _Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True
    block_on_close = True


class _QuietHandler(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base's name
        """Requests are not printed."""


def _closing(application: Any) -> Any:
    """Answer whole, then close the thread's database connections: each request has a thread of its own.

    Not a generator: one that a gone client leaves unfinished would be ended by the garbage collector in
    whichever thread it runs, and close the connections of another request.
    """

    def answer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        response = application(environ, start_response)
        try:
            return [b"".join(response)]
        finally:
            response.close()
            connections.close_all()

    return answer


def _late(application: Any) -> Any:
    """Keep back what is asked for, as SCRIPTS_LATE_MS and ANSWERS_LATE_MS say, before it is worked on."""

    def answer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        path = str(environ["PATH_INFO"])
        if not path.startswith("/static/"):
            time.sleep(ANSWERS_LATE_MS / 1000)
        elif path.endswith(".js") and SCRIPTS_LATE_MS:
            time.sleep(SCRIPTS_LATE_MS / 1000)
            return list(application(environ, functools.partial(_never_kept, start_response)))
        return list(application(environ, start_response))

    return answer


def _never_kept(start_response: Any, status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
    others = [(name, value) for name, value in headers if name.lower() != "cache-control"]
    return start_response(status, [*others, ("Cache-Control", "no-store")], *rest)


@pytest.fixture
def clerk(own_database: str) -> access.Staff:
    """A clerk of the company."""
    roles = operations.found_standard_roles()
    unit = operations.open_unit(kind=access.OrgUnitKind.COMPANY, code="C", name="城东公用", parent=None)
    return operations.register_staff(
        username="clerk",
        name="柳青",
        org_unit=unit,
        roles=[roles["CLERK"]],
        password=PASSWORD,
        must_change_password=False,
    )


@pytest.fixture
def open_page(browser: Browser, site_url: str) -> Iterator[OpenPage]:
    """Opens a window at a size, in a language and theme; a script or CSP error fails the test."""
    windows: list[BrowserContext] = []
    faults: list[str] = []

    def open_window(
        *, width: int = 1366, height: int = 768, language: str = "zh-hans", theme: str = "light"
    ) -> Page:
        window = browser.new_context(viewport={"width": width, "height": height}, base_url=site_url)
        window.add_cookies(
            [
                {"name": "django_language", "value": language, "url": site_url},
                {"name": "theme", "value": theme, "url": site_url},
            ]
        )
        windows.append(window)
        page = window.new_page()
        watch(page, site_url=site_url, faults=faults)
        return page

    yield open_window
    for window in windows:
        window.close()
    assert faults == []


def watch(page: Page, *, site_url: str, faults: list[str]) -> None:
    """Note script errors, CSP violations and requests to anywhere else."""

    def on_console(message: ConsoleMessage) -> None:
        is_designed = "the server responded with a status of" in message.text
        if message.type == "error" and not is_designed:
            faults.append(f"{page.url}: {message.text}")

    def on_request(request: Request) -> None:
        if not request.url.startswith((site_url, "data:", "blob:", "about:")):
            faults.append(f"{page.url}: foreign request to {request.url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
    page.on("request", on_request)


def listening(page: Page) -> None:
    """Wait until the page is loaded, its scripts have run and what htmx put in is taken up.

    The browser itself is asked: what Playwright remembers may still be of the page before.
    """
    page.wait_for_load_state()
    root = page.locator(":root")
    expect(root).to_have_js_property("ownerDocument.readyState", "complete", timeout=LOAD_MS)
    expect(page.locator("[hx-get]:not([data-htmx-powered])")).to_have_count(0)


def press(page: Page, key: str) -> None:
    """Strike a key that stays on this page, once the page listens.

    When something before it leads to this page, wait for that first: the page before listens too.
    """
    listening(page)
    page.keyboard.press(key)


def keyed(page: Page, text: str, *, delay: float = 0) -> None:
    """Key a text where the focus is, once the page listens."""
    listening(page)
    page.keyboard.type(text, delay=delay)


@contextlib.contextmanager
def next_page(page: Page) -> Iterator[None]:
    """Do inside what leads to another page, or to the same anew; goes on when that one listens."""
    listening(page)
    with page.expect_navigation():
        yield
    listening(page)


def press_through(page: Page, key: str) -> None:
    """Strike a key that leads to another page."""
    with next_page(page):
        page.keyboard.press(key)


def click_through(target: Locator) -> None:
    """Click what leads to another page."""
    with next_page(target.page):
        target.click()


def press_at_once(page: Page, key: str, *, times: int) -> None:
    """Strike a key several times before the page can do anything between."""
    listening(page)
    page.evaluate(
        """([key, times]) => { for (let i = 0; i < times; i += 1) document.dispatchEvent(
          new KeyboardEvent("keydown", { key, code: key, bubbles: true, cancelable: true })); }""",
        [key, times],
    )


def log_in(page: Page, *, username: str = "clerk", password: str = PASSWORD) -> None:
    """Log in as a person would, with the keyboard."""
    page.goto("/login")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", password)
    press_through(page, "Enter")
    page.wait_for_url(lambda url: "/login" not in url)
