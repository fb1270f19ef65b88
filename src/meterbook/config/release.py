"""Whether a database already stands as this release wants it: asked at every start, so it must be quick.

Provisioning leaves its mark as a comment on each schema, in the transaction of its last step. The mark
names everything that shapes the schema, so a schema with this release's mark needs no migration.
"""

import hashlib
from importlib import metadata
from pathlib import Path

import psycopg
from psycopg import sql

PACKAGE_DIR = Path(__file__).resolve().parents[1]
# Packages that bring tables of their own.
PACKAGES_WITH_TABLES = ("django", "django-axes", "django-tenants", "procrastinate")
SHARED_SCHEMA = "public"


def mark() -> str:
    """Names what shapes a schema: models, migrations, security, and the packages with tables."""
    files = sorted(
        [
            *(PACKAGE_DIR / "domain").rglob("models.py"),
            *(PACKAGE_DIR / "domain").rglob("migrations/*.py"),
            PACKAGE_DIR / "domain" / "tables.py",
            PACKAGE_DIR / "adapters" / "postgres" / "security.py",
            PACKAGE_DIR / "config" / "provision.py",
        ]
    )
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(PACKAGE_DIR).as_posix().encode())
        digest.update(file.read_bytes())
    for package in PACKAGES_WITH_TABLES:
        digest.update(metadata.version(package).encode())
    return f"meterbook {digest.hexdigest()[:20]}"


def comment_on(schema: str) -> sql.Composed:
    """The statement that leaves the mark on a schema."""
    return sql.SQL("COMMENT ON SCHEMA {} IS {}").format(sql.Identifier(schema), sql.Literal(mark()))


def is_current(*, owner_url: str) -> bool:
    """Whether the shared schema and every company's schema carry this release's mark. Needs no Django.

    A database without our tables is simply not current. Raises psycopg.OperationalError when the
    server does not answer.
    """
    with psycopg.connect(owner_url, connect_timeout=10) as connection:
        known = connection.execute("SELECT to_regclass('public.companies_company') IS NOT NULL").fetchone()
        if known is None or not known[0]:
            return False
        rows = connection.execute(
            "SELECT obj_description(to_regnamespace(quote_ident(name))::oid, 'pg_namespace') FROM "
            "(SELECT schema_name AS name FROM public.companies_company UNION ALL SELECT %s) AS schemas",
            [SHARED_SCHEMA],
        ).fetchall()
    wanted = mark()
    return len(rows) > 1 and all(row[0] == wanted for row in rows)
