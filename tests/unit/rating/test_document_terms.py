"""What a version says beside its components."""

from typing import Any

import pytest

from meterbook.kernel import period, rounding
from meterbook.rating import document, household, tariff
from tests.unit.rating import documents

Rule = household.HouseholdRule
Stated, Scaled = tariff.StatedFor, tariff.ScaledBy
FLAT = documents.component("FLAT", documents.PER_UNIT)
TIERED = documents.component("TIERED", documents.TIERS)
NAMES = tariff.Names(**documents.NAME)


def with_terms(**terms: Any) -> dict[str, Any]:
    return documents.whole(FLAT, **terms)


@pytest.mark.parametrize(
    ("tier_period", "stated_for", "scaled_by"),
    [
        ("BILLING_PERIOD", Stated.BILL, Scaled.NONE),
        ("MONTH", Stated.MONTH, Scaled.MONTHS),
        ("TWO_MONTHS", Stated.TWO_MONTHS, Scaled.MONTHS),
        ("CALENDAR_YEAR", Stated.YEAR, Scaled.MONTHS),
        ("ANNIVERSARY_YEAR", Stated.YEAR, Scaled.MONTHS),
        ("HEATING_SEASON", Stated.SEASON, Scaled.DAYS),
    ],
)
def test_bounds_are_stated_for_the_tier_period(
    tier_period: str, stated_for: tariff.StatedFor, scaled_by: tariff.ScaledBy
) -> None:
    read = documents.version(FLAT, tier_period=tier_period, heating_season=documents.HEATING_SEASON)
    assert read.tier_period is period.TierPeriod[tier_period]
    assert read.bound_scale == tariff.BoundScale(stated_for=stated_for, scaled_by=scaled_by)


def test_bounds_partly_stated_keep_the_rest() -> None:
    read = documents.version(FLAT, tier_period="CALENDAR_YEAR", bounds={"scaled_by": "DAYS"})
    assert read.bound_scale == tariff.BoundScale(stated_for=Stated.YEAR, scaled_by=Scaled.DAYS)
    stated = {"stated_for": "YEAR", "round_to": "0.1", "rounding": "TRUNCATE"}
    read = documents.version(FLAT, tier_period="MONTH", bounds=stated)
    assert read.bound_scale == tariff.BoundScale(
        stated_for=Stated.YEAR, scaled_by=Scaled.MONTHS, round_to_milli=100, mode=rounding.Mode.TRUNCATE
    )


@pytest.mark.parametrize(
    ("tier_period", "stated_for"),
    [
        ("CALENDAR_YEAR", "MONTH"),
        ("ANNIVERSARY_YEAR", "BILL"),
        ("HEATING_SEASON", "YEAR"),
        ("MONTH", "SEASON"),
    ],
)
def test_bounds_are_stated_for_a_length_their_tier_period_has(tier_period: str, stated_for: str) -> None:
    winter = {"from": "11-15", "until": "03-15"}
    bounds = {"stated_for": stated_for, "scaled_by": "NONE"}
    with pytest.raises(document.TariffError, match="doesn't go with the tier period"):
        documents.version(TIERED, tier_period=tier_period, bounds=bounds, heating_season=winter)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (
            {"rule": "ADD", "over_persons": 4, "add": ["30"]},
            household.Household(rule=Rule.ADD, over_persons=4, add_milli=(30_000,)),
        ),
        (
            {"rule": "ADD", "over_persons": 4, "add": ["100", "100"], "once": True},
            household.Household(rule=Rule.ADD, over_persons=4, add_milli=(100_000, 100_000), is_once=True),
        ),
        (
            {"rule": "FIRST_TIER", "over_persons": 3, "add": ["60"]},
            household.Household(rule=Rule.FIRST_TIER, over_persons=3, add_milli=(60_000,)),
        ),
        (
            {"rule": "SCALE", "over_persons": 4},
            household.Household(rule=Rule.SCALE, over_persons=4, add_milli=()),
        ),
        (
            {"rule": "PER_PERSON", "over_persons": 4, "per_person": ["6.25", "8.25"]},
            household.Household(rule=Rule.PER_PERSON, over_persons=4, add_milli=(6250, 8250)),
        ),
    ],
)
def test_household_rules(stated: dict[str, Any], expected: household.Household) -> None:
    assert documents.version(TIERED, household=stated).household == expected


