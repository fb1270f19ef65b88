"""One PostgreSQL server that belongs to one data folder.

What tells whether the server runs is never a pid file alone: a process counts only when it is alive, is named
postgres and works in our cluster folder. So a recycled pid, an unreaped zombie or somebody else's server on
our old port are not mistaken for ours, and `start` works after everything was killed with -9.
"""

import contextlib
import fcntl
import functools
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psutil

from meterbook.adapters.postgres import binaries, errors, server_settings, system_user

HOST = "127.0.0.1"
OWN_FILE = "meterbook.conf"
PAUSE_SECONDS = 0.05
ORPHAN_SECONDS = 5
LOG_TAIL_CHARACTERS = 2000


class EmbeddedServer:
    """Start, stop and reach the server of one data folder.

    Everything lives in `data_dir/postgres`: `cluster/` (PostgreSQL's own folder) and `port` (the port it
    keeps from start to start). The server listens on 127.0.0.1 and on a socket in the cluster folder; every
    way in asks for a password.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        password: str,
        settings: Mapping[str, str] | None = None,
        configured_bin: Path | None = None,
        configured_user: str | None = None,
        log_file: Path | None = None,
    ) -> None:
        """Describe a server; nothing is touched before `start`.

        Args:
            data_dir: The data folder of the installation.
            password: Of the superuser `postgres`; fixed when the cluster is made.
            settings: Over the defaults of `server_settings`, e.g. `{"fsync": "off"}` in tests.
            configured_bin: Folder of PostgreSQL's programs instead of the wheel's.
            configured_user: Who runs it when we are root.
            log_file: Where the server writes; default `data_dir/logs/database.log`.

        """
        self.home = data_dir.absolute() / "postgres"
        self.cluster = self.home / "cluster"
        self.log_file = log_file or data_dir.absolute() / "logs" / "database.log"
        self._password = password
        self._settings = dict(settings or {})
        self._configured_bin = configured_bin
        self._configured_user = configured_user

    def port(self) -> int | None:
        """Return the port the server keeps, or None before its first start."""
        try:
            return int((self.home / "port").read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            return None

    def url(self, *, role: str = "postgres", password: str | None = None, database: str = "postgres") -> str:
        """Return the address for one role; without a password the superuser's.

        Raises:
            PostgresError: the server was never started.

        """
        port = self.port()
        if port is None:
            raise errors.PostgresError("The server was never started.", fix="Run: meterbook up")
        secret = quote(self._password if password is None else password, safe="")
        return f"postgresql://{quote(role, safe='')}:{secret}@{HOST}:{port}/{quote(database, safe='')}"

    def process(self) -> psutil.Process | None:
        """Return the server's main process, or None when this cluster has none alive."""
        try:
            recorded = (self.cluster / "postmaster.pid").read_text(encoding="utf-8", errors="replace")
            process = psutil.Process(int(recorded.splitlines()[0]))
        except (FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
            return None
        return process if self._is_ours(process) else None

    def is_running(self) -> bool:
        """Whether the server takes connections now."""
        return self.process() is not None and self._answers()

    def start(self, *, timeout_seconds: int = 60) -> None:
        """Make the cluster if there is none, start the server if it isn't running, return when it answers.

        Safe to call from several processes at once and after any kind of crash.

        Raises:
            PostgresError: no programs, no other user, or the server doesn't come up.

        """
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.log_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._locked():
            deadline = time.monotonic() + timeout_seconds
            while not self.is_running():
                if time.monotonic() > deadline:
                    raise errors.PostgresStartError(
                        f"PostgreSQL does not start: {self._log_tail()}",
                        fix=f"The whole log is {self.log_file}; is the disk full?",
                    )
                if self.process() is None:
                    self._make_cluster()
                    self._clear_remains()
                    self._launch(timeout_seconds=max(1, int(deadline - time.monotonic())))
                time.sleep(PAUSE_SECONDS)

    def stop(self, *, timeout_seconds: int = 60) -> None:
        """Stop the server if it runs: roll back what is open, write all out, return when it is gone."""
        process = self.process()
        if process is None:
            return
        for mode in ("fast", "immediate"):
            self._run("pg_ctl", f"-m {mode} -w -t {timeout_seconds} stop", folder=self.cluster)
            if self.process() is None:
                return

    @functools.cached_property
    def _tools(self) -> tuple[system_user.SystemUser, binaries.Binaries]:
        user = system_user.choose(configured=self._configured_user, owner_of=self.cluster)
        return user, binaries.find(configured=self._configured_bin, user=user)

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return (
                process.status() != psutil.STATUS_ZOMBIE
                and process.name().startswith("postgres")
                and Path(process.cwd()) == self.cluster.resolve()
            )
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False

    def _answers(self) -> bool:
        """Whether something speaks PostgreSQL on our port; with `process` alive it can only be ours."""
        port = self.port()
        if port is None:
            return False
        return self._run("pg_isready", f"-q -h {HOST} -p {port} -t 3") == 0

    def _run(
        self,
        program: str,
        words: str,
        *,
        folder: Path | None = None,
        given: IO[bytes] | int = subprocess.DEVNULL,
        output: IO[bytes] | int = subprocess.DEVNULL,
    ) -> int:
        user, programs = self._tools
        arguments = [programs.program(program), *(("-D", "{folder}") if folder else ()), *words.split()]
        return system_user.run(arguments, user=user, folder=folder, given=given, output=output)

    def _make_cluster(self) -> None:
        """Run initdb once, in a folder beside that is renamed when done: half a cluster never counts."""
        if self.cluster.exists():
            return
        user, programs = self._tools
        half_made = self.home / "cluster.half"
        shutil.rmtree(half_made, ignore_errors=True)
        half_made.mkdir(mode=0o700)
        password_file = half_made.with_name("password")
        password_file.unlink(missing_ok=True)
        with os.fdopen(os.open(password_file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(self._password + "\n")
        words = (
            "-U postgres -E UTF8 --locale=C.UTF-8 --data-checksums --auth=scram-sha-256 --pwfile=/dev/stdin"
        )
        if programs.has_builtin_locale:
            words += " --locale-provider=builtin"
        if user.is_other:
            for path in (half_made, password_file):
                os.chown(path, user.user_id, user.group_id)
        with password_file.open("rb") as secret, self.log_file.open("ab") as log:
            code = self._run("initdb", words, folder=half_made, given=secret, output=log)
        password_file.unlink()
        if code != 0:
            raise errors.PostgresStartError(
                f"initdb failed: {self._log_tail()}",
                fix="Look at the message; is the disk full or read-only?",
            )
        with (half_made / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write(f"\ninclude_if_exists = '{OWN_FILE}'\n")
        half_made.rename(self.cluster)

    def _clear_remains(self) -> None:
        """Remove what a killed server left, once nothing of it runs any more.

        Its children end by themselves when they notice; one that is deep in a query is killed after a while.
        Only then are its lock files worthless: PostgreSQL itself would take a recycled pid for a server.
        """
        patience_ends = time.monotonic() + ORPHAN_SECONDS
        while orphans := [process for process in psutil.process_iter() if self._is_ours(process)]:
            if time.monotonic() > patience_ends:
                for process in orphans:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        process.kill()
            time.sleep(PAUSE_SECONDS)
        for remains in (self.cluster / "postmaster.pid", *self.cluster.glob(".s.PGSQL.*")):
            remains.unlink(missing_ok=True)

    def _launch(self, *, timeout_seconds: int) -> None:
        """Try once; a port taken in between or a slow recovery is the caller's next round."""
        self._write_settings(port=self._free_port())
        with self.log_file.open("ab") as log:
            words = f"-w -t {timeout_seconds} start"
            code = self._run("pg_ctl", words, folder=self.cluster, output=log)
        if code != 0 and self.process() is None:
            time.sleep(1)

    def _write_settings(self, *, port: int) -> None:
        where = {"listen_addresses": HOST, "port": str(port), "unix_socket_directories": "."}
        _replace(
            self.cluster / OWN_FILE,
            server_settings.as_text({**server_settings.for_this_machine(), **self._settings, **where}),
            mode=0o644,
        )
        _replace(self.home / "port", str(port), mode=0o600)

    def _free_port(self) -> int:
        """Return the port of last time when it is free, else one the system gives us."""
        for wanted in (self.port() or 0, 0):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((HOST, wanted))
                except OSError:
                    continue
                return int(probe.getsockname()[1])
        raise errors.PostgresStartError("No port is free on 127.0.0.1.", fix="Close other programs.")

    def _log_tail(self) -> str:
        try:
            return self.log_file.read_text(encoding="utf-8", errors="replace")[-LOG_TAIL_CHARACTERS:].strip()
        except FileNotFoundError:
            return "(no log)"

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        handle = os.open(self.home / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _replace(path: Path, text: str, *, mode: int) -> None:
    """Write a file whole or not at all."""
    half = path.with_name(path.name + ".half")
    half.write_text(text, encoding="utf-8")
    half.chmod(mode)
    half.replace(path)
