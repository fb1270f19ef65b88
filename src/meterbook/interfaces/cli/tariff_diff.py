"""`meterbook tariff diff`: what changed between two tariff files, or between two versions of one."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterbook.interfaces.cli import console
from meterbook.interfaces.cli.tongue import Language, Tongue
from meterbook.interfaces.cli.tongue import of as speaking
from meterbook.interfaces.cli.wording import gettext as _

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from meterbook.interfaces.cli import tariff_words
    from meterbook.rating import difference, tariff

app = typer.Typer()

DIFFERENT = 1  # exit code, as `diff` has it


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help=_("The tariff file as it was."))],
    new: Annotated[Path | None, typer.Argument(help=_("The tariff file as it is to be."))] = None,
    *,
    versions: Annotated[
        tuple[str, str] | None,
        typer.Option(help=_("Compare two versions of one file, by their first days: 2024-01-01 2026-01-01.")),
    ] = None,
    language: Annotated[Language | None, typer.Option(help=_("zh or en; else the terminal's."))] = None,
) -> None:
    """Show what changed: header, versions, components, prices and bounds with their change, rules.

    Exit code 0 without a difference, 1 with one, 2 for files that can't be compared.
    """
    from meterbook.interfaces.cli import tariff_files
    from meterbook.rating import difference

    tongue = speaking(language)
    before = tariff_files.read(old).document
    if (new is None) == (versions is None):
        message = tongue.gettext("Two files are compared, or with --versions two versions of one.")
        raise console.CommandError(message, exit_code=console.WRONG_USE)
    if versions is not None:
        pair = [_version(before, text, tongue=tongue) for text in versions]
        found = difference.of_versions(old=pair[0], new=pair[1])
        compared = difference.DocumentDifference(header=(), versions=(found,))
        after = before
    else:
        assert new is not None
        after = tariff_files.read(new).document
        compared = difference.of_documents(old=before, new=after)
    _show(compared, before=before, after=after, tongue=tongue)
    if not compared.is_same:
        raise SystemExit(DIFFERENT)


def _version(document: "tariff.TariffDocument", text: str, *, tongue: Tongue) -> "tariff.TariffVersion":
    """The version whose first day this is."""
    days = [version.effective_from.isoformat() for version in document.versions]
    if text in days:
        return document.versions[days.index(text)]
    message = tongue.gettext("{code} has no version from {text} on.").format(code=document.code, text=text)
    raise console.CommandError(
        message,
        fix=tongue.gettext("Its versions: {days}").format(days=", ".join(days)),
        exit_code=console.WRONG_USE,
    )


def _show(
    compared: "difference.DocumentDifference",
    *,
    before: "tariff.TariffDocument",
    after: "tariff.TariffDocument",
    tongue: Tongue,
) -> None:
    from rich.console import Console

    from meterbook.interfaces.cli import tariff_files, tariff_words

    gettext = tongue.gettext
    plain = Console(highlight=False)
    out = plain if plain.is_terminal else Console(highlight=False, width=max(tariff_files.WIDE, plain.width))
    if compared.is_same:
        out.print(gettext("No difference."))
        return
    if compared.header:
        naming = tariff_words.Naming(tongue=tongue, versions=(*before.versions, *after.versions))
        out.print(_table(compared.header, naming=naming, title=gettext("The tariff as a whole")))
    old_by_day = {version.effective_from: version for version in before.versions}
    new_by_day = {version.effective_from: version for version in after.versions}
    for found in compared.versions:
        if found.is_same:
            continue
        pair = [
            version
            for version in (
                old_by_day.get(found.old_from or dt.date.min)
                or new_by_day.get(found.old_from or dt.date.min),
                new_by_day.get(found.new_from or dt.date.min),
            )
            if version is not None
        ]
        naming = tariff_words.Naming(tongue=tongue, versions=tuple(pair))
        _show_version(found, out, naming=naming)


def _show_version(
    found: "difference.VersionDifference", out: "Console", *, naming: "tariff_words.Naming"
) -> None:
    gettext = naming.tongue.gettext
    if found.is_removed:
        words = gettext("The version from {old} on is not there any more")
    elif found.is_added:
        words = gettext("New version from {new} on, against that from {old} on")
    elif found.old_from == found.new_from:
        words = gettext("Version from {new} on")
    else:
        words = gettext("Version from {new} on, against that from {old} on")
    title = words.format(old=found.old_from, new=found.new_from)
    if found.differences:
        out.print(_table(found.differences, naming=naming, title=title))
    else:
        out.print(title)


def _table(
    differences: "tuple[difference.Difference, ...]", *, naming: "tariff_words.Naming", title: str
) -> "Table":
    from rich.table import Table

    from meterbook.interfaces.cli import tariff_words

    gettext = naming.tongue.gettext
    table = Table(title=title, title_justify="left")
    headings = (gettext("What"), gettext("Where"), gettext("Old"), gettext("New"))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for heading in (gettext("Change"), gettext("Percent")):
        table.add_column(heading, justify="right")
    for found in differences:
        change = found.change
        percent = found.change_hundredths
        table.add_row(
            naming.field(found.field),
            naming.place(found.place),
            naming.reversed().value(found.old, field=found.field, measure=found.measure),
            naming.value(found.new, field=found.field, measure=found.measure),
            "" if change is None else naming.number(change, measure=found.measure, signed=True),
            "" if percent is None else tariff_words.hundredths_text(percent),
        )
    return table