@pytest.mark.parametrize(
    ("stated", "at", "reason"),
    [
        ({"rule": "ADD", "over_persons": 4}, "", "add is missing"),
        ({"over_persons": 4, "once": True}, "", "rule is missing"),
        ({"rule": "SCALE", "over_persons": 4, "add": ["1"]}, ".add", "does not belong to rule SCALE"),
        (
            {"rule": "ADD", "over_persons": 4, "add": ["30", "10"]},
            ".add",
            "a higher bound must not grow less than a lower one",
        ),
        ({"rule": "ADD", "over_persons": 0, "add": ["1"]}, ".over_persons", "must be at least 1"),
        ({"rule": "FIRST_TIER", "over_persons": 4, "add": ["1", "2"]}, ".add", "has more than 1"),
        (
            {"rule": "FIRST_TIER", "over_persons": 4, "add": ["1"], "once": True},
            ".once",
            "does not belong to rule FIRST_TIER",
        ),
        ({"rule": "PER_PERSON", "over_persons": 4}, "", "per_person is missing"),
        (
            {"rule": "PER_PERSON", "over_persons": 4, "per_person": ["8", "8"]},
            ".per_person[1]",
            "must be more than the one before",
        ),
        (
            {"rule": "ADD", "over_persons": 4, "add": ["1"], "per_person": ["8"]},
            ".per_person",
            "does not belong to rule ADD",
        ),
    ],
)
def test_household_rules_that_can_not_be(stated: dict[str, Any], at: str, reason: str) -> None:
    found = documents.faults_of(documents.whole(TIERED, household=stated))
    assert found == [(f"$.household{at}", reason)]


ADD_TO_THREE = {"rule": "ADD", "over_persons": 4, "add": ["1", "2", "3"]}
PER_HEAD_FOR_ONE = {"rule": "PER_PERSON", "over_persons": 4, "per_person": ["6"]}
TWO_BOUNDS = documents.TIERS["tiers"]


@pytest.mark.parametrize(
    ("charge", "place"),
    [
        (documents.TIERS, "tiers"),
        ({"kind": "VOLUME_TIERS", "tiers": TWO_BOUNDS}, "tiers"),
        ({"kind": "TIER_FEE", "tiers": TWO_BOUNDS}, "tiers"),
        (
            {
                "kind": "SWITCHING_TIERS",
                "tables": [{"until": "9", "tiers": [{"price": "1"}]}, {"tiers": TWO_BOUNDS}],
            },
            "tables[1].tiers",
        ),
        (
            {
                "kind": "TIME_OF_USE_TIERS",
                "tiers": [
                    {"until": "10", "prices": {"PEAK": "1"}},
                    {"until": "20", "prices": {"PEAK": "1"}},
                    {"prices": {"PEAK": "1"}},
                ],
            },
            "tiers",
        ),
    ],
)
@pytest.mark.parametrize(("rule", "stated"), [(ADD_TO_THREE, 3), (PER_HEAD_FOR_ONE, 1)])
def test_a_household_rule_with_a_quantity_for_each_bound_has_as_many(
    charge: dict[str, Any], place: str, rule: dict[str, Any], stated: int
) -> None:
    bands = [{"code": "PEAK", "name": documents.NAME}]
    found = documents.component_faults(documents.component("X", charge), household=rule, bands=bands)
    assert found == [(f"[0].{place}", f"has 2 bounds, the household rule has {stated}")]


def test_one_quantity_fits_any_tiers_and_any_rule_a_single_tier() -> None:
    single = documents.component("ONE", {"kind": "GRADUATED_TIERS", "tiers": [{"price": "1"}]})
    assert documents.version(single, FLAT, household=ADD_TO_THREE).household.add_milli == (1000, 2000, 3000)
    one = {"rule": "ADD", "over_persons": 4, "add": ["1"]}
    assert documents.version(TIERED, single, household=one).household.add_milli == (1000,)


@pytest.mark.parametrize("name", ["price_change", "season_change"])
@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"split": "DAYS"}, tariff.Change(split=tariff.SplitRule.DAYS, round_to_milli=1000)),
        (
            {"split": "DAYS", "round_to": "0.1", "counter": "PRORATED"},
            tariff.Change(split=tariff.SplitRule.DAYS, round_to_milli=100, counter=tariff.Counter.PRORATED),
        ),
        (
            {"split": "READING_DATE", "counter": "RESTARTS"},
            tariff.Change(split=tariff.SplitRule.READING_DATE, counter=tariff.Counter.RESTARTS),
        ),
    ],
)
def test_changes(name: str, stated: dict[str, Any], expected: tariff.Change) -> None:
    read = documents.version(FLAT, seasons=documents.SEASONS, **{name: stated})
    assert {"price_change": read.change, "season_change": read.season_change}[name] == expected


def test_a_price_change_by_number_of_readings() -> None:
    read = documents.version(FLAT, price_change={"split": "READING_NUMBER", "reading": 2})
    assert read.change == tariff.Change(split=tariff.SplitRule.READING_NUMBER, reading=2)


