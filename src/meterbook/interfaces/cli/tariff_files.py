"""`meterbook tariff check` and `show`: tariff files read and shown without any database."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterbook.interfaces.cli import console
from meterbook.interfaces.cli.wording import gettext as _

if TYPE_CHECKING:
    from rich.table import Table

    from meterbook.rating import tariff

app = typer.Typer()

SAMPLE_QUANTITIES = ("10", "100", "500", "1000", "5000")
_SAMPLE_DAYS = 30
_Files = Annotated[list[Path], typer.Argument(help="Tariff files, or folders of them.")]
_Language = Annotated[str, typer.Option(help="zh or en.")]


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
            words = _("{path}: {code}, {count} versions, right").format(
                path=path, code=found.code, count=len(found.versions)
            )
            console.out().print(words, markup=False)
    if faulty:
        message = _("{faulty} of {count} files have faults.").format(faulty=faulty, count=len(paths))
        raise console.CommandError(message, exit_code=console.WRONG_USE)


@app.command()
def show(files: _Files, *, language: _Language = "en") -> None:
    """Show tariffs as price sheets, each version with bills worked out as samples."""
    for path in paths_below(files):
        found = read(path).document
        named = found.names.zh if language.startswith("zh") else found.names.en
        console.out().print(f"\n{named}  [{found.code}]", markup=False, style="bold")
        console.out().print("\n".join(found.source), markup=False, style="dim")
        if found.note:
            console.out().print(found.note.strip(), markup=False)
        for version in found.versions:
            _show_version(version, language=language)


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


def _show_version(version: "tariff.TariffVersion", *, language: str) -> None:
    until = version.effective_until or "…"
    header = _("From {from_} until {until}").format(from_=version.effective_from, until=until)
    console.out().print(f"\n{header}", markup=False)
    console.out().print(_price_sheet(version, language=language))
    console.out().print(_sample_bills(version, language=language))


def _price_sheet(version: "tariff.TariffVersion", *, language: str) -> "Table":
    from rich.table import Table

    from meterbook.kernel import quantity
    from meterbook.rating import explain

    table = Table(title=_("Prices"), title_justify="left")
    for heading in (_("Component"), _("Tier"), _("From"), _("Until"), _("Price"), _("Tax")):
        table.add_column(heading)
    for component in version.components:
        name = component.name.zh if language.startswith("zh") else component.name.en
        for row in component.charge.price_rows(version.household):
            bounds = [
                "" if bound is None else explain.quantity_text(bound, unit=version.unit)
                for bound in (row.from_milli, row.until_milli)
            ]
            price = quantity.format_micro(row.price_micro, decimals=version.exponent)
            table.add_row(name, str(row.tier or ""), *bounds, price, _tax(component.tax))
    return table


def _sample_bills(version: "tariff.TariffVersion", *, language: str) -> "Table":
    """Bills of a few quantities from the start of a tier period, for the default household."""
    from rich.table import Table

    from meterbook.kernel import quantity
    from meterbook.rating import explain

    table = Table(title=_("Sample bills"), title_justify="left", show_lines=True)
    for heading in (_("Quantity"), _("Lines"), _("Amount")):
        table.add_column(heading, overflow="fold")
    for text in SAMPLE_QUANTITIES:
        quantity_milli = quantity.parse_milli(text)
        sentences, amount_minor = _worked_bill(version, quantity_milli=quantity_milli, language=language)
        table.add_row(
            explain.quantity_text(quantity_milli, unit=version.unit),
            "\n".join(sentences),
            explain.money_text(amount_minor, currency=version.currency, language=language),
        )
    return table


def _worked_bill(
    version: "tariff.TariffVersion", *, quantity_milli: int, language: str
) -> tuple[list[str], int]:
    import polars as pl

    from meterbook.rating import book, columns, engine, explain

    until = version.effective_from + dt.timedelta(days=_SAMPLE_DAYS)
    usage = (1, 1, quantity_milli, 0, None, version.effective_from, until)
    frame = pl.DataFrame([usage], schema=dict(columns.USAGE.columns), orient="row")
    lines = engine.rate(frame, book.tariff_book({1: version}))
    sentences = []
    for row in lines.iter_rows(named=True):
        component = version.components[row["component_no"] - 1]
        text = explain.component_text(version=version, component_no=row["component_no"])
        sentence = explain.sentence(line=explain.Line.from_row(row), component=text, language=language)
        name = component.name.zh if language.startswith("zh") else component.name.en
        sentences.append(f"{name}: {sentence}")
    return sentences, int(lines["amount_minor"].sum())


def _tax(tax: "tariff.Tax") -> str:
    from meterbook.kernel import quantity
    from meterbook.rating import tariff

    if tax.treatment is tariff.TaxTreatment.EXEMPT:
        return _("exempt")
    if tax.treatment is tariff.TaxTreatment.NOT_SUBJECT:
        return _("not subject")
    return f"{quantity.format_micro(tax.rate_basis_points * 10_000, decimals=0)} %"
