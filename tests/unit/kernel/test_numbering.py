import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterbook.kernel import numbering

BODIES = st.from_regex(r"\A[1-9][0-9]{5,14}\Z")


def test_published_check_digit() -> None:
    assert numbering.with_check_digit("572") == "5724"  # the example everyone prints for Damm's table


@given(body=BODIES)
def test_every_wrong_digit_and_every_swap_is_found(body: str) -> None:
    number = numbering.with_check_digit(body)
    assert numbering.has_right_check_digit(number)
    assert numbering.without_check_digit(number) == body
    for place, right in enumerate(number):
        for digit in set("0123456789") - {right}:
            assert not numbering.has_right_check_digit(number[:place] + digit + number[place + 1 :])
    for place in range(len(number) - 1):
        first, second = number[place], number[place + 1]
        if first != second:
            swapped = number[:place] + second + first + number[place + 2 :]
            with pytest.raises(numbering.NumberingError) as caught:
                numbering.without_check_digit(swapped)
            assert caught.value.code is numbering.NumberingFault.WRONG_CHECK_DIGIT


@pytest.mark.parametrize("text", ["", "12a4", "１２", " 123", "12-3", "²"])
def test_only_ascii_digits_are_numbers(text: str) -> None:
    assert not numbering.has_right_check_digit(text)
    with pytest.raises(numbering.NumberingError) as caught:
        numbering.without_check_digit(text)
    assert caught.value.code is numbering.NumberingFault.NOT_DIGITS
    assert caught.value.text == text
    with pytest.raises(numbering.NumberingError):
        numbering.with_check_digit(text)


def test_account_numbers_have_one_length_and_are_distinct() -> None:
    numbers = {numbering.account_no("10", sequence) for sequence in range(3000)}
    assert len(numbers) == 3000
    assert {len(number) for number in numbers} == {10}
    assert all(numbering.has_right_check_digit(number) for number in numbers)
    assert numbering.account_no("10", 9_999_999).startswith("109999999")


@pytest.mark.parametrize(
    ("prefix", "sequence", "code"),
    [
        ("10", -1, "OUT_OF_RANGE"),
        ("10", 10**7, "OUT_OF_RANGE"),
        ("01", 5, "OUT_OF_RANGE"),
        ("", 5, "NOT_DIGITS"),
        ("A1", 5, "NOT_DIGITS"),
    ],
)
def test_account_no_refuses(prefix: str, sequence: int, code: str) -> None:
    with pytest.raises(numbering.NumberingError) as caught:
        numbering.account_no(prefix, sequence)
    assert caught.value.code.value == code


@given(issued_year=st.integers(2000, 2099), bill_id=st.integers(0, 10**12))
def test_a_bill_number_is_read_back(issued_year: int, bill_id: int) -> None:
    number = numbering.bill_no(issued_year, bill_id)
    assert numbering.parse_bill_no(number) == numbering.BillNumber(issued_year=issued_year, bill_id=bill_id)
    assert len(number) >= 11


@pytest.mark.parametrize(("issued_year", "bill_id"), [(1999, 1), (2100, 1), (2025, -1)])
def test_bill_no_refuses(issued_year: int, bill_id: int) -> None:
    with pytest.raises(numbering.NumberingError) as caught:
        numbering.bill_no(issued_year, bill_id)
    assert caught.value.code is numbering.NumberingFault.OUT_OF_RANGE


@pytest.mark.parametrize("body", ["", "2", "250000001", "25000000001"])
def test_a_number_of_another_shape_is_no_bill_number(body: str) -> None:
    text = numbering.with_check_digit(body) if body else "0"
    with pytest.raises(numbering.NumberingError) as caught:
        numbering.parse_bill_no(text)
    assert caught.value.code is numbering.NumberingFault.WRONG_LENGTH
