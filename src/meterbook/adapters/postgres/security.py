"""Turns the marks on the models into what PostgreSQL itself enforces, in every company schema.

Idempotent and declarative: run after each migration. For every table of a company's subjects
- the two log-in roles get SELECT and INSERT, and UPDATE/DELETE only where rows may change;
- a table marked `AppendOnly` refuses UPDATE, DELETE and TRUNCATE from everyone by a trigger;
- a table with a `station_id` gets row-level security: the web role sees and writes only rows of the
  units listed in `meterbook.scope` (nothing when it is not set), the job role serves the company.
"""

from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.db import connection, models
from psycopg import sql

from meterbook.domain import tables

POLICY_SCOPE = "station_scope"
POLICY_COMPANY = "whole_company"
# The first PostgreSQL in which others than the owner may ANALYZE; older ones do it by themselves, later.
KNOWS_MAINTAIN = 170_000

REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on %: rows of this table are never changed, corrections only add',
        TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""

# The sub-select makes PostgreSQL read the setting once per query and not once per row.
IN_SCOPE = """station_id = ANY (
    (SELECT string_to_array(nullif(current_setting('meterbook.scope', true), ''), ',')::int[])::int[])"""


def company_models() -> Iterator[type[models.Model]]:
    """Every concrete model whose table lies in a company's schema, many-to-many tables included."""
    labels = {name.rsplit(".", 1)[-1] for name in settings.TENANT_APPS}
    for config in apps.get_app_configs():
        if config.label in labels or config.name in settings.TENANT_APPS:
            yield from config.get_models(include_auto_created=True)


def is_append_only(model: type[models.Model]) -> bool:
    """Whether rows of this table may only be added."""
    return issubclass(model, tables.AppendOnly)


def is_station_scoped(model: type[models.Model]) -> bool:
    """Whether rows of this table belong to a station (or another unit of the tree)."""
    return any(field.column == "station_id" for field in model._meta.local_fields)  # documented API


def secure_company(*, schema: str) -> None:
    """Apply grants, triggers and policies to the company schema that is on the search path.

    Runs as the owner inside a transaction of the caller. `schema` is only needed for USAGE.
    """
    _execute(sql.SQL(REFUSE_CHANGE))
    _execute(
        sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(schema), _roles()),
        sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}").format(sql.Identifier(schema), _roles()),
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {} TO {}").format(
            sql.Identifier(schema), _roles()
        ),
    )
    if _server_version() >= KNOWS_MAINTAIN:
        # An import of many rows gathers the planner's statistics itself; nobody waits for autovacuum.
        _execute(
            sql.SQL("GRANT MAINTAIN ON ALL TABLES IN SCHEMA {} TO {}").format(
                sql.Identifier(schema), sql.Identifier(settings.DATABASE_ROLE_JOB)
            )
        )
    for model in company_models():
        table = sql.Identifier(model._meta.db_table)
        _grant(table=table, append_only=is_append_only(model))
        if is_append_only(model):
            _refuse_change(table)
        if is_station_scoped(model):
            _scope_rows(table)


def secure_shared() -> None:
    """Grants on the shared schema: the list of companies is read, the job queue is worked with."""
    _execute(
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(_roles()),
        sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}").format(_roles()),
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(_roles()),
        sql.SQL("GRANT UPDATE ON companies_company TO {}").format(sql.Identifier(settings.DATABASE_ROLE_JOB)),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'procrastinate_%'"
        )
        queue_tables = [row[0] for row in cursor.fetchall()]
    for name in queue_tables:
        _execute(sql.SQL("GRANT INSERT, UPDATE, DELETE ON {} TO {}").format(sql.Identifier(name), _roles()))


def _server_version() -> int:
    """Like 180006 for 18.6."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int")
        return int(cursor.fetchone()[0])


def _roles() -> sql.Composable:
    names = (settings.DATABASE_ROLE_APP, settings.DATABASE_ROLE_JOB)
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)


def _grant(*, table: sql.Identifier, append_only: bool) -> None:
    allowed = sql.SQL("INSERT") if append_only else sql.SQL("INSERT, UPDATE, DELETE")
    _execute(
        sql.SQL("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(table, _roles()),
        sql.SQL("GRANT {} ON {} TO {}").format(allowed, table, _roles()),
    )


def _refuse_change(table: sql.Identifier) -> None:
    _execute(
        sql.SQL(
            "CREATE OR REPLACE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON {} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        ).format(table)
    )


def _scope_rows(table: sql.Identifier) -> None:
    app, job = sql.Identifier(settings.DATABASE_ROLE_APP), sql.Identifier(settings.DATABASE_ROLE_JOB)
    scope, company = sql.Identifier(POLICY_SCOPE), sql.Identifier(POLICY_COMPANY)
    _execute(
        sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(table),
        sql.SQL("DROP POLICY IF EXISTS {} ON {}").format(scope, table),
        sql.SQL("DROP POLICY IF EXISTS {} ON {}").format(company, table),
        sql.SQL("CREATE POLICY {} ON {} TO {} USING ({}) WITH CHECK ({})").format(
            scope, table, app, sql.SQL(IN_SCOPE), sql.SQL(IN_SCOPE)
        ),
        sql.SQL("CREATE POLICY {} ON {} TO {} USING (true) WITH CHECK (true)").format(company, table, job),
    )


def _execute(*statements: sql.Composable) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement.as_string(cursor.connection))
