"""Tier bounds for one usage: household, length of the tier period, what is used up."""

import dataclasses
import datetime as dt
from typing import Any

import pytest

from meterbook.rating import tariff
from tests.unit.rating import samples
from tests.unit.rating.samples import Usage

MUCH = 10**9
CHARGE = {
    "kind": "GRADUATED_TIERS",
    "tiers": [{"until": "30", "price": "1"}, {"until": "50", "price": "2"}, {"price": "3"}],
}


def bounds(
    *,
    from_: str = "2025-01-01",
    until: str = "2025-02-01",
    persons: int | None = None,
    given: dict[str, Any] | None = None,
    **more: Any,
) -> tuple[int, ...]:
    """The bounds of CHARGE as they stand in the lines of a usage that passes them all."""
    version = samples.version(samples.component("W", CHARGE), **more)
    used = Usage(
        1,
        MUCH,
        persons=persons,
        period_from=dt.date.fromisoformat(from_),
        period_until=dt.date.fromisoformat(until),
        more=given or {},
    )
    found = samples.rated(version, used, show=("tier_from_milli", "tier_until_milli", "quantity_milli"))
    ends = [until for _, until, _ in found]
    assert [from_ for from_, _, _ in found] == [0, *ends[:-1]]
    assert sum(quantity for *_, quantity in found) == MUCH
    assert ends.pop() is None
    return tuple(ends)


@pytest.mark.parametrize(
    ("period", "until", "given", "expected"),
    [
        ("BILLING_PERIOD", "2025-07-01", {}, (30_000, 50_000)),
        ("MONTH", "2025-01-02", {}, (30_000, 50_000)),  # a shorter bill has not less of the month
        ("MONTH", "2025-02-01", {}, (30_000, 50_000)),
        ("MONTH", "2025-03-01", {}, (60_000, 100_000)),
        ("MONTH", "2025-03-01", {"months": 5}, (150_000, 250_000)),
        ("MONTH", "2025-03-01", {"months": 0}, (30_000, 50_000)),
        ("TWO_MONTHS", "2025-02-01", {}, (30_000, 50_000)),
        ("TWO_MONTHS", "2025-03-01", {}, (30_000, 50_000)),
        ("TWO_MONTHS", "2025-04-01", {}, (45_000, 75_000)),
        ("TWO_MONTHS", "2025-05-01", {}, (60_000, 100_000)),
        ("CALENDAR_YEAR", "2025-03-01", {}, (30_000, 50_000)),
        ("CALENDAR_YEAR", "2025-03-01", {"tier_months": 7}, (17_500, 29_167)),
        ("CALENDAR_YEAR", "2025-03-01", {"tier_months": 12}, (30_000, 50_000)),
        ("CALENDAR_YEAR", "2025-03-01", {"tier_months": 14}, (35_000, 58_333)),
        ("CALENDAR_YEAR", "2025-03-01", {"tier_factor_ppm": 500_000}, (15_000, 25_000)),
        ("CALENDAR_YEAR", "2025-03-01", {"tier_months": 7, "tier_factor_ppm": 2_000_000}, (60_000, 100_000)),
        ("ANNIVERSARY_YEAR", "2025-03-01", {"tier_months": 3}, (7500, 12_500)),
        ("CALENDAR_YEAR", "2025-03-01", {"tier_days": 100}, (30_000, 50_000)),  # it goes by months
        ("MONTH", "2025-03-01", {"tier_months": 3}, (60_000, 100_000)),  # it has no year to be a part of
        ("MONTH", "2025-03-01", {"tier_factor_ppm": 500_000}, (15_000, 25_000)),
    ],
)
def test_bounds_follow_the_length_of_the_tier_period(
    period: str, until: str, given: dict[str, Any], expected: tuple[int, int]
) -> None:
    assert bounds(tier_period=period, until=until, given=given) == expected


