"""What the launcher keeps in a data folder: locks, where the web is, what runs wrote.

DATA/run/up.lock       held by the one `up` of this folder
DATA/run/users.lock    shared by everybody who uses the embedded server now
DATA/run/on-demand     there while the server runs only because a command needed it
DATA/run/state.json    what the running `up` told about itself
DATA/run/release       the release the database was brought to, as a hint
DATA/logs/*.log        web, worker, database, up
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from meterbook.interfaces.cli import console
from meterbook.interfaces.cli.wording import gettext as _

LOG_NAMES = ("web", "worker", "database", "up")
LOG_BYTES = 10 * 1024 * 1024
LOGS_KEPT = 3


@dataclass(frozen=True, kw_only=True)
class State:
    """What a running `up` says: facts for people and `status`, never a ground to signal a process."""

    url: str
    pid: int
    version: str


class BusyError(Exception):
    """Somebody else holds the lock."""


def prepare(data_dir: Path) -> None:
    """Make a data folder, for our eyes only.

    Raises:
        CommandError: it can't be made there.

    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in ("run", "logs"):
            (data_dir / name).mkdir(exist_ok=True, mode=0o700)
    except OSError as refused:
        message = _("The data folder {folder} can't be made: {reason}").format(
            folder=data_dir, reason=refused.strerror
        )
        raise console.CommandError(message, fix=_("Name another one with --data DIR.")) from refused


@contextlib.contextmanager
def locked(path: Path, *, is_shared: bool = False, waits: bool = False) -> Iterator[int]:
    """Hold a lock that ends with its holder, even one killed with -9; yields the handle.

    Raises:
        BusyError: somebody else holds it, and we don't wait.

    """
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(
                handle, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | (0 if waits else fcntl.LOCK_NB)
            )
        except BlockingIOError as busy:
            raise BusyError from busy
        yield handle
    finally:
        os.close(handle)


def is_free(path: Path) -> bool:
    """Whether nobody holds a lock now."""
    if not path.exists():
        return True
    try:
        with locked(path):
            return True
    except BusyError:
        return False


def up_lock(data_dir: Path) -> Path:
    """Return the lock of the one `up`."""
    return data_dir / "run" / "up.lock"


def users_lock(data_dir: Path) -> Path:
    """Return the lock that everybody who uses the embedded server shares."""
    return data_dir / "run" / "users.lock"


def on_demand_mark(data_dir: Path) -> Path:
    """Return the mark of a server that the last user has to stop."""
    return data_dir / "run" / "on-demand"


def write_state(data_dir: Path, state: State) -> None:
    """Replace the state whole."""
    path = data_dir / "run" / "state.json"
    half = path.with_suffix(".half")
    half.write_text(json.dumps(asdict(state)), encoding="utf-8")
    half.replace(path)


def read_state(data_dir: Path) -> State | None:
    """Return what the last `up` said, or None; whether it still runs is for the lock to tell."""
    try:
        return State(**json.loads((data_dir / "run" / "state.json").read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def forget_state(data_dir: Path) -> None:
    """Remove the state."""
    (data_dir / "run" / "state.json").unlink(missing_ok=True)


def note_release(data_dir: Path, *, release: str) -> None:
    """Note to which release the database was brought; empty while that is going on."""
    path = data_dir / "run" / "release"
    half = path.with_suffix(".half")
    half.write_text(release, encoding="ascii")
    half.replace(path)


def noted_release(data_dir: Path) -> str:
    """Return what `note_release` noted last, or nothing."""
    try:
        return (data_dir / "run" / "release").read_text(encoding="ascii")
    except FileNotFoundError:
        return ""


def log_file(data_dir: Path, name: str) -> Path:
    """Return where one part writes."""
    return data_dir / "logs" / f"{name}.log"


def put_logs_away(data_dir: Path) -> None:
    """Number the logs that have grown large, and drop the oldest. Call while nothing writes."""
    for name in LOG_NAMES:
        path = log_file(data_dir, name)
        if path.exists() and path.stat().st_size > LOG_BYTES:
            for number in range(LOGS_KEPT, 1, -1):
                older = path.with_suffix(f".log.{number - 1}")
                if older.exists():
                    older.replace(path.with_suffix(f".log.{number}"))
            path.replace(path.with_suffix(".log.1"))


def read_logins(data_dir: Path) -> list[dict[str, str]]:
    """Return the log-ins written at the first start: role, role_name, username, password of each."""
    try:
        content = json.loads((data_dir / "logins.json").read_text(encoding="utf-8"))
        return [{name: str(value) for name, value in login.items()} for login in content]
    except (FileNotFoundError, ValueError, AttributeError):
        return []
