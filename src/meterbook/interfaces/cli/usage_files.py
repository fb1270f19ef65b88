"""Opens usage files: CSV (UTF-8 with or without mark, GB18030), JSON or XLSX, as columns of text.

Nothing is given a meaning here, and nothing is turned into a number on the way: an account 00123 stays
00123. Rows are numbered as people see them: the headings of a table are row 1, the first object of a JSON
list is row 1.
"""

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meterbook.interfaces.cli import console
from meterbook.interfaces.cli import usage_files_columns as known
from meterbook.interfaces.cli import usage_files_faults as faults
from meterbook.interfaces.cli.tongue import Tongue

if TYPE_CHECKING:
    import polars as pl

    from meterbook.application import spreadsheets

FaultCode = faults.FaultCode
_WORKBOOK_MARK = b"PK\x03\x04"
_OLD_WORKBOOK_MARK = b"\xd0\xcf\x11\xe0"
_UTF8_MARK = b"\xef\xbb\xbf"
_SHEET_ROWS = 1 << 20
_SHEET_CELLS = 40_000_000
_BLOCK_BYTES = 1 << 22
_EXCEL_DIGITS = 15
_TEXT_FORMS = frozenset({known.Form.IDENTIFIER, known.Form.TEXT, known.Form.TEXTS})


@dataclass(frozen=True)
class TextTable:
    """The cells of a file. `cells` has String columns by heading, null where empty, and `_row` (Int64) last.

    Rows without any cell are left out. `faults` are cells that can't even be taken as text.
    """

    headings: tuple[str, ...]
    cells: "pl.DataFrame"
    faults: "pl.DataFrame"


def read(path: Path, *, tongue: Tongue) -> TextTable:
    """Read a file by its content; CommandError where it is none of the three kinds or has no rows."""
    content = _content(path, tongue=tongue)
    if content.startswith((_WORKBOOK_MARK, _OLD_WORKBOOK_MARK)):
        table = _workbook(content, path=path, tongue=tongue)
    elif content.lstrip().removeprefix(_UTF8_MARK)[:1] in {b"[", b"{"}:
        table = _json(content, path=path, tongue=tongue)
    else:
        table = _csv(content, path=path, tongue=tongue)
    if table.cells.is_empty() and table.faults.is_empty():
        raise unreadable(path, tongue.gettext("there are no rows"), tongue=tongue)
    return table


def unreadable(path: Path, why: str, *, tongue: Tongue) -> console.CommandError:
    """The error for a file as a whole."""
    message = tongue.gettext("{path} can't be read: {reason}").format(path=path, reason=why)
    return console.CommandError(message, exit_code=console.WRONG_USE)


def _content(path: Path, *, tongue: Tongue) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error.strerror or str(error), tongue=tongue) from error
    if not content.strip():
        raise unreadable(path, tongue.gettext("the file is empty"), tongue=tongue)
    return content


def _utf8(content: bytes, *, path: Path, tongue: Tongue) -> bytes:
    """The content in UTF-8 without mark."""
    found = content.removeprefix(_UTF8_MARK)
    try:
        found.decode()
    except UnicodeDecodeError:
        try:
            return content.decode("gb18030").encode()
        except UnicodeDecodeError as error:
            why = tongue.gettext("neither UTF-8 nor GB18030 text")
            raise unreadable(path, why, tongue=tongue) from error
    return found


def _csv(content: bytes, *, path: Path, tongue: Tongue) -> TextTable:
    """All columns as text, in columns from the first. Rows of another width than the headings are faults."""
    import polars as pl
    import pyarrow
    from pyarrow import csv as arrow_csv

    utf8 = _utf8(content, path=path, tongue=tongue)
    if not utf8.endswith(b"\n"):
        utf8 += b"\n"
    head = utf8[: utf8.find(b"\n") + 1].decode()
    delimiter = "\t" if "\t" in head else ","
    headings = _headings(next(csv.reader([head], delimiter=delimiter)))
    ragged: list[tuple[int, str, str, str, str]] = []
    skipped: list[int] = []

    def keep(row: Any) -> str:
        skipped.append(row.number)
        # a line of nothing but spaces is one cell; it is no row
        if row.actual_columns > 1 or row.text.strip():
            fact = f"{row.actual_columns} / {row.expected_columns}"
            ragged.append((row.number, "", "", FaultCode.WRONG_WIDTH.value, fact))
        return "skip"

    names = [f"f{place}" for place in range(len(headings))]
    try:
        table = arrow_csv.read_csv(
            io.BytesIO(utf8),
            # one thread: only then rows are numbered
            read_options=arrow_csv.ReadOptions(
                use_threads=False, autogenerate_column_names=True, block_size=_BLOCK_BYTES
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=keep,
            ),
            convert_options=arrow_csv.ConvertOptions(
                strings_can_be_null=False, column_types=dict.fromkeys(names, pyarrow.string())
            ),
        )
    except pyarrow.ArrowInvalid as error:
        raise unreadable(path, str(error), tongue=tongue) from error
    found = pl.from_arrow(table)
    assert isinstance(found, pl.DataFrame)
    numbers = pl.int_range(1, found.height + len(skipped) + 1, eager=True)
    found = found.with_columns(numbers.filter(~numbers.is_in(skipped)).alias(known.ROW))
    return _table(headings, found, faulty=faults.frame(ragged))


def _table(headings: Sequence[str], found: "pl.DataFrame", *, faulty: "pl.DataFrame") -> TextTable:
    """Columns f0, f1, ... and `_row`, with the headings as first row."""
    import polars as pl

    cells = found.slice(1).select(
        *(_cell(f"f{place}").alias(name) for place, name in _used(headings)), known.ROW
    )
    texts = [name for _, name in _used(headings)]
    if texts:
        cells = cells.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in texts))
    return TextTable(headings=tuple(headings), cells=cells, faults=faulty)


