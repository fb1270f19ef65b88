"""Brings a database to this release: shared schema, then each company's schema, then who may do what.

Run as the owner: `python -m meterbook.config.provision`. Every step is idempotent, PostgreSQL's DDL is
transactional and what was done is recorded with it, so a run killed half-way is simply started again.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from psycopg import sql

Progress = Callable[[str], None]

DEFAULT_SCHEMA = "main"
EXTENSIONS = ("btree_gist", "pg_trgm")
# The shared apps that have tables.
SHARED_TABLES = ("companies", "procrastinate")


def provision(*, progress: Progress, company_name: str = "Meterbook") -> None:
    """Migrate everything and apply grants, triggers and row-level security. Needs role owner."""
    from django.conf import settings

    owner_url = settings.ENVIRONMENT.database_url("owner")
    with psycopg.connect(owner_url, autocommit=True) as guard:
        # Two ups on one database wait for each other here. A connection of its own, because Django's
        # is closed between migrations; the lock ends with it, also when we are killed.
        guard.execute("SELECT pg_advisory_lock(hashtext('meterbook.provision'))")
        for extension in EXTENSIONS:
            statement = sql.SQL("CREATE EXTENSION IF NOT EXISTS {} SCHEMA public")
            guard.execute(statement.format(sql.Identifier(extension)))
        progress("shared")
        _migrate_shared()
        for schema in _company_schemas(company_name=company_name):
            progress(schema)
            _migrate_company(schema)


def _migrate_shared() -> None:
    from django.core.management import call_command
    from django.db import transaction

    from meterbook.adapters.postgres import security

    # By name: migrating everything here would walk through each company's tables once more for nothing.
    with _recorded_with_their_tables():
        for label in SHARED_TABLES:
            call_command("migrate_schemas", label, shared=True, interactive=False, verbosity=0)
    with transaction.atomic():
        security.secure_shared()


@contextlib.contextmanager
def _recorded_with_their_tables() -> Iterator[None]:
    """Let Django record each migration in the transaction that makes its tables.

    By itself it does so after that transaction, for a squashed one row by row: killed in between, the next
    run would make the same tables again and fail.
    """
    from django.core.management.commands import migrate
    from django.db import transaction
    from django.db.migrations import executor

    usual = executor.MigrationExecutor

    class Whole(usual):  # type: ignore[misc, valid-type]  # the class as it is now
        def apply_migration(self, state: Any, migration: Any, **how: Any) -> Any:
            if not migration.atomic:
                return super().apply_migration(state, migration, **how)
            with transaction.atomic(using=self.connection.alias):
                return super().apply_migration(state, migration, **how)

    setattr(migrate, "MigrationExecutor", Whole)  # noqa: B010 # a name of another module, put back below
    try:
        yield
    finally:
        setattr(migrate, "MigrationExecutor", usual)  # noqa: B010 # as above


def _company_schemas(*, company_name: str) -> list[str]:
    from django.utils import timezone

    from meterbook.domain.companies import models

    if not models.Company.objects.exists():
        models.Company.objects.create(
            schema_name=DEFAULT_SCHEMA, name=company_name, created_at=timezone.now()
        )
    return list(models.Company.objects.order_by("schema_name").values_list("schema_name", flat=True))


def _migrate_company(schema: str) -> None:
    from django.core.management import call_command
    from django.db import connection, transaction
    from django_tenants.utils import schema_context

    from meterbook.adapters.postgres import security

    with connection.cursor() as cursor:
        statement = sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema))
        cursor.execute(statement.as_string(cursor.connection))
    with _recorded_with_their_tables():
        call_command("migrate_schemas", tenant=True, schema_name=schema, interactive=False, verbosity=0)
    with schema_context(schema), transaction.atomic():
        security.secure_company(schema=schema)


def main() -> None:
    """Run from a shell: prints each step on a line of its own."""
    os.environ["METERBOOK_DATABASE_ROLE"] = "owner"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meterbook.config.settings")
    import django

    django.setup()
    provision(progress=lambda step: print(step, flush=True))  # noqa: T201 # the launcher reads these lines


if __name__ == "__main__":
    main()
