import datetime as dt
import json
from typing import Any

import jsonschema
import pytest

from meterbook.kernel import period, rounding
from meterbook.rating import document, household, source, tariff
from meterbook.rating.charges import graduated_tiers, kinds, per_period, per_unit, table
from tests.unit.rating import samples

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
GOOD = samples.tariff_document(
    samples.component("WATER", samples.TIERS), samples.component("R", samples.PER_UNIT)
)


def faults_of(value: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(document.TariffError) as caught:
        document.parse(value)
    assert str(caught.value).startswith(caught.value.faults[0].path)
    return [(fault.path, fault.reason) for fault in caught.value.faults]


def changed(path: str, value: object) -> dict[str, Any]:
    """GOOD with one value replaced (or removed, for ...)."""
    copy: dict[str, Any] = json.loads(json.dumps(GOOD))
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place: Any = copy
    for part in parents:
        place = place[part]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return copy


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
    water, sewage, fixed = new.components
    assert [component.component_no for component in new.components] == [1, 2, 3]
    assert water.charge == graduated_tiers.GraduatedTiers(
        tiers=(
            graduated_tiers.Tier(until_milli=180_000, price_micro=2_070_000),
            graduated_tiers.Tier(until_milli=None, price_micro=4_070_000),
        )
    )
    assert sewage.charge == per_unit.PerUnit(price_micro=1_360_000)
    assert fixed.charge == per_period.PerPeriod(price_micro=3_000_000)
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
    ("path", "value", "fault"),
    [
        ("code", ..., ("$", "'code' is a required property")),
        ("format", 2, ("$.format", "1 was expected")),
        ("utility", "STEAM", ("$.utility", "'STEAM' is not one of ['WATER', 'GAS', 'ELECTRICITY', 'HEAT']")),
        ("colour", "red", ("$", "Additional properties are not allowed ('colour' was unexpected)")),
        ("currency", "RMB", ("$.currency", "RMB is not a known currency")),
        ("default_persons", 0, ("$.default_persons", "0 is less than the minimum of 1")),
        ("source", [], ("$.source", "[] should be non-empty")),
        (
            "versions.0.effective_from",
            "2014-02-30",
            ("$.versions[0].effective_from", "2014-02-30 is not a day"),
        ),
        (
            "versions.0.effective_until",
            "2020-01-01",
            ("$.versions[0].effective_until", "must be later than effective_from"),
        ),
        (
            "versions.0.effective_until",
            "soon",
            ("$.versions[0].effective_until", "'soon' does not match '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'"),
        ),
        (
            "versions.0.components.1.price",
            2,
            ("$.versions[0].components[1].price", '2 must be text in quotes, like "2"'),
        ),
        (
            "versions.0.components.1.price",
            2.07,
            ("$.versions[0].components[1].price", '2.07 must be text in quotes, like "2.07"'),
        ),
        (
            "versions.0.components.1.price",
            "1000000.5",
            ("$.versions[0].components[1].price", "OUT_OF_RANGE: '1000000.5'"),
        ),
        (
            "versions.0.components.1.price",
            ...,
            ("$.versions[0].components[1]", "'price' is a required property"),
        ),
        ("versions.0.components.0.price", "1", ("$.versions[0].components[0].price", "does not belong here")),
        (
            "versions.0.components.1.tiers",
            [],
            ("$.versions[0].components[1].tiers", "[] should be non-empty"),
        ),
        ("versions.0.components.1.code", "WATER", ("$.versions[0].components[1].code", "WATER stands twice")),
        (
            "versions.0.components.1.rounding",
            "UP",
            (
                "$.versions[0].components[1].rounding",
                f"'UP' is not one of {[rule.name for rule in rounding.Rounding]}",
            ),
        ),
        (
            "versions.0.components.0.tiers.0.until",
            ...,
            ("$.versions[0].components[0].tiers[0]", "only the last tier may be open"),
        ),
        (
            "versions.0.components.0.tiers.2.until",
            "300",
            ("$.versions[0].components[0].tiers[2]", "the last tier is open"),
        ),
        (
            "versions.0.components.0.tiers.1.until",
            "180",
            ("$.versions[0].components[0].tiers[1].until", "must be more than the bound before"),
        ),
        (
            "versions.0.components.0.tiers.0.until",
            "0",
            ("$.versions[0].components[0].tiers[0].until", "must be more than the bound before"),
        ),
        (
            "versions.0.components.0.tiers.0.until",
            "2000000000",
            ("$.versions[0].components[0].tiers[0].until", "OUT_OF_RANGE: '2000000000'"),
        ),
        ("household", {"rule": "ADD", "over_persons": 4}, ("$.household", "'add' is a required property")),
        (
            "household",
            {"rule": "SCALE", "over_persons": 4, "add": ["1"]},
            ("$.household.add", "does not belong here"),
        ),
        (
            "household",
            {"rule": "ADD", "over_persons": 4, "add": ["30", "10"]},
            ("$.household.add", "a higher bound must not grow less than a lower one"),
        ),
        (
            "versions.0.household",
            {"rule": "ADD", "over_persons": 4, "add": ["1", "2", "3"]},
            ("$.versions[0].components[0].tiers", "has 2 bounds, the household rule adds to 3"),
        ),
        (
            "versions.0.household",
            {"rule": "ADD", "over_persons": 0, "add": ["1"]},
            ("$.versions[0].household.over_persons", "0 is less than the minimum of 1"),
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_path(path: str, value: object, fault: tuple[str, str]) -> None:
    assert fault in faults_of(changed(path, value))


def test_all_faults_of_form_are_found_at_once() -> None:
    broken = changed("code", ...)
    broken["versions"][0]["components"][1]["price"] = 3
    broken["grade"] = "Z"
    assert [path for path, _ in faults_of(broken)] == ["$", "$.grade", "$.versions[0].components[1].price"]


@pytest.mark.parametrize("until", [None, "2022-01-02"])
def test_versions_must_not_overlap(until: str | None) -> None:
    first = {**GOOD["versions"][0], "effective_until": until}
    second = {**GOOD["versions"][0], "effective_from": "2022-01-01"}
    assert faults_of({**GOOD, "versions": [first, second]}) == [
        ("$.versions[1].effective_from", "the version before is still in force")
    ]


def test_versions_may_leave_a_gap() -> None:
    first = {**GOOD["versions"][0], "effective_until": "2021-06-01"}
    second = {**GOOD["versions"][0], "effective_from": "2022-01-01"}
    assert len(document.parse({**GOOD, "versions": [first, second]}).versions) == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: &x 1\nb: *x", "aliases are not allowed"),
        ("a: 1\na: 2", "'a' stands twice"),
        ("[" * 50, "nested too deeply"),
        ("a: [1", "not readable as YAML"),
        ("a: 2014-13-45", "not readable as YAML"),
        ("- 1", "not a mapping of names to values"),
        ("", "not a mapping of names to values"),
        ("a: !!python/object:os.system 1", "not readable as YAML"),
        ("#" * (source.LARGEST_TEXT + 1), "longer than 1000000 characters"),
        ("1: x", "name 1 must be text"),
        ("a: 1.5", '1.5 must be text in quotes, like "1.5"'),
        ("a: .nan", "nan must be text in quotes"),
        ("a: 2014-05-01 10:00:00", "datetime has no place in a tariff"),
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


def test_the_published_schema_is_a_schema_and_lists_what_the_engine_knows() -> None:
    schema = document.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    component = schema["$defs"]["component"]["properties"]
    assert component["rounding"]["enum"] == [rule.name for rule in rounding.Rounding]
    assert set(schema["properties"]["tier_period"]["enum"]) == {item.name for item in period.TierPeriod}
    assert set(schema["properties"]["utility"]["enum"]) == {item.name for item in tariff.Utility}
    assert component["kind"]["enum"] == [kind.name for kind in kinds.ChargeKind]
    assert set(table.RULES) == set(kinds.ChargeKind)