@pytest.mark.parametrize(
    ("rule", "until", "expected"),
    [
        # 31 days of a year: 30 x 31 / 365 = 2.5479, 50 x 31 / 365 = 4.2466
        ({"stated_for": "YEAR", "scaled_by": "DAYS"}, "2025-02-01", (2548, 4247)),
        ({"stated_for": "YEAR", "scaled_by": "DAYS", "round_to": "0.1"}, "2025-02-01", (2500, 4200)),
        ({"stated_for": "YEAR", "scaled_by": "DAYS", "round_to": "1"}, "2025-02-01", (3000, 4000)),
        (
            {"stated_for": "YEAR", "scaled_by": "DAYS", "round_to": "1", "rounding": "TRUNCATE"},
            "2025-02-01",
            (2000, 4000),
        ),
        # months: a twelfth of the year for each
        ({"stated_for": "YEAR", "scaled_by": "MONTHS"}, "2025-02-01", (2500, 4167)),
        ({"stated_for": "YEAR", "scaled_by": "MONTHS"}, "2026-03-01", (35_000, 58_333)),
        # one month by days: 31 x 12 / 365 of it
        ({"stated_for": "MONTH", "scaled_by": "DAYS"}, "2025-02-01", (30_575, 50_959)),
        ({"stated_for": "MONTH", "scaled_by": "NONE"}, "2025-07-01", (30_000, 50_000)),
        ({"stated_for": "BILL"}, "2025-07-01", (30_000, 50_000)),
    ],
)
def test_bounds_stated_for_another_length(
    rule: dict[str, Any], until: str, expected: tuple[int, int]
) -> None:
    assert bounds(bounds=rule, until=until) == expected


def test_rounding_may_leave_a_tier_empty() -> None:
    # a fifth of the year: 6.0 and 10.0 are 1.5 and 2.5 steps of 4, to even both 2
    rule = {"stated_for": "YEAR", "scaled_by": "DAYS", "round_to": "4", "rounding": "HALF_EVEN"}
    version = samples.version(samples.component("W", CHARGE), bounds=rule)
    used = Usage(1, MUCH, period_until=dt.date(2025, 3, 15))
    found = samples.rated(version, used, show=("tier", "tier_until_milli", "quantity_milli"))
    assert found == [(1, 8000, 8000), (3, None, MUCH - 8000)]


def test_bounds_by_days_are_of_the_whole_usage_also_where_it_is_cut() -> None:
    component = samples.component("W", CHARGE)
    changing = samples.changing(
        ("2020-01-01", [component]),
        ("2025-03-01", [component]),
        bounds={"stated_for": "YEAR", "scaled_by": "DAYS"},
        price_change={"split": "DAYS"},
    )
    # 73 days are a fifth of the year: 6 and 10, for both parts; 59 of the days are old
    usage = Usage(1, 14_600, tariff_version_id=2, period_until=dt.date(2025, 3, 15))
    shown = ("tariff_version_id", "tier", "tier_until_milli", "quantity_milli")
    assert samples.rated(changing, usage, show=shown) == [
        *[(1, 1, 6000, 6000), (1, 2, 10_000, 4000), (1, 3, None, 2000)],
        (2, 3, None, 2600),
    ]


def test_a_scale_without_a_length_scales_nothing() -> None:
    """The reader refuses it; a version from elsewhere is taken as it stands."""
    version = samples.version(samples.component("W", CHARGE))
    scale = tariff.BoundScale(stated_for=tariff.StatedFor.BILL, scaled_by=tariff.ScaledBy.MONTHS)
    strange = dataclasses.replace(version, bound_scale=scale)
    usage = Usage(1, 40_000, period_until=dt.date(2025, 4, 1))
    assert samples.rated(strange, usage) == samples.rated(version, usage)


@pytest.mark.parametrize(("year_days", "expected"), [(360, (2583, 4306)), (366, (2541, 4235))])
def test_the_days_of_a_year_are_the_tariffs(year_days: int, expected: tuple[int, int]) -> None:
    rule = {"stated_for": "YEAR", "scaled_by": "DAYS"}
    assert bounds(bounds=rule, year_days=year_days) == expected


