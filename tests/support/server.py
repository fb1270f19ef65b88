"""One PostgreSQL server for all test runs of this user, and cheap databases on it.

The server is the product's own embedded one, with fsync off. It runs while any test run holds the
shared lock and is stopped by the last to leave. A migrated template database is kept, named by the
fingerprint of everything that shapes it; every run and every test that wants its own database copies it.
"""

import contextlib
import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from meterbook.adapters.postgres import embedded

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "meterbook-test"
ROLES = ("meterbook_owner", "meterbook_app", "meterbook_job")
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    # Nothing comes by and tells the planner that tables are empty which a test is about to fill: what a test
    # rolls back stays, and plans are made for the pages there are.
    "autovacuum": "off",
}
KEPT_TEMPLATES = 3


def home() -> Path:
    """The folder the shared server lives in."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "meterbook-tests"


def fingerprint() -> str:
    """Names the template: changes when a migration, a model or the security rules change."""
    source = ROOT / "src" / "meterbook"
    files = [
        *source.glob("domain/**/models.py"),
        *source.glob("domain/**/migrations/*.py"),
        source / "domain" / "tables.py",
        source / "adapters" / "postgres" / "security.py",
        source / "config" / "provision.py",
        Path(__file__),
    ]
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Server:
    """The running server, seen by tests."""

    embedded: embedded.EmbeddedServer

    def url(self, *, role: str, database: str) -> str:
        """A connection address for one of ROLES or `postgres`."""
        return self.embedded.url(role=role, password=PASSWORD, database=database)

    def execute(self, statement: sql.Composed, *, database: str = "postgres") -> None:
        """Run one statement as the superuser, outside a transaction."""
        with psycopg.connect(self.url(role="postgres", database=database), autocommit=True) as connection:
            connection.execute(statement)

    def create_database(self, *, name: str, copy_of: str | None = None) -> None:
        """Copy the migrated template, or a database that nobody is connected to."""
        template = copy_of or self.template()
        self.execute(
            sql.SQL("CREATE DATABASE {} OWNER meterbook_owner TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )

    def drop_database(self, *, name: str) -> None:
        """Remove a database whatever is connected to it."""
        self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def template(self) -> str:
        """The name of the migrated template of this checkout; built when missing."""
        name = f"template_{fingerprint()}"
        with _locked(home() / "template.lock"):
            if name not in self._databases():
                self._build_template(name)
        return name

    def _databases(self) -> list[str]:
        with psycopg.connect(self.url(role="postgres", database="postgres")) as connection:
            rows = connection.execute("SELECT datname FROM pg_database ORDER BY oid").fetchall()
        return [row[0] for row in rows]

    def _build_template(self, name: str) -> None:
        self._make_roles()
        old = [known for known in self._databases() if known.startswith("template_")]
        for stale in old[: max(0, len(old) - KEPT_TEMPLATES)]:
            with contextlib.suppress(psycopg.Error):
                self.drop_database(name=stale)
        half = f"half_{name}"
        self.drop_database(name=half)
        self.execute(sql.SQL("CREATE DATABASE {} OWNER meterbook_owner").format(sql.Identifier(half)))
        subprocess.run(
            [sys.executable, "-m", "meterbook.config.provision"],
            check=True,
            env=self.environment(database=half),
            stdout=subprocess.DEVNULL,
        )
        self.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(half), sql.Identifier(name))
        )

    def _make_roles(self) -> None:
        with psycopg.connect(self.url(role="postgres", database="postgres"), autocommit=True) as connection:
            known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
            for role in ROLES:
                if role not in known:
                    connection.execute(
                        sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                            sql.Identifier(role), sql.Literal(PASSWORD)
                        )
                    )
            connection.execute("GRANT meterbook_app TO meterbook_job")
            connection.execute("ALTER ROLE meterbook_job BYPASSRLS")

    def environment(self, *, database: str) -> dict[str, str]:
        """Variables for a process of the product that is to use one of these databases."""
        return {
            **os.environ,
            "METERBOOK_DATA": str(home() / "data"),
            "DATABASE_URL": self.url(role="meterbook_owner", database=database),
            "DATABASE_APP_URL": self.url(role="meterbook_app", database=database),
            "DATABASE_JOB_URL": self.url(role="meterbook_job", database=database),
        }


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """The shared server, started when nobody runs it yet and stopped when nobody uses it any more."""
    folder = home()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder / "users.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        server = embedded.EmbeddedServer(folder, password=PASSWORD, settings=SETTINGS)
        server.start()
        yield Server(embedded=server)
    finally:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            embedded.EmbeddedServer(folder, password=PASSWORD, settings=SETTINGS).stop()
        os.close(handle)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
