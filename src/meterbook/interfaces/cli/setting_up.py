"""From an empty folder to a database of this release with somebody who may log in."""

import os
import subprocess
import sys
from dataclasses import dataclass

from meterbook.config import environment
from meterbook.interfaces.cli import console, database, folder, processes, reporting, setup_marks
from meterbook.interfaces.cli.wording import gettext as _

SAID_CHARACTERS = 2000


@dataclass(frozen=True, kw_only=True)
class FirstStart:
    """What the first start makes: a demo company with so many accounts, or only an administrator."""

    accounts: int
    is_empty: bool


@dataclass(frozen=True, kw_only=True)
class Brought:
    """A database at this release: its settings with its addresses, and whether it was at another before."""

    settings: environment.Environment
    has_changed: bool


def bring_to_release(settings: environment.Environment, *, report: reporting.Report) -> Brought:
    """Have the server run and every table as this release wants it; return the settings with its addresses.

    Cheap when nothing has changed, safe to do again after it was cut short. What was reached is also noted in
    the data folder, so that the next start may begin web before it has asked the database.

    Raises:
        PostgresError: the server can't be started or the roles can't be made.
        CommandError: migrating failed.

    """
    with reporting.step(report, _("Database")):
        database.start(settings)
        settings = environment.load(os.environ, data_dir=settings.data_dir)
    release = setup_marks.release()
    has_changed = setup_marks.read(settings.database_owner_url).get(setup_marks.RELEASE) != release
    if has_changed:
        folder.note_release(settings.data_dir, release="")
        with reporting.step(report, _("Tables")):
            run_to_end(settings, words=("-m", "meterbook.config.provision"), role="owner", report=report)
        setup_marks.write(settings.database_owner_url, name=setup_marks.RELEASE, value=release)
    folder.note_release(settings.data_dir, release=release)
    return Brought(settings=settings, has_changed=has_changed)


def is_probably_current(settings: environment.Environment) -> bool:
    """Whether the last start left the database at this release; the database itself has the last word."""
    return settings.is_prepared and folder.noted_release(settings.data_dir) == setup_marks.release()


def first_start(settings: environment.Environment, *, wanted: FirstStart, report: reporting.Report) -> None:
    """Build the demo company or make an administrator, once.

    Whether it is done the company says (`ready_at`). How it was begun is written into the database before: a
    first start that was cut short is finished the way it was begun, whatever is wanted now.

    Raises:
        CommandError: it failed.

    """
    owner_url = settings.database_owner_url
    if setup_marks.is_ready(owner_url):
        return
    begun = setup_marks.read(owner_url).get(setup_marks.FIRST_START)
    if begun is None:
        begun = setup_marks.EMPTY if wanted.is_empty else str(wanted.accounts)
        setup_marks.write(owner_url, name=setup_marks.FIRST_START, value=begun)
    if begun == setup_marks.EMPTY:
        with reporting.step(report, _("Administrator")):
            words: tuple[str, ...] = ("-m", "meterbook.interfaces.cli.first_staff")
            run_to_end(settings, words=words, role="job", report=report)
    else:
        with reporting.step(report, _("Demo company")):
            words = ("-m", "meterbook.interfaces.cli.demo_build", "--accounts", begun)
            run_to_end(settings, words=words, role="job", report=report)


def run_to_end(
    settings: environment.Environment, *, words: tuple[str, ...], role: str, report: reporting.Report
) -> None:
    """Run one of our modules; its lines on standard output are progress, the rest goes to the log.

    Raises:
        CommandError: it ended with another code than 0; the message has what it said.

    """
    log = folder.log_file(settings.data_dir, "up")
    with log.open("ab") as errors_to:
        before = log.stat().st_size
        child = subprocess.Popen(  # noqa: S603 (our own modules, no shell)
            [sys.executable, *words, "--data", str(settings.data_dir)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors_to,
            start_new_session=True,
            env=processes.environment_of(part=processes.SETUP, role=role, data_dir=settings.data_dir),
            text=True,
        )
        with child:
            try:
                for line in child.stdout or ():
                    report(reporting.line_event(line))
            except BaseException:
                child.terminate()
                raise
    if child.returncode != 0:
        said = log.read_bytes()[before:].decode(errors="replace").strip()[-SAID_CHARACTERS:]
        message = _("{module} ended with code {code}:").format(module=words[1], code=child.returncode)
        fix = _("The whole log is {file}; the next start goes on from here.").format(file=log)
        raise console.CommandError(f"{message}\n{said}", fix=fix)
