"""A usage cut at changes of price: which part pays what, and where counters go on."""

import datetime as dt
from typing import Any

import pytest

from meterbook.rating import book
from tests.unit.rating import samples
from tests.unit.rating.samples import Usage

SHOWN = ("tariff_version_id", "quantity_milli", "days")
DAYS = {"split": "DAYS"}


def price(text: str) -> dict[str, Any]:
    return samples.component("W", {"kind": "PER_UNIT", "price": text})


def tiers(*prices: str, until: str = "30") -> dict[str, Any]:
    charge = {
        "kind": "GRADUATED_TIERS",
        "tiers": [{"until": until, "price": prices[0]}, {"price": prices[1]}],
    }
    return samples.component("W", charge)


def flat(*versions: tuple[str, str], **change: Any) -> book.TariffBook:
    """Flat prices by their first day, with one rule for all changes."""
    items = [(start, [price(text)]) for start, text in versions]
    return samples.changing(*items, price_change=change or DAYS)


def usage(from_: str, until: str, quantity: int, *, version: int = 2, before: int = 0, **more: Any) -> Usage:
    return Usage(
        1,
        quantity,
        before_milli=before,
        tariff_version_id=version,
        period_from=dt.date.fromisoformat(from_),
        period_until=dt.date.fromisoformat(until),
        more=more,
    )


TWO = flat(("2020-01-01", "1"), ("2021-02-01", "2"))
MONTH = ("2021-01-17", "2021-02-16")  # 15 of 30 days before the change


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        (usage(*MONTH, 20_000), [(1, 10_000, 15), (2, 10_000, 15)]),
        (usage(*MONTH, 15_000), [(1, 8000, 15), (2, 7000, 15)]),  # 7.5 is 8
        (usage(*MONTH, 15_001), [(1, 8000, 15), (2, 7001, 15)]),  # 7.5005 is 8
        (usage(*MONTH, 14_998), [(1, 7000, 15), (2, 7998, 15)]),  # 7.499 is 7
        (usage(*MONTH, 900), [(1, 0, 15), (2, 900, 15)]),  # 0.45 is 0
        (usage(*MONTH, 1000), [(1, 1000, 15), (2, 0, 15)]),
        (usage(*MONTH, 0), [(1, 0, 15), (2, 0, 15)]),
        (usage(*MONTH, -15_000, before=50_000), [(1, -8000, 15), (2, -7000, 15)]),
        # one day each side of the change
        (usage("2021-01-31", "2021-02-01", 5000, version=1), [(1, 5000, 1)]),
        (usage("2021-01-31", "2021-02-02", 5000), [(1, 3000, 1), (2, 2000, 1)]),
        (usage("2021-02-01", "2021-02-02", 5000), [(2, 5000, 1)]),
        # nearly all of it old: 0.9 x 30/31 = 0.87 is rounded to 1, but no more than there is
        (usage("2021-01-02", "2021-02-02", 900), [(1, 900, 30), (2, 0, 1)]),
        (usage("2021-01-02", "2021-02-02", -900, before=5000), [(1, -900, 30), (2, 0, 1)]),
    ],
)
def test_by_days_the_old_part_is_rounded_and_the_new_is_the_rest(
    used: Usage, expected: list[tuple[int, int, int]]
) -> None:
    assert samples.rated(TWO, used, show=SHOWN) == expected


@pytest.mark.parametrize(("step", "old"), [("0.001", 7143), ("0.5", 7000), ("10", 10_000), ("1", 7000)])
def test_the_step_of_the_cut_is_the_rules(step: str, old: int) -> None:
    changing = flat(("2020-01-01", "1"), ("2021-02-01", "2"), split="DAYS", round_to=step)
    # 20 x 10 / 28 = 7.142857
    found = samples.rated(changing, usage("2021-01-22", "2021-02-19", 20_000), show=SHOWN)
    assert found == [(1, old, 10), (2, 20_000 - old, 18)]


