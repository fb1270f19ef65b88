"""How an address is written. Pure."""

from dataclasses import dataclass

ADDRESS_LENGTH = 240


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
