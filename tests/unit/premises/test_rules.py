"""Addresses: their parts, the branch they stand on, and the order people read them in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterbook.domain.premises import rules

NAMES = st.text(alphabet="柳荫东1二AB-号楼", min_size=0, max_size=10)
PARTS = st.builds(rules.AddressParts, **dict.fromkeys(rules.LENGTHS, NAMES))


@pytest.mark.parametrize(
    ("parts", "address"),
    [
        ({"building": "3", "entrance": "2", "floor": "5", "flat_no": "501"}, "柳荫小区3幢2单元501室"),
        ({"building": "3号楼", "floor": "5"}, "柳荫小区3号楼5层"),
        ({"building": "A-1", "flat_no": "底商2号"}, "柳荫小区A-1幢底商2号"),
        ({}, "柳荫小区"),
    ],
)
def test_how_an_address_is_written(parts: dict[str, str], address: str) -> None:
    assert rules.compose_address(rules.AddressParts(community="柳荫小区", **parts)) == address


def test_parts_are_kept_in_one_form() -> None:
    made = rules.cleaned(rules.AddressParts(community="　柳荫 小区 ", building="１２", flat_no="５０１"))
    assert (made.community, made.building, made.flat_no) == ("柳荫 小区", "12", "501")


@pytest.mark.parametrize(
    ("part", "value", "code"),
    [
        ("community", " ", "MISSING"),
        ("building", "9" * 21, "TOO_LONG"),
        ("flat_no", "5\x0001", "SIGN"),
    ],
)
def test_a_part_that_can_not_stand_is_named(part: str, value: str, code: str) -> None:
    with pytest.raises(rules.PartError) as refused:
        rules.cleaned(rules.AddressParts(**{"community": "柳荫小区", part: value}))
    assert (refused.value.code, refused.value.part) == (code, part)


@given(PARTS)
def test_a_branch_says_every_level_and_gives_the_parts_back(parts: rules.AddressParts) -> None:
    nodes = list(rules.branch(parts))
    assert rules.with_branch(parts, nodes=nodes) == parts
    assert [kind for kind, _ in nodes] == sorted({kind for kind, _ in nodes})
    assert all(name for _, name in nodes)


@given(PARTS, st.sampled_from(["building", "entrance", "community"]))
def test_a_node_renamed_there_and_back_gives_the_same_address(parts: rules.AddressParts, level: str) -> None:
    kind = rules.LEVELS.index(level) + 1
    if not getattr(parts, level):
        return
    nodes = list(rules.branch(parts))
    renamed = rules.with_branch(parts, nodes=[(k, "新名" if k == kind else name) for k, name in nodes])
    assert "新名" in rules.compose_address(renamed)
    back = rules.with_branch(renamed, nodes=nodes)
    assert rules.compose_address(back) == rules.compose_address(parts)


def test_people_count_2_before_10() -> None:
    names = ["10", "2", "1", "12A", "3号楼", "12", "东区", "B2", "B10"]
    assert sorted(names, key=rules.natural_key) == [
        "1",
        "2",
        "3号楼",
        "10",
        "12",
        "12A",
        "B2",
        "B10",
        "东区",
    ]


@given(st.lists(NAMES))
def test_any_names_can_be_put_in_order(names: list[str]) -> None:
    keys = sorted(rules.natural_key(name) for name in names)
    assert [rules.natural_key(name) for name in sorted(names, key=rules.natural_key)] == keys
