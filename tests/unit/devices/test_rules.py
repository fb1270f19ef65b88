"""What a meter may do, what a number may look like, when it is over age."""

import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterbook.domain import tables
from meterbook.domain.devices import rules
from meterbook.domain.devices.rules import MeterState, MoveFault, NumberFault

DAY = datetime.date(2026, 3, 31)
# From the requirement (C2) and domain.md 3, written down apart from the code.
LEGAL = {
    (None, "IN_STOCK"), (None, "IN_SERVICE"),
    ("IN_STOCK", "ISSUED"), ("IN_STOCK", "IN_SERVICE"), ("IN_STOCK", "IN_TEST"), ("IN_STOCK", "IN_REPAIR"),
    ("IN_STOCK", "SCRAPPED"), ("IN_STOCK", "LOST"),
    ("ISSUED", "IN_STOCK"), ("ISSUED", "IN_SERVICE"), ("ISSUED", "LOST"),
    ("IN_SERVICE", "REMOVED"),
    ("REMOVED", "IN_STOCK"), ("REMOVED", "IN_SERVICE"), ("REMOVED", "IN_TEST"), ("REMOVED", "IN_REPAIR"),
    ("REMOVED", "SCRAPPED"), ("REMOVED", "LOST"),
    ("IN_TEST", "IN_STOCK"), ("IN_TEST", "IN_REPAIR"), ("IN_TEST", "SCRAPPED"), ("IN_TEST", "LOST"),
    ("IN_REPAIR", "IN_STOCK"), ("IN_REPAIR", "IN_TEST"), ("IN_REPAIR", "SCRAPPED"), ("IN_REPAIR", "LOST"),
    ("LOST", "IN_STOCK"), ("LOST", "SCRAPPED"),
}  # fmt: skip


@pytest.mark.parametrize("from_state", [None, *MeterState])
@pytest.mark.parametrize("to_state", list(MeterState))
def test_a_meter_goes_only_where_it_may(from_state: MeterState | None, to_state: MeterState) -> None:
    pair = (None if from_state is None else from_state.name, to_state.name)
    assert rules.may_move(from_state=from_state, to_state=to_state) is (pair in LEGAL)
    assert (from_state in rules.states_before(to_state=to_state)) is (
        pair in LEGAL and from_state is not None
    )


def test_moves_never_go_back_in_time() -> None:
    def fault(day: datetime.date) -> MoveFault | None:
        return rules.move_fault(
            from_state=MeterState.IN_STOCK, to_state=MeterState.ISSUED, moved_on=day, last_moved_on=DAY
        )

    assert fault(DAY) is None
    assert fault(DAY - datetime.timedelta(days=1)) is MoveFault.BEFORE_LAST_MOVE


def test_what_belongs_to_an_installation_is_not_undone_alone() -> None:
    fault = rules.undo_fault
    stock, issued, hung, removed = (
        MeterState.IN_STOCK,
        MeterState.ISSUED,
        MeterState.IN_SERVICE,
        MeterState.REMOVED,
    )
    assert fault(from_state=None, to_state=stock, is_undo=False) is MoveFault.NOTHING_TO_UNDO
    assert fault(from_state=stock, to_state=issued, is_undo=False) is None
    assert fault(from_state=issued, to_state=stock, is_undo=True) is MoveFault.UNDONE_ALREADY
    assert fault(from_state=issued, to_state=hung, is_undo=False) is MoveFault.BELONGS_TO_INSTALLATION
    assert fault(from_state=hung, to_state=removed, is_undo=False) is MoveFault.BELONGS_TO_INSTALLATION


def test_a_range_has_both_ends_and_keeps_the_zeros() -> None:
    assert rules.serial_range(first="W0098", last="W0101") == ["W0098", "W0099", "W0100", "W0101"]
    assert rules.serial_range(first="7", last="7") == ["7"]


@given(st.text("ABC-/", max_size=5), st.integers(0, 10**9), st.integers(0, 300))
def test_a_range_counts_up_by_one(head: str, start: int, more: int) -> None:
    numbers = rules.serial_range(first=f"{head}{start:010d}", last=f"{head}{start + more:010d}")
    assert len(numbers) == more + 1
    assert all(int(b[-10:]) - int(a[-10:]) == 1 and a[:-10] == b[:-10] == head for a, b in pairwise(numbers))


