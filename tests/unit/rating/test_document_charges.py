"""Every kind of charge as a document states it, and what may be wrong with it."""

from typing import Any

import pytest

from meterbook.kernel import rounding
from meterbook.rating.charges import (
    area,
    capacity,
    derived,
    fixed,
    graduated_tiers,
    kinds,
    over_quota,
    package,
    per_unit,
    switching_tiers,
    tier_fee,
    tiers,
    time_of_use,
    volume_tiers,
)
from tests.unit.rating import documents

Kind = kinds.ChargeKind
YUAN = 1_000_000
TWO_TIERS = [{"until": "10", "price": "1"}, {"price": "2"}]
READ_TWO_TIERS = (
    tiers.Tier(until_milli=10_000, price_micro=1 * YUAN),
    tiers.Tier(until_milli=None, price_micro=2 * YUAN),
)
BY_CALIBRE = [{"calibre": 15, "price": "5"}, {"calibre": 20, "price": "8.5"}]
READ_BY_CALIBRE = ((15, 5 * YUAN), (20, 8_500_000))


@pytest.mark.parametrize(
    ("charge", "expected"),
    [
        ({"kind": "PER_UNIT", "price": "0.4883"}, per_unit.PerUnit(price_micro=488_300)),
        (
            {"kind": "GRADUATED_TIERS", "tiers": TWO_TIERS},
            graduated_tiers.GraduatedTiers(tiers=READ_TWO_TIERS),
        ),
        (
            {"kind": "GRADUATED_TIERS", "tiers": [{"until": "5", "fee": "27"}, {"price": "3", "fee": "1"}]},
            graduated_tiers.GraduatedTiers(
                tiers=(
                    tiers.Tier(until_milli=5000, price_micro=0, fee_micro=27 * YUAN),
                    tiers.Tier(until_milli=None, price_micro=3 * YUAN, fee_micro=YUAN),
                )
            ),
        ),
        ({"kind": "VOLUME_TIERS", "tiers": TWO_TIERS}, volume_tiers.VolumeTiers(tiers=READ_TWO_TIERS)),
        ({"kind": "TIER_FEE", "tiers": TWO_TIERS}, tier_fee.TierFee(tiers=READ_TWO_TIERS)),
        (
            {
                "kind": "SWITCHING_TIERS",
                "tables": [{"until": "500", "tiers": TWO_TIERS}, {"tiers": TWO_TIERS}],
            },
            switching_tiers.SwitchingTiers(
                tables=(
                    switching_tiers.Table(until_milli=500_000, tiers=READ_TWO_TIERS),
                    switching_tiers.Table(until_milli=None, tiers=READ_TWO_TIERS),
                )
            ),
        ),
        (
            {"kind": "PACKAGE", "price": "3", "size": "10"},
            package.Package(price_micro=3 * YUAN, size_milli=10_000),
        ),
        ({"kind": "PER_PERIOD", "price": "3"}, fixed.Fixed(kind=Kind.PER_PERIOD, price_micro=3 * YUAN)),
        (
            {"kind": "PER_MONTH", "by_calibre": BY_CALIBRE, "times": "HOUSEHOLDS", "by_days": True},
            fixed.Fixed(
                kind=Kind.PER_MONTH,
                price_micro=0,
                basis=kinds.Basis.HOUSEHOLDS,
                is_by_days=True,
                by_calibre=READ_BY_CALIBRE,
            ),
        ),
        (
            {"kind": "PER_DAY", "price": "3", "times": "PERSONS"},
            fixed.Fixed(kind=Kind.PER_DAY, price_micro=3 * YUAN, basis=kinds.Basis.PERSONS),
        ),
        (
            {"kind": "CAPACITY", "price": "30"},
            capacity.Capacity(kind=Kind.CAPACITY, price_micro=30 * YUAN, time=kinds.Time.MONTHS),
        ),
        (
            {"kind": "CAPACITY", "price": "30", "per": "PERIOD"},
            capacity.Capacity(kind=Kind.CAPACITY, price_micro=30 * YUAN, time=kinds.Time.ONCE),
        ),
        (
            {"kind": "DEMAND", "price": "30", "per": "DAY"},
            capacity.Capacity(kind=Kind.DEMAND, price_micro=30 * YUAN, time=kinds.Time.DAYS),
        ),
        (
            {"kind": "TIME_OF_USE", "prices": {"VALLEY": "1", "PEAK": "2"}},
            time_of_use.TimeOfUse(prices=((1, 2 * YUAN), (2, 1 * YUAN))),
        ),
        (
            {"kind": "OVER_QUOTA", "tiers": [{"until_percent": "20", "price": "1"}, {"price": "2"}]},
            over_quota.OverQuota(
                within_micro=None,
                tiers=(
                    tiers.Tier(until_milli=200_000, price_micro=YUAN),
                    tiers.Tier(until_milli=None, price_micro=2 * YUAN),
                ),
            ),
        ),
        (
            {"kind": "OVER_QUOTA", "within_price": "4", "tiers": [{"price": "2"}]},
            over_quota.OverQuota(
                within_micro=4 * YUAN, tiers=(tiers.Tier(until_milli=None, price_micro=2 * YUAN),)
            ),
        ),
    ],
)
def test_a_charge_is_read(charge: dict[str, Any], expected: kinds.Charge) -> None:
    assert documents.charged(charge, bands=documents.BANDS).charge == expected


