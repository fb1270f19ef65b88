"""Which prices hold and what they are multiplied with: conditions, agreed prices, shares, seasons of heat."""

import datetime as dt
from itertools import pairwise
from typing import Any

import pytest

from meterbook.rating import engine
from meterbook.rating.steps import calendar_cuts
from tests.unit.rating import samples
from tests.unit.rating.samples import Usage

FLAT = {"kind": "PER_UNIT", "price": "1"}
SHOWN = ("quantity_milli", "factor_ppm", "amount_minor")


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("condition", "given", "expected"),
    [
        ({"choice": "A"}, {}, 1),
        ({"choice": "A"}, {"choices": None}, 1),
        ({"choice": "A"}, {"choices": []}, 1),
        ({"choice": "A"}, {"choices": ["B"]}, 1),
        ({"choice": "A"}, {"choices": ["B", "A"]}, 2),
        # the last day of the usage is 31 January 2025
        ({"valid_from": "2025-01-31"}, {}, 2),
        ({"valid_from": "2025-02-01"}, {}, 1),
        ({"valid_until": "2025-02-01"}, {}, 2),
        ({"valid_until": "2025-01-31"}, {}, 1),
        ({"valid_from": "2025-01-31", "valid_until": "2025-02-01"}, {}, 2),
        ({"paid_from": "2025-03-01"}, {}, 1),
        ({"paid_from": "2025-03-01"}, {"paid_on": day("2025-02-28")}, 1),
        ({"paid_from": "2025-03-01"}, {"paid_on": day("2025-03-01")}, 2),
        ({"paid_until": "2025-03-01"}, {}, 1),
        ({"paid_until": "2025-03-01"}, {"paid_on": day("2025-03-01")}, 1),
        ({"paid_until": "2025-03-01"}, {"paid_on": day("2025-02-28")}, 2),
        ({"choice": "A", "paid_until": "2025-03-01"}, {"choices": ["A"]}, 1),
        ({"choice": "A", "paid_until": "2025-03-01"}, {"choices": ["A"], "paid_on": day("2025-02-28")}, 2),
    ],
)
def test_everything_a_component_asks_for_must_hold(
    condition: dict[str, Any], given: dict[str, Any], expected: int
) -> None:
    version = samples.version(samples.component("W", FLAT), samples.component("X", FLAT, **condition))
    found = samples.rated(version, Usage(1, 1000, more=given), show=("component_no",))
    assert len(found) == expected


def test_a_bill_may_have_no_line_at_all() -> None:
    version = samples.version(samples.component("X", FLAT, choice="A"))
    assert samples.rated(
        version, Usage(1, 1000), Usage(2, 1000, more={"choices": ["A"]}), show=("usage_id",)
    ) == [(2,)]
    assert samples.rated(version, Usage(1, 1000)) == []


def test_conditions_of_different_tariffs_are_told_apart() -> None:
    versions = {
        number: samples.version(samples.component("W", FLAT, choice=choice))
        for number, choice in ((1, "A"), (2, "B"), (3, "A"))
    }
    usages = [Usage(number, 1000, tariff_version_id=number, more={"choices": ["A"]}) for number in versions]
    assert samples.rated(samples.book_of(versions), *usages, show=("usage_id",)) == [(1,), (3,)]


OUTSIDE = {1: "NEGOTIATED_PRICE_OUT_OF_BAND"}


