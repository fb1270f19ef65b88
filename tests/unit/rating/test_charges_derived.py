"""Charges of other charges: percentages, discounts, limits, rounding of the bill, taxes on top."""

from typing import Any

import pytest

from meterbook.rating import engine
from tests.unit.rating import samples
from tests.unit.rating.samples import Usage

TWO = {"kind": "PER_UNIT", "price": "2"}
ONE = {"kind": "PER_UNIT", "price": "1"}


def component(code: str, kind: str, **more: Any) -> dict[str, Any]:
    return samples.component(code, {"kind": kind, **more})


def bill(*components: dict[str, Any], quantity: int = 10_000, **more: Any) -> dict[str, int]:
    """Amounts by component code of a bill over `quantity`, by default of 10 units."""
    version = samples.version(*components)
    usage = Usage(1, quantity, before_milli=0 if quantity >= 0 else -quantity, more=more)
    codes = [item.code for item in version.components]
    found = samples.rated(version, usage, show=("component_no", "amount_minor"))
    assert len({number for number, _ in found}) == len(found)
    return {codes[number - 1]: amount for number, amount in found}


W = samples.component("W", TWO)  # 20.00
S = samples.component("S", ONE)  # 10.00


@pytest.mark.parametrize(
    ("derived", "expected"),
    [
        ([component("P", "PERCENTAGE", rate="5")], {"P": 150}),
        ([component("P", "PERCENTAGE", rate="5", of=["S"])], {"P": 50}),
        ([component("P", "PERCENTAGE", rate="0", of=["S"])], {"P": 0}),
        ([component("P", "PERCENTAGE", rate="0.05", of=["S"])], {"P": 1}),  # 0.005 half up
        ([component("P", "PERCENTAGE", rate="1000")], {"P": 30_000}),
        # beside each other unless one names the other; without `of` it is of those before it too
        (
            [component("P", "PERCENTAGE", rate="10"), component("Q", "PERCENTAGE", rate="10")],
            {"P": 300, "Q": 330},
        ),
        (
            [
                component("P", "PERCENTAGE", rate="10", of=["W"]),
                component("Q", "PERCENTAGE", rate="10", of=["W", "S"]),
                component("R", "PERCENTAGE", rate="10", of=["P", "Q"]),
            ],
            {"P": 200, "Q": 300, "R": 50},
        ),
        ([component("D", "PERCENT_OFF", rate="10")], {"D": -300}),
        ([component("D", "PERCENT_OFF", rate="100")], {"D": -3000}),
        ([component("D", "PERCENT_OFF", rate="0")], {}),
        # the second discount is of what the first has left
        (
            [component("D", "PERCENT_OFF", rate="50"), component("E", "PERCENT_OFF", rate="50")],
            {"D": -1500, "E": -750},
        ),
        (
            [
                component("D", "PERCENT_OFF", rate="50", of=["W"]),
                component("E", "PERCENT_OFF", rate="50", of=["S"]),
            ],
            {"D": -1000, "E": -500},
        ),
        ([component("M", "MONEY_OFF", price="25")], {"M": -2500}),
        ([component("M", "MONEY_OFF", price="31")], {"M": -3000}),
        ([component("M", "MONEY_OFF", price="25", of=["S"])], {"M": -1000}),
        (
            [component("M", "MONEY_OFF", price="25"), component("N", "MONEY_OFF", price="25")],
            {"M": -2500, "N": -500},
        ),
        ([component("M", "MAXIMUM", price="30")], {}),
        ([component("M", "MAXIMUM", price="29.99")], {"M": -1}),
        ([component("M", "MAXIMUM", price="0")], {"M": -3000}),
        ([component("M", "MAXIMUM", price="15", of=["W"])], {"M": -500}),
        ([component("M", "MINIMUM", price="30")], {}),
        ([component("M", "MINIMUM", price="30.01")], {"M": 1}),
        ([component("M", "MINIMUM", price="15", of=["S"])], {"M": 500}),
        # the minimum comes after the maximum, whichever stands first
        (
            [component("L", "MINIMUM", price="27"), component("M", "MAXIMUM", price="25")],
            {"M": -500, "L": 200},
        ),
        # what was taken off some of the lines only doesn't count for a limit of others
        (
            [component("D", "PERCENT_OFF", rate="50"), component("L", "MINIMUM", price="20", of=["W"])],
            {"D": -1500},
        ),
        (
            [
                component("D", "PERCENT_OFF", rate="50", of=["W"]),
                component("L", "MINIMUM", price="20", of=["W"]),
            ],
            {"D": -1000, "L": 1000},
        ),
        # a levy on the water includes what was taken off it and added to it
        (
            [
                component("D", "PERCENT_OFF", rate="50", of=["W"]),
                component("L", "MINIMUM", price="16", of=["W"]),
                component("P", "PERCENTAGE", rate="10", of=["W"]),
            ],
            {"D": -1000, "L": 600, "P": 160},
        ),
        ([samples.component("R", {"kind": "BILL_ROUNDING"}, rounding="YUAN_HALF_UP")], {}),
    ],
)
def test_what_other_charges_make_of_it(derived: list[dict[str, Any]], expected: dict[str, int]) -> None:
    assert bill(W, S, *derived) == {"W": 2000, "S": 1000, **expected}