@pytest.mark.parametrize(("allowance", "is_per_band"), [(None, False), ("SHARED", False), ("PER_BAND", True)])
def test_tiers_by_band(allowance: str | None, is_per_band: bool) -> None:  # noqa: FBT001 -- table
    stated = [
        {"until": "10", "prices": {"PEAK": "2", "VALLEY": "1"}},
        {"prices": {"PEAK": "4", "VALLEY": "3"}},
    ]
    charge = {"kind": "TIME_OF_USE_TIERS", "tiers": stated, **({"allowance": allowance} if allowance else {})}
    assert documents.charged(charge, bands=documents.BANDS).charge == time_of_use.TimeOfUseTiers(
        tiers=(
            time_of_use.BandTier(until_milli=10_000, prices=((1, 2 * YUAN), (2, 1 * YUAN))),
            time_of_use.BandTier(until_milli=None, prices=((1, 4 * YUAN), (2, 3 * YUAN))),
        ),
        is_per_band=is_per_band,
    )


@pytest.mark.parametrize(
    ("stated", "time"),
    [
        ({"per": "SEASON"}, kinds.Time.ONCE),
        ({"per": "SEASON", "part_season": "WHOLE"}, kinds.Time.ONCE),
        ({"per": "SEASON", "part_season": "DAYS"}, kinds.Time.SEASON_DAYS),
        ({"per": "SEASON", "part_season": "MONTHS"}, kinds.Time.SEASON_MONTHS),
        ({"per": "MONTH"}, kinds.Time.MONTHS),
        ({"per": "DAY"}, kinds.Time.DAYS),
        ({"per": "PERIOD"}, kinds.Time.ONCE),
    ],
)
def test_what_an_area_price_is_stated_for(stated: dict[str, str], time: kinds.Time) -> None:
    read = documents.charged(
        {"kind": "AREA", "price": "24", **stated}, heating_season=documents.HEATING_SEASON
    )
    assert read.charge == area.Area(price_micro=24 * YUAN, time=time, factors={})


def test_factors_and_height_steps_of_an_area() -> None:
    height = {"over": "3.2", "step": "0.1", "add": "3", "begun": True, "at_most": "50"}
    factors = {"MULTI_STOREY": "0.90", "HIGH_RISE": "0.825"}
    read = documents.charged(
        {"kind": "AREA", "price": "24", "per": "SEASON", "factors": factors, "height": height}
    )
    charge = read.charge
    assert isinstance(charge, area.Area)
    assert charge.factors == {"MULTI_STOREY": 900_000, "HIGH_RISE": 825_000}
    assert charge.height == area.HeightSteps(
        over_milli=3200, step_milli=100, add_ppm=30_000, is_begun=True, at_most_ppm=500_000
    )


def test_a_list_of_heights_and_steps_without_an_end() -> None:
    listed = [{"over": "3", "add": "10"}, {"over": "4", "add": "100"}]
    charge = documents.charged({"kind": "AREA", "price": "24", "per": "MONTH", "height": listed}).charge
    assert isinstance(charge, area.Area)
    assert charge.height == area.HeightTable(rows=((3000, 100_000), (4000, 1_000_000)))
    steps = {"over": "3", "step": "0.3", "add": "5"}
    charge = documents.charged({"kind": "AREA", "price": "24", "per": "MONTH", "height": steps}).charge
    assert isinstance(charge, area.Area)
    assert charge.height == area.HeightSteps(over_milli=3000, step_milli=300, add_ppm=50_000, is_begun=False)


