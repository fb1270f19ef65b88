"""The doors of a building that is to be generated: which there are, how they are numbered. Pure.

Doors come entrance by entrance, floor by floor from the lowest, door by door. There is no floor 0; a
basement has the numbers -1, -2, ... Nothing is written here: the caller compares with what there is.
"""

import enum
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from meterbook.domain.premises import rules

MOST_DOORS = 20_000
LOWEST_FLOOR, HIGHEST_FLOOR = -9, 200
MOST_DOORS_ON_A_FLOOR = 99
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PLACEHOLDER = re.compile(r"\{(building|entrance|floor|door|letter|count)(?::0([1-4]))?\}")


class Style(enum.StrEnum):
    """How a flat is numbered: 501, 05001, 10501, 1 2 3 ... through the entrance, 5A, or a pattern."""

    FLOOR_DOOR_2 = "FLOOR_DOOR_2"
    FLOOR_DOOR_3 = "FLOOR_DOOR_3"
    ENTRANCE_FLOOR_DOOR = "ENTRANCE_FLOOR_DOOR"
    THROUGH_ENTRANCE = "THROUGH_ENTRANCE"
    LETTERS = "LETTERS"
    PATTERN = "PATTERN"


_PATTERNS = {
    Style.FLOOR_DOOR_2: "{floor}{door:02}",
    Style.FLOOR_DOOR_3: "{floor:02}{door:03}",
    Style.ENTRANCE_FLOOR_DOOR: "{entrance}{floor:02}{door:02}",
    Style.THROUGH_ENTRANCE: "{count}",
    Style.LETTERS: "{floor}{letter}",
}


