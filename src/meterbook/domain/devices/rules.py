"""Decisions on meters: which move is legal, what a number may look like, when a meter is due. Pure."""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from django.db import models

from meterbook.domain import tables
from meterbook.kernel import period

LONGEST_NUMBER = 40
MOST_IN_A_SERIES = 2_000
# What Code 128 prints without control signs, less the space: a scanner's burst has no gaps.
_NUMBER = re.compile(rf"[!-~]{{1,{LONGEST_NUMBER}}}")
_SERIES = re.compile(r"(.*?)(\d+)")


class MeterState(models.IntegerChoices):
    """Where a meter stands in its life; the last of its moves says the same."""

    IN_STOCK = 1
    IN_SERVICE = 2
    REMOVED = 3
    SCRAPPED = 4
    ISSUED = 5
    IN_TEST = 6
    IN_REPAIR = 7
    LOST = 8


class MoveReason(models.IntegerChoices):
    """Why a meter was moved: the categories swaps and removals are counted by."""

    NONE = 0
    OVER_AGE = 1
    STOPPED = 2
    SLOW = 3
    FAST = 4
    BACKWARDS = 5
    DAMAGED = 6
    LEAKING = 7
    TAMPERED = 8
    ARREARS = 9
    DEMOLITION = 10
    CUSTOMER_REQUEST = 11
    RESIZED = 12
    FROZEN = 13
    NEW_SUPPLY = 14
    MISTAKE = 15
    OTHER = 16


# From each state to where a meter may go. Who is fitted or removed goes through the installations.
_NEXT: Mapping[MeterState | None, frozenset[MeterState]] = {
    None: frozenset({MeterState.IN_STOCK, MeterState.IN_SERVICE}),
    MeterState.IN_STOCK: frozenset(
        {
            MeterState.ISSUED,
            MeterState.IN_SERVICE,
            MeterState.IN_TEST,
            MeterState.IN_REPAIR,
            MeterState.SCRAPPED,
            MeterState.LOST,
        }
    ),
    MeterState.ISSUED: frozenset({MeterState.IN_STOCK, MeterState.IN_SERVICE, MeterState.LOST}),
    MeterState.IN_SERVICE: frozenset({MeterState.REMOVED}),
    MeterState.REMOVED: frozenset(
        {
            MeterState.IN_STOCK,
            MeterState.IN_SERVICE,
            MeterState.IN_TEST,
            MeterState.IN_REPAIR,
            MeterState.SCRAPPED,
            MeterState.LOST,
        }
    ),
    MeterState.IN_TEST: frozenset(
        {MeterState.IN_STOCK, MeterState.IN_REPAIR, MeterState.SCRAPPED, MeterState.LOST}
    ),
    MeterState.IN_REPAIR: frozenset(
        {MeterState.IN_STOCK, MeterState.IN_TEST, MeterState.SCRAPPED, MeterState.LOST}
    ),
    MeterState.LOST: frozenset({MeterState.IN_STOCK, MeterState.SCRAPPED}),
    MeterState.SCRAPPED: frozenset(),
}
# What these ended or began belongs to an installation too, and is taken back there.
_OF_INSTALLATIONS = frozenset({MeterState.IN_SERVICE, MeterState.REMOVED})


class MoveFault(StrEnum):
    """Why a move is refused."""

    NOT_FROM_HERE = "NOT_FROM_HERE"
    BEFORE_LAST_MOVE = "BEFORE_LAST_MOVE"
    NOTHING_TO_UNDO = "NOTHING_TO_UNDO"
    UNDONE_ALREADY = "UNDONE_ALREADY"
    BELONGS_TO_INSTALLATION = "BELONGS_TO_INSTALLATION"


def may_move(*, from_state: MeterState | None, to_state: MeterState) -> bool:
    """Whether a meter may go from one state to the other; None is a meter not known before."""
    return to_state in _NEXT[from_state]


def states_before(*, to_state: MeterState) -> frozenset[MeterState]:
    """The states from which a meter may go to `to_state`."""
    return frozenset(state for state, after in _NEXT.items() if state is not None and to_state in after)


def move_fault(
    *,
    from_state: MeterState | None,
    to_state: MeterState,
    moved_on: datetime.date,
    last_moved_on: datetime.date | None,
) -> MoveFault | None:
    """Why a move may not be made; None when it may. A meter's moves never go back in time."""
    if not may_move(from_state=from_state, to_state=to_state):
        return MoveFault.NOT_FROM_HERE
    if last_moved_on is not None and moved_on < last_moved_on:
        return MoveFault.BEFORE_LAST_MOVE
    return None


def undo_fault(*, from_state: MeterState | None, to_state: MeterState, is_undo: bool) -> MoveFault | None:
    """Why a move can't be taken back by a counter-move; None when it can.

    The first move has no state to go back to; fitting and removing are undone with their installation.
    """
    if from_state is None:
        return MoveFault.NOTHING_TO_UNDO
    if is_undo:
        return MoveFault.UNDONE_ALREADY
    if to_state in _OF_INSTALLATIONS or from_state == MeterState.IN_SERVICE:
        return MoveFault.BELONGS_TO_INSTALLATION
    return None


class NumberFault(StrEnum):
    """Why a serial number, barcode or series of them is refused."""

    NOT_A_NUMBER = "NOT_A_NUMBER"
    TWICE = "TWICE"
    NO_DIGITS = "NO_DIGITS"
    DIFFERENT_HEADS = "DIFFERENT_HEADS"
    BACKWARDS = "BACKWARDS"
    TOO_MANY = "TOO_MANY"
    EMPTY = "EMPTY"


