"""What every bench reports: the same object, on the same machine, beside its baseline."""

import os
import platform
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path

from meterbook.interfaces.cli import console
from meterbook.interfaces.cli.wording import gettext as _

_MEBIBYTE = 2**20
_KIBIBYTE = 2**10


@dataclass(frozen=True, slots=True)
class Machine:
    """What the figures were measured on."""

    cpu: str
    cores: int
    memory_gib: int
    system: str
    python: str
    polars: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchReport:
    """One bench: `n` things in `seconds`, and the plain way of doing the same in `baseline_seconds`.

    `ratio` is seconds by baseline_seconds (2 means twice as long), `peak_mb` the process's highest memory in
    MiB, `stages` where the time went (they need not sum to `seconds`: making scratch data is a stage too).
    """

    name: str
    n: int
    seconds: float
    per_second: int
    baseline: str
    baseline_seconds: float
    ratio: float
    peak_mb: int
    stages: dict[str, float]
    machine: Machine
    facts: dict[str, object] = field(default_factory=dict)


class Stopwatch:
    """Seconds by stage; a stage entered several times adds up."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what is done inside."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0) + time.perf_counter() - started


def machine() -> Machine:
    """Describe the machine, as far as it tells."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(
        cpu=_cpu_name(),
        cores=os.cpu_count() or 1,
        memory_gib=round(memory / 2**30),
        system=platform.platform(terse=True),
        python=platform.python_version(),
        polars=metadata.version("polars"),
    )


def peak_mb() -> int:
    """Highest resident memory of this process so far, in MiB."""
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in KiB, macOS in bytes
    return highest // (_MEBIBYTE if sys.platform == "darwin" else _KIBIBYTE)


def report(
    *, name: str, n: int, work_stage: str, baseline: str, stopwatch: Stopwatch, facts: dict[str, object]
) -> BenchReport:
    """Put the report together: the work is the stage `work_stage`, the baseline the stage "baseline"."""
    seconds = stopwatch.seconds[work_stage]
    baseline_seconds = stopwatch.seconds["baseline"]
    return BenchReport(
        name=name,
        n=n,
        seconds=round(seconds, 4),
        per_second=round(n / seconds),
        baseline=baseline,
        baseline_seconds=round(baseline_seconds, 4),
        ratio=round(seconds / baseline_seconds, 2),
        peak_mb=peak_mb(),
        stages={stage: round(taken, 4) for stage, taken in stopwatch.seconds.items()},
        machine=machine(),
        facts=facts,
    )


def show(found: BenchReport, *, as_json: bool) -> None:
    """Print the report: one JSON object, or a table for people."""
    if as_json:
        console.print_json(asdict(found))
        return
    from rich.table import Table

    table = Table(title=f"{found.name}: {found.n:,}", show_header=False)
    table.add_row(_("Time"), f"{found.seconds:.3f} s")
    table.add_row(_("Per second"), f"{found.per_second:,}")
    table.add_row(_("Baseline"), f"{found.baseline_seconds:.3f} s ({found.baseline})")
    table.add_row(_("Ratio"), f"{found.ratio:.2f}")
    table.add_row(_("Highest memory"), f"{found.peak_mb:,} MiB")
    for fact, value in found.facts.items():
        table.add_row(fact, f"{value:,}" if isinstance(value, int) else str(value))
    for stage, taken in found.stages.items():
        table.add_row(f"  {stage}", f"{taken:.3f} s")
    table.add_row(
        _("Machine"), f"{found.machine.cpu}, {found.machine.cores} x, {found.machine.memory_gib} GiB"
    )
    console.out().print(table)


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
