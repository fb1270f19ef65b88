"""Code 128: known codes, and every code read back by a reader written apart from the writer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterbook.interfaces.web import code128

CODES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
DIGITS = st.text("0123456789", min_size=1, max_size=40)


def read(values: list[int]) -> str:
    """The text of symbol values, by the standard: start, data, check, stop."""
    start, *data, check, stop = values
    assert stop == 106
    assert (start + sum((i + 1) * value for i, value in enumerate(data))) % 103 == check
    is_c = {104: False, 105: True}[start]
    text = ""
    for value in data:
        if value == 99 and not is_c:
            is_c = True
        elif value == 100 and is_c:
            is_c = False
        else:
            text += f"{value:02d}" if is_c else chr(value + 32)
    return text


@given(st.one_of(CODES, DIGITS, st.from_regex(r"\A[A-Z]{1,3}[0-9]{3,12}[A-Z]?\Z")))
def test_what_is_written_is_read_back(text: str) -> None:
    assert read(code128.symbols(text)) == text


@pytest.mark.parametrize(
    ("text", "values"),
    [
        # The worked example of the public descriptions has 54 from start A (103), so 55 from start B (104).
        ("PJJ123C", [104, 48, 42, 42, 17, 18, 19, 35, 55, 106]),
        ("1234", [105, 12, 34, 82, 106]),
    ],
)
def test_known_codes(text: str, values: list[int]) -> None:
    assert code128.symbols(text) == values


@given(CODES)
def test_bars_stand_apart_and_fill_eleven_modules_a_symbol(text: str) -> None:
    drawn = code128.bars(text)
    count = len(code128.symbols(text))
    assert code128.width(text) == 11 * (count - 1) + 13
    ends = [left + width for left, width in drawn]
    assert all(1 <= width <= 4 for _, width in drawn)
    assert all(left > end for end, (left, _) in zip(ends, drawn[1:], strict=False))
    assert len(drawn) == 3 * count + 1


def test_every_symbol_looks_different() -> None:
    looks = {tuple(code128.bars(chr(code))) for code in range(33, 127)}
    assert len(looks) == 94


@pytest.mark.parametrize("text", ["", "表", "A\n", "é"])
def test_what_it_cant_hold_is_refused(text: str) -> None:
    with pytest.raises(code128.UnprintableError):
        code128.symbols(text)
