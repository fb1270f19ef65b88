"""Killed with -9 at any moment, the next `up` just works."""

import contextlib
import http.client
import os
import signal
import socket
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest

from meterbook.interfaces.cli import processes
from tests.crash import installation as installations

pytestmark = pytest.mark.crash


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[installations.Installation]:
    """One empty installation, set up once."""
    made = installations.Installation(tmp_path_factory.mktemp("up") / "data")
    try:
        made.up("--empty")
        yield made
    finally:
        made.end()


@pytest.fixture
def running(folder: installations.Installation) -> installations.Installation:
    """The same, up and healthy, whatever the last test did to it."""
    if not folder.status()["healthy"]:
        folder.call("stop")
        folder.up()
    return folder


def answers(url: str) -> bool:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def staff_count(installation: installations.Installation) -> int:
    with psycopg.connect(installation.environment().database_owner_url) as connection:
        row = connection.execute("SELECT count(*) FROM main.access_staff").fetchone()
        return int(row[0]) if row else 0


def test_up_says_where_and_who(running: installations.Installation) -> None:
    said = running.status()
    assert said["up"]
    assert said["healthy"]
    assert answers(said["url"])
    assert {"database", "web"} <= set(said["processes"])
    logins = running.data_dir / "logins.json"
    assert stat.S_IMODE(logins.stat().st_mode) == 0o600
    assert stat.S_IMODE(running.data_dir.stat().st_mode) == 0o700
    assert staff_count(running) == 1


def test_a_second_up_is_refused_and_changes_nothing(running: installations.Installation) -> None:
    before = running.status()
    said = running.call("up", "--port", "0")
    assert said.returncode == 1
    assert "already runs" in said.stderr
    assert before["url"] in said.stderr
    assert running.status()["processes"] == before["processes"]


@pytest.mark.parametrize("what", ["web", "database", "both"])
def test_killed_parts_come_back_by_themselves(running: installations.Installation, what: str) -> None:
    url = running.status()["url"]
    server = running.server().process()
    assert server is not None
    victims = running.parts(processes.WEB) if what in {"web", "both"} else []
    victims += [server] if what in {"database", "both"} else []
    installations.kill(victims)
    installations.until(lambda: answers(url), what=f"{what} back at {url}")
    left = {process.pid for process in victims}
    now = {process.pid for process in running.parts()}
    assert not left & now


def test_a_killed_up_is_followed_by_a_clean_one(running: installations.Installation) -> None:
    before = running.status()
    os.kill(before["pid"], signal.SIGKILL)
    assert running.parts(), "what it started goes on until the next up"
    after = running.up()
    assert answers(after["url"])
    old = {pid for name, pids in before["processes"].items() if name != "database" for pid in pids}
    installations.until(
        lambda: not [pid for pid in old if _is_alive(pid)], seconds=10, what="leftovers ended"
    )


def test_everything_killed_at_once(running: installations.Installation) -> None:
    before = running.status()
    server = running.server().process()
    assert server is not None
    everything = [psutil.Process(before["pid"]), *running.parts(), server, *server.children()]
    installations.kill(everything)
    after = running.up()
    assert answers(after["url"])
    assert staff_count(running) == 1


def test_stop_ends_everything_also_what_a_killed_up_left(running: installations.Installation) -> None:
    os.kill(running.status()["pid"], signal.SIGKILL)
    assert running.call("stop").returncode == 0
    assert running.parts() == []
    assert running.server().process() is None
    said = running.call("stop")
    assert (said.returncode, said.stdout.strip()[:12]) == (0, "Nothing runs")


def test_ctrl_c_stops_in_order_and_reaps(running: installations.Installation) -> None:
    running.call("stop")
    child = running.begin("up", "--port", "0")
    installations.until(lambda: running.status()["healthy"], what="up in the foreground")
    child.send_signal(signal.SIGINT)
    assert child.wait(timeout=60) == 0
    assert running.parts() == []
    assert running.server().process() is None


def test_a_taken_port_is_named_with_the_fix(running: installations.Installation) -> None:
    running.call("stop")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = running.call("up", "--port", str(port))
    assert said.returncode == 1
    assert str(port) in said.stderr
    assert "--port 0" in said.stderr
    assert running.server().process() is None, "nothing is left running"


def test_a_command_leaves_the_server_as_it_found_it(running: installations.Installation) -> None:
    running.call("stop")
    assert running.call("migrate").returncode == 0
    assert running.server().process() is None
    running.up()
    assert running.call("migrate").returncode == 0
    assert running.status()["healthy"]


def test_a_first_start_killed_at_every_stage_is_finished_by_the_next(tmp_path: Path) -> None:
    made = installations.Installation(tmp_path / "data")
    postgres = made.data_dir / "postgres"
    stages: dict[str, Callable[[], bool]] = {
        "half a cluster": (postgres / "cluster.half" / "PG_VERSION").exists,
        "server starting": (postgres / "cluster" / "postmaster.pid").exists,
        "some tables": lambda: table_count(made) > 5,
        "all shared tables": lambda: table_count(made) > 20,
        "administrator": lambda: is_setting_up(made, module="first_staff"),
        "web starting": lambda: bool(made.parts(processes.WEB)),
    }
    try:
        for stage, is_reached in stages.items():
            first = made.begin("up", "--empty", "--port", "0")
            while not is_reached():
                time.sleep(0.05)
                assert first.poll() is None, f"ended before {stage}: {made.said()}"
            first.kill()
            first.wait()
        answer = made.up("--empty")
        assert answers(answer["url"])
        assert [login["role"] for login in answer["logins"]] == ["ADMIN"]
        assert staff_count(made) == 1
    finally:
        made.end()


def table_count(installation: installations.Installation) -> int:
    """How many tables there are by now; 0 as long as nobody can say."""
    try:
        with psycopg.connect(installation.environment().database_owner_url, connect_timeout=2) as connection:
            row = connection.execute("SELECT count(*) FROM pg_stat_user_tables").fetchone()
            return int(row[0]) if row else 0
    except psycopg.OperationalError:
        return 0


def is_setting_up(installation: installations.Installation, *, module: str) -> bool:
    """Whether a module of the set-up runs now."""
    found = []
    for process in installation.parts(processes.SETUP):
        with contextlib.suppress(psutil.NoSuchProcess):
            found.append(" ".join(process.cmdline()))
    return any(module in words for words in found)


def _is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