class TestAgreedPrices:
    @pytest.mark.parametrize(
        ("negotiable", "agreed", "price"),
        [
            ({"below": "10", "above": "0"}, None, 1_000_000),
            ({"below": "10", "above": "0"}, 900_000, 900_000),
            ({"below": "10", "above": "0"}, 950_001, 950_001),
            ({"below": "0", "above": "900"}, 10_000_000, 10_000_000),
            ({"below": "100", "above": "0"}, 0, 0),
        ],
    )
    def test_an_agreed_price_within_its_band(
        self, negotiable: dict[str, str], agreed: int | None, price: int
    ) -> None:
        version = samples.version(
            samples.component("W", FLAT, negotiable=negotiable), samples.component("S", FLAT)
        )
        usage = Usage(1, 1000, more={"negotiated_micro": agreed})
        found = samples.rated(version, usage, show=("component_no", "unit_price_micro"))
        assert found == [(1, price), (2, 1_000_000)]

    @pytest.mark.parametrize("agreed", [899_999, 1_000_001, 0, 10**12])
    def test_outside_the_band_nothing_is_rated(self, agreed: int) -> None:
        version = samples.version(samples.component("W", FLAT, negotiable={"below": "10", "above": "0"}))
        usage = Usage(1, 1000, more={"negotiated_micro": agreed})
        assert samples.codes(version, usage) == OUTSIDE

    def test_the_band_is_not_rounded_outwards(self) -> None:
        price = {"kind": "PER_UNIT", "price": "0.000003"}
        version = samples.version(samples.component("W", price, negotiable={"below": "50", "above": "50"}))
        codes = {
            agreed: bool(samples.codes(version, Usage(1, 1000, more={"negotiated_micro": agreed})))
            for agreed in (1, 2, 4, 5)
        }
        assert codes == {1: True, 2: False, 4: False, 5: True}  # 1.5 to 4.5 millionths

    def test_a_tariff_without_a_band_ignores_an_agreement(self) -> None:
        version = samples.version(samples.component("W", FLAT))
        assert samples.rated(version, Usage(1, 1000, more={"negotiated_micro": 5})) == [(1, 0, 1000, 100)]

    @pytest.mark.parametrize(
        ("agreed", "codes"),
        [(2_850_000, OUTSIDE), (4_200_000, {}), (3_800_000, {}), (3_150_000, OUTSIDE)],
    )
    def test_the_band_is_of_the_season(self, agreed: int, codes: dict[int, str]) -> None:
        seasons = [
            samples.named("A", **{"from": "04-01", "until": "10-01"}),
            samples.named("B", **{"from": "10-01", "until": "04-01"}),
        ]
        charge = {"kind": "PER_UNIT", "price": "3", "seasons": {"A": {}, "B": {"price": "4"}}}
        version = samples.version(
            samples.component("W", charge, negotiable={"below": "5", "above": "5"}), seasons=seasons
        )
        found = samples.codes(version, Usage(1, 1000, more={"negotiated_micro": agreed}))  # January
        assert found == codes

    def test_a_cut_usage_must_fit_both_bands(self) -> None:
        band = {"below": "10", "above": "10"}
        changing = samples.changing(
            ("2020-01-01", [samples.component("W", FLAT, negotiable=band)]),
            ("2025-01-16", [samples.component("W", {**FLAT, "price": "1.1"}, negotiable=band)]),
            price_change={"split": "DAYS"},
        )
        codes = {
            agreed: samples.codes(
                changing, Usage(1, 1000, tariff_version_id=2, more={"negotiated_micro": agreed})
            )
            for agreed in (980_000, 990_000, 1_100_000, 1_110_000)
        }
        assert codes == {980_000: OUTSIDE, 990_000: {}, 1_100_000: {}, 1_110_000: OUTSIDE}


TIERS = [{"until": "11", "price": "1"}, {"until": "22", "price": "2"}, {"price": "3"}]


