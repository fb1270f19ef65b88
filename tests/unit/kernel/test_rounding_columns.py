"""Ratios and whole steps over columns, against fractions: every mode and sign, exact halves, both types."""

from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterbook.kernel import rounding

MODES = st.sampled_from(rounding.Mode)
INT64 = 2**63 - 1
# the largest that fit 64 bits together: a numerator, and half of a denominator
DENOMINATOR64 = INT64 // 2
NUMERATOR64 = INT64 - DENOMINATOR64 // 2
LARGE = 10**36
Row = tuple[int, int, int, rounding.Mode]
NEAR_TIES = st.builds(
    lambda whole, half, step, nudge: (whole * 2 * half * step + half * step + nudge, 2 * half, step),
    st.integers(-60, 60),
    st.integers(1, 40),
    st.integers(1, 12),
    st.integers(-1, 1),
)


def by_fraction(numerator: int, denominator: int, step: int, mode: rounding.Mode) -> int:
    """Whole steps in a ratio, by the fraction's own distance to the step below."""
    exact = Fraction(abs(numerator), denominator * step)
    below = exact.numerator // exact.denominator
    distance = exact - below
    goes_up = {
        rounding.Mode.TRUNCATE: False,
        rounding.Mode.HALF_UP: distance >= Fraction(1, 2),
        rounding.Mode.HALF_EVEN: distance > Fraction(1, 2) or (distance == Fraction(1, 2) and below % 2 == 1),
    }[mode]
    size = (below + goes_up) * step
    return -size if numerator < 0 else size


def frame(rows: list[Row], number: pl.DataType) -> pl.DataFrame:
    columns = list(zip(*rows, strict=True))
    names = ("numerator", "denominator", "step")
    numbers = {name: pl.Series(values, dtype=number) for name, values in zip(names, columns, strict=False)}
    return pl.DataFrame({**numbers, "mode": pl.Series([int(mode) for mode in columns[3]], dtype=pl.Int8)})


def ratios(rows: list[Row], number: pl.DataType) -> list[int]:
    found = frame(rows, number).select(
        found=rounding.ratio_expression(
            numerator=pl.col("numerator"), denominator=pl.col("denominator"), mode=pl.col("mode")
        )
    )["found"]
    assert found.dtype == number
    return found.to_list()


def steps(rows: list[Row]) -> list[int]:
    found = frame(rows, pl.Int128()).select(
        found=rounding.step_expression(
            numerator=pl.col("numerator"),
            denominator=pl.col("denominator"),
            step=pl.col("step"),
            mode=pl.col("mode"),
        )
    )["found"]
    assert found.dtype == pl.Int64
    return found.to_list()


@settings(max_examples=60)
@given(rows=st.lists(st.tuples(NEAR_TIES, MODES).map(lambda row: (*row[0], row[1])), min_size=1, max_size=40))
def test_near_exact_halves_columns_are_what_fractions_say(rows: list[Row]) -> None:
    ones = [(numerator, denominator, 1, mode) for numerator, denominator, _, mode in rows]
    assert ratios(rows, pl.Int64()) == [by_fraction(*row) for row in ones]
    assert ratios(rows, pl.Int128()) == [by_fraction(*row) for row in ones]
    assert steps(rows) == [by_fraction(*row) for row in rows]


@settings(max_examples=60)
@given(
    rows=st.lists(
        st.tuples(st.integers(-LARGE, LARGE), st.integers(1, LARGE), MODES), min_size=1, max_size=20
    )
)
def test_ratios_of_large_numbers_are_exact(rows: list[tuple[int, int, rounding.Mode]]) -> None:
    with_steps = [(numerator, denominator, 1, mode) for numerator, denominator, mode in rows]
    expected = [by_fraction(*row) for row in with_steps]
    assert ratios(with_steps, pl.Int128()) == expected
    one_by_one = [rounding.round_ratio(numerator=n, denominator=d, mode=m) for n, d, m in rows]
    assert one_by_one == expected


@settings(max_examples=60)
@given(
    rows=st.lists(
        st.tuples(st.integers(-NUMERATOR64, NUMERATOR64), st.integers(1, DENOMINATOR64), MODES),
        min_size=1,
        max_size=20,
    )
)
def test_ratios_in_64_bits_are_exact_up_to_their_limit(rows: list[tuple[int, int, rounding.Mode]]) -> None:
    with_steps = [(numerator, denominator, 1, mode) for numerator, denominator, mode in rows]
    assert ratios(with_steps, pl.Int64()) == [by_fraction(*row) for row in with_steps]


@settings(max_examples=60)
@given(row=st.tuples(st.integers(-LARGE, LARGE), st.integers(1, 10**20), st.integers(1, 10**12), MODES))
def test_whole_steps_fit_64_bits_or_are_refused(row: Row) -> None:
    expected = by_fraction(*row)
    if -INT64 - 1 <= expected <= INT64:
        assert steps([row]) == [expected]
    else:
        with pytest.raises(pl.exceptions.InvalidOperationError):
            steps([row])


@pytest.mark.parametrize(
    ("numerator", "mode", "expected"),
    [
        (5, "HALF_UP", 5),
        (-5, "HALF_UP", -5),
        (4, "HALF_UP", 5),  # 2 of 5 rounded to 5 would be 0; 4 is nearer to 5
        (2, "HALF_UP", 0),
        (7, "TRUNCATE", 5),
        (-9, "TRUNCATE", -5),
        (12, "HALF_EVEN", 10),
        (13, "HALF_EVEN", 15),
    ],
)
def test_steps_of_five(numerator: int, mode: str, expected: int) -> None:
    assert steps([(numerator, 1, 5, rounding.Mode[mode])]) == [expected]


def test_nothing_stays_nothing_and_null_stays_null() -> None:
    rows = pl.DataFrame(
        {"numerator": pl.Series([0, None], dtype=pl.Int128), "mode": pl.Series([1, 1], dtype=pl.Int8)}
    )
    one = pl.lit(1, dtype=pl.Int128)
    found = rows.select(
        rounding.step_expression(
            numerator=pl.col("numerator"), denominator=one, step=one, mode=pl.col("mode")
        )
    )
    assert found.to_series().to_list() == [0, None]
