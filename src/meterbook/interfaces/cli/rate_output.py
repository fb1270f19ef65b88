"""Writes rated lines: as a table for people, as CSV, or as JSON. Amounts are text, so nothing rounds them."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import polars as pl

from meterbook.interfaces.cli import console, rate_lines
from meterbook.interfaces.cli.tongue import Tongue
from meterbook.kernel import money

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

# A terminal is for looking; more rows than this are for a file.
TABLE_ROWS = 500
# A file or a pipe has no width of its own.
WIDE = 200
_PLAIN = {"factor": "1", "time": "1"}
_IN_HEAD = ("row", "account", "tariff", "total", "currency")


@contextlib.contextmanager
def opened(output: Path | None, *, tongue: Tongue) -> Iterator[IO[str]]:
    """The file to write to, or standard output; CommandError where it can't be written."""
    if output is None:
        yield sys.stdout
        return
    # with the mark spreadsheets need to take a table for UTF-8
    encoding = "utf-8-sig" if output.suffix.lower() == ".csv" else "utf-8"
    try:
        with output.open("w", encoding=encoding, newline="") as stream:
            yield stream
    except OSError as error:
        message = tongue.gettext("{path} can't be written: {reason}").format(
            path=output, reason=error.strerror
        )
        raise console.CommandError(message) from error
    console.err().print(tongue.gettext("Written: {file}").format(file=output), markup=False)


def write_json(found: rate_lines.Rated, stream: IO[str], *, tongue: Tongue) -> None:
    """{"rows": [{..., "total": "12.50", "lines": [...]}], "totals": [{currency, amount, tax}]}."""
    del tongue
    own = [name for name in found.lines.columns if name not in found.rows.columns or name in {"row", "tax"}]
    lines = found.lines.select(own)
    fields = pl.struct(name for name in own if name != "row")
    listed = lines.group_by("row", maintain_order=True).agg(lines=fields)
    rows = found.rows.join(listed, on="row", how="left", maintain_order="left")
    rows = rows.with_columns(pl.col("lines").fill_null([])).drop("line_count")
    totals = [
        f'{{"currency":"{row["currency"]}","amount":"{_plain_money(row, "amount_minor")}",'
        f'"tax":"{_plain_money(row, "tax_minor")}"}}'
        for row in found.totals.iter_rows(named=True)
    ]
    stream.write(f'{{"rows":{rows.write_json()},"totals":[{",".join(totals)}]}}\n')


def write_csv(found: rate_lines.Rated, stream: IO[str], *, tongue: Tongue) -> None:
    """One record for each line; `total` stands on the last line of a row, so that both columns sum alike."""
    del tongue
    totals = found.rows.select("row", "total")
    is_last = pl.col("row").ne_missing(pl.col("row").shift(-1))
    lines = found.lines.join(totals, on="row", how="left", maintain_order="left")
    lines = lines.with_columns(pl.when(is_last).then("total").alias("total"))
    after = [name for name in ("total", rate_lines.EXPLANATION) if name in lines.columns]
    stream.write(lines.select(pl.exclude(after), *after).write_csv())


def write_table(found: rate_lines.Rated, stream: IO[str], *, tongue: Tongue) -> None:
    """Lines under headings, a total below the lines of each row, and what all of it comes to."""
    from rich.console import Console

    _ = tongue.gettext
    out = Console(file=stream, highlight=False, width=None if stream.isatty() else WIDE)
    shown = found.rows.head(TABLE_ROWS)
    if rate_lines.EXPLANATION in found.lines.columns:
        _write_explained(found, shown, out, tongue=tongue)
    else:
        out.print(_table(found, shown, tongue=tongue))
    if found.rows.height > TABLE_ROWS:
        words = _("{shown} of {rows} rows are shown; --format csv writes all of them.")
        out.print(words.format(shown=TABLE_ROWS, rows=found.rows.height), markup=False)
    for row in found.totals.iter_rows(named=True):
        words = _("{rows} rows, {lines} lines: {amount} {currency}, of it tax {tax}")
        amount = money.format_minor(row["amount_minor"], exponent=row["exponent"])
        tax = money.format_minor(row["tax_minor"], exponent=row["exponent"])
        counts = {"rows": found.rows.height, "lines": found.lines.height}
        out.print(
            words.format(**counts, amount=amount, currency=row["currency"], tax=tax),
            markup=False,
            style="bold",
        )


def _write_explained(found: rate_lines.Rated, shown: pl.DataFrame, out: "Console", *, tongue: Tongue) -> None:
    """Each row with its lines one below the other, so that sentences have the whole width."""
    _ = tongue.gettext
    by_row = _by_row(found, shown)
    for row in shown.iter_rows(named=True):
        head = _("Row {row}: {account}, {tariff}, {total} {currency}")
        out.print(head.format(**{name: row[name] for name in _IN_HEAD}), markup=False, style="bold")
        for line in by_row.get(row["row"], []):
            words = f"  {line['name']}  {line['amount']}\n    {line[rate_lines.EXPLANATION]}"
            out.print(words, markup=False, soft_wrap=True)
        out.print("")


def _by_row(found: rate_lines.Rated, shown: pl.DataFrame) -> dict[int, list[dict[str, Any]]]:
    lines = found.lines.filter(pl.col("row").is_in(shown["row"].implode()))
    by_row: dict[int, list[dict[str, Any]]] = {}
    for line in lines.iter_rows(named=True):
        by_row.setdefault(line["row"], []).append(line)
    return by_row


def _table(found: rate_lines.Rated, shown: pl.DataFrame, *, tongue: Tongue) -> "Table":
    from rich.table import Table

    names = _shown_columns(found.lines)
    headings = _headings(tongue)
    table = Table()
    for name in ("row", "account", *names):
        is_number = name in {"row", "quantity", "price", "factor", "time", "amount", "tax"}
        table.add_column(headings[name], justify="right" if is_number else "left", overflow="fold")
    by_row = _by_row(found, shown)
    for row in shown.iter_rows(named=True):
        for line in by_row.get(row["row"], []):
            cells = ("" if line[name] is None else str(line[name]) for name in names)
            table.add_row(str(row["row"]), row["account"], *cells)
        totals = {"name": tongue.gettext("Total"), "amount": row["total"], "tax": row["tax"]}
        cells = (totals.get(name, "") for name in names)
        table.add_row(str(row["row"]), row["account"], *cells, style="bold", end_section=True)
    return table


def _shown_columns(lines: pl.DataFrame) -> list[str]:
    """Columns that say something: factors that are one and bounds no line has are left out."""
    names = ("component", "name", "band", "tier", "quantity", "price", "factor", "time", "amount", "tax")
    return [
        name
        for name in names
        if lines[name].null_count() < lines.height
        and not (name in _PLAIN and (lines[name] == _PLAIN[name]).all())
    ]


def _headings(tongue: Tongue) -> dict[str, str]:
    _ = tongue.gettext
    return {
        "row": _("Row"),
        "account": _("Account"),
        "component": _("Code"),
        "name": _("Component"),
        "band": _("Band"),
        "tier": _("Tier"),
        "quantity": _("Quantity"),
        "price": _("Price"),
        "factor": _("Factor"),
        "time": _("Time"),
        "amount": _("Amount"),
        "tax": _("Tax inside"),
    }


def _plain_money(row: "dict[str, int]", name: str) -> str:
    return money.format_minor(row[name], exponent=row["exponent"], grouping=False)
