"""Time of use: bands by their own prices, tiers shared by all bands or counted for each."""

from typing import Any

import polars as pl
import pytest

from meterbook.rating import book, engine
from tests.unit.rating import samples
from tests.unit.rating.samples import Usage

BANDS = [samples.named("PEAK"), samples.named("FLAT"), samples.named("VALLEY")]
FLAT_PRICES = {"kind": "TIME_OF_USE", "prices": {"PEAK": "3", "VALLEY": "1", "FLAT": "2"}}
TIERS: dict[str, Any] = {
    "kind": "TIME_OF_USE_TIERS",
    "tiers": [
        {"until": "10", "prices": {"PEAK": "3", "FLAT": "2", "VALLEY": "1"}},
        {"until": "20", "prices": {"PEAK": "6", "FLAT": "4", "VALLEY": "2"}},
        {"prices": {"PEAK": "9", "FLAT": "6", "VALLEY": "3"}},
    ],
}
SHOWN = ("tier", "band", "quantity_milli")


def version(charge: dict[str, Any], **more: Any) -> Any:
    return samples.version(samples.component("E", charge), bands=BANDS, **more)


def usage(*bands: int, before: int = 0, befores: tuple[int, ...] = (), usage_id: int = 1) -> Usage:
    """A usage of so much in each band, in thousandths."""
    more = {f"band_{number}_milli": quantity for number, quantity in enumerate(bands, start=1)}
    more |= {f"band_{number}_before_milli": counter for number, counter in enumerate(befores, start=1)}
    return Usage(usage_id, sum(bands), before_milli=before, more=more)


def lines(charge: dict[str, Any], used: Usage) -> list[tuple[int, int, int]]:
    return samples.rated(version(charge), used, show=SHOWN)


def test_bands_pay_their_own_prices_in_their_own_order() -> None:
    found = samples.rated(
        version(FLAT_PRICES), usage(1000, 2000, 3000), show=("band", "quantity_milli", "amount_minor")
    )
    assert found == [(1, 1000, 300), (2, 2000, 400), (3, 3000, 300)]


def test_an_unused_band_has_its_line() -> None:
    assert lines(FLAT_PRICES, usage(5000, 0, 0)) == [(0, 1, 5000), (0, 2, 0), (0, 3, 0)]


def test_bands_not_stated_count_as_unused() -> None:
    only_peak = Usage(1, 5000, more={"band_1_milli": 5000})
    assert lines(FLAT_PRICES, only_peak) == [(0, 1, 5000), (0, 2, 0), (0, 3, 0)]


def test_negative_bands_take_back() -> None:
    used = usage(-1000, 0, -2000, before=3000)
    found = samples.rated(version(FLAT_PRICES), used, show=("band", "amount_minor"))
    assert found == [(1, -300), (2, 0), (3, -200)]


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        # the bound belongs to the tier below: ten are all of tier 1
        (usage(5000, 3000, 2000), [(1, 1, 5000), (1, 2, 3000), (1, 3, 2000)]),
        # 12: tier 1 has ten twelfths of each band
        (
            usage(6000, 3600, 2400),
            [(1, 1, 5000), (1, 2, 3000), (1, 3, 2000), (2, 1, 1000), (2, 2, 600), (2, 3, 400)],
        ),
        # from 8 on: two of the six are tier 1
        (
            usage(3000, 1500, 1500, before=8000),
            [(1, 1, 1000), (1, 2, 500), (1, 3, 500), (2, 1, 2000), (2, 2, 1000), (2, 3, 1000)],
        ),
        # one band alone goes through all tiers
        (usage(0, 30_000, 0), [(1, 2, 10_000), (2, 2, 10_000), (3, 2, 10_000)]),
        # taken back from 12: the two of tier 2 and one of tier 1, each half peak and half valley
        (usage(-1500, 0, -1500, before=12_000), [(1, 1, -500), (1, 3, -500), (2, 1, -1000), (2, 3, -1000)]),
        # nothing used: the tier the counter stands in says so once
        (usage(0, 0, 0, before=10_001), [(2, 1, 0)]),
        (usage(0, 0, 0), [(1, 1, 0)]),
    ],
)
def test_bands_share_the_tiers_in_proportion(used: Usage, expected: list[tuple[int, int, int]]) -> None:
    assert lines(TIERS, used) == expected


def test_odd_thousandths_are_shared_out_to_the_last() -> None:
    # 10.001 from 9.999 on: one thousandth in tier 1, 10 000 in tier 2; peak and flat have about half each.
    # Of the first unit peak has 5000/10001, below a half: it goes to flat, of which 5001 are half or more
    found = lines(TIERS, usage(5000, 5001, 0, before=9999))
    assert found == [(1, 2, 1), (2, 1, 5000), (2, 2, 5000)]