@pytest.mark.parametrize(
    ("charge", "expected"),
    [
        (
            {"kind": "PERCENTAGE", "rate": "250.5"},
            derived.Percentage(kind=Kind.PERCENTAGE, rate_ppm=2_505_000),
        ),
        (
            {"kind": "PERCENT_OFF", "rate": "0.0001"},
            derived.Percentage(kind=Kind.PERCENT_OFF, rate_ppm=1),
        ),
        ({"kind": "MAXIMUM", "price": "9"}, derived.Limit(kind=Kind.MAXIMUM, price_micro=9 * YUAN)),
        (
            {"kind": "MONEY_OFF", "price": "20", "per": "MONTH", "times": "HOUSEHOLDS"},
            derived.Limit(
                kind=Kind.MONEY_OFF,
                price_micro=20 * YUAN,
                time=kinds.Time.MONTHS,
                basis=kinds.Basis.HOUSEHOLDS,
            ),
        ),
        (
            {"kind": "MINIMUM", "by_calibre": BY_CALIBRE, "per": "PERIOD"},
            derived.Limit(kind=Kind.MINIMUM, price_micro=0, by_calibre=READ_BY_CALIBRE),
        ),
        (
            {"kind": "FREE_QUANTITY", "quantity": "6", "per": "MONTH", "pooled": True},
            derived.FreeQuantity(allowance_milli=6000, is_monthly=True, is_pooled=True),
        ),
        (
            {"kind": "FREE_QUANTITY", "quantity": "6", "per": "PERIOD"},
            derived.FreeQuantity(allowance_milli=6000, is_monthly=False, is_pooled=False),
        ),
        ({"kind": "BILL_ROUNDING", "rounding": "JIAO_TRUNCATE"}, derived.BillRounding()),
    ],
)
def test_a_derived_charge_is_read(charge: dict[str, Any], expected: kinds.Charge) -> None:
    read = documents.version(
        documents.component("BASE", documents.PER_UNIT), documents.component("X", charge)
    ).components[1]
    assert read.charge == expected
    assert read.rounding is rounding.Rounding[charge.get("rounding", "FEN_HALF_UP")]
    assert read.of == (1,)


@pytest.mark.parametrize(
    "charge",
    [
        documents.PER_UNIT,
        {"kind": "GRADUATED_TIERS", "tiers": TWO_TIERS},
        {"kind": "VOLUME_TIERS", "tiers": TWO_TIERS},
    ],
)
def test_a_share_of_the_quantity(charge: dict[str, Any]) -> None:
    assert documents.charged(charge).share is kinds.WHOLE or documents.charged(charge).share == kinds.WHOLE
    assert documents.charged({**charge, "share": "90"}).share == kinds.Share(share_ppm=900_000)
    assert documents.charged({**charge, "cap": "16", "share_round_to": "1"}).share == kinds.Share(
        cap_milli=16_000, round_to_milli=1000
    )


