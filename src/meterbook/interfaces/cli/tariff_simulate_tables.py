"""The outcome of a simulation as tables: what stands in them, for the terminal and for the workbook."""

import enum
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from meterbook.interfaces.cli import tariff_files, tariff_words
from meterbook.interfaces.cli.tongue import Tongue
from meterbook.kernel import money, quantity
from meterbook.rating.charges import kinds

if TYPE_CHECKING:
    import polars as pl
    from rich.table import Table

    from meterbook.interfaces.cli.tariff_choice import Tariffs
    from meterbook.interfaces.cli.tariff_simulate import Trial


class Shape(enum.Enum):
    """What a column holds.

    MONEY in minor units, QUANTITY in thousandths, PERCENT (a change) and SHARE in hundredths of a percent.
    """

    TEXT = enum.auto()
    COUNT = enum.auto()
    MONEY = enum.auto()
    QUANTITY = enum.auto()
    PERCENT = enum.auto()
    SHARE = enum.auto()


Cell = str | int | None


@dataclass(frozen=True)
class Column:
    """A heading and what is below it."""

    heading: str
    shape: Shape


@dataclass(frozen=True)
class Sheet:
    """One table: its name, columns, and rows from first to last."""

    name: str
    columns: tuple[Column, ...]
    rows: Callable[[], Iterator[tuple[Cell, ...]]]
    count: int


def show(trial: "Trial", *, tongue: Tongue) -> None:
    """Every table but the list of all accounts, on the terminal."""
    from rich.console import Console

    plain = Console(highlight=False)
    out = plain if plain.is_terminal else Console(highlight=False, width=max(tariff_files.WIDE, plain.width))
    for line in heads(trial, tongue=tongue):
        out.print(line, markup=False)
    for sheet in short_sheets(trial, tongue=tongue):
        if sheet.count:
            out.print(_table(sheet, exponent=trial.exponent))


def heads(trial: "Trial", *, tongue: Tongue) -> tuple[str, str]:
    """Which tariffs were set against each other."""
    _ = tongue.gettext
    return (
        _("Before: {tariffs}").format(tariffs=_named(trial.old, day=trial.old_on, tongue=tongue)),
        _("After: {tariffs}").format(tariffs=_named(trial.new, day=trial.new_on, tongue=tongue)),
    )


def _named(tariffs: "Tariffs", *, day: str, tongue: Tongue) -> str:
    documents = {entry.document.code: entry.document for entry in tariffs.entries}
    names = ", ".join(f"{tongue.name(found.names)} [{code}]" for code, found in documents.items())
    return tongue.gettext("{names}, prices of {day}").format(names=names, day=day) if day else names


def short_sheets(trial: "Trial", *, tongue: Tongue) -> tuple[Sheet, ...]:
    """Summary, classes, components and tiers, deciles, worst and best cases."""
    _ = tongue.gettext
    outcome = trial.outcome
    return (
        _summary(trial, tongue=tongue),
        _classes(outcome.by_class, tongue=tongue),
        _parts(trial, tongue=tongue),
        _deciles(outcome.deciles, tongue=tongue),
        cases(outcome.worst, name=_("Pay most more"), tongue=tongue),
        cases(outcome.best, name=_("Save most"), tongue=tongue),
    )


def _summary(trial: "Trial", *, tongue: Tongue) -> Sheet:
    _ = tongue.gettext
    outcome = trial.outcome
    change = outcome.new_minor - outcome.old_minor
    accounts = outcome.cases.height
    columns = (
        Column(_("Figure"), Shape.TEXT),
        Column(_("Value ({currency})").format(currency=trial.currency), Shape.MONEY),
        Column(_("Count"), Shape.COUNT),
        Column(_("Percent"), Shape.PERCENT),
        Column(_("Share"), Shape.SHARE),
    )
    counts = outcome.counts
    rows: tuple[tuple[Cell, ...], ...] = (
        (_("Revenue before"), outcome.old_minor, None, None, None),
        (_("Revenue after"), outcome.new_minor, None, None, None),
        (_("Change of revenue"), change, None, outcome.change_hundredths, None),
        (_("Usages"), None, outcome.usages, None, None),
        (_("Accounts"), None, accounts, None, None),
        *(
            (name, None, count, None, outcome.share_hundredths(count))
            for name, count in (
                (_("Pay less"), counts.winners),
                (_("Pay more"), counts.losers),
                (_("Pay the same"), counts.unchanged),
            )
        ),
    )
    return _sheet(_("Summary"), columns, rows)