def test_three_prices_in_one_period_and_quantities_that_run_out() -> None:
    changing = flat(("2020-01-01", "1"), ("2021-02-01", "2"), ("2021-02-03", "3"))
    # 1 x 30/34 = 0.88 -> 1, 1 x 32/34 -> 1: nothing is left for the later ones
    found = samples.rated(changing, usage("2021-01-02", "2021-02-05", 1000, version=3), show=SHOWN)
    assert found == [(1, 1000, 30), (2, 0, 2), (3, 0, 2)]
    found = samples.rated(changing, usage("2021-01-02", "2021-02-05", 34_000, version=3), show=SHOWN)
    assert found == [(1, 30_000, 30), (2, 2000, 2), (3, 2000, 2)]
    # a period that starts in the second version doesn't see the first
    found = samples.rated(changing, usage("2021-02-02", "2021-02-05", 3000, version=3), show=SHOWN)
    assert found == [(2, 1000, 1), (3, 2000, 2)]


def test_a_finer_cut_takes_nothing_back_from_a_coarser_one_before_it() -> None:
    starts = [("2020-01-01", None), ("2021-02-01", "1"), ("2021-02-03", "0.001")]
    untils = [start for start, _ in starts[1:]] + [None]
    changing = samples.document_book(
        versions=[
            {
                "effective_from": start,
                "effective_until": until,
                "components": [price("1")],
                "price_change": {**DAYS, "round_to": step} if step else None,
            }
            for (start, step), until in zip(starts, untils, strict=True)
        ]
    )
    # 3 x 30/34 = 2.647 is 3; 3 x 32/34 = 2.824 would be less than that
    found = samples.rated(changing, usage("2021-01-02", "2021-02-05", 3000, version=3), show=SHOWN)
    assert found == [(1, 3000, 30), (2, 0, 2), (3, 0, 2)]


def test_a_gap_between_versions_ends_the_chain() -> None:
    first = ("2020-01-01", [price("1")])
    changing = samples.changing(first, ("2021-02-01", [price("2")]), price_change=DAYS)
    alone = book.tariff_book(changing.versions)
    assert samples.codes(alone, usage(*MONTH, 20_000)) == {1: "NO_PRICE_BEFORE"}


READING_DATE = flat(("2020-01-01", "1"), ("2021-02-01", "2"), split="READING_DATE")
CHAIN = {"split": "READING_NUMBER", "reading": 2}
NUMBERED = flat(("2000-01-01", "1"), ("2020-12-01", "2"), ("2021-02-01", "3"), **CHAIN)


def test_by_reading_date_all_of_it_is_new() -> None:
    assert samples.rated(READING_DATE, usage(*MONTH, 20_000), show=SHOWN) == [(2, 20_000, 30)]


@pytest.mark.parametrize(
    ("from_", "number", "version"),
    [
        ("2021-01-17", None, 2),  # began before: the first reading after the change
        ("2021-01-17", 1, 2),
        ("2021-01-17", 2, 3),  # two readings long ago, this one is the second
        ("2021-02-01", None, 3),  # began after it: the second or later
        ("2021-02-01", 1, 2),
        ("2021-02-01", 3, 3),
        ("2020-11-20", None, 1),  # the first reading after both changes
    ],
)
def test_the_nth_reading_pays_the_new_price(from_: str, number: int | None, version: int) -> None:
    more = {} if number is None else {"reading_no": number}
    found = samples.rated(NUMBERED, usage(from_, "2021-02-16", 20_000, version=3, **more), show=SHOWN[:2])
    assert found == [(version, 20_000)]


@pytest.mark.parametrize(("number", "version"), [(1, 1), (2, 1), (3, 2), (4, 2)])
def test_from_the_third_reading(number: int, version: int) -> None:
    changing = flat(("2020-01-01", "1"), ("2021-02-01", "2"), split="READING_NUMBER", reading=3)
    used = usage("2021-03-01", "2021-04-01", 20_000, reading_no=number)
    assert samples.rated(changing, used, show=SHOWN[:2]) == [(version, 20_000)]
    assert samples.codes(changing, usage("2021-03-01", "2021-04-01", 20_000)) == {1: "READING_NUMBER_MISSING"}


