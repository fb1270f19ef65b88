"""`meterbook tariff check` and `show`: tariff files read and shown without any database."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterbook.interfaces.cli import console
from meterbook.interfaces.cli.tongue import Language, Tongue
from meterbook.interfaces.cli.tongue import of as speaking
from meterbook.interfaces.cli.wording import gettext as _

if TYPE_CHECKING:
    from rich.console import Console

    from meterbook.rating import tariff

app = typer.Typer()

# A file or a pipe has no width of its own.
WIDE = 160
_Files = Annotated[list[Path], typer.Argument(help=_("Tariff files, or folders of them."))]
_Language = Annotated[Language | None, typer.Option(help=_("zh or en; else the terminal's."))]


@dataclass(frozen=True, slots=True)
class ReadFile:
    """One tariff file and what it says."""

    path: Path
    document: "tariff.TariffDocument"


@app.command()
def check(files: _Files) -> None:
    """Check tariff files; every fault with its path. Exit code 2 when there is one."""
    from meterbook.rating import document

    faulty = 0
    paths = list(paths_below(files))
    for path in paths:
        try:
            found = document.load_yaml(_text(path))
        except document.TariffError as error:
            faulty += 1
            for fault in error.faults:
                console.out().print(f"{path}: {fault.path}: {fault.reason}", markup=False)
        else:
            words = _("{path}: {code}, right; versions: {count}").format(
                path=path, code=found.code, count=len(found.versions)
            )
            console.out().print(words, markup=False)
    if faulty:
        message = _("{faulty} of {count} files have faults.").format(faulty=faulty, count=len(paths))
        raise console.CommandError(message, exit_code=console.WRONG_USE)


@app.command()
def show(
    files: _Files,
    *,
    language: _Language = None,
    quantities: Annotated[
        str, typer.Option(help=_("Quantities of the sample bills: 10,20.5; else from the tariff's bounds."))
    ] = "",
) -> None:
    """Show tariffs as price sheets, each version with bills worked out as samples."""
    from rich.console import Console

    from meterbook.interfaces.cli import tariff_samples, tariff_sheet

    tongue = speaking(language)
    quantities_milli = _quantities(quantities, tongue=tongue)
    plain = Console(highlight=False)
    out = plain if plain.is_terminal else Console(highlight=False, width=max(WIDE, plain.width))
    for path in paths_below(files):
        found = read(path).document
        _show_head(found, out, tongue=tongue)
        for version in found.versions:
            until = version.effective_until or "…"
            header = tongue.gettext("From {from_} until {until}").format(
                from_=version.effective_from, until=until
            )
            out.print(f"\n{header}", markup=False, style="bold")
            out.print(tariff_sheet.prices(version, tongue=tongue))
            out.print(tariff_sheet.rules(version, tongue=tongue))
            out.print(tariff_samples.table(version, quantities_milli=quantities_milli, tongue=tongue))


def _show_head(found: "tariff.TariffDocument", out: "Console", *, tongue: Tongue) -> None:
    """What the tariff says as a whole, its sources and its note."""
    from meterbook.interfaces.cli import tariff_words

    utility = tongue.gettext(tariff_words.WORDS[found.utility.value])
    out.print(f"\n{tongue.name(found.names)}  [{found.code}]", markup=False, style="bold")
    words = (utility, found.customer_class, found.region, found.currency)
    out.print(" · ".join(words), markup=False)
    out.print("\n".join(found.source), markup=False, style="dim")
    if found.note:
        out.print(found.note.strip(), markup=False)


def _quantities(text: str, *, tongue: Tongue) -> list[int] | None:
    from meterbook.kernel import quantity

    if not text:
        return None
    try:
        return [quantity.parse_milli(part) for part in text.split(",")]
    except quantity.QuantityError as error:
        message = tongue.gettext("{text} is not a list of quantities.").format(text=text)
        raise console.CommandError(
            message, fix="--quantities 10,20.5", exit_code=console.WRONG_USE
        ) from error


def library_folder() -> Path:
    """The folder of example tariffs beside the source tree; CommandError where there is none."""
    folder = Path(__file__).resolve().parents[4] / "tariffs"
    if not folder.is_dir():
        raise console.CommandError(_("No folder of tariffs was found."), fix="--library DIR")
    return folder


def read_all(folder: Path) -> list[ReadFile]:
    """Every tariff file below `folder`, by name; CommandError for one with faults."""
    return [read(path) for path in paths_below([folder])]


def read(path: Path) -> ReadFile:
    """Read one file; CommandError with the faults where it is no tariff."""
    from meterbook.rating import document

    try:
        return ReadFile(path=path, document=document.load_yaml(_text(path)))
    except document.TariffError as error:
        faults = "\n".join(f"  {fault.path}: {fault.reason}" for fault in error.faults)
        raise console.CommandError(f"{path}:\n{faults}", exit_code=console.WRONG_USE) from error


def paths_below(files: Iterable[Path]) -> Iterator[Path]:
    """The files themselves, and every .yaml below the folders among them."""
    for path in files:
        if path.is_dir():
            yield from sorted(path.rglob("*.yaml"))
        else:
            yield path


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = _("{path} can't be read: {reason}").format(path=path, reason=error)
        raise console.CommandError(message, exit_code=console.WRONG_USE) from error
