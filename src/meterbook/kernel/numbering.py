"""Numbers people type: fixed length, digits only, the last one a check digit.

The check digit is Damm's (H. Michael Damm, 2004): one table, and unlike Luhn (misses 09 <-> 90) or ISO 7064
MOD 11,10 (misses some swaps) it finds every single wrong digit and every swap of two neighbours.
"""

from dataclasses import dataclass
from enum import StrEnum

_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
_ASCII_DIGITS = frozenset("0123456789")
ACCOUNT_SEQUENCE_DIGITS = 7
_BILL_ID_DIGITS = 8
_CENTURY = 2000
_YEARS = 100


class NumberingFault(StrEnum):
    """Why a number is refused."""

    NOT_DIGITS = "NOT_DIGITS"
    WRONG_LENGTH = "WRONG_LENGTH"
    WRONG_CHECK_DIGIT = "WRONG_CHECK_DIGIT"
    OUT_OF_RANGE = "OUT_OF_RANGE"


class NumberingError(ValueError):
    """A number that can't be made or was mistyped."""

    def __init__(self, *, code: NumberingFault, text: str) -> None:
        super().__init__(f"{code.value}: {text!r}")
        self.code = code
        self.text = text


@dataclass(frozen=True)
class BillNumber:
    """What a bill number says."""

    issued_year: int
    bill_id: int


def _remainder(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim


def _require_digits(text: str) -> None:
    if not text or not _ASCII_DIGITS.issuperset(text):
        raise NumberingError(code=NumberingFault.NOT_DIGITS, text=text)


def with_check_digit(digits: str) -> str:
    """`digits` followed by its check digit."""
    _require_digits(digits)
    return f"{digits}{_remainder(digits)}"


def without_check_digit(text: str) -> str:
    """`text` less its last digit, once that has been found right; NumberingError otherwise."""
    _require_digits(text)
    if _remainder(text) != 0:
        raise NumberingError(code=NumberingFault.WRONG_CHECK_DIGIT, text=text)
    return text[:-1]


def has_right_check_digit(text: str) -> bool:
    """Whether `text` is digits with a right check digit at the end."""
    return bool(text) and _ASCII_DIGITS.issuperset(text) and _remainder(text) == 0


def account_no(prefix: str, sequence: int) -> str:
    """Number of an account: prefix (company or station, not beginning with 0), seven digits, check digit.

    NumberingError when the sequence is not in 0..9,999,999.
    """
    _require_digits(prefix)
    # Damm's remainder ignores leading zeros, so a number must not begin with one
    if prefix[0] == "0" or not 0 <= sequence < 10**ACCOUNT_SEQUENCE_DIGITS:
        raise NumberingError(code=NumberingFault.OUT_OF_RANGE, text=f"{prefix} {sequence}")
    return with_check_digit(f"{prefix}{sequence:0{ACCOUNT_SEQUENCE_DIGITS}d}")


def bill_no(issued_year: int, bill_id: int) -> str:
    """Number of a bill: two digits of the year, the id with at least eight digits, check digit."""
    if not _CENTURY <= issued_year < _CENTURY + _YEARS or bill_id < 0:
        raise NumberingError(code=NumberingFault.OUT_OF_RANGE, text=f"{issued_year} {bill_id}")
    return with_check_digit(f"{issued_year - _CENTURY:02d}{bill_id:0{_BILL_ID_DIGITS}d}")


def parse_bill_no(text: str) -> BillNumber:
    """Year and id of a bill number; NumberingError when it isn't one or was mistyped."""
    body = without_check_digit(text)
    bill_digits = body[2:]
    is_padded = len(bill_digits) > _BILL_ID_DIGITS and bill_digits[0] == "0"
    if len(bill_digits) < _BILL_ID_DIGITS or is_padded:
        raise NumberingError(code=NumberingFault.WRONG_LENGTH, text=text)
    return BillNumber(issued_year=_CENTURY + int(body[:2]), bill_id=int(bill_digits))
