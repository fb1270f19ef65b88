"""What was done to a database, kept in that database: a restored one tells the truth about itself."""

import hashlib
from importlib import metadata
from pathlib import Path

import psycopg

PACKAGE = Path(__file__).resolve().parents[2]
# Libraries that bring tables of their own.
WITH_TABLES = ("django", "django-axes", "django-tenants", "procrastinate")
# FIRST_START says how the first start was begun: EMPTY, or the number of demo accounts.
RELEASE, FIRST_START = "release", "first_start"
EMPTY = "empty"


def release() -> str:
    """Return a digest of all that shapes a database: our code and the libraries with tables."""
    digest = hashlib.sha256()
    for name in WITH_TABLES:
        digest.update(f"{name} {metadata.version(name)}\n".encode())
    for folder in ("adapters/postgres", "config", "domain", "interfaces/jobs"):
        for path in sorted((PACKAGE / folder).rglob("*.py")):
            digest.update(str(path.relative_to(PACKAGE)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def read(owner_url: str) -> dict[str, str]:
    """Return name -> value of every mark; empty for a new database."""
    with psycopg.connect(owner_url, connect_timeout=10) as connection:
        found = connection.execute("SELECT to_regclass('public.meterbook_setup_mark')").fetchone()
        if found is None or found[0] is None:
            return {}
        return dict(connection.execute("SELECT name, value FROM public.meterbook_setup_mark").fetchall())


def is_ready(owner_url: str) -> bool:
    """Whether every company has its first data set, by what the company itself says."""
    with psycopg.connect(owner_url, connect_timeout=10) as connection:
        found = connection.execute("SELECT bool_and(ready_at IS NOT NULL) FROM public.companies_company")
        row = found.fetchone()
        return bool(row and row[0])


def write(owner_url: str, *, name: str, value: str) -> None:
    """Set one mark."""
    with psycopg.connect(owner_url, connect_timeout=10) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('meterbook_setup_mark'))")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS public.meterbook_setup_mark"
            " (name text PRIMARY KEY, value text NOT NULL, written_at timestamptz NOT NULL DEFAULT now())"
        )
        connection.execute(
            "INSERT INTO public.meterbook_setup_mark (name, value) VALUES (%s, %s)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value, written_at = now()",
            (name, value),
        )
