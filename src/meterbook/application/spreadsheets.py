"""Opens uploaded tables (.xlsx, .csv) without trusting them: limits first, then a child process reads.

What comes out is text with its origin, row by row; `sheet_columns` gives it meaning.
"""

import contextlib
import dataclasses
import enum
import io
import json
import signal
import subprocess
import sys
import tempfile
import threading
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CHILD = Path(__file__).with_name("spreadsheet_child.py")
_ZIP_MARK = b"PK\x03\x04"
# A reader that shares its machine with others takes longer without computing more.
BUSY = 4
_OLD_EXCEL_MARK = b"\xd0\xcf\x11\xe0"


class Refusal(enum.StrEnum):
    """Why a file isn't read at all."""

    EMPTY = "EMPTY"
    TOO_LARGE = "TOO_LARGE"
    BOMB = "BOMB"
    TOO_MANY_ROWS = "TOO_MANY_ROWS"
    TOO_MANY_CELLS = "TOO_MANY_CELLS"
    TOO_SLOW = "TOO_SLOW"
    OLD_EXCEL = "OLD_EXCEL"
    ENCRYPTED = "ENCRYPTED"
    UNREADABLE = "UNREADABLE"


class FileRefusedError(Exception):
    """The file isn't read. `fact` is the limit or what the reader said."""

    def __init__(self, *, code: Refusal, fact: str = "") -> None:
        super().__init__(f"{code.value}: {fact}")
        self.code = code
        self.fact = fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a file may cost. Sizes in bytes; `seconds` of computing, BUSY times as many by the clock."""

    file_bytes: int = 30 * 1024 * 1024
    unpacked_bytes: int = 400 * 1024 * 1024
    # Real sheets pack 5 to 40 times; below `small_bytes` the ratio says nothing.
    ratio: int = 200
    small_bytes: int = 2 * 1024 * 1024
    parts: int = 500
    rows: int = 200_001  # with the headings
    cells: int = 6_000_000
    characters: int = 100_000_000
    seconds: int = 60
    memory_bytes: int = 3 * 1024 * 1024 * 1024


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row that isn't empty. `number` is the one Excel shows; `cells` as spreadsheet_child tags them."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CellFault:
    """A cell that can't be taken at its value: FORMULA, EXCEL_ERROR or MERGED_CELL. Columns count from 1."""

    row: int
    column: int
    code: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """The first sheet of a file: its heading row and the rows below."""

    headings: tuple[str, ...]
    rows: tuple[SheetRow, ...]
    faults: tuple[CellFault, ...]


def read_sheet(*, content: bytes, limits: Limits = DEFAULT_LIMITS) -> Sheet:
    """Read the first sheet of an .xlsx or .csv file. Raises FileRefusedError.

    The kind is told by the content, not by a name. A .csv may be UTF-8 or GB18030.
    """
    is_workbook = _require_harmless(content, limits=limits)
    rows, ending = _ask_child(content, is_workbook=is_workbook, limits=limits)
    if "refused" in ending:
        raise FileRefusedError(code=Refusal(ending["refused"]), fact=ending["fact"])
    if not rows:
        raise FileRefusedError(code=Refusal.EMPTY)
    return Sheet(
        headings=tuple(cell[1:].strip() for cell in rows[0].cells),
        rows=tuple(rows[1:]),
        faults=tuple(CellFault(row=row, column=column, code=code) for row, column, code in ending["faults"]),
    )


def require_harmless(*, content: bytes, limits: Limits = DEFAULT_LIMITS) -> None:
    """What `read_sheet` refuses before it opens a file. Raises FileRefusedError."""
    _require_harmless(content, limits=limits)


def _require_harmless(content: bytes, *, limits: Limits) -> bool:
    """Refuse what its size or table of contents already gives away. Returns whether it is a workbook."""
    if not content.strip():
        raise FileRefusedError(code=Refusal.EMPTY)
    if len(content) > limits.file_bytes:
        raise FileRefusedError(code=Refusal.TOO_LARGE, fact=str(limits.file_bytes))
    if content.startswith(_OLD_EXCEL_MARK):
        raise FileRefusedError(code=Refusal.OLD_EXCEL)
    if not content.startswith(_ZIP_MARK):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as reason:
        raise FileRefusedError(code=Refusal.UNREADABLE, fact=str(reason)) from reason
    declared = sum(entry.file_size for entry in entries)
    is_dense = declared > limits.small_bytes and declared > limits.ratio * len(content)
    if len(entries) > limits.parts or declared > limits.unpacked_bytes or is_dense:
        raise FileRefusedError(code=Refusal.BOMB, fact=str(declared))
    return True


def _ask_child(content: bytes, *, is_workbook: bool, limits: Limits) -> tuple[list[SheetRow], dict[str, Any]]:
    """The rows, taken while the child still reads, and how its answer ends."""
    order = {"limits": dataclasses.asdict(limits), "is_workbook": is_workbook}
    overdue = threading.Event()
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(  # noqa: S603 # our own program, nothing of the caller's in the command
            [sys.executable, "-I", str(_CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said
        ) as child:
            timer = threading.Timer(BUSY * limits.seconds, _end, args=(child, overdue))
            timer.start()
            try:
                _tell_child(child, order=json.dumps(order).encode(), content=content)
                rows, ending = _answer_of(child)
            finally:
                timer.cancel()
        if ending is not None:
            return rows, ending
        if overdue.is_set() or child.returncode == -signal.SIGXCPU:
            raise FileRefusedError(code=Refusal.TOO_SLOW, fact=str(limits.seconds))
        # The reader broke on it or was killed by its limits: either way the file isn't one we can read.
        said.seek(0)
        fact = said.read().decode(errors="replace").strip()[-200:]
        raise FileRefusedError(code=Refusal.UNREADABLE, fact=fact)


def _end(child: "subprocess.Popen[bytes]", overdue: threading.Event) -> None:
    overdue.set()
    child.kill()


def _tell_child(child: "subprocess.Popen[bytes]", *, order: bytes, content: bytes) -> None:
    pipe = child.stdin
    if pipe is None:
        raise RuntimeError("the child has no input")
    # one that ended already says why by itself
    with contextlib.suppress(BrokenPipeError):
        pipe.write(order + b"\n")
        pipe.write(content)
    with contextlib.suppress(BrokenPipeError):
        pipe.close()


def _answer_of(child: "subprocess.Popen[bytes]") -> tuple[list[SheetRow], dict[str, Any] | None]:
    """The rows and the end of the answer, None when it was cut off."""
    rows: list[SheetRow] = []
    # a text that stands in many cells is held once
    known: dict[str, str] = {}
    for line in child.stdout or ():
        try:
            part = json.loads(line)
        except ValueError:
            break
        if isinstance(part, dict):
            return rows, part
        rows += [
            SheetRow(number=row[0], cells=tuple(map(known.setdefault, row[1:], row[1:]))) for row in part
        ]
    return [], None
