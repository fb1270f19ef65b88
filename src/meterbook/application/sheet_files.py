"""Workbooks for imports: the template to fill in, and the rows that were wrong with the reasons beside them.

Every cell is text, so that nothing in it is ever taken for a formula or loses a leading zero.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from meterbook.application import sheet_columns, spreadsheets
from meterbook.application.sheet_columns import Column

if TYPE_CHECKING:
    import xlsxwriter

# Excel's own limit for a list written into the rule itself is 255 characters; a sheet of lists has none.
_LISTS = "lists"
TEMPLATE_ROWS = 10_000
_WIDTH, _WIDE = 14, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateColumn:
    """A column as the template shows it. `choices` become a drop-down list."""

    heading: str
    is_required: bool
    explanation: str
    example: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateWords:
    """What the template says in the reader's language."""

    rows: str
    explanations: str
    column: str
    required: str
    yes: str
    explanation: str
    example: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownError:
    """An error in words. `row` as Excel shows it, `column` the heading or "", `key` the column's key."""

    row: int
    key: str
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorWords:
    """What the error workbook says in the reader's language."""

    rows: str
    errors: str
    reason: str
    row: str
    column: str
    value: str


def template(*, columns: Sequence[TemplateColumn], words: TemplateWords) -> bytes:
    """The workbook to fill in: headings over text columns with lists, and a sheet that explains them."""
    import xlsxwriter  # only a process that writes workbooks has to load it

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        text = book.add_format({"num_format": "@"})
        head = book.add_format({"bold": True, "bg_color": "#DCE9EF", "num_format": "@", "border": 1})
        needed = book.add_format({"bold": True, "bg_color": "#0E5A78", "font_color": "white", "border": 1})
        wrapped = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        page = book.add_worksheet(words.rows)
        page.freeze_panes(1, 0)
        page.set_column(0, len(columns) - 1, _WIDTH, text)
        explained = book.add_worksheet(words.explanations)
        for place, heading in enumerate((words.column, words.required, words.explanation, words.example)):
            explained.write_string(0, place, heading, head)
        explained.set_column(0, 1, _WIDTH)
        explained.set_column(2, 2, _WIDE)
        explained.set_column(3, 3, 2 * _WIDTH)
        lists = book.add_worksheet(_LISTS)
        lists.hide()
        for place, column in enumerate(columns):
            page.write_string(0, place, column.heading, needed if column.is_required else head)
            cells = (
                column.heading,
                words.yes if column.is_required else "",
                column.explanation,
                column.example,
            )
            for x, cell in enumerate(cells):
                explained.write_string(place + 1, x, cell, wrapped)
            if column.choices:
                for y, choice in enumerate(column.choices):
                    lists.write_string(y, place, choice)
                letter = xlsxwriter.utility.xl_col_to_name(place, col_abs=True)
                source = f"={_LISTS}!{letter}$1:{letter}${len(column.choices)}"
                rule = {"validate": "list", "source": source, "error_type": "warning"}
                page.data_validation(1, place, TEMPLATE_ROWS, place, rule)
        for y, note in enumerate(words.notes, start=len(columns) + 2):
            explained.merge_range(y, 0, y, 3, note, wrapped)
    return buffer.getvalue()


def error_workbook(
    *,
    sheet: spreadsheets.Sheet,
    columns: Sequence[Column],
    errors: Sequence[ShownError],
    words: ErrorWords,
) -> bytes:
    """The rows with errors as uploaded, each with its reasons in a first column, and a list of all errors.

    The reason's heading begins with #, so the mended workbook can be uploaded as it is.
    """
    import xlsxwriter  # as above

    by_row: dict[int, list[ShownError]] = {}
    for error in errors:
        by_row.setdefault(error.row, []).append(error)
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"constant_memory": True}) as book:
        text = book.add_format({"num_format": "@"})
        head = book.add_format({"bold": True, "bg_color": "#DCE9EF", "num_format": "@"})
        bad = book.add_format({"bg_color": "#F9D9D6", "font_color": "#8C1B14", "num_format": "@"})
        _write_rows(
            book.add_worksheet(words.rows),
            sheet=sheet,
            places=_places(sheet, columns=columns),
            by_row=by_row,
            heading=f"# {words.reason}",
            formats=(head, text, bad),
        )
        listed = book.add_worksheet(words.errors)
        listed.set_column(0, 2, _WIDTH)
        listed.set_column(3, 3, _WIDE)
        for x, heading in enumerate((words.row, words.column, words.value, words.reason)):
            listed.write_string(0, x, heading, head)
        for y, error in enumerate(errors, start=1):
            for x, cell in enumerate((str(error.row), error.column, error.value, error.reason)):
                listed.write_string(y, x, cell, text)
    return buffer.getvalue()


def _write_rows(
    page: "xlsxwriter.worksheet.Worksheet",
    *,
    sheet: spreadsheets.Sheet,
    places: Mapping[str, int],
    by_row: Mapping[int, list[ShownError]],
    heading: str,
    formats: tuple[object, object, object],
) -> None:
    head, text, bad = formats
    kept = [place for place, name in enumerate(sheet.headings) if not name.startswith("#")]
    page.freeze_panes(1, 1)
    page.set_column(0, 0, _WIDE)
    page.set_column(1, len(kept), _WIDTH)
    page.write_string(0, 0, heading, head)
    for x, place in enumerate(kept, start=1):
        page.write_string(0, x, sheet.headings[place], head)
    for y, row in enumerate((row for row in sheet.rows if row.number in by_row), start=1):
        found = by_row[row.number]
        wrong = {places.get(error.key) for error in found}
        reasons = "; ".join(f"{e.column}: {e.reason}" if e.column else e.reason for e in found)
        page.write_string(y, 0, reasons, bad)
        for x, place in enumerate(kept, start=1):
            cell = row.cells[place][1:] if place < len(row.cells) else ""
            page.write_string(y, x, cell, bad if place in wrong else text)


def _places(sheet: spreadsheets.Sheet, *, columns: Sequence[Column]) -> Mapping[str, int]:
    return sheet_columns.places(headings=sheet.headings, columns=columns)
