"""The rule for one number and the rule for a column, each against Decimal and against each other."""

import decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterbook.kernel import quantity, rounding

DECIMAL_MODES = {
    rounding.Mode.HALF_UP: decimal.ROUND_HALF_UP,
    rounding.Mode.TRUNCATE: decimal.ROUND_DOWN,
    rounding.Mode.HALF_EVEN: decimal.ROUND_HALF_EVEN,
}
INT64 = st.integers(min_value=-(2**63), max_value=2**63 - 1)
QUANTITIES = st.integers(-quantity.LARGEST_QUANTITY_MILLI, quantity.LARGEST_QUANTITY_MILLI)
PRICES = st.integers(0, quantity.LARGEST_PRICE_MICRO)
# small numbers meet the exact halves that large ones almost never hit
NEAR_TIES = st.tuples(
    st.integers(-4000, 4000).map(lambda n: n * 5), st.integers(0, 400).map(lambda n: n * 500)
)
RULES = st.sampled_from(rounding.Rounding)
EXPONENTS = st.sampled_from([0, 2, 3])


def by_decimal(*, quantity_milli: int, price_micro: int, rule: rounding.Rounding, exponent: int) -> int:
    with decimal.localcontext(prec=80):
        exact = decimal.Decimal(quantity_milli * price_micro).scaleb(exponent - 9) / rule.step_minor
        steps = exact.quantize(decimal.Decimal(1), rounding=DECIMAL_MODES[rule.mode])
        return int(steps) * rule.step_minor


def by_column(rows: list[tuple[int, int, rounding.Rounding]], *, exponent: int) -> list[int]:
    frame = pl.DataFrame(
        {
            "quantity": pl.Series([row[0] for row in rows], dtype=pl.Int64),
            "price": pl.Series([row[1] for row in rows], dtype=pl.Int64),
            "mode": pl.Series([row[2].mode for row in rows], dtype=pl.Int8),
            "step": pl.Series([row[2].step_minor for row in rows], dtype=pl.Int64),
            "divisor": pl.Series(
                [rounding.divisor(rule=row[2], exponent=exponent) for row in rows], dtype=pl.Int64
            ),
        }
    )
    amounts = frame.select(
        rounding.product_expression(
            quantity_milli=pl.col("quantity"),
            price_micro=pl.col("price"),
            divisor=pl.col("divisor"),
            step_minor=pl.col("step"),
            mode=pl.col("mode"),
        )
    ).to_series()
    assert amounts.dtype == pl.Int64
    return amounts.to_list()


@pytest.mark.parametrize(
    ("quantity_milli", "rule", "expected"),
    [
        (5, "FEN_HALF_UP", 1),  # 0.005
        (-5, "FEN_HALF_UP", -1),
        (5, "FEN_HALF_EVEN", 0),
        (15, "FEN_HALF_EVEN", 2),
        (-25, "FEN_HALF_EVEN", -2),
        (9, "FEN_TRUNCATE", 0),
        (-19, "FEN_TRUNCATE", -1),
        (149, "JIAO_HALF_UP", 10),
        (150, "JIAO_HALF_UP", 20),
        (199, "JIAO_TRUNCATE", 10),
        (250, "JIAO_HALF_EVEN", 20),
        (1499, "YUAN_HALF_UP", 100),
        (1500, "YUAN_HALF_UP", 200),
        (-1999, "YUAN_TRUNCATE", -100),
        (2500, "YUAN_HALF_EVEN", 200),
        (2501, "YUAN_HALF_EVEN", 300),
    ],
)
def test_rules_at_a_price_of_one(quantity_milli: int, rule: str, expected: int) -> None:
    named = rounding.Rounding[rule]
    assert (
        rounding.round_product(quantity_milli=quantity_milli, price_micro=1_000_000, rule=named) == expected
    )
    assert by_column([(quantity_milli, 1_000_000, named)], exponent=2) == [expected]


@given(row=st.tuples(QUANTITIES, PRICES) | NEAR_TIES, rule=RULES, exponent=EXPONENTS)
def test_one_number_is_what_decimal_says(
    row: tuple[int, int], rule: rounding.Rounding, exponent: int
) -> None:
    found = rounding.round_product(quantity_milli=row[0], price_micro=row[1], rule=rule, exponent=exponent)
    assert found == by_decimal(quantity_milli=row[0], price_micro=row[1], rule=rule, exponent=exponent)


@given(
    rows=st.lists(st.tuples(st.tuples(QUANTITIES, PRICES) | NEAR_TIES, RULES), min_size=1, max_size=60),
    exponent=EXPONENTS,
)
def test_a_column_is_what_single_numbers_are(
    rows: list[tuple[tuple[int, int], rounding.Rounding]], exponent: int
) -> None:
    expected = [
        rounding.round_product(quantity_milli=row[0], price_micro=row[1], rule=rule, exponent=exponent)
        for row, rule in rows
    ]
    assert by_column([(row[0], row[1], rule) for row, rule in rows], exponent=exponent) == expected


@given(quantity_milli=INT64, price_micro=INT64, rule=RULES, exponent=EXPONENTS)
def test_a_column_never_wraps_around(
    quantity_milli: int, price_micro: int, rule: rounding.Rounding, exponent: int
) -> None:
    expected = rounding.round_product(
        quantity_milli=quantity_milli, price_micro=price_micro, rule=rule, exponent=exponent
    )
    if -(2**63) <= expected < 2**63:
        assert by_column([(quantity_milli, price_micro, rule)], exponent=exponent) == [expected]
    else:
        with pytest.raises(pl.exceptions.InvalidOperationError):
            by_column([(quantity_milli, price_micro, rule)], exponent=exponent)


@given(row=st.tuples(QUANTITIES, PRICES) | NEAR_TIES, rule=RULES)
def test_a_reversal_gives_back_exactly(row: tuple[int, int], rule: rounding.Rounding) -> None:
    charged = rounding.round_product(quantity_milli=row[0], price_micro=row[1], rule=rule)
    assert rounding.round_product(quantity_milli=-row[0], price_micro=row[1], rule=rule) == -charged


def test_within_the_limits_every_amount_fits() -> None:
    largest = (quantity.LARGEST_QUANTITY_MILLI, quantity.LARGEST_PRICE_MICRO, rounding.Rounding.FEN_HALF_UP)
    assert by_column([largest], exponent=3) == [10**18]


@given(amount_minor=INT64, rule=RULES)
def test_round_minor_leaves_whole_steps(amount_minor: int, rule: rounding.Rounding) -> None:
    rounded = rounding.round_minor(amount_minor=amount_minor, rule=rule)
    assert rounded % rule.step_minor == 0
    assert abs(rounded - amount_minor) < rule.step_minor or rule.step_minor == 1
    assert rounding.round_minor(amount_minor=-amount_minor, rule=rule) == -rounded


def test_a_bill_rounded_to_the_jiao() -> None:
    assert rounding.round_minor(amount_minor=1235, rule=rounding.Rounding.JIAO_HALF_UP) == 1240
    assert rounding.round_minor(amount_minor=1239, rule=rounding.Rounding.JIAO_TRUNCATE) == 1230
