"""Bringing a database to a release, killed while it writes down what it did, is finished by the next run."""

import subprocess
import sys

import psycopg
import pytest

from tests.support import server as server_module

KILLED = """
import os, sys
os.environ["METERBOOK_DATABASE_ROLE"] = "owner"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meterbook.config.settings")
import django
django.setup()
from django.db.migrations.recorder import MigrationRecorder
usual = MigrationRecorder.record_applied
def last(self, app, name):
    usual(self, app, name)
    if [app, name] == sys.argv[1:]:
        os._exit(9)
MigrationRecorder.record_applied = last
from meterbook.config import provision
provision.provision(progress=lambda step: None)
"""


# In the middle of what a squashed migration stands for; after one with tables and one with data.
@pytest.mark.parametrize(
    ("app", "name"),
    [("agreements", "0003_holders_of_accounts"), ("edits", "0001_initial"), ("billing", "0004_fees")],
)
def test_killed_while_recording(postgres_server: server_module.Server, app: str, name: str) -> None:
    database = f"killed_while_recording_{app}"
    postgres_server.create_database(name=database, copy_of="template1")
    try:
        told = postgres_server.environment(database=database)
        killed = subprocess.run([sys.executable, "-c", KILLED, app, name], env=told, check=False)
        assert killed.returncode == 9
        subprocess.run(
            [sys.executable, "-m", "meterbook.config.provision"],
            check=True,
            env=told,
            stdout=subprocess.DEVNULL,
        )
        with psycopg.connect(postgres_server.url(role="postgres", database=database)) as superuser:
            found = superuser.execute(
                "SELECT count(*) FROM main.django_migrations WHERE app = %s AND name = %s", [app, name]
            ).fetchone()
        assert found == (1,)
    finally:
        postgres_server.drop_database(name=database)
