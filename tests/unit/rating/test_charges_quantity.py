"""Charges by quantity at their edges: what falls to which price, in one bill and in several of a period."""

from itertools import pairwise
from typing import Any

import pytest

from tests.unit.rating import samples
from tests.unit.rating.samples import Usage

BOUNDS = [{"until": "10", "price": "2"}, {"until": "20", "price": "3"}, {"price": "5"}]
Lines = list[tuple[int, int, int, int]]


def one(charge: dict[str, Any], *usages: Usage, **more: Any) -> Lines:
    """(component, tier, quantity, amount) of a version with one component."""
    return samples.rated(samples.version(samples.component("X", charge), **more), *usages)


def parts(charge: dict[str, Any], usage: Usage) -> list[tuple[int, int]]:
    """Tier and quantity of each line."""
    return [(tier, quantity) for _, tier, quantity, _ in one(charge, usage)]


GRADUATED = {"kind": "GRADUATED_TIERS", "tiers": BOUNDS}
VOLUME = {"kind": "VOLUME_TIERS", "tiers": BOUNDS}
FEE = {"kind": "TIER_FEE", "tiers": BOUNDS}
PACKAGE = {"kind": "PACKAGE", "price": "4", "size": "2.5"}
SWITCHING = {
    "kind": "SWITCHING_TIERS",
    "tables": [
        {"until": "10", "tiers": [{"until": "4", "price": "1"}, {"price": "2"}]},
        {"until": "20", "tiers": [{"price": "3"}]},
        {"tiers": [{"until": "15", "price": "4"}, {"price": "5"}]},
    ],
}


@pytest.mark.parametrize(
    ("price", "quantity", "amount"),
    [
        ("1.57", 0, 0),
        ("1.57", 3, 0),  # 0.00471
        ("1.67", 3, 1),  # 0.00501
        ("1.67", -3, -1),
        ("1.57", 1000, 157),
        ("0.005", 1000, 1),
        ("0.005", -1000, -1),
        ("0.004999", 1000, 0),
        ("0", 10**12, 0),
    ],
)
def test_a_flat_price_rounds_half_up_and_mirrors(price: str, quantity: int, amount: int) -> None:
    usage = Usage(1, quantity, before_milli=0 if quantity > 0 else 5000)
    assert one({"kind": "PER_UNIT", "price": price}, usage) == [(1, 0, quantity, amount)]


@pytest.mark.parametrize(
    ("before", "quantity", "expected"),
    [
        (0, 10_000, [(1, 10_000)]),
        (0, 10_001, [(2, 10_001)]),
        (0, 20_000, [(2, 20_000)]),
        (0, 20_001, [(3, 20_001)]),
        (0, 0, [(1, 0)]),
        (10_000, 0, [(1, 0)]),
        (10_001, 0, [(2, 0)]),
        (5000, 5000, [(1, 5000)]),
        (5000, 5001, [(1, -5000), (2, 10_001)]),
        (5000, 20_000, [(1, -5000), (3, 25_000)]),
        (25_000, -20_000, [(1, 5000), (3, -25_000)]),
        (5000, -5000, [(1, -5000)]),
        (10_001, -1, [(1, 10_000), (2, -10_001)]),
    ],
)
def test_volume_tiers_price_the_whole_counter(
    before: int, quantity: int, expected: list[tuple[int, int]]
) -> None:
    assert parts(VOLUME, Usage(1, quantity, before_milli=before)) == expected


@pytest.mark.parametrize(
    ("before", "quantity", "expected"),
    [
        (0, 0, [(1, 1000)]),  # nothing used, the first block is reached all the same
        (0, 10_000, [(1, 1000)]),
        (0, 10_001, [(2, 1000)]),
        (1, 9999, []),  # paid with the first bill of the period
        (1, 10_000, [(1, -1000), (2, 1000)]),
        (10_000, 10_001, [(1, -1000), (3, 1000)]),
        (15_000, 1, []),
        (15_000, 0, []),
        (15_000, -10_000, [(1, 1000), (2, -1000)]),
        (15_000, -1, []),
    ],
)
def test_a_fee_by_the_tier_reached_is_paid_once(
    before: int, quantity: int, expected: list[tuple[int, int]]
) -> None:
    assert parts(FEE, Usage(1, quantity, before_milli=before)) == expected


