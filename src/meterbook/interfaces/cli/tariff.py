"""`meterbook tariff load`: take published tariffs into the price catalogue."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterbook.interfaces.cli import console

if TYPE_CHECKING:
    from meterbook.application import load_tariff
    from meterbook.application.actor import Actor

app = typer.Typer()


@app.command()
def load(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders with .yaml files.")],
    *,
    revise: Annotated[
        bool, typer.Option("--revise", help="Replace a version that bills already used; those bills stay.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON instead of a table.")] = False,
) -> None:
    """Load tariff documents. Each file is taken whole or not at all; the same again changes nothing."""
    files = _files(paths)
    console.django_setup(role="job")
    from meterbook.application import actor as actors
    from meterbook.application import company

    company.use_company()
    actor = actors.of_system(identity="cli:tariff-load")
    loaded: list[load_tariff.LoadedTariff] = []
    failed: dict[str, str] = {}
    for file in files:
        try:
            loaded.append(_load(actor, file=file, revise=revise))
        except console.CommandError as refusal:
            failed[str(file)] = str(refusal)
    if as_json:
        console.print_json(_as_plain(loaded, failed=failed))
    else:
        _show(loaded)
        for name, reason in failed.items():
            console.err().print(f"{name}: {reason}", style="bold red", markup=False)
    if failed:
        raise SystemExit(console.WRONG_USE)


def _files(paths: list[Path]) -> list[Path]:
    files = [file for path in paths for file in (sorted(path.rglob("*.yaml")) if path.is_dir() else [path])]
    for file in files:
        if not file.is_file():
            raise console.CommandError(f"There is no file {file}.", exit_code=console.WRONG_USE)
    if not files:
        raise console.CommandError("No .yaml file there.", exit_code=console.WRONG_USE)
    return files


def _load(actor: "Actor", *, file: Path, revise: bool) -> "load_tariff.LoadedTariff":
    """Load one file; what is wrong with it comes back as one sentence."""
    from meterbook.application import load_tariff
    from meterbook.interfaces import clock

    try:
        text = file.read_text(encoding="utf-8")
        return load_tariff.load_tariff(actor=actor, text=text, now=clock.now(), revise=revise)
    except load_tariff.VersionBilledError as refusal:
        raise console.CommandError(f"{refusal}. --revise replaces it for the bills to come.") from refusal
    except (
        load_tariff.TariffError,
        load_tariff.TariffIdentityError,
        load_tariff.SupersededContentError,
        load_tariff.UnknownRevenueError,
        UnicodeDecodeError,
    ) as refusal:
        raise console.CommandError(str(refusal)) from refusal


def _as_plain(loaded: "list[load_tariff.LoadedTariff]", *, failed: dict[str, str]) -> dict[str, object]:
    return {
        "tariffs": [
            {
                "code": tariff.code,
                "versions": [
                    {
                        "effective_from": version.effective_from.isoformat(),
                        "revision": version.revision,
                        "outcome": version.outcome.value,
                    }
                    for version in tariff.versions
                ],
            }
            for tariff in loaded
        ],
        "failed": failed,
    }


def _show(loaded: "list[load_tariff.LoadedTariff]") -> None:
    from django.utils.translation import gettext as _
    from rich.table import Table

    from meterbook.application import load_tariff

    words = {
        load_tariff.Outcome.ADDED: _("Added"),
        load_tariff.Outcome.REVISED: _("Revised"),
        load_tariff.Outcome.UNCHANGED: _("Unchanged"),
    }
    table = Table(_("Tariff"), _("From"), _("Revision"), _("Result"))
    for tariff in loaded:
        for version in tariff.versions:
            day = version.effective_from.isoformat()
            table.add_row(tariff.code, day, str(version.revision), words[version.outcome])
    console.out().print(table)
