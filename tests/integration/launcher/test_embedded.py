"""The embedded server: made, started, stopped, and started again after every kind of crash."""

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from meterbook.adapters.postgres import binaries, embedded, errors, roles, system_user

PASSWORD = "o'dd p@ss/wörd"
PASSWORDS = {roles.OWNER: "owner secret", roles.APP: "app secret", roles.JOB: "job secret"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.EmbeddedServer]:
    """One server of this module, below folders that only we may enter; production's settings."""
    closed = tmp_path_factory.mktemp("closed")
    closed.chmod(0o700)
    made = embedded.EmbeddedServer(closed / "data", password=PASSWORD)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def running(server: embedded.EmbeddedServer) -> embedded.EmbeddedServer:
    server.start()
    return server


def asked(server: embedded.EmbeddedServer, statement: str) -> object:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        row = cursor.fetchone() if cursor.description else None
        return None if row is None else row[0]


def main_process(server: embedded.EmbeddedServer) -> psutil.Process:
    process = server.process()
    assert process is not None
    return process


def test_commits_are_durable_and_nobody_outside_is_answered(running: embedded.EmbeddedServer) -> None:
    for name, value in {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": ".",
    }.items():
        assert asked(running, f"SHOW {name}") == value, name
    assert stat.S_IMODE(running.cluster.stat().st_mode) == 0o700
    assert asked(running, "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256'") == 0


def test_a_wrong_password_is_refused(running: embedded.EmbeddedServer) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(running.url(password="guess"))


def test_stopping_and_starting_keeps_port_and_rows(running: embedded.EmbeddedServer) -> None:
    asked(running, "CREATE TABLE kept AS SELECT 1 AS a")
    port = running.port()
    running.stop()
    assert not running.is_running()
    running.stop()
    running.start()
    running.start()
    assert running.port() == port
    assert asked(running, "SELECT count(*) FROM kept") == 1


def test_killed_with_9_in_the_middle_of_work_it_starts_again(running: embedded.EmbeddedServer) -> None:
    asked(running, "CREATE TABLE crash (a int)")
    asked(running, "INSERT INTO crash VALUES (1)")
    open_work = psycopg.connect(running.url())
    open_work.execute("INSERT INTO crash VALUES (2)")
    main_process(running).kill()
    running.start()
    with pytest.raises(psycopg.OperationalError):
        open_work.commit()
    assert asked(running, "SELECT array_agg(a) FROM crash") == [1]


def test_every_process_killed_at_once(running: embedded.EmbeddedServer) -> None:
    main = main_process(running)
    for process in (main, *main.children()):
        process.kill()
    running.start()
    assert asked(running, "SELECT 1") == 1


def test_a_backend_that_outlives_the_server_is_ended(running: embedded.EmbeddedServer) -> None:
    with psycopg.connect(running.url(), autocommit=True) as connection:
        backend = psutil.Process(connection.info.backend_pid)
        backend.suspend()
        main_process(running).kill()
        running.start()
        assert not backend.is_running() or backend.status() == psutil.STATUS_ZOMBIE
    assert asked(running, "SELECT 1") == 1


@pytest.mark.parametrize("content", ["", "x", "{own}\n/some/where\n1\n{port}\n.\n127.0.0.1\n1 1\nready\n"])
def test_a_stale_pid_file_is_no_server(running: embedded.EmbeddedServer, content: str) -> None:
    running.stop()
    stale = running.cluster / "postmaster.pid"
    # The number of a live process that isn't PostgreSQL: ours.
    stale.write_text(content.format(own=os.getpid(), port=running.port()))
    assert not running.is_running()
    running.stop()
    running.start()
    assert asked(running, "SELECT 1") == 1


def test_another_server_on_our_port_is_not_ours(running: embedded.EmbeddedServer) -> None:
    running.stop()
    before = running.port()
    assert before is not None
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", before))
        other.listen()
        assert not running.is_running()
        running.start()
        assert running.port() != before
        assert asked(running, "SELECT 1") == 1


