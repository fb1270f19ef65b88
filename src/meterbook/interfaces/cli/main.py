"""Finds the command that was asked for and runs it. A module is loaded only when its command is called."""

import os
import sys
from dataclasses import dataclass
from importlib import import_module, metadata, util
from pathlib import Path
from typing import TYPE_CHECKING

from meterbook.interfaces.cli.wording import gettext as _

if TYPE_CHECKING:
    import typer
    from typer.models import CommandInfo

HERE = "meterbook.interfaces.cli"


@dataclass(frozen=True, kw_only=True)
class Part:
    """Where a command is written: `module:attribute`, a function or a Typer.

    In a group, `name` is the second word; without it a Typer brings its own second words.
    """

    target: str
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Command:
    """One word after `meterbook`; a group needs a second one."""

    name: str
    help: str
    parts: tuple[Part, ...]
    is_group: bool = False


def _command(name: str, help_text: str, target: str) -> Command:
    return Command(name=name, help=help_text, parts=(Part(target=target),))


def _group(name: str, help_text: str, *parts: Part) -> Command:
    return Command(name=name, help=help_text, parts=parts, is_group=True)


COMMANDS = (
    _command("up", _("Start everything; the first time, set it up"), "up:up"),
    _command("stop", _("Stop everything"), "control:stop"),
    _command("status", _("Show what runs and where"), "control:status"),
    _command("logs", _("Show what web, worker or database wrote"), "control:logs"),
    _command("migrate", _("Bring the database to this release"), "migrate:migrate"),
    _command("import", _("Import customers with their meters"), "import_customers:app"),
    _group("readings", _("Import readings"), Part(target="readings:app")),
    _group(
        "tariff",
        _("Check, show, compare, try out and load tariffs"),
        Part(target="tariff_files:app"),
        Part(name="diff", target="tariff_diff:app"),
        Part(name="simulate", target="tariff_simulate:app"),
        Part(target="tariff:app"),
    ),
    _command("rate", _("Rate usages from a file, without any database"), "rate:app"),
    _command("bill-run", _("Bill a book"), "bill_run:app"),
    _command("pay", _("Take a payment"), "pay:app"),
    _command("close-day", _("Close a shift"), "close_day:app"),
    _group("ledger", _("Prove the ledger"), Part(target="ledger:app")),
    _group(
        "bench",
        _("Measure against a baseline"),
        Part(name="rating", target="bench_rating:app"),
        Part(name="bill-run", target="bench_bill_run:app"),
        Part(name="import", target="bench_import:app"),
        Part(name="records", target="bench_records:app"),
        Part(name="many", target="bench_many:app"),
    ),
    _command("demo", _("Build the demo company"), "demo:app"),
    _command("test", _("Run every check and every test"), "test:app"),
)


def run() -> None:
    """Run one command line; the entry point of `meterbook`."""
    from meterbook.interfaces.cli import console

    with console.failures_shown():
        words = _without_data_option(sys.argv[1:])
        if words in (["--version"], ["version"]):
            sys.stdout.write(metadata.version("meterbook") + "\n")
        elif not words or words[0] in {"--help", "-h", "help"}:
            sys.stdout.write(_overview())
        else:
            _typer_of(_called(words[0]))(args=words[1:], prog_name=f"meterbook {words[0]}")


def _without_data_option(words: list[str]) -> list[str]:
    """Take `--data DIR` out wherever it stands and put it where every process of ours looks for it."""
    from meterbook.interfaces.cli import console

    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            return [*kept, word, *rest]
        if word == "--data":
            folder = next(rest, "")
        elif word.startswith("--data="):
            folder = word.removeprefix("--data=")
        else:
            kept.append(word)
            continue
        if not folder:
            message = _("--data needs a folder.")
            raise console.CommandError(message, fix="--data DIR", exit_code=console.WRONG_USE)
        os.environ["METERBOOK_DATA"] = str(Path(folder).expanduser().absolute())
    return kept


def _called(name: str) -> Command:
    from meterbook.interfaces.cli import console

    for command in COMMANDS:
        if command.name == name:
            return command
    raise console.CommandError(
        _("There is no command {name}.").format(name=name),
        fix=_("meterbook --help lists them."),
        exit_code=console.WRONG_USE,
    )


def _overview() -> str:
    width = max(len(command.name) for command in COMMANDS)
    return "\n".join(
        [
            _("Meterbook: from readings to bills, payments and receipts"),
            "",
            _("Use: meterbook COMMAND [options]; meterbook COMMAND --help tells more"),
            "",
            *(f"  {command.name:<{width}}  {command.help}" for command in COMMANDS),
            "",
            _("With every command: --data DIR, the folder everything is kept in"),
            "",
        ]
    )


def _typer_of(command: Command) -> "typer.Typer":
    """Load a command's parts and join them to one Typer."""
    import typer

    joined = typer.Typer(
        add_completion=False, pretty_exceptions_enable=False, no_args_is_help=command.is_group
    )
    if command.is_group:
        joined.callback(help=command.help)(_nothing)
    for part in _parts_here(command):
        module_name, _colon, attribute = part.target.partition(":")
        found = getattr(import_module(f"{HERE}.{module_name}"), attribute)
        name = part.name or ("" if command.is_group else command.name)
        only = _only_command(found) if name and isinstance(found, typer.Typer) else None
        if only is not None and only.callback is not None:
            joined.command(name=name, context_settings=only.context_settings)(only.callback)
        elif isinstance(found, typer.Typer):
            joined.add_typer(found, name=part.name or None)
        else:
            joined.command(name=name)(found)
    return joined


def _parts_here(command: Command) -> list[Part]:
    """Return the parts that are installed: one that is missing takes only its own words with it."""
    from meterbook.interfaces.cli import console

    here = [part for part in command.parts if util.find_spec(f"{HERE}.{part.target.partition(':')[0]}")]
    if not here:
        message = _("{name} is not in this release.").format(name=command.name)
        raise console.CommandError(message, fix=_("meterbook --help lists the commands."))
    return here


def _only_command(found: "typer.Typer") -> "CommandInfo | None":
    """Return the one command of a Typer that stands for a single word."""
    if len(found.registered_commands) == 1 and not found.registered_groups:
        return found.registered_commands[0]
    return None


def _nothing() -> None:
    """Stand for the first of two words."""


if __name__ == "__main__":
    run()