@pytest.mark.parametrize(
    ("months", "until", "expected"),
    [
        ("NEAREST", "2025-02-10", 1),
        ("STARTED", "2025-02-10", 2),
        ("STARTED", "2025-02-01", 1),
        ("NEAREST", "2025-02-16", 2),  # 46 x 12 / 365 = 1.512
        ("NEAREST", "2025-02-15", 1),  # 45 x 12 / 365 = 1.479
    ],
)
def test_months_of_a_bill_that_does_not_say(months: str, until: str, expected: int) -> None:
    assert bounds(tier_period="MONTH", months=months, until=until) == (30_000 * expected, 50_000 * expected)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, (30_000, 50_000)),
        ({"tier_days": 60}, (15_000, 25_000)),  # of 120 days
        ({"tier_days": 121}, (30_250, 50_417)),
        ({"tier_factor_ppm": 100_000}, (3000, 5000)),
    ],
)
def test_bounds_of_a_heating_season_go_by_its_days(given: dict[str, Any], expected: tuple[int, int]) -> None:
    season = {"from": "11-15", "until": "03-15"}
    found = bounds(tier_period="HEATING_SEASON", heating_season=season, from_="2024-12-01", given=given)
    assert found == expected


@pytest.mark.parametrize(("tier_months", "expected"), [(2, (15_000, 25_000)), (None, (30_000, 50_000))])
def test_bounds_of_a_heating_season_by_months(tier_months: int | None, expected: tuple[int, int]) -> None:
    season = {"from": "11-15", "until": "03-15"}
    given = {"tier_months": tier_months}
    rule = {"scaled_by": "MONTHS"}
    found = bounds(
        tier_period="HEATING_SEASON", heating_season=season, bounds=rule, from_="2024-12-01", given=given
    )
    assert found == expected


@pytest.mark.parametrize(
    ("rule", "persons", "expected"),
    [
        ({"rule": "ADD", "over_persons": 4, "add": ["5"], "once": True}, 5, (35_000, 55_000)),
        ({"rule": "ADD", "over_persons": 4, "add": ["5", "7"], "once": True}, 9, (35_000, 57_000)),
        ({"rule": "ADD", "over_persons": 4, "add": ["5"], "once": True}, 4, (30_000, 50_000)),
        ({"rule": "FIRST_TIER", "over_persons": 4, "add": ["5"]}, 6, (40_000, 50_000)),
        ({"rule": "FIRST_TIER", "over_persons": 4, "add": ["5"]}, 4, (30_000, 50_000)),
        ({"rule": "PER_PERSON", "over_persons": 4, "per_person": ["8", "13"]}, 4, (30_000, 50_000)),
        ({"rule": "PER_PERSON", "over_persons": 4, "per_person": ["8", "13"]}, 5, (40_000, 65_000)),
        ({"rule": "PER_PERSON", "over_persons": 4, "per_person": ["7.5", "12.5"]}, 7, (52_500, 87_500)),
        (
            {"rule": "PER_PERSON", "over_persons": 4, "per_person": ["5", "8"]},
            5,
            (25_000, 40_000),
        ),  # below the stated
        (
            {"rule": "PER_PERSON", "over_persons": 3, "per_person": ["8", "13"]},
            None,
            (32_000, 52_000),
        ),  # four
        ({"rule": "SCALE", "over_persons": 7}, 8, (34_286, 57_143)),
        ({"rule": "SCALE", "over_persons": 7}, 0, (30_000, 50_000)),
    ],
)
def test_the_rules_of_the_household(
    rule: dict[str, Any], persons: int | None, expected: tuple[int, int]
) -> None:
    assert bounds(household=rule, persons=persons) == expected


