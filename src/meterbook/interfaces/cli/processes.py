"""Our processes: started with a mark in their environment, found again by it.

A process is ours when it carries METERBOOK_PART and the same data folder in the environment it was started
with. No pid is ever remembered on disk, so a recycled one can't be mistaken for ours.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import psutil

PART_VARIABLE = "METERBOOK_PART"
WEB, WORKER, SETUP = "web", "worker", "setup"


def environment_of(*, part: str, role: str, data_dir: Path) -> dict[str, str]:
    """Return the variables a process of ours gets over those we have."""
    return {
        **os.environ,
        PART_VARIABLE: part,
        "METERBOOK_DATA": str(data_dir),
        "METERBOOK_DATABASE_ROLE": role,
        "DJANGO_SETTINGS_MODULE": "meterbook.config.settings",
        "PYTHONUNBUFFERED": "1",
    }


def spawn(
    arguments: Sequence[str], *, part: str, role: str, data_dir: Path, log: Path
) -> subprocess.Popen[bytes]:
    """Start Python with arguments in a session of its own, so that Ctrl-C reaches only us."""
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 (our own modules, no shell)
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=environment_of(part=part, role=role, data_dir=data_dir),
        )


def alive(*, data_dir: Path, part: str | None = None) -> list[tuple[str, psutil.Process]]:
    """Return part and process of everything of this data folder that runs now, ourselves left out."""
    found: list[tuple[str, psutil.Process]] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            marked = process.environ()
            is_ours = marked.get(PART_VARIABLE) and marked.get("METERBOOK_DATA") == str(data_dir)
            is_other = process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE
            if is_ours and is_other and part in {None, marked[PART_VARIABLE]}:
                found.append((marked[PART_VARIABLE], process))
    return found


def end(processes: Iterable[psutil.Process], *, patience_seconds: int) -> None:
    """Ask processes to end, wait, then kill those that stay."""
    asked = list(processes)
    for process in asked:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGTERM)
    _gone, staying = psutil.wait_procs(asked, timeout=patience_seconds)
    for process in staying:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(staying, timeout=5)


def end_part(child: subprocess.Popen[bytes], *, part: str, data_dir: Path, patience_seconds: int) -> None:
    """End one child of ours and whatever it started, and reap it."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(timeout=patience_seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    end((process for _part, process in alive(data_dir=data_dir, part=part)), patience_seconds=1)
