"""What is taken is judged by its bytes; nothing that a browser could run gets in."""

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from meterbook.domain.files import rules
from tests.builders import pictures

OFFICE = ("[Content_Types].xml", "_rels/.rels")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (pictures.picture(form="JPEG"), rules.JPEG),
        (pictures.picture(form="PNG"), rules.PNG),
        (pictures.picture(form="WEBP"), rules.WEBP),
        (pictures.picture(form="TIFF"), rules.TIFF),
        (pictures.PDF, rules.PDF),
        (pictures.DWG, rules.DWG),
        (pictures.archive(*OFFICE, "word/document.xml"), rules.DOCX),
        (pictures.archive(*OFFICE, "xl/workbook.xml"), rules.XLSX),
    ],
)
def test_what_is_taken_is_known_by_its_content(content: bytes, kind: rules.FileType) -> None:
    checked = rules.check_file(content=content)
    assert checked.kind == kind
    assert checked.size_bytes == len(content)
    assert bool(checked.thumbnail) == kind.is_picture


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", rules.Refusal.EMPTY),
        (b"%PDF-" + bytes(rules.LARGEST_BYTES), rules.Refusal.TOO_LARGE),
        (b"<!DOCTYPE html><script>alert(1)</script>", rules.Refusal.KIND_NOT_ALLOWED),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', rules.Refusal.KIND_NOT_ALLOWED),
        (b"MZ\x90\x00" + bytes(200), rules.Refusal.KIND_NOT_ALLOWED),
        (b"#!/bin/sh\nrm -rf /\n", rules.Refusal.KIND_NOT_ALLOWED),
        (pictures.picture(form="GIF"), rules.Refusal.KIND_NOT_ALLOWED),
        (pictures.picture()[:400], rules.Refusal.DAMAGED),
        (pictures.picture(form="PNG")[:60], rules.Refusal.DAMAGED),
        (b"PK\x03\x04 not an archive", rules.Refusal.DAMAGED),
        (pictures.archive("evil.exe"), rules.Refusal.KIND_NOT_ALLOWED),
        (pictures.archive(*OFFICE, "word/document.xml", "word/vbaProject.bin"), rules.Refusal.HAS_MACROS),
        (pictures.archive(*OFFICE, "xl/workbook.xml", "xl/vbaProject.bin"), rules.Refusal.HAS_MACROS),
    ],
)
def test_what_is_refused_says_why(content: bytes, code: rules.Refusal) -> None:
    with pytest.raises(rules.RefusedFileError) as refused:
        rules.check_file(content=content)
    assert refused.value.code == code


def test_a_picture_that_unpacks_to_gigabytes_is_refused_unpacked() -> None:
    width = height = 60_000
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")]
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )
    with pytest.raises(rules.RefusedFileError) as refused:
        rules.check_file(content=png)
    assert refused.value.code == rules.Refusal.TOO_MANY_PIXELS


def judged(content: bytes) -> rules.FileType | rules.Refusal:
    """What became of it; any other error fails the test."""
    try:
        return rules.check_file(content=content).kind
    except rules.RefusedFileError as refused:
        return refused.code


@given(st.binary(max_size=3000))
def test_whatever_comes_is_taken_or_refused(content: bytes) -> None:
    outcome = judged(content)
    assert outcome in {*rules.Refusal, *rules.TYPES.values()}


@given(st.sampled_from(["JPEG", "PNG", "WEBP", "TIFF"]), st.data())
def test_a_damaged_picture_is_taken_or_refused(form: str, data: st.DataObject) -> None:
    content = bytearray(pictures.picture(form=form, size=(40, 30)))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] = data.draw(st.integers(0, 255))
    assert judged(bytes(content)) in {*rules.Refusal, *rules.TYPES.values()}


def test_a_thumbnail_is_small_and_turned_upright() -> None:
    drawn = io.BytesIO()
    turned = Image.Exif()
    turned[0x0112] = 6  # the camera was held upright: turn by a quarter
    Image.new("RGB", (1200, 600), "red").save(drawn, format="JPEG", exif=turned)
    with Image.open(io.BytesIO(rules.check_file(content=drawn.getvalue()).thumbnail)) as small:
        assert small.format == "WEBP"
        assert small.size == (120, 240)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("身份证.JPG", "身份证.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\Users\\li\\合同 1.png", "合同 1.jpg"),
        ("invoice.pdf.exe", "invoice.pdf.jpg"),
        ("bad\u202egpj.exe", "badgpj.jpg"),
        ("..", "file.jpg"),
        ("", "file.jpg"),
        ("x" * 500, "x" * 196 + ".jpg"),
    ],
)
def test_a_name_is_kept_without_folders_and_with_its_real_ending(name: str, kept: str) -> None:
    assert rules.file_name(name, kind=rules.JPEG) == kept


@given(st.text(max_size=300))
def test_a_kept_name_is_a_plain_file_name(name: str) -> None:
    kept = rules.file_name(name, kind=rules.PDF)
    assert 0 < len(kept) <= rules.NAME_LENGTH
    assert kept.endswith(".pdf")
    assert not set(kept) & set("/\\\n\r\0")


@pytest.mark.parametrize(
    "text", ["main/ab/../x", "/etc/passwd", "main/ab/" + "g" * 64, "main/ab/" + "a" * 63, ""]
)
def test_nothing_else_is_a_key(text: str) -> None:
    assert not rules.is_key(text)
    with pytest.raises(ValueError, match=r".*"):
        rules.key(company="../x", sha256="a" * 64)
