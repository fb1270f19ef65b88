"""Uploaded tables: what is refused, before what, and what comes out of what is read."""

import io
import subprocess
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
import xlsxwriter

from meterbook.application import spreadsheets

Refusal = spreadsheets.Refusal


def workbook(**parts: bytes) -> bytes:
    """A zip with these parts; `__` in a name stands for a slash and `_xml` for .xml."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return buffer.getvalue()


def sheet(*rows: Sequence[object], formula: str = "", merge: str = "") -> bytes:
    """A real workbook with these rows."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        page = book.add_worksheet()
        for y, row in enumerate(rows):
            page.write_row(y, 0, row)
        if formula:
            page.write_formula(formula, "=1+1")
        if merge:
            page.merge_range(merge, "both")
    return buffer.getvalue()


def refused(content: bytes, *, limits: spreadsheets.Limits = spreadsheets.DEFAULT_LIMITS) -> Refusal:
    with pytest.raises(spreadsheets.FileRefusedError) as error:
        spreadsheets.read_sheet(content=content, limits=limits)
    return error.value.code


def test_a_bomb_is_refused_without_being_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    content = workbook(xl__worksheets__sheet1_xml=b"0" * 300_000_000)
    assert len(content) < 400_000
    started: list[object] = []
    monkeypatch.setattr(subprocess, "Popen", lambda *words, **_options: started.append(words))
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *words, **_options: started.append(words))
    assert refused(content) is Refusal.BOMB
    assert started == []


def test_many_parts_are_refused() -> None:
    assert refused(workbook(**{f"p{n}": b"" for n in range(600)})) is Refusal.BOMB


def test_a_part_that_is_larger_than_it_says_is_refused() -> None:
    """The directory says 10 bytes, the part holds a million: nobody unpacks beyond what was declared."""
    honest = workbook(xl__workbook_xml=b"0" * 1_000_000)
    at = honest.rindex(b"PK\x01\x02")
    lying = bytearray(honest)
    lying[at + 24 : at + 28] = (10).to_bytes(4, "little")
    assert refused(bytes(lying)) in {Refusal.BOMB, Refusal.UNREADABLE}


def test_a_dtd_is_refused() -> None:
    xml = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><workbook>&a;</workbook>'
    assert refused(workbook(xl__workbook_xml=xml)) is Refusal.UNREADABLE


def test_one_cell_far_out_does_not_reserve_everything_between() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        page = book.add_worksheet()
        page.write_string(0, 0, "a")
        page.write_string(100_000, 16_000, "b")
    # between them lie 1.6 thousand million cells, and a tenth of a byte for each
    limits = spreadsheets.Limits(memory_bytes=160_000_000)
    assert refused(buffer.getvalue(), limits=limits) is Refusal.TOO_MANY_CELLS


@pytest.mark.parametrize(
    ("rows", "limit", "code"),
    [
        ('<row r="9999999"><c r="A9999999"><v>1</v></c></row>', {}, Refusal.TOO_MANY_ROWS),
        ('<row r="1"><c r="A9999999"><v>1</v></c></row>', {}, Refusal.TOO_MANY_ROWS),
        ("<row><c><v>1</v></c></row>" * 60, {"rows": 50}, Refusal.TOO_MANY_ROWS),
        ("<x:row><x:c><x:v>1</x:v></x:c></x:row>" * 60, {"rows": 50}, Refusal.TOO_MANY_ROWS),
        ('<row r="1"><c r="XFD1"><v>1</v></c></row>' * 9, {"cells": 100_000}, Refusal.TOO_MANY_CELLS),
    ],
)
def test_a_sheet_that_says_it_is_large_is_believed(rows: str, limit: dict[str, int], code: Refusal) -> None:
    book = (
        '<workbook xmlns="m" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>'
    )
    sheet_xml = f'<worksheet xmlns:x="m"><sheetData>{rows}</sheetData></worksheet>'
    relations = '<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>'
    content = workbook(
        xl__workbook_xml=book.encode(),
        xl__worksheets__sheet1_xml=sheet_xml.encode(),
        **{"xl/_rels/workbook.xml.rels": relations.encode()},
    )
    assert refused(content, limits=spreadsheets.Limits(**limit)) is code


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", Refusal.EMPTY),
        (b"  \n ", Refusal.EMPTY),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Refusal.OLD_EXCEL),
        (b"PK\x03\x04 and nothing more", Refusal.UNREADABLE),
        (b"a,b\n\x00,c\n", Refusal.UNREADABLE),
        (b"a,b\n\xff\xff\xff,c\n", Refusal.UNREADABLE),
        (b'a,"b\n1,2\n', Refusal.UNREADABLE),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, code: Refusal) -> None:
    assert refused(content) is code


def test_limits_of_rows_size_and_text() -> None:
    rows = [["h"], *([str(n)] for n in range(50))]
    assert refused(sheet(*rows), limits=spreadsheets.Limits(rows=50)) is Refusal.TOO_MANY_ROWS
    assert refused(b"h\n" * 60, limits=spreadsheets.Limits(rows=50)) is Refusal.TOO_MANY_ROWS
    assert refused(sheet(*rows), limits=spreadsheets.Limits(file_bytes=100)) is Refusal.TOO_LARGE
    assert refused(sheet(*rows), limits=spreadsheets.Limits(characters=20)) is Refusal.TOO_LARGE
    assert len(spreadsheets.read_sheet(content=sheet(*rows), limits=spreadsheets.Limits(rows=51)).rows) == 50


