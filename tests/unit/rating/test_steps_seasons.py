"""Seasons and programmes: which price set a usage pays, and where a season cuts it."""

import datetime as dt
from typing import Any

import pytest

from meterbook.rating import tariff
from meterbook.rating.steps import calendar_cuts
from tests.unit.rating import samples
from tests.unit.rating.samples import Usage

SEASONS = [
    samples.named("SUMMER", **{"from": "05-01", "until": "11-01"}),
    samples.named("WINTER", **{"from": "11-01", "until": "05-01"}),
]
CHARGE = {
    "kind": "GRADUATED_TIERS",
    "tiers": [{"until": "10", "price": "1"}, {"price": "2"}],
    "seasons": {"SUMMER": {}, "WINTER": {"tiers": [{"until": "20", "price": "3"}, {"price": "4"}]}},
}
W = samples.component("W", CHARGE)
SHOWN = ("set_no", "tier", "quantity_milli", "unit_price_micro")


def usage(from_: str, until: str, quantity: int = 12_000, *, version: int = 1, **more: Any) -> Usage:
    return Usage(
        1,
        quantity,
        tariff_version_id=version,
        period_from=dt.date.fromisoformat(from_),
        period_until=dt.date.fromisoformat(until),
        more=more,
    )


def seasonal(**more: Any) -> tariff.TariffVersion:
    return samples.version(W, seasons=SEASONS, **more)


@pytest.mark.parametrize(
    ("until", "set_no"),
    [
        ("2021-05-01", 2),  # the last day is 30 April
        ("2021-05-02", 1),
        ("2021-11-01", 1),
        ("2021-11-02", 2),
        ("2022-01-01", 2),
        ("2022-03-01", 2),
    ],
)
def test_the_season_of_the_last_day_holds(until: str, set_no: int) -> None:
    last = dt.date.fromisoformat(until)
    used = usage((last - dt.timedelta(days=30)).isoformat(), until)
    assert {row[0] for row in samples.rated(seasonal(), used, show=SHOWN)} == {set_no}


def test_by_days_a_usage_is_cut_at_the_season() -> None:
    # 30 days, 20 of them winter: 12 x 20/30 = 8; the counter runs on at 8 into the summer's tiers
    found = samples.rated(
        seasonal(season_change={"split": "DAYS"}), usage("2021-04-11", "2021-05-11"), show=SHOWN
    )
    assert found == [(2, 1, 8000, 3_000_000), (1, 1, 2000, 1_000_000), (1, 2, 2000, 2_000_000)]


def test_a_counter_may_start_again_with_the_season() -> None:
    version = seasonal(season_change={"split": "DAYS", "counter": "RESTARTS"})
    assert samples.rated(version, usage("2021-04-11", "2021-05-11"), show=SHOWN) == [
        (2, 1, 8000, 3_000_000),
        (1, 1, 4000, 1_000_000),
    ]


def test_bounds_in_proportion_to_the_days_of_each_season() -> None:
    version = seasonal(season_change={"split": "DAYS", "counter": "PRORATED"})
    # summer's bound 10 x 10/30 = 3.333; winter's 20 x 20/30 = 13.333
    shown = (*SHOWN[:3], "tier_until_milli")
    assert samples.rated(version, usage("2021-04-11", "2021-05-11"), show=shown) == [
        (2, 1, 8000, 13_333),
        (1, 1, 3333, 3333),
        (1, 2, 667, None),
    ]


def test_a_year_and_a_day_has_every_season() -> None:
    version = samples.version(
        samples.component(
            "W", {"kind": "PER_UNIT", "price": "1", "seasons": {"SUMMER": {}, "WINTER": {"price": "2"}}}
        ),
        seasons=SEASONS,
        season_change={"split": "DAYS", "round_to": "0.001"},
    )
    found = samples.rated(
        version, usage("2021-01-01", "2022-01-02", 366_000), show=("set_no", "days", "quantity_milli")
    )
    assert found == [(2, 120, 120_000), (1, 184, 184_000), (2, 62, 62_000)]


def test_a_season_and_a_new_version_cut_the_same_usage() -> None:
    items = [
        {"effective_from": "2020-01-01", "effective_until": "2021-04-16", "components": [W]},
        {
            "effective_from": "2021-04-16",
            "components": [W],
            "price_change": {"split": "DAYS", "counter": "RESTARTS"},
            "season_change": {"split": "DAYS", "round_to": "0.001"},
        },
    ]
    changing = samples.document_book(versions=items, seasons=SEASONS)
    used = usage("2021-04-01", "2021-05-31", 60_500, version=2)
    shown = ("tariff_version_id", "set_no", "before_milli", "quantity_milli")
    assert samples.rated(changing, used, show=shown) == [
        # to 16 April 15 of 60 days: 15.125 -> 15 by the step of the version; to 1 May 30 days: 30.25 exactly
        (1, 2, 0, 15_000),
        (2, 2, 0, 15_250),
        (2, 1, 15_250, 30_250),
    ]