def test_what_a_version_says_of_itself_when_nothing_is_stated() -> None:
    read = documents.version(FLAT)
    assert (read.change, read.seasons, read.season_change) == (None, (), None)
    assert (read.month_count, read.year_days) == (tariff.MonthCount.NEAREST, 365)
    assert (read.heating_season, read.conversion, read.quantity_rounding) == (None, None, None)
    assert (read.bands, read.programmes) == ((), ())
    assert [price_set.set_no for price_set in read.price_sets] == [0]


def test_seasons_change_at_the_reading_unless_stated() -> None:
    read = documents.version(FLAT, seasons=documents.SEASONS)
    assert read.season_change == tariff.Change(split=tariff.SplitRule.READING_DATE)
    assert read.seasons == (
        tariff.Season(
            season_no=1,
            code="SUMMER",
            name=NAMES,
            from_=tariff.MonthDay(month=5, day=1),
            until=tariff.MonthDay(month=11, day=1),
        ),
        tariff.Season(
            season_no=2,
            code="WINTER",
            name=NAMES,
            from_=tariff.MonthDay(month=11, day=1),
            until=tariff.MonthDay(month=5, day=1),
        ),
    )


def season(code: str, from_: str, until: str) -> dict[str, Any]:
    return {"code": code, "name": documents.NAME, "from": from_, "until": until}


def test_seasons_may_begin_with_any_of_them() -> None:
    stated = [season("C", "10-01", "02-15"), season("A", "02-15", "06-01"), season("B", "06-01", "10-01")]
    read = documents.version(FLAT, seasons=stated)
    assert [(item.season_no, item.code) for item in read.seasons] == [(1, "C"), (2, "A"), (3, "B")]


@pytest.mark.parametrize(
    "stated",
    [
        [season("A", "01-01", "06-01"), season("B", "06-02", "01-01")],
        [season("A", "01-01", "06-02"), season("B", "06-01", "01-01")],
        [season("A", "01-01", "06-01"), season("B", "06-01", "12-31")],
        [season("A", "01-01", "01-01"), season("B", "01-01", "01-01")],
    ],
)
def test_seasons_cover_the_year_exactly_once(stated: list[dict[str, Any]]) -> None:
    [(path, reason)] = documents.faults_of(with_terms(seasons=stated))
    assert path == "$.seasons"
    assert reason.endswith("seasons cover the year exactly once")


def test_other_terms_are_read() -> None:
    read = documents.version(
        FLAT,
        months="STARTED",
        year_days=360,
        heating_season=documents.HEATING_SEASON,
        billed_quantity={"round_to": "1", "rounding": "TRUNCATE", "carry": True},
        bands=documents.BANDS,
    )
    assert (read.month_count, read.year_days) == (tariff.MonthCount.STARTED, 360)
    assert read.heating_season == (tariff.MonthDay(month=11, day=15), tariff.MonthDay(month=3, day=15))
    assert read.quantity_rounding == tariff.QuantityRounding(
        round_to_milli=1000, mode=rounding.Mode.TRUNCATE, is_carried=True
    )
    assert read.bands == (
        tariff.Band(band_no=1, code="PEAK", name=NAMES),
        tariff.Band(band_no=2, code="VALLEY", name=NAMES),
    )


def test_quantities_are_rounded_half_up_and_not_carried_unless_stated() -> None:
    assert documents.version(FLAT, billed_quantity={"round_to": "0.1"}).quantity_rounding == (
        tariff.QuantityRounding(round_to_milli=100, mode=rounding.Mode.HALF_UP, is_carried=False)
    )


@pytest.mark.parametrize(
    ("stated", "factors", "is_metered", "step", "mode"),
    [
        ({}, (1_000_000, 1_000_000, 1_000_000), False, 1, rounding.Mode.HALF_UP),
        (
            {"factor": "1.02264", "calorific_value": "39.3", "divide_by": "3.6", "round_to": "0.1"},
            (1_022_640, 39_300_000, 3_600_000),
            False,
            100,
            rounding.Mode.HALF_UP,
        ),
        (
            {"calorific_value": "METERED", "rounding": "HALF_EVEN"},
            (1_000_000, 1_000_000, 1_000_000),
            True,
            1,
            rounding.Mode.HALF_EVEN,
        ),
    ],
)
def test_conversions(
    stated: dict[str, str],
    factors: tuple[int, int, int],
    is_metered: bool,  # noqa: FBT001 -- table
    step: int,
    mode: rounding.Mode,
) -> None:
    read = documents.version(FLAT, conversion={"from_unit": "m3", **stated}, unit="kWh")
    factor, calorific, divisor = factors
    assert read.conversion == tariff.Conversion(
        unit="m3",
        factor_micro=factor,
        calorific_micro=calorific,
        is_calorific_metered=is_metered,
        divisor_micro=divisor,
        round_to_milli=step,
        mode=mode,
    )


