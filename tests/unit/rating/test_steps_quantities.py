"""What happens to a quantity before any price: conversion, whole steps, mixed use, free units."""

import datetime as dt
from typing import Any

import pytest

from meterbook.rating import columns
from tests.unit.rating import samples
from tests.unit.rating.samples import Usage

W = samples.component("W", {"kind": "PER_UNIT", "price": "1"})
S = samples.component("S", {"kind": "PER_UNIT", "price": "1"})
TIERED = samples.component(
    "W", {"kind": "GRADUATED_TIERS", "tiers": [{"until": "10", "price": "1"}, {"price": "2"}]}
)
QUANTITY = ("quantity_milli",)


class TestConversion:
    def charged(
        self, quantity: int, *, before: int = 0, given: dict[str, Any] | None = None, **more: Any
    ) -> int:
        usage = Usage(1, quantity, before_milli=before, more=given or {})
        [(found,)] = samples.rated(samples.version(W, **more), usage, show=QUANTITY)
        return int(found)

    @pytest.mark.parametrize(
        ("conversion", "quantity", "expected"),
        [
            ({}, 1234, 1234),
            ({"factor": "1.02264"}, 1000, 1023),
            ({"factor": "1.02264", "round_to": "0.01"}, 1000, 1020),
            ({"factor": "1.5", "round_to": "1"}, 1000, 2000),
            ({"factor": "1.5", "round_to": "1", "rounding": "TRUNCATE"}, 1000, 1000),
            ({"factor": "2.5", "round_to": "1", "rounding": "HALF_EVEN"}, 1000, 2000),
            ({"factor": "1.5", "round_to": "1"}, -1000, -2000),
            ({"divide_by": "3.6"}, 1000, 278),
            ({"factor": "0.000001"}, 400, 0),
            ({"factor": "1000000", "calorific_value": "1000000", "divide_by": "1000000"}, 1, 1_000_000),
        ],
    )
    def test_factor_divisor_and_one_rounding(
        self, conversion: dict[str, Any], quantity: int, expected: int
    ) -> None:
        conversion = {"from_unit": "hcf", **conversion}
        assert self.charged(quantity, before=max(0, -expected), conversion=conversion) == expected

    def test_the_calorific_value_is_the_usages_where_metered(self) -> None:
        metered = {"from_unit": "m3", "calorific_value": "METERED", "divide_by": "3.6"}
        assert self.charged(1000, conversion=metered, given={"calorific_micro": 39_600_000}) == 11_000
        stated = {"from_unit": "m3", "calorific_value": "36", "divide_by": "3.6"}
        assert self.charged(1000, conversion=stated, given={"calorific_micro": 39_600_000}) == 10_000

    @pytest.mark.parametrize(
        ("rule", "quantity", "carried", "expected"),
        [
            ({"round_to": "1"}, 1500, 0, 2000),
            ({"round_to": "1"}, 1499, 900, 1000),  # not carried: 0.9 is nothing to it
            ({"round_to": "1", "carry": True}, 1499, 900, 2000),
            ({"round_to": "1", "rounding": "TRUNCATE", "carry": True}, 1499, 500, 1000),
            ({"round_to": "1", "rounding": "TRUNCATE", "carry": True}, 1499, 501, 2000),
            ({"round_to": "1", "rounding": "TRUNCATE", "carry": True}, 0, 999, 0),
            ({"round_to": "5", "rounding": "TRUNCATE"}, 14_999, 0, 10_000),
            ({"round_to": "1", "rounding": "TRUNCATE"}, -1999, 0, -1000),
        ],
    )
    def test_whole_steps_and_what_is_left_over(
        self, rule: dict[str, Any], quantity: int, carried: int, expected: int
    ) -> None:
        given = {"carried_milli": carried}
        assert self.charged(quantity, before=5000, billed_quantity=rule, given=given) == expected

    def test_first_converted_then_carried_then_rounded(self) -> None:
        rule = {"round_to": "1", "rounding": "TRUNCATE", "carry": True}
        conversion = {"from_unit": "m3", "factor": "1.5"}
        assert (
            self.charged(1000, conversion=conversion, billed_quantity=rule, given={"carried_milli": 500})
            == 2000
        )

    def test_nothing_said_to_be_carried_is_nothing(self) -> None:
        rule = {"round_to": "1", "rounding": "TRUNCATE", "carry": True}
        assert self.charged(1999, billed_quantity=rule) == 1000
        assert self.charged(2000, billed_quantity=rule) == 2000
        assert self.charged(1999, billed_quantity=rule, given={"carried_milli": None}) == 1000

    def test_no_more_is_taken_back_than_was_charged(self) -> None:
        doubled = samples.version(TIERED, conversion={"from_unit": "m3", "factor": "2"})
        stepped = samples.version(TIERED, billed_quantity={"round_to": "5"})
        halved = samples.version(TIERED, conversion={"from_unit": "m3", "factor": "0.5"})
        below = {1: "NEGATIVE_RUNNING_TOTAL"}
        assert samples.codes(doubled, Usage(1, -5000, before_milli=10_000)) == {}
        assert samples.codes(doubled, Usage(1, -5000, before_milli=9999)) == below
        assert samples.codes(stepped, Usage(1, -3000, before_milli=4999)) == below
        assert samples.codes(halved, Usage(1, -10_000, before_milli=5000)) == {}

    @pytest.mark.parametrize(("factor", "metered"), [("2", 10**12), ("1000000", 10**12), ("1000", 10**9 + 1)])
    def test_what_is_charged_has_a_limit_too(self, factor: str, metered: int) -> None:
        conversion = {"from_unit": "m3", "factor": factor, "calorific_value": factor}
        beyond = {1: "QUANTITY_OUT_OF_RANGE"}
        assert samples.codes(samples.version(W, conversion=conversion), Usage(1, metered)) == beyond

    def test_usages_of_other_tariffs_stay_as_they_are(self) -> None:
        converting = samples.version(W, conversion={"from_unit": "m3", "factor": "2"})
        both = samples.book_of({1: converting, 2: samples.version(W)})
        usages = [Usage(number, 1000, tariff_version_id=1 + number % 2) for number in range(4)]
        found = samples.rated(both, *usages, show=("usage_id", "quantity_milli"))
        assert found == [(0, 2000), (1, 1000), (2, 2000), (3, 1000)]

    def test_tiers_count_what_is_charged(self) -> None:
        version = samples.version(TIERED, billed_quantity={"round_to": "1", "rounding": "TRUNCATE"})
        assert samples.rated(version, Usage(1, 10_999)) == [(1, 1, 10_000, 1000)]


