"""A real installation in a folder of the test: started by the command, killed by the test."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from meterbook.adapters.postgres import embedded
from meterbook.config import environment, secret_store
from meterbook.interfaces.cli import processes

UP_SECONDS = 240  # generous: the machine may be busy with other tests


class Installation:
    """One data folder and the command that serves it."""

    def __init__(self, data_dir: Path, *, settings: dict[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self._said = data_dir.with_name("said.txt")
        clean = {name: value for name, value in os.environ.items() if not name.startswith("METERBOOK_")}
        self._variables = {**clean, "METERBOOK_WEB_PROCESSES": "1", **(settings or {})}

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            self._command(*words),
            capture_output=True,
            text=True,
            check=False,
            timeout=UP_SECONDS,
            env=self._variables,
        )

    def begin(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a command and leave it running; what it says goes to `said`."""
        with self._said.open("wb") as output:
            return subprocess.Popen(
                self._command(*words),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self._variables,
            )

    def said(self) -> str:
        """Return what the command begun last said, and the end of what its set-up said."""
        log = self.data_dir / "logs" / "up.log"
        texts = [path.read_text(errors="replace")[-2000:] for path in (self._said, log) if path.exists()]
        return "\n".join(texts)

    def up(self, *words: str) -> dict[str, Any]:
        """Start it detached on a free port and return what it says when it is up."""
        said = self.call("up", "--port", "0", "--detach", "--json", *words)
        assert said.returncode == 0, said.stderr
        answer: dict[str, Any] = json.loads(said.stdout)
        return answer

    def status(self) -> dict[str, Any]:
        """Return what `status --json` says."""
        answer: dict[str, Any] = json.loads(self.call("status", "--json").stdout)
        return answer

    def parts(self, part: str | None = None) -> list[psutil.Process]:
        """Return our processes that run now, by their mark."""
        return [process for _part, process in processes.alive(data_dir=self.data_dir, part=part)]

    def server(self) -> embedded.EmbeddedServer:
        """Return the embedded server, to look at and to kill."""
        return embedded.EmbeddedServer(
            self.data_dir, password=secret_store.prepare(self.data_dir).postgres_password
        )

    def environment(self) -> environment.Environment:
        """Return the settings its processes have."""
        return environment.load({}, data_dir=self.data_dir)

    def variables(self) -> dict[str, str]:
        """Return the environment of a process that works on this folder."""
        return {**self._variables, "METERBOOK_DATA": str(self.data_dir)}

    def end(self) -> None:
        """Leave nothing running, whatever the test did."""
        self.call("stop")
        server = self.server().process()
        kill([*self.parts(), *([server] if server is not None else [])])

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "meterbook.interfaces.cli.main", *words, "--data", str(self.data_dir)]


def until(holds: Callable[[], bool], *, seconds: int = UP_SECONDS, what: str) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.1)


def kill(found: list[psutil.Process]) -> None:
    """Kill processes with -9; one that fell with another of them before its turn is as dead as wanted."""
    for process in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(found, timeout=10)
