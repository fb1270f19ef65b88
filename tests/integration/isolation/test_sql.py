"""Raw SQL under the web role reaches only the stations in its scope; what is append-only stays.

Every scoped table is tried, and each zero stands beside what the superuser sees there.
"""

import psycopg
import pytest
from django.db import models
from psycopg import errors, sql

from meterbook.adapters.postgres import security
from tests.integration.isolation import conftest

APP, JOB, OWNER = "meterbook_app", "meterbook_job", "meterbook_owner"
SCOPED = sorted(
    (m for m in security.company_models() if security.is_station_scoped(m)), key=lambda m: m.__name__
)
APPEND_ONLY = sorted(
    (m for m in security.company_models() if security.is_append_only(m)), key=lambda m: m.__name__
)
# Tables whose own trigger refuses a foreign insert before the policy is asked.
REFUSED_EARLIER = {"payments_payment": errors.CheckViolation}

tables = pytest.mark.parametrize("model", SCOPED, ids=lambda model: model._meta.db_table)


def name_of(model: type[models.Model]) -> sql.Identifier:
    return sql.Identifier(model._meta.db_table)


def count(connection: psycopg.Connection, model: type[models.Model], station_id: int) -> int:
    statement = sql.SQL("SELECT count(*) FROM {} WHERE station_id = %s").format(name_of(model))
    row = connection.execute(statement, [station_id]).fetchone()
    assert row is not None
    return int(row[0])


def test_there_are_tables_to_try() -> None:
    assert len(SCOPED) >= 25
    assert len(APPEND_ONLY) >= 10


def test_every_table_with_a_station_has_both_policies(scene: conftest.Scene) -> None:
    with scene.connect("postgres") as superuser:
        found = superuser.execute(
            """
            SELECT c.relname, c.relrowsecurity,
                array_agg(p.policyname::text || ':' || p.roles[1]::text ORDER BY 1)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'main'
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'station_id' AND NOT a.attisdropped
            LEFT JOIN pg_policies p ON p.schemaname = 'main' AND p.tablename = c.relname
            WHERE c.relkind IN ('r', 'p') GROUP BY 1, 2 ORDER BY 1
            """
        ).fetchall()
    wanted = [f"{security.POLICY_SCOPE}:{APP}", f"{security.POLICY_COMPANY}:{JOB}"]
    assert {name for name, _, _ in found} == {model._meta.db_table for model in SCOPED}
    assert [name for name, is_on, policies in found if not is_on or sorted(policies) != sorted(wanted)] == []


def test_no_role_is_a_superuser_and_only_the_job_role_serves_all_stations(scene: conftest.Scene) -> None:
    with scene.connect("postgres") as superuser:
        found = superuser.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = ANY (%s)",
            [[APP, JOB, OWNER]],
        ).fetchall()
    assert sorted(found) == [(name, False, name == JOB, False) for name in sorted([APP, JOB, OWNER])]


@tables
def test_nothing_is_seen_without_a_scope(scene: conftest.Scene, model: type[models.Model]) -> None:
    every = sql.SQL("SELECT count(*) FROM {}").format(name_of(model))
    with scene.connect("postgres") as superuser, scene.connect(APP) as web:
        there = superuser.execute(every).fetchone()
        assert there is not None
        assert there[0] > 0, "nothing to hide: the world must fill this table"
        assert web.execute(every).fetchone() == (0,)


@tables
def test_reading_stops_at_the_scope(scene: conftest.Scene, model: type[models.Model]) -> None:
    a, b = scene.world.a.station_id, scene.world.b.station_id
    with scene.connect("postgres") as superuser, scene.connect(APP, scope=str(a)) as web:
        assert count(superuser, model, b) > 0, "nothing to hide: the world must fill this table"
        assert count(web, model, b) == 0
        assert count(web, model, a) == count(superuser, model, a) > 0
        total = web.execute(sql.SQL("SELECT count(*) FROM {}").format(name_of(model))).fetchone()
        assert total == (count(superuser, model, a),)


@tables
def test_writing_stops_at_the_scope(scene: conftest.Scene, model: type[models.Model]) -> None:
    """Changing, moving away, deleting: no row of B changes and no row of A goes to B."""
    a, b = scene.world.a.station_id, scene.world.b.station_id
    table = name_of(model)
    with scene.connect("postgres") as superuser, scene.connect(APP, scope=str(a)) as web:
        before = conftest.image(superuser, model=model, station_id=b)
        attempts = [
            sql.SQL("UPDATE {} SET station_id = station_id WHERE station_id = {}").format(table, b),
            sql.SQL("DELETE FROM {} WHERE station_id = {}").format(table, b),
        ]
        for attempt in attempts:
            try:
                assert web.execute(attempt).rowcount == 0
            except errors.InsufficientPrivilege:
                assert security.is_append_only(model)
        with pytest.raises((errors.InsufficientPrivilege, errors.RestrictViolation)):
            web.execute(sql.SQL("UPDATE {} SET station_id = {}").format(table, b))
        assert conftest.image(superuser, model=model, station_id=b) == before
        assert count(superuser, model, a) > 0


