import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterbook.kernel import money, words

# the first four are printed at http://wenrenren.com/c/0522QJ632023_3.html
VECTORS = [
    ("1409.50", "人民币壹仟肆佰零玖元伍角"),
    ("6007.14", "人民币陆仟零柒元壹角肆分"),
    ("16409.02", "人民币壹万陆仟肆佰零玖元零贰分"),
    ("325.04", "人民币叁佰贰拾伍元零肆分"),
    ("0", "人民币零元整"),
    ("0.05", "人民币伍分"),
    ("0.50", "人民币伍角"),
    ("10", "人民币壹拾元整"),
    ("10.10", "人民币壹拾元壹角"),
    ("20000", "人民币贰万元整"),
    ("100000", "人民币壹拾万元整"),
    ("1000010", "人民币壹佰万零壹拾元整"),
    ("10001000", "人民币壹仟万零壹仟元整"),
    ("100000000", "人民币壹亿元整"),
    ("1010101.10", "人民币壹佰零壹万零壹佰零壹元壹角"),
    ("107000.53", "人民币壹拾万零柒仟元伍角叁分"),
    ("1680.32", "人民币壹仟陆佰捌拾元叁角贰分"),
    ("99999999.99", "人民币玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
    ("100000001", "人民币壹亿零壹元整"),
    ("10010.01", "人民币壹万零壹拾元零壹分"),
    ("120000.50", "人民币壹拾贰万元伍角"),
    ("-12.30", "人民币负壹拾贰元叁角"),
    ("300000000050.06", "人民币叁仟亿零伍拾元零陆分"),
    ("1200030004.50", "人民币壹拾贰亿零叁万零肆元伍角"),
    ("0.16", "人民币壹角陆分"),
]
DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = {"拾": 10, "佰": 100, "仟": 1000}
GROUPS = {"万": 10**4, "亿": 10**8}


@pytest.mark.parametrize(("amount", "capitals"), VECTORS)
def test_vectors(amount: str, capitals: str) -> None:
    assert words.renminbi_capitals(money.parse_minor(amount)) == capitals


def fen_of(capitals: str) -> int:
    """Read capitals back, knowing nothing of how they were written."""
    body = capitals.removeprefix("人民币").removesuffix("整")
    yuan, has_yuan, rest = body.rpartition("元")
    if not has_yuan:
        yuan, rest = "", body
    total = group = digit = 0
    for letter in yuan:
        if letter in PLACES:
            group, digit = group + digit * PLACES[letter], 0
        elif letter in GROUPS:
            total, group, digit = total + (group + digit) * GROUPS[letter], 0, 0
        else:
            digit = DIGITS.index(letter)
    fen = (total + group + digit) * 100
    for letter, following in itertools.pairwise(rest):
        if following in "角分":
            fen += DIGITS.index(letter) * (10 if following == "角" else 1)
    return fen


@given(amount_fen=st.integers(0, words.LARGEST_RENMINBI_MINOR))
def test_every_amount_can_be_read_back(amount_fen: int) -> None:
    capitals = words.renminbi_capitals(amount_fen)
    assert fen_of(capitals) == amount_fen
    assert "零零" not in capitals
    assert capitals.endswith(("整", "角", "分"))


@given(amount_fen=st.integers(1, words.LARGEST_RENMINBI_MINOR))
def test_a_negative_amount_says_so(amount_fen: int) -> None:
    positive = words.renminbi_capitals(amount_fen)
    assert words.renminbi_capitals(-amount_fen) == positive.replace("人民币", "人民币负", 1)


@pytest.mark.parametrize("amount_fen", [10**14, -(10**14)])
def test_more_than_can_be_written_is_refused(amount_fen: int) -> None:
    with pytest.raises(words.WordsError):
        words.renminbi_capitals(amount_fen)
    assert words.renminbi_capitals(10**14 - 1).startswith("人民币玖仟玖佰玖拾玖亿")
