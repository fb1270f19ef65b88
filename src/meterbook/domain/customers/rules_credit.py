"""How credit is scored: facts, weights, bands, grades, all of it the company's own document. Pure.

A factor takes one fact of a customer, finds the first band whose `at_least` it reaches and has that
band's points (0 to 100). The score is the mean of the points by weight, rounded half up, over the factors
whose fact is known: who never had a bill has no share paid on time. The grade is the first whose `at_least`
the score reaches.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

LONGEST_GRADE = 8
HIGHEST = 100
_HALF = 2
_MOST = 20


class Fact(StrEnum):
    """What is known of a customer. All are whole numbers from 0 up; see reporting.credit_facts."""

    ON_TIME_PERCENT = "ON_TIME_PERCENT"  # of the bills due in the last 12 months, paid by their due day
    MONTHS_IN_ARREARS = "MONTHS_IN_ARREARS"  # whole months since the oldest unpaid bill was due
    OVERDUE_MINOR = "OVERDUE_MINOR"  # unpaid and past its due day, in minor units
    NOT_READ = "NOT_READ"  # readings of the last 12 months that could not be taken
    YEARS_AS_CUSTOMER = "YEARS_AS_CUSTOMER"  # whole years since the first account was opened
    AUDIT_FINDINGS = "AUDIT_FINDINGS"  # findings of audits in the last 36 months
    TAMPERED = "TAMPERED"  # 1 when a meter was found tampered with, ever


class SchemeFault(StrEnum):
    """Why a scoring document is refused."""

    NOT_A_DOCUMENT = "NOT_A_DOCUMENT"
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    UNKNOWN_FACT = "UNKNOWN_FACT"
    FACT_TWICE = "FACT_TWICE"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    NOT_DESCENDING = "NOT_DESCENDING"
    LAST_IS_NOT_ZERO = "LAST_IS_NOT_ZERO"


class SchemeError(ValueError):
    """A scoring document that says no score. `place` is where, e.g. factors.2.bands.1.points."""

    def __init__(self, *, code: SchemeFault, place: str) -> None:
        super().__init__(f"{code.value} at {place or 'the document'}")
        self.code = code
        self.place = place


@dataclass(frozen=True, slots=True)
class Band:
    """From `at_least` up, and below the band before it, a fact has `points`."""

    at_least: int
    points: int


@dataclass(frozen=True, slots=True)
class Factor:
    """One fact with its weight and its bands, highest first; the last begins at 0."""

    fact: Fact
    weight: int
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Grade:
    """A score of `at_least` or more has this grade, unless an earlier one fits."""

    grade: str
    at_least: int


@dataclass(frozen=True, slots=True)
class Scheme:
    """A scoring document, read and checked."""

    factors: tuple[Factor, ...]
    grades: tuple[Grade, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """What one factor gave; `value` and `points` are None where the fact is not known."""

    fact: Fact
    weight: int
    value: int | None
    points: int | None


@dataclass(frozen=True, slots=True)
class Score:
    """0 to 100, its grade, and the parts from which a person can redo the sum."""

    score: int
    grade: str
    parts: tuple[Part, ...]


# What a company begins with: the facts the records have. Its own document replaces it.
STANDARD: dict[str, Any] = {
    "factors": [
        {
            "fact": "ON_TIME_PERCENT",
            "weight": 40,
            "bands": [
                {"at_least": 95, "points": 100},
                {"at_least": 80, "points": 70},
                {"at_least": 50, "points": 40},
                {"at_least": 0, "points": 0},
            ],
        },
        {
            "fact": "MONTHS_IN_ARREARS",
            "weight": 30,
            "bands": [
                {"at_least": 6, "points": 0},
                {"at_least": 3, "points": 40},
                {"at_least": 1, "points": 70},
                {"at_least": 0, "points": 100},
            ],
        },
        {
            "fact": "OVERDUE_MINOR",
            "weight": 15,
            "bands": [
                {"at_least": 500_000, "points": 0},
                {"at_least": 50_000, "points": 40},
                {"at_least": 1, "points": 80},
                {"at_least": 0, "points": 100},
            ],
        },
        {
            "fact": "NOT_READ",
            "weight": 5,
            "bands": [
                {"at_least": 4, "points": 0},
                {"at_least": 2, "points": 50},
                {"at_least": 0, "points": 100},
            ],
        },
        {
            "fact": "YEARS_AS_CUSTOMER",
            "weight": 10,
            "bands": [
                {"at_least": 5, "points": 100},
                {"at_least": 1, "points": 80},
                {"at_least": 0, "points": 60},
            ],
        },
    ],
    "grades": [
        {"grade": "A", "at_least": 90},
        {"grade": "B", "at_least": 75},
        {"grade": "C", "at_least": 50},
        {"grade": "D", "at_least": 0},
    ],
}


def read_scheme(document: object) -> Scheme:
    """Check a scoring document. Raises SchemeError naming the place and the reason."""
    parts = _fields(document, names={"factors", "grades"}, place="")
    factors = tuple(
        _factor(item, place=f"factors.{number}")
        for number, item in enumerate(_list(parts["factors"], place="factors"), start=1)
    )
    for number, factor in enumerate(factors, start=1):
        if factor.fact in {earlier.fact for earlier in factors[: number - 1]}:
            raise SchemeError(code=SchemeFault.FACT_TWICE, place=f"factors.{number}.fact")
    grades = tuple(
        _grade(item, place=f"grades.{number}")
        for number, item in enumerate(_list(parts["grades"], place="grades"), start=1)
    )
    _check_descending([grade.at_least for grade in grades], place="grades")
    return Scheme(factors=factors, grades=grades)


def score(*, scheme: Scheme, facts: Mapping[Fact, int | None]) -> Score:
    """What a customer with these facts scores; a fact that is missing or None is not known."""
    parts = tuple(_part(factor, value=facts.get(factor.fact)) for factor in scheme.factors)
    known = [(part.weight, part.points) for part in parts if part.points is not None]
    weights = sum(weight for weight, _ in known)
    points = sum(weight * points for weight, points in known)
    # Nothing known speaks neither for nor against anybody.
    result = (_HALF * points + weights) // (_HALF * weights) if weights else HIGHEST
    grade = next(grade.grade for grade in scheme.grades if result >= grade.at_least)
    return Score(score=result, grade=grade, parts=parts)


def _part(factor: Factor, *, value: int | None) -> Part:
    if value is None:
        return Part(fact=factor.fact, weight=factor.weight, value=None, points=None)
    points = next(band.points for band in factor.bands if value >= band.at_least)
    return Part(fact=factor.fact, weight=factor.weight, value=value, points=points)


def _factor(item: object, *, place: str) -> Factor:
    fields = _fields(item, names={"fact", "weight", "bands"}, place=place)
    if fields["fact"] not in {fact.value for fact in Fact}:
        raise SchemeError(code=SchemeFault.UNKNOWN_FACT, place=f"{place}.fact")
    bands = []
    for number, band in enumerate(_list(fields["bands"], place=f"{place}.bands"), start=1):
        here = f"{place}.bands.{number}"
        given = _fields(band, names={"at_least", "points"}, place=here)
        at_least = _whole(given["at_least"], most=10**15, place=f"{here}.at_least")
        bands.append(Band(at_least=at_least, points=_whole(given["points"], place=f"{here}.points")))
    _check_descending([band.at_least for band in bands], place=f"{place}.bands")
    weight = _whole(fields["weight"], place=f"{place}.weight")
    if weight == 0:
        raise SchemeError(code=SchemeFault.OUT_OF_RANGE, place=f"{place}.weight")
    return Factor(fact=Fact(fields["fact"]), weight=weight, bands=tuple(bands))


def _grade(item: object, *, place: str) -> Grade:
    fields = _fields(item, names={"grade", "at_least"}, place=place)
    name = fields["grade"]
    if not isinstance(name, str) or not 0 < len(name.strip()) <= LONGEST_GRADE:
        raise SchemeError(code=SchemeFault.OUT_OF_RANGE, place=f"{place}.grade")
    return Grade(grade=name.strip(), at_least=_whole(fields["at_least"], place=f"{place}.at_least"))


def _fields(item: object, *, names: set[str], place: str) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise SchemeError(code=SchemeFault.NOT_A_DOCUMENT, place=place)
    if set(item) != names:
        odd = min(str(name) for name in set(item) ^ names)
        raise SchemeError(code=SchemeFault.UNKNOWN_FIELD, place=f"{place}.{odd}".lstrip("."))
    return item


def _list(item: object, *, place: str) -> Sequence[object]:
    if not isinstance(item, list) or not 0 < len(item) <= _MOST:
        raise SchemeError(code=SchemeFault.NOT_A_DOCUMENT, place=place)
    return item


def _whole(value: object, *, place: str, most: int = HIGHEST) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise SchemeError(code=SchemeFault.OUT_OF_RANGE, place=place)
    return value


def _check_descending(values: Sequence[int], *, place: str) -> None:
    """Highest first, none twice, and the last is 0, so that every value is met exactly once."""
    for number, (higher, lower) in enumerate(itertools.pairwise(values), start=2):
        if lower >= higher:
            raise SchemeError(code=SchemeFault.NOT_DESCENDING, place=f"{place}.{number}.at_least")
    if values[-1] != 0:
        raise SchemeError(code=SchemeFault.LAST_IS_NOT_ZERO, place=f"{place}.{len(values)}.at_least")
