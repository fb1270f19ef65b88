"""`meterbook rate`: usages from a file rated under tariff files, without any database."""

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterbook.interfaces.cli.tongue import Language, Tongue
from meterbook.interfaces.cli.tongue import of as speaking
from meterbook.interfaces.cli.wording import gettext as _

if TYPE_CHECKING:
    import polars as pl

    from meterbook.interfaces.cli import rate_lines, tariff_choice

app = typer.Typer()


class Format(enum.StrEnum):
    """How the lines are written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


@app.command()
def rate(
    *,
    tariff: Annotated[list[Path], typer.Option(help=_("Tariff file or folder of them; may be repeated."))],
    usage: Annotated[Path, typer.Option(help=_("Usages: .csv, .json or .xlsx."))],
    form: Annotated[
        Format | None, typer.Option("--format", help=_("table, csv or json; else by the name of --output."))
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help=_("How each line was worked out."))] = False,
    language: Annotated[Language | None, typer.Option(help=_("zh or en; else the terminal's."))] = None,
    output: Annotated[Path | None, typer.Option(help=_("Write to this file."))] = None,
) -> None:
    """Rate the usages of a file: every line with its component, tier, price and amount.

    Exit code 2 when any row is faulty; nothing is rated then.
    """
    from meterbook.interfaces.cli import rate_output, tariff_choice, usage_files_check

    tongue = speaking(language)
    tariffs = tariff_choice.read(tariff, tongue=tongue)
    cells = usage_files_check.read(usage, tariffs=[tariffs], tongue=tongue)
    usages = usage_files_check.usages(cells, tariffs)
    found = _rated(usages.frame, usages.faults, tariffs, tongue=tongue, is_explained=explain)
    writers = {
        Format.TABLE: rate_output.write_table,
        Format.CSV: rate_output.write_csv,
        Format.JSON: rate_output.write_json,
    }
    with rate_output.opened(output, tongue=tongue) as stream:
        writers[form or _form_of(output)](found, stream, tongue=tongue)


def _rated(
    frame: "pl.DataFrame",
    faulty: "pl.DataFrame",
    tariffs: "tariff_choice.Tariffs",
    *,
    tongue: Tongue,
    is_explained: bool,
) -> "rate_lines.Rated":
    """The lines of all rows; CommandError after every fault was listed."""
    from meterbook.interfaces.cli import rate_lines, usage_files_check, usage_files_faults
    from meterbook.rating import engine

    if faulty.height:
        raise usage_files_faults.refuse(faulty, tongue=tongue)
    try:
        lines = engine.rate(frame, tariffs.book)
    except engine.RatingError as error:
        refused = usage_files_check.rows_refused(frame, error.unratable)
        raise usage_files_faults.refuse(refused, tongue=tongue) from error
    return rate_lines.rated(
        usages=frame, lines=lines, tariffs=tariffs, tongue=tongue, is_explained=is_explained
    )


def _form_of(output: Path | None) -> Format:
    suffix = "" if output is None else output.suffix.lower().removeprefix(".")
    return Format(suffix) if suffix in {Format.CSV, Format.JSON} else Format.TABLE
