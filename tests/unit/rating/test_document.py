import datetime as dt
import json

import pytest

from meterbook.kernel import period, rounding
from meterbook.rating import document, household, source, tariff
from meterbook.rating.charges import fixed, graduated_tiers, kinds, per_unit
from tests.unit.rating import documents

YAML = """
# a comment
format: 1
code: CN-X-WATER
names: {zh: 某市水价, en: Some water}
utility: WATER
customer_class: RESIDENTIAL
region: CN-X
currency: CNY
unit: m3
tier_period: CALENDAR_YEAR
default_persons: 3
household: {rule: ADD, over_persons: 4, add: ["30"]}
source: [https://example.org/1]
grade: B
note: A note.
versions:
  - effective_from: 2014-05-01
    effective_until: 2020-01-01
    household: null
    tier_period: MONTH
    default_persons: 4
    components:
      - {code: WATER, name: {zh: 水, en: W}, kind: PER_UNIT, price: "2", revenue: WATER, tax_rate: "9.5"}
  - effective_from: 2020-01-01
    components:
      - code: WATER
        name: {zh: 水费, en: Water}
        kind: GRADUATED_TIERS
        tiers: [{until: "180", price: "2.07"}, {price: "4.07"}]
        revenue: WATER
        tax_rate: "9"
        rounding: JIAO_TRUNCATE
      - {code: S, name: {zh: 污水, en: Sewage}, kind: PER_UNIT, price: "1.36", revenue: S, tax_rate: exempt}
      - {code: F, name: {zh: 固定, en: F}, kind: PER_PERIOD, price: "3", revenue: F, tax_rate: not_subject}
"""
GOOD = documents.whole(
    documents.component("WATER", documents.TIERS), documents.component("R", documents.PER_UNIT)
)


def test_a_document_is_read_whole() -> None:
    read = document.load_yaml(YAML)
    assert (read.code, read.names, read.utility) == (
        "CN-X-WATER",
        tariff.Names(zh="某市水价", en="Some water"),
        tariff.Utility.WATER,
    )
    assert (read.source, read.grade, read.note) == (("https://example.org/1",), "B", "A note.")
    old, new = read.versions
    assert (old.effective_from, old.effective_until) == (dt.date(2014, 5, 1), dt.date(2020, 1, 1))
    assert (new.effective_from, new.effective_until) == (dt.date(2020, 1, 1), None)
    assert (new.currency, new.exponent, new.unit) == ("CNY", 2, "m3")
    water, sewage, rent = new.components
    assert [component.component_no for component in new.components] == [1, 2, 3]
    assert water.charge == graduated_tiers.GraduatedTiers(
        tiers=(
            graduated_tiers.Tier(until_milli=180_000, price_micro=2_070_000),
            graduated_tiers.Tier(until_milli=None, price_micro=4_070_000),
        )
    )
    assert sewage.charge == per_unit.PerUnit(price_micro=1_360_000)
    assert rent.charge == fixed.Fixed(kind=kinds.ChargeKind.PER_PERIOD, price_micro=3_000_000)
    assert (water.rounding, sewage.rounding) == (
        rounding.Rounding.JIAO_TRUNCATE,
        rounding.Rounding.FEN_HALF_UP,
    )
    assert [component.tax for component in (*old.components, *new.components)] == [
        tariff.Tax(treatment=tariff.TaxTreatment.TAXED, rate_basis_points=950),
        tariff.Tax(treatment=tariff.TaxTreatment.TAXED, rate_basis_points=900),
        tariff.Tax(treatment=tariff.TaxTreatment.EXEMPT, rate_basis_points=0),
        tariff.Tax(treatment=tariff.TaxTreatment.NOT_SUBJECT, rate_basis_points=0),
    ]


