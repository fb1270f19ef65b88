"""`meterbook test`: everything a reviewer would check, one by one, with a summary."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import typer

from meterbook.interfaces.cli import console
from meterbook.interfaces.cli.wording import gettext as _

ROOT = Path(__file__).resolve().parents[4]
BROWSERS = ("chromium", "google-chrome")
LISTED = ("ruff", "mypy", "lint-imports", "pytest")

app = typer.Typer()


@dataclass(frozen=True, kw_only=True)
class Check:
    """One tool with its arguments."""

    name: str
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a check ended."""

    name: str
    exit_code: int
    seconds: float


CHECKS = (
    Check(name=_("Lint"), words=("ruff", "check")),
    Check(name=_("Format"), words=("ruff", "format", "--check", "--quiet")),
    Check(name=_("Types"), words=("mypy",)),
    Check(name=_("Layers"), words=("lint-imports",)),
)


@app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def test(context: typer.Context) -> None:
    """Run every check and every test; with arguments only pytest, with those arguments."""
    _have_tools()
    chosen = tuple(context.args)
    outcomes = [] if chosen else [_run(check) for check in CHECKS]
    workers = str(max(2, min(8, os.cpu_count() or 2)))
    everything = ("-n", workers, "--durations", "10")
    outcomes.append(_run(Check(name=_("Tests"), words=("pytest", *(chosen or everything)))))
    not_run = () if chosen else _browser_tests_not_run()
    _summarise(outcomes, not_run=not_run)
    if any(outcome.exit_code for outcome in outcomes):
        raise typer.Exit(console.FAILED)


def _have_tools() -> None:
    missing = [name for name in LISTED if not _tool(name).exists()]
    if missing or not (ROOT / "tests").is_dir():
        message = _("The tests need a checkout and: {names}.").format(names=", ".join(missing) or "tests/")
        raise console.CommandError(message, fix=_("Run ./meterbook test in the checkout; it installs them."))


def _tool(name: str) -> Path:
    return Path(sys.executable).with_name(name)


def _environment() -> dict[str, str]:
    """Return our variables without anybody's settings: no test may reach a real installation."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("METERBOOK_", "DATABASE_")) and name != "DJANGO_SETTINGS_MODULE"
    }


def _run(check: Check) -> Outcome:
    started = time.monotonic()
    console.out().rule(check.name)
    sys.stdout.flush()
    words = [str(_tool(check.words[0])), *check.words[1:]]
    finished = subprocess.run(words, cwd=ROOT, env=_environment(), check=False)  # noqa: S603 (our tools)
    return Outcome(name=check.name, exit_code=finished.returncode, seconds=time.monotonic() - started)


def _browser_tests_not_run() -> tuple[str, ...]:
    """Return the names of the browser tests when there is no browser."""
    if any(shutil.which(name) for name in BROWSERS):
        return ()
    words = [str(_tool("pytest")), "--collect-only", "-q", "-m", "browser", "tests/browser"]
    listed = subprocess.run(  # noqa: S603 (our tools)
        words, cwd=ROOT, env=_environment(), check=False, capture_output=True, text=True
    )
    return tuple(line for line in listed.stdout.splitlines() if "::" in line)


def _summarise(outcomes: list[Outcome], *, not_run: tuple[str, ...]) -> None:
    out = console.out()
    out.rule()
    for name in not_run:
        out.print(_("Not run, no browser: {name}").format(name=name), markup=False)
    for outcome in outcomes:
        state = _("passed") if outcome.exit_code == 0 else _("FAILED")
        out.print(f"{outcome.name}: {state}, {outcome.seconds:.0f} s", markup=False)
