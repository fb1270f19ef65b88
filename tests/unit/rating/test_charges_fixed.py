"""Fixed amounts, capacity and area: what they count, how often they fall due."""

import datetime as dt
from typing import Any

import pytest

from meterbook.rating.charges import area, kinds
from tests.unit.rating import samples
from tests.unit.rating.samples import Usage

FOUND = ("quantity_milli", "time_numerator", "time_denominator", "amount_minor")


def one(charge: dict[str, Any], usage: Usage, **more: Any) -> tuple[int, int, int, int]:
    """Quantity, time and amount of the one line of a version with one component."""
    [line] = samples.rated(samples.version(samples.component("X", charge), **more), usage, show=FOUND)
    return line


def used(*, days: int = 31, from_: dt.date = samples.FROM, **more: Any) -> Usage:
    return Usage(1, 0, period_from=from_, period_until=from_ + dt.timedelta(days=days), more=more)


@pytest.mark.parametrize(
    ("charge", "usage", "expected"),
    [
        ({"kind": "PER_PERIOD", "price": "5"}, used(), (1000, 1, 1, 500)),
        ({"kind": "PER_PERIOD", "price": "5"}, used(days=400), (1000, 1, 1, 500)),
        ({"kind": "PER_MONTH", "price": "5"}, used(), (1000, 1, 1, 500)),
        ({"kind": "PER_MONTH", "price": "5"}, used(days=61), (1000, 2, 1, 1000)),
        ({"kind": "PER_MONTH", "price": "5"}, used(days=61, months=3), (1000, 3, 1, 1500)),
        ({"kind": "PER_MONTH", "price": "5"}, used(months=0), (1000, 0, 1, 0)),
        ({"kind": "PER_MONTH", "price": "5", "by_days": True}, used(days=73), (1000, 876, 365, 1200)),
        ({"kind": "PER_DAY", "price": "0.1"}, used(), (1000, 31, 1, 310)),
        ({"kind": "PER_DAY", "price": "0.1"}, used(months=3), (1000, 31, 1, 310)),
        ({"kind": "PER_PERIOD", "price": "5", "times": "HOUSEHOLDS"}, used(households=3), (3000, 1, 1, 1500)),
        ({"kind": "PER_PERIOD", "price": "5", "times": "HOUSEHOLDS"}, used(households=0), (0, 1, 1, 0)),
        ({"kind": "PER_PERIOD", "price": "5", "times": "HOUSEHOLDS"}, used(), (1000, 1, 1, 500)),
        ({"kind": "PER_DAY", "price": "1", "times": "PERSONS"}, used(days=2), (4000, 2, 1, 800)),
        ({"kind": "CAPACITY", "price": "2"}, used(days=61, capacity_milli=31_500), (31_500, 2, 1, 12_600)),
        (
            {"kind": "CAPACITY", "price": "2", "per": "PERIOD"},
            used(days=61, capacity_milli=31_500),
            (31_500, 1, 1, 6300),
        ),
        (
            {"kind": "CAPACITY", "price": "2", "per": "DAY"},
            used(days=3, capacity_milli=500),
            (500, 3, 1, 300),
        ),
        ({"kind": "DEMAND", "price": "2"}, used(demand_milli=1500), (1500, 1, 1, 300)),
        ({"kind": "DEMAND", "price": "2"}, used(demand_milli=0), (0, 1, 1, 0)),
        ({"kind": "AREA", "price": "2", "per": "MONTH"}, used(days=59, area_milli=1500), (1500, 2, 1, 600)),
        ({"kind": "AREA", "price": "2", "per": "DAY"}, used(area_milli=1500), (1500, 31, 1, 9300)),
        ({"kind": "AREA", "price": "2", "per": "PERIOD"}, used(days=59, area_milli=1500), (1500, 1, 1, 300)),
        ({"kind": "AREA", "price": "2", "per": "SEASON"}, used(days=59, area_milli=1500), (1500, 1, 1, 300)),
    ],
)
def test_what_is_counted_and_how_often(
    charge: dict[str, Any], usage: Usage, expected: tuple[int, int, int, int]
) -> None:
    assert one(charge, usage) == expected


@pytest.mark.parametrize(("year_days", "amount"), [(360, 123), (365, 122), (366, 121)])
def test_the_days_of_the_year_are_the_tariffs(year_days: int, amount: int) -> None:
    # 37 x 12 / 360 = 1.2333, / 365 = 1.2164, / 366 = 1.2131
    charge = {"kind": "PER_MONTH", "price": "1", "by_days": True}
    assert one(charge, used(days=37), year_days=year_days) == (1000, 444, year_days, amount)


CALIBRES = {"kind": "PER_MONTH", "by_calibre": [{"calibre": 15, "price": "2"}, {"calibre": 20, "price": "3"}]}


@pytest.mark.parametrize(("calibre", "amount"), [(15, 200), (20, 300)])
def test_a_meter_size_has_its_price(calibre: int, amount: int) -> None:
    assert one(CALIBRES, used(calibre_mm=calibre))[-1] == amount


