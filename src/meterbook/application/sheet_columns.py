"""Gives the cells of an uploaded sheet their meaning, column by column. Nothing is guessed.

A file format is a list of `Column`s. Each distinct text of a column is read once; what can't be read is an
error with its row, column, text and reason, and never a default.
"""

import datetime
import enum
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from meterbook.application import spreadsheets
from meterbook.kernel import quantity, text

ERRORS = {"row": pl.Int32, "column": pl.String, "value": pl.String, "code": pl.String, "fact": pl.String}
_FULL_WIDTH_DIGITS = {0xFF10 + digit: str(digit) for digit in range(10)}
_CHINESE_DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_COMPACT_DATE = re.compile(r"(2[0-9]{3}|19[0-9]{2})([0-9]{2})([0-9]{2})")
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[eE]\+[0-9]+")
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\ufeff]")
_IDENTIFIER = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]*")
_PHONE = re.compile(r"\+?[0-9][0-9 -]{3,22}[0-9]")


class Fault(enum.StrEnum):
    """What can be wrong with one cell."""

    MISSING = "MISSING"
    TOO_LONG = "TOO_LONG"
    NOT_A_NUMBER = "NOT_A_NUMBER"
    NOT_WHOLE = "NOT_WHOLE"
    TOO_PRECISE = "TOO_PRECISE"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    NOT_A_DATE = "NOT_A_DATE"
    NOT_A_CHOICE = "NOT_A_CHOICE"
    NOT_AN_IDENTIFIER = "NOT_AN_IDENTIFIER"
    NOT_A_PHONE = "NOT_A_PHONE"
    DIGITS_LOST = "DIGITS_LOST"
    INVISIBLE_SIGN = "INVISIBLE_SIGN"
    FORMULA = "FORMULA"
    EXCEL_ERROR = "EXCEL_ERROR"
    MERGED_CELL = "MERGED_CELL"


class CellError(Exception):
    """A cell that isn't what its column holds."""

    def __init__(self, *, code: Fault, fact: str = "") -> None:
        super().__init__(code.value)
        self.code = code
        self.fact = fact