def test_part_of_a_period_is_taken_of_the_widened_bounds_and_rounded_once() -> None:
    rule = {"rule": "SCALE", "over_persons": 3}
    # 30 x 4/3 = 40 of 12 months, one month: 3.333 -> 3.3; 50 x 4/3 = 66.667 / 12 = 5.5556 -> 5.6
    found = bounds(
        household=rule,
        persons=4,
        tier_period="CALENDAR_YEAR",
        bounds={"round_to": "0.1"},
        given={"tier_months": 1},
    )
    assert found == (3300, 5600)


def used(quantity: int, *tiers: int, **more: Any) -> list[tuple[Any, ...]]:
    """Lines of a usage when so much of each tier is used."""
    version = samples.version(samples.component("W", CHARGE), tier_period="CALENDAR_YEAR", **more)
    usage = Usage(1, quantity, before_milli=sum(tiers), more={"tier_used_milli": list(tiers)})
    return samples.rated(
        version, usage, show=("tier", "tier_from_milli", "tier_until_milli", "before_milli", "quantity_milli")
    )


@pytest.mark.parametrize(
    ("quantity", "tiers", "expected"),
    [
        (25_000, (10_000, 0), [(1, 0, 20_000, 0, 20_000), (2, 20_000, 40_000, 0, 5000)]),
        (25_000, (10_000, 5000, 1000), [(1, 0, 20_000, 0, 20_000), (2, 20_000, 35_000, 0, 5000)]),
        (25_000, (30_000, 5000), [(2, 0, 15_000, 0, 15_000), (3, 15_000, None, 0, 10_000)]),
        (25_000, (99_000, 20_000), [(3, 0, None, 0, 25_000)]),  # more than there is leaves nothing
        (25_000, (10_000,), [(1, 0, 20_000, 0, 20_000), (2, 20_000, 40_000, 0, 5000)]),
        (25_000, (), [(1, 0, 30_000, 0, 25_000)]),
        (25_000, (0, 0, 7000, 9), [(1, 0, 30_000, 0, 25_000)]),
        (0, (30_000, 5000), [(1, 0, 0, 0, 0)]),
    ],
)
def test_used_tiers_shrink_to_what_is_left(
    quantity: int, tiers: tuple[int, ...], expected: list[tuple[Any, ...]]
) -> None:
    assert used(quantity, *tiers) == expected


def test_an_enlarged_household_refills_the_first_tier_only() -> None:
    rule = {"rule": "ADD", "over_persons": 3, "add": ["6"]}
    # 36 and 56: six more of tier 1, tier 2 as wide as before
    assert used(10_000, 30_000, 4000, household=rule) == [(1, 0, 6000, 0, 6000), (2, 6000, 22_000, 0, 4000)]


def test_used_tiers_of_some_usages_leave_the_others_alone() -> None:
    version = samples.version(samples.component("W", CHARGE), samples.component("S", samples.PER_UNIT))
    usages = [
        Usage(1, 5000, before_milli=28_000, more={"tier_used_milli": [30_000, 0]}),
        Usage(2, 5000, before_milli=28_000),
        Usage(3, 5000, before_milli=28_000, more={"tier_used_milli": None}),
    ]
    assert samples.rated(version, *usages, show=("usage_id", "component_no", "tier", "quantity_milli")) == [
        (1, 1, 2, 5000),
        (1, 2, 0, 5000),
        *[(2, 1, 1, 2000), (2, 1, 2, 3000), (2, 2, 0, 5000)],
        *[(3, 1, 1, 2000), (3, 1, 2, 3000), (3, 2, 0, 5000)],
    ]


