"""Brings an installation up and keeps it up until it is told to stop."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from types import FrameType

from meterbook.adapters.postgres import errors
from meterbook.config import environment
from meterbook.interfaces.cli import console, database, folder, processes, reporting, setting_up
from meterbook.interfaces.cli.wording import gettext as _

HEALTH_SECONDS = 60
END_SECONDS = 20
LOOK_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30
# A part that ran this long before it ended begins again with the shortest pause.
STEADY_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Options:
    """What `up` was asked for."""

    port: int | None
    first_start: setting_up.FirstStart
    has_worker: bool


@dataclass(kw_only=True)
class Part:
    """A child we keep running: web or worker."""

    name: str
    role: str
    arguments: str
    child: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause_seconds: float = LOOK_SECONDS
    next_start: float = 0.0


class Supervisor:
    """One `up`: everything started in order, watched, and stopped in the opposite order."""

    def __init__(
        self, settings: environment.Environment, *, options: Options, report: reporting.Report
    ) -> None:
        self.settings = settings
        self.data_dir = settings.data_dir
        self.options = options
        self.report = report
        self.port = 0
        self.parts: list[Part] = []

    @property
    def url(self) -> str:
        """Where people reach it from this machine."""
        return f"http://{_dialled(self.settings.host)}:{self.port}/"

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Have everything up inside, and down afterwards, whatever happens.

        Raises:
            CommandError: another `up` has this folder, the port is taken, a step failed.
            PostgresError: the database can't be started.

        """
        folder.prepare(self.data_dir)
        with contextlib.ExitStack() as stack:
            stack.enter_context(_only_up(self.settings))
            stack.callback(self._shut_down)
            with reporting.step(self.report, _("Preparing")):
                self._end_leftovers()
                self.port = _free_port(self.settings.host, self._wanted_port())
            users_lock = folder.users_lock(self.data_dir)
            stack.enter_context(folder.locked(users_lock, is_shared=True, waits=True))
            folder.on_demand_mark(self.data_dir).unlink(missing_ok=True)
            self._bring_up()
            yield

    def watch(self) -> None:
        """Restart what ends by itself, until a signal comes (KeyboardInterrupt)."""
        while True:
            time.sleep(LOOK_SECONDS)
            self._restart_database()
            for part in self.parts:
                self._restart(part)

    def _wanted_port(self) -> int:
        return self.settings.port if self.options.port is None else self.options.port

    def _end_leftovers(self) -> None:
        """End what an `up` that was killed left running; nobody else's process carries our mark."""
        found = [process for _part, process in processes.alive(data_dir=self.data_dir)]
        processes.end(found, patience_seconds=5)
        folder.put_logs_away(self.data_dir)

    def _bring_up(self) -> None:
        self._name_parts()
        web = self.parts[0]
        # Web loads its libraries while the database starts, if the database is likely as web wants it.
        if setting_up.is_probably_current(self.settings):
            self._start(web)
        brought = setting_up.bring_to_release(self.settings, report=self.report)
        setting_up.first_start(brought.settings, wanted=self.options.first_start, report=self.report)
        with reporting.step(self.report, _("Web and worker")):
            if web.child is not None and (brought.has_changed or brought.settings != self.settings):
                self._end(web)
            self.settings = brought.settings
            if web.child is None:
                self._start(web)
            self._wait_until_healthy()
            # After web, not beside it: both load the same libraries, and people wait for web.
            for part in self.parts[1:]:
                self._start(part)
        folder.write_state(
            self.data_dir,
            folder.State(url=self.url, pid=os.getpid(), version=metadata.version("meterbook")),
        )

    def _name_parts(self) -> None:
        settings = self.settings
        web = f"-m granian --interface wsgi --no-ws --host {settings.host} --port {self.port}"
        web += f" --workers {settings.web_processes} --blocking-threads {settings.web_threads}"
        web += " --respawn-failed-workers --respawn-interval 0.5 --workers-kill-timeout 5"
        web += " meterbook.config.wsgi:application"
        self.parts.append(Part(name=processes.WEB, role="app", arguments=web))
        if self.options.has_worker:
            worker = "-m meterbook.interfaces.jobs.worker"
            self.parts.append(Part(name=processes.WORKER, role="job", arguments=worker))

    def _start(self, part: Part) -> None:
        log = folder.log_file(self.data_dir, part.name)
        part.started = time.monotonic()
        part.child = processes.spawn(
            part.arguments.split(), part=part.name, role=part.role, data_dir=self.data_dir, log=log
        )

    def _end(self, part: Part) -> None:
        if part.child is not None:
            processes.end_part(
                part.child, part=part.name, data_dir=self.data_dir, patience_seconds=END_SECONDS
            )
            part.child = None

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + HEALTH_SECONDS
        web = self.parts[0]
        while not is_healthy(host=_dialled(self.settings.host), port=self.port):
            has_ended = web.child is not None and web.child.poll() is not None
            if has_ended or time.monotonic() > deadline:
                log = folder.log_file(self.data_dir, web.name)
                said = log.read_text(encoding="utf-8", errors="replace")[-2000:].strip()
                fix = _("The whole log is {file}.").format(file=log)
                raise console.CommandError(_("The web server does not answer:") + f"\n{said}", fix=fix)
            time.sleep(0.05)

    def _restart(self, part: Part) -> None:
        """Start a part again that ended, later each time it ends soon."""
        now = time.monotonic()
        if part.child is not None and part.child.poll() is not None:
            if now - part.started > STEADY_SECONDS:
                part.pause_seconds = LOOK_SECONDS
            note = f"{part.name} ended with code {part.child.returncode}, again in {part.pause_seconds} s"
            sys.stderr.write(note + "\n")
            part.child = None
            part.next_start = now + part.pause_seconds
            part.pause_seconds = min(part.pause_seconds * 2, LONGEST_PAUSE_SECONDS)
        if part.child is None and now >= part.next_start:
            left = [process for _part, process in processes.alive(data_dir=self.data_dir, part=part.name)]
            processes.end(left, patience_seconds=1)
            self._start(part)

    def _restart_database(self) -> None:
        if not self.settings.is_embedded or database.server_of(self.settings).process() is not None:
            return
        sys.stderr.write("database ended, starting it again\n")
        try:
            database.start(self.settings)
        except errors.PostgresError as failure:
            sys.stderr.write(f"{failure} {failure.fix}\n")

    def _shut_down(self) -> None:
        """Stop web, worker, database, in this order; a second Ctrl-C does not leave half of it running."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        folder.forget_state(self.data_dir)
        for part in self.parts:
            self._end(part)
        database.stop_if_unused(self.settings)


def listen_for_signals() -> None:
    """Make a polite end of every signal that asks for one."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)


