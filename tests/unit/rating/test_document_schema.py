"""The published schema: good for editors, and it lists what the engine knows."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from meterbook.kernel import period, rounding
from meterbook.rating import document, household, tariff
from meterbook.rating.charges import kinds
from meterbook.rating.reading import form, terms

SCHEMA = document.schema()
DEFINITIONS = SCHEMA["$defs"]


def names_of(schema: object, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every name a document may hold, with its part of the schema."""
    if isinstance(schema, dict):
        for name, part in schema.items():
            if name == "properties" and not path.endswith(("/if", "/then", "/else")):
                yield from ((f"{path}/{own}", value) for own, value in part.items())
            yield from names_of(part, f"{path}/{name}")
    if isinstance(schema, list):
        for place, part in enumerate(schema):
            yield from names_of(part, f"{path}/{place}")


def described(part: Any) -> bool:
    while "description" not in part and "$ref" in part:
        found: Any = SCHEMA
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return "description" in part


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_name_is_described() -> None:
    found = dict(names_of(SCHEMA))
    assert len(found) > 150
    assert [path for path, part in found.items() if part != {"not": {}} and not described(part)] == []


@pytest.mark.parametrize(
    ("listed", "known"),
    [
        (DEFINITIONS["rounding"], rounding.Rounding),
        (DEFINITIONS["rounding_mode"], rounding.Mode),
        (SCHEMA["properties"]["utility"], tariff.Utility),
        (DEFINITIONS["bounds"]["properties"]["stated_for"], tariff.StatedFor),
        (DEFINITIONS["bounds"]["properties"]["scaled_by"], tariff.ScaledBy),
        (DEFINITIONS["months"], tariff.MonthCount),
        (DEFINITIONS["price_change"]["properties"]["split"], tariff.SplitRule),
        (DEFINITIONS["counter"], tariff.Counter),
        (DEFINITIONS["kind"], kinds.ChargeKind),
    ],
)
def test_it_lists_what_the_engine_knows(listed: dict[str, Any], known: Any) -> None:
    assert listed["enum"] == [item.name for item in known]


def test_it_lists_every_tier_period_and_household_rule() -> None:
    assert set(DEFINITIONS["tier_period"]["enum"]) == set(period.TierPeriod.__members__)
    rules = set(DEFINITIONS["household"]["properties"]["rule"]["enum"])
    assert rules == set(household.HouseholdRule.__members__) - {"NONE"}


def test_what_a_version_may_replace_may_stand_at_the_tariff() -> None:
    own = {"effective_from", "effective_until", "components"}
    assert set(DEFINITIONS["version"]["properties"]) - own == set(terms.NAMES)
    assert set(terms.NAMES) <= set(SCHEMA["properties"])


def test_each_kind_has_one_entry_that_its_components_follow() -> None:
    follows = {
        rule["if"]["properties"]["kind"]["const"]: rule["then"]["$ref"]
        for rule in DEFINITIONS["component"]["allOf"]
    }
    assert follows == {kind.name: f"#/$defs/{kind.name}" for kind in kinds.ChargeKind}


def test_seasons_and_programmes_may_replace_every_field_but_those_of_free_quantities() -> None:
    common = set(DEFINITIONS["component"]["properties"])
    changing = [kind for kind in kinds.ChargeKind if kind is not kinds.ChargeKind.FREE_QUANTITY]
    own = {name for kind in changing for name in form.fields_of(kind.name)} - common
    assert set(DEFINITIONS["season_prices"]["properties"]) == own | {"kind", "rounding"}
    assert set(DEFINITIONS["programme_prices"]["properties"]) == own | {"kind", "rounding", "seasons"}
