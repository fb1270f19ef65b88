"""A worksheet with very many rows, written as columns of text instead of cell by cell.

The workbook is made as always, with the first row of the sheet as a pattern; then this row in the file is
replaced by all of them. A million rows take seconds this way, cell by cell more than a minute.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

# Rows a worksheet has at most, its headings counted.
MOST_ROWS = 1 << 20
_PATTERN_ROW = 2
_CHUNK = 50_000
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_CELL = re.compile(r'<c r="([A-Z]+)2"(?: s="(\d+)")?')
_ROW = re.compile(r'<row r="2"[^>]*>.*?</row>', re.DOTALL)
_DIMENSION = re.compile(r'<dimension ref="A1:([A-Z]+)2"/>')


@dataclass(frozen=True)
class Cells:
    """Columns of a sheet: numbers as decimal text, where `is_text` any text; null is an empty cell."""

    frame: pl.DataFrame
    is_text: Sequence[bool]


def filled(book: bytes, *, sheet_no: int, cells: Cells) -> bytes:
    """The workbook with the rows of `cells` in place of the pattern, row 2 of the sheet (counted from 1).

    Every cell of the pattern must be there: it gives each column its format.
    """
    wanted = f"xl/worksheets/sheet{sheet_no}.xml"
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book)) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename != wanted:
                new.writestr(entry, content, zipfile.ZIP_DEFLATED)
                continue
            with new.open(entry.filename, "w", force_zip64=True) as stream:
                for part in _sheet(content.decode(), cells):
                    stream.write(part)
    return made.getvalue()


def _sheet(xml: str, cells: Cells) -> Iterator[bytes]:
    """The sheet in pieces: what stands before the pattern, the rows, what stands after it."""
    pattern = _ROW.search(xml)
    if pattern is None:
        raise ValueError("the sheet has no second row")
    last = cells.frame.height + _PATTERN_ROW - 1
    yield _DIMENSION.sub(rf'<dimension ref="A1:\g<1>{last}"/>', xml[: pattern.start()]).encode()
    styles = dict(_CELL.findall(pattern[0]))
    for start in range(0, cells.frame.height, _CHUNK):
        rows = _rows(cells, styles=styles, start=start)
        yield "".join(rows).encode()
    yield xml[pattern.end() :].encode()


def _rows(cells: Cells, *, styles: Mapping[str, str], start: int) -> pl.Series:
    """The XML of the rows from `start` on."""
    chunk = cells.frame.slice(start, _CHUNK)
    number = (pl.int_range(pl.len()) + start + _PATTERN_ROW).cast(pl.String)
    parts = [pl.lit('<row r="'), number, pl.lit('">')]
    for (letter, style), name, is_text in zip(styles.items(), chunk.columns, cells.is_text, strict=True):
        kind = ' t="inlineStr"' if is_text else ""
        formatted = f' s="{style}"' if style else ""
        opening = pl.lit(f'<c r="{letter}') + number + pl.lit(f'"{formatted}{kind}>')
        value = pl.col(name)
        if is_text:
            escaped = value.str.replace_many(_ESCAPES)
            cell = opening + pl.lit('<is><t xml:space="preserve">') + escaped + pl.lit("</t></is></c>")
        else:
            cell = opening + pl.lit("<v>") + value + pl.lit("</v></c>")
        parts.append(pl.when(value.is_null()).then(pl.lit("")).otherwise(cell))
    parts.append(pl.lit("</row>"))
    return chunk.select(row=pl.concat_str(parts))["row"]
