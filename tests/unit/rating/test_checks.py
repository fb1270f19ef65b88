"""Every reason not to rate a usage, at its edges: the last value that is right and the first that isn't."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from meterbook.rating import book, columns, engine, tariff
from tests.unit.rating import samples
from tests.unit.rating.samples import Usage

W = samples.component("W", {"kind": "PER_UNIT", "price": "1"})
PLAIN = samples.version(W)
BANDS = [samples.named("P"), samples.named("V")]
BANDED = samples.component("E", {"kind": "TIME_OF_USE", "prices": {"P": "1", "V": "2"}})


def code(what: tariff.TariffVersion | book.TariffBook, usage: Usage) -> str | None:
    """What is wrong with a usage beside one that is right; rating refuses it for the same reason."""
    found = samples.codes(what, usage)
    if not found:
        samples.rated(what, usage)
        return None
    with pytest.raises(engine.RatingError, match=found[usage.usage_id]):
        samples.rated(what, usage)
    assert list(found) == [usage.usage_id]
    return found[usage.usage_id]


def given(quantity: int = 1000, **more: Any) -> Usage:
    return Usage(1, quantity, before_milli=max(0, -quantity), more=more)


EXTENT, COUNT, LARGE = 10**9, 10_000, 10**12


@pytest.mark.parametrize(
    ("column", "most"),
    [
        *[(f"{name}_milli", EXTENT) for name in ("area", "capacity", "demand", "free_before", "carried")],
        *[
            (name, COUNT)
            for name in ("months", "reading_no", "tier_months", "tier_days", "households", "calibre_mm")
        ],
        *[(name, LARGE) for name in ("quota_milli", "negotiated_micro", "calorific_micro")],
        ("tier_factor_ppm", 100_000_000),
        ("band_1_before_milli", LARGE),
        ("band_6_before_milli", LARGE),
    ],
)
def test_values_beyond_reason(column: str, most: int) -> None:
    found = [code(PLAIN, given(**{column: value})) for value in (0, most, most + 1, -1)]
    assert found == [None, None, "VALUE_OUT_OF_RANGE", "VALUE_OUT_OF_RANGE"]


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        ([], None),
        ([0, LARGE], None),
        ([None, 5], None),
        ([0, LARGE + 1], "VALUE_OUT_OF_RANGE"),
        ([5, -1], "VALUE_OUT_OF_RANGE"),
    ],
)
def test_what_is_used_of_tiers(used: list[int | None], expected: str | None) -> None:
    assert code(PLAIN, given(tier_used_milli=used)) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (1, None),
        (3700, None),
        (3701, "PERIOD_OUT_OF_RANGE"),
        (0, "PERIOD_OUT_OF_RANGE"),
        (-1, "PERIOD_OUT_OF_RANGE"),
    ],
)
def test_periods(days: int, expected: str | None) -> None:
    usage = Usage(1, 1000, period_until=samples.FROM + dt.timedelta(days=days))
    assert code(PLAIN, usage) == expected


@pytest.mark.parametrize("days", [0, -1, -400])
def test_a_period_turned_around_is_named_whatever_else_is_asked(days: int) -> None:
    """What looks at days must not stumble over a period without any."""
    seasons = [
        samples.named("A", **{"from": "01-01", "until": "07-01"}),
        samples.named("B", **{"from": "07-01", "until": "01-01"}),
    ]
    charge = {"kind": "PER_UNIT", "price": "1", "negotiable": {"below": "5", "above": "5"}}
    component = samples.component("W", {**charge, "seasons": {"A": {}, "B": {"price": "2"}}})
    changing = samples.changing(
        ("2020-01-01", [component]),
        ("2025-01-01", [component]),
        seasons=seasons,
        season_change={"split": "DAYS"},
        price_change={"split": "DAYS"},
    )
    until = samples.FROM + dt.timedelta(days=days)
    usage = Usage(1, 1000, tariff_version_id=2, period_until=until, more={"negotiated_micro": 1_000_000})
    assert code(changing, usage) == "PERIOD_OUT_OF_RANGE"


R, F, S, H = (
    int(split)
    for split in (columns.Split.REST, columns.Split.FIXED, columns.Split.SHARE, columns.Split.HIGHEST)
)


@pytest.mark.parametrize(
    ("parts", "fits"),
    [
        ([(R, None)], "yes"),
        ([(None, None)], "yes"),
        ([(F, 1000), (R, None)], "yes"),
        ([(F, 0), (R, None)], "yes"),
        ([(F, 1000)], "no"),  # what is left belongs to nobody
        ([(F, 1000), (F, 1000)], "no"),
        ([(F, -1), (R, None)], "no"),
        ([(R, None), (R, None)], "no"),
        ([(S, 1_000_000)], "yes"),
        ([(S, 999_999)], "no"),
        ([(S, 1_000_001)], "no"),
        ([(S, 999_999), (R, None)], "yes"),
        ([(S, 500_000), (S, 500_000), (R, None)], "yes"),
        ([(S, 500_000), (S, 500_001), (R, None)], "no"),
        ([(S, 500_000), (S, 500_000)], "yes"),
        ([(S, 500_000), (S, 500_000), (R, None), (R, None)], "no"),
        ([(F, 100), (S, 1_000_000)], "yes"),
        ([(H, None)], "yes"),
        ([(H, None), (H, None)], "yes"),
        ([(H, None), (R, None)], "no"),
        ([(H, None), (S, 1_000_000)], "no"),
        ([(4, None)], "no"),
        ([(-1, None)], "no"),
    ],
)
def test_parts_must_make_a_whole(parts: list[tuple[int | None, int | None]], fits: str) -> None:
    usages = [
        Usage(1, 1000, more={"part_no": number, "split": split, "split_value": value})
        for number, (split, value) in enumerate(parts, start=1)
    ]
    assert samples.codes(PLAIN, *usages, Usage(2, 5)) == ({} if fits == "yes" else {1: "PARTS_DO_NOT_FIT"})


def test_parts_must_carry_the_same_quantity() -> None:
    usages = [
        Usage(1, 1000, more={"part_no": 1, "split": F, "split_value": 5}),
        Usage(1, 1001, more={"part_no": 2, "split": R}),
    ]
    assert samples.codes(PLAIN, *usages) == {1: "PARTS_DO_NOT_FIT"}


@pytest.mark.parametrize("split", [S, F])
def test_a_part_must_say_how_much(split: int) -> None:
    rest = Usage(1, 1000, more={"part_no": 2, "split": R})
    assert samples.codes(PLAIN, Usage(1, 1000, more={"part_no": 1, "split": split}), rest) == {
        1: "PARTS_DO_NOT_FIT"
    }


@pytest.mark.parametrize(("number", "expected"), [(None, None), (1, None), (2, "PARTS_DO_NOT_FIT")])
def test_a_second_part_without_a_split(number: int | None, expected: str | None) -> None:
    assert code(PLAIN, given(part_no=number)) == expected


def test_a_part_twice_is_a_duplicate() -> None:
    part = Usage(1, 1000, more={"part_no": 1, "split": R})
    other = Usage(1, 1000, more={"part_no": 2, "split": F, "split_value": 4})
    assert samples.codes(PLAIN, part, part, other) == {1: "DUPLICATE_USAGE"}
    assert samples.codes(PLAIN, part, other) == {}
    assert samples.codes(PLAIN, Usage(1, 5), Usage(1, 5)) == {1: "DUPLICATE_USAGE"}


AREA = {"kind": "AREA", "price": "1", "per": "MONTH"}
CLASSES = {**AREA, "factors": {"LOW": "0.9"}}
CALIBRES = {"kind": "PER_MONTH", "by_calibre": [{"calibre": 15, "price": "2"}]}
QUOTA = {"kind": "OVER_QUOTA", "tiers": [{"price": "2"}]}
METERED = {"from_unit": "m3", "calorific_value": "METERED"}


@pytest.mark.parametrize(
    ("charge", "more", "right", "wrong", "expected"),
    [
        (AREA, {}, {"area_milli": 0}, {}, "AREA_MISSING"),
        (
            CLASSES,
            {},
            {"area_milli": 5, "area_class": "LOW"},
            {"area_milli": 5, "area_class": "HIGH"},
            "AREA_CLASS_UNKNOWN",
        ),
        (CLASSES, {}, {"area_milli": 5, "area_class": "LOW"}, {"area_milli": 5}, "AREA_CLASS_UNKNOWN"),
        (
            {"kind": "CAPACITY", "price": "1"},
            {},
            {"capacity_milli": 0},
            {"demand_milli": 5},
            "CAPACITY_MISSING",
        ),
        ({"kind": "DEMAND", "price": "1"}, {}, {"demand_milli": 0}, {"capacity_milli": 5}, "DEMAND_MISSING"),
        (QUOTA, {}, {"quota_milli": 0}, {}, "QUOTA_MISSING"),
        (W, {"conversion": METERED}, {"calorific_micro": 1}, {}, "CALORIFIC_VALUE_MISSING"),
        (CALIBRES, {}, {"calibre_mm": 15}, {"calibre_mm": 20}, "CALIBRE_WITHOUT_PRICE"),
        (CALIBRES, {}, {"calibre_mm": 15}, {}, "CALIBRE_WITHOUT_PRICE"),
    ],
)
def test_what_a_tariff_asks_for(
    charge: dict[str, Any], more: dict[str, Any], right: dict[str, Any], wrong: dict[str, Any], expected: str
) -> None:
    asking = samples.version({**samples.component("X", charge), "code": "X"}, **more)
    assert code(asking, given(**right)) is None
    assert code(asking, given(**wrong)) == expected
    # a usage of another tariff of the run need not bring it
    both = samples.book_of({1: asking, 2: PLAIN})
    assert samples.codes(both, Usage(3, 5, tariff_version_id=2), Usage(4, 5, more=wrong)) == {4: expected}


def test_a_price_of_a_programme_asks_too() -> None:
    """Whoever is under no programme would not need it, but the tariff asks everybody."""
    version = samples.version(
        samples.component("X", {"kind": "AREA", "price": "1", "per": "DAY", "factors": {"LOW": "0.5"}}),
        programmes=[samples.named("OLD", prices={"X": {"price": "2"}})],
    )
    assert code(version, given(area_milli=5)) == "AREA_CLASS_UNKNOWN"


@pytest.mark.parametrize(
    ("quantity", "bands", "fits"),
    [
        (1000, {1: 400, 2: 600}, "yes"),
        (1000, {1: 1000}, "yes"),
        (1000, {2: 1000}, "yes"),
        (1000, {1: 400, 2: 601}, "no"),
        (1000, {}, "no"),
        (1000, {1: 400, 2: 600, 3: 0}, "yes"),
        (1000, {1: 400, 2: 500, 3: 100}, "no"),  # a band the tariff doesn't have
        (1000, {1: 1400, 2: -400}, "no"),
        (-1000, {1: -400, 2: -600}, "yes"),
        (-1000, {1: -1400, 2: 400}, "no"),
        (0, {1: 0, 2: 0}, "yes"),
        (0, {1: 0}, "yes"),
        (0, {1: 5, 2: -5}, "no"),
        (0, {}, "no"),
    ],
)
def test_bands_must_be_the_quantity(quantity: int, bands: dict[int, int], fits: str) -> None:
    version = samples.version(BANDED, bands=BANDS)
    usage = given(quantity, **{f"band_{band}_milli": value for band, value in bands.items()})
    assert code(version, usage) == (None if fits == "yes" else "BANDS_DO_NOT_SUM")


def test_bands_whose_sum_would_wrap_around_do_not_fit() -> None:
    bands = [samples.named(f"B{number}") for number in range(1, 6)]
    charge = {"kind": "TIME_OF_USE", "prices": {band["code"]: "1" for band in bands}}
    version = samples.version(samples.component("W", charge), bands=bands)
    whole = {f"band_{band}_milli": 2**62 for band in range(1, 5)}
    assert code(version, given(5, **whole, band_5_milli=5)) == "BANDS_DO_NOT_SUM"


def test_a_version_that_is_not_there_is_named_whatever_else_is_asked() -> None:
    """Looking for the season of an agreed price must not stumble over it."""
    seasons = [
        samples.named("A", **{"from": "01-01", "until": "07-01"}),
        samples.named("B", **{"from": "07-01", "until": "01-01"}),
    ]
    charge = {"kind": "PER_UNIT", "price": "1", "negotiable": {"below": "5", "above": "5"}}
    component = samples.component("W", {**charge, "seasons": {"A": {}, "B": {"price": "2"}}})
    usage = Usage(1, 1000, tariff_version_id=9, more={"negotiated_micro": 1_000_000})
    assert code(samples.version(component, seasons=seasons), usage) == "UNKNOWN_TARIFF_VERSION"


def test_bands_a_tariff_only_names_are_not_asked_for() -> None:
    assert code(samples.version(W, bands=BANDS), given()) is None


def test_the_first_fault_counts_and_faults_are_ordered() -> None:
    usages = [
        Usage(9, LARGE + 1, tariff_version_id=7),
        Usage(3, 5, persons=-1, before_milli=-1),
        Usage(5, 5),
        Usage(4, 5, period_until=samples.FROM, more={"months": -1}),
    ]
    assert samples.codes(PLAIN, *usages) == {
        3: "NEGATIVE_RUNNING_TOTAL",
        4: "PERIOD_OUT_OF_RANGE",
        9: "UNKNOWN_TARIFF_VERSION",
    }


def test_the_error_says_how_many_and_the_first() -> None:
    with pytest.raises(engine.RatingError, match="2 usages can't be rated, first 4: NEGATIVE_PERSONS"):
        samples.rated(PLAIN, Usage(7, 5, persons=-1), Usage(4, 5, persons=-1), Usage(1, 5))


def test_no_usage_has_no_fault() -> None:
    for what in (PLAIN, samples.version(BANDED, bands=BANDS)):
        found = engine.unratable(columns.USAGE.empty(), book.tariff_book({1: what}))
        assert found.equals(columns.UNRATABLE.empty())
    empty = samples.usage_frame([Usage(1, 5, more={"negotiated_micro": 5, "split": 0})]).clear()
    changing = samples.changing(("2020-01-01", [W]), ("2025-01-11", [W]), price_change={"split": "DAYS"})
    assert engine.unratable(empty, changing).height == 0


def test_codes_are_the_words_of_the_interface() -> None:
    """A clerk reads a message for each: their names don't change unnoticed."""
    assert [item.value for item in engine.UnratableCode] == [item.name for item in engine.UnratableCode]
    assert len(engine.UnratableCode) == 21


def test_a_wrong_type_of_a_further_column_is_named() -> None:
    frame = samples.usage_frame([given(months=1)]).with_columns(pl.col("months").cast(pl.Int64))
    with pytest.raises(ValueError, match="column months is Int64, not Int16"):
        engine.rate(frame, book.tariff_book({1: PLAIN}))
