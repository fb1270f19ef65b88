"""Numbers by rule, the order of states, and parts that sum to the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterbook.domain.agreements import models, rules
from meterbook.kernel import numbering

S = models.AccountState


@given(
    prefix=st.from_regex(r"[1-9][0-9]{0,5}", fullmatch=True),
    digits=st.integers(3, 10),
    first=st.integers(0, 900),
    count=st.integers(1, 50),
    has_check_digit=st.booleans(),
)
def test_numbers_of_a_series_are_alike_distinct_and_ascending(
    *, prefix: str, digits: int, first: int, count: int, has_check_digit: bool
) -> None:
    form = rules.NumberFormat(prefix=prefix, digits=digits, has_check_digit=has_check_digit)
    numbers = rules.account_numbers(form=form, prefix=prefix, first=first, count=count)
    assert {len(number) for number in numbers} == {len(prefix) + digits + has_check_digit}
    assert len(set(numbers)) == count
    bodies = [int(number[len(prefix) : len(prefix) + digits]) for number in numbers]
    assert bodies == list(range(first, first + count))
    if has_check_digit:
        assert all(numbering.has_right_check_digit(number) for number in numbers)


def test_a_series_ends_instead_of_growing_longer() -> None:
    form = rules.NumberFormat(prefix="1", digits=3)
    assert len(rules.account_numbers(form=form, prefix="1", first=998, count=2)) == 2
    with pytest.raises(rules.NumberRuleError) as refused:
        rules.account_numbers(form=form, prefix="1", first=999, count=2)
    assert refused.value.code is rules.NumberFault.SERIES_USED_UP


@pytest.mark.parametrize(
    ("prefix", "station", "has_check_digit", "expected"),
    [
        ("1", "S01", True, "1"),
        ("8{station}", "S01", True, "801"),
        ("GS-{station}-", "S01", False, "GS-01-"),
        ("", "S01", False, ""),
        ("{station}", "SX", True, rules.NumberFault.STATION_WITHOUT_DIGITS),
        ("{station}", "S01", True, rules.NumberFault.PREFIX_BEGINS_WITH_ZERO),
        ("A", "S01", True, rules.NumberFault.PREFIX_NEEDS_DIGITS),
        ("", "S01", True, rules.NumberFault.PREFIX_NEEDS_DIGITS),
        ("户", "S01", False, rules.NumberFault.PREFIX_NOT_PLAIN),
        ("1" * 13, "S01", True, rules.NumberFault.TOO_LONG),
    ],
)
def test_a_prefix_is_checked_before_it_numbers_anybody(
    *, prefix: str, station: str, has_check_digit: bool, expected: str
) -> None:
    form = rules.NumberFormat(prefix=prefix, has_check_digit=has_check_digit)
    if isinstance(expected, rules.NumberFault):
        with pytest.raises(rules.NumberRuleError) as refused:
            rules.rendered_prefix(form=form, station_code=station)
        assert refused.value.code is expected
    else:
        assert rules.rendered_prefix(form=form, station_code=station) == expected


def test_every_state_has_its_steps_and_nothing_follows_the_end() -> None:
    assert set(rules.TRANSITIONS) == set(S)
    assert not rules.TRANSITIONS[S.CLOSED]
    assert all(rules.may_become(state=state, wanted=S.CLOSED) for state in S if state != S.CLOSED)
    assert not any(rules.may_become(state=state, wanted=state) for state in S)
    assert not rules.may_become(state=S.NEW, wanted=S.SUSPENDED)
    assert not rules.may_become(state=S.ACTIVE, wanted=S.POTENTIAL)


F, P, R, H = rules.FIXED, rules.SHARE, rules.REST, rules.HIGHEST


def test_no_tariff_stands_in_two_parts() -> None:
    with pytest.raises(rules.SharesError) as refused:
        rules.check_shares([rules.Share(1, F, 5), rules.Share(1, R)])
    assert refused.value.code is rules.SharesFault.TARIFF_TWICE


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        ([(F, 10), (R, None)], None),
        ([(P, 400_000), (P, 600_000)], None),
        ([(F, 10), (P, 300_000), (R, None)], None),
        ([(H, None), (H, None), (H, None)], None),
        ([(R, None)], rules.SharesFault.NONE_OR_ONE),
        ([], rules.SharesFault.NONE_OR_ONE),
        ([(F, None), (R, None)], rules.SharesFault.VALUE_MISSING),
        ([(R, 5), (F, 10)], rules.SharesFault.VALUE_MISSING),
        ([(H, None), (R, None)], rules.SharesFault.HIGHEST_NOT_ALONE),
        ([(R, None), (R, None)], rules.SharesFault.MORE_THAN_ONE_REST),
        ([(P, 600_000), (P, 600_000)], rules.SharesFault.SHARES_ABOVE_WHOLE),
        ([(P, 300_000), (P, 300_000)], rules.SharesFault.SHARES_BELOW_WHOLE),
        ([(P, 1_000_000), (R, None)], rules.SharesFault.REST_UNREACHED),
        ([(F, 10), (F, 20)], rules.SharesFault.NOTHING_TAKES_THE_REST),
        ([(F, 1)] * 20 + [(R, None)], rules.SharesFault.TOO_MANY),
    ],
)
def test_parts_of_a_mixed_use_leave_nothing_and_want_nothing(
    parts: list[tuple[int, int | None]], fault: rules.SharesFault | None
) -> None:
    shares = [rules.Share(n, split, value) for n, (split, value) in enumerate(parts)]
    if fault is None:
        rules.check_shares(shares)
    else:
        with pytest.raises(rules.SharesError) as refused:
            rules.check_shares(shares)
        assert refused.value.code is fault