def test_two_starts_at_once_make_one_server(running: embedded.EmbeddedServer) -> None:
    running.stop()
    script = (
        "import sys; from pathlib import Path\n"
        "from meterbook.adapters.postgres.embedded import EmbeddedServer\n"
        "server = EmbeddedServer(Path(sys.argv[1]), password=sys.argv[2])\n"
        "server.start(); print(server.process().pid)\n"
    )
    command = [sys.executable, "-c", script, str(running.home.parent), PASSWORD]
    starters = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _number in range(3)]
    said = {starter.communicate(timeout=60)[0].strip() for starter in starters}
    assert said == {str(main_process(running).pid)}


def test_half_a_cluster_is_made_again(tmp_path: Path) -> None:
    server = embedded.EmbeddedServer(tmp_path / "data", password=PASSWORD, settings={"fsync": "off"})
    half = server.home / "cluster.half"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18")
    server.start()
    try:
        assert asked(server, "SHOW fsync") == "off"
        assert not half.exists()
        assert not (server.home / "password").exists()
    finally:
        server.stop()


def test_roles_and_database_made_twice_are_the_same(running: embedded.EmbeddedServer) -> None:
    for _time in range(2):
        roles.make_database(superuser_url=running.url(), passwords=PASSWORDS)
    mighty = "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'meterbook%' AND {}"
    assert asked(running, mighty.format("(rolsuper OR rolcreaterole OR rolcreatedb)")) == 0
    assert asked(running, mighty.format("rolbypassrls AND rolname <> 'meterbook_job'")) == 0
    assert asked(running, mighty.format("true")) == 3
    owner = running.url(role=roles.OWNER, password=PASSWORDS[roles.OWNER], database=roles.DATABASE)
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    for role in (roles.APP, roles.JOB):
        url = running.url(role=role, password=PASSWORDS[role], database=roles.DATABASE)
        with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE public.mine (a int)")


def test_an_owner_who_may_not_make_roles_gets_the_statements(running: embedded.EmbeddedServer) -> None:
    roles.make_database(superuser_url=running.url(), passwords=PASSWORDS)
    asked(running, f"DROP OWNED BY {roles.APP}, {roles.JOB}")
    owner = running.url(role=roles.OWNER, password=PASSWORDS[roles.OWNER], database=roles.DATABASE)
    with pytest.raises(errors.RolesMissingError) as caught:
        roles.make_roles_as_owner(owner_url=owner, passwords=PASSWORDS)
    assert "CREATE ROLE meterbook_app LOGIN" in caught.value.fix
    assert "DATABASE_APP_URL" in caught.value.fix
    # As a superuser the same call makes them.
    roles.make_roles_as_owner(owner_url=running.url(), passwords=PASSWORDS)


def test_a_folder_without_programs_is_named() -> None:
    user = system_user.choose(configured=None, owner_of=Path("/nonexistent"))
    with pytest.raises(errors.PostgresMissingError, match="/usr/share") as caught:
        binaries.find(configured=Path("/usr/share"), user=user)
    assert "METERBOOK_POSTGRES_BIN" in caught.value.fix
    assert binaries.find(configured=None, user=user).major_version >= binaries.OLDEST_VERSION


def test_output_to_a_pipe_is_refused() -> None:
    user = system_user.choose(configured=None, owner_of=Path("/nonexistent"))
    with pytest.raises(ValueError, match="pipe"):
        system_user.run(["true"], user=user, output=subprocess.PIPE)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_as_root_the_server_runs_as_another_user(running: embedded.EmbeddedServer) -> None:
    assert main_process(running).uids().effective != 0
    with pytest.raises(errors.PostgresError, match="nobody_of_this_name"):
        system_user.choose(configured="nobody_of_this_name", owner_of=Path("/nonexistent"))
