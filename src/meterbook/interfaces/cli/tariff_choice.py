"""The tariff files a command was given, and which of their versions each usage pays."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from meterbook.interfaces.cli import console, tariff_files
from meterbook.interfaces.cli.tongue import Tongue
from meterbook.rating.charges import kinds

if TYPE_CHECKING:
    import polars as pl

    from meterbook.rating import book as books
    from meterbook.rating import tariff


@dataclass(frozen=True)
class Entry:
    """A version and the tariff it belongs to. The version's id is its place among the entries, from 1."""

    document: "tariff.TariffDocument"
    version: "tariff.TariffVersion"

    @property
    def is_metered(self) -> bool:
        """Whether anything is charged by quantity."""
        return any(
            row.basis in kinds.METERED
            for entry in self.version.price_sets
            for component in entry.components
            for row in component.charge.price_rows(self.version.household)
        )


@dataclass(frozen=True)
class Tariffs:
    """All versions of the files, in their order."""

    entries: tuple[Entry, ...]
    book: "books.TariffBook"

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the tariffs, each once."""
        return tuple(dict.fromkeys(entry.document.code for entry in self.entries))

    @property
    def bands(self) -> tuple[str, ...]:
        """The codes of all bands, each once."""
        return tuple(dict.fromkeys(band.code for entry in self.entries for band in entry.version.bands))

    @property
    def choices(self) -> tuple[str, ...]:
        """The codes of all programmes, and of what a customer may choose, each once."""
        found = (
            code
            for entry in self.entries
            for code in (
                *(programme.code for programme in entry.version.programmes),
                *(component.condition.choice for component in entry.version.components),
            )
            if code is not None
        )
        return tuple(dict.fromkeys(found))

    def entry(self, version_id: int) -> Entry:
        """The entry of a version's id."""
        return self.entries[version_id - 1]

    def frame(self) -> "pl.DataFrame":
        """tariff, effective_from, effective_until, tariff_version_id, is_metered; sorted by first day."""
        import polars as pl

        rows = [
            (
                entry.document.code,
                entry.version.effective_from,
                entry.version.effective_until,
                number,
                entry.is_metered,
            )
            for number, entry in enumerate(self.entries, start=1)
        ]
        schema = {
            "tariff": pl.String(),
            "effective_from": pl.Date(),
            "effective_until": pl.Date(),
            "tariff_version_id": pl.Int32(),
            "is_metered": pl.Boolean(),
        }
        return pl.DataFrame(rows, schema=schema, orient="row").sort("effective_from")


def read(paths: Sequence[Path], *, tongue: Tongue) -> Tariffs:
    """Read the files (folders: every .yaml below); CommandError for faults, or one code in two files."""
    found: dict[str, tariff_files.ReadFile] = {}
    for path in tariff_files.paths_below(paths):
        read_file = tariff_files.read(path)
        code = read_file.document.code
        if code in found:
            words = tongue.gettext("{code} stands in two files: {first} and {second}")
            message = words.format(code=code, first=found[code].path, second=path)
            raise console.CommandError(message, exit_code=console.WRONG_USE)
        found[code] = read_file
    if not found:
        raise console.CommandError(
            tongue.gettext("No tariff file was found."), fix="--tariff FILE", exit_code=console.WRONG_USE
        )
    return of_documents([read_file.document for read_file in found.values()])


def of_documents(documents: Sequence["tariff.TariffDocument"]) -> Tariffs:
    """The versions of documents, usages cut where prices change inside their period."""
    from meterbook.rating import book as books

    entries = tuple(
        Entry(document=document, version=version) for document in documents for version in document.versions
    )
    return Tariffs(entries=entries, book=books.of_documents(documents))


def on(tariffs: Tariffs, day: dt.date, *, tongue: Tongue) -> Tariffs:
    """The versions in force on `day` alone, as if each had always been in force.

    CommandError where a tariff has none on that day.
    """
    from meterbook.rating import book as books

    entries = []
    for document in {entry.document.code: entry.document for entry in tariffs.entries}.values():
        try:
            version = document.version_on(day)
        except LookupError as error:
            message = tongue.gettext("{code} has no version on {day}.").format(code=document.code, day=day)
            raise console.CommandError(message, exit_code=console.WRONG_USE) from error
        entries.append(Entry(document=document, version=always(version)))
    versions = {number: entry.version for number, entry in enumerate(entries, start=1)}
    return Tariffs(entries=tuple(entries), book=books.tariff_book(versions))


def always(version: "tariff.TariffVersion") -> "tariff.TariffVersion":
    """The version as if it had always been in force: nothing came before it."""
    return replace(version, effective_from=dt.date.min, effective_until=None, change=None)