# From a cell as spreadsheet_child tags it (never empty) to the column's value; raises CellError.
Reader = Callable[[str], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One documented column of a file. `zh` and `en` are its headings; `aliases` are accepted as well."""

    key: str
    zh: str
    en: str
    read: Reader
    dtype: pl.DataType | type[pl.DataType]
    is_required: bool = False
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()  # offered by the template's drop-down list


@dataclass(frozen=True, slots=True)
class ParsedSheet:
    """`rows`: column `row` (Excel's number) and one typed column per Column, null where empty or in error.
    `errors`: columns ERRORS, by row. `missing`: the keys of required columns whose heading isn't there;
    `unknown`: headings that are no column; `repeated`: keys that appear twice.
    """

    rows: pl.DataFrame
    errors: pl.DataFrame
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    repeated: tuple[str, ...]


def plain_text(*, longest: int) -> Reader:
    """Names and the like: as written, full-width digits made half-width, ends stripped."""

    def read(cell: str) -> str:
        value = cell[1:].translate(_FULL_WIDTH_DIGITS).strip()
        if _INVISIBLE.search(value):
            raise CellError(code=Fault.INVISIBLE_SIGN)
        if len(value) > longest:
            raise CellError(code=Fault.TOO_LONG, fact=str(longest))
        return value

    return read


def identifier(*, longest: int) -> Reader:
    """What people know things by: letters, digits, `-`, `.`, `/`, `_`. A number of Excel's must be exact."""

    def read(cell: str) -> str:
        value = _exact(cell)
        if not _IDENTIFIER.fullmatch(value):
            raise CellError(code=Fault.NOT_AN_IDENTIFIER)
        if len(value) > longest:
            raise CellError(code=Fault.TOO_LONG, fact=str(longest))
        return value

    return read


def phone(cell: str) -> str:
    """One phone number; blanks and hyphens inside are dropped."""
    value = _exact(cell)
    if not _PHONE.fullmatch(value):
        raise CellError(code=Fault.NOT_A_PHONE)
    return value.replace(" ", "").replace("-", "")


def whole(*, least: int, most: int) -> Reader:
    """A whole number within bounds."""

    def read(cell: str) -> int:
        value = text.half_width(cell[1:])
        if not re.fullmatch(r"[0-9]{1,12}", value):
            is_number = re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", value) is not None
            raise CellError(code=Fault.NOT_WHOLE if is_number else Fault.NOT_A_NUMBER)
        if not least <= int(value) <= most:
            raise CellError(code=Fault.OUT_OF_RANGE, fact=f"{least}-{most}")
        return int(value)

    return read


def milli(*, least: int, most: int) -> Reader:
    """A number with at most three decimals, in thousandths; bounds in thousandths too."""

    def read(cell: str) -> int:
        try:
            value = quantity.parse_milli(text.half_width(cell[1:]))
        except quantity.QuantityError as error:
            known = error.code.value in Fault.__members__
            raise CellError(code=Fault(error.code.value) if known else Fault.NOT_A_NUMBER) from error
        if not least <= value <= most:
            fact = f"{quantity.format_milli(least)}-{quantity.format_milli(most)}"
            raise CellError(code=Fault.OUT_OF_RANGE, fact=fact)
        return value

    return read


def date(cell: str) -> datetime.date:
    """A date of Excel's, or year-month-day as text (2025-12-01, 2025/12/1, 2025年12月1日, 20251201).

    A bare number that isn't eight digits of a date is refused: Excel's day count looks like any number.
    """
    value = text.half_width(cell[1:])
    match = _COMPACT_DATE.fullmatch(value) or (None if cell[0] == "n" else _CHINESE_DATE.fullmatch(value))
    if match is None:
        raise CellError(code=Fault.NOT_A_DATE)
    try:
        return datetime.date(*(int(part) for part in match.groups()))
    except ValueError as reason:
        raise CellError(code=Fault.NOT_A_DATE) from reason


def choice(*, names: Mapping[str, int | str]) -> Reader:
    """One of the names (whatever their case), as what it stands for."""
    folded = {name.casefold(): value for name, value in names.items()}

    def read(cell: str) -> int | str:
        value = folded.get(text.half_width(cell[1:]).casefold())
        if value is None:
            raise CellError(code=Fault.NOT_A_CHOICE, fact=" / ".join(names))
        return value

    return read


def parse(*, sheet: spreadsheets.Sheet, columns: Sequence[Column]) -> ParsedSheet:
    """Read a sheet by its headings, in whatever order they stand."""
    found, unknown, repeated = _places(headings=sheet.headings, columns=columns)
    missing = tuple(c.key for c in columns if c.is_required and c.key not in found)
    numbers = [row.number for row in sheet.rows]
    typed = [pl.Series("row", numbers, dtype=pl.Int32)]
    errors = [_sheet_faults(sheet, found=found)]
    for column in columns:
        place = found.get(column.key)
        cells = [
            row.cells[place] if place is not None and place < len(row.cells) else "" for row in sheet.rows
        ]
        values, faults = _read_column(column, cells=cells, numbers=numbers)
        typed.append(values)
        if column.key not in missing:
            errors.append(faults)
    return ParsedSheet(
        rows=pl.DataFrame(typed),
        errors=first_per_cell(pl.concat(errors)),
        missing=missing,
        unknown=unknown,
        repeated=repeated,
    )


def places(*, headings: tuple[str, ...], columns: Sequence[Column]) -> dict[str, int]:
    """Where each column stands among the headings, by key, counted from 0."""
    return _places(headings=headings, columns=columns)[0]


def first_per_cell(errors: pl.DataFrame) -> pl.DataFrame:
    """Errors (columns ERRORS) by row, at most one per cell: the first one said."""
    kept = errors.unique(["row", "column"], keep="first", maintain_order=True)
    return kept.sort("row", maintain_order=True)


def _places(
    *, headings: tuple[str, ...], columns: Sequence[Column]
) -> tuple[dict[str, int], tuple[str, ...], tuple[str, ...]]:
    by_name = {
        folded(name): column.key
        for column in columns
        for name in (column.key, column.zh, column.en, *column.aliases)
    }
    found: dict[str, int] = {}
    unknown, repeated = [], []
    for place, heading in enumerate(headings):
        key = by_name.get(folded(heading))
        if key is None and heading:
            unknown.append(heading)
        elif key in found:
            repeated.append(key)
        elif key is not None:
            found[key] = place
    return found, tuple(unknown), tuple(repeated)


def folded(heading: str) -> str:
    """Headings are compared without blanks, stars, full stops and case."""
    return re.sub(r"[\s*＊.:：_]", "", text.half_width(heading)).casefold()


def _read_column(column: Column, *, cells: list[str], numbers: list[int]) -> tuple[pl.Series, pl.DataFrame]:
    values: dict[str, Any] = {"": None}
    faults: dict[str, tuple[Fault, str]] = {}
    if column.is_required:
        faults[""] = (Fault.MISSING, "")
    for cell in set(cells) - {""}:
        try:
            read = column.read(cell)
        except CellError as error:
            values[cell] = None
            faults[cell] = (error.code, error.fact)
        else:
            values[cell] = None if read == "" else read
            if read == "" and column.is_required:
                faults[cell] = (Fault.MISSING, "")
    found = [
        (number, column.key, cell[1:], faults[cell][0].value, faults[cell][1])
        for number, cell in zip(numbers, cells, strict=True)
        if cell in faults
    ]
    series = pl.Series(column.key, [values[cell] for cell in cells], dtype=column.dtype, strict=True)
    return series, pl.DataFrame(found, schema=ERRORS, orient="row")


def _sheet_faults(sheet: spreadsheets.Sheet, *, found: dict[str, int]) -> pl.DataFrame:
    """Formulas, Excel's errors and merged cells, where they touch a known column of a row that counts."""
    keys = {place + 1: key for key, place in found.items()}
    cells = {row.number: row.cells for row in sheet.rows}
    faults = []
    for fault in sheet.faults:
        if fault.row in cells and (fault.column in keys or fault.code == Fault.MERGED_CELL):
            row = cells[fault.row]
            value = row[fault.column - 1][1:] if fault.column <= len(row) else ""
            faults.append((fault.row, keys.get(fault.column, ""), value, fault.code, ""))
    return pl.DataFrame(faults, schema=ERRORS, orient="row")


def _exact(cell: str) -> str:
    """The text of an identifier. Excel's own number is taken only when it kept every digit."""
    value = text.half_width(cell[1:])
    if (cell[0] == "n" and not value.isdigit()) or _SCIENTIFIC.fullmatch(value):
        raise CellError(code=Fault.DIGITS_LOST)
    return value
