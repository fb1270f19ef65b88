"""A list as an Excel file: the columns, order, filters and totals that were on the screen.

Text cells are written as text whatever they look like: no formula can come in by a customer's name,
no leading zero is lost. Numbers and days are typed, so that they can be summed and sorted.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import FileResponse
from django.utils.translation import gettext as _

from meterbook.interfaces import clock
from meterbook.interfaces.web import cells
from meterbook.interfaces.web.templatetags import meterbook as tags

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CHUNK_ROWS = 10_000
_LONGEST_SHEET_NAME = 31
_WIDTHS = {cells.Kind.LONG_TEXT: 40, cells.Kind.MOMENT: 18, cells.Kind.TEXT: 18, cells.Kind.ACCOUNT_NO: 18}
_USUAL_WIDTH = 13


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column of the file."""

    key: str
    label: str
    kind: cells.Kind
    value: Callable[[Any], Any]


def respond(
    *,
    name: str,
    title: str,
    columns: Sequence[SheetColumn],
    chunks: Callable[[int, int], Sequence[Any]],
    count: int,
    totals: Mapping[str, int],
    address: str,
) -> FileResponse:
    """The whole file as an attachment. `chunks(offset, limit)` gives the rows, inside the page's read."""
    target = io.BytesIO()
    import xlsxwriter  # only a process that exports has to load it

    with xlsxwriter.Workbook(target, {"constant_memory": True, "remove_timezone": True}) as book:
        sheet = book.add_worksheet(_sheet_name(title))
        writer = _Writer(sheet=sheet, columns=columns, formats=_formats(book))
        writer.head()
        for offset in range(0, count, _CHUNK_ROWS):
            for row in chunks(offset, _CHUNK_ROWS):
                writer.row(row)
        if totals:
            writer.totals(totals)
        sheet.freeze_panes(1, 0)
        _write_origin(book, title=title, address=address, count=count)
    target.seek(0)
    day = clock.today().isoformat()
    return FileResponse(target, as_attachment=True, filename=f"{name}-{day}.xlsx", content_type=CONTENT_TYPE)


def _sheet_name(title: str) -> str:
    plain = "".join(character for character in title if character not in "[]:*?/\\")
    return plain[:_LONGEST_SHEET_NAME] or "Sheet"


def _formats(book: Any) -> dict[str, Any]:
    formats = {
        kind.value: book.add_format({"num_format": text}) for kind, text in cells.SHEET_FORMATS.items()
    }
    bold = {
        f"{kind.value}-bold": book.add_format({"num_format": text, "bold": True, "top": 1})
        for kind, text in cells.SHEET_FORMATS.items()
    }
    return {
        **formats,
        **bold,
        "head": book.add_format({"bold": True, "bottom": 1}),
        "bold": book.add_format({"bold": True, "top": 1}),
    }


class _Writer:
    """Writes rows in order, as constant memory wants."""

    def __init__(self, *, sheet: Any, columns: Sequence[SheetColumn], formats: dict[str, Any]) -> None:
        self._sheet = sheet
        self._columns = columns
        self._formats = formats
        self._at = 0
        for number, column in enumerate(columns):
            sheet.set_column(number, number, _WIDTHS.get(column.kind, _USUAL_WIDTH))

    def head(self) -> None:
        """The names of the columns."""
        for number, column in enumerate(self._columns):
            self._sheet.write_string(self._at, number, column.label, self._formats["head"])
        self._at += 1

    def row(self, row: Any) -> None:
        """One row of the list."""
        for number, column in enumerate(self._columns):
            value = cells.sheet_value(kind=column.kind, value=column.value(row))
            self._cell(number, value, self._formats.get(column.kind.value))
        self._at += 1

    def totals(self, totals: Mapping[str, int]) -> None:
        """The sums below the rows."""
        for number, column in enumerate(self._columns):
            if column.key in totals:
                value = cells.sheet_value(kind=column.kind, value=totals[column.key])
                self._cell(number, value, self._formats[f"{column.kind.value}-bold"])
            elif number == 0:
                self._sheet.write_string(self._at, 0, _("Total"), self._formats["bold"])
        self._at += 1

    def _cell(self, number: int, value: cells.SheetValue, form: Any) -> None:
        match value:
            case None:
                return
            case str():
                self._sheet.write_string(self._at, number, value)
            case Decimal():
                self._sheet.write_number(self._at, number, value, form)
            case _:
                self._sheet.write_datetime(self._at, number, value, form)


def _write_origin(book: Any, *, title: str, address: str, count: int) -> None:
    sheet = book.add_worksheet(_sheet_name(_("Origin")))
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 80)
    facts = [
        (_("List"), title),
        (_("Address"), address),
        (_("Rows"), str(count)),
        (_("Made at"), tags.moment_full(clock.now())),
    ]
    for line, (label, text) in enumerate(facts):
        sheet.write_string(line, 0, label)
        sheet.write_string(line, 1, text)
