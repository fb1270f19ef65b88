"""Two tariffs set against each other, fact by fact."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterbook.interfaces.cli import tariff_files
from meterbook.rating import difference, document, fact, facts
from tests.unit.rating import documents

Field, Place = fact.Field, fact.Place
DAY = dt.date(2020, 1, 1)


def compared(old: dict[str, Any], new: dict[str, Any]) -> difference.DocumentDifference:
    return difference.of_documents(old=document.parse(old), new=document.parse(new))


def changed(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Field, place, old, new of every difference of the one version of both."""
    found = compared(old, new)
    assert not found.header
    (version,) = found.versions
    return [(one.field, one.place, one.old, one.new) for one in version.differences]


WATER = documents.component("WATER", documents.TIERS)
SEWAGE = documents.component("SEWAGE", documents.PER_UNIT)
WHOLE = documents.whole(WATER, SEWAGE)


def test_a_document_is_the_same_as_itself() -> None:
    assert compared(WHOLE, WHOLE).is_same


@pytest.mark.parametrize(
    "path", sorted(tariff_files.library_folder().rglob("*.yaml"))[::12], ids=lambda p: p.stem
)
def test_every_library_tariff_is_the_same_as_itself(path: Any) -> None:
    read = tariff_files.read(path).document
    assert difference.of_documents(old=read, new=read).is_same


def test_the_header() -> None:
    new = {**WHOLE, "grade": "A", "names": {"zh": "新", "en": "Name"}, "source": ["elsewhere"], "note": "Why"}
    found = compared(WHOLE, new)
    assert [(one.field, one.old, one.new) for one in found.header] == [
        (Field.NAME_ZH, "名", "新"),
        (Field.SOURCE, ("tests",), ("elsewhere",)),
        (Field.GRADE, "K", "A"),
        (Field.NOTE, None, "Why"),
    ]
    assert not found.is_same
    assert all(version.is_same for version in found.versions)


def test_prices_and_bounds_with_their_change() -> None:
    tiers = [{"until": "200", "price": "2.30"}, {"until": "260", "price": "4.07"}, {"price": "5.00"}]
    dearer = documents.component("WATER", {"kind": "GRADUATED_TIERS", "tiers": tiers})
    (version,) = compared(WHOLE, documents.whole(dearer, SEWAGE)).versions
    found = [
        (one.field, one.place.tier, one.old, one.new, one.change, one.change_hundredths)
        for one in version.differences
    ]
    assert found == [
        (Field.PRICE, 1, 2_070_000, 2_300_000, 230_000, 1111),  # 11.111 %
        (Field.BOUND, 1, 180_000, 200_000, 20_000, 1111),
        (Field.PRICE, 3, 6_070_000, 5_000_000, -1_070_000, -1763),  # 17.627 %
    ]


def test_a_tier_more_and_another_kind() -> None:
    three = {"kind": "GRADUATED_TIERS", "tiers": [{"until": "10", "price": "1"}, {"price": "2"}]}
    volume = {**three, "kind": "VOLUME_TIERS"}
    four = {**three, "tiers": [{"until": "10", "price": "1"}, {"until": "20", "price": "2"}, {"price": "3"}]}
    old = documents.whole(documents.component("A", three))
    place = Place(component="A", tier=2)
    assert changed(old, documents.whole(documents.component("A", four))) == [
        (Field.BOUND, place, None, 20_000),
        (Field.PRICE, Place(component="A", tier=3), None, 3_000_000),
    ]
    assert changed(old, documents.whole(documents.component("A", volume))) == [
        (Field.KIND, Place(component="A"), "GRADUATED_TIERS", "VOLUME_TIERS")
    ]


