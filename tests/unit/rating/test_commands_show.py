"""`meterbook tariff show`: a price sheet people can read, for every kind of charge, with sample bills."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from meterbook.interfaces.cli import console, tariff_files, tariff_samples, tariff_sheet, tariff_words, tongue
from meterbook.rating import document, fact, facts
from tests.unit.rating import command_samples as samples
from tests.unit.rating import documents

ENGLISH = tongue.Tongue(tongue.Language.EN)
CHINESE = tongue.Tongue(tongue.Language.ZH)
LIBRARY = sorted(tariff_files.library_folder().rglob("*.yaml"))
WATER = tariff_files.library_folder() / "cn/beijing/water-residential.yaml"
TWO_TIERS = [{"until": "10", "price": "1"}, {"price": "2"}]
BY_BAND = [{"until": "10", "prices": {"PEAK": "2", "VALLEY": "1"}}, {"prices": {"PEAK": "4", "VALLEY": "3"}}]
# What every kind of charge says on the sheet: its prices.
KINDS: list[tuple[dict[str, Any], list[str]]] = [
    ({"kind": "PER_UNIT", "price": "1.57"}, ["1.57 yuan / m³"]),
    ({"kind": "GRADUATED_TIERS", "tiers": TWO_TIERS}, ["1.00 yuan / m³", "2.00 yuan / m³"]),
    ({"kind": "VOLUME_TIERS", "tiers": TWO_TIERS}, ["1.00 yuan / m³", "2.00 yuan / m³"]),
    (
        {"kind": "SWITCHING_TIERS", "tables": [{"until": "5", "tiers": TWO_TIERS}, {"tiers": TWO_TIERS}]},
        ["1.00 yuan / m³", "2.00 yuan / m³"] * 2,
    ),
    (
        {"kind": "GRADUATED_TIERS", "tiers": [{"until": "5", "fee": "27"}, {"price": "3"}]},
        ["27.00 yuan for entering the tier", "0.00 yuan / m³", "3.00 yuan / m³"],
    ),
    ({"kind": "TIER_FEE", "tiers": TWO_TIERS}, ["1.00 yuan", "2.00 yuan"]),
    ({"kind": "PACKAGE", "price": "3", "size": "10"}, ["3.00 yuan / 10 m³ begun"]),
    ({"kind": "PER_PERIOD", "price": "3"}, ["3.00 yuan / bill"]),
    ({"kind": "PER_MONTH", "price": "3", "by_days": True}, ["3.00 yuan / month, by days"]),
    ({"kind": "PER_DAY", "price": "3", "times": "PERSONS"}, ["3.00 yuan / person / day"]),
    (
        {
            "kind": "PER_MONTH",
            "by_calibre": [{"calibre": 15, "price": "5"}, {"calibre": 20, "price": "8"}],
            "times": "HOUSEHOLDS",
        },
        ["5.00 yuan / household / month", "8.00 yuan / household / month"],
    ),
    ({"kind": "CAPACITY", "price": "30"}, ["30.00 yuan / unit of capacity / month"]),
    ({"kind": "DEMAND", "price": "30", "per": "PERIOD"}, ["30.00 yuan / unit of demand / bill"]),
    (
        {"kind": "TIME_OF_USE", "prices": {"PEAK": "2", "VALLEY": "1"}},
        ["2.00 yuan / m³", "1.00 yuan / m³"],
    ),
    ({"kind": "TIME_OF_USE_TIERS", "tiers": BY_BAND}, [f"{price}.00 yuan / m³" for price in (2, 1, 4, 3)]),
    (
        {"kind": "AREA", "price": "22", "per": "SEASON", "part_season": "DAYS"},
        ["22.00 yuan / square metre / heating season, by days"],
    ),
    ({"kind": "AREA", "price": "22", "per": "SEASON"}, ["22.00 yuan / square metre / bill"]),
    (
        {"kind": "OVER_QUOTA", "tiers": [{"until_percent": "20", "price": "1"}, {"price": "2"}]},
        ["1.00 yuan / m³", "2.00 yuan / m³"],
    ),
]
OF_OTHERS: list[tuple[dict[str, Any], list[str]]] = [
    ({"kind": "PERCENTAGE", "rate": "2.5"}, ["2.5 %"]),
    ({"kind": "PERCENT_OFF", "rate": "10"}, ["10 %"]),
    ({"kind": "MINIMUM", "price": "9"}, ["9.00 yuan"]),
    ({"kind": "MAXIMUM", "price": "9", "per": "MONTH"}, ["9.00 yuan / month"]),
    ({"kind": "MONEY_OFF", "price": "9"}, ["9.00 yuan"]),
    ({"kind": "FREE_QUANTITY", "quantity": "6", "per": "MONTH", "pooled": True}, ["6 m³ / month"]),
    ({"kind": "BILL_ROUNDING", "rounding": "JIAO_HALF_UP"}, ["to ten smallest coins, half up"]),
]
MORE: dict[str, Any] = {"bands": documents.BANDS, "heating_season": documents.HEATING_SEASON}


def rows(*components: dict[str, Any], **more: Any) -> list[tariff_sheet.Row]:
    version = documents.version(*components, **more)
    return list(tariff_sheet.rows(version, tongue=ENGLISH))


@pytest.mark.parametrize(("charge", "prices"), KINDS, ids=lambda value: str(value)[:40])
def test_prices_of_every_kind(charge: dict[str, Any], prices: list[str]) -> None:
    assert [row.price for row in rows(documents.component("X", charge), **MORE)] == prices


@pytest.mark.parametrize(("charge", "prices"), OF_OTHERS, ids=lambda value: str(value)[:40])
def test_prices_of_what_is_of_others(charge: dict[str, Any], prices: list[str]) -> None:
    own = documents.component("X", charge, tax_rate="not_subject")
    found = rows(samples.WATER, own, **MORE)
    assert [row.price for row in found if row.component == "Name"] == prices


def test_bounds_of_a_quota_are_said_as_such() -> None:
    charge: dict[str, Any] = {
        "kind": "OVER_QUOTA",
        "within_price": "4",
        "tiers": [{"until_percent": "20", "price": "1"}, {"price": "2"}],
    }
    found = rows(documents.component("X", charge))
    assert [(row.tier, row.from_, row.until) for row in found] == [
        ("within the quota", "", "quota"),
        ("step 1 over the quota", "quota", "quota + 20 %"),
        ("step 2 over the quota", "quota + 20 %", ""),
    ]
    del charge["within_price"]
    surcharge = rows(documents.component("X", charge))
    assert [(row.tier, row.from_, row.until) for row in surcharge] == [
        ("step 1 over the quota", "quota", "quota + 20 %"),
        ("step 2 over the quota", "quota + 20 %", ""),
    ]


def test_bounds_of_a_season_stand_with_its_prices() -> None:
    winter = {"tiers": [{"until": "20", "price": "1"}, {"price": "2"}]}
    seasonal = documents.component(
        "X", {"kind": "GRADUATED_TIERS", "tiers": TWO_TIERS}, seasons={"SUMMER": {}, "WINTER": winter}
    )
    found = rows(
        seasonal,
        seasons=[{**season, "name": {"zh": "季", "en": season["code"]}} for season in documents.SEASONS],
    )
    assert [(row.case, row.tier, row.from_, row.until) for row in found] == [
        ("SUMMER", "tier 1", "", "10 m³"),
        ("SUMMER", "tier 2", "10 m³", ""),
        ("WINTER", "tier 1", "", "20 m³"),
        ("WINTER", "tier 2", "20 m³", ""),
    ]


def test_a_programme_says_all_prices_of_what_it_changes_and_nothing_else() -> None:
    low = {"code": "LOW", "name": {"zh": "低保", "en": "Low income"}, "first_tier_only": ["WATER"]}
    found = rows(samples.WATER, samples.SEWAGE, programmes=[low])
    assert [(row.component, row.case, row.tier, row.until) for row in found] == [
        ("Water", "", "tier 1", "180 m³"),
        ("Water", "", "tier 2", "260 m³"),
        ("Water", "", "tier 3", ""),
        ("Water", "Low income", "tier 1", ""),
        ("Sewage", "", "", ""),
    ]


def test_what_else_a_component_says_is_a_remark() -> None:
    area = {
        "kind": "AREA",
        "price": "22",
        "per": "PERIOD",
        "factors": {"HIGH_RISE": "0.82"},
        "height": {"over": "3.2", "step": "0.1", "add": "3", "begun": True, "at_most": "50"},
    }
    (heat,) = rows(
        documents.component("X", area, tax_rate="exempt", rounding="JIAO_TRUNCATE", choice="INSURED")
    )
    assert heat.tax == "exempt"
    for words in (
        "Factor of the building (HIGH_RISE): 82 %",
        "Surcharge for storeys higher than: 3.2 m",
        "Surcharge for height: 3 %",
        "Surcharge for height at most: 50 %",
        "Only with: INSURED",
        "Rounding: to ten smallest coins, cut off",
    ):
        assert words in heat.remarks
    (share,) = rows(documents.component("X", documents.PER_UNIT, share="90", cap="16"))
    assert share.remarks == "Share of the quantity: 90 %; Quantity counted at most: 16 m³"


def test_dated_taxes_are_said_with_their_days() -> None:
    taxes = [{"until": dt.date(2019, 4, 1), "rate": "10"}, {"rate": "9"}]
    (row,) = rows(documents.component("X", documents.PER_UNIT, tax_rate=taxes))
    assert row.tax == "10 %, 9 % (2019-04-01)"


def test_a_tax_added_is_said_with_the_price_it_is_added_to() -> None:
    taxes = [{"until": dt.date(2019, 4, 1), "rate": "10"}, {"rate": "9"}]
    dated = documents.component("X", documents.PER_UNIT, tax_rate=taxes, tax="ADDED")
    plain = documents.component("Y", documents.PER_UNIT, tax_rate="10", tax="ADDED")
    untaxed = documents.component("Z", documents.PER_UNIT, tax_rate="not_subject")
    found = rows(dated, plain, untaxed)
    assert [row.tax for row in found] == [
        "10 % added, 9 % added (2019-04-01)",
        "10 % added",
        "not subject",
        *("", "", ""),
    ]
    partly = [{"until": dt.date(2019, 4, 1), "rate": "exempt"}, {"rate": "9"}]
    (row, _) = rows(documents.component("X", documents.PER_UNIT, tax_rate=partly, tax="ADDED"))
    assert row.tax == "exempt, 9 % added (2019-04-01)"


@pytest.mark.parametrize(
    ("charge", "more", "expected"),
    [
        (documents.TIERS, {}, ["90", "180", "220", "260", "390"]),
        (documents.PER_UNIT, {}, ["10", "100"]),
        ({"kind": "PACKAGE", "price": "3", "size": "10"}, {}, ["5", "10", "15"]),
        ({"kind": "PER_PERIOD", "price": "3"}, {}, ["0"]),
        ({"kind": "OVER_QUOTA", "tiers": [{"price": "1"}]}, {}, ["10", "100"]),
        (documents.PER_UNIT, {"conversion": {"from_unit": "m3", "factor": "11"}}, ["10", "100"]),
        (
            documents.TIERS,
            {"conversion": {"from_unit": "m3", "factor": "2"}},
            ["45", "90", "110", "130", "195"],
        ),
    ],
)
def test_samples_stand_inside_each_tier_and_at_its_bounds(
    charge: dict[str, Any], more: dict[str, Any], expected: list[str]
) -> None:
    found = tariff_samples.quantities(documents.version(documents.component("X", charge), **more))
    assert found == [int(text) * 1000 for text in expected]


@pytest.mark.parametrize(("charge", "prices"), KINDS, ids=lambda value: str(value)[:40])
def test_every_kind_has_samples_that_can_be_rated(
    charge: dict[str, Any], prices: list[str], tmp_path: Path
) -> None:
    minimum = documents.component("LEAST", {"kind": "MINIMUM", "price": "50"})
    path = samples.tariff_file(tmp_path, documents.component("X", charge), minimum, **MORE)
    result = samples.call(tariff_files.app, "show", path, "--language", "en")
    assert result.exit_code == 0, result.output
    assert "Sample bills (Counter at zero, usual household, " in result.stdout
    assert "must be filled in" not in result.stdout
    assert "│ –" not in result.stdout


def test_seasons_programmes_and_choices_have_a_sample_each(tmp_path: Path) -> None:
    low = {
        "code": "LOW",
        "name": {"zh": "低保", "en": "Low income"},
        "prices": {"WATER": {"rounding": "FEN_TRUNCATE"}},
    }
    insured = documents.component("INS", {"kind": "PER_PERIOD", "price": "1"}, choice="INSURED")
    version = documents.version(
        samples.WATER,
        {**insured, "name": {"zh": "险", "en": "Insurance"}},
        seasons=documents.SEASONS,
        programmes=[low],
    )
    found = [(case.name, case.choices) for case in tariff_samples.cases(version, tongue=ENGLISH)]
    assert found == [("Name", ()), ("Name", ()), ("Low income", ("LOW",)), ("Insurance", ("INSURED",))]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("zh", "水费：第1阶梯 0–180 m³：90 m³ × 2.07 元 = 186.30 元"),
        ("en", "Water: Tier 1, 0–180 m³: 90 m³ × 2.07 yuan = 186.30 yuan"),
    ],
)
def test_samples_in_both_languages(language: str, sentence: str) -> None:
    result = samples.call(tariff_files.app, "show", WATER, "--language", language)
    assert result.exit_code == 0, result.output
    assert sentence in result.stdout


def test_quantities_may_be_asked_for() -> None:
    result = samples.call(tariff_files.app, "show", WATER, "--language", "en", "--quantities", "7.5,1000")
    assert "Water: Tier 1, 0–180 m³: 7.5 m³ × 2.07 yuan" in result.stdout
    assert "Tier 3, above 260 m³: 740 m³" in result.stdout
    assert "186.30" not in result.stdout
    wrong = samples.call(tariff_files.app, "show", WATER, "--quantities", "7,x")
    assert isinstance(wrong.exception, console.CommandError)
    assert wrong.exception.exit_code == console.WRONG_USE


def test_every_field_has_a_name() -> None:
    assert set(tariff_words.FIELDS) == set(fact.Field)


def test_every_library_tariff_has_a_sheet_in_words() -> None:
    for path in LIBRARY[::4]:
        for version in tariff_files.read(path).document.versions:
            naming = tariff_words.Naming(tongue=ENGLISH, versions=(version,))
            for one in facts.of_version(version):
                text = naming.value(one.value, field=one.field, measure=one.measure)
                is_code = one.measure is fact.Measure.WORD and text.isupper()
                assert not is_code, (path, one)
            assert list(tariff_sheet.rows(version, tongue=CHINESE))


def test_a_gap_between_names_and_codes_is_left_as_it_is() -> None:
    version = document.parse(documents.whole(samples.WATER)).versions[0]
    naming = tariff_words.Naming(tongue=ENGLISH, versions=(version,))
    place = fact.Place(component="GONE", season="SUMMER", tier=2, calibre=15)
    assert naming.place(place) == "GONE, SUMMER, tier 2, meter size 15 mm"
