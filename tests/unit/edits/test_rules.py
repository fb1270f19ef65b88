"""Comparing what stands with what is wanted: any rows, any standing."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterbook.domain.edits import rules
from meterbook.domain.edits.models import RowOutcome, RowPlan

VALUES = st.sampled_from(["", "1", "2", "甲", "1:7"])
FAULTS = st.sampled_from(["", "", "NO_SUPPLY"])
KEYS = st.builds(rules.Key, st.sampled_from(["TAG", "BOOK"]), st.sampled_from(["", "1"]), st.integers(1, 9))
WANTED = st.builds(rules.Wanted, KEYS, st.integers(1, 99), VALUES, st.none() | VALUES)
STANDING = st.dictionaries(KEYS, st.builds(rules.Standing, VALUES, FAULTS))


@given(st.lists(WANTED, max_size=30), STANDING)
def test_every_row_gets_one_plan_and_only_a_real_change_is_tried(
    wanted: list[rules.Wanted], standing: Mapping[rules.Key, rules.Standing]
) -> None:
    planned = rules.compare(wanted, standing=standing)
    assert [row.wanted for row in planned] == wanted
    for row in planned:
        now = standing.get(row.wanted.key)
        assert (row.plan is RowPlan.REFUSED) == bool(row.code)
        if row.plan is RowPlan.WAITING:
            assert now is not None
            assert not now.fault
            assert row.before == now.value != row.wanted.value
            assert row.wanted.expected in (None, row.before)
        if row.plan is RowPlan.SAME:
            assert now is not None
            assert now.value == row.wanted.value
        if now is None:
            assert row.code == rules.GONE
        elif now.fault and row.wanted.expected in (None, now.value):
            assert row.code == now.fault


@given(st.dictionaries(KEYS, st.tuples(VALUES, VALUES), max_size=20))
def test_a_change_done_and_turned_round_leads_back(facts: dict[rules.Key, tuple[str, str]]) -> None:
    """Where nothing changed since, taking back wants exactly what was; where it did, it wants nothing."""
    there = [
        rules.Wanted(key, row_no=number, value=after)
        for number, (key, (_, after)) in enumerate(facts.items())
    ]
    before = {key: rules.Standing(value) for key, (value, _) in facts.items()}
    changed = [row for row in rules.compare(there, standing=before) if row.plan is RowPlan.WAITING]
    after = before | {row.wanted.key: rules.Standing(row.wanted.value) for row in changed}
    back = [
        rules.Wanted(row.wanted.key, row_no=0, value=row.before, expected=row.wanted.value) for row in changed
    ]
    assert all(row.plan is RowPlan.WAITING for row in rules.compare(back, standing=after))
    undone = after | {row.key: rules.Standing(row.value) for row in back}
    assert undone == before
    elsewhere = {key: rules.Standing("somebody else's") for key in after}
    assert {row.code for row in rules.compare(back, standing=elsewhere)} <= {rules.CHANGED_SINCE}


@given(st.lists(WANTED, max_size=30))
def test_repeated_rows_are_all_but_the_first_of_a_key(wanted: list[rules.Wanted]) -> None:
    twice = rules.repeated(wanted)
    assert len(wanted) - len(twice) == len({row.key for row in wanted})


ROW = st.tuples(VALUES, VALUES, st.integers(1, 9), VALUES, VALUES, st.integers(1, 4))


@given(st.lists(ROW, max_size=6), st.lists(ROW, max_size=6))
def test_only_the_same_rows_have_the_same_fingerprint(
    one: list[tuple[str, str, int, str, str, int]], other: list[tuple[str, str, int, str, str, int]]
) -> None:
    assert (rules.fingerprint(one) == rules.fingerprint(other)) == (one == other)


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(list(RowPlan)), st.none())
        | st.tuples(st.just(RowPlan.CHANGES), st.sampled_from(list(RowOutcome))),
        st.integers(0, 9999),
    )
)
def test_counts_sum_to_the_rows(cells: dict[tuple[int, int | None], int]) -> None:
    counts = rules.counts(cells)
    assert counts.rows == sum(cells.values())
    assert counts.waiting + counts.changes + counts.same + counts.refused == counts.rows
    assert counts.done + counts.done_same + counts.done_refused + counts.left == counts.changes
    assert 0 <= counts.percent_seen <= 100
    assert (counts.percent_done == 100) == (counts.left == 0 or not counts.changes)


@pytest.mark.parametrize(("done", "percent"), [(0, 0), (1, 0), (199, 99), (200, 100)])
def test_a_change_is_whole_only_when_no_row_is_left(done: int, percent: int) -> None:
    cells = {(RowPlan.CHANGES, RowOutcome.DONE): done, (RowPlan.CHANGES, None): 200 - done}
    assert rules.counts({(int(p), o): n for (p, o), n in cells.items()}).percent_done == percent