def part(
    number: int,
    split: columns.Split,
    value: int | None = None,
    *,
    quantity: int,
    version: int = 1,
    **more: Any,
) -> Usage:
    given = {"part_no": number, "split": int(split), "split_value": value, **more}
    return Usage(1, quantity, before_milli=max(0, -quantity), tariff_version_id=version, more=given)


REST, FIXED, SHARE, HIGHEST = (
    columns.Split.REST,
    columns.Split.FIXED,
    columns.Split.SHARE,
    columns.Split.HIGHEST,
)


class TestMixedUse:
    def parts(self, quantity: int, *splits: tuple[columns.Split, int | None]) -> list[int]:
        usages = [part(number, *split, quantity=quantity) for number, split in enumerate(splits, start=1)]
        found = samples.rated(samples.version(W), *reversed(usages), show=("part_no", "quantity_milli"))
        assert [number for number, _ in found] == list(range(1, len(splits) + 1))
        assert sum(quantity for _, quantity in found) == quantity
        return [quantity for _, quantity in found]

    @pytest.mark.parametrize(
        ("quantity", "splits", "expected"),
        [
            (10_000, [(FIXED, 4000), (REST, None)], [4000, 6000]),
            (10_000, [(REST, None), (FIXED, 4000)], [6000, 4000]),
            (10_000, [(FIXED, 4000), (FIXED, 5000), (REST, None)], [4000, 5000, 1000]),
            (10_000, [(FIXED, 8000), (FIXED, 5000), (REST, None)], [8000, 2000, 0]),
            (10_000, [(FIXED, 11_000), (FIXED, 5000), (REST, None)], [10_000, 0, 0]),
            (-10_000, [(FIXED, 4000), (REST, None)], [-4000, -6000]),
            (0, [(FIXED, 4000), (SHARE, 500_000), (REST, None)], [0, 0, 0]),
            (10_000, [(REST, None)], [10_000]),
            (10_000, [(SHARE, 1_000_000)], [10_000]),
            (10_001, [(SHARE, 500_000), (SHARE, 500_000)], [5001, 5000]),
            (-10_001, [(SHARE, 500_000), (SHARE, 500_000)], [-5001, -5000]),
            (10_000, [(SHARE, 333_333), (SHARE, 333_333), (SHARE, 333_334)], [3333, 3333, 3334]),
            (10, [(SHARE, 150_000), (SHARE, 150_000), (SHARE, 700_000)], [2, 1, 7]),  # 1.5, 1.5, 7
            (
                10,
                [(SHARE, 260_000), (SHARE, 270_000), (SHARE, 470_000)],
                [2, 3, 5],
            ),  # 2.6, 2.7, 4.7: two to give
            (10_000, [(SHARE, 250_000), (REST, None)], [2500, 7500]),
            (3, [(SHARE, 250_000), (SHARE, 250_000), (REST, None)], [1, 1, 1]),  # 0.75 each: 1.5 is 2
            (10_000, [(FIXED, 2000), (SHARE, 250_000), (REST, None)], [2000, 2000, 6000]),
            (10_000, [(FIXED, 2000), (SHARE, 400_000), (SHARE, 600_000)], [2000, 3200, 4800]),
            (1000, [(FIXED, 2000), (SHARE, 1_000_000)], [1000, 0]),
            (10_000, [(SHARE, 0), (REST, None)], [0, 10_000]),
            (10**12, [(FIXED, 1), (SHARE, 250_000), (REST, None)], [1, 25 * 10**10, 75 * 10**10 - 1]),
        ],
    )
    def test_parts_sum_to_the_meter(
        self, quantity: int, splits: list[tuple[columns.Split, int | None]], expected: list[int]
    ) -> None:
        assert self.parts(quantity, *splits) == expected

    def test_usages_without_parts_stay_whole_beside_them(self) -> None:
        usages = [
            part(1, FIXED, 4000, quantity=10_000),
            part(2, REST, quantity=10_000),
            Usage(2, 5000),
            Usage(3, 5000, more={"part_no": 1}),
        ]
        found = samples.rated(samples.version(W), *usages, show=("usage_id", "part_no", "quantity_milli"))
        assert found == [(1, 1, 4000), (1, 2, 6000), (2, 1, 5000), (3, 1, 5000)]

    def test_lines_are_numbered_over_all_parts_and_bills_are_of_one(self) -> None:
        least = samples.component("L", {"kind": "MINIMUM", "price": "5"})
        usages = [part(1, FIXED, 2000, quantity=10_000), part(2, REST, quantity=10_000)]
        found = samples.rated(samples.version(W, least), *usages, show=("line_no", "part_no", "amount_minor"))
        assert found == [(1, 1, 200), (2, 1, 300), (3, 2, 800)]

    def test_whole_steps_are_of_the_meter_not_of_each_part(self) -> None:
        version = samples.version(W, billed_quantity={"round_to": "1", "rounding": "TRUNCATE", "carry": True})
        usages = [
            part(1, FIXED, 5200, quantity=10_500, carried_milli=600),
            part(2, REST, quantity=10_500, carried_milli=600),
        ]
        assert samples.rated(version, *usages, show=QUANTITY) == [(5200,), (5800,)]  # 11.1 is 11

    def test_parts_of_other_units_do_not_fit(self) -> None:
        rounding = samples.version(W, billed_quantity={"round_to": "1"})
        both = samples.book_of({1: samples.version(W), 2: rounding})
        odd = [part(1, FIXED, 5200, quantity=10_500), part(2, REST, quantity=10_500, version=2)]
        assert samples.codes(both, *odd) == {1: "PARTS_DO_NOT_FIT"}
        even = [part(1, FIXED, 5200, quantity=10_000), part(2, REST, quantity=10_000, version=2)]
        assert samples.codes(both, *even) == {}

    def highest(self, *prices: str, quantity: int = 10_000) -> list[tuple[Any, ...]]:
        versions = {
            number: samples.version(samples.component("W", {"kind": "PER_UNIT", "price": price}), S)
            for number, price in enumerate(prices, start=1)
        }
        usages = [part(number, HIGHEST, quantity=quantity, version=number) for number in versions]
        others = [Usage(2, 1000)]
        shown = ("usage_id", "part_no", "component_no", "quantity_milli")
        return samples.rated(samples.book_of(versions), *usages, *others, show=shown)

    @pytest.mark.parametrize(
        ("prices", "quantity", "winner"),
        [
            (("1", "3", "2"), 10_000, 2),
            (("3", "3", "2"), 10_000, 1),  # the first of equals
            (("1", "3", "3"), 10_000, 2),
            (("1",), 10_000, 1),
            (("1", "3", "2"), 0, 1),
            (("3", "1", "2"), -10_000, 2),  # the dearest to pay back is the least given back
        ],
    )
    def test_of_rivals_the_dearest_counts(self, prices: tuple[str, ...], quantity: int, winner: int) -> None:
        assert self.highest(*prices, quantity=quantity) == [
            (1, winner, 1, quantity),
            (1, winner, 2, quantity),
            (2, 1, 1, 1000),
            (2, 1, 2, 1000),
        ]

    def test_rivals_are_compared_with_all_that_is_of_them(self) -> None:
        cheap = samples.version(W, samples.component("L", {"kind": "MINIMUM", "price": "50"}))
        both = samples.book_of(
            {1: samples.version(samples.component("W", {"kind": "PER_UNIT", "price": "3"})), 2: cheap}
        )
        usages = [part(1, HIGHEST, quantity=10_000), part(2, HIGHEST, quantity=10_000, version=2)]
        assert samples.rated(both, *usages, show=("part_no", "amount_minor")) == [(2, 1000), (2, 4000)]


