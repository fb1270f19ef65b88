"""What is kept of an uploaded file. Pure."""

import datetime
import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# More errors than this are counted but not listed: nobody mends them one by one.
MOST_ERRORS = 20_000
# No step of an import of the largest file takes that long, on a busy machine either.
SILENCE = datetime.timedelta(minutes=15)


class Refused(enum.StrEnum):
    """Why work in the background ended without an outcome. The fact: a reader's refusal, a constraint."""

    FILE = "FILE"
    CONFLICT = "CONFLICT"
    RIGHT = "RIGHT"
    BROKEN = "BROKEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """One wrong cell: `row` as Excel shows it, `column` the key of a column or "", `fact` a detail."""

    row: int
    column: str
    value: str
    code: str
    fact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a dry run said. `summary` holds plain JSON values."""

    row_count: int
    error_count: int
    errors: tuple[RowError, ...]
    summary: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A comparison as it is kept: plain JSON values for the page, the rest as bytes."""

    figures: Mapping[str, Any]
    differences: bytes
    accounts: bytes


def is_silent(*, told_at: datetime.datetime, at: datetime.datetime) -> bool:
    """Whether running work said nothing for so long that nobody can be at it any more."""
    return at - told_at > SILENCE


def fingerprint(content: bytes) -> str:
    """What the same bytes have in common: SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
