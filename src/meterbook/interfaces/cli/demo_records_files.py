"""The demo's files: drawn here, so that every one is small and shows nobody and no real place."""

import datetime
import io

from PIL import Image, ImageDraw, ImageFont

from meterbook.application import keep_files
from meterbook.interfaces import file_store
from meterbook.interfaces.cli import demo_history
from meterbook.interfaces.cli.demo_town import Home, Town

_PAPER, _INK, _PALE, _SHADE = "#fdfdfb", "#2b3640", "#c9d2d9", "#8fa0ad"
_Category = keep_files.Category


def handed_in(town: Town, home: Home, *, meter_id: int, contract_no: str, on: datetime.date) -> None:
    """The papers of a household: contract, application, identity card, drawing, meter's picture.

    One that was handed in by mistake is taken off again.
    """
    rows = (
        ("ACCOUNT", home.account_id, "供用水合同.pdf", _Category.CONTRACT, paper(contract_no)),
        ("ACCOUNT", home.account_id, "用水申请表.png", _Category.APPLICATION, picture("APPLICATION")),
        ("CUSTOMER", home.customer_id, "身份证正面.png", _Category.IDENTITY, picture("SPECIMEN")),
        ("PREMISE", home.premise_id, "户内管线图.pdf", _Category.DRAWING, paper("DRAWING 1:50")),
        ("METER", meter_id, "新表安装照片.png", _Category.PHOTO, dial("00000")),
    )
    for kind, subject_id, name, category, content in rows:
        _hand_in(town, kind, subject_id, name=name, category=category, content=content, on=on)
    wrong = _hand_in(
        town,
        "ACCOUNT",
        home.account_id,
        name="别户照片.png",
        category=_Category.PHOTO,
        content=dial("04711"),
        on=on,
    )
    if wrong.removed_at is None:
        keep_files.take_off(
            actor=town.clerk,
            link_id=wrong.link_id,
            reason="传错户号",
            now=demo_history.at(on, hour=14),
        )


def _hand_in(  # a file is these facts
    town: Town,
    kind: str,
    subject_id: int,
    *,
    name: str,
    category: keep_files.Category,
    content: bytes,
    on: datetime.date,
) -> keep_files.FileFacts:
    return keep_files.hand_in(
        actor=town.clerk,
        store=file_store.store(),
        kind=kind,
        subject_id=subject_id,
        file=keep_files.HandedIn(
            name=name,
            content=content,
            category=category,
            note="",
            request_key=town.key("file", kind, subject_id, name),
        ),
        now=demo_history.at(on, hour=13),
    )


def dial(digits: str) -> bytes:
    """A picture of a meter's face, PNG."""
    image = Image.new("RGB", (640, 480), _SHADE)
    draw = ImageDraw.Draw(image)
    draw.ellipse((120, 40, 520, 440), fill=_PAPER, outline=_INK, width=10)
    draw.rectangle((200, 170, 440, 240), fill=_INK)
    draw.text((320, 205), " ".join(digits), fill=_PAPER, font=_font(44), anchor="mm")
    draw.text((320, 290), "m\u00b3   DN20   Q3 4.0", fill=_INK, font=_font(26), anchor="mm")
    draw.ellipse((290, 330, 350, 390), outline="#a93f1b", width=6)
    return _saved(image, form="PNG")


def picture(title: str) -> bytes:
    """A form that was filled in, as a picture, PNG."""
    return _saved(_page(title, size=(640, 420)), form="PNG")


def paper(title: str) -> bytes:
    """A paper of one page, PDF."""
    return _saved(_page(title, size=(595, 842)), form="PDF")


def _page(title: str, *, size: tuple[int, int]) -> Image.Image:
    image = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((40, 36), title, fill=_INK, font=_font(30))
    for line, top in enumerate(range(110, size[1] - 60, 34)):
        draw.rectangle((40, top, size[0] - 40 - line % 4 * 60, top + 8), fill=_PALE)
    draw.ellipse((size[0] - 190, size[1] - 190, size[0] - 60, size[1] - 60), outline="#b3261e", width=6)
    draw.text((size[0] - 125, size[1] - 125), "DEMO", fill="#b3261e", font=_font(30), anchor="mm")
    return image


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _saved(image: Image.Image, *, form: str) -> bytes:
    into = io.BytesIO()
    # The same bytes on every machine and day: a file is known by them.
    moment = {"creationDate": None, "modDate": None} if form == "PDF" else {}
    image.save(into, format=form, **moment)
    return into.getvalue()