def test_where_dates_decide_no_reading_number_is_asked_for() -> None:
    changing = flat(("2020-01-01", "1"), ("2021-02-01", "2"), split="READING_NUMBER", reading=3)
    assert samples.rated(changing, usage(*MONTH, 20_000), show=SHOWN[:2]) == [(1, 20_000)]  # surely the first
    # nothing came before the first version, so it has no change to count from
    assert samples.codes(changing, usage("2020-05-01", "2020-06-01", 20_000, version=1)) == {}


def test_from_the_first_reading_is_by_reading_date() -> None:
    changing = flat(("2020-01-01", "1"), ("2021-02-01", "2"), split="READING_NUMBER", reading=1)
    assert samples.rated(changing, usage(*MONTH, 20_000), show=SHOWN) == [(2, 20_000, 30)]


TIER = ("tariff_version_id", "tier", "tier_until_milli", "quantity_milli")


@pytest.mark.parametrize("tier_period", ["BILLING_PERIOD", "MONTH", "CALENDAR_YEAR"])
@pytest.mark.parametrize(
    ("counter", "before", "expected"),
    [
        ("CONTINUES", 0, [(1, 1, 30_000, 20_000), (2, 1, 30_000, 10_000), (2, 2, None, 10_000)]),
        ("CONTINUES", 15_000, [(1, 1, 30_000, 15_000), (1, 2, None, 5000), (2, 2, None, 20_000)]),
        ("RESTARTS", 15_000, [(1, 1, 30_000, 15_000), (1, 2, None, 5000), (2, 1, 30_000, 20_000)]),
        (
            "PRORATED",
            0,
            [(1, 1, 15_000, 15_000), (1, 2, None, 5000), (2, 1, 15_000, 15_000), (2, 2, None, 5000)],
        ),
    ],
)
def test_counters_go_on_or_start_again(
    tier_period: str, counter: str, before: int, expected: list[tuple[Any, ...]]
) -> None:
    changing = samples.changing(
        ("2020-01-01", [tiers("1", "2")]),
        ("2021-02-01", [tiers("3", "4")]),
        price_change={"split": "DAYS", "counter": counter},
        tier_period=tier_period,
    )
    assert samples.rated(changing, usage(*MONTH, 40_000, before=before), show=TIER) == expected


def test_a_restart_in_the_middle_of_three() -> None:
    versions = [(start, [tiers("1", "2")]) for start in ("2020-01-01", "2021-02-01", "2021-03-01")]
    changing = samples.changing(*versions, price_change={"split": "DAYS", "counter": "RESTARTS"})
    used = usage("2021-01-04", "2021-03-29", 84_000, version=3, before=25_000)
    assert samples.rated(changing, used, show=(*TIER[:2], "before_milli", "quantity_milli")) == [
        (1, 1, 25_000, 5000),
        (1, 2, 25_000, 23_000),
        (2, 1, 0, 28_000),
        (3, 1, 0, 28_000),
    ]


def test_what_is_used_of_tiers_goes_on_over_a_cut_and_ends_with_a_restart() -> None:
    versions = [("2020-01-01", [tiers("1", "2")]), ("2021-02-01", [tiers("3", "4")])]
    used = usage(*MONTH, 40_000, tier_used_milli=[10_000, 0])
    going_on = samples.changing(*versions, price_change=DAYS, tier_period="CALENDAR_YEAR")
    assert samples.rated(going_on, used, show=TIER) == [(1, 1, 20_000, 20_000), (2, 2, None, 20_000)]
    rule = {"split": "DAYS", "counter": "RESTARTS"}
    again = samples.changing(*versions, price_change=rule, tier_period="CALENDAR_YEAR")
    assert samples.rated(again, used, show=TIER) == [(1, 1, 20_000, 20_000), (2, 1, 30_000, 20_000)]


