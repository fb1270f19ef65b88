"""Headers, health, error pages: also when the database is away."""

import time
from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection
from django.test import Client, RequestFactory

from meterbook.application import company
from meterbook.domain.companies import models as companies
from meterbook.interfaces.web import errors, middleware


def test_every_page_has_the_strict_headers(clerk_client: Client) -> None:
    answer = clerk_client.get("/bills")
    policy = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert {"Cookie", "Accept-Language"} <= {part.strip() for part in answer["Vary"].split(",")}


def test_health_needs_no_person_and_leaves_no_session(visitor: Client) -> None:
    answer = visitor.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"state": "ok"}
    assert not answer.cookies


class _Away:
    """A database that refuses every statement."""

    def __call__(self, *_: object, **__: object) -> object:
        raise OperationalError("connection refused")


@pytest.fixture
def database_away(db: None) -> Iterator[None]:
    with connection.execute_wrapper(_Away()):  # undone before the test's own rollback
        yield


def test_health_is_503_without_database(visitor: Client, database_away: None) -> None:
    assert visitor.get("/healthz").status_code == 503


def test_a_page_is_503_without_database(clerk_client: Client, database_away: None) -> None:
    answer = clerk_client.get("/bills", headers={"accept-language": "en"})
    assert answer.status_code == 503
    assert answer["Retry-After"] == "10"
    assert "Not available just now" in answer.content.decode()


def test_a_company_that_is_still_being_set_up_is_503(visitor: Client) -> None:
    company.use_schema("public")
    companies.Company.objects.update(ready_at=None)
    assert Client().get("/login").status_code == 503


def test_with_several_companies_the_host_decides(site: None, monkeypatch: pytest.MonkeyPatch) -> None:
    north, south = companies.Company(name="North"), companies.Company(name="South")

    def read(directory: middleware._Directory) -> None:
        directory._ready = [north, south]
        directory._by_host = {"south.example": south}
        directory._read_at = time.monotonic()

    monkeypatch.setattr(middleware._Directory, "_read", read)
    directory = middleware._Directory()
    assert directory.company_at(host="south.example") is south
    assert directory.company_at(host="nowhere.example") is None, "never a guess"


def test_our_fault_is_a_page_without_database(clerk_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr("tests.unit.web.demo_urls.lists.respond", broken)
    clerk_client.raise_request_exception = False
    answer = clerk_client.get("/bills", headers={"accept-language": "en"})
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.content.decode()
    assert "ZeroDivisionError" not in answer.content.decode()


@pytest.mark.parametrize("view", [errors.server_error, errors.unavailable, errors.bad_request])
def test_error_pages_render_with_nothing_at_hand(db: None, database_away: None, view: object) -> None:
    assert callable(view)
    answer = view(RequestFactory().get("/"))
    assert "<h2>" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]


def test_nothing_here_stands_inside_the_shell_for_a_person(clerk_client: Client, visitor: Client) -> None:
    answer = clerk_client.get("/nowhere", headers={"accept-language": "en"})
    assert answer.status_code == 404
    assert 'id="find"' in answer.content.decode()
    stranger = Client().get("/nowhere")
    assert stranger.status_code == 404
    assert 'id="find"' not in stranger.content.decode()