@pytest.mark.parametrize(
    ("first", "last", "code", "text"),
    [
        ("W01", "X05", NumberFault.DIFFERENT_HEADS, "X05"),
        ("W01", "W005", NumberFault.DIFFERENT_HEADS, "W005"),
        ("W05", "W01", NumberFault.BACKWARDS, "W01"),
        ("WA", "W05", NumberFault.NO_DIGITS, "WA"),
        ("W0 1", "W005", NumberFault.NOT_A_NUMBER, "W0 1"),
        ("表01", "表02", NumberFault.NOT_A_NUMBER, "表01"),
        ("W0000", "W2000", NumberFault.TOO_MANY, "W2000"),
    ],
)
def test_a_range_that_is_none_says_why(first: str, last: str, code: NumberFault, text: str) -> None:
    with pytest.raises(rules.NumberError) as refused:
        rules.serial_range(first=first, last=last)
    assert (refused.value.code, refused.value.text) == (code, text)


def test_two_thousand_fit_in_a_range() -> None:
    assert len(rules.serial_range(first="W0001", last="W2000")) == 2_000


def test_a_pasted_list_is_parted_by_what_people_use() -> None:
    text = " W1\nW2,W3；W4\tW5、W6\r\n"
    assert rules.pasted_serials(text=text) == ["W1", "W2", "W3", "W4", "W5", "W6"]


@pytest.mark.parametrize(
    ("text", "code", "wrong"),
    [
        (" \n ", NumberFault.EMPTY, ""),
        ("W1 W2 W1", NumberFault.TWICE, "W1"),
        ("W1 表2", NumberFault.NOT_A_NUMBER, "表2"),
        ("W" * 41, NumberFault.NOT_A_NUMBER, "W" * 41),
        (" ".join(f"W{n}" for n in range(2_001)), NumberFault.TOO_MANY, "W2000"),
    ],
)
def test_a_pasted_list_names_what_is_wrong(text: str, code: NumberFault, wrong: str) -> None:
    with pytest.raises(rules.NumberError) as refused:
        rules.pasted_serials(text=text)
    assert (refused.value.code, refused.value.text) == (code, wrong)


@pytest.mark.parametrize(
    ("utility", "diameter", "months"),
    [
        (tables.Utility.WATER, 15, 72),
        (tables.Utility.WATER, 25, 72),
        (tables.Utility.WATER, 26, 48),
        (tables.Utility.WATER, 50, 48),
        (tables.Utility.WATER, 51, 24),
        (tables.Utility.WATER, None, None),
        (tables.Utility.GAS, None, 120),
        (tables.Utility.GAS, 25, 120),
        (tables.Utility.ELECTRICITY, None, None),
    ],
)
def test_how_long_a_meter_serves(utility: int, diameter: int | None, months: int | None) -> None:
    """domain.md 2.3: water DN<=25 6 years, DN<=50 4 years, larger verified every 2; gas 10 years."""
    assert rules.lives_of(utility=utility, nominal_diameter=diameter).months == months


def test_a_models_own_months_go_before_the_standard() -> None:
    own = rules.lives_of(
        utility=tables.Utility.WATER, nominal_diameter=20, service_life_months=96, verification_months=36
    )
    assert own.months == 36
    only = rules.lives_of(utility=tables.Utility.WATER, nominal_diameter=20, verification_months=84)
    assert only.months == 84


def test_the_due_day_keeps_the_day_of_the_month_or_takes_the_last() -> None:
    lives = rules.Lives(service_life_months=11)
    assert rules.due_on(lives=lives, since=DAY) == datetime.date(2027, 2, 28)
    assert rules.due_on(lives=lives, since=None) is None
    assert rules.due_on(lives=rules.Lives(), since=DAY) is None


def test_age_is_counted_from_the_last_verification_else_made_else_fitted() -> None:
    verified, made, fitted = (datetime.date(2026, month, 1) for month in (3, 1, 2))
    count = rules.count_from
    assert count(verified_on=verified, manufactured_on=made, first_installed_on=fitted) == verified
    assert count(verified_on=None, manufactured_on=made, first_installed_on=fitted) == made
    assert count(verified_on=None, manufactured_on=None, first_installed_on=fitted) == fitted