def test_components_come_and_go_with_their_figures_alone() -> None:
    levy = documents.component("LEVY", {"kind": "PERCENTAGE", "rate": "5", "of": ["WATER"]})
    assert changed(WHOLE, documents.whole(WATER, levy)) == [
        (Field.COMPONENT, Place(component="SEWAGE"), "SEWAGE", None),
        (Field.PRICE, Place(component="SEWAGE"), 1_570_000, None),
        (Field.COMPONENT, Place(component="LEVY"), None, "LEVY"),
        (Field.RATE, Place(component="LEVY"), None, 50_000),
    ]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"share": "90"}, (Field.SHARE, None, 900_000)),
        ({"cap": "16"}, (Field.SHARE_CAP, None, 16_000)),
        ({"negotiable": {"below": "5", "above": "20"}}, (Field.NEGOTIABLE_BELOW, None, 50_000)),
        ({"choice": "LOW"}, (Field.CHOICE, None, "LOW")),
        ({"valid_until": dt.date(2030, 1, 1)}, (Field.VALID_UNTIL, None, dt.date(2030, 1, 1))),
        ({"rounding": "JIAO_TRUNCATE"}, (Field.ROUNDING, "FEN_HALF_UP", "JIAO_TRUNCATE")),
        ({"tax_rate": "6"}, (Field.TAX_RATE, 90_000, 60_000)),
        ({"revenue": "OTHER"}, (Field.REVENUE, "R", "OTHER")),
    ],
)
def test_what_else_a_component_says(more: dict[str, Any], expected: tuple[Any, ...]) -> None:
    new = documents.whole(WATER, documents.component("SEWAGE", documents.PER_UNIT, **more))
    found = changed(WHOLE, new)
    assert (found[0][0], *found[0][2:]) == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"tier_period": "CALENDAR_YEAR"}, (Field.TIER_PERIOD, "BILLING_PERIOD", "CALENDAR_YEAR")),
        ({"default_persons": 3}, (Field.DEFAULT_PERSONS, 4, 3)),
        (
            {"household": {"rule": "ADD", "over_persons": 4, "add": ["30", "60"]}},
            (Field.HOUSEHOLD_RULE, None, "ADD"),
        ),
        ({"price_change": {"split": "DAYS"}}, (Field.CHANGE_SPLIT, None, "DAYS")),
        (
            {"tier_period": "CALENDAR_YEAR", "bounds": {"round_to": "0.1", "rounding": "TRUNCATE"}},
            (Field.TIER_PERIOD, "BILLING_PERIOD", "CALENDAR_YEAR"),
        ),
        ({"months": "STARTED"}, (Field.MONTHS, None, "STARTED")),
        ({"year_days": 360}, (Field.YEAR_DAYS, None, 360)),
        (
            {"billed_quantity": {"round_to": "1", "rounding": "TRUNCATE", "carry": True}},
            (Field.BILLED_STEP, None, 1000),
        ),
        ({"conversion": {"from_unit": "m3", "factor": "1.02"}}, (Field.METERED_UNIT, None, "m3")),
        ({"heating_season": documents.HEATING_SEASON}, (Field.HEATING_SEASON, None, "11-15 – 03-15")),
        ({"bands": documents.BANDS}, (Field.BAND_NO, None, 1)),
    ],
)
def test_the_rules_of_a_version(more: dict[str, Any], expected: tuple[Any, ...]) -> None:
    found = changed(WHOLE, {**WHOLE, **more})
    assert (found[0][0], *found[0][2:]) == expected


def said(more: dict[str, Any], *fields: fact.Field) -> list[fact.Value]:
    """The values of these fields in a version that says `more`."""
    found = facts.rules(documents.version(WATER, **more))
    return [one.value for one in found if one.field in fields]


