"""A real browser on a real server: the site runs in threads of this process on a database of its own."""

import os
import pathlib
import shutil
import socketserver
import threading
import wsgiref.simple_server
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from meterbook.domain.access import models as access
from meterbook.domain.access import operations
from meterbook.domain.companies import models as companies

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PASSWORD = "Quiet-River-7"
DEMO_TEMPLATES = pathlib.Path(__file__).parents[1] / "unit" / "web" / "templates"
OpenPage = Callable[..., Page]

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
    companies.Company.objects.update(ready_at=timezone.now(), name="城东公用收费")
    server = _Server(("127.0.0.1", 0), _QuietHandler)
    server.set_app(_closing(WSGIHandler()))
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


def log_in(page: Page, *, username: str = "clerk", password: str = PASSWORD) -> None:
    """Log in as a person would, with the keyboard."""
    page.goto("/login")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
