"""Files people hand in: small real ones."""

import io
import uuid
import zipfile

from PIL import Image

from meterbook.application import actor as actors
from meterbook.application import keep_files
from meterbook.interfaces import file_store
from tests.builders import records

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
DWG = b"AC1032" + bytes(64)


def picture(*, form: str = "JPEG", size: tuple[int, int] = (640, 480), colour: str = "teal") -> bytes:
    """A picture of one colour."""
    drawn = io.BytesIO()
    Image.new("RGB", size, colour).save(drawn, format=form)
    return drawn.getvalue()


def archive(*names: str) -> bytes:
    """A zip archive with these members."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as book:
        for name in names:
            book.writestr(name, "<x/>")
    return made.getvalue()


def handed_in(
    *,
    name: str = "合同.jpg",
    content: bytes | None = None,
    category: keep_files.Category = keep_files.Category.PHOTO,
    request_key: uuid.UUID | None = None,
) -> keep_files.HandedIn:
    """A file as it comes from a form."""
    return keep_files.HandedIn(
        name=name,
        content=picture() if content is None else content,
        category=category,
        note="",
        request_key=request_key or uuid.uuid4(),
    )


def hand_in(
    *,
    actor: actors.Actor,
    account_id: int,
    name: str = "合同.jpg",
    content: bytes | None = None,
    category: keep_files.Category = keep_files.Category.PHOTO,
) -> keep_files.FileFacts:
    """Keep a file on an account."""
    return keep_files.hand_in(
        actor=actor,
        store=file_store.store(),
        kind="ACCOUNT",
        subject_id=account_id,
        file=handed_in(name=name, content=content, category=category),
        now=records.NOW,
    )