class TestShares:
    @pytest.mark.parametrize(
        ("share", "quantity", "expected"),
        [
            ({"share": "90"}, 35_000, (35_000, 900_000, 3150)),
            ({"share": "90"}, -35_000, (-35_000, 900_000, -3150)),
            ({"share": "0.0001"}, 35_000, (35_000, 1, 0)),
            ({"share": "100"}, 35_000, (35_000, 1_000_000, 3500)),
            ({"cap": "16"}, 35_000, (16_000, 1_000_000, 1600)),
            ({"cap": "16"}, 16_000, (16_000, 1_000_000, 1600)),
            ({"cap": "16", "share": "50"}, 35_000, (16_000, 500_000, 800)),
            ({"share": "90", "share_round_to": "1"}, 35_000, (32_000, 1_000_000, 3200)),  # 31.5
            ({"share": "90", "share_round_to": "1"}, -35_000, (-32_000, 1_000_000, -3200)),
            ({"share": "90", "share_round_to": "1"}, 34_000, (31_000, 1_000_000, 3100)),  # 30.6
            ({"share": "90", "share_round_to": "1"}, 0, (0, 1_000_000, 0)),
            ({"cap": "15", "share": "90", "share_round_to": "1"}, 35_000, (14_000, 1_000_000, 1400)),  # 13.5
        ],
    )
    def test_a_share_of_a_flat_charge(
        self, share: dict[str, str], quantity: int, expected: tuple[int, int, int]
    ) -> None:
        version = samples.version(samples.component("S", {**FLAT, **share}))
        usage = Usage(1, quantity, before_milli=max(0, -quantity))
        assert samples.rated(version, usage, show=SHOWN) == [expected]

    @pytest.mark.parametrize(
        ("before", "quantity", "charged"),
        [(10_000, 10_000, 6000), (16_000, 5000, 0), (20_000, -10_000, -6000)],
    )
    def test_a_cap_counts_from_the_running_total(self, before: int, quantity: int, charged: int) -> None:
        version = samples.version(samples.component("S", {**FLAT, "cap": "16"}))
        usage = Usage(1, quantity, before_milli=before)
        assert samples.rated(version, usage, show=("quantity_milli",)) == [(charged,)]

    @pytest.mark.parametrize("kind", ["PER_UNIT", "GRADUATED_TIERS", "VOLUME_TIERS"])
    @pytest.mark.parametrize(
        "readings", [(5, 17, 35), (1, 2, 3, 4, 5, 6, 7, 8, 9), (11, 22, 33), (15,), (30, 12)]
    )
    def test_rounded_shares_of_the_parts_sum_to_that_of_the_whole(
        self, kind: str, readings: tuple[int, ...]
    ) -> None:
        charge = {"kind": kind, "price": "1"} if kind == "PER_UNIT" else {"kind": kind, "tiers": TIERS}
        version = samples.version(samples.component("S", {**charge, "share": "90", "share_round_to": "1"}))
        counters = [0, *(reading * 1000 for reading in readings)]
        usages = [
            Usage(n, after - before, before_milli=before)
            for n, (before, after) in enumerate(pairwise(counters))
        ]
        shown = ("quantity_milli", "amount_minor")
        split, whole = (
            samples.rated(version, *usages, show=shown),
            samples.rated(version, Usage(1, counters[-1]), show=shown),
        )
        assert [sum(column) for column in zip(*split, strict=True)] == [
            sum(column) for column in zip(*whole, strict=True)
        ]
        # 90 % half up, in whole units
        assert sum(quantity for quantity, _ in whole) == (counters[-1] * 9 + 5000) // 10_000 * 1000

    def test_a_whole_quantity_in_another_tier_is_shared_from_zero(self) -> None:
        charge = {"kind": "VOLUME_TIERS", "tiers": TIERS, "share": "90", "share_round_to": "1"}
        usage = Usage(1, 9999, before_milli=5000)
        # 4.5 is 5, taken back; 14.999 x 0.9 = 13.4991 is 13
        found = samples.rated(
            samples.version(samples.component("S", charge)), usage, show=("tier", "quantity_milli")
        )
        assert found == [(1, -5000), (2, 13_000)]

    def test_tiers_are_of_the_whole_quantity(self) -> None:
        version = samples.version(
            samples.component("S", {"kind": "GRADUATED_TIERS", "tiers": TIERS, "share": "90"})
        )
        assert samples.rated(version, Usage(1, 23_000), show=SHOWN) == [
            (11_000, 900_000, 990),
            (11_000, 900_000, 1980),
            (1000, 900_000, 270),
        ]

    @pytest.mark.parametrize("rounded", [{}, {"share_round_to": "1"}])
    def test_the_fee_of_a_tier_is_not_shared(self, rounded: dict[str, str]) -> None:
        tiers = [{"until": "11", "fee": "7"}, {"price": "1", "fee": "9"}]
        charge = {"kind": "GRADUATED_TIERS", "tiers": tiers, "share": "90", **rounded}
        lines = samples.rated(samples.version(samples.component("S", charge)), Usage(1, 15_000), show=SHOWN)
        assert [line for line in lines if line[0] == 1000] == [(1000, 1_000_000, 700), (1000, 1_000_000, 900)]

    def test_free_units_come_off_before_the_cap_and_the_share(self) -> None:
        free = samples.component(
            "FREE", {"kind": "FREE_QUANTITY", "quantity": "6", "per": "PERIOD", "of": ["S"]}
        )
        version = samples.version(samples.component("S", {**FLAT, "cap": "16", "share": "50"}), free)
        assert samples.rated(version, Usage(1, 20_000), show=SHOWN)[0] == (14_000, 500_000, 700)
        assert samples.rated(version, Usage(1, 30_000), show=SHOWN)[0] == (16_000, 500_000, 800)