def test_sizes_and_plain_charges_stand_side_by_side() -> None:
    version = samples.version(samples.component("A", CALIBRES), samples.component("B", samples.PER_PERIOD))
    assert samples.rated(version, used(calibre_mm=20)) == [(1, 0, 1000, 300), (2, 0, 1000, 450)]


def area_component(**more: Any) -> dict[str, Any]:
    return {"kind": "AREA", "price": "10", "per": "SEASON", **more}


FACTORS = {"LOW": "0.9", "HIGH": "0.825"}
STEPS = {"over": "3.2", "step": "0.1", "add": "3"}
BEGUN = {**STEPS, "begun": True, "at_most": "10"}
TABLE = [{"over": "3", "add": "20"}, {"over": "4.5", "add": "75"}]


@pytest.mark.parametrize(
    ("more", "given", "factor"),
    [
        ({}, {"area_class": "LOW", "height_milli": 9000}, 1_000_000),  # the tariff doesn't ask
        ({"factors": FACTORS}, {"area_class": "LOW"}, 900_000),
        ({"factors": FACTORS}, {"area_class": "HIGH"}, 825_000),
        ({"height": STEPS}, {}, 1_000_000),
        ({"height": STEPS}, {"height_milli": 3200}, 1_000_000),
        ({"height": STEPS}, {"height_milli": 3299}, 1_000_000),
        ({"height": STEPS}, {"height_milli": 3300}, 1_030_000),
        ({"height": STEPS}, {"height_milli": 2000}, 1_000_000),
        ({"height": BEGUN}, {"height_milli": 3200}, 1_000_000),
        ({"height": BEGUN}, {"height_milli": 3201}, 1_030_000),
        ({"height": BEGUN}, {"height_milli": 3500}, 1_090_000),
        ({"height": BEGUN}, {"height_milli": 3501}, 1_100_000),
        ({"height": TABLE}, {"height_milli": 3000}, 1_000_000),
        ({"height": TABLE}, {"height_milli": 3001}, 1_200_000),
        ({"height": TABLE}, {"height_milli": 4500}, 1_200_000),
        ({"height": TABLE}, {"height_milli": 4501}, 1_750_000),
        ({"height": STEPS, "factors": FACTORS}, {"area_class": "HIGH", "height_milli": 3300}, 849_750),
        ({"height": STEPS, "factors": FACTORS}, {"area_class": "HIGH"}, 825_000),
    ],
)
def test_building_and_height_are_one_factor(more: dict[str, Any], given: dict[str, Any], factor: int) -> None:
    version = samples.version(samples.component("H", area_component(**more)))
    [(found, amount)] = samples.rated(
        version, used(area_milli=100_000, **given), show=("factor_ppm", "amount_minor")
    )
    assert found == factor
    assert amount == factor // 10  # 100 m2 x 10.00 is 1000.00


def test_two_areas_with_factors_of_their_own() -> None:
    version = samples.version(
        samples.component("H", area_component(factors=FACTORS)),
        samples.component("I", area_component(height=TABLE)),
        samples.component("W", samples.PER_UNIT),
    )
    usages = [
        used(area_milli=1000, area_class="LOW", height_milli=3500),
        Usage(2, 5000, more={"area_milli": 1000, "area_class": "HIGH"}),
    ]
    assert samples.rated(
        version, *usages, show=("usage_id", "component_no", "factor_ppm", "amount_minor")
    ) == [
        (1, 1, 900_000, 900),
        (1, 2, 1_200_000, 1200),
        (1, 3, 1_000_000, 0),
        (2, 1, 825_000, 825),
        (2, 2, 1_000_000, 1000),
        (2, 3, 1_000_000, 785),
    ]


def test_a_factor_of_a_programme() -> None:
    version = samples.version(
        samples.component("H", area_component(factors=FACTORS)),
        programmes=[samples.named("OLD", prices={"H": {"factors": {"LOW": "0.5", "HIGH": "0.5"}}})],
    )
    given: dict[str, Any] = {"area_milli": 1000, "area_class": "LOW"}
    assert samples.rated(version, used(**given, choices=["OLD"]), show=("factor_ppm",)) == [(500_000,)]
    assert samples.rated(version, used(**given), show=("factor_ppm",)) == [(900_000,)]


def test_a_class_without_a_factor_is_an_error_of_the_charge_too() -> None:
    charge = area.Area(price_micro=1, time=kinds.Time.ONCE, factors={"LOW": 900_000})
    for unknown in (None, "HIGH"):
        with pytest.raises(area.AreaError, match="no factor for class"):
            charge.factor_ppm(area_class=unknown, height_milli=None)
    assert charge.factor_ppm(area_class="LOW", height_milli=9000) == 900_000


def test_an_odd_product_of_factors_is_rounded_to_a_millionth() -> None:
    height = area.HeightTable(rows=((3000, 33_333),))
    charge = area.Area(price_micro=1, time=kinds.Time.ONCE, factors={"A": 333_000}, height=height)
    # 0.333 x 1.033333 = 0.344099889
    assert charge.factor_ppm(area_class="A", height_milli=3001) == 344_100
