"""Exact reading and writing of decimal numbers kept as whole numbers of a stated scale.

A number with `decimals` = 2 is kept in hundredths: "1.5" is 150. Nothing here ever passes through a float.
`money` and `quantity` give these functions their units; use those, not this module, outside the kernel.
"""

import re
from enum import StrEnum

LARGEST = 2**63 - 1  # what a PostgreSQL bigint and a Polars Int64 hold; the smallest is its mirror image
_LONGEST_TEXT = 40
_NUMBER = re.compile(r"([+-]?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]+))?")


class NumberFault(StrEnum):
    """Why a text is not taken as a number."""

    EMPTY = "EMPTY"
    NOT_A_NUMBER = "NOT_A_NUMBER"
    TOO_PRECISE = "TOO_PRECISE"
    OUT_OF_RANGE = "OUT_OF_RANGE"


class NumberError(ValueError):
    """A text that is not exactly one number of the wanted scale. `code` is for programs."""

    def __init__(self, *, code: NumberFault, text: str, decimals: int) -> None:
        shown = text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…"
        super().__init__(f"{code.value}: {shown!r} (at most {decimals} decimals)")
        self.code = code
        self.text = shown
        self.decimals = decimals


def parse(*, text: str, decimals: int) -> int:
    """Read `text` as a whole number of 10^-decimals.

    Accepts a sign, ASCII digits, commas in exact groups of three, and a point with 1 to `decimals` digits.
    Spaces around it are ignored. Everything else raises NumberError: exponents, NaN, currency signs, other
    scripts' digits (see `text.half_width` for an explicit step before), more decimals than can be kept.
    """
    stripped = text.strip(" \t\r\n")
    if not stripped:
        raise NumberError(code=NumberFault.EMPTY, text=text, decimals=decimals)
    match = _NUMBER.fullmatch(stripped) if len(stripped) <= _LONGEST_TEXT else None
    if match is None:
        raise NumberError(code=NumberFault.NOT_A_NUMBER, text=text, decimals=decimals)
    sign, whole, fraction = match[1], match[2].replace(",", ""), match[3] or ""
    if len(fraction) > decimals:
        raise NumberError(code=NumberFault.TOO_PRECISE, text=text, decimals=decimals)
    size = int(whole + fraction.ljust(decimals, "0"))
    if size > LARGEST:
        raise NumberError(code=NumberFault.OUT_OF_RANGE, text=text, decimals=decimals)
    return -size if sign == "-" else size


def render(*, value: int, decimals: int, grouping: bool, trim_to: int | None = None) -> str:
    """Write `value` (in 10^-decimals); with `trim_to`, drop trailing zeros down to that many decimals."""
    digits = str(abs(value)).rjust(decimals + 1, "0")
    whole, fraction = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
    if trim_to is not None:
        fraction = fraction[:trim_to] + fraction[trim_to:].rstrip("0")
    if grouping:
        whole = f"{int(whole):,}"
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"