@pytest.mark.parametrize(
    ("terms", "at", "reason"),
    [
        ({"tier_period": "HEATING_SEASON"}, "tier_period", "needs the heating_season of the version"),
        (
            {"bounds": {"stated_for": "SEASON"}},
            "bounds.stated_for",
            "needs the heating_season of the version",
        ),
        (
            {"bounds": {"scaled_by": "DAYS"}},
            "bounds",
            "bounds stated for the bill, however long it is, can't be scaled",
        ),
        (
            {"bounds": {"round_to": "0"}},
            "bounds.round_to",
            "must be more than 0",
        ),
        ({"price_change": {"split": "READING_NUMBER"}}, "price_change", "reading is missing"),
        ({"price_change": {}}, "price_change", "split is missing"),
        (
            {"price_change": {"split": "DAYS", "reading": 2}},
            "price_change.reading",
            "does not belong to split DAYS",
        ),
        (
            {"price_change": {"split": "READING_DATE", "round_to": "1"}},
            "price_change.round_to",
            "does not belong to split READING_DATE",
        ),
        (
            {"season_change": {"split": "READING_NUMBER"}},
            "season_change.split",
            "READING_NUMBER is not one of DAYS, READING_DATE",
        ),
        (
            {"season_change": {"split": "READING_DATE", "round_to": "1"}},
            "season_change.round_to",
            "does not belong to split READING_DATE",
        ),
        ({"seasons": [season("A", "01-01", "06-01")]}, "seasons", "needs at least 2"),
        (
            {"seasons": [season("A", "01-01", "06-01"), season("A", "06-01", "01-01")]},
            "seasons[1].code",
            "A stands twice",
        ),
        (
            {"seasons": [season("A", "02-29", "06-01"), season("B", "06-01", "02-29")]},
            "seasons[0].from",
            "02-29 is not a day of every year",
        ),
        (
            {"seasons": [season("A", "1-1", "06-01"), season("B", "06-01", "01-01")]},
            "seasons[0].from",
            "'1-1' is not a month and day like \"05-01\"",
        ),
        (
            {"heating_season": {"from": "11-15", "until": "11-15"}},
            "heating_season.until",
            "must be another day than from",
        ),
        (
            {"heating_season": {"from": "11-31", "until": "03-15"}},
            "heating_season.from",
            "11-31 is not a day of every year",
        ),
        (
            {"conversion": {"from_unit": "m3", "divide_by": "0"}},
            "conversion.divide_by",
            "must be more than 0",
        ),
        (
            {"conversion": {"from_unit": "m3", "calorific_value": "high"}},
            "conversion.calorific_value",
            "'high' is not a number in quotes with at most 6 decimals, or METERED",
        ),
        ({"billed_quantity": {"round_to": "0"}}, "billed_quantity.round_to", "must be more than 0"),
        ({"bands": [documents.BANDS[0]] * 2}, "bands[1].code", "PEAK stands twice"),
        ({"bands": [documents.BANDS[0]] * 7}, "bands", "has more than 6"),
        (
            {"programmes": [{"code": "A", "name": documents.NAME}]},
            "programmes[0]",
            "prices or first_tier_only is missing",
        ),
    ],
)
def test_terms_that_can_not_be(terms: dict[str, Any], at: str, reason: str) -> None:
    assert documents.faults_of(with_terms(**terms)) == [(f"$.{at}", reason)]


def test_the_faults_of_all_terms_are_found_at_once() -> None:
    terms = {"billed_quantity": {"round_to": "0"}, "bands": [documents.BANDS[0]] * 2}
    assert [path for path, _ in documents.faults_of(with_terms(**terms))] == [
        "$.billed_quantity.round_to",
        "$.bands[1].code",
    ]


def test_a_version_replaces_a_default_or_has_none_of_it() -> None:
    value = with_terms(
        bands=documents.BANDS, heating_season=documents.HEATING_SEASON, price_change={"split": "DAYS"}
    )
    value["versions"][0] |= {"bands": None, "price_change": {"split": "READING_DATE"}}
    [read] = documents.read(value).versions
    assert read.bands == ()
    assert read.heating_season is not None
    assert read.change is not None
    assert read.change.split is tariff.SplitRule.READING_DATE
    value["versions"][0]["price_change"] = {"split": "NEVER"}
    assert documents.faults_of(value)[0][0] == "$.versions[0].price_change.split"