def test_the_first_of_may_may_be_version_and_season_at_once() -> None:
    items = [
        {"effective_from": "2020-01-01", "effective_until": "2021-05-01", "components": [W]},
        {"effective_from": "2021-05-01", "components": [W], "price_change": {"split": "DAYS"}},
    ]
    changing = samples.document_book(versions=items, seasons=SEASONS, season_change={"split": "DAYS"})
    used = usage("2021-04-16", "2021-05-16", 10_000, version=2)
    assert samples.rated(changing, used, show=("tariff_version_id", "set_no", "quantity_milli")) == [
        (1, 2, 5000),
        (2, 1, 5000),
    ]


def test_three_seasons_over_the_year_end() -> None:
    seasons = [
        samples.named("COLD", **{"from": "11-15", "until": "03-15"}),
        samples.named("WARM", **{"from": "03-15", "until": "06-01"}),
        samples.named("HOT", **{"from": "06-01", "until": "11-15"}),
    ]
    charge = {
        "kind": "PER_UNIT",
        "price": "1",
        "seasons": {"COLD": {"price": "1"}, "WARM": {"price": "2"}, "HOT": {"price": "3"}},
    }
    version = samples.version(samples.component("W", charge), seasons=seasons)
    days = {
        "2021-12-31": 1,
        "2022-01-01": 1,
        "2022-03-14": 1,
        "2022-03-15": 2,
        "2022-05-31": 2,
        "2022-11-14": 3,
    }
    found = {day: calendar_cuts.season_on(version, dt.date.fromisoformat(day)) for day in days}
    assert found == days


FIRST = samples.named(
    "A", **{"from": "2021-01-01", "until": "2022-01-01"}, prices={"W": {"kind": "PER_UNIT", "price": "5"}}
)
SECOND = samples.named("B", first_tier_only=True)
THIRD = samples.named("C", **{"from": "2021-06-01"}, first_tier_only=["W"], prices={"S": {"price": "7"}})
PROGRAMMES = [FIRST, SECOND, THIRD]
S = samples.component("S", {"kind": "PER_UNIT", "price": "1"})


@pytest.mark.parametrize(
    ("choices", "from_", "until", "set_no"),
    [
        (None, "2021-05-01", "2021-06-01", 0),
        ([], "2021-05-01", "2021-06-01", 0),
        (["X"], "2021-05-01", "2021-06-01", 0),
        (["B"], "2021-05-01", "2021-06-01", 200),
        (["B", "A"], "2021-05-01", "2021-06-01", 100),
        (["B", "B"], "2021-05-01", "2021-06-01", 200),
        (["C"], "2021-05-01", "2021-06-01", 0),  # it begins with the last day after this one
        (["C"], "2021-05-02", "2021-06-02", 300),
        (["A"], "2020-12-01", "2021-01-01", 0),
        (["A"], "2020-12-02", "2021-01-02", 100),
        (["A", "C"], "2021-12-02", "2022-01-01", 100),
        (["A", "C"], "2021-12-02", "2022-01-02", 300),
    ],
)
def test_the_first_programme_that_holds_applies(
    choices: list[str] | None, from_: str, until: str, set_no: int
) -> None:
    charge = {"kind": "GRADUATED_TIERS", "tiers": [{"until": "10", "price": "1"}, {"price": "2"}]}
    version = samples.version(samples.component("W", charge), S, programmes=PROGRAMMES)
    found = samples.rated(
        version, usage(from_, until, choices=choices), show=("set_no", "component_no", "amount_minor")
    )
    expected = {
        0: [(1, 1000), (1, 400), (2, 1200)],
        100: [(1, 6000), (2, 1200)],
        200: [(1, 1200), (2, 1200)],
        300: [(1, 1200), (2, 8400)],
    }[set_no]
    assert found == [(set_no, *line) for line in expected]


def test_programme_and_season_together() -> None:
    own = {
        "W": {"seasons": {"SUMMER": {"tiers": [{"price": "0.5"}]}, "WINTER": {"tiers": [{"price": "0.25"}]}}}
    }
    version = seasonal(programmes=[samples.named("LOW", prices=own)])
    for until, set_no, price in (("2021-08-01", 101, 500_000), ("2021-12-01", 102, 250_000)):
        used = usage("2021-07-01" if set_no == 101 else "2021-11-05", until, choices=["LOW"])
        assert samples.rated(version, used, show=SHOWN) == [(set_no, 1, 12_000, price)]


def test_usages_with_and_without_programme_side_by_side() -> None:
    version = seasonal(programmes=[samples.named("LOW", prices={"W": {"kind": "PER_UNIT", "price": "5"}})])
    plain = samples.version(S)
    usages = [
        Usage(1, 1000),
        Usage(2, 1000, more={"choices": ["LOW"]}),
        Usage(3, 1000, more={"choices": []}),
        Usage(4, 1000, tariff_version_id=2, more={"choices": ["LOW"]}),
    ]
    both = samples.book_of({1: version, 2: plain})
    assert samples.rated(both, *usages, show=("usage_id", "set_no", "unit_price_micro")) == [
        (1, 2, 3_000_000),
        (2, 102, 5_000_000),
        (3, 2, 3_000_000),
        (4, 0, 1_000_000),
    ]


def test_price_sets_without_programmes_asked_for() -> None:
    """Choices may stand with a tariff that has seasons only."""
    assert samples.rated(
        seasonal(), usage("2021-07-01", "2021-08-01", choices=["LOW"]), show=("set_no",)
    ) == [
        (1,),
        (1,),
    ]
