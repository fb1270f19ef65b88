"""What may be handed in, judged by the bytes and never by the name. Pure."""

import hashlib
import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from enum import StrEnum

from PIL import Image, ImageOps, UnidentifiedImageError

LARGEST_BYTES = 20 * 1024 * 1024
# A phone's photo has 12 to 50 million pixels; far more is a trap that unpacks to gigabytes.
MOST_PIXELS = 100_000_000
THUMBNAIL_PIXELS = 240
NAME_LENGTH = 200
_KEY = re.compile(r"[a-z0-9_]{1,63}/[0-9a-f]{2}/[0-9a-f]{64}(\.thumb)?")
_MACROS = "vbaproject.bin"


class Refusal(StrEnum):
    """Why a file isn't taken."""

    EMPTY = "EMPTY"
    TOO_LARGE = "TOO_LARGE"
    KIND_NOT_ALLOWED = "KIND_NOT_ALLOWED"
    DAMAGED = "DAMAGED"
    TOO_MANY_PIXELS = "TOO_MANY_PIXELS"
    HAS_MACROS = "HAS_MACROS"


class RefusedFileError(Exception):
    """The file isn't taken; `code` says why."""

    def __init__(self, *, code: Refusal) -> None:
        super().__init__(code.value)
        self.code = code


@dataclass(frozen=True, slots=True)
class FileType:
    """A kind of file that is taken. `is_shown`: a browser may show it in place; everything else is saved."""

    content_type: str
    ending: str
    is_shown: bool
    is_picture: bool = False


JPEG = FileType("image/jpeg", ".jpg", is_shown=True, is_picture=True)
PNG = FileType("image/png", ".png", is_shown=True, is_picture=True)
WEBP = FileType("image/webp", ".webp", is_shown=True, is_picture=True)
TIFF = FileType("image/tiff", ".tif", is_shown=False, is_picture=True)
PDF = FileType("application/pdf", ".pdf", is_shown=True)
DWG = FileType("image/vnd.dwg", ".dwg", is_shown=False)
DOCX = FileType(
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx", is_shown=False
)
XLSX = FileType("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx", is_shown=False)
TYPES = {kind.content_type: kind for kind in (JPEG, PNG, WEBP, TIFF, PDF, DWG, DOCX, XLSX)}
# What a phone calls JPEG is sometimes several pictures in one file, MPO.
_PICTURES = {"JPEG": JPEG, "MPO": JPEG, "PNG": PNG, "WEBP": WEBP, "TIFF": TIFF}
_READERS = ("JPEG", "PNG", "WEBP", "TIFF")
_OFFICE_PARTS = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX}


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that may be kept. `thumbnail` is a small WebP picture, empty where there is none."""

    sha256: str
    size_bytes: int
    kind: FileType
    thumbnail: bytes


def check_file(*, content: bytes) -> CheckedFile:
    """Judge bytes somebody handed in. Raises RefusedFileError.

    Pictures are decoded whole, so that a damaged or trapped one is refused here and not on a clerk's screen.
    """
    if not content:
        raise RefusedFileError(code=Refusal.EMPTY)
    if len(content) > LARGEST_BYTES:
        raise RefusedFileError(code=Refusal.TOO_LARGE)
    kind = _type_of(content)
    return CheckedFile(
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        kind=kind,
        thumbnail=_thumbnail(content, kind=kind) if kind.is_picture else b"",
    )


def key(*, company: str, sha256: str, is_thumbnail: bool = False) -> str:
    """Where bytes lie in a store."""
    made = f"{company}/{sha256[:2]}/{sha256}{'.thumb' if is_thumbnail else ''}"
    if not is_key(made):
        raise ValueError(made)
    return made


def is_key(text: str) -> bool:
    """Whether a text is a key of a store: nothing else ever reaches a path or an address."""
    return _KEY.fullmatch(text) is not None


def file_name(name: str, *, kind: FileType) -> str:
    """The name as it is kept and offered again: no folders, no control signs, the ending of its real kind."""
    plain = "".join(sign for sign in name if unicodedata.category(sign)[0] != "C")
    last = re.split(r"[/\\]", plain)[-1].strip(" .")
    stem = last.rpartition(".")[0] if "." in last else last
    return f"{(stem or 'file')[: NAME_LENGTH - len(kind.ending)]}{kind.ending}"


def _type_of(content: bytes) -> FileType:
    if content.startswith(b"%PDF-"):
        return PDF
    if content.startswith(b"AC10"):
        return DWG
    if content.startswith(b"PK\x03\x04"):
        return _office_type(content)
    with _opened(content) as picture:
        return _PICTURES[picture.format or ""]


def _opened(content: bytes) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(content), formats=_READERS)
    except UnidentifiedImageError as unknown:
        raise RefusedFileError(code=Refusal.KIND_NOT_ALLOWED) from unknown
    except (OSError, ValueError, SyntaxError) as damaged:
        raise RefusedFileError(code=Refusal.DAMAGED) from damaged
    except Image.DecompressionBombError as trap:
        raise RefusedFileError(code=Refusal.TOO_MANY_PIXELS) from trap
    if picture.width * picture.height > MOST_PIXELS:
        picture.close()
        raise RefusedFileError(code=Refusal.TOO_MANY_PIXELS)
    return picture


def _thumbnail(content: bytes, *, kind: FileType) -> bytes:
    with _opened(content) as picture:
        if kind is JPEG:
            picture.draft("RGB", (THUMBNAIL_PIXELS * 2, THUMBNAIL_PIXELS * 2))
        try:
            turned = ImageOps.exif_transpose(picture)
            turned.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
            drawn = io.BytesIO()
            turned.convert("RGB").save(drawn, format="WEBP", quality=75)
        except (OSError, ValueError, SyntaxError, EOFError) as damaged:
            raise RefusedFileError(code=Refusal.DAMAGED) from damaged
    return drawn.getvalue()


def _office_type(content: bytes) -> FileType:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = {name.lower() for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError) as damaged:
        raise RefusedFileError(code=Refusal.DAMAGED) from damaged
    if any(name.endswith(_MACROS) for name in names):
        raise RefusedFileError(code=Refusal.HAS_MACROS)
    for part, kind in _OFFICE_PARTS.items():
        if part in names and "[content_types].xml" in names:
            return kind
    raise RefusedFileError(code=Refusal.KIND_NOT_ALLOWED)
