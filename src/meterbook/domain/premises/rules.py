"""How an address is written, which parts it has, and in which order people read them. Pure."""

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from meterbook.kernel import text

ADDRESS_LENGTH = 240
# The levels of the address tree, from the large to the small; models.NodeKind numbers them from 1.
LEVELS = ("district", "street", "community", "building", "entrance")
# The longest text of each part of an address.
LENGTHS = {
    "district": 40,
    "street": 60,
    "community": 60,
    "building": 20,
    "entrance": 20,
    "floor": 10,
    "flat_no": 20,
}
_DIGITS = re.compile(r"(\d+)")


class PartError(Exception):
    """A part of an address can't stand. `code`: MISSING, TOO_LONG, SIGN; `part` names it ("" the address)."""

    def __init__(self, *, code: str, part: str, longest: int = 0) -> None:
        super().__init__(f"{code}: {part}")
        self.code = code
        self.part = part
        self.longest = longest


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressParts:
    """The parts of a Chinese address, from the large to the small; "" where a part is missing."""

    district: str = ""
    street: str = ""
    community: str = ""
    building: str = ""
    entrance: str = ""
    floor: str = ""
    flat_no: str = ""


def compose_address(parts: AddressParts) -> str:
    """The address people read: 柳荫小区, 3, 2, 501 is 柳荫小区3幢2单元501室.

    A part that is only letters, digits and hyphens gets its measure word; one that already has its own
    (3号楼, 底商) stays. The floor is written only where no flat number says it. District and street are
    kept as parts but not written: the community is known by its name.
    """
    return "".join(
        (
            parts.community,
            _counted(parts.building, word="幢"),
            _counted(parts.entrance, word="单元"),
            "" if parts.flat_no else _counted(parts.floor, word="层"),
            _counted(parts.flat_no, word="室"),
        )
    )


def _counted(part: str, *, word: str) -> str:
    is_bare = bool(part) and part.isascii() and part.replace("-", "").isalnum()
    return f"{part}{word}" if is_bare else part


def cleaned(parts: AddressParts) -> AddressParts:
    """The parts as they are kept: full-width letters and digits as ASCII, no spaces at the ends.

    Raises PartError where one can't stand: no community, or longer than its LENGTHS.
    """
    made = AddressParts(**{name: clean_part(getattr(parts, name), part=name) for name in LENGTHS})
    if not made.community:
        raise PartError(code="MISSING", part="community")
    if len(compose_address(made)) > ADDRESS_LENGTH:
        raise PartError(code="TOO_LONG", part="", longest=ADDRESS_LENGTH)
    return made


def clean_part(value: str, *, part: str) -> str:
    """One part as it is kept. Raises PartError when it is too long or holds a sign nobody can read."""
    plain = " ".join(text.half_width(value).split())
    if len(plain) > LENGTHS[part]:
        raise PartError(code="TOO_LONG", part=part, longest=LENGTHS[part])
    if not plain.isprintable():
        raise PartError(code="SIGN", part=part)
    return plain


def branch(parts: AddressParts) -> Iterator[tuple[int, str]]:
    """The nodes an address stands on, from the root: (kind, name) of each level that is not empty."""
    for kind, name in enumerate(LEVELS, start=1):
        value = getattr(parts, name)
        if value:
            yield kind, value


def with_branch(parts: AddressParts, *, nodes: Sequence[tuple[int, str]]) -> AddressParts:
    """The same door on another branch: its levels are those of `nodes`, floor and flat stay."""
    levels = dict.fromkeys(LEVELS, "") | {LEVELS[kind - 1]: name for kind, name in nodes}
    return dataclasses.replace(parts, **levels)


def natural_key(value: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts as people count: 2 before 10, B1 before 1, 12A behind 12."""
    return tuple(
        (0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in _DIGITS.split(value) if piece
    )