def test_used_tiers_of_bands_and_fees() -> None:
    bands = [samples.named("PEAK"), samples.named("VALLEY")]
    charge = {
        "kind": "TIME_OF_USE_TIERS",
        "tiers": [
            {"until": "30", "prices": {"PEAK": "2", "VALLEY": "1"}},
            {"prices": {"PEAK": "4", "VALLEY": "3"}},
        ],
    }
    version = samples.version(samples.component("E", charge), bands=bands)
    more = {"tier_used_milli": [20_000, 0], "band_1_milli": 10_000, "band_2_milli": 10_000}
    assert samples.rated(version, Usage(1, 20_000, more=more), show=("tier", "band", "quantity_milli")) == [
        *[(1, 1, 5000), (1, 2, 5000), (2, 1, 5000), (2, 2, 5000)],
    ]
    fees = {"kind": "GRADUATED_TIERS", "tiers": [{"until": "30", "price": "1"}, {"price": "2", "fee": "9"}]}
    version = samples.version(samples.component("E", fees))
    usage = Usage(1, 20_000, more={"tier_used_milli": [20_000]})
    assert samples.rated(version, usage) == [(1, 1, 10_000, 1000), (1, 2, 1000, 900), (1, 2, 10_000, 2000)]


def test_used_tiers_of_a_surcharge_beyond_the_quota() -> None:
    over = [{"until_percent": "20", "price": "1"}, {"price": "2"}]
    version = samples.version(samples.component("Q", {"kind": "OVER_QUOTA", "tiers": over}))
    usage = Usage(1, 130_000, more={"quota_milli": 100_000, "tier_used_milli": [40_000, 5000]})
    # 60 of the quota are left, then 15 at 1.00
    assert samples.rated(version, usage) == [(1, 2, 15_000, 1500), (1, 3, 55_000, 11_000)]


def test_a_quota_of_which_nothing_is_used_yet_is_whole() -> None:
    over = [{"until_percent": "20", "price": "1"}, {"price": "2"}]
    version = samples.version(samples.component("Q", {"kind": "OVER_QUOTA", "tiers": over}))
    usage = Usage(1, 130_000, more={"quota_milli": 100_000, "tier_used_milli": []})
    assert samples.rated(version, usage) == [(1, 2, 20_000, 2000), (1, 3, 10_000, 2000)]


def test_an_uncut_usage_beside_a_cut_one_has_used_nothing_more_of_its_tiers() -> None:
    component = samples.component("W", CHARGE)
    changing = samples.changing(
        ("2020-01-01", [component]), ("2025-01-11", [component]), price_change={"split": "DAYS"}
    )
    cut = Usage(1, 31_000, tariff_version_id=2, more={"tier_used_milli": [10_000, 0]})
    whole = dataclasses.replace(cut, usage_id=2, period_from=dt.date(2025, 1, 11))
    shown = ("usage_id", "tier", "before_milli", "quantity_milli")
    assert samples.rated(changing, cut, whole, show=shown) == [
        # 10 days of 31; the new price finds ten of the twenty left
        *[(1, 1, 0, 10_000), (1, 1, 10_000, 10_000), (1, 2, 10_000, 11_000)],
        *[(2, 1, 0, 20_000), (2, 2, 0, 11_000)],
    ]


def test_a_bound_beyond_64_bits_is_out_of_reach_but_no_open_end() -> None:
    """An open first tier and the one above it would both charge the whole quantity."""
    tiers = [{"until": "1000000000", "price": "1"}, {"price": "2"}]
    version = samples.version(
        samples.component("W", {"kind": "GRADUATED_TIERS", "tiers": tiers}),
        tier_period="MONTH",
        household={"rule": "SCALE", "over_persons": 1},
    )
    usage = Usage(1, MUCH, persons=1000, more={"months": 10_000})
    [(tier, until, quantity)] = samples.rated(
        version, usage, show=("tier", "tier_until_milli", "quantity_milli")
    )
    assert (tier, quantity) == (1, MUCH)
    assert until >= 10**18


def test_a_quota_used_up_twice_over_leaves_no_more_than_nothing() -> None:
    over = [{"until_percent": "20", "price": "1"}, {"price": "2"}]
    version = samples.version(samples.component("Q", {"kind": "OVER_QUOTA", "tiers": over}))
    usage = Usage(1, 30_000, more={"quota_milli": 100_000, "tier_used_milli": [200_000, 5000]})
    assert samples.rated(version, usage) == [(1, 2, 15_000, 1500), (1, 3, 15_000, 3000)]