def test_bands_are_cut_each_and_their_counters_go_on() -> None:
    bands = [samples.named("PEAK"), samples.named("VALLEY")]

    def energy(peak: str) -> list[dict[str, Any]]:
        prices = [
            {"until": "20", "prices": {"PEAK": peak, "VALLEY": "1"}},
            {"prices": {"PEAK": "9", "VALLEY": "2"}},
        ]
        return [
            samples.component("E", {"kind": "TIME_OF_USE_TIERS", "allowance": "PER_BAND", "tiers": prices})
        ]

    changing = samples.changing(
        ("2020-01-01", energy("5")), ("2021-02-01", energy("6")), bands=bands, price_change=DAYS
    )
    used = usage(
        *MONTH, 30_000, before=20_000, band_1_milli=25_000, band_2_milli=5000, band_1_before_milli=2000
    )
    # 15 of 30 are old: half of 25 at peak, half of 5 in the valley; peak goes on at 2 + 12.5
    shown = ("tariff_version_id", "tier", "band", "before_milli", "quantity_milli")
    assert samples.rated(changing, used, show=shown) == [
        *[(1, 1, 1, 2000, 12_500), (1, 1, 2, 0, 2500)],
        *[(2, 1, 1, 14_500, 5500), (2, 1, 2, 2500, 2500), (2, 2, 1, 14_500, 7000)],
    ]


def test_bands_and_plain_usages_of_one_run_are_cut_side_by_side() -> None:
    bands = [samples.named("PEAK"), samples.named("VALLEY")]
    energy = [samples.component("E", {"kind": "TIME_OF_USE", "prices": {"PEAK": "2", "VALLEY": "1"}})]
    both = [*energy, price("1")]
    changing = samples.changing(
        ("2020-01-01", [price("1")]), ("2021-02-01", both), bands=bands, price_change=DAYS
    )
    banded = usage(*MONTH, 20_000, band_1_milli=15_000, band_2_milli=5000)
    plain = Usage(
        2, 7000, tariff_version_id=1, period_from=dt.date(2020, 3, 1), period_until=dt.date(2020, 4, 1)
    )
    shown = ("usage_id", "tariff_version_id", "band", "quantity_milli")
    # the old version has no bands: it charges its half of the whole
    assert samples.rated(changing, banded, plain, show=shown) == [
        *[(1, 1, 0, 10_000), (1, 2, 1, 7500), (1, 2, 2, 2500), (1, 2, 0, 10_000)],
        (2, 1, 0, 7000),
    ]


@pytest.mark.parametrize("sign", [1, -1])
def test_cut_bands_sum_to_the_cut_whole(sign: int) -> None:
    bands = [samples.named("A"), samples.named("B"), samples.named("C")]
    energy = [samples.component("E", {"kind": "TIME_OF_USE", "prices": {"A": "1", "B": "1", "C": "1"}})]
    changing = samples.changing(
        ("2020-01-01", energy), ("2021-02-01", energy), bands=bands, price_change=DAYS
    )
    used = usage(
        *MONTH,
        sign * 15_000,
        before=15_000,
        band_1_milli=sign * 10_000,
        band_2_milli=sign * 1,
        band_3_milli=sign * 4999,
    )
    # 7.5 is 8: of it 10/15 are 5.333; of the other 2.667 a 5000th is 0.001; the rest is the third's
    assert samples.rated(changing, used, show=("tariff_version_id", "band", "quantity_milli")) == [
        *[(1, 1, sign * 5333), (1, 2, sign * 1), (1, 3, sign * 2666)],
        *[(2, 1, sign * 4667), (2, 2, 0), (2, 3, sign * 2333)],
    ]


def test_bands_nobody_asks_for_change_nothing() -> None:
    used = usage(*MONTH, 20_000, band_1_milli=3000)
    assert samples.rated(TWO, used, show=SHOWN) == [(1, 10_000, 15), (2, 10_000, 15)]


FIXED = {"kind": "PER_PERIOD", "price": "6"}
MONTHLY = {"kind": "PER_MONTH", "price": "6"}
DAILY = {"kind": "PER_DAY", "price": "6"}
BY_DAYS = {"kind": "PER_MONTH", "price": "6", "by_days": True}
TIME = ("tariff_version_id", "time_numerator", "time_denominator", "amount_minor")


