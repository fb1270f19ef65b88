"""The child process that opens a stranger's spreadsheet. Run by `spreadsheets`, never imported by it.

Standard input: one line of JSON with the limits and the kind, then the file's bytes. Standard output: one
JSON object, either {"rows": [[row_no, cell, ...], ...], "faults": [[row_no, column_no, code], ...]} or
{"refused": code, "fact": text}. A cell is "" or one letter for its type and its text: t(ext), n(umber),
d(ate), b(oolean). It imports nothing of the product, so that starting it is quick and it holds no secret.
"""

import csv
import datetime
import gc
import io
import json
import posixpath
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

CHUNK = 1 << 20
# Excel keeps 15 significant digits; a longer whole number is no longer the one that was typed.
EXACT_BELOW = 10**15
_REFERENCE = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")
# What a sheet may need is told from patterns that begin with plain letters: found ten times as fast.
_WIDTH = re.compile(rb"""r=["']([A-Z]{1,3})[0-9]""")
_NUMBERED = [re.compile(rb"""r=["'][A-Z]{0,3}([0-9]{%d})["']""" % length) for length in range(7, 0, -1)]
_ROW_START = re.compile(rb"<row\b")
_PREFIXED_ROW_START = re.compile(rb"<\w+:row\b")
_CELL = re.compile(rb"""<(?:\w+:)?c\b([^>]*)>(?:\s*(<(?:\w+:)?f\b))?""")
_MERGED = re.compile(
    rb"""<(?:\w+:)?mergeCell\b[^>]*?\bref=["']([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"""
)
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"

Row = list[Any]


class RefusedError(Exception):
    """The file is not read. `code` is one of spreadsheets.Refusal."""

    def __init__(self, code: str, fact: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.fact = fact


def main() -> None:
    """Answer one file."""
    order = json.loads(sys.stdin.buffer.readline())
    limits = order["limits"]
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory_bytes"],) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (limits["seconds"],) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # one answer and an end: nothing becomes garbage on the way
    gc.disable()
    try:
        content = sys.stdin.buffer.read()
        answer = read_workbook(content, limits) if order["is_workbook"] else read_csv(content, limits)
    except RefusedError as refused:
        answer = {"refused": refused.code, "fact": refused.fact}
    except MemoryError:
        answer = {"refused": "TOO_LARGE", "fact": ""}
    sys.stdout.write(json.dumps(answer))


def read_csv(content: bytes, limits: dict[str, int]) -> dict[str, Any]:
    """Read comma- or tab-separated text in UTF-8 (with or without mark) or GB18030."""
    rows: list[Row] = []
    cell_count = 0
    text = _decoded(content)
    head = text[: text.find("\n")]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if "\t" in head else ",", strict=True)
    try:
        for row_no, values in enumerate(reader, start=1):
            cell_count += len(values)
            if row_no > limits["rows"] or cell_count > limits["cells"]:
                raise RefusedError("TOO_MANY_ROWS", str(limits["rows"]))
            if any(value.strip() for value in values):
                rows.append([row_no, *(f"t{value}" if value else "" for value in values)])
    except csv.Error as reason:
        raise RefusedError("UNREADABLE", str(reason)) from reason
    return {"rows": rows, "faults": []}


def _decoded(content: bytes) -> str:
    if b"\0" in content:
        raise RefusedError("UNREADABLE", "NUL")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RefusedError("UNREADABLE", "encoding")


