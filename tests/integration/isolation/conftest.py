"""One database in which both stations lived a day, for all tests of a module."""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from django.db import connection, connections, models
from psycopg import sql
from pytest_django import DjangoDbBlocker

from meterbook.application import company
from tests import conftest as shared
from tests.integration.isolation import world as world_module
from tests.support import server as server_module


@dataclass(frozen=True, slots=True)
class Scene:
    """The world and the way into its database as any role."""

    world: world_module.World
    server: server_module.Server
    database: str

    def connect(self, role: str, *, scope: str | None = None) -> psycopg.Connection:
        """A connection of its own, in the company's schema; `scope` lists unit ids, None sets nothing."""
        made = psycopg.connect(self.server.url(role=role, database=self.database), autocommit=True)
        made.execute("SET search_path = main, public")
        if scope is not None:
            made.execute("SELECT set_config('meterbook.scope', %s, false)", [scope])
        return made


@pytest.fixture(scope="module")
def scene(
    postgres_server: server_module.Server, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Scene]:
    """Build the world as the job role, then let Django log in as the web role."""
    before = dict(connections.settings["default"])
    name = f"isolation_{os.getpid()}_{uuid.uuid4().hex[:6]}"
    postgres_server.create_database(name=name)
    with django_db_blocker.unblock():
        shared.use_database(url=postgres_server.url(role="meterbook_job", database=name))
        company.use_schema(shared.SCHEMA)
        world = world_module.two_stations()
        shared.use_database(url=postgres_server.url(role="meterbook_app", database=name))
        company.use_schema(shared.SCHEMA)
        yield Scene(world=world, server=postgres_server, database=name)
        connections.close_all()
        connections.settings["default"].update(before)
        connection.settings_dict.update(before)
    postgres_server.drop_database(name=name)


def image(connection: psycopg.Connection, *, model: type[models.Model], station_id: int) -> str:
    """A digest of every row a station has in a table: any change shows."""
    statement = sql.SQL(
        "SELECT count(*) || ':' || md5(string_agg(t::text, '|' ORDER BY t::text))"
        " FROM {} t WHERE station_id = %s"
    ).format(sql.Identifier(model._meta.db_table))
    row = connection.execute(statement, [station_id]).fetchone()
    assert row is not None
    return str(row[0])