@pytest.mark.parametrize(
    ("before", "quantity", "blocks"),
    [
        (0, 0, 0),
        (0, 1, 1000),
        (0, 2500, 1000),
        (0, 2501, 2000),
        (2500, 1, 1000),
        (1, 2499, 0),
        (1, 2500, 1000),
        (2501, -1, -1000),
        (2500, -1, 0),
        (2500, -2500, -1000),
    ],
)
def test_a_package_is_paid_when_begun(before: int, quantity: int, blocks: int) -> None:
    amount = blocks * 4 // 10
    assert one(PACKAGE, Usage(1, quantity, before_milli=before)) == [(1, 0, blocks, amount)]


@pytest.mark.parametrize(
    ("before", "quantity", "expected"),
    [
        (0, 0, [(1, 1, 0)]),
        (0, 10_000, [(1, 1, 4000), (1, 2, 6000)]),
        (0, 10_001, [(2, 1, 10_001)]),
        (0, 20_000, [(2, 1, 20_000)]),
        (0, 20_001, [(3, 1, 15_000), (3, 2, 5001)]),
        (10_000, 0, [(1, 2, 0)]),
        (10_001, 0, [(2, 1, 0)]),
        (4000, 0, [(1, 1, 0)]),
        (3000, 2000, [(1, 1, 1000), (1, 2, 1000)]),
        (8000, 4000, [(1, 1, -4000), (1, 2, -4000), (2, 1, 12_000)]),
        (12_000, 10_000, [(2, 1, -12_000), (3, 1, 15_000), (3, 2, 7000)]),
        (12_000, -4000, [(1, 1, 4000), (1, 2, 4000), (2, 1, -12_000)]),
    ],
)
def test_switching_tables_charge_the_total_by_its_own_table(
    before: int, quantity: int, expected: list[tuple[int, int, int]]
) -> None:
    version = samples.version(samples.component("X", SWITCHING))
    usage = Usage(1, quantity, before_milli=before)
    assert samples.rated(version, usage, show=("band", "tier", "quantity_milli")) == expected


@pytest.mark.parametrize(
    "charge", [GRADUATED, VOLUME, FEE, SWITCHING, PACKAGE], ids=lambda item: item["kind"]
)
@pytest.mark.parametrize("readings", [(3, 9, 10, 11, 19, 20, 21, 40), (10, 20), (1, 2, 3), (25, 12, 4)])
def test_bills_of_one_period_cost_what_one_bill_does(
    charge: dict[str, Any], readings: tuple[int, ...]
) -> None:
    counters = [0, *(reading * 1000 for reading in readings)]
    usages = [
        Usage(number, after - before, before_milli=before)
        for number, (before, after) in enumerate(pairwise(counters))
    ]
    whole = one(charge, Usage(1, counters[-1]))
    split = one(charge, *usages)
    assert sum(line[3] for line in split) == sum(line[3] for line in whole)


ENTERED = {
    "kind": "GRADUATED_TIERS",
    "tiers": [{"until": "5", "fee": "27"}, {"until": "15", "price": "2", "fee": "9"}, {"price": "1"}],
}


@pytest.mark.parametrize(
    ("before", "quantity", "expected"),
    [
        (0, 0, [(1, 1000, 2700), (1, 0, 0)]),
        (0, 5000, [(1, 1000, 2700), (1, 5000, 0)]),
        (0, 5001, [(1, 1000, 2700), (1, 5000, 0), (2, 1000, 900), (2, 1, 0)]),
        (5000, 1000, [(2, 1000, 900), (2, 1000, 200)]),
        (5001, 1000, [(2, 1000, 200)]),
        (5001, -1, [(2, -1000, -900), (2, -1, 0)]),
        (5001, 0, [(2, 0, 0)]),
        (3000, -3000, [(1, -3000, 0)]),
        (16_000, -12_000, [(1, -1000, 0), (2, -1000, -900), (2, -10_000, -2000), (3, -1000, -100)]),
    ],
)
def test_the_fee_of_a_tier_is_paid_when_it_is_entered(
    before: int, quantity: int, expected: list[tuple[int, int, int]]
) -> None:
    lines = one(ENTERED, Usage(1, quantity, before_milli=before))
    assert [line[1:] for line in lines] == expected


OVER = [{"until_percent": "20", "price": "1"}, {"until_percent": "50", "price": "2"}, {"price": "3"}]