def test_a_version_replaces_what_the_document_says_for_all() -> None:
    old, new = document.load_yaml(YAML).versions
    assert old.household == household.NO_HOUSEHOLD_RULE
    assert new.household == household.Household(
        rule=household.HouseholdRule.ADD, over_persons=4, add_milli=(30_000,)
    )
    assert (old.tier_period, new.tier_period) == (period.TierPeriod.MONTH, period.TierPeriod.CALENDAR_YEAR)
    assert (old.default_persons, new.default_persons) == (4, 3)


def test_without_a_tier_period_tiers_run_over_the_bill() -> None:
    assert document.parse(GOOD).versions[0].tier_period is period.TierPeriod.BILLING_PERIOD
    assert document.parse(GOOD).note == ""


def test_version_on_a_day() -> None:
    read = document.load_yaml(YAML)
    assert read.version_on(dt.date(2019, 12, 31)) is read.versions[0]
    assert read.version_on(dt.date(2020, 1, 1)) is read.versions[1]
    with pytest.raises(LookupError, match="CN-X-WATER has no version on 2014-04-30"):
        read.version_on(dt.date(2014, 4, 30))


def test_json_text_is_read_too() -> None:
    assert document.load_yaml(json.dumps(GOOD)) == document.parse(GOOD)


def test_each_version_can_be_kept_alone() -> None:
    first, second = document.split_versions(source.read_yaml(YAML))
    whole = document.load_yaml(YAML)
    assert document.parse(first).versions == whole.versions[:1]
    assert document.parse(second).versions == whole.versions[1:]
    json.dumps([first, second])  # plain values only