@pytest.mark.parametrize(
    ("price", "rule", "difference"),
    [
        ("1.235", "JIAO_HALF_UP", 5),  # 12.35
        ("1.234", "JIAO_HALF_UP", -4),
        ("1.239", "JIAO_TRUNCATE", -9),
        ("1.25", "YUAN_HALF_EVEN", -50),
        ("1.35", "YUAN_HALF_EVEN", 50),
        ("1.35", "YUAN_TRUNCATE", -50),
        ("1.234", "FEN_HALF_UP", 0),
        ("1.30", "JIAO_HALF_UP", 0),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_bill_is_brought_to_its_step_and_back(price: str, rule: str, difference: int, sign: int) -> None:
    rounding = samples.component("R", {"kind": "BILL_ROUNDING"}, rounding=rule)
    found = bill(
        samples.component("W", {"kind": "PER_UNIT", "price": price}), rounding, quantity=sign * 10_000
    )
    assert found.get("R", 0) == sign * difference


def test_a_reversal_mirrors_percentages_but_not_limits() -> None:
    derived = [
        component("D", "PERCENT_OFF", rate="10", of=["W"]),
        component("P", "PERCENTAGE", rate="5", of=["W"]),
        component("M", "MONEY_OFF", price="5", of=["W"]),
        component("X", "MAXIMUM", price="1", of=["W"]),
    ]
    # nothing is given away, or capped, on a bill that pays back
    assert bill(W, *derived, quantity=-10_000) == {"W": -2000, "D": 200, "P": -90}


def test_a_bill_of_nothing_shows_its_percentage_and_no_discount() -> None:
    derived = [
        component("D", "PERCENT_OFF", rate="10"),
        component("M", "MONEY_OFF", price="5"),
        component("P", "PERCENTAGE", rate="5"),
    ]
    assert bill(W, *derived, quantity=0) == {"W": 0, "P": 0}


@pytest.mark.parametrize(
    ("limit", "more", "expected"),
    [
        ({"price": "12", "per": "MONTH"}, {"months": 2}, 400),  # 24.00
        ({"price": "12", "per": "MONTH", "times": "HOUSEHOLDS"}, {"months": 2, "households": 3}, 5200),
        ({"price": "30", "times": "HOUSEHOLDS"}, {}, 1000),
        (
            {"by_calibre": [{"calibre": 15, "price": "22"}, {"calibre": 20, "price": "33"}]},
            {"calibre_mm": 20},
            1300,
        ),
        ({"price": "22.004"}, {}, 200),
        ({"price": "22.005"}, {}, 201),
    ],
)
def test_limits_count_like_fixed_charges(limit: dict[str, Any], more: dict[str, Any], expected: int) -> None:
    assert bill(W, component("L", "MINIMUM", **limit), **more) == {"W": 2000, "L": expected}


def test_the_shape_of_a_line_is_quantity_times_price() -> None:
    version = samples.version(
        W,
        component("D", "PERCENT_OFF", rate="12.5"),
        component("M", "MONEY_OFF", price="3"),
        component("L", "MINIMUM", price="50"),
        component("P", "PERCENTAGE", rate="3"),
    )
    shown = ("component_no", "quantity_milli", "unit_price_micro", "factor_ppm", "amount_minor")
    assert samples.rated(version, Usage(1, 10_000), show=shown) == [
        (1, 10_000, 2_000_000, 1_000_000, 2000),
        (2, -20_000, 125_000, 1_000_000, -250),
        (3, -1000, 3_000_000, 1_000_000, -300),
        (4, 1000, 35_500_000, 1_000_000, 3550),
        (5, 50_000, 30_000, 1_000_000, 150),
    ]


def test_conditions_hold_for_derived_charges_too() -> None:
    school = component("D", "PERCENT_OFF", rate="10", choice="SCHOOL")
    least = component("L", "MINIMUM", price="19", valid_from="2025-02-01")
    levy = component("P", "PERCENTAGE", rate="10", of=["W"], valid_until="2025-02-01")
    assert bill(W, school, least, levy) == {"W": 2000, "P": 200}
    assert bill(W, school, least, levy, choices=["SCHOOL"]) == {"W": 2000, "D": -200, "P": 180}


def test_rounding_of_a_percentage_is_its_own() -> None:
    levy = samples.component("P", {"kind": "PERCENTAGE", "rate": "7.35"}, rounding="JIAO_TRUNCATE")
    assert bill(W, levy) == {"W": 2000, "P": 140}  # 1.47


def test_every_usage_has_its_own_bill() -> None:
    version = samples.version(
        W, component("L", "MINIMUM", price="15"), component("P", "PERCENTAGE", rate="10")
    )
    usages = [Usage(number, number * 1000) for number in (9, 3, 7)]
    assert samples.rated(version, *usages, show=("usage_id", "line_no", "amount_minor")) == [
        *[(3, 1, 600), (3, 2, 900), (3, 3, 150)],
        *[(7, 1, 1400), (7, 2, 100), (7, 3, 150)],
        *[(9, 1, 1800), (9, 2, 180)],
    ]


LARGE = {"kind": "PER_UNIT", "price": "1000000"}
MOST = 10**12  # thousandths: 10^9 units at a million are 10^15 yuan


DERIVED = {
    # as a line these need more than 64 bits: quantity or price is the amount in finer units
    "maximum": [component("M", "MAXIMUM", price="1")],
    "percentages": [component(f"P{n}", "PERCENTAGE", rate="1000") for n in range(4)],
    "after_money_off": [component("M", "MONEY_OFF", price="1000000"), component("X", "MAXIMUM", price="0")],
}


@pytest.mark.parametrize("derived", DERIVED.values(), ids=DERIVED)
@pytest.mark.parametrize("currency", ["JPY", "CNY", "KWD"])
def test_amounts_beyond_64_bits_are_named_and_never_wrap(
    derived: list[dict[str, Any]], currency: str
) -> None:
    version = samples.version(samples.component("W", LARGE), *derived, currency=currency)
    with pytest.raises(engine.RatingError, match="AMOUNT_OUT_OF_RANGE") as caught:
        samples.rated(version, Usage(1, 1000), Usage(2, MOST))
    assert caught.value.unratable.rows() == [(2, "AMOUNT_OUT_OF_RANGE")]


def test_large_amounts_within_64_bits_are_exact() -> None:
    levy = component("P", "PERCENTAGE", rate="100")
    version = samples.version(samples.component("W", LARGE), levy, component("Q", "PERCENTAGE", rate="100"))
    # 10^15, the same again, and as much as both
    assert [line[3] for line in samples.rated(version, Usage(1, MOST))] == [10**17, 10**17, 2 * 10**17]


class TestTaxes:
    def test_added_taxes_of_two_rates_stand_at_the_end(self) -> None:
        components = [
            samples.component("W", TWO, tax_rate="10", tax="ADDED"),
            samples.component("S", ONE, tax_rate="8", tax="ADDED"),
            samples.component("F", samples.PER_PERIOD, tax_rate="10", tax="ADDED"),
            samples.component("X", ONE, tax_rate="exempt"),
        ]
        expected = {"W": 2000, "S": 1000, "F": 450, "X": 1000, "TAX_10": 245, "TAX_8": 80}
        assert bill(*components) == expected

    def test_an_added_tax_is_of_what_discounts_leave(self) -> None:
        water = samples.component("W", TWO, tax_rate="10", tax="ADDED")
        off = component("D", "PERCENT_OFF", rate="50", of=["W"])
        assert bill(water, off) == {"W": 2000, "D": -1000, "TAX_10": 100}

    def test_rounding_the_bill_counts_added_taxes(self) -> None:
        water = samples.component("W", TWO, tax_rate="9.99", tax="ADDED")
        rounding = samples.component("R", {"kind": "BILL_ROUNDING"}, rounding="YUAN_HALF_UP")
        assert bill(water, rounding) == {"W": 2000, "TAX_9_99": 200}  # 1.998 -> 2.00
        assert bill(water, rounding, quantity=11_000) == {"W": 2200, "TAX_9_99": 220, "R": -20}

    @pytest.mark.parametrize(
        ("until", "tax"), [("2025-01-31", 273), ("2025-02-01", 273), ("2025-02-02", 163)]
    )
    def test_a_dated_rate_holds_by_the_last_day(self, until: str, tax: int) -> None:
        rates = [{"until": "2025-02-01", "rate": "16"}, {"rate": "9"}]
        version = samples.version(samples.component("W", TWO, tax_rate=rates))
        usage = Usage(1, 10_000 - 100, period_until=samples.FROM.fromisoformat(until))
        # 19.80 x 16 / 116 = 2.731, x 9 / 109 = 1.635
        assert samples.rated(version, usage, show=("amount_minor", "tax_minor")) == [(1980, tax)]

    def test_dated_added_rates_are_charges_of_their_days(self) -> None:
        rates = [{"until": "2025-02-01", "rate": "16"}, {"rate": "9"}]
        water = samples.component("W", TWO, tax_rate=rates, tax="ADDED")
        assert bill(water) == {"W": 2000, "TAX_16": 320}
        version = samples.version(water)
        later = Usage(1, 10_000, period_until=samples.FROM.fromisoformat("2025-02-02"))
        assert samples.rated(version, later) == [(1, 0, 10_000, 2000), (3, 0, 20_000, 180)]

    @pytest.mark.parametrize(
        ("price", "rate", "tax"),
        [
            ("1.09", "9", 9),
            ("1", "9", 8),
            ("0.05", "9", 0),
            ("0.06", "9", 0),
            ("0.07", "9", 1),
            ("1", "exempt", 0),
        ],
    )
    @pytest.mark.parametrize("sign", [1, -1])
    def test_the_tax_inside_an_amount(self, price: str, rate: str, tax: int, sign: int) -> None:
        # 0.06 x 9 / 109 = 0.00495; 0.07 x 9 / 109 = 0.00578
        version = samples.version(samples.component("W", {"kind": "PER_UNIT", "price": price}, tax_rate=rate))
        usage = Usage(1, sign * 1000, before_milli=1000)
        assert samples.rated(version, usage, show=("tax_minor",)) == [(sign * tax,)]

    def test_the_tax_of_the_largest_amount_is_exact(self) -> None:
        version = samples.version(samples.component("W", LARGE, tax_rate="25"))
        assert samples.rated(version, Usage(1, MOST), show=("amount_minor", "tax_minor")) == [
            (10**17, 2 * 10**16)
        ]
