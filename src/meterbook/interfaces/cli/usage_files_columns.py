"""The columns a usage file may have, what they are called, and in which units they are written.

The names are those of docs/reference/usage-file.md. Numbers are decimal text; what they become (thousandths,
millionths) stands in the name of the target.
"""

import difflib
import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from meterbook.kernel import quantity
from meterbook.rating import checks, columns
from meterbook.rating.charges import kinds

QUANTITY_OF = "quantity_"
BEFORE_OF = "before_"
ACCOUNT, TARIFF, CLASS, ROW = "account", "tariff", "class", "_row"
_MILLI, _MICRO, _PERCENT_PPM = 3, 6, 4
_LARGEST = quantity.LARGEST_QUANTITY_MILLI
# What Int16 columns may hold without being wrong in themselves; the engine has its own, narrower limits.
_MOST_COUNT = checks.MOST_COUNT


class Form(enum.Enum):
    """How the text of a cell is read."""

    IDENTIFIER = enum.auto()
    TEXT = enum.auto()
    DAY = enum.auto()
    NUMBER = enum.auto()
    TEXTS = enum.auto()
    QUANTITIES = enum.auto()
    SPLIT = enum.auto()
    # read with the split of its row
    SPLIT_VALUE = enum.auto()


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its heading, the column of the frame it becomes, and how it is read.

    A NUMBER has at most `decimals` decimals and lies in [`least`, `most`], both in 10^-decimals.
    """

    name: str
    target: str
    form: Form
    is_required: bool = False
    is_full: bool = False
    decimals: int = 0
    least: int = 0
    most: int = 0


def _text(name: str, form: Form = Form.TEXT, *, is_required: bool = False) -> Column:
    return Column(name=name, target=name, form=form, is_required=is_required, is_full=is_required)


def _day(name: str, *, is_required: bool = False) -> Column:
    return Column(name=name, target=name, form=Form.DAY, is_required=is_required, is_full=is_required)


def _count(name: str, target: str = "") -> Column:
    return Column(name=name, target=target or name, form=Form.NUMBER, most=_MOST_COUNT)


def _milli(name: str, *, least: int = 0, is_full: bool = False) -> Column:
    return Column(
        name=name,
        target=f"{name}_milli",
        form=Form.NUMBER,
        is_full=is_full,
        decimals=_MILLI,
        least=least,
        most=_LARGEST,
    )


def _micro(name: str, target: str, *, most: int = _LARGEST) -> Column:
    return Column(name=name, target=target, form=Form.NUMBER, decimals=_MICRO, most=most)


COLUMNS = (
    _text(ACCOUNT, Form.IDENTIFIER, is_required=True),
    _text(TARIFF),
    _text(CLASS),
    _day("period_from", is_required=True),
    _day("period_until", is_required=True),
    _milli("quantity", least=-_LARGEST),
    _milli("before", is_full=True),
    _count("persons"),
    _count("part", "part_no"),
    Column(name="split", target="split", form=Form.SPLIT),
    Column(name="split_value", target="split_value", form=Form.SPLIT_VALUE),
    _count("months"),
    _count("reading_no"),
    _count("tier_months"),
    _count("tier_days"),
    _micro("tier_factor", "tier_factor_ppm", most=checks.MOST_FACTOR * kinds.MILLION),
    Column(name="tier_used", target="tier_used_milli", form=Form.QUANTITIES),
    _milli("area"),
    _text("area_class"),
    _milli("height"),
    _milli("capacity"),
    _milli("demand"),
    _count("households"),
    _count("calibre", "calibre_mm"),
    _micro("calorific_value", "calorific_micro"),
    _milli("carried"),
    _milli("quota"),
    _micro("negotiated_price", "negotiated_micro"),
    _milli("free_before"),
    Column(name="choices", target="choices", form=Form.TEXTS),
    _day("paid_on"),
)
BY_NAME = {column.name: column for column in COLUMNS}
SPLITS = {split.name: split.value for split in columns.Split}
# How the value of a split is written: a quantity, or a percentage as parts of a million.
FIXED_VALUE = Column(
    name="split_value", target="split_value", form=Form.NUMBER, decimals=_MILLI, most=_LARGEST
)
SHARE_VALUE = Column(
    name="split_value", target="split_value", form=Form.NUMBER, decimals=_PERCENT_PPM, most=kinds.MILLION
)


def of_heading(heading: str, *, bands: Iterable[str]) -> Column | None:
    """The column a heading names; None for one that isn't known. `bands` are the codes of the tariffs."""
    if heading in BY_NAME:
        return BY_NAME[heading]
    codes = set(bands)
    for prefix, least in ((QUANTITY_OF, -_LARGEST), (BEFORE_OF, 0)):
        if heading.startswith(prefix) and heading.removeprefix(prefix) in codes:
            return _milli(heading, least=least)
    return None


def nearest(heading: str, *, bands: Iterable[str]) -> str:
    """The known heading most like an unknown one; empty where nothing is like it."""
    folded = {name.lower(): name for name in _headings(bands)}
    found = difflib.get_close_matches(heading.strip().lower(), list(folded), n=1, cutoff=0.5)
    return folded[found[0]] if found else ""


def _headings(bands: Iterable[str]) -> Iterator[str]:
    yield from BY_NAME
    for band in bands:
        yield QUANTITY_OF + band
        yield BEFORE_OF + band
