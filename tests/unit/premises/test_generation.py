"""The doors of a generated building: which, how many, how numbered."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterbook.domain.premises import rules, rules_generation
from meterbook.domain.premises.rules_generation import Entrance, Style

PLACE = rules.AddressParts(district="城东区", street="柳荫街", community="柳荫小区")
USUAL = Entrance(name="1", first_floor=1, last_floor=6, doors=2)
PLAN = rules_generation.BuildingPlan(place=PLACE, buildings=("3",), entrances=(USUAL,))
# Everything but a pattern of the user's own, which may number two doors alike.
STYLES = st.sampled_from([style for style in Style if style is not Style.PATTERN])


def flats(plan: rules_generation.BuildingPlan) -> list[str]:
    return [door.parts.flat_no for door in rules_generation.doors(plan)]


def test_thirty_three_storeys_without_4_13_14() -> None:
    plan = dataclasses.replace(
        PLAN,
        buildings=("8",),
        entrances=tuple(Entrance(name=str(n), first_floor=1, last_floor=33, doors=4) for n in (1, 2)),
        skipped_floors=frozenset({4, 13, 14}),
    )
    doors = rules_generation.doors(plan)
    assert len(doors) == (33 - 3) * 2 * 4 == 240
    assert (doors[0].address, doors[-1].address) == ("柳荫小区8幢1单元101室", "柳荫小区8幢2单元3304室")
    assert not {door.parts.floor for door in doors} & {"4", "13", "14"}


@pytest.mark.parametrize(
    ("style", "first", "last"),
    [
        (Style.FLOOR_DOOR_2, "101", "602"),
        (Style.FLOOR_DOOR_3, "01001", "06002"),
        (Style.ENTRANCE_FLOOR_DOOR, "10101", "10602"),
        (Style.THROUGH_ENTRANCE, "1", "12"),
        (Style.LETTERS, "1A", "6B"),
    ],
)
def test_the_numbering_styles(style: Style, first: str, last: str) -> None:
    numbers = flats(dataclasses.replace(PLAN, style=style))
    assert (numbers[0], numbers[-1], len(numbers)) == (first, last, 12)


def test_a_pattern_of_ones_own() -> None:
    plan = dataclasses.replace(PLAN, style=Style.PATTERN, pattern="{building}-{floor:03}{letter}")
    assert flats(plan)[:3] == ["3-001A", "3-001B", "3-002A"]


def test_basement_shops_and_penthouse() -> None:
    plan = dataclasses.replace(
        PLAN,
        entrances=(dataclasses.replace(USUAL, first_floor=-1, last_floor=3),),
        shops=3,
        shop_pattern="底商{door}号",
        penthouse_doors=1,
        penthouse_floor="顶层",
        style=Style.FLOOR_DOOR_2,
    )
    doors = rules_generation.doors(plan)
    shops = [door for door in doors if door.is_shop]
    assert [door.address for door in shops] == [f"柳荫小区3幢底商{n}号" for n in (1, 2, 3)]
    rest = [door.parts.flat_no for door in doors if not door.is_shop]
    assert rest == ["B101", "B102", "201", "202", "301", "302", "顶层01"], "shops take floor 1 of the flats"
    assert [door.level for door in doors if not door.is_shop] == [-1, -1, 2, 2, 3, 3, 4]


def test_a_building_on_a_slope_has_other_floors_at_every_entrance() -> None:
    entrances = rules_generation.parse_entrances("1\n2: 3-6 x 3\n3、4：-1-2", usual=USUAL)
    assert [(e.name, e.first_floor, e.last_floor, e.doors) for e in entrances] == [
        ("1", 1, 6, 2),
        ("2", 3, 6, 3),
        ("3", -1, 2, 2),
        ("4", -1, 2, 2),
    ]
    doors = rules_generation.doors(dataclasses.replace(PLAN, entrances=entrances))
    assert len(doors) == 12 + 12 + 6 + 6


def test_an_address_that_comes_twice_is_marked() -> None:
    plan = dataclasses.replace(PLAN, style=Style.PATTERN, pattern="{floor}")
    doors = rules_generation.doors(plan)
    assert [door.repeats for door in doors] == [False, True] * 6


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"buildings": ()}, "MISSING", "buildings"),
        ({"entrances": ()}, "MISSING", "entrances"),
        ({"place": rules.AddressParts()}, "MISSING", "community"),
        ({"entrances": (dataclasses.replace(USUAL, doors=0),)}, "OUT_OF_RANGE", "doors"),
        ({"entrances": (dataclasses.replace(USUAL, first_floor=7),)}, "OUT_OF_RANGE", "floors"),
        ({"entrances": (dataclasses.replace(USUAL, last_floor=201),)}, "OUT_OF_RANGE", "floors"),
        ({"skipped_floors": frozenset(range(1, 7))}, "NO_DOORS", "floors"),
        ({"style": Style.PATTERN, "pattern": " "}, "MISSING", "pattern"),
        ({"style": Style.PATTERN, "pattern": "{flor}"}, "NOT_UNDERSTOOD", "pattern"),
        ({"style": Style.PATTERN, "pattern": "{door.real}"}, "NOT_UNDERSTOOD", "pattern"),
        ({"shops": 2}, "MISSING", "shop_pattern"),
        ({"shops": 100, "shop_pattern": "{door}"}, "OUT_OF_RANGE", "shops"),
        (
            {"style": Style.LETTERS, "entrances": (dataclasses.replace(USUAL, doors=27),)},
            "LETTERS_ONLY_26",
            "pattern",
        ),
        (
            {"buildings": tuple(map(str, range(50))), "entrances": (dataclasses.replace(USUAL, doors=99),)},
            "TOO_MANY_DOORS",
            "buildings",
        ),
    ],
)
def test_a_plan_that_makes_no_building_is_refused(change: dict[str, object], code: str, field: str) -> None:
    with pytest.raises(rules_generation.PlanError) as refused:
        rules_generation.doors(dataclasses.replace(PLAN, **change))  # type: ignore[arg-type]  # drawn above
    assert (refused.value.code, refused.value.field) == (code, field)


@pytest.mark.parametrize(
    ("given_text", "numbers"),
    [("4,13、14", (4, 13, 14)), ("1-3", (1, 2, 3)), ("-2--1，1", (-2, -1, 1)), ("", ()), ("4 4", (4,))],
)
def test_numbers_as_people_list_them(given_text: str, numbers: tuple[int, ...]) -> None:
    assert rules_generation.parse_numbers(given_text, field="skipped_floors") == numbers


@pytest.mark.parametrize("given_text", ["four", "1-", "3-1", "1--", "12345"])
def test_what_is_no_list_of_numbers_is_named(given_text: str) -> None:
    with pytest.raises(rules_generation.PlanError) as refused:
        rules_generation.parse_numbers(given_text, field="skipped_floors")
    assert (refused.value.code, refused.value.field) == ("NOT_UNDERSTOOD", "skipped_floors")


def test_names_as_people_list_them() -> None:
    assert rules_generation.parse_names("1-3, A座；3", field="buildings") == ("1", "2", "3", "A座")
    with pytest.raises(rules_generation.PlanError):
        rules_generation.parse_names("9-1", field="buildings")
    with pytest.raises(rules_generation.PlanError):
        rules_generation.parse_entrances("1: many", usual=USUAL)


@given(
    style=STYLES,
    buildings=st.integers(1, 3),
    entrances=st.integers(1, 3),
    first=st.integers(-3, 2),
    storeys=st.integers(0, 40),
    doors=st.integers(1, 26),
    skipped=st.frozensets(st.integers(-3, 42), max_size=8),
    penthouse=st.integers(0, 2),
)
def test_every_door_is_numbered_once_and_none_is_missing(  # noqa: PLR0917 # one shape of a building
    style: Style,
    buildings: int,
    entrances: int,
    first: int,
    storeys: int,
    doors: int,
    skipped: frozenset[int],
    penthouse: int,
) -> None:
    """All addresses differ; their number is the product, less the floors that are left out."""
    last = first + storeys
    real = {number for number in range(first, last + 1) if number} - skipped
    plan = dataclasses.replace(
        PLAN,
        buildings=tuple(str(n) for n in range(1, buildings + 1)),
        entrances=tuple(
            Entrance(name=str(n), first_floor=first, last_floor=last, doors=doors)
            for n in range(1, entrances + 1)
        ),
        style=style,
        skipped_floors=skipped,
        penthouse_doors=penthouse,
        penthouse_floor="P",
    )
    expected = buildings * entrances * (len(real) * doors + penthouse)
    if expected == 0:
        with pytest.raises(rules_generation.PlanError):
            rules_generation.doors(plan)
        return
    made = rules_generation.doors(plan)
    assert len(made) == expected
    assert len({door.address for door in made}) == expected
    assert not any(door.repeats for door in made)
    assert {door.parts.floor for door in made} == {str(n) if n > 0 else f"B{-n}" for n in real} | (
        {"P"} if penthouse else set()
    )