def test_rules_say_all_that_is_not_usual() -> None:
    bounds = {"round_to": "0.1", "rounding": "TRUNCATE"}
    assert said(
        {"tier_period": "CALENDAR_YEAR", "bounds": bounds}, Field.BOUNDS_ROUND_TO, Field.BOUNDS_ROUNDING
    ) == [100, "TRUNCATE"]
    nth = {"split": "READING_NUMBER", "reading": 2}
    fields = (Field.CHANGE_SPLIT, Field.CHANGE_READING, Field.CHANGE_ROUND_TO, Field.CHANGE_COUNTER)
    assert said({"price_change": nth}, *fields) == ["READING_NUMBER", 2]
    days = {"split": "DAYS", "round_to": "1", "counter": "RESTARTS"}
    assert said({"price_change": days}, *fields) == ["DAYS", 1000, "RESTARTS"]
    assert said({"price_change": {"split": "READING_DATE"}}, *fields) == ["READING_DATE"]
    seasonal = {"seasons": documents.SEASONS, "season_change": days}
    of_seasons = (Field.SEASON_SPLIT, Field.SEASON_ROUND_TO, Field.SEASON_COUNTER)
    assert said(seasonal, *of_seasons) == ["DAYS", 1000, "RESTARTS"]
    assert said({"seasons": documents.SEASONS}, *of_seasons) == ["READING_DATE"]
    once = {"rule": "ADD", "over_persons": 4, "add": ["30"], "once": True}
    assert said({"household": once}, Field.HOUSEHOLD_ADD, Field.HOUSEHOLD_ONCE) == [(30_000,), True]


@pytest.mark.parametrize(
    ("charge", "expected"),
    [
        (
            {"kind": "FREE_QUANTITY", "quantity": "6", "per": "PERIOD", "of": ["WATER"]},
            [(Field.FREE, "", 6000)],
        ),
        (
            {"kind": "AREA", "price": "2", "per": "PERIOD", "height": [{"over": "4", "add": "100"}]},
            [(Field.HEIGHT_ADD, "4000", 1_000_000)],
        ),
        (
            {
                "kind": "AREA",
                "price": "2",
                "per": "PERIOD",
                "factors": {"LOW": "0.9"},
                "height": {"over": "3", "step": "0.3", "add": "5"},
            },
            [
                (Field.AREA_FACTOR, "LOW", 900_000),
                (Field.HEIGHT_OVER, "", 3000),
                (Field.HEIGHT_STEP, "", 300),
                (Field.HEIGHT_ADD, "", 50_000),
            ],
        ),
    ],
)
def test_what_a_kind_says_beside_its_price(charge: dict[str, Any], expected: list[tuple[Any, ...]]) -> None:
    version = documents.version(WATER, documents.component("X", charge))
    usual = {
        Field.NAME_ZH,
        Field.NAME_EN,
        Field.KIND,
        Field.PRICE,
        Field.REVENUE,
        Field.TAX_RATE,
        Field.ROUNDING,
    }
    found = [
        (one.field, one.place.item, one.value)
        for one in facts.of_version(version)
        if one.place.component == "X" and one.field not in {*usual, Field.OF}
    ]
    assert found == expected


def test_a_tier_only_one_season_has() -> None:
    two = [{"until": "10", "price": "1"}, {"price": "2"}]
    seasonal = documents.component(
        "A",
        {"kind": "GRADUATED_TIERS", "tiers": two},
        seasons={"SUMMER": {}, "WINTER": {"tiers": [{"price": "1"}]}},
    )
    version = documents.version(seasonal, seasons=documents.SEASONS)
    found = [
        (one.field, one.place.season, one.place.tier, one.value)
        for one in facts.of_version(version)
        if one.field in {Field.PRICE, Field.BOUND}
    ]
    assert found == [
        (Field.PRICE, "", 1, 1_000_000),
        (Field.BOUND, "SUMMER", 1, 10_000),
        (Field.PRICE, "SUMMER", 2, 2_000_000),
    ]


def test_a_price_of_one_season_alone() -> None:
    winter = {"kind": "PER_UNIT", "price": "2"}
    old = documents.whole(
        documents.component("A", documents.PER_UNIT, seasons={"SUMMER": {}, "WINTER": {}}),
        seasons=documents.SEASONS,
    )
    new = documents.whole(
        documents.component("A", documents.PER_UNIT, seasons={"SUMMER": {}, "WINTER": winter}),
        seasons=documents.SEASONS,
    )
    assert changed(old, new) == [
        (Field.PRICE, Place(component="A"), 1_570_000, None),
        (Field.PRICE, Place(component="A", season="SUMMER"), None, 1_570_000),
        (Field.PRICE, Place(component="A", season="WINTER"), None, 2_000_000),
    ]


