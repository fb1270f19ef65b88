"""Names that sound alike or are one sign off are found; others are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterbook.domain.customers import rules

NAMES = st.text(alphabet="张章李秀兰蓝南欧阳建国王", min_size=2, max_size=5)


@pytest.mark.parametrize(
    ("name", "heard"),
    [
        ("张秀兰", "章秀蓝"),
        ("李秀兰", "李秀南"),
        ("郑小山", "曾小三"),
        ("程英", "陈音"),
        ("胡华", "福华"),
    ],
)
def test_what_sounds_alike_has_one_key(name: str, heard: str) -> None:
    keys = {rules.sound_key(rules.search_keys(text).pinyin) for text in (name, heard)}
    assert len(keys) == 1


@pytest.mark.parametrize(("name", "other"), [("张伟", "李伟"), ("王建国", "王建军"), ("刘洋", "刘敏")])
def test_what_sounds_different_has_another(name: str, other: str) -> None:
    assert rules.sound_key(rules.search_keys(name).pinyin) != rules.sound_key(rules.search_keys(other).pinyin)


@pytest.mark.parametrize(
    ("name", "other", "expected"),
    [
        ("欧阳建国", "欧阳建军", True),
        ("欧阳建国", "欧阳国", True),
        ("欧阳建国", "欧建阳国", True),
        ("李秀兰", "李秀兰", False),
        ("李秀兰", "王秀芳", False),
        ("李秀兰", "兰秀李", False),
        ("李秀兰", "李", False),
    ],
)
def test_one_sign_off(name: str, other: str, *, expected: bool) -> None:
    assert rules.is_one_sign_off(name, other) is expected


@given(NAMES, st.data())
def test_a_single_mistake_is_always_one_sign_off_and_both_ways(name: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(name) - 1))
    kinds = {
        "replaced": name[:place] + "错" + name[place + 1 :],
        "left out": name[:place] + name[place + 1 :],
        "put in": name[:place] + "错" + name[place:],
    }
    for made in kinds.values():
        assert rules.is_one_sign_off(name, made)
        assert rules.is_one_sign_off(made, name)
