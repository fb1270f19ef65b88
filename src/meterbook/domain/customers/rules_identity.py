"""Which identity documents there are and what makes their numbers right. Pure.

Resident identity numbers and unified social credit codes are checked by their check digit
(kernel.identifiers); numbers of other papers differ from place to place and are only brought to one form.
"""

import datetime
import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from meterbook.kernel import identifiers

_OTHER_NUMBER = re.compile(r"[A-Z0-9()]{3,40}")
LONGEST_NUMBER = 40


class DocumentKind(IntEnum):
    """Papers by which a customer is known. Stored: never renumber."""

    RESIDENT_ID = 1
    CREDIT_CODE = 2
    PASSPORT = 3
    HK_MACAO_PERMIT = 4
    TAIWAN_PERMIT = 5
    RESIDENCE_PERMIT = 6
    OTHER = 9


class DocumentFault(StrEnum):
    """Why a document is refused."""

    WRONG_LENGTH = "WRONG_LENGTH"
    WRONG_SIGN = "WRONG_SIGN"
    WRONG_CHECK_DIGIT = "WRONG_CHECK_DIGIT"
    NO_SUCH_DAY = "NO_SUCH_DAY"
    BORN_IN_FUTURE = "BORN_IN_FUTURE"
    EXPIRED = "EXPIRED"


class DocumentError(ValueError):
    """A document that can't be right. The number is not in the message."""

    def __init__(self, *, code: DocumentFault) -> None:
        super().__init__(code.value)
        self.code = code


@dataclass(frozen=True, slots=True)
class CheckedNumber:
    """`number` as it is kept; `key` is what two are compared by: the new form of an old identity number."""

    number: str
    key: str
    warnings: tuple[identifiers.IdentifierWarning, ...] = ()


def check_number(*, kind: DocumentKind, number: str, today: datetime.date) -> CheckedNumber:
    """Bring a document's number to one form and check it. Raises DocumentError."""
    try:
        if kind is DocumentKind.RESIDENT_ID:
            return _resident_id(number, today=today)
        if kind is DocumentKind.CREDIT_CODE:
            code = identifiers.parse_credit_code(number)
            return CheckedNumber(number=code, key=code)
    except identifiers.IdentifierError as error:
        raise DocumentError(code=DocumentFault(error.code.value)) from error
    plain = identifiers.compact(number)
    if not _OTHER_NUMBER.fullmatch(plain):
        raise DocumentError(code=DocumentFault.WRONG_SIGN)
    return CheckedNumber(number=plain, key=plain)


def _resident_id(number: str, *, today: datetime.date) -> CheckedNumber:
    found = identifiers.parse_resident_id(number)
    if found.born_on > today:
        raise DocumentError(code=DocumentFault.BORN_IN_FUTURE)
    return CheckedNumber(number=found.number, key=found.modern, warnings=found.warnings)


def search_keys(text: str) -> tuple[str, ...]:
    """The keys under which a whole number, as somebody keyed it, may be kept: its own and its new form."""
    plain = identifiers.compact(text)
    try:
        modern = identifiers.parse_resident_id(plain).modern
    except identifiers.IdentifierError:
        return (plain,)
    return tuple(dict.fromkeys((modern, plain)))