@pytest.mark.parametrize(
    ("path", "value", "at", "reason"),
    [
        ("code", ..., "$", "code is missing"),
        ("format", 2, "$.format", "must be 1"),
        ("utility", "STEAM", "$.utility", "STEAM is not one of WATER, GAS, ELECTRICITY, HEAT"),
        ("grade", "a", "$.grade", "a is not one of A, B, C, K; do you mean A?"),
        (
            "versions.0.months",
            "nearest ",
            "$.versions[0].months",
            "nearest  is not one of NEAREST, STARTED; do you mean NEAREST?",
        ),
        ("colour", "red", "$.colour", "is not a name of this format"),
        (
            "names.方案）",
            None,
            "$.names.方案）",
            "is not a name of this format; a comma inside {...} needs quotes around the text",
        ),
        ("curency", "CNY", "$.curency", "is not a name of this format; do you mean currency?"),
        ("currency", "RMB", "$.currency", "RMB is not a known currency"),
        ("currency", "yuan", "$.currency", "'yuan' is not an ISO 4217 code like CNY"),
        ("currency", "CNY\n", "$.currency", "'CNY\\n' is not an ISO 4217 code like CNY"),
        ("default_persons", 0, "$.default_persons", "must be at least 1"),
        ("default_persons", 51, "$.default_persons", "must be at most 50"),
        ("default_persons", "4", "$.default_persons", "must be a whole number without quotes"),
        ("source", [], "$.source", "needs at least 1"),
        ("source", "x", "$.source", 'must be a list, like ["x"]'),
        ("source", 7, "$.source", "must be a list"),
        (
            "utility",
            "water",
            "$.utility",
            "water is not one of WATER, GAS, ELECTRICITY, HEAT; do you mean WATER?",
        ),
        ("names.zh", "", "$.names.zh", "is empty"),
        ("names.zh", "长" * 61, "$.names.zh", "is longer than 60 characters"),
        ("names", "Water", "$.names", "must be a mapping of names to values, like {zh: ..., en: ...}"),
        ("bounds", 7, "$.bounds", "must be a mapping of names to values"),
        (
            "versions.0.effective_from",
            "2014-02-30",
            "$.versions[0].effective_from",
            "2014-02-30 is not a day",
        ),
        (
            "versions.0.effective_until",
            "2020-01-01",
            "$.versions[0].effective_until",
            "must be later than effective_from",
        ),
        (
            "versions.0.effective_until",
            "soon",
            "$.versions[0].effective_until",
            "'soon' is not a day like 2025-01-31",
        ),
        ("versions.0.effective_until", 3, "$.versions[0].effective_until", "must be text in quotes or null"),
        ("versions.0.year_days", 364, "$.versions[0].year_days", "364 is not one of 360, 365, 366"),
        (
            "versions.0.components",
            [documents.component("X", documents.PER_UNIT)] * 100,
            "$.versions[0].components",
            "has more than 99",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_path(path: str, value: object, at: str, reason: str) -> None:
    assert documents.faults_of(documents.changed(GOOD, path, value)) == [(at, reason)]


@pytest.mark.parametrize(
    ("path", "value", "at", "reason"),
    [
        ("1.price", 2, "[1].price", '2 must be text in quotes, like "2"'),
        ("1.price", 2.07, "[1].price", '2.07 must be text in quotes, like "2.07"'),
        ("1.price", "", "[1].price", "'' is not a price in quotes with at most 6 decimals, like \"2.07\""),
        ("1.price", "1000000.5", "[1].price", "1000000.5 is too large: at most a million"),
        ("1.price", ..., "[1]", "price is missing"),
        ("0.price", "1", "[0].price", "does not belong to kind GRADUATED_TIERS"),
        ("0.prise", "1", "[0].prise", "is not a name of this format; do you mean price?"),
        ("0.kind", "TIERS", "[0].kind", f"TIERS is not one of {', '.join(kinds.ChargeKind.__members__)}"),
        ("0.name", ..., "[0]", "name is missing"),
        ("0.tiers", [], "[0].tiers", "needs at least 1"),
        ("1.code", "WATER", "[1].code", "WATER stands twice"),
        (
            "1.code",
            "w" * 70,
            "[1].code",
            f"'{'w' * 60}…' is not a code of capitals, digits and _, beginning with a letter",
        ),
        (
            "1.rounding",
            "UP",
            "[1].rounding",
            f"UP is not one of {', '.join(rule.name for rule in rounding.Rounding)}",
        ),
    ],
)
def test_what_is_wrong_with_a_component_too(path: str, value: object, at: str, reason: str) -> None:
    broken = documents.changed(GOOD, f"versions.0.components.{path}", value)
    assert (f"$.versions[0].components{at}", reason) in documents.faults_of(broken)


def test_two_things_missing_are_one_fault() -> None:
    broken = documents.changed(documents.changed(GOOD, "code", ...), "unit", ...)
    assert documents.faults_of(broken) == [("$", "code, unit are missing")]


def test_while_the_kind_is_wrong_nothing_belongs_to_it() -> None:
    broken = documents.changed(GOOD, "versions.0.components.0.kind", 3)
    broken["versions"][0]["components"][0]["colour"] = "red"
    assert [path for path, _ in documents.faults_of(broken)] == [
        "$.versions[0].components[0].colour",
        "$.versions[0].components[0].kind",
    ]


def test_all_faults_of_form_are_found_at_once_in_the_order_of_the_document() -> None:
    broken = documents.changed(GOOD, "code", ...)
    broken["versions"][0]["components"] *= 6
    broken["versions"][0]["components"][11] = documents.component("X", {"kind": "PER_UNIT", "price": 3})
    broken["versions"][0]["components"][2] = documents.component("Y", {"kind": "PER_UNIT", "price": 3})
    broken["grade"] = "Z"
    with pytest.raises(document.TariffError) as caught:
        document.parse(broken)
    assert str(caught.value).startswith("$: code is missing; $.grade: Z is not one of")
    assert [fault.path for fault in caught.value.faults] == [
        "$",
        "$.grade",
        "$.versions[0].components[2].price",
        "$.versions[0].components[11].price",
    ]


def test_all_faults_of_sense_are_found_at_once() -> None:
    broken = documents.changed(GOOD, "versions.0.components.1.price", "2000000")
    broken = documents.changed(broken, "versions.0.components.0.tiers.1.until", "180")
    broken["versions"].append(
        {"effective_from": "2021-02-29", "components": GOOD["versions"][0]["components"]}
    )
    assert [path for path, _ in documents.faults_of(broken)] == [
        "$.versions[0].components[0].tiers[1].until",
        "$.versions[0].components[1].price",
        "$.versions[1].effective_from",
    ]


def test_a_fault_of_a_default_is_named_once() -> None:
    twice = {**GOOD, "heating_season": {"from": "02-29", "until": "04-01"}}
    twice["versions"] = [{**GOOD["versions"][0], "effective_until": "2021-01-01"}, *GOOD["versions"]]
    assert documents.faults_of(twice) == [("$.heating_season.from", "02-29 is not a day of every year")]


@pytest.mark.parametrize("until", [None, "2022-01-02"])
def test_versions_must_not_overlap(until: str | None) -> None:
    first = {**GOOD["versions"][0], "effective_until": until}
    second = {**GOOD["versions"][0], "effective_from": "2022-01-01"}
    assert documents.faults_of({**GOOD, "versions": [first, second]}) == [
        (
            "$.versions[1].effective_from",
            "the version before is still in force: its effective_until is this day or an earlier one",
        )
    ]


def test_versions_may_leave_a_gap() -> None:
    first = {**GOOD["versions"][0], "effective_until": "2021-06-01"}
    second = {**GOOD["versions"][0], "effective_from": "2022-01-01"}
    assert len(document.parse({**GOOD, "versions": [first, second]}).versions) == 2


def test_a_last_day_in_place_of_the_day_after_it_is_a_fault() -> None:
    first = {**GOOD["versions"][0], "effective_until": "2021-12-31"}
    second = {**GOOD["versions"][0], "effective_from": "2022-01-01"}
    with pytest.raises(document.TariffError) as caught:
        document.parse({**GOOD, "versions": [first, second]})
    (fault,) = caught.value.faults
    assert fault.path == "$.versions[0].effective_until"
    assert fault.reason == "2021-12-31 would have no price: write the day after the last one, 2022-01-01"


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("a:\n\tb: 1", "indent with spaces, not with tabs"),
        ("a: {b: 4，c: 5}", "only , and : and quotes of the plain keyboard mean something to YAML"),
        ("note: 依据: 发改价格", "a text with a colon needs quotes around it"),
    ],
)
def test_slips_of_writing_come_with_advice(text: str, advice: str) -> None:
    with pytest.raises(document.TariffError) as caught:
        source.read_yaml(text)
    assert caught.value.faults[0].reason.splitlines()[-1].startswith(advice)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: &x 1\nb: *x", "aliases are not allowed"),
        ("a: 1\na: 2", "'a' stands twice"),
        ("[" * 50, "nested too deeply"),
        ("a: [1", "not readable as YAML"),
        ("- 1", "not a mapping of names to values"),
        ("", "not a mapping of names to values"),
        ("a: !!python/object:os.system 1", "not readable as YAML"),
        ("#" * (source.LARGEST_TEXT + 1), "longer than 1000000 characters"),
        ("1: x", "name 1 must be text"),
        ("a: 1.5", '1.5 must be text in quotes, like "1.5"'),
        ("a: .nan", "nan must be text in quotes"),
        ("a: !!binary aGk=", "bytes has no place in a tariff"),
    ],
)
def test_text_that_is_no_document(text: str, reason: str) -> None:
    with pytest.raises(document.TariffError) as caught:
        source.read_yaml(text)
    assert reason in caught.value.faults[0].reason


def test_the_fingerprint_is_of_the_content() -> None:
    values = source.read_yaml(YAML)
    turned = dict(reversed(values.items()))
    assert (
        source.fingerprint(values) == source.fingerprint(turned) == source.fingerprint(source.read_yaml(YAML))
    )
    assert source.fingerprint({**values, "note": "Another."}) != source.fingerprint(values)


def test_a_text_that_is_no_yaml_at_all_has_no_line_to_give_advice_on() -> None:
    with pytest.raises(document.TariffError, match="not readable as YAML") as caught:
        document.load_yaml("code: A\x00")
    assert "indent" not in str(caught.value)
