import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterbook.kernel import quantity, text


@pytest.mark.parametrize(
    ("given_text", "expected"), [("12.5", 12500), ("0.001", 1), ("-3", -3000), ("1,234", 1234000), ("0", 0)]
)
def test_parse_milli(given_text: str, expected: int) -> None:
    assert quantity.parse_milli(given_text) == expected


@pytest.mark.parametrize(
    ("quantity_milli", "expected"),
    [(12500, "12.5"), (12000, "12"), (1234000, "1,234"), (-1, "-0.001"), (0, "0"), (120, "0.12")],
)
def test_format_milli_drops_needless_zeros(quantity_milli: int, expected: str) -> None:
    assert quantity.format_milli(quantity_milli) == expected


def test_format_milli_without_grouping() -> None:
    assert quantity.format_milli(1234500, grouping=False) == "1234.5"


@pytest.mark.parametrize(
    ("price_micro", "decimals", "expected"),
    [
        (4070000, 2, "4.07"),
        (488300, 2, "0.4883"),
        (3000000, 2, "3.00"),
        (3000000, 0, "3"),
        (1, 2, "0.000001"),
    ],
)
def test_format_micro_keeps_at_least_the_currency_decimals(
    price_micro: int, decimals: int, expected: str
) -> None:
    assert quantity.format_micro(price_micro, decimals=decimals) == expected


def test_format_product_shows_the_unrounded_amount() -> None:
    assert quantity.format_product(20_000 * 488_300) == "9.766"
    assert quantity.format_product(20_000 * 4_070_000) == "81.40"
    assert quantity.format_product(-1, decimals=0) == "-0.000000001"


@given(value=st.integers(-quantity.LARGEST_QUANTITY_MILLI, quantity.LARGEST_QUANTITY_MILLI))
def test_what_is_written_is_read_back(value: int) -> None:
    assert quantity.parse_milli(quantity.format_milli(value)) == value
    assert quantity.parse_micro(quantity.format_micro(value)) == value


@pytest.mark.parametrize(
    ("given_text", "code"),
    [
        ("1.0001", "TOO_PRECISE"),
        ("abc", "NOT_A_NUMBER"),
        ("", "EMPTY"),
        ("1000000000.001", "OUT_OF_RANGE"),
        ("-1000000000.001", "OUT_OF_RANGE"),
    ],
)
def test_parse_milli_refuses(given_text: str, code: str) -> None:
    with pytest.raises(quantity.QuantityError) as caught:
        quantity.parse_milli(given_text)
    assert caught.value.code.value == code
    assert caught.value.detail == repr(given_text)


def test_the_limits_themselves_are_accepted() -> None:
    assert quantity.parse_milli("1000000000") == quantity.LARGEST_QUANTITY_MILLI
    assert quantity.parse_micro("1000000") == quantity.LARGEST_PRICE_MICRO
    with pytest.raises(quantity.QuantityError):
        quantity.parse_micro("1000000.000001")


def test_full_width_text_is_read_after_an_explicit_step() -> None:
    with pytest.raises(quantity.QuantityError):
        quantity.parse_milli("１２．５")
    assert quantity.parse_milli(text.half_width("　１，２３４．５　")) == 1234500
    assert text.half_width("ＡＢ：０１～") == "AB:01~"
    assert text.half_width("\u00a0x ") == "x"


def test_other_scripts_stay_refused_after_it() -> None:
    with pytest.raises(quantity.QuantityError):
        quantity.parse_milli(text.half_width("١٢"))
