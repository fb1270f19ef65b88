"""Seasons and programmes: what each of them replaces."""

import datetime as dt
from typing import Any

import pytest

from meterbook.rating import tariff
from meterbook.rating.charges import graduated_tiers, kinds, per_unit, time_of_use, volume_tiers
from tests.unit.rating import documents

YUAN = 1_000_000
SEASONAL = documents.component(
    "X", {"kind": "PER_UNIT"}, seasons={"SUMMER": {"price": "1"}, "WINTER": {"price": "2"}}
)


def programme(code: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "name": documents.NAME, **more}


def prices(read: tariff.TariffVersion, place: int = 0) -> dict[int, int]:
    """Price in whole units by number of the set, for a flat component."""
    found = {}
    for price_set in read.price_sets:
        charge = price_set.components[place].charge
        assert isinstance(charge, per_unit.PerUnit)
        found[price_set.set_no] = charge.price_micro // YUAN
    return found


def test_without_seasons_and_programmes_there_is_one_set() -> None:
    read = documents.version(documents.component("X", documents.PER_UNIT))
    assert read.price_sets == (tariff.PriceSet(season_no=0, programme_no=0, components=read.components),)


def test_each_season_has_its_prices_and_the_first_are_those_of_the_version() -> None:
    read = documents.version(SEASONAL, seasons=documents.SEASONS)
    assert prices(read) == {1: 1, 2: 2}
    assert read.components == read.price_sets[0].components


def test_a_season_replaces_only_what_it_names() -> None:
    seasons = {"SUMMER": {}, "WINTER": {"price": "3", "rounding": "JIAO_TRUNCATE", "cap": "10"}}
    item = documents.component("X", documents.PER_UNIT, share="90", seasons=seasons)
    summer, winter = (
        price_set.components[0] for price_set in documents.version(item, seasons=documents.SEASONS).price_sets
    )
    assert summer.share == kinds.Share(share_ppm=900_000)
    assert winter.share == kinds.Share(share_ppm=900_000, cap_milli=10_000)
    assert (summer.rounding.name, winter.rounding.name) == ("FEN_HALF_UP", "JIAO_TRUNCATE")


def test_a_programme_stands_above_the_season_and_its_season_above_both() -> None:
    own = {"X": {"price": "5", "seasons": {"SUMMER": {"price": "6"}, "WINTER": {}}}}
    programmes = [programme("A", prices={"X": {"price": "4"}}), programme("B", prices=own)]
    read = documents.version(SEASONAL, seasons=documents.SEASONS, programmes=programmes)
    assert prices(read) == {1: 1, 2: 2, 101: 4, 102: 4, 201: 6, 202: 5}
    assert [(item.season_no, item.programme_no) for item in read.price_sets] == [
        (1, 0),
        (2, 0),
        (1, 1),
        (2, 1),
        (1, 2),
        (2, 2),
    ]


def test_a_programme_leaves_other_components_alone() -> None:
    items = [documents.component("X", {"kind": "PER_UNIT", "price": "1"}), SEASONAL | {"code": "Y"}]
    read = documents.version(
        *items, seasons=documents.SEASONS, programmes=[programme("A", prices={"X": {"price": "4"}})]
    )
    assert prices(read, 0) == {1: 1, 2: 1, 101: 4, 102: 4}
    assert prices(read, 1) == {1: 1, 2: 2, 101: 1, 102: 2}


def test_programmes_have_dates() -> None:
    stated = [
        programme("A", first_tier_only=True, until="2021-01-01"),
        programme("B", first_tier_only=False, **{"from": "2021-01-01"}),
    ]
    name = tariff.Names(**documents.NAME)
    read = documents.version(documents.component("X", documents.TIERS), programmes=stated)
    assert read.programmes == (
        tariff.Programme(programme_no=1, code="A", name=name, valid_until=dt.date(2021, 1, 1)),
        tariff.Programme(programme_no=2, code="B", name=name, valid_from=dt.date(2021, 1, 1)),
    )
    assert [len(item.components[0].charge.price_rows(read.household)) for item in read.price_sets] == [
        3,
        1,
        3,
    ]


def test_another_kind_drops_the_fields_it_does_not_have() -> None:
    item = documents.component("X", documents.TIERS, share="90")
    to_unit = {"X": {"kind": "PER_UNIT", "price": "3.60"}}
    to_volume = {"X": {"kind": "VOLUME_TIERS"}}
    read = documents.version(
        item, programmes=[programme("A", prices=to_unit), programme("B", prices=to_volume)]
    )
    base, flat, volume = (price_set.components[0] for price_set in read.price_sets)
    assert flat.charge == per_unit.PerUnit(price_micro=3_600_000)
    assert isinstance(base.charge, graduated_tiers.GraduatedTiers)
    assert volume.charge == volume_tiers.VolumeTiers(tiers=base.charge.tiers)
    assert flat.share == volume.share == kinds.Share(share_ppm=900_000)


