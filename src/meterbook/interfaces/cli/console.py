"""What every command shares: words on the terminal, failures in one line, the way to the database."""

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

from meterbook.interfaces.cli.wording import gettext as _

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

FAILED = 1  # exit code: the act was refused or went wrong
WRONG_USE = 2  # exit code: the input or the command line is wrong
_INTERRUPTED = 130

# What has to be closed when the command ends, e.g. a database server started for it.
_at_end = contextlib.ExitStack()


class CommandError(Exception):
    """An expected failure: one sentence what is wrong, one what to do about it."""

    def __init__(self, message: str, *, fix: str = "", exit_code: int = FAILED) -> None:
        super().__init__(message)
        self.fix = fix
        self.exit_code = exit_code


def out() -> "Console":
    """Return the console for results."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


def err() -> "Console":
    """Return the console for progress and failures, so that results can be piped."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(content: object) -> None:
    """Write one line of JSON to standard output."""
    sys.stdout.write(json.dumps(content, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def progress() -> "Progress":
    """Return a progress display on standard error; silent where that is no terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=err(), transient=True, disable=not sys.stderr.isatty())


def django_setup(*, role: str = "job") -> None:
    """Make Django ready for the data folder in METERBOOK_DATA.

    An embedded server that doesn't run is started, and stopped again at the end of the command unless
    somebody else uses it by then.

    Args:
        role: Which database role: `owner`, `app` or `job`.

    Raises:
        CommandError: nothing was set up in the data folder yet.

    """
    from meterbook.config import environment
    from meterbook.interfaces.cli import database

    settings = environment.load(os.environ)
    os.environ["METERBOOK_DATA"] = str(settings.data_dir)
    _at_end.enter_context(database.in_use(settings))
    os.environ["METERBOOK_DATABASE_ROLE"] = role
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meterbook.config.settings")
    import django

    django.setup()


@contextlib.contextmanager
def failures_shown() -> Iterator[None]:
    """Turn expected failures into a clear line, the fix and an exit code; others keep their trace."""
    try:
        with _at_end:
            yield
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has seen enough (`| head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as failure:
        known = explained(failure)
        if known is None:
            raise
        _leave(known)


def explained(failure: Exception) -> CommandError | None:
    """Return a failure that people can mend as message, fix and exit code; None for one that is our bug."""
    from meterbook.adapters.postgres import errors
    from meterbook.config import environment, secret_store

    if isinstance(failure, CommandError):
        return failure
    if isinstance(failure, environment.SettingsError):
        return CommandError(str(failure), exit_code=WRONG_USE)
    if isinstance(failure, secret_store.SecretsUnreadableError):
        return CommandError(str(failure))
    if isinstance(failure, errors.PostgresError):
        return CommandError(str(failure), fix=failure.fix)
    return None


def _leave(failure: CommandError) -> NoReturn:
    from rich.text import Text

    console = err()
    console.print(Text(_("Error: "), style="bold red"), Text(str(failure)), sep="")
    if failure.fix:
        console.print(Text(_("Fix: "), style="bold"), Text(failure.fix), sep="")
    sys.exit(failure.exit_code)
