"""`meterbook up`: everything running, from nothing or from whatever was left."""

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import typer

from meterbook.config import environment
from meterbook.interfaces.cli import console, folder, reporting
from meterbook.interfaces.cli.wording import gettext as _

LARGEST_PORT = 65535


def up(  # each option is one of the command's, with its own help
    *,
    port: Annotated[int | None, typer.Option(min=0, max=LARGEST_PORT, help=_("0 for a free one"))] = None,
    accounts: Annotated[int, typer.Option(min=1, max=10_000_000, help=_("Of the demo company"))] = 2000,
    empty: Annotated[bool, typer.Option("--empty", help=_("No demo company"))] = False,
    detach: Annotated[bool, typer.Option("--detach", help=_("Return when it is up"))] = False,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print one line for scripts"))] = False,
    no_worker: Annotated[bool, typer.Option("--no-worker", help=_("No background jobs"))] = False,
    events_to: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Start everything; the first time, set it up."""
    settings = environment.load(os.environ)
    os.environ["METERBOOK_DATA"] = str(settings.data_dir)
    if detach:
        _detached(settings, is_json=as_json)
        return
    # Loaded late: who only waits for a detached start needs none of it.
    from meterbook.interfaces.cli import setting_up, supervisor

    wanted = setting_up.FirstStart(accounts=accounts, is_empty=empty)
    options = supervisor.Options(port=port, first_start=wanted, has_worker=not no_worker)
    supervisor.listen_for_signals()
    display: reporting.Display = reporting.Terminal() if events_to is None else reporting.ToParent(events_to)
    running = supervisor.Supervisor(settings, options=options, report=display.show)
    try:
        with running.running():
            display.show(reporting.Event(kind="ready"))
            display.close()
            if events_to is None:
                _print_ready(settings.data_dir, is_json=as_json)
            running.watch()
    except KeyboardInterrupt:
        display.close()
        console.err().print(_("Stopped."))
    except Exception as failure:
        known = console.explained(failure) or console.CommandError(repr(failure))
        text, fix, exit_code = str(known), known.fix, known.exit_code
        display.show(reporting.Event(kind="failed", text=text, fix=fix, exit_code=exit_code))
        raise
    finally:
        display.close()


def _detached(settings: environment.Environment, *, is_json: bool) -> None:
    """Start another `up` in the background and show what it does until it is ready."""
    folder.prepare(settings.data_dir)
    ours, theirs = os.pipe()
    words = [word for word in sys.argv[1:] if word not in {"--detach", "--json"}]
    with folder.log_file(settings.data_dir, "up").open("ab") as log:
        child = subprocess.Popen(  # noqa: S603 (ourselves again)
            [sys.executable, "-m", "meterbook.interfaces.cli.main", *words, "--events-to", str(theirs)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=(theirs,),
        )
    os.close(theirs)
    display = reporting.Terminal()
    last = reporting.Event(kind="")
    try:
        with os.fdopen(ours, encoding="utf-8") as events:
            for line in events:
                last = reporting.Event(**json.loads(line))
                display.show(last)
    except KeyboardInterrupt:
        child.terminate()
        raise
    finally:
        display.close()
    if last.kind == "failed":
        raise console.CommandError(last.text, fix=last.fix, exit_code=last.exit_code)
    if last.kind != "ready":
        log_file = folder.log_file(settings.data_dir, "up")
        fix = _("The whole log is {file}.").format(file=log_file)
        raise console.CommandError(_("The start ended before it was done."), fix=fix)
    _print_ready(settings.data_dir, is_json=is_json)


def _print_ready(data_dir: Path, *, is_json: bool) -> None:
    state = folder.read_state(data_dir)
    if state is None:
        return
    logins = folder.read_logins(data_dir)
    if is_json:
        content: dict[str, Any] = {
            "url": state.url,
            "logins": logins,
            "pid": state.pid,
            "data": str(data_dir),
            "version": metadata.version("meterbook"),
        }
        console.print_json(content)
        return
    show(state, logins=logins, data_dir=data_dir)


def show(state: folder.State, *, logins: list[dict[str, str]], data_dir: Path) -> None:
    """Print where it is and how to get in."""
    from rich.table import Table

    out = console.out()
    out.print()
    out.print(f"  [bold]{state.url}[/bold]")
    if logins:
        table = Table(box=None, padding=(0, 2), show_edge=False)
        for title in (_("Role"), _("User name"), _("Password")):
            table.add_column(title, style=None)
        for login in logins:
            table.add_row(login.get("role_name", login["role"]), login["username"], login["password"])
        out.print(table)
    out.print(_("  Data: {folder}").format(folder=data_dir))
    out.print(_("  Stop with Ctrl-C, or from elsewhere with: meterbook stop"))
