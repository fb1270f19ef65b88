"""The child process that opens a stranger's spreadsheet. Run by `spreadsheets`, never imported by it.

Standard input: one line of JSON with the limits and the kind, then the file's bytes. Standard output: lines
of JSON. Each is a list of rows [row_no, cell, ...], but the last, an object: {"faults": [[row_no,
column_no, code], ...]} or {"refused": code, "fact": text}; then the rows before it count for nothing. A cell
is "" or one letter for its type and its text: t(ext), n(umber), d(ate), b(oolean). It imports nothing of the
product, so that starting it is quick and it holds no secret.
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
from collections.abc import Iterable, Iterator
from typing import IO, Any
from xml.etree import ElementTree

CHUNK = 1 << 20
# Rows of one line of the answer.
ROWS_A_LINE = 500
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
    # the first limit ends it by a signal that says so, the second whatever happens
    resource.setrlimit(resource.RLIMIT_CPU, (limits["seconds"], limits["seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # one answer and an end: nothing becomes garbage on the way
    gc.disable()
    try:
        content = sys.stdin.buffer.read()
        if order["is_workbook"]:
            faults, rows = read_workbook(content, limits)
        else:
            faults, rows = [], read_csv(content, limits)
        _write(rows)
        ending: dict[str, Any] = {"faults": faults}
    except RefusedError as refused:
        ending = {"refused": refused.code, "fact": refused.fact}
    except MemoryError:
        ending = {"refused": "TOO_LARGE", "fact": ""}
    sys.stdout.write(json.dumps(ending))


def _write(rows: Iterable[Row]) -> None:
    """Write the rows as they come, so that no more than a line of them is held."""
    line: list[Row] = []
    for row in rows:
        line.append(row)
        if len(line) == ROWS_A_LINE:
            sys.stdout.write(json.dumps(line) + "\n")
            line.clear()
    sys.stdout.write(json.dumps(line) + "\n")


def read_csv(content: bytes, limits: dict[str, int]) -> Iterator[Row]:
    """Read comma- or tab-separated text in UTF-8 (with or without mark) or GB18030."""
    cell_count = 0
    text = _decoded(content)
    head = text[: text.find("\n")]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if "\t" in head else ",", strict=True)
    try:
        for row_no, values in enumerate(reader, start=1):
            cell_count += len(values)
            if row_no > limits["rows"]:
                raise _too_many_rows(limits)
            if cell_count > limits["cells"]:
                raise RefusedError("TOO_MANY_CELLS", str(limits["cells"]))
            if any(value.strip() for value in values):
                yield [row_no, *(f"t{value}" if value else "" for value in values)]
    except csv.Error as reason:
        raise RefusedError("UNREADABLE", str(reason)) from reason


def _decoded(content: bytes) -> str:
    if b"\0" in content:
        raise RefusedError("UNREADABLE", "NUL")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RefusedError("UNREADABLE", "encoding")


def read_workbook(content: bytes, limits: dict[str, int]) -> tuple[list[Row], Iterator[Row]]:
    """Faults and rows of the first sheet of an .xlsx file that isn't hidden, once it was found harmless."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _require_declared_sizes(archive)
            place, part = _first_sheet(archive)
            faults = _harmless_faults(archive, part=part, limits=limits)
    except (
        zipfile.BadZipFile,
        KeyError,
        ElementTree.ParseError,
        NotImplementedError,
        RuntimeError,
    ) as reason:
        raise RefusedError("UNREADABLE", str(reason)[:80]) from reason
    return faults, _values(content, place=place, limits=limits)


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


def _first_sheet(archive: zipfile.ZipFile) -> tuple[int, str]:
    """The first sheet people see: its place in the workbook and the name of its part."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 # a DTD was refused above
    sheets = [element for element in book.iter() if element.tag.endswith("}sheet")]
    if not sheets:
        raise RefusedError("UNREADABLE", "no sheet")
    shown = (place for place, sheet in enumerate(sheets) if sheet.get("state", "visible") == "visible")
    place = next(shown, 0)
    sheet = sheets[place]
    wanted = sheet.get(_RELATION) or next((v for k, v in sheet.items() if k.endswith("}id")), "")
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 # as above
    target = next((r.get("Target", "") for r in relations if r.get("Id") == wanted), "")
    return place, posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")


def _harmless_faults(archive: zipfile.ZipFile, *, part: str, limits: dict[str, int]) -> list[Row]:
    """The cells that can't be taken at their value, of a sheet whose size is within the limits.

    The reader makes a dense table: one cell far out must not make it reserve everything between.
    """
    rows = last_row = 0
    width = 1
    faults: list[Row] = []
    with archive.open(part) as sheet:
        for piece in _pieces(sheet):
            starts = _PREFIXED_ROW_START if b":row" in piece else _ROW_START
            rows += len(starts.findall(piece))
            # the longest row numbers are the largest
            longest = next(filter(None, (pattern.findall(piece) for pattern in _NUMBERED)), [b"0"])
            last_row = max(last_row, int(max(longest)))
            names = set(_WIDTH.findall(piece))
            width = max(width, max((_column_no(name.decode()) for name in names), default=1))
            if max(rows, last_row) > limits["rows"]:
                raise _too_many_rows(limits)
            if max(rows, last_row) * width > limits["cells"]:
                raise RefusedError("TOO_MANY_CELLS", str(limits["cells"]))
            faults += [*_cell_faults(piece), *_merged_rows(piece)]
    return faults


def _too_many_rows(limits: dict[str, int]) -> RefusedError:
    # people don't count the headings
    return RefusedError("TOO_MANY_ROWS", str(limits["rows"] - 1))


def _pieces(part: IO[bytes]) -> Iterator[bytes]:
    """A part's XML piece by piece, cut before an end tag: no cell is parted from the formula it holds."""
    rest = b""
    while chunk := part.read(CHUNK):
        piece = rest + chunk
        cut = piece.rfind(b"</")
        if cut <= 0:
            rest = piece
            continue
        rest = piece[cut:]
        yield piece[:cut]
    yield rest


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


def _values(content: bytes, *, place: int, limits: dict[str, int]) -> Iterator[Row]:
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        table = book.get_sheet_by_index(place)
    except python_calamine.CalamineError as reason:
        raise RefusedError("UNREADABLE", str(reason)[:80]) from reason
    # it gives the empty rows above the table, but not the empty columns beside it
    left = [""] * (table.start or (0, 0))[1]
    length = 0
    for row_no, values in enumerate(table.iter_rows(), start=1):
        cells = [*left, *map(_tagged, values)]
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