def is_healthy(*, host: str, port: int) -> bool:
    """Whether the web server answers and reaches its database."""
    connection = http.client.HTTPConnection(host, port, timeout=3)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextlib.contextmanager
def _only_up(settings: environment.Environment) -> Iterator[None]:
    """Hold the lock of the one `up` of a folder."""
    try:
        with folder.locked(folder.up_lock(settings.data_dir)) as handle:
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
            yield
    except folder.BusyError as busy:
        state = folder.read_state(settings.data_dir)
        where = state.url if state else _("still starting")
        message = _("Meterbook already runs on {folder}: {where}").format(
            folder=settings.data_dir, where=where
        )
        raise console.CommandError(message, fix=_("Use it, run meterbook stop, or name --data.")) from busy


def _free_port(host: str, wanted: int) -> int:
    """Return the port to listen on: the wanted one if it is free, for 0 one that the system gives us."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wanted))
        except OSError as taken:
            message = _("Web can't listen on {host} port {port}: {reason}").format(
                host=host, port=wanted, reason=taken.strerror
            )
            fix = _("Give another with --port N, or --port 0 for a free one.")
            raise console.CommandError(message, fix=fix) from taken
        return int(probe.getsockname()[1])


def _dialled(host: str) -> str:
    """Return the address by which this machine reaches its own web server."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 (compared, not bound)