HEAT = {"from": "11-15", "until": "03-15"}
TIME = ("time_numerator", "time_denominator", "amount_minor")


class TestSeasonsOfHeat:
    def part(self, kind: str, from_: str, until: str) -> tuple[int, int]:
        charge = {"kind": "AREA", "price": "1", "per": "SEASON", "part_season": kind}
        version = samples.version(samples.component("H", charge), heating_season=HEAT)
        usage = Usage(1, 0, period_from=day(from_), period_until=day(until), more={"area_milli": 1_000_000})
        [(above, below, amount)] = samples.rated(version, usage, show=TIME)
        assert amount == (above * 100_000 * 2 + below) // (below * 2)
        return above, below

    @pytest.mark.parametrize(
        ("from_", "until", "days", "months"),
        [
            ("2021-11-15", "2022-03-15", (120, 120), (4, 4)),
            ("2023-11-15", "2024-03-15", (121, 121), (4, 4)),  # a leap year
            ("2021-10-01", "2022-05-01", (120, 120), (4, 4)),
            ("2021-12-15", "2022-03-15", (90, 120), (3, 4)),
            ("2021-12-14", "2022-03-15", (91, 120), (4, 4)),  # the first month is begun
            ("2022-03-14", "2022-03-15", (1, 120), (1, 4)),
            ("2021-11-15", "2021-11-16", (1, 120), (1, 4)),
            ("2022-03-15", "2022-05-01", (0, 120), (0, 4)),  # after it: of the next season nothing yet
            ("2022-03-15", "2022-12-01", (16, 120), (1, 4)),  # the day it ends is no longer of it
            ("2022-05-01", "2022-06-01", (0, 120), (0, 4)),
            ("2022-05-01", "2022-12-01", (16, 120), (1, 4)),
        ],
    )
    def test_how_much_of_the_season_is_served(
        self, from_: str, until: str, days: tuple[int, int], months: tuple[int, int]
    ) -> None:
        assert self.part("DAYS", from_, until) == days
        assert self.part("MONTHS", from_, until) == months

    @pytest.mark.parametrize(
        ("from_", "until", "days"), [("2021-01-01", "2022-01-01", 92), ("2021-07-02", "2021-08-01", 30)]
    )
    def test_a_southern_season_lies_within_one_year(self, from_: str, until: str, days: int) -> None:
        charge = {"kind": "AREA", "price": "1", "per": "SEASON", "part_season": "DAYS"}
        season = {"from": "06-01", "until": "09-01"}
        version = samples.version(samples.component("H", charge), heating_season=season)
        usage = Usage(1, 0, period_from=day(from_), period_until=day(until), more={"area_milli": 1})
        assert samples.rated(version, usage, show=TIME[:2]) == [(days, 92)]

    def test_a_change_of_price_in_the_season(self) -> None:
        def heat(price: str) -> list[dict[str, Any]]:
            kinds = [("A", "WHOLE"), ("B", "DAYS"), ("C", "MONTHS")]
            return [
                samples.component(
                    code, {"kind": "AREA", "price": price, "per": "SEASON", "part_season": kind}
                )
                for code, kind in kinds
            ]

        changing = samples.changing(
            ("2020-01-01", heat("1")),
            ("2022-01-14", heat("2")),
            heating_season=HEAT,
            price_change={"split": "DAYS"},
        )
        usage = Usage(
            1,
            0,
            tariff_version_id=2,
            period_from=day("2021-11-15"),
            period_until=day("2022-03-15"),
            more={"area_milli": 1_000_000},
        )
        # 60 of 120 days each: half of 1000.00 and half of 2000.00, however the season is counted
        found = samples.rated(changing, usage, show=("tariff_version_id", "component_no", "amount_minor"))
        assert found == [
            *[(1, number, 50_000) for number in (1, 2, 3)],
            *[(2, number, 100_000) for number in (1, 2, 3)],
        ]

    def test_a_version_without_a_season_of_heat_has_none(self) -> None:
        version = samples.version(samples.component("W", FLAT))
        with pytest.raises(ValueError, match="no heating season"):
            calendar_cuts.heating_season(version, day("2022-01-01"))