class NumberError(ValueError):
    """A number, or a list of them, that can't be used. `text` is the part that is wrong."""

    def __init__(self, *, code: NumberFault, text: str) -> None:
        super().__init__(f"{code.value}: {text!r}")
        self.code = code
        self.text = text


def is_number(text: str) -> bool:
    """Whether a serial number or barcode can be printed as Code 128 and scanned: 1-40 signs, no space."""
    return _NUMBER.fullmatch(text) is not None


def serial_range(*, first: str, last: str) -> list[str]:
    """The numbers from `first` to `last`, both included: same head, running digits at the end, same length.

    W0098 to W0101 are four. Raises NumberError: no digits at the end, different heads or lengths, last before
    first, more than MOST_IN_A_SERIES.
    """
    parts = [_SERIES.fullmatch(text) for text in (first, last)]
    for text, part in zip((first, last), parts, strict=True):
        if not is_number(text):
            raise NumberError(code=NumberFault.NOT_A_NUMBER, text=text)
        if part is None:
            raise NumberError(code=NumberFault.NO_DIGITS, text=text)
    heads = [(part[1], len(part[2])) for part in parts if part is not None]
    if heads[0] != heads[1]:
        raise NumberError(code=NumberFault.DIFFERENT_HEADS, text=last)
    start, end = (int(part[2]) for part in parts if part is not None)
    if end < start:
        raise NumberError(code=NumberFault.BACKWARDS, text=last)
    if end - start >= MOST_IN_A_SERIES:
        raise NumberError(code=NumberFault.TOO_MANY, text=last)
    head, width = heads[0]
    return [f"{head}{number:0{width}d}" for number in range(start, end + 1)]


def pasted_serials(*, text: str) -> list[str]:
    """The numbers of a pasted or scanned list, one a line or parted by blanks, commas, semicolons.

    Raises NumberError: nothing there, a sign no barcode has, a number twice, more than MOST_IN_A_SERIES.
    """
    numbers = [part for part in re.split(r"[\s,;，；、]+", text) if part]
    if not numbers:
        raise NumberError(code=NumberFault.EMPTY, text="")
    if len(numbers) > MOST_IN_A_SERIES:
        raise NumberError(code=NumberFault.TOO_MANY, text=numbers[MOST_IN_A_SERIES])
    seen: set[str] = set()
    for number in numbers:
        if not is_number(number):
            raise NumberError(code=NumberFault.NOT_A_NUMBER, text=number)
        if number in seen:
            raise NumberError(code=NumberFault.TWICE, text=number)
        seen.add(number)
    return numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Lives:
    """How long a meter may serve, and how long a verification holds, in months; None is no limit."""

    service_life_months: int | None = None
    verification_months: int | None = None

    @property
    def months(self) -> int | None:
        """The sooner of the two; None when neither is limited."""
        known = [m for m in (self.service_life_months, self.verification_months) if m is not None]
        return min(known, default=None)


_NO_LIMIT = Lives()
# What a model that says nothing itself is held to: (utility, up to this diameter) -> lives, in order.
# The figures are the usual ones of domain.md 2.3; a model's own figures go before them.
_LARGEST = 32_767
STANDARD_LIVES: Mapping[int, tuple[tuple[int, Lives], ...]] = {
    tables.Utility.WATER: (
        (25, Lives(service_life_months=72)),
        (50, Lives(service_life_months=48)),
        (_LARGEST, Lives(verification_months=24)),
    ),
    tables.Utility.GAS: ((_LARGEST, Lives(service_life_months=120)),),
}


def lives_of(
    *,
    utility: int,
    nominal_diameter: int | None,
    service_life_months: int | None = None,
    verification_months: int | None = None,
) -> Lives:
    """What a model is held to: its own months where it has any, else the standard of its utility and size.

    A diameter that isn't known is not guessed: where the standard depends on it there is no limit.
    """
    if service_life_months is not None or verification_months is not None:
        return Lives(service_life_months=service_life_months, verification_months=verification_months)
    steps = STANDARD_LIVES.get(utility, ())
    if nominal_diameter is None:
        return steps[0][1] if len(steps) == 1 else _NO_LIMIT
    return next((lives for up_to, lives in steps if nominal_diameter <= up_to), _NO_LIMIT)


class HasLives(Protocol):
    """What a model of meter says of how long it may serve."""

    utility: int
    nominal_diameter: int | None
    service_life_months: int | None
    verification_months: int | None


def lives_of_model(model: HasLives) -> Lives:
    """`lives_of` a model of meter."""
    return lives_of(
        utility=model.utility,
        nominal_diameter=model.nominal_diameter,
        service_life_months=model.service_life_months,
        verification_months=model.verification_months,
    )


def due_on(*, lives: Lives, since: datetime.date | None) -> datetime.date | None:
    """The day from which a meter is over age: `since` (verified, made or first fitted) and the months.

    None when nothing limits it or no day is known.
    """
    if since is None or lives.months is None:
        return None
    return period.add_months(since, lives.months)


def count_from(
    *,
    verified_on: datetime.date | None,
    manufactured_on: datetime.date | None,
    first_installed_on: datetime.date | None,
) -> datetime.date | None:
    """The day a meter's age is counted from: the last verification, else when made, else first fitted."""
    return verified_on or manufactured_on or first_installed_on