def _classes(frame: "pl.DataFrame", *, tongue: Tongue) -> Sheet:
    _ = tongue.gettext
    columns = (
        Column(_("Customer class"), Shape.TEXT),
        Column(_("Accounts"), Shape.COUNT),
        Column(_("Usages"), Shape.COUNT),
        *_changes(tongue),
        Column(_("Pay less"), Shape.COUNT),
        Column(_("Pay more"), Shape.COUNT),
        Column(_("Pay the same"), Shape.COUNT),
    )
    return _of_frame(_("By class"), columns, frame)


def _parts(trial: "Trial", *, tongue: Tongue) -> Sheet:
    """By component and tier. What is calculated from money has no quantity to sum."""
    _ = tongue.gettext
    entries = (*trial.old.entries, *trial.new.entries)
    naming = tariff_words.Naming(tongue=tongue, versions=tuple(entry.version for entry in entries))
    derived = {
        component.code
        for entry in entries
        for component in entry.version.components
        if component.charge.kind >= kinds.DERIVED_FROM
    }
    columns = (
        Column(_("Code"), Shape.TEXT),
        Column(_("Component"), Shape.TEXT),
        Column(_("Tier"), Shape.COUNT),
        Column(_("Band"), Shape.TEXT),
        Column(_("Quantity before"), Shape.QUANTITY),
        Column(_("Quantity after"), Shape.QUANTITY),
        *_changes(tongue),
    )
    rows = []
    for code, tier, band, *figures in trial.outcome.by_part.iter_rows():
        quantities = (None, None) if code in derived else figures[:2]
        words = (code, naming.component(code), tier or None, naming.band(band))
        rows.append((*words, *quantities, *figures[2:]))
    return _sheet(_("By tier"), columns, tuple(rows))


def _deciles(frame: "pl.DataFrame", *, tongue: Tongue) -> Sheet:
    _ = tongue.gettext
    columns = (
        Column(_("Decile of the change"), Shape.COUNT),
        Column(_("Accounts"), Shape.COUNT),
        Column(_("Lowest change"), Shape.MONEY),
        Column(_("Highest change"), Shape.MONEY),
        Column(_("Mean change"), Shape.MONEY),
        *_changes(tongue),
    )
    return _of_frame(_("Deciles"), columns, frame)


def cases(frame: "pl.DataFrame", *, name: str, tongue: Tongue) -> Sheet:
    """Accounts, one a row."""
    _ = tongue.gettext
    columns = (
        Column(_("Account"), Shape.TEXT),
        Column(_("Customer class"), Shape.TEXT),
        Column(_("Usages"), Shape.COUNT),
        *_changes(tongue),
    )
    return _of_frame(name, columns, frame)


def _changes(tongue: Tongue) -> tuple[Column, ...]:
    _ = tongue.gettext
    return (
        Column(_("Amount before"), Shape.MONEY),
        Column(_("Amount after"), Shape.MONEY),
        Column(_("Change"), Shape.MONEY),
        Column(_("Percent"), Shape.PERCENT),
    )


def _of_frame(name: str, columns: tuple[Column, ...], frame: "pl.DataFrame") -> Sheet:
    return Sheet(name=name, columns=columns, rows=frame.iter_rows, count=frame.height)


def _sheet(name: str, columns: tuple[Column, ...], rows: Sequence[tuple[Cell, ...]]) -> Sheet:
    return Sheet(name=name, columns=columns, rows=lambda: iter(rows), count=len(rows))


def _table(sheet: Sheet, *, exponent: int) -> "Table":
    from rich.table import Table

    table = Table(title=sheet.name, title_justify="left")
    for column in sheet.columns:
        table.add_column(column.heading, justify="left" if column.shape is Shape.TEXT else "right")
    for row in sheet.rows():
        table.add_row(
            *(
                _text(cell, shape=column.shape, exponent=exponent)
                for cell, column in zip(row, sheet.columns, strict=True)
            )
        )
    return table


def _text(cell: Cell, *, shape: Shape, exponent: int) -> str:
    if not isinstance(cell, int):
        return cell or ""
    writers: dict[Shape, Callable[[int], str]] = {
        Shape.MONEY: lambda value: money.format_minor(value, exponent=exponent),
        Shape.QUANTITY: quantity.format_milli,
        Shape.PERCENT: tariff_words.hundredths_text,
        Shape.SHARE: lambda value: tariff_words.hundredths_text(value).removeprefix("+"),
    }
    return writers.get(shape, "{:,}".format)(cell)