@pytest.mark.parametrize(
    ("charge", "path", "reason"),
    [
        (
            {"kind": "GRADUATED_TIERS", "tiers": [{"price": "1"}, {"price": "2"}]},
            ".tiers[0]",
            "only the last tier may be open",
        ),
        ({"kind": "TIER_FEE", "tiers": [{"until": "1", "price": "2"}]}, ".tiers[0]", "the last tier is open"),
        (
            {"kind": "VOLUME_TIERS", "tiers": [TWO_TIERS[0], *TWO_TIERS]},
            ".tiers[1].until",
            "must be more than the one before",
        ),
        (
            {"kind": "VOLUME_TIERS", "tiers": [{"until": "0", "price": "1"}, {"price": "1"}]},
            ".tiers[0].until",
            "must be more than 0",
        ),
        (
            {"kind": "VOLUME_TIERS", "tiers": [{"until": "2000000000", "price": "1"}, {"price": "1"}]},
            ".tiers[0].until",
            "2000000000 is too large: at most 10^9 units",
        ),
        (
            {"kind": "VOLUME_TIERS", "tiers": [{"fee": "1", "price": "1"}]},
            ".tiers[0].fee",
            "is not a name of this format",
        ),
        ({"kind": "GRADUATED_TIERS", "tiers": [{}]}, ".tiers[0]", "price or fee is missing"),
        (
            {"kind": "SWITCHING_TIERS", "tables": [{"tiers": TWO_TIERS}, {"tiers": TWO_TIERS}]},
            ".tables[0]",
            "only the last table may be open",
        ),
        (
            {"kind": "SWITCHING_TIERS", "tables": [{"tiers": TWO_TIERS, "until": "5"}]},
            ".tables[0]",
            "the last table is open",
        ),
        (
            {"kind": "SWITCHING_TIERS", "tables": [{"tiers": [{"price": "2000000"}]}]},
            ".tables[0].tiers[0].price",
            "2000000 is too large: at most a million",
        ),
        ({"kind": "PACKAGE", "price": "1", "size": "0"}, ".size", "must be more than 0"),
        ({"kind": "PACKAGE", "price": "1"}, "", "size is missing"),
        ({"kind": "PER_PERIOD"}, "", "price or by_calibre is missing"),
        (
            {"kind": "PER_PERIOD", "price": "1", "by_calibre": BY_CALIBRE},
            "",
            "price and by_calibre exclude each other",
        ),
        ({"kind": "PER_DAY", "price": "1", "by_days": True}, ".by_days", "does not belong to kind PER_DAY"),
        (
            {"kind": "PER_MONTH", "by_calibre": [*BY_CALIBRE, {"calibre": 15, "price": "9"}]},
            ".by_calibre[2].calibre",
            "15 stands twice",
        ),
        ({"kind": "PER_MONTH", "price": "1", "by_days": 1}, ".by_days", "must be true or false"),
        (
            {"kind": "TIME_OF_USE", "prices": {"PEAK": "1", "VALLEY": "1", "DEEP": "1"}},
            ".prices.DEEP",
            "DEEP is not a band of the version",
        ),
        ({"kind": "TIME_OF_USE", "prices": {"VALLEY": "1"}}, ".prices", "no price for PEAK"),
        ({"kind": "TIME_OF_USE", "prices": {}}, ".prices", "needs at least 1"),
        (
            {"kind": "TIME_OF_USE_TIERS", "tiers": [{"prices": {"PEAK": "1"}}]},
            ".tiers[0].prices",
            "no price for VALLEY",
        ),
        ({"kind": "AREA", "price": "1"}, "", "per is missing"),
        (
            {"kind": "AREA", "price": "1", "per": "MONTH", "part_season": "DAYS"},
            ".part_season",
            "does not belong to per MONTH",
        ),
        (
            {"kind": "AREA", "price": "1", "per": "SEASON", "part_season": "MONTHS"},
            ".part_season",
            "needs the heating_season of the version",
        ),
        (
            {"kind": "AREA", "price": "1", "per": "DAY", "factors": {"HIGH": "1.0001"}},
            ".factors.HIGH",
            "'1.0001' is not a factor in quotes with at most 3 decimals, like \"0.90\"",
        ),
        (
            {"kind": "AREA", "price": "1", "per": "DAY", "factors": {"HIGH": "101"}},
            ".factors.HIGH",
            "101 is too large: at most 100",
        ),
        (
            {"kind": "AREA", "price": "1", "per": "DAY", "factors": {"high": "1"}},
            ".factors",
            "'high' is not a code of capitals, digits and _, beginning with a letter",
        ),
        (
            {"kind": "AREA", "price": "1", "per": "DAY", "height": "3"},
            ".height",
            "must be a mapping of names to values or a list",
        ),
        (
            {"kind": "AREA", "price": "1", "per": "DAY", "height": {"over": "3", "add": "1"}},
            ".height",
            "step is missing",
        ),
        (
            {"kind": "AREA", "price": "1", "per": "DAY", "height": [{"over": "3", "add": "1"}] * 2},
            ".height[1].over",
            "must be more than the one before",
        ),
        (
            {"kind": "AREA", "price": "1", "per": "DAY", "height": [{"over": "3", "add": "1001"}]},
            ".height[0].add",
            "1001 is more than 1000 percent",
        ),
        (
            {"kind": "OVER_QUOTA", "tiers": [{"until_percent": "20", "price": "1"}] * 2 + [{"price": "2"}]},
            ".tiers[1].until_percent",
            "must be more than the one before",
        ),
        ({"kind": "PER_UNIT", "price": "1", "share": "0"}, ".share", "must be more than 0"),
        ({"kind": "PER_UNIT", "price": "1", "share": "100.01"}, ".share", "100.01 is more than 100 percent"),
        ({"kind": "PER_UNIT", "price": "1", "share": "9" * 41}, ".share", f"{'9' * 41} is too large"),
        ({"kind": "PER_UNIT", "price": "1", "cap": "0"}, ".cap", "must be more than 0"),
        ({"kind": "PER_UNIT", "price": "1", "rate": "3"}, ".rate", "does not belong to kind PER_UNIT"),
        (
            {"kind": "PACKAGE", "price": "1", "size": "1", "share": "9"},
            ".share",
            "does not belong to kind PACKAGE",
        ),
        (
            {"kind": "PER_UNIT", "price": "1", "negotiable": {"below": "5"}},
            ".negotiable",
            "above is missing",
        ),
        (
            {"kind": "PER_UNIT", "price": "1", "negotiable": {"below": "101", "above": "5"}},
            ".negotiable.below",
            "101 is more than 100 percent",
        ),
    ],
)
def test_what_is_wrong_with_a_charge(charge: dict[str, Any], path: str, reason: str) -> None:
    found = documents.component_faults(documents.component("X", charge), bands=documents.BANDS)
    assert found == [(f"[0]{path}", reason)]