AREA = {"kind": "AREA", "price": "1000000", "per": "DAY", "factors": {"A": "100"}}


def test_amounts_beyond_64_bits_are_named() -> None:
    version = samples.version(samples.component("H", AREA), currency="KWD")
    usages = [
        Usage(number, 0, period_until=until, more={"area_milli": 10**9, "area_class": "A"})
        # 10^6 m2 x 10^6 x 100 for each day: 10^17 thousandths of a dinar
        for number, until in enumerate((day("2025-04-02"), day("2025-04-04")))
    ]
    assert samples.rated(version, usages[0], show=("amount_minor",)) == [(91 * 10**17,)]
    with pytest.raises(engine.RatingError, match="AMOUNT_OUT_OF_RANGE") as caught:
        samples.rated(version, *usages)
    assert caught.value.unratable.rows() == [(1, "AMOUNT_OUT_OF_RANGE")]


def test_a_storey_too_high_to_be_true_is_named() -> None:
    charge = {**AREA, "height": {"over": "1", "step": "0.001", "add": "1000"}}
    version = samples.version(samples.component("H", charge), currency="JPY")
    more = {"area_milli": 10**9, "area_class": "A", "height_milli": 1021}
    usage = Usage(1, 0, period_until=day("2035-01-01"), more=more)
    with pytest.raises(engine.RatingError, match="OUT_OF_RANGE"):
        samples.rated(version, usage)


def test_the_doubled_rest_of_a_long_division_does_not_wrap() -> None:
    """Half up asks whether twice the rest reaches the divisor: here that is more than 64 bits hold."""
    fee = samples.component("F", {"kind": "PER_PERIOD", "price": "16"}, rounding="JIAO_HALF_UP")
    changing = samples.changing(
        ("2020-01-01", [fee]), ("2021-08-01", [fee]), currency="JPY", price_change={"split": "DAYS"}
    )
    start = day("2021-08-01")
    usage = Usage(
        1,
        0,
        tariff_version_id=2,
        period_from=start - dt.timedelta(days=300),
        period_until=start + dt.timedelta(days=300),
    )
    # half of 16 yen each; 8 is nearer to 10 than to 0
    assert samples.rated(changing, usage, show=("amount_minor",)) == [(10,), (10,)]


@pytest.mark.parametrize(("height_milli", "factor"), [(1002, 2_100_000_000), (1003, None)])
def test_a_factor_has_32_bits(height_milli: int, factor: int | None) -> None:
    charge = {**AREA, "price": "1", "height": {"over": "1", "step": "0.001", "add": "1000"}}
    version = samples.version(samples.component("H", charge))
    usage = Usage(1, 0, more={"area_milli": 1000, "area_class": "A", "height_milli": height_milli})
    # a hundredfold, and ten times as much again for each millimetre
    if factor is None:
        with pytest.raises(engine.RatingError, match="AMOUNT_OUT_OF_RANGE"):
            samples.rated(version, usage)
    else:
        assert samples.rated(version, usage, show=("factor_ppm",)) == [(factor,)]