class PlanError(Exception):
    """A plan that makes no building. `code` names the reason, `field` the field it stands in.

    MISSING, OUT_OF_RANGE, NOT_UNDERSTOOD (`text` is the piece that is not), LETTERS_ONLY_26, TOO_MANY_DOORS,
    NO_DOORS.
    """

    def __init__(self, *, code: str, field: str, text: str = "") -> None:
        super().__init__(f"{field}: {code} {text}")
        self.code = code
        self.field = field
        self.text = text


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """One staircase: its floors from the lowest to the highest and the doors on each.

    On a slope every entrance has its own; `name` may be "" for a building without entrances.
    """

    name: str
    first_floor: int
    last_floor: int
    doors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildingPlan:
    """Buildings of one shape. `skipped_floors` are numbers nobody has (4, 13, 14).

    `shops` doors on floor 1 take the place of its flats and are numbered through the building by
    `shop_pattern`; `penthouse_doors` come above the last floor, which is then called `penthouse_floor`.
    """

    place: rules.AddressParts  # district, street and community
    buildings: tuple[str, ...]
    entrances: tuple[Entrance, ...]
    skipped_floors: frozenset[int] = frozenset()
    style: Style = Style.FLOOR_DOOR_2
    pattern: str = ""
    basement_mark: str = "B"
    shops: int = 0
    shop_pattern: str = ""
    penthouse_doors: int = 0
    penthouse_floor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One door of the plan. `level` orders the floors; `repeats`: an earlier door has this address."""

    parts: rules.AddressParts
    address: str
    level: int
    is_shop: bool = False
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class _Floor:
    level: int
    label: str


def doors(plan: BuildingPlan) -> list[Door]:
    """Every door of the plan, in order. Raises PlanError or rules.PartError."""
    _check(plan)
    made: list[Door] = []
    seen: set[str] = set()
    for building in plan.buildings:
        for door in _building(plan, building=building):
            parts = rules.cleaned(door.parts)
            address = rules.compose_address(parts)
            made.append(
                Door(
                    parts=parts,
                    address=address,
                    level=door.level,
                    is_shop=door.is_shop,
                    repeats=address in seen,
                )
            )
            seen.add(address)
            if len(made) > MOST_DOORS:
                raise PlanError(code="TOO_MANY_DOORS", field="buildings", text=str(MOST_DOORS))
    if not made:
        raise PlanError(code="NO_DOORS", field="floors")
    return made


def floors(plan: BuildingPlan, *, entrance: Entrance) -> list[int]:
    """The floor numbers of an entrance, from the lowest, without 0 and those nobody has."""
    every = range(entrance.first_floor, entrance.last_floor + 1)
    return [number for number in every if number != 0 and number not in plan.skipped_floors]


def parse_numbers(given: str, *, field: str) -> tuple[int, ...]:
    """Whole numbers as people list them: "1-3, 5、7" is 1, 2, 3, 5, 7. Raises PlanError NOT_UNDERSTOOD."""
    found: list[int] = []
    for piece in re.split(r"[,;、，；\s]+", given.strip()):
        match = re.fullmatch(r"(-?\d{1,3})(?:\s*[-~～至到]\s*(-?\d{1,3}))?", piece)
        if piece and match is None:
            raise PlanError(code="NOT_UNDERSTOOD", field=field, text=piece)
        if match is not None:
            first, last = int(match[1]), int(match[2] or match[1])
            if last < first:
                raise PlanError(code="NOT_UNDERSTOOD", field=field, text=piece)
            found.extend(range(first, last + 1))
    return tuple(dict.fromkeys(found))


def parse_names(given: str, *, field: str) -> tuple[str, ...]:
    """Names as people list them, ranges of numbers written out: "1-3, A" is 1, 2, 3, A."""
    found: list[str] = []
    for piece in re.split(r"[,;、，；\s]+", given.strip()):
        match = re.fullmatch(r"(\d{1,3})[-~～至到](\d{1,3})", piece)
        if match is None:
            found.append(piece)
        elif int(match[2]) < int(match[1]):
            raise PlanError(code="NOT_UNDERSTOOD", field=field, text=piece)
        else:
            found.extend(str(number) for number in range(int(match[1]), int(match[2]) + 1))
    return tuple(dict.fromkeys(name for name in found if name))


def parse_entrances(given: str, *, usual: Entrance) -> tuple[Entrance, ...]:
    """Entrances, one a line: "1" is the usual one, "2: 3-18 x 4" has floors 3 to 18 with 4 doors each.

    Names may be listed ("1-3" or "1, 2: 1-6 x 2"). Raises PlanError NOT_UNDERSTOOD with the line.
    """
    found: list[Entrance] = []
    for line in given.splitlines():
        if not line.strip():
            continue
        names, _, shape = line.replace("：", ":").partition(":")
        match = re.fullmatch(r"\s*(-?\d{1,3})\s*[-~～至到]\s*(-?\d{1,3})(?:\s*[xX×*]\s*(\d{1,2}))?\s*", shape)
        if shape.strip() and match is None:
            raise PlanError(code="NOT_UNDERSTOOD", field="entrances", text=line.strip())
        first, last = (
            (usual.first_floor, usual.last_floor) if match is None else (int(match[1]), int(match[2]))
        )
        count = usual.doors if match is None or match[3] is None else int(match[3])
        found.extend(
            Entrance(name=name, first_floor=first, last_floor=last, doors=count)
            for name in parse_names(names, field="entrances")
        )
    return tuple(found) or (usual,)


def _building(plan: BuildingPlan, *, building: str) -> Iterator[Door]:
    yield from _shops(plan, building=building)
    for entrance in plan.entrances:
        count = 0
        for floor, how_many in _storeys(plan, entrance=entrance):
            for number in range(1, how_many + 1):
                count += 1
                values = _Values(
                    building=building, entrance=entrance.name, floor=floor.label, door=number, count=count
                )
                yield _door(plan, values=values, floor=floor, pattern=_pattern(plan))


def _storeys(plan: BuildingPlan, *, entrance: Entrance) -> Iterator[tuple[_Floor, int]]:
    """The floors of flats with the doors on each."""
    last = 0
    for number in floors(plan, entrance=entrance):
        last = number
        if number == 1 and plan.shops:
            continue
        label = str(number) if number > 0 else f"{plan.basement_mark}{-number}"
        yield _Floor(level=number, label=label), entrance.doors
    if plan.penthouse_doors:
        yield (
            _Floor(level=last + 1, label=plan.penthouse_floor or str(last + 1)),
            plan.penthouse_doors,
        )


def _shops(plan: BuildingPlan, *, building: str) -> Iterator[Door]:
    floor = _Floor(level=1, label="1")
    for number in range(1, plan.shops + 1):
        values = _Values(building=building, entrance="", floor=floor.label, door=number, count=number)
        yield _door(plan, values=values, floor=floor, pattern=plan.shop_pattern, is_shop=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Values:
    building: str
    entrance: str
    floor: str
    door: int
    count: int


def _door(plan: BuildingPlan, *, values: _Values, floor: _Floor, pattern: str, is_shop: bool = False) -> Door:
    parts = rules.AddressParts(
        district=plan.place.district,
        street=plan.place.street,
        community=plan.place.community,
        building=values.building,
        entrance=values.entrance,
        floor=floor.label,
        flat_no=_numbered(pattern, values=values),
    )
    return Door(parts=parts, address="", level=floor.level, is_shop=is_shop)


def _pattern(plan: BuildingPlan) -> str:
    return plan.pattern if plan.style is Style.PATTERN else _PATTERNS[plan.style]


def _numbered(pattern: str, *, values: _Values) -> str:
    """The pattern with its placeholders filled; `:0n` pads numbers (and the digits of B1) with zeros."""

    def filled(match: re.Match[str]) -> str:
        if match[1] == "letter":
            return _ALPHABET[values.door - 1]
        value = str(getattr(values, match[1]))
        return value.zfill(int(match[2])) if match[2] and value.isdecimal() else value

    return _PLACEHOLDER.sub(filled, pattern)


def _check(plan: BuildingPlan) -> None:
    if not plan.place.community.strip():
        raise PlanError(code="MISSING", field="community")
    if not plan.buildings:
        raise PlanError(code="MISSING", field="buildings")
    if not plan.entrances:
        raise PlanError(code="MISSING", field="entrances")
    for entrance in plan.entrances:
        if not LOWEST_FLOOR <= entrance.first_floor <= entrance.last_floor <= HIGHEST_FLOOR:
            raise PlanError(code="OUT_OF_RANGE", field="floors", text=f"{LOWEST_FLOOR}–{HIGHEST_FLOOR}")
        if not 1 <= entrance.doors <= MOST_DOORS_ON_A_FLOOR:
            raise PlanError(code="OUT_OF_RANGE", field="doors", text=f"1–{MOST_DOORS_ON_A_FLOOR}")
    for field, count in (("shops", plan.shops), ("penthouse_doors", plan.penthouse_doors)):
        if not 0 <= count <= MOST_DOORS_ON_A_FLOOR:
            raise PlanError(code="OUT_OF_RANGE", field=field, text=f"0–{MOST_DOORS_ON_A_FLOOR}")
    _check_patterns(plan)


def _check_patterns(plan: BuildingPlan) -> None:
    wanted: Sequence[tuple[str, str, int]] = (
        ("pattern", _pattern(plan), max(plan.penthouse_doors, *(e.doors for e in plan.entrances))),
        ("shop_pattern", plan.shop_pattern if plan.shops else "{door}", plan.shops),
    )
    for field, pattern, most in wanted:
        rest = _PLACEHOLDER.sub("", pattern)
        if "{" in rest or "}" in rest:
            raise PlanError(code="NOT_UNDERSTOOD", field=field, text=pattern)
        if not pattern.strip():
            raise PlanError(code="MISSING", field=field)
        if "{letter" in pattern and most > len(_ALPHABET):
            raise PlanError(code="LETTERS_ONLY_26", field=field)