def programme(**more: Any) -> dict[str, Any]:
    return {"code": "LOW", "name": documents.NAME, **more}


def test_programmes_are_compared_by_what_they_change() -> None:
    old = {**WHOLE, "programmes": [programme(prices={"SEWAGE": {"price": "1"}})]}
    new = {**WHOLE, "programmes": [programme(prices={"SEWAGE": {"price": "0.5"}})]}
    assert changed(old, new) == [
        (Field.PRICE, Place(component="SEWAGE", programme="LOW"), 1_000_000, 500_000)
    ]


def test_tiers_a_programme_does_away_with_are_a_difference() -> None:
    old = {**WHOLE, "programmes": [programme(prices={"SEWAGE": {"price": "1.57"}})]}
    new = {**WHOLE, "programmes": [programme(first_tier_only=True)]}
    found = changed(old, new)
    assert found == [(Field.PRICE, Place(component="WATER", programme="LOW", tier=1), None, 2_070_000)]


def versions(*entries: tuple[str, str | None, str]) -> dict[str, Any]:
    """A document of versions: from, until, price."""
    found = []
    for first, until, price in entries:
        component = documents.component("SEWAGE", {"kind": "PER_UNIT", "price": price})
        found.append(
            {
                "effective_from": first,
                **({} if until is None else {"effective_until": until}),
                "components": [component],
            }
        )
    return {**documents.whole(), "versions": found}


def test_versions_come_and_go() -> None:
    old = versions(("2020-01-01", "2022-01-01", "1"), ("2022-01-01", None, "2"))
    new = versions(("2020-01-01", "2023-01-01", "1"), ("2023-01-01", None, "3"))
    found = compared(old, new)
    shown = [
        (
            version.old_from and version.old_from.year,
            version.new_from and version.new_from.year,
            version.is_added,
            version.is_removed,
            [(one.field, one.old, one.new) for one in version.differences if one.field is Field.PRICE],
        )
        for version in found.versions
    ]
    assert shown == [
        (2020, 2020, False, False, []),
        (2022, None, False, True, []),
        (2020, 2023, True, False, [(Field.PRICE, 1_000_000, 3_000_000)]),
    ]


@pytest.mark.parametrize(("day", "base"), [("2021-01-01", 2020), ("2019-01-01", 2020)])
def test_a_document_of_another_time_is_compared_with_what_came_before(day: str, base: int) -> None:
    old = versions(("2018-01-01", "2018-06-01", "9"), ("2020-01-01", None, "1"))
    old["versions"] = old["versions"][1:]
    found = compared(old, versions((day, None, "2")))
    (added,) = [version for version in found.versions if version.is_added]
    assert added.old_from is not None
    assert added.old_from.year == base
    assert [one.old for one in added.differences if one.field is Field.PRICE] == [1_000_000]


@given(change=st.integers(-(10**12), 10**12), base=st.integers(-(10**12), 10**12))
def test_percent_is_the_nearest_hundredth(change: int, base: int) -> None:
    found = difference.hundredths(change=change, base=base)
    if base == 0:
        assert found is None
        return
    assert found is not None
    # twice the distance to the exact value is at most one, and a tie goes away from zero
    distance = 2 * (found * abs(base) - change * 10_000)
    assert abs(distance) <= abs(base)
    if abs(distance) == abs(base):
        assert (distance > 0) is (change > 0)


def test_facts_have_places_of_their_own() -> None:
    for path in sorted(tariff_files.library_folder().rglob("*.yaml"))[::5]:
        for version in tariff_files.read(path).document.versions:
            found = facts.of_version(version)
            assert len({one.key for one in found}) == len(found), path