def test_the_same_kind_said_again_keeps_everything() -> None:
    item = documents.component("X", documents.PER_UNIT, share="90")
    again = {"X": {"kind": "PER_UNIT", "price": "3"}}
    read = documents.version(item, programmes=[programme("A", prices=again)])
    assert read.price_sets[1].components[0].share == kinds.Share(share_ppm=900_000)


BANDED = {
    "kind": "TIME_OF_USE_TIERS",
    "tiers": [
        {"until": "10", "prices": {"PEAK": "2", "VALLEY": "1"}},
        {"prices": {"PEAK": "4", "VALLEY": "3"}},
    ],
}
VOLUME = {"kind": "VOLUME_TIERS", "tiers": documents.TIERS["tiers"]}


def test_all_in_the_first_tier() -> None:
    items = [
        documents.component("G", documents.TIERS),
        documents.component("V", VOLUME),
        documents.component("T", BANDED),
        documents.component(
            "F", {"kind": "TIER_FEE", "tiers": [{"until": "1", "price": "1"}, {"price": "2"}]}
        ),
    ]
    programmes = [programme("ALL", first_tier_only=True), programme("ONE", first_tier_only=["V"])]
    read = documents.version(*items, bands=documents.BANDS, programmes=programmes)
    base, everything, one = (price_set.components for price_set in read.price_sets)
    tier = graduated_tiers.Tier(until_milli=None, price_micro=2_070_000)
    assert everything[0].charge == graduated_tiers.GraduatedTiers(tiers=(tier,))
    assert everything[1].charge == volume_tiers.VolumeTiers(tiers=(tier,))
    band_tier = time_of_use.BandTier(until_milli=None, prices=((1, 2 * YUAN), (2, YUAN)))
    assert everything[2].charge == time_of_use.TimeOfUseTiers(tiers=(band_tier,), is_per_band=False)
    assert everything[3].charge == base[3].charge
    assert [item.charge for item in one] == [
        base[0].charge,
        everything[1].charge,
        base[2].charge,
        base[3].charge,
    ]