def _used(headings: Sequence[str]) -> list[tuple[int, str]]:
    """The headed columns by place, the first of each name; what begins with # is somebody's own note."""
    found: dict[str, int] = {}
    for place, name in enumerate(headings):
        if name and not name.startswith("#"):
            found.setdefault(name, place)
    return [(place, name) for name, place in found.items()]


def _cell(name: str) -> "pl.Expr":
    """The text without spaces around it; null where nothing is left."""
    import polars as pl

    stripped = pl.col(name).str.strip_chars()
    return pl.when(stripped != "").then(stripped)


def _headings(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.strip() for name in names)


def _json(content: bytes, *, path: Path, tongue: Tongue) -> TextTable:
    """A list of objects. Numbers keep their digits; lists are joined as a cell would write them."""
    import polars as pl

    try:
        listed = json.loads(
            _utf8(content, path=path, tongue=tongue),
            parse_float=str,
            parse_int=str,
            parse_constant=str,
            object_pairs_hook=_object,
        )
    except (ValueError, RecursionError) as error:
        raise unreadable(path, str(error), tongue=tongue) from error
    if not isinstance(listed, list):
        raise unreadable(path, tongue.gettext("not a list of objects"), tongue=tongue)
    found: list[tuple[int, str, str, str, str]] = []
    headings: dict[str, None] = {}
    rows: list[dict[str, str | None]] = []
    numbers: list[int] = []
    for number, item in enumerate(listed, start=1):
        if not isinstance(item, dict):
            found.append((number, "", str(item), FaultCode.NOT_AN_OBJECT.value, ""))
            continue
        row = {name: _json_text(value) for name, value in item.items()}
        odd = (name for name, text in row.items() if text is None and item[name] is not None)
        found.extend((number, name, str(item[name]), FaultCode.NOT_ONE_VALUE.value, "") for name in odd)
        headings.update(dict.fromkeys(row))
        rows.append(row)
        numbers.append(number)
    names = _headings(list(headings))
    columns = {f"f{place}": [row.get(heading) for row in rows] for place, heading in enumerate(headings)}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String()))
    cells = frame.select(_cell(f"f{place}").alias(name) for place, name in _used(names))
    cells = cells.with_columns(pl.Series(known.ROW, numbers, dtype=pl.Int64))
    return TextTable(headings=names, cells=cells, faults=faults.frame(found))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """One object; ValueError where a name stands twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r}: 2 x")
    return found


def _json_text(value: object) -> str | None:
    """A text, a number's digits, or a list of them; None for nothing and for what is no value of a cell."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ";".join(value)
    return None


def _workbook(content: bytes, *, path: Path, tongue: Tongue) -> TextTable:
    """The first sheet, read as uploads are: limits first, then a process of its own."""
    from meterbook.application import spreadsheets

    limits = spreadsheets.Limits(
        file_bytes=1 << 28, unpacked_bytes=1 << 31, rows=_SHEET_ROWS, cells=_SHEET_CELLS, seconds=600
    )
    try:
        sheet = spreadsheets.read_sheet(content=content, limits=limits)
    except spreadsheets.FileRefusedError as error:
        words = {
            spreadsheets.Refusal.OLD_EXCEL: tongue.gettext(
                "This is an old .xls or a protected file. Save it as .xlsx without a password."
            ),
            spreadsheets.Refusal.ENCRYPTED: tongue.gettext("The file is protected by a password."),
        }
        why = words.get(error.code, f"{error.code.value} {error.fact}".strip())
        raise unreadable(path, why, tongue=tongue) from error
    return _sheet_table(sheet)


def _sheet_table(sheet: "spreadsheets.Sheet") -> TextTable:
    import polars as pl

    numbers = [row.number for row in sheet.rows]
    places = dict(_used(sheet.headings))
    found = [
        (fault.row, places[fault.column - 1], "", fault.code, "")
        for fault in sheet.faults
        if fault.column - 1 in places
    ]
    columns: dict[str, list[str | None]] = {}
    for place, name in places.items():
        column = known.BY_NAME.get(name)
        is_text = column is not None and column.form in _TEXT_FORMS
        show: Callable[[str], str | None] = _sheet_text if is_text else _sheet_value
        written = [row.cells[place] if place < len(row.cells) else "" for row in sheet.rows]
        shown = [show(cell) if cell else None for cell in written]
        found.extend(
            (number, name, cell[1:], FaultCode.DIGITS_LOST.value, "")
            for number, cell, text in zip(numbers, written, shown, strict=True)
            if cell and text is None
        )
        columns[name] = shown
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String()))
    cells = frame.select(_cell(name).alias(name) for name in columns)
    return TextTable(
        headings=tuple(sheet.headings),
        cells=cells.with_columns(pl.Series(known.ROW, numbers, dtype=pl.Int64)),
        faults=faults.frame(found),
    )


def _sheet_text(cell: str) -> str | None:
    """An identifier; None where Excel made something else of it and can't say what was typed."""
    kind, text = cell[0], cell[1:]
    if kind == "t" or (kind == "n" and text.isdigit()):
        return text
    return None


def _sheet_value(cell: str) -> str | None:
    """A number with the digits Excel shows: it keeps 15 of them, and what follows is its own rounding."""
    kind, text = cell[0], cell[1:]
    if kind == "n" and not text.lstrip("-").isdigit():
        return f"{Decimal(format(Decimal(text), f'.{_EXCEL_DIGITS}g')):f}"
    return text