def test_a_reader_that_takes_too_long_or_too_much_is_ended() -> None:
    rows = [["h"], ["x"]]
    assert refused(sheet(*rows), limits=spreadsheets.Limits(seconds=0)) is Refusal.TOO_SLOW
    small = spreadsheets.Limits(memory_bytes=20_000_000)
    assert refused(sheet(*rows), limits=small) in {Refusal.UNREADABLE, Refusal.TOO_LARGE}


def test_cells_come_out_with_their_origin_and_rows_with_excels_numbers() -> None:
    read = spreadsheets.read_sheet(
        content=sheet(["表号 ", "n", "f"], ["007", 7, 1.5], [], [" x ", True, 13912345678])
    )
    assert read.headings == ("表号", "n", "f")
    assert [(row.number, row.cells) for row in read.rows] == [
        (2, ("t007", "n7", "n1.5")),
        (4, ("t x ", "bTRUE", "n13912345678")),
    ]


def test_formulas_and_merged_cells_are_told() -> None:
    read = spreadsheets.read_sheet(content=sheet(["a", "b"], ["1"], ["2"], formula="B2", merge="A4:A5"))
    assert [(fault.row, fault.column, fault.code) for fault in read.faults] == [
        (2, 2, "FORMULA"),
        (4, 1, "MERGED_CELL"),
        (5, 1, "MERGED_CELL"),
    ]


def test_what_people_see_first_is_read_and_hidden_sheets_are_not() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        for name, hide in (("codes", "hide"), ("old", "very_hidden"), ("meters", ""), ("more", "")):
            page = book.add_worksheet(name)
            page.write_row(0, 0, ["a", name])
            page.write_row(1, 0, ["1", name])
            if name == "codes":
                page.write_formula("A2", "=1+1")
            if name == "meters":
                page.activate()
                page.set_first_sheet()
            if hide:
                getattr(page, hide)()
    read = spreadsheets.read_sheet(content=buffer.getvalue())
    assert (read.headings, read.faults) == (("a", "meters"), ())


def test_a_table_that_begins_further_down_and_right_keeps_its_places() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        page = book.add_worksheet()
        page.write_row(3, 2, ["a", "b"])
        page.write_row(5, 2, ["1"])
        page.write_formula("D6", "=1+1")
    read = spreadsheets.read_sheet(content=buffer.getvalue())
    assert read.headings == ("", "", "a", "b")
    assert [(row.number, row.cells) for row in read.rows] == [(6, ("", "", "t1", "n0"))]
    assert [(fault.row, fault.column) for fault in read.faults] == [(6, 4)]


def test_formulas_are_found_wherever_the_sheet_is_cut() -> None:
    """The XML is looked at a piece at a time; a cell may lie across two of them."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["a", "b"])
        for y in range(1, 40_001):
            page.write_formula(y, 0, "=1+1")
            page.write_number(y, 1, y)
    read = spreadsheets.read_sheet(content=buffer.getvalue())
    with zipfile.ZipFile(buffer) as archive:
        assert archive.getinfo("xl/worksheets/sheet1.xml").file_size > 2 * (1 << 20)
    assert [fault.row for fault in read.faults] == list(range(2, 40_002))
    assert len(read.rows) == 40_000


def test_a_text_in_many_cells_is_held_once() -> None:
    read = spreadsheets.read_sheet(content=sheet(["a"], *(["城东仪表"] for _row in range(3_000))))
    assert len({id(row.cells[0]) for row in read.rows}) == 1


def test_an_answer_that_breaks_off_is_no_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A reader that dies in the middle: the rows it had told are not taken for the whole."""
    broken = tmp_path / "child.py"
    broken.write_text("print('[[1, \"ta\"], [2, \"t1\"]]', flush=True)\nraise SystemExit('broke')\n")
    monkeypatch.setattr(spreadsheets, "_CHILD", broken)
    with pytest.raises(spreadsheets.FileRefusedError) as error:
        spreadsheets.read_sheet(content=b"a\n1\n")
    assert (error.value.code, error.value.fact) == (Refusal.UNREADABLE, "broke")


def test_a_reader_beyond_its_computing_time_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ended = tmp_path / "child.py"
    ended.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGXCPU)\n")
    monkeypatch.setattr(spreadsheets, "_CHILD", ended)
    assert refused(b"a\n1\n") is Refusal.TOO_SLOW


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_csv_in_the_encodings_people_have(encoding: str, delimiter: str) -> None:
    text = f"表号{delimiter}户名\n007{delimiter}王五\n\n008{delimiter}㐂\n"
    read = spreadsheets.read_sheet(content=text.encode(encoding))
    assert read.headings == ("表号", "户名")
    assert [row.cells for row in read.rows] == [("t007", "t王五"), ("t008", "t㐂")]
    assert [row.number for row in read.rows] == [2, 4]