def test_all_sets_have_the_same_numbers() -> None:
    item = documents.component("G", documents.TIERS, tax_rate="10", tax="ADDED")
    levy = documents.component("P", {"kind": "PERCENTAGE", "rate": "5"})
    read = documents.version(item, levy, programmes=[programme("A", first_tier_only=True)])
    numbers = [
        [(found.component_no, found.code, found.of) for found in price_set.components]
        for price_set in read.price_sets
    ]
    assert numbers[0] == [(1, "G", ()), (2, "P", (1,)), (3, "TAX_10", (1,))]
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize(
    ("items", "more", "path", "reason"),
    [
        (
            [SEASONAL],
            {},
            "$.versions[0].components[0].seasons.SUMMER",
            "SUMMER is not a season of the version",
        ),
        (
            [SEASONAL | {"seasons": {"SUMMER": {}, "AUTUMN": {}}}],
            {"seasons": documents.SEASONS},
            "$.versions[0].components[0].seasons.AUTUMN",
            "AUTUMN is not a season of the version",
        ),
        (
            [SEASONAL | {"seasons": {"SUMMER": {"price": "1"}, "WINTER": {}}}],
            {"seasons": documents.SEASONS},
            "$.versions[0].components[0]",
            "price is missing",
        ),
        (
            [SEASONAL | {"seasons": {"SUMMER": {"price": "1"}, "WINTER": {"price": "1", "rate": "1"}}}],
            {"seasons": documents.SEASONS},
            "$.versions[0].components[0].seasons.WINTER.rate",
            "does not belong to kind PER_UNIT",
        ),
        (
            [SEASONAL | {"seasons": {"SUMMER": {"price": "1"}, "WINTER": {"price": "1", "tiers": [{}]}}}],
            {"seasons": documents.SEASONS},
            "$.versions[0].components[0].seasons.WINTER.tiers",
            "does not belong to kind PER_UNIT",
        ),
        (
            [SEASONAL | {"seasons": {"SUMMER": {"price": "1"}, "WINTER": {"code": "Z"}}}],
            {"seasons": documents.SEASONS},
            "$.versions[0].components[0].seasons.WINTER.code",
            "is not a name of this format",
        ),
        (
            [documents.component("X", documents.TIERS)],
            {"programmes": [programme("A", prices={"X": {"tiers": [{"until": "5", "prise": "1"}]}})]},
            "$.programmes[0].prices.X.tiers[0]",
            "price or fee is missing",
        ),
        (
            [documents.component("X", documents.PER_UNIT)],
            {"programmes": [programme("A", prices={"Y": {"price": "1"}})]},
            "$.programmes[0].prices.Y",
            "Y is not a component of the version",
        ),
        (
            [documents.component("X", documents.PER_UNIT)],
            {"programmes": [programme("A", prices={"X": {}})]},
            "$.programmes[0].prices.X",
            "needs at least 1",
        ),
        (
            [documents.component("X", documents.PER_UNIT)],
            {"programmes": [programme("A", prices={"X": {"kind": "PERCENTAGE", "rate": "1"}})]},
            "$.programmes[0].prices.X.kind",
            "PER_UNIT can't become PERCENTAGE: both must have prices of their own",
        ),
        (
            [
                documents.component("X", documents.PER_UNIT),
                documents.component("F", {"kind": "FREE_QUANTITY", "quantity": "6", "per": "MONTH"}),
            ],
            {"programmes": [programme("A", prices={"F": {"of": ["X"]}})]},
            "$.programmes[0].prices.F",
            "F is a free quantity, which is the same under every programme",
        ),
        (
            [SEASONAL],
            {
                "seasons": documents.SEASONS,
                "programmes": [programme("A", prices={"X": {"seasons": {"SUMMER": {}, "SPRING": {}}}})],
            },
            "$.programmes[0].prices.X.seasons.SPRING",
            "SPRING is not a season of the version",
        ),
        (
            [documents.component("X", documents.PER_UNIT)],
            {"programmes": [programme("A", first_tier_only=["X"])]},
            "$.programmes[0].first_tier_only[0]",
            "X has no tiers to stay in the first of",
        ),
        (
            [documents.component("X", documents.TIERS)],
            {"programmes": [programme("A", first_tier_only=["Y"])]},
            "$.programmes[0].first_tier_only[0]",
            "Y is not a component of the version",
        ),
        (
            [documents.component("X", documents.TIERS)],
            {"programmes": [programme("A", first_tier_only="X")]},
            "$.programmes[0].first_tier_only",
            "must be true or false or a list",
        ),
        (
            [documents.component("X", documents.TIERS)],
            {"programmes": [programme("A", first_tier_only=True), programme("A", first_tier_only=True)]},
            "$.programmes[1].code",
            "A stands twice",
        ),
        (
            [documents.component("X", documents.TIERS)],
            {
                "programmes": [
                    programme("A", first_tier_only=True, until="2020-01-01", **{"from": "2020-01-01"})
                ]
            },
            "$.programmes[0].until",
            "must be later than from",
        ),
    ],
)
def test_what_can_not_be_replaced(
    items: list[dict[str, Any]], more: dict[str, Any], path: str, reason: str
) -> None:
    assert (path, reason) in documents.faults_of(documents.whole(*items, **more))


def test_a_season_without_prices_is_named() -> None:
    three = [
        {"code": "A", "name": documents.NAME, "from": "01-01", "until": "05-01"},
        {"code": "SUMMER", "name": documents.NAME, "from": "05-01", "until": "09-01"},
        {"code": "WINTER", "name": documents.NAME, "from": "09-01", "until": "01-01"},
    ]
    assert documents.faults_of(documents.whole(SEASONAL, seasons=three)) == [
        ("$.versions[0].components[0].seasons", "nothing for A")
    ]


def test_a_fault_that_all_sets_share_is_named_once() -> None:
    item = documents.component("Y", {"kind": "PER_UNIT", "price": "2000000"})
    programmes = [programme("A", prices={"X": {"price": "1"}})]
    found = documents.faults_of(
        documents.whole(SEASONAL, item, seasons=documents.SEASONS, programmes=programmes)
    )
    assert found == [("$.versions[0].components[1].price", "2000000 is too large: at most a million")]


def test_bounds_of_a_season_must_fit_the_household_too() -> None:
    winter = {"tiers": [{"until": "10", "price": "1"}, {"price": "2"}]}
    item = documents.component("X", documents.TIERS, seasons={"SUMMER": {}, "WINTER": winter})
    rule = {"rule": "ADD", "over_persons": 4, "add": ["1", "2"]}
    assert documents.faults_of(documents.whole(item, seasons=documents.SEASONS, household=rule)) == [
        ("$.versions[0].components[0].seasons.WINTER.tiers", "has 1 bounds, the household rule has 2")
    ]