@pytest.mark.parametrize(
    ("before", "quantity", "expected"),
    [
        (0, 100_000, []),  # within the quota nothing is said
        (0, 100_001, [(2, 1)]),
        (0, 120_000, [(2, 20_000)]),
        (0, 151_000, [(2, 20_000), (3, 30_000), (4, 1000)]),
        (110_000, 20_000, [(2, 10_000), (3, 10_000)]),
        (130_000, -25_000, [(2, -15_000), (3, -10_000)]),
        (130_000, 0, [(3, 0)]),
    ],
)
def test_a_surcharge_begins_at_the_quota(before: int, quantity: int, expected: list[tuple[int, int]]) -> None:
    usage = Usage(1, quantity, before_milli=before, more={"quota_milli": 100_000})
    assert parts({"kind": "OVER_QUOTA", "tiers": OVER}, usage) == expected


def test_a_quota_of_zero_is_exceeded_at_once() -> None:
    charge = {"kind": "OVER_QUOTA", "within_price": "1", "tiers": OVER}
    assert parts(charge, Usage(1, 7000, more={"quota_milli": 0})) == [(4, 7000)]


def test_shares_of_an_odd_quota_are_rounded_to_thousandths() -> None:
    version = samples.version(
        samples.component("X", {"kind": "OVER_QUOTA", "within_price": "1", "tiers": OVER})
    )
    usage = Usage(1, 1000, more={"quota_milli": 333})
    ends = samples.rated(version, usage, show=("tier_from_milli", "tier_until_milli", "quantity_milli"))
    # 333 x 1.2 = 399.6 and 333 x 1.5 = 499.5, both half up
    assert ends == [(0, 333, 333), (333, 400, 67), (400, 500, 100), (500, None, 500)]


def test_an_empty_tier_has_no_line() -> None:
    household = {"rule": "FIRST_TIER", "over_persons": 2, "add": ["6"]}
    version = samples.version(samples.component("X", GRADUATED), household=household)
    # 10 + 2 x 6 = 22 is held at the second bound, 20
    shown = ("tier", "tier_from_milli", "tier_until_milli", "quantity_milli")
    assert samples.rated(version, Usage(1, 25_000, persons=4), show=shown) == [
        (1, 0, 20_000, 20_000),
        (3, 20_000, None, 5000),
    ]
    assert samples.rated(version, Usage(1, 0, before_milli=20_000, persons=4), show=shown) == [
        (1, 0, 20_000, 0)
    ]
    assert samples.rated(version, Usage(1, 0, before_milli=20_001, persons=4), show=shown) == [
        (3, 20_000, None, 0)
    ]


def test_the_only_bound_may_grow_without_a_limit() -> None:
    household = {"rule": "FIRST_TIER", "over_persons": 2, "add": ["6"]}
    charge = {"kind": "GRADUATED_TIERS", "tiers": [{"until": "10", "price": "2"}, {"price": "3"}]}
    version = samples.version(samples.component("X", charge), household=household)
    assert samples.rated(version, Usage(1, 50_000, persons=7)) == [(1, 1, 40_000, 8000), (1, 2, 10_000, 3000)]


def test_a_single_open_tier_has_nothing_to_widen() -> None:
    """As all at the first tier, a programme, leaves it."""
    household = {"rule": "FIRST_TIER", "over_persons": 2, "add": ["6"]}
    version = samples.version(
        samples.component("X", GRADUATED),
        household=household,
        programmes=[samples.named("LOW", first_tier_only=True)],
    )
    usage = Usage(1, 50_000, persons=7, more={"choices": ["LOW"]})
    assert samples.rated(version, usage) == [(1, 1, 50_000, 10_000)]


def test_the_household_moves_every_tiered_kind() -> None:
    household = {"rule": "ADD", "over_persons": 4, "add": ["10"]}
    usage = Usage(1, 20_000, persons=5)
    assert one(VOLUME, usage, household=household) == [(1, 1, 20_000, 4000)]
    assert one(FEE, usage, household=household) == [(1, 1, 1000, 200)]
    assert one(GRADUATED, usage, household=household) == [(1, 1, 20_000, 4000)]


@pytest.mark.parametrize("quantity", [26_000, 0, -3000])
def test_kinds_stand_side_by_side(quantity: int) -> None:
    """Kinds by other rules in one version don't change one another."""
    charges: list[dict[str, Any]] = [GRADUATED, VOLUME, FEE, PACKAGE, SWITCHING]
    charges.append({"kind": "PER_UNIT", "price": "2"})
    together = samples.version(*(samples.component(f"C{i}", charge) for i, charge in enumerate(charges)))
    usage = Usage(1, quantity, before_milli=4000)
    alone = [line[1:] for charge in charges for line in one(charge, usage)]
    assert [line[1:] for line in samples.rated(together, usage)] == alone