def read_workbook(content: bytes, limits: dict[str, int]) -> dict[str, Any]:
    """Read the first sheet of an .xlsx file once it was found to be harmless."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _require_declared_sizes(archive)
            sheet = _first_sheet(archive)
    except (
        zipfile.BadZipFile,
        KeyError,
        ElementTree.ParseError,
        NotImplementedError,
        RuntimeError,
    ) as reason:
        raise RefusedError("UNREADABLE", str(reason)[:80]) from reason
    _require_size(sheet, limits)
    faults = [*_cell_faults(sheet), *_merged_rows(sheet)]
    return {"rows": list(_values(content, limits)), "faults": faults}


def _require_declared_sizes(archive: zipfile.ZipFile) -> None:
    """Unpack every part once and count: a part that is not as large as it says is refused. No DTD either."""
    for entry in archive.infolist():
        if entry.flag_bits & 1:
            raise RefusedError("ENCRYPTED")
        size = 0
        with archive.open(entry) as part:
            head = part.read(CHUNK)
            size += len(head)
            if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                raise RefusedError("UNREADABLE", "DTD")
            while chunk := part.read(CHUNK):
                size += len(chunk)
        if size != entry.file_size:
            raise RefusedError("BOMB", entry.filename[:80])


def _first_sheet(archive: zipfile.ZipFile) -> bytes:
    """The XML of the sheet that stands first in the workbook."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 # a DTD was refused above
    sheets = [element for element in book.iter() if element.tag.endswith("}sheet")]
    if not sheets:
        raise RefusedError("UNREADABLE", "no sheet")
    wanted = sheets[0].get(_RELATION) or next((v for k, v in sheets[0].items() if k.endswith("}id")), "")
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 # as above
    target = next((r.get("Target", "") for r in relations if r.get("Id") == wanted), "")
    return archive.read(posixpath.normpath(posixpath.join("/xl", target)).lstrip("/"))


def _require_size(sheet: bytes, limits: dict[str, int]) -> None:
    """The reader makes a dense table: one cell far out must not make it reserve everything between."""
    # the longest row numbers are the largest
    longest = next(filter(None, (pattern.findall(sheet) for pattern in _NUMBERED)), [b"0"])
    starts = _PREFIXED_ROW_START if b":row" in sheet else _ROW_START
    rows = max(len(starts.findall(sheet)), int(max(longest)))
    width = max((_column_no(name.decode()) for name in set(_WIDTH.findall(sheet))), default=1)
    if rows > limits["rows"]:
        raise RefusedError("TOO_MANY_ROWS", str(limits["rows"]))
    if rows * width > limits["cells"]:
        raise RefusedError("TOO_MANY_CELLS", str(limits["cells"]))


def _cell_faults(sheet: bytes) -> Iterator[Row]:
    """Cells that hold a formula or Excel's error value: the reader gives something else than is seen."""
    if b"<f" not in sheet and b":f" not in sheet and b'"e"' not in sheet and b"'e'" not in sheet:
        return
    for match in _CELL.finditer(sheet):
        is_error = re.search(rb"""\bt=["']e["']""", match[1]) is not None
        place = _REFERENCE.search(match[1])
        if (match[2] or is_error) and place is not None:
            code = "FORMULA" if match[2] else "EXCEL_ERROR"
            yield [int(place[2]), _column_no(place[1].decode()), code]


def _merged_rows(sheet: bytes) -> Iterator[Row]:
    """One fault for each row that has a part in merged cells."""
    if b"mergeCell" not in sheet:
        return
    for match in _MERGED.finditer(sheet):
        first, last = int(match[2]), int(match[4])
        for row_no in range(first, min(last, first + 10_000) + 1):
            yield [row_no, _column_no(match[1].decode()), "MERGED_CELL"]


def _column_no(name: str) -> int:
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - 64
    return number


def _values(content: bytes, limits: dict[str, int]) -> Iterator[Row]:
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        table = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except python_calamine.CalamineError as reason:
        raise RefusedError("UNREADABLE", str(reason)[:80]) from reason
    length = 0
    for row_no, values in enumerate(table, start=1):
        cells = [_tagged(value) for value in values]
        length += sum(map(len, cells))
        # One long text may be referred to from every cell: unpacked it is small, spelt out it isn't.
        if length > limits["characters"]:
            raise RefusedError("TOO_LARGE", str(limits["characters"]))
        if any(cells):
            yield [row_no, *cells]


def _tagged(value: Any) -> str:
    if isinstance(value, str):
        return f"t{value}" if value.strip() else ""
    if isinstance(value, bool):
        return "bTRUE" if value else "bFALSE"
    if isinstance(value, (int, float)):
        return f"n{int(value)}" if value == int(value) and abs(value) < EXACT_BELOW else f"n{value!r}"
    if isinstance(value, datetime.datetime):
        is_midnight = value.time() == datetime.time()
        return f"d{value.date().isoformat() if is_midnight else value.isoformat()}"
    return f"d{value!s}"


if __name__ == "__main__":
    main()