@pytest.mark.parametrize(
    ("charge", "path", "reason"),
    [
        ({"kind": "PERCENTAGE", "rate": "1000.1"}, ".rate", "1000.1 is more than 1000 percent"),
        ({"kind": "PERCENT_OFF", "rate": "100.1"}, ".rate", "100.1 is more than 100 percent"),
        ({"kind": "MINIMUM", "price": "1", "per": "DAY"}, ".per", "DAY is not one of PERIOD, MONTH"),
        ({"kind": "MINIMUM", "price": "1", "times": "PERSONS"}, ".times", "PERSONS is not one of HOUSEHOLDS"),
        ({"kind": "MINIMUM"}, "", "price or by_calibre is missing"),
        ({"kind": "FREE_QUANTITY", "quantity": "0", "per": "MONTH"}, ".quantity", "must be more than 0"),
        ({"kind": "FREE_QUANTITY", "quantity": "6"}, "", "per is missing"),
        (
            {"kind": "FREE_QUANTITY", "quantity": "6", "per": "MONTH", "seasons": {"A": {}, "B": {}}},
            ".seasons",
            "does not belong to kind FREE_QUANTITY",
        ),
        ({"kind": "BILL_ROUNDING"}, "", "rounding is missing"),
        (
            {"kind": "BILL_ROUNDING", "rounding": "JIAO_HALF_UP", "choice": "X"},
            ".choice",
            "does not belong to kind BILL_ROUNDING",
        ),
    ],
)
def test_what_is_wrong_with_a_derived_charge(charge: dict[str, Any], path: str, reason: str) -> None:
    base = documents.component("BASE", documents.PER_UNIT)
    assert documents.component_faults(base, documents.component("X", charge)) == [(f"[1]{path}", reason)]


def test_what_does_not_go_together() -> None:
    banded = documents.component("T", {"kind": "TIME_OF_USE", "prices": {"PEAK": "1", "VALLEY": "2"}})
    whole_units = {"billed_quantity": {"round_to": "1"}, "bands": documents.BANDS}
    reason = "bands go with neither conversion nor billed_quantity"
    assert documents.component_faults(banded, **whole_units) == [("[0].kind", reason)]

    tables = [{"until": "500", "tiers": [{"price": "1"}]}, {"tiers": [{"price": "2"}]}]
    switching = documents.component("S", {"kind": "SWITCHING_TIERS", "tables": tables})
    household = {"household": {"rule": "SCALE", "over_persons": 4}}
    reason = "no rule says how a whole table follows the household"
    assert documents.component_faults(switching, **household) == [("[0].tables", reason)]

    agreed = {**documents.PER_UNIT, "negotiable": {"below": "5", "above": "5"}}
    both = [documents.component(code, agreed) for code in ("A", "B")]
    reason = "only one component's price may be agreed: a usage names one"
    assert documents.component_faults(*both) == [("[1].negotiable", reason)]


def test_bands_keep_their_place_from_version_to_version() -> None:
    energy = documents.component("E", {"kind": "TIME_OF_USE", "prices": {"PEAK": "2", "VALLEY": "1"}})
    old = {"effective_from": "2020-01-01", "effective_until": "2025-01-11", "components": [energy]}
    new = {"effective_from": "2025-01-11", "components": [energy]}
    whole = documents.whole(energy)
    same = [{**old, "bands": documents.BANDS}, {**new, "bands": documents.BANDS}]
    assert len(documents.read({**whole, "versions": same}).versions) == 2
    swapped = [same[0], {**new, "bands": documents.BANDS[::-1]}]
    reason = "VALLEY stands in another place than in the version before"
    assert documents.faults_of({**whole, "versions": swapped}) == [("$.versions[1].bands", reason)]
