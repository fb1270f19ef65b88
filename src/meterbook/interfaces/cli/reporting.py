"""How a start tells what it does: events, shown on a terminal, as lines, or sent to a waiting parent."""

import contextlib
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING, Protocol

from meterbook.interfaces.cli import console
from meterbook.interfaces.cli.wording import gettext as _

if TYPE_CHECKING:
    from rich.progress import Progress

COUNTED = re.compile(r"(\d+)/(\d+) (.+)")


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that happened. `total` 0 means that nobody knows how much there is to do."""

    kind: str  # step, progress, done, ready, failed
    text: str = ""
    fix: str = ""
    done: int = 0
    total: int = 0
    seconds: float = 0.0
    exit_code: int = 0


Report = Callable[[Event], None]


class Display(Protocol):
    """Shows events."""

    def show(self, event: Event) -> None:
        """Show one."""

    def close(self) -> None:
        """Leave the terminal as it was."""


@contextlib.contextmanager
def step(report: Report, text: str) -> Iterator[None]:
    """Tell that something begins, and how long it took."""
    started = time.monotonic()
    report(Event(kind="step", text=text))
    yield
    report(Event(kind="done", text=text, seconds=round(time.monotonic() - started, 2)))


def line_event(line: str) -> Event:
    """Return what a child's line says: `120/2000 accounts` is counted, anything else is words."""
    match = COUNTED.fullmatch(line.strip())
    if match:
        done, total, text = match.groups()
        return Event(kind="progress", text=text, done=int(done), total=int(total))
    return Event(kind="progress", text=line.strip())


class Terminal:
    """Bars and ticks where there is a terminal, one line per finished step elsewhere; on standard error."""

    def __init__(self) -> None:
        self._console = console.err()
        self._progress: Progress | None = None
        if self._console.is_terminal:
            self._progress = _bars()
            self._task = self._progress.add_task("", total=None, visible=False)
            self._progress.start()

    def show(self, event: Event) -> None:
        """Show one event."""
        if event.kind == "done":
            seconds = _("{seconds} s").format(seconds=f"{event.seconds:.1f}")
            self._console.print(f"[green]✓[/green] {event.text} [dim]{seconds}[/dim]")
        if self._progress is None:
            return
        if event.kind == "step":
            self._step = event.text
            self._progress.reset(self._task, total=None, description=event.text, visible=True)
        elif event.kind == "progress":
            text = f"{self._step}: {event.text}"
            total = event.total or None
            self._progress.update(self._task, description=text, completed=event.done, total=total)
        else:
            self._progress.update(self._task, visible=False)

    def close(self) -> None:
        """Stop the bars."""
        if self._progress is not None:
            self._progress.stop()


class ToParent:
    """Sends events to the process that waits for a detached start."""

    def __init__(self, handle: int) -> None:
        os.set_inheritable(handle, False)
        self._pipe: IO[str] | None = os.fdopen(handle, "w", encoding="utf-8")

    def show(self, event: Event) -> None:
        """Send one event; a parent that went away is no reason to stop."""
        if self._pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                self._pipe.write(json.dumps(asdict(event)) + "\n")
                self._pipe.flush()

    def close(self) -> None:
        """Let the parent go."""
        if self._pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                self._pipe.close()
            self._pipe = None


def _bars() -> "Progress":
    from rich.progress import (
        BarColumn,
        Progress,
        SpinnerColumn,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=console.err(),
        transient=True,
    )