def free(quantity: str, *, per: str = "MONTH", **more: Any) -> dict[str, Any]:
    return samples.component("FREE", {"kind": "FREE_QUANTITY", "quantity": quantity, "per": per, **more})


class TestFreeUnits:
    def test_free_units_reach_no_tier_and_have_a_line(self) -> None:
        version = samples.version(TIERED, S, free("6", of=["W"]))
        assert samples.rated(version, Usage(1, 17_000, before_milli=2000)) == [
            (1, 1, 8000, 800),
            (1, 2, 3000, 600),
            (2, 0, 17_000, 1700),
            (3, 0, 6000, 0),
        ]

    @pytest.mark.parametrize(
        ("charge", "quantity", "given", "granted"),
        [
            ({"quantity": "6"}, 17_000, {}, 6000),
            ({"quantity": "6"}, 17_000, {"months": 2}, 12_000),
            ({"quantity": "6"}, 17_000, {"months": 3}, 17_000),
            ({"quantity": "6"}, 17_000, {"months": 0}, 0),
            ({"quantity": "6"}, 5000, {}, 5000),
            ({"quantity": "6"}, 0, {}, 0),
            ({"quantity": "6"}, -3000, {}, 0),
            ({"quantity": "6", "per": "PERIOD"}, 17_000, {"months": 2}, 6000),
            ({"quantity": "6", "pooled": True}, 90_000, {}, 72_000),
            ({"quantity": "6", "pooled": True}, 90_000, {"free_before_milli": 70_000}, 2000),
            ({"quantity": "6", "pooled": True}, 90_000, {"free_before_milli": 72_000}, 0),
            ({"quantity": "6", "pooled": True}, 90_000, {"free_before_milli": 80_000}, 0),
            ({"quantity": "6", "per": "PERIOD", "pooled": True}, 90_000, {"free_before_milli": 1000}, 5000),
            (
                {"quantity": "6"},
                17_000,
                {"free_before_milli": 5000},
                6000,
            ),  # not pooled: what was free is past
        ],
    )
    def test_how_much_is_free(
        self, charge: dict[str, Any], quantity: int, given: dict[str, Any], granted: int
    ) -> None:
        usage = Usage(1, quantity, before_milli=5000, more=given)
        found = samples.rated(
            samples.version(W, free(**charge)), usage, show=("component_no", "quantity_milli")
        )
        expected = [(1, quantity - granted), (2, granted)]
        assert found == (expected if granted else expected[:1])

    def test_started_months_count_where_the_tariff_says_so(self) -> None:
        until = dt.date(2025, 2, 10)
        usage = Usage(1, 17_000, period_until=until)
        assert samples.rated(samples.version(W, free("6"), months="STARTED"), usage)[1][2] == 12_000
        assert samples.rated(samples.version(W, free("6")), usage)[1][2] == 6000

    def test_of_several_the_first_that_holds_is_granted(self) -> None:
        poor = samples.component(
            "POOR", {"kind": "FREE_QUANTITY", "quantity": "8", "per": "MONTH"}, choice="POOR"
        )
        old = samples.component(
            "OLD", {"kind": "FREE_QUANTITY", "quantity": "3", "per": "MONTH"}, choice="OLD"
        )
        version = samples.version(W, poor, old)
        usages = [
            Usage(number, 10_000, more={"choices": choices})
            for number, choices in enumerate([["POOR"], ["OLD"], ["OLD", "POOR"], [], None])
        ]
        assert samples.rated(version, *usages, show=("usage_id", "component_no", "quantity_milli")) == [
            *[(0, 1, 2000), (0, 2, 8000)],
            *[(1, 1, 7000), (1, 3, 3000)],
            *[(2, 1, 2000), (2, 2, 8000)],
            (3, 1, 10_000),
            (4, 1, 10_000),
        ]

    def test_free_units_of_some_components_only(self) -> None:
        version = samples.version(W, S, free("6", of=["S"]))
        assert samples.rated(version, Usage(1, 10_000), show=QUANTITY) == [(10_000,), (4000,), (6000,)]

    def test_nothing_offered_to_anybody_here(self) -> None:
        offering = samples.version(W, free("6", choice="POOR"))
        both = samples.book_of({1: offering, 2: samples.version(W)})
        usages = [Usage(1, 10_000), Usage(2, 10_000, tariff_version_id=2)]
        assert samples.rated(both, *usages, show=QUANTITY) == [(10_000,), (10_000,)]

    @pytest.mark.parametrize(
        ("old", "new", "expected"),
        [
            # 10 and 10 by days; the earliest segment that grants takes the allowance first
            ([W, free("6")], [W, free("6")], [(1, 1, 4000), (1, 2, 6000), (2, 1, 10_000)]),
            ([W, free("14")], [W, free("14")], [(1, 1, 0), (1, 2, 10_000), (2, 1, 6000), (2, 2, 4000)]),
            ([W], [W, free("6")], [(1, 1, 10_000), (2, 1, 4000), (2, 2, 6000)]),
            ([W, free("6")], [W], [(1, 1, 4000), (1, 2, 6000), (2, 1, 10_000)]),
            (
                [W, free("6")],
                [W, S, free("9", of=["W", "S"])],
                [(1, 1, 4000), (1, 2, 6000), (2, 1, 7000), (2, 2, 7000), (2, 3, 3000)],
            ),
        ],
    )
    def test_free_units_over_a_change_of_price(
        self, old: list[dict[str, Any]], new: list[dict[str, Any]], expected: list[tuple[int, int, int]]
    ) -> None:
        changing = samples.changing(("2020-01-01", old), ("2025-01-16", new), price_change={"split": "DAYS"})
        usage = Usage(1, 20_000, tariff_version_id=2, period_until=dt.date(2025, 1, 31))
        found = samples.rated(changing, usage, show=("tariff_version_id", "component_no", "quantity_milli"))
        assert found == expected

    def test_counters_run_over_what_is_not_free(self) -> None:
        versions = [("2020-01-01", [TIERED, free("6")]), ("2025-01-16", [TIERED, free("6")])]
        changing = samples.changing(*versions, price_change={"split": "DAYS"})
        usages = [
            Usage(1, 20_000, tariff_version_id=2, period_until=dt.date(2025, 1, 31)),
            Usage(
                2,
                20_000,
                tariff_version_id=2,
                period_from=dt.date(2025, 1, 16),
                period_until=dt.date(2025, 1, 31),
            ),
        ]
        shown = ("usage_id", "tier", "before_milli", "quantity_milli")
        assert samples.rated(changing, *usages, show=shown) == [
            *[(1, 1, 0, 4000), (1, 0, 0, 6000), (1, 1, 4000, 6000), (1, 2, 4000, 4000)],
            *[(2, 1, 0, 10_000), (2, 2, 0, 4000), (2, 0, 0, 6000)],
        ]
