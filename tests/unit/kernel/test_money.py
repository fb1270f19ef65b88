from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterbook.kernel import money, scaled

AMOUNTS = st.integers(min_value=-scaled.LARGEST, max_value=scaled.LARGEST)
EXPONENTS = st.sampled_from([0, 2, 3])


@pytest.mark.parametrize(
    ("text", "exponent", "expected"),
    [
        ("0", 2, 0),
        ("1234.5", 2, 123450),
        ("1,234.50", 2, 123450),
        ("-0.05", 2, -5),
        ("+7", 2, 700),
        (" 7.10\n", 2, 710),
        ("0012.30", 2, 1230),
        ("1,000,000", 0, 1000000),
        ("0.001", 3, 1),
        ("92233720368547758.07", 2, scaled.LARGEST),
        ("-92233720368547758.07", 2, -scaled.LARGEST),
    ],
)
def test_parse_minor_reads_exactly(text: str, exponent: int, expected: int) -> None:
    assert money.parse_minor(text, exponent=exponent) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "EMPTY"),
        ("  \t", "EMPTY"),
        ("NaN", "NOT_A_NUMBER"),
        ("inf", "NOT_A_NUMBER"),
        ("-Infinity", "NOT_A_NUMBER"),
        ("1e400", "NOT_A_NUMBER"),
        ("1e2", "NOT_A_NUMBER"),
        ("0x10", "NOT_A_NUMBER"),
        ("1_000", "NOT_A_NUMBER"),
        ("１２", "NOT_A_NUMBER"),
        ("١٢", "NOT_A_NUMBER"),
        ("12²", "NOT_A_NUMBER"),
        ("1,23", "NOT_A_NUMBER"),
        ("1234,567", "NOT_A_NUMBER"),
        (",123", "NOT_A_NUMBER"),
        ("1.", "NOT_A_NUMBER"),
        (".5", "NOT_A_NUMBER"),
        ("1.2.3", "NOT_A_NUMBER"),
        ("--1", "NOT_A_NUMBER"),
        ("- 1", "NOT_A_NUMBER"),
        ("1 000", "NOT_A_NUMBER"),
        ("¥5", "NOT_A_NUMBER"),
        ("=1+1", "NOT_A_NUMBER"),
        ("9" * 41, "NOT_A_NUMBER"),
        ("1.005", "TOO_PRECISE"),
        ("1.000", "TOO_PRECISE"),
        ("92233720368547758.08", "OUT_OF_RANGE"),
        ("-92233720368547758.08", "OUT_OF_RANGE"),
    ],
)
def test_parse_minor_refuses_what_is_not_exactly_an_amount(text: str, code: str) -> None:
    with pytest.raises(money.MoneyError) as caught:
        money.parse_minor(text)
    assert caught.value.code.value == code


def test_a_refused_text_is_shown_cut_short() -> None:
    with pytest.raises(scaled.NumberError) as caught:
        scaled.parse(text="x" * 5000, decimals=2)
    assert len(caught.value.text) == 41
    assert caught.value.decimals == 2


@pytest.mark.parametrize(
    ("amount_minor", "exponent", "grouping", "expected"),
    [
        (0, 2, True, "0.00"),
        (123450, 2, True, "1,234.50"),
        (123450, 2, False, "1234.50"),
        (-5, 2, True, "-0.05"),
        (-123456789, 2, True, "-1,234,567.89"),
        (1500, 0, True, "1,500"),
        (1, 3, True, "0.001"),
    ],
)
def test_format_minor(amount_minor: int, exponent: int, grouping: bool, expected: str) -> None:  # noqa: FBT001 -- table
    assert money.format_minor(amount_minor, exponent=exponent, grouping=grouping) == expected


@given(amount_minor=AMOUNTS, exponent=EXPONENTS, grouping=st.booleans())
def test_what_is_written_is_read_back(amount_minor: int, exponent: int, grouping: bool) -> None:  # noqa: FBT001 -- given
    text = money.format_minor(amount_minor, exponent=exponent, grouping=grouping)
    assert money.parse_minor(text, exponent=exponent) == amount_minor


@given(amount_minor=AMOUNTS, exponent=EXPONENTS)
def test_to_decimal_is_exact(amount_minor: int, exponent: int) -> None:
    assert money.to_decimal(amount_minor, exponent=exponent).scaleb(exponent) == Decimal(amount_minor)


@pytest.mark.parametrize(
    ("currency", "exponent"), [("CNY", 2), ("USD", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3)]
)
def test_exponent_of_known_currencies(currency: str, exponent: int) -> None:
    assert money.exponent_of(currency) == exponent


@pytest.mark.parametrize("currency", ["RMB", "cny", "", "XXX"])
def test_an_unknown_currency_is_refused(currency: str) -> None:
    with pytest.raises(money.MoneyError) as caught:
        money.exponent_of(currency)
    assert caught.value.code is money.MoneyFault.UNKNOWN_CURRENCY


@pytest.mark.parametrize(
    ("total", "weights", "expected"),
    [
        (100, [1, 1, 1], [34, 33, 33]),  # equal remainders: the earlier place
        (-100, [1, 1, 1], [-34, -33, -33]),
        (10, [0, 1, 0], [0, 10, 0]),
        (0, [2, 3], [0, 0]),
        (5, [1, 2, 2], [1, 2, 2]),
        (7, [1, 2], [2, 5]),  # 2.33 and 4.67: the larger remainder
        (1, [3, 5, 5], [0, 1, 0]),
    ],
)
def test_share_out(total: int, weights: list[int], expected: list[int]) -> None:
    assert money.share_out(total, weights) == expected


@given(
    total=st.integers(min_value=-(10**12), max_value=10**12),
    weights=st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=30).filter(any),
)
def test_shares_sum_to_the_whole_and_are_fair(total: int, weights: list[int]) -> None:
    parts = money.share_out(total, weights)
    whole = sum(weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * whole - total * weight) < whole
        assert weight or part == 0


@pytest.mark.parametrize(
    ("weights", "code"), [([], "NO_WEIGHT"), ([0, 0], "NO_WEIGHT"), ([2, -1], "NEGATIVE_WEIGHT")]
)
def test_share_out_refuses_impossible_weights(weights: list[int], code: str) -> None:
    with pytest.raises(money.MoneyError) as caught:
        money.share_out(10, weights)
    assert caught.value.code.value == code