@pytest.mark.parametrize("before", [0, 9_998, 19_999, 5000])
@pytest.mark.parametrize("bands", [(1, 1, 1), (3333, 3333, 3334), (1, 20_000, 7), (10**9, 10**9 + 1, 1)])
@pytest.mark.parametrize("sign", [1, -1])
def test_no_part_is_lost_or_turned_around(bands: tuple[int, ...], before: int, sign: int) -> None:
    counter = before if sign > 0 else sum(bands) + before
    used = usage(*(sign * band for band in bands), before=counter)
    found = pl.DataFrame(lines(TIERS, used), schema=list(SHOWN), orient="row")
    assert (found["quantity_milli"] * sign > 0).all()
    of_band = found.group_by("band").agg(pl.col("quantity_milli").sum()).sort("band")
    assert of_band["quantity_milli"].to_list() == [sign * band for band in bands]
    low, high = sorted((counter, counter + sign * sum(bands)))
    for tier, from_, until in [(1, 0, 10_000), (2, 10_000, 20_000), (3, 20_000, high)]:
        whole = max(0, min(high, until) - max(low, from_)) * sign
        assert found.filter(pl.col("tier") == tier)["quantity_milli"].sum() == whole


PER_BAND = {**TIERS, "allowance": "PER_BAND"}


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        (usage(10_000, 10_001, 0), [(1, 1, 10_000), (1, 2, 10_000), (1, 3, 0), (2, 2, 1)]),
        (
            usage(10_000, 0, 0, before=15_000, befores=(5000, 10_000)),
            [(1, 1, 5000), (1, 2, 0), (1, 3, 0), (2, 1, 5000)],
        ),
        (
            usage(-6000, 0, 0, before=12_000, befores=(12_000,)),
            [(1, 1, -4000), (1, 2, 0), (1, 3, 0), (2, 1, -2000)],
        ),
    ],
)
def test_each_band_has_tiers_of_its_own(used: Usage, expected: list[tuple[int, int, int]]) -> None:
    assert lines(PER_BAND, used) == expected


def test_seasons_price_the_bands() -> None:
    seasons = [
        samples.named("SUMMER", **{"from": "05-01", "until": "11-01"}),
        samples.named("WINTER", **{"from": "11-01", "until": "05-01"}),
    ]
    winter = {"prices": {"PEAK": "30", "FLAT": "20", "VALLEY": "10"}}
    charge = {**FLAT_PRICES, "seasons": {"SUMMER": {}, "WINTER": winter}}
    found = samples.rated(
        version(charge, seasons=seasons), usage(1000, 0, 1000), show=("set_no", "band", "amount_minor")
    )
    assert found == [(2, 1, 3000), (2, 2, 0), (2, 3, 1000)]  # January


def test_tariffs_with_and_without_bands_in_one_run() -> None:
    plain = samples.version(samples.component("W", samples.PER_UNIT))
    tariff_book = book.tariff_book({1: version(FLAT_PRICES), 2: plain, 3: version(TIERS)})
    banded = usage(1000, 2000, 3000)
    usages = [
        banded,
        Usage(2, 1000, tariff_version_id=2),
        Usage(3, 6000, tariff_version_id=3, more=banded.more),
    ]
    found = engine.rate(samples.usage_frame(usages), tariff_book)
    assert found.select("usage_id", "band", "quantity_milli", "amount_minor").rows() == [
        (1, 1, 1000, 300),
        (1, 2, 2000, 400),
        (1, 3, 3000, 300),
        (2, 0, 1000, 157),
        (3, 1, 1000, 300),
        (3, 2, 2000, 400),
        (3, 3, 3000, 300),
    ]


def test_six_bands_are_the_most() -> None:
    bands = [samples.named(f"B{number}") for number in range(1, 7)]
    charge = {"kind": "TIME_OF_USE", "prices": {f"B{number}": str(number) for number in range(1, 7)}}
    six = samples.version(samples.component("E", charge), bands=bands)
    found = samples.rated(six, usage(1000, 2000, 3000, 4000, 5000, 6000), show=("band", "amount_minor"))
    assert found == [(number, number * number * 100) for number in range(1, 7)]


def test_each_band_has_its_proportion_of_what_the_bands_before_it_left() -> None:
    small = [{"until": "0.005", "prices": {"PEAK": "3", "FLAT": "2", "VALLEY": "1"}}, TIERS["tiers"][2]]
    # half of 0.010 in tier 1: 5 x 3/10 = 1.5 is 2; of the other 3, 3/7 are 1.29, so 1; the last takes 2
    assert lines({**TIERS, "tiers": small}, usage(3, 3, 4)) == [
        *[(1, 1, 2), (1, 2, 1), (1, 3, 2)],
        *[(2, 1, 1), (2, 2, 2), (2, 3, 2)],
    ]
