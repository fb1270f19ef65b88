"""Run PostgreSQL's programs, as another operating-system user when we are root.

PostgreSQL refuses to run as root. As root we hand its processes to another user and give them the data
folder as an open file (`/proc/self/fd/N`): the kernel then asks only for rights on the folder itself, so a
data folder below a 0700 home works and no parent folder has to be opened to others.
"""

import os
import pwd
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from meterbook.adapters.postgres import errors

CANDIDATES = ("meterbook", "postgres", "nobody")


@dataclass(frozen=True, kw_only=True)
class SystemUser:
    """The user PostgreSQL runs as; `name` is None when that is simply us."""

    name: str | None
    user_id: int
    group_id: int

    @property
    def is_other(self) -> bool:
        """Whether processes have to change their user."""
        return self.name is not None


def choose(*, configured: str | None, owner_of: Path) -> SystemUser:
    """Return who PostgreSQL runs as: ourselves, or when we are root another user.

    A cluster that exists keeps the user who owns it, whatever is installed or configured later.

    Raises:
        PostgresError: root, and no other user is known here.

    """
    if os.geteuid() != 0:
        return SystemUser(name=None, user_id=os.geteuid(), group_id=os.getegid())
    if sys.platform != "linux":
        raise errors.PostgresError(
            "PostgreSQL may not run as root on this system.",
            fix="Start Meterbook as an ordinary user, or set DATABASE_URL to a server.",
        )
    if owner_of.exists() and owner_of.stat().st_uid != 0:
        status = owner_of.stat()
        return SystemUser(name=str(status.st_uid), user_id=status.st_uid, group_id=status.st_gid)
    for name in (configured,) if configured else CANDIDATES:
        entry = _entry(name)
        if entry is not None and entry.pw_uid != 0:
            return SystemUser(name=name, user_id=entry.pw_uid, group_id=entry.pw_gid)
    raise errors.PostgresError(
        f"PostgreSQL may not run as root, and there is no user {configured or ' or '.join(CANDIDATES)}.",
        fix="Add one (useradd --system meterbook), or set METERBOOK_POSTGRES_USER to one that exists.",
    )


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def run(
    arguments: Sequence[str | Path],
    *,
    user: SystemUser,
    folder: Path | None = None,
    given: IO[bytes] | int = subprocess.DEVNULL,
    output: IO[bytes] | int = subprocess.DEVNULL,
    timeout_seconds: int = 900,
) -> int:
    """Run one program of PostgreSQL and return its exit code.

    Args:
        arguments: Program and arguments; the word `{folder}` becomes a path by which the process can reach
            `folder`, whoever it runs as.
        user: From `choose`.
        folder: The data folder; also the working directory, so that relative names land in it.
        given: What it reads as standard input.
        output: A file or DEVNULL, never a pipe: the server inherits it from pg_ctl and would keep the pipe
            open as long as it runs.
        timeout_seconds: After this the program is killed.

    Raises:
        OSError: the program can't be executed by that user.
        subprocess.TimeoutExpired: it took longer.

    """
    if output == subprocess.PIPE:
        raise ValueError("a pipe would hang until the server stops")
    change: dict[str, Any] = {}
    if user.is_other:
        change = {"user": user.user_id, "group": user.group_id, "extra_groups": []}
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY) if folder and user.is_other else None
    place = f"/proc/self/fd/{handle}" if handle is not None else str(folder)
    try:
        finished = subprocess.run(  # noqa: S603 (the programs we found ourselves, no shell)
            [str(word).replace("{folder}", place) for word in arguments],
            check=False,
            cwd=folder or "/",
            stdin=given,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={"PATH": "/usr/bin:/bin", "HOME": "/", "LC_ALL": "C"},
            pass_fds=() if handle is None else (handle,),
            timeout=timeout_seconds,
            **change,
        )
    finally:
        if handle is not None:
            os.close(handle)
    return finished.returncode
