"""Numbers that identify people and organisations in China: read, checked, written the short way.

Rules: GB 11643 (resident identity number), GB 32100 (unified social credit code). The arithmetic is
python-stdnum's; its whole check is not used, because it refuses real numbers whose region code is newer than
the birth year. Here the check digit and the birth date bind, the region only warns.
"""

import datetime
from dataclasses import dataclass
from enum import StrEnum

from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from meterbook.kernel import text as kernel_text

_LENGTH = 18
_OLD_LENGTH = 15
_REGION_LENGTH = 6
# Old numbers have no century: all of them were given before 2000.
_OLD_CENTURY = "19"
_DIGITS = frozenset("0123456789")
_CREDIT_SIGNS = frozenset("0123456789ABCDEFGHJKLMNPQRTUWXY")
_SEPARATORS = str.maketrans("", "", " -")


class IdentifierFault(StrEnum):
    """Why a number is refused."""

    WRONG_LENGTH = "WRONG_LENGTH"
    WRONG_SIGN = "WRONG_SIGN"
    WRONG_CHECK_DIGIT = "WRONG_CHECK_DIGIT"
    NO_SUCH_DAY = "NO_SUCH_DAY"


class IdentifierWarning(StrEnum):
    """What a person should look at twice; the number is accepted all the same."""

    UNKNOWN_REGION = "UNKNOWN_REGION"
    OLD_FORM = "OLD_FORM"


class IdentifierError(ValueError):
    """A number that can't be right. The number itself is not in the message: it is a person's secret."""

    def __init__(self, *, code: IdentifierFault) -> None:
        super().__init__(code.value)
        self.code = code


@dataclass(frozen=True, slots=True)
class ResidentId:
    """A resident identity number as written (18 or, given before 1999, 15 signs).

    `modern` is its form of 18 signs: what two numbers are compared by. `born_on` is what the number says.
    """

    number: str
    modern: str
    born_on: datetime.date
    warnings: tuple[IdentifierWarning, ...]

    def __repr__(self) -> str:
        """Keep the number out of tracebacks and logs."""
        return f"ResidentId({masked(self.number)})"


def compact(text: str) -> str:
    """A number as people write it, brought to capitals and digits: full width, blanks, hyphens go."""
    return kernel_text.half_width(text).translate(_SEPARATORS).upper()


def parse_resident_id(text: str) -> ResidentId:
    """Read a resident identity number of 18 signs, or an old one of 15. Raises IdentifierError."""
    number = compact(text)
    if len(number) not in {_LENGTH, _OLD_LENGTH}:
        raise IdentifierError(code=IdentifierFault.WRONG_LENGTH)
    is_old = len(number) == _OLD_LENGTH
    body = number if is_old else number[:-1]
    if not set(body) <= _DIGITS or (not is_old and number[-1] not in _DIGITS | {"X"}):
        raise IdentifierError(code=IdentifierFault.WRONG_SIGN)
    modern = _modern(number) if is_old else number
    if ric.calc_check_digit(modern) != modern[-1]:
        raise IdentifierError(code=IdentifierFault.WRONG_CHECK_DIGIT)
    try:
        born_on = ric.get_birth_date(modern)
    except ValidationError as error:
        raise IdentifierError(code=IdentifierFault.NO_SUCH_DAY) from error
    warnings = [IdentifierWarning.OLD_FORM] if is_old else []
    if not _is_region_known(modern):
        warnings.append(IdentifierWarning.UNKNOWN_REGION)
    return ResidentId(number=number, modern=modern, born_on=born_on, warnings=tuple(warnings))


def parse_credit_code(text: str) -> str:
    """Read a unified social credit code; returns it in capitals. Raises IdentifierError.

    The first two signs (who registered it, what it is) may be letters (A, N, Y), which python-stdnum refuses.
    """
    number = compact(text)
    if len(number) != _LENGTH:
        raise IdentifierError(code=IdentifierFault.WRONG_LENGTH)
    if not set(number) <= _CREDIT_SIGNS or not set(number[2:8]) <= _DIGITS:
        raise IdentifierError(code=IdentifierFault.WRONG_SIGN)
    if uscc.calc_check_digit(number) != number[-1]:
        raise IdentifierError(code=IdentifierFault.WRONG_CHECK_DIGIT)
    return number


def masked(number: str, *, head: int = 4, tail: int = 4) -> str:
    """A number with only its ends to be read: 1101**********002X. One too short is hidden whole."""
    if len(number) <= head + tail:
        return "*" * len(number)
    return f"{number[:head]}{'*' * (len(number) - head - tail)}{number[len(number) - tail :]}"


def _modern(old: str) -> str:
    """The form of 18 signs of an old number: the century goes in, the check digit behind."""
    body = old[:_REGION_LENGTH] + _OLD_CENTURY + old[_REGION_LENGTH:]
    return body + ric.calc_check_digit(f"{body}0")


def _is_region_known(modern: str) -> bool:
    """Whether the first six digits were a county when the person was born, as far as the library knows."""
    try:
        ric.get_birth_place(modern)
    except ValidationError:
        return False
    return True
