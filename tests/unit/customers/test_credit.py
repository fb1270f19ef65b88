"""Credit scoring: bands, weights, rounding, grades, and refused documents."""

import copy
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterbook.domain.customers import rules_credit
from meterbook.domain.customers.rules_credit import Fact, SchemeFault

STANDARD = rules_credit.read_scheme(rules_credit.STANDARD)
GOOD: dict[Fact, int | None] = {
    Fact.ON_TIME_PERCENT: 100,
    Fact.MONTHS_IN_ARREARS: 0,
    Fact.OVERDUE_MINOR: 0,
    Fact.NOT_READ: 0,
    Fact.YEARS_AS_CUSTOMER: 8,
}
BAD: dict[Fact, int | None] = {
    Fact.ON_TIME_PERCENT: 10,
    Fact.MONTHS_IN_ARREARS: 9,
    Fact.OVERDUE_MINOR: 800_000,
    Fact.NOT_READ: 6,
    Fact.YEARS_AS_CUSTOMER: 0,
}
facts_of_anybody = st.fixed_dictionaries(
    {fact: st.none() | st.integers(min_value=0, max_value=10**12) for fact in Fact}
)


def test_who_pays_in_time_is_at_the_top_and_who_does_not_at_the_bottom() -> None:
    best = rules_credit.score(scheme=STANDARD, facts=GOOD)
    worst = rules_credit.score(scheme=STANDARD, facts=BAD)
    assert (best.score, best.grade) == (100, "A")
    # Only the years count for them: 60 points of weight 10 in 100.
    assert (worst.score, worst.grade) == (6, "D")


def test_what_is_not_known_neither_helps_nor_hurts() -> None:
    known = rules_credit.score(scheme=STANDARD, facts=GOOD)
    without = rules_credit.score(scheme=STANDARD, facts={**GOOD, Fact.ON_TIME_PERCENT: None})
    assert without.score == known.score
    part = next(part for part in without.parts if part.fact is Fact.ON_TIME_PERCENT)
    assert (part.value, part.points) == (None, None)
    assert rules_credit.score(scheme=STANDARD, facts={}).score == 100


@given(facts=facts_of_anybody)
def test_the_score_is_the_mean_by_weight_rounded_half_up(facts: dict[Fact, int | None]) -> None:
    found = rules_credit.score(scheme=STANDARD, facts=facts)
    known = [(part.weight, part.points) for part in found.parts if part.points is not None]
    if known:
        mean = Fraction(sum(w * p for w, p in known), sum(w for w, _ in known))
        assert Fraction(-1, 2) < found.score - mean <= Fraction(1, 2)
    reached = [g for g in STANDARD.grades if found.score >= g.at_least]
    assert found.grade == max(reached, key=lambda g: g.at_least).grade


@given(facts=facts_of_anybody, more=st.integers(min_value=1, max_value=10**9))
def test_owing_more_or_longer_never_helps(facts: dict[Fact, int | None], more: int) -> None:
    before = rules_credit.score(scheme=STANDARD, facts=facts).score
    for fact in (Fact.OVERDUE_MINOR, Fact.MONTHS_IN_ARREARS, Fact.NOT_READ):
        value = facts[fact]
        if value is not None:
            worse = rules_credit.score(scheme=STANDARD, facts={**facts, fact: value + more})
            assert worse.score <= before


def changed(path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """The standard document with one place replaced."""
    document = copy.deepcopy(rules_credit.STANDARD)
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "code", "place"),
    [
        (("factors",), [], SchemeFault.NOT_A_DOCUMENT, "factors"),
        (("factors", 0), "x", SchemeFault.NOT_A_DOCUMENT, "factors.1"),
        (("factors", 0, "fact"), "SHOE_SIZE", SchemeFault.UNKNOWN_FACT, "factors.1.fact"),
        (("factors", 1, "fact"), "ON_TIME_PERCENT", SchemeFault.FACT_TWICE, "factors.2.fact"),
        (("factors", 0, "weight"), 0, SchemeFault.OUT_OF_RANGE, "factors.1.weight"),
        (("factors", 0, "weight"), 1.5, SchemeFault.OUT_OF_RANGE, "factors.1.weight"),
        (("factors", 0, "weight"), True, SchemeFault.OUT_OF_RANGE, "factors.1.weight"),
        (
            ("factors", 0, "bands", 0, "points"),
            101,
            SchemeFault.OUT_OF_RANGE,
            "factors.1.bands.1.points",
        ),
        (
            ("factors", 0, "bands", 1, "at_least"),
            95,
            SchemeFault.NOT_DESCENDING,
            "factors.1.bands.2.at_least",
        ),
        (("grades", 3, "at_least"), 1, SchemeFault.LAST_IS_NOT_ZERO, "grades.4.at_least"),
        (("grades", 0, "grade"), "", SchemeFault.OUT_OF_RANGE, "grades.1.grade"),
        (("grades", 0, "colour"), "red", SchemeFault.UNKNOWN_FIELD, "grades.1.colour"),
    ],
)
def test_a_wrong_document_is_refused_at_its_place(
    path: tuple[str | int, ...], value: object, code: SchemeFault, place: str
) -> None:
    with pytest.raises(rules_credit.SchemeError) as refused:
        rules_credit.read_scheme(changed(path, value))
    assert (refused.value.code, refused.value.place) == (code, place)


@pytest.mark.parametrize("document", [None, [], "x", {}, {"factors": []}])
def test_what_is_no_document_is_refused(document: object) -> None:
    with pytest.raises(rules_credit.SchemeError):
        rules_credit.read_scheme(document)