@tables
def test_nothing_is_put_into_another_station(scene: conftest.Scene, model: type[models.Model]) -> None:
    """A copy of a row of B is refused to A by the policy, but to B itself only as a duplicate."""
    a, b = scene.world.a.station_id, scene.world.b.station_id
    # What the database works out itself can't be written.
    written = [field for field in model._meta.local_concrete_fields if not field.generated]
    columns = [sql.Identifier(str(field.column)) for field in written]
    read = sql.SQL("SELECT to_jsonb(t) FROM {} t WHERE station_id = %s LIMIT 1").format(name_of(model))
    put = sql.SQL("INSERT INTO {0} ({1}) SELECT {1} FROM jsonb_populate_record(NULL::{0}, %s)").format(
        name_of(model), sql.SQL(", ").join(columns)
    )
    with scene.connect("postgres") as superuser:
        row = superuser.execute(read, [b]).fetchone()
    assert row is not None
    copy = psycopg.types.json.Jsonb(row[0])
    refusal = REFUSED_EARLIER.get(model._meta.db_table, errors.InsufficientPrivilege)
    with scene.connect(APP, scope=str(a)) as web, pytest.raises(refusal):
        web.execute(put, [copy])
    with scene.connect(APP, scope=str(b)) as own, pytest.raises(errors.IntegrityError):
        own.execute(put, [copy])


@pytest.mark.parametrize("model", APPEND_ONLY, ids=lambda model: model._meta.db_table)
@pytest.mark.parametrize("role", [APP, JOB, OWNER])
def test_append_only_tables_refuse_change_to_everyone(
    scene: conftest.Scene, model: type[models.Model], role: str
) -> None:
    table, column = name_of(model), sql.Identifier(str(model._meta.local_concrete_fields[0].column))
    every = f"{scene.world.a.station_id},{scene.world.b.station_id}"
    attempts = [
        sql.SQL("UPDATE {0} SET {1} = {1}").format(table, column),
        sql.SQL("DELETE FROM {}").format(table),
        sql.SQL("TRUNCATE {} CASCADE").format(table),
    ]
    refusal = errors.RestrictViolation if role == OWNER else errors.InsufficientPrivilege
    with scene.connect(role, scope=every) as connection:
        for attempt in attempts:
            with pytest.raises(refusal):
                connection.execute(attempt)
    with scene.connect("postgres") as superuser, superuser.transaction(force_rollback=True):
        superuser.execute("SET LOCAL session_replication_role = replica")
        assert superuser.execute(attempts[0]).rowcount > 0, (
            "the same statement works where nothing forbids it"
        )


def test_the_search_functions_stay_in_scope(scene: conftest.Scene) -> None:
    """They run as the owner and state the scope themselves; a temporary view never replaces their table."""
    a, b = scene.world.a, scene.world.b
    by_name = "SELECT count(*) FROM customer_ids_by_name(%s, 50)"
    by_address = "SELECT count(*) FROM premise_ids_by_address(%s, ARRAY[]::text[], 50)"
    bait = sql.SQL(
        "CREATE TEMP VIEW customers_customer AS SELECT 1::bigint AS id, 'X'::text AS name, {} AS station_id"
    )
    with scene.connect(APP, scope=str(b.station_id)) as own:
        assert own.execute(by_name, [[f"%{b.supply.name}%"]]).fetchone() == (2,)
        assert own.execute(by_address, [f"%{b.supply.address}%"]).fetchone() == (1,)
    for scope, own_names in ((str(a.station_id), 2), ("", 0), (None, 0)):
        with scene.connect(APP, scope=scope) as web:
            web.execute(bait.format(a.station_id))
            assert web.execute(by_name, [["%欧阳%", "X"]]).fetchone() == (own_names,)
            assert web.execute(by_name, [[f"%{b.supply.name}%"]]).fetchone() == (0,)
            assert web.execute(by_address, [f"%{b.supply.address}%"]).fetchone() == (0,)


def test_a_scope_ends_with_its_transaction(scene: conftest.Scene) -> None:
    """The next user of a pooled connection starts with nothing."""
    statement = "SELECT count(*) FROM agreements_account"
    with scene.connect(APP) as web:
        with web.transaction():
            web.execute(
                sql.SQL("SET LOCAL meterbook.scope = {}").format(sql.Literal(str(scene.world.a.station_id)))
            )
            assert web.execute(statement).fetchone() == (2,)
        assert web.execute(statement).fetchone() == (0,)