@pytest.mark.parametrize(
    ("charge", "expected"),
    [
        (FIXED, [(1, 20, 60, 200), (2, 40, 60, 400)]),
        (MONTHLY, [(1, 40, 60, 400), (2, 80, 60, 800)]),  # two months
        (DAILY, [(1, 20, 1, 12_000), (2, 40, 1, 24_000)]),
        (BY_DAYS, [(1, 240, 365, 395), (2, 480, 365, 789)]),
    ],
)
def test_fixed_charges_of_a_segment_go_by_its_days(
    charge: dict[str, Any], expected: list[tuple[int, ...]]
) -> None:
    component = samples.component("F", charge)
    changing = samples.changing(("2020-01-01", [component]), ("2021-02-01", [component]), price_change=DAYS)
    used = usage("2021-01-12", "2021-03-13", 0)
    assert samples.rated(changing, used, show=TIME) == expected


def test_an_uncut_usage_of_the_same_book_pays_whole() -> None:
    component = samples.component("F", FIXED)
    changing = samples.changing(("2020-01-01", [component]), ("2021-02-01", [component]), price_change=DAYS)
    assert samples.rated(changing, usage("2021-03-01", "2021-04-01", 0), show=TIME) == [(2, 1, 1, 600)]


class TestDerivedCharges:
    """What a cut means for charges of other charges."""

    def bill(
        self, *derived: dict[str, Any], second: list[dict[str, Any]] | None = None
    ) -> list[tuple[Any, ...]]:
        """Version, component code and amount: 10 units at 1.00 and 10 at 2.00."""
        new = derived if second is None else second
        changing = samples.changing(
            ("2020-01-01", [price("1"), *derived]), ("2021-02-01", [price("2"), *new]), price_change=DAYS
        )
        shown = ("tariff_version_id", "component_no", "amount_minor")
        return [
            (version, changing.versions[version].components[number - 1].code, amount)
            for version, number, amount in samples.rated(changing, usage(*MONTH, 20_000), show=shown)
        ]

    def test_percentages_are_of_their_own_segment(self) -> None:
        old = samples.component("P", {"kind": "PERCENTAGE", "rate": "10"})
        new = samples.component("P", {"kind": "PERCENTAGE", "rate": "20"})
        assert self.bill(old, second=[new]) == [(1, "W", 1000), (1, "P", 100), (2, "W", 2000), (2, "P", 400)]

    def test_money_off_goes_by_days(self) -> None:
        off = samples.component("M", {"kind": "MONEY_OFF", "price": "25"})
        # 12.50 each; the old part has only 10.00 to take it from
        assert self.bill(off) == [(1, "W", 1000), (1, "M", -1000), (2, "W", 2000), (2, "M", -1250)]

    def test_limits_and_rounding_are_of_the_whole_bill(self) -> None:
        least = samples.component("L", {"kind": "MINIMUM", "price": "40"})
        most = samples.component("L", {"kind": "MAXIMUM", "price": "25"})
        rounding = samples.component("R", {"kind": "BILL_ROUNDING"}, rounding="YUAN_HALF_UP")
        lines = [(1, "W", 1000), (2, "W", 2000)]
        assert self.bill(least) == [*lines, (2, "L", 1000)]
        assert self.bill(most) == [*lines, (2, "L", -500)]
        assert self.bill(rounding) == lines

    def test_rounding_counts_both_halves(self) -> None:
        tenth = samples.component("T", {"kind": "PER_UNIT", "price": "0.033"})
        rounding = samples.component("R", {"kind": "BILL_ROUNDING"}, rounding="YUAN_HALF_UP")
        # 10.00 + 0.33 + 20.00 + 0.33 = 30.66
        found = self.bill(tenth, rounding)
        assert found[-1] == (2, "R", 34)
        assert len(found) == 5

    def test_a_limit_of_the_new_version_counts_the_old_lines_of_the_same_code(self) -> None:
        least = samples.component("L", {"kind": "MINIMUM", "price": "40", "of": ["W"]})
        other = samples.component("X", samples.PER_UNIT)
        # X has no namesake in the new version and doesn't count: 10 + 20 < 40
        assert self.bill(other, second=[least])[-1] == (2, "L", 1000)

    def test_monthly_limits_are_not_cut(self) -> None:
        least = samples.component("L", {"kind": "MINIMUM", "price": "40", "per": "MONTH"})
        assert self.bill(least)[-1] == (2, "L", 1000)
