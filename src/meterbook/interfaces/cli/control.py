"""`meterbook stop`, `status` and `logs`: what runs on a data folder, seen from another terminal."""

import contextlib
import os
import signal
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import psutil
import typer

from meterbook.config import environment, secret_store
from meterbook.interfaces.cli import console, database, folder, processes, supervisor, up
from meterbook.interfaces.cli.wording import gettext as _

STOP_SECONDS = 60


class LogName(StrEnum):
    """Whose log."""

    WEB = "web"
    WORKER = "worker"
    DATABASE = "database"
    UP = "up"


def stop() -> None:
    """Stop everything that runs on the data folder, also what a killed `up` left."""
    settings = environment.load(os.environ)
    if not (settings.data_dir / "run").is_dir():
        console.out().print(_("Nothing runs on {folder}.").format(folder=settings.data_dir))
        return
    supervising = _supervising(settings.data_dir)
    if supervising is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            supervising.send_signal(signal.SIGTERM)
        _gone, staying = psutil.wait_procs([supervising], timeout=STOP_SECONDS)
        for process in staying:
            process.kill()
    left = [process for _part, process in processes.alive(data_dir=settings.data_dir)]
    processes.end(left, patience_seconds=supervisor.END_SECONDS)
    was_running = _database_process(settings) is not None
    database.stop_if_unused(settings)
    if supervising is None and not left and not was_running:
        console.out().print(_("Nothing runs on {folder}.").format(folder=settings.data_dir))
        return
    console.out().print(_("Stopped."))


def status(
    *, as_json: Annotated[bool, typer.Option("--json", help=_("One line for scripts"))] = False
) -> None:
    """Show what runs and where; exit code 1 when it is not up."""
    settings = environment.load(os.environ)
    data_dir = settings.data_dir
    is_up = (data_dir / "run").is_dir() and _supervising(data_dir) is not None
    state = folder.read_state(data_dir) if is_up else None
    parts: dict[str, list[int]] = {}
    for part, process in processes.alive(data_dir=data_dir):
        parts.setdefault(part, []).append(process.pid)
    server = _database_process(settings)
    if server is not None:
        parts["database"] = [server.pid]
    address = urlsplit(state.url) if state else None
    is_healthy = bool(
        address and address.port and supervisor.is_healthy(host=address.hostname or "", port=address.port)
    )
    content: dict[str, Any] = {
        "up": is_up,
        "healthy": is_healthy,
        "url": state.url if state else None,
        "pid": state.pid if state else None,
        "version": state.version if state else None,
        "data": str(data_dir),
        "processes": parts,
    }
    if as_json:
        console.print_json(content)
    else:
        _show(state, parts=parts, is_healthy=is_healthy, data_dir=data_dir)
    if not is_healthy:
        raise typer.Exit(console.FAILED)


def logs(
    name: Annotated[LogName, typer.Argument(help=_("Whose"))] = LogName.WEB,
    *,
    follow: Annotated[bool, typer.Option("-f", "--follow", help=_("Go on as it grows"))] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", min=1, help=_("How many lines back"))] = 100,
) -> None:
    """Show what a part wrote last."""
    path = folder.log_file(environment.load(os.environ).data_dir, name.value)
    if not path.exists():
        message = _("{file} is not there yet.").format(file=path)
        raise console.CommandError(
            message, fix=_("Run meterbook up, or name another folder with --data DIR.")
        )
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file.readlines()[-lines:]:
            typer.echo(line, nl=False)
        while follow:
            line = file.readline()
            if line:
                typer.echo(line, nl=False)
            else:
                time.sleep(0.2)


def _supervising(data_dir: Path) -> psutil.Process | None:
    """Return the running `up`: its lock is held, so the process that wrote its number there is alive."""
    lock = folder.up_lock(data_dir)
    if folder.is_free(lock):
        return None
    try:
        process = psutil.Process(int(lock.read_text(encoding="ascii")))
        return process if "up" in process.cmdline() else None
    except (ValueError, psutil.Error):
        return None


def _database_process(settings: environment.Environment) -> psutil.Process | None:
    if not settings.is_embedded or secret_store.read(settings.data_dir) is None:
        return None
    return database.server_of(settings).process()


def _show(
    state: folder.State | None, *, parts: dict[str, list[int]], is_healthy: bool, data_dir: Path
) -> None:
    out = console.out()
    if state is not None:
        up.show(state, logins=[], data_dir=data_dir)
    else:
        out.print(_("Not up on {folder}.").format(folder=data_dir))
    for name, numbers in sorted(parts.items()):
        out.print(f"  {name}: {', '.join(str(number) for number in numbers)}")
    if state is not None and not is_healthy:
        out.print(_("  The web server does not answer."))
