"""Fixtures for every test: real PostgreSQL, one company, the roles of production.

- `db` (pytest-django's): the test runs in a transaction that is rolled back, as the job role.
- `as_web_role`: the same under the web role, so that row-level security bites.
- `own_database`: a database of the test's own, committed to for real; for threads, processes and servers.
"""

import contextlib
import os
import uuid
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import pytest
from django.conf import LazySettings, settings
from django.db import connection, connections
from pytest_django import DjangoDbBlocker

from meterbook.application import company
from tests.support import server as server_module

SCHEMA = "main"
QUICK_HASHER = "django.contrib.auth.hashers.MD5PasswordHasher"


def pytest_configure() -> None:
    """Static files and files handed in go into a folder of the test run, not into the user's data.

    Passwords of invented people are hashed quickly: Argon2 is slow on purpose, and a third of the tests'
    time otherwise. `own_hasher` gives a test the product's; installations that tests start have it anyway.
    """
    settings.PASSWORD_HASHERS = [QUICK_HASHER, *settings.PASSWORD_HASHERS]
    settings.STATIC_ROOT = str(server_module.home() / "static")
    settings.METERBOOK_FILES_ROOT = server_module.home() / "files"


@pytest.fixture
def own_hasher(settings: LazySettings) -> None:
    """Hash passwords as an installation does."""
    settings.PASSWORD_HASHERS = [name for name in settings.PASSWORD_HASHERS if name != QUICK_HASHER]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[server_module.Server]:
    """The shared test server."""
    with server_module.running() as server:
        yield server


@pytest.fixture(scope="session")
def django_db_setup(
    postgres_server: server_module.Server, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Point Django at a database of this run (each xdist worker has its own)."""
    name = f"run_{os.getpid()}_{uuid.uuid4().hex[:6]}"
    postgres_server.create_database(name=name)
    with django_db_blocker.unblock():
        use_database(url=postgres_server.url(role="meterbook_job", database=name))
    yield
    with django_db_blocker.unblock():
        connections.close_all()
    postgres_server.drop_database(name=name)


@pytest.fixture(autouse=True)
def _company(request: pytest.FixtureRequest) -> None:
    """Tests that use the database work in the one company."""
    if {"db", "own_database", "transactional_db"} & set(request.fixturenames):
        company.use_schema(SCHEMA)


@pytest.fixture
def as_web_role(db: None) -> Iterator[None]:
    """Run under the web server's role: only rows in the scope of the transaction are seen."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE meterbook_app")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


@pytest.fixture
def own_database(
    postgres_server: server_module.Server, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """The name of a fresh database that Django now uses; commits are real, nothing is rolled back."""
    name = f"own_{os.getpid()}_{uuid.uuid4().hex[:6]}"
    postgres_server.create_database(name=name)
    with working_in(name, server=postgres_server, blocker=django_db_blocker):
        yield name
    postgres_server.drop_database(name=name)


@contextlib.contextmanager
def working_in(name: str, *, server: server_module.Server, blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let Django use this database as the job role; at the end nobody is connected to it any more."""
    before = dict(connections.settings["default"])
    with blocker.unblock():
        use_database(url=server.url(role="meterbook_job", database=name))
        company.use_schema(SCHEMA)
        yield
        connections.close_all()
        connections.settings["default"].update(before)
        connection.settings_dict.update(before)


def use_database(*, url: str) -> None:
    """Make Django's default connection, and those of threads started later, use `url`."""
    connections.close_all()
    parts = urlsplit(url)
    place = {
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
    }
    connections.settings["default"].update(place)
    connection.settings_dict.update(place)
