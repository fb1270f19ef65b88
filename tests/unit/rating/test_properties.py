"""What must hold for every tariff and usage: lines equal a second calculation, whoever else is rated with
them, and each explains its own amount.
"""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from meterbook.kernel import rounding
from tests.unit.rating import documents, drawn, drawn_bills, oracle, oracle_bounds

METERED = tuple(oracle.METERED)
KINDS = (*METERED, "PER_PERIOD", "PER_MONTH", "PER_DAY", "AREA", "CAPACITY", "DEMAND")
ANY_USAGE = drawn.usage() | drawn.usage(is_negative=True)
SUMMING = ("PER_UNIT", "GRADUATED_TIERS", "VOLUME_TIERS", "SWITCHING_TIERS")


@settings(max_examples=60)
@given(data=st.data())
def test_lines_equal_the_second_calculation(data: st.DataObject) -> None:
    said = data.draw(st.lists(drawn.versions(KINDS), min_size=1, max_size=3))
    rows = data.draw(st.lists(ANY_USAGE, min_size=1, max_size=6))
    rows = drawn.numbered({**row, "tariff_version_id": 1 + i % len(said)} for i, row in enumerate(rows))
    found: dict[int, list[oracle.Line]] = defaultdict(list)
    for line in drawn.rated(rows, drawn.book_of(*said)):
        found[line["usage_id"]].append(drawn.as_oracle(line))
    for row in rows:
        version = oracle.merged(said[row["tariff_version_id"] - 1])
        assert in_order(found[row["usage_id"]]) == in_order(oracle.lines(version, row))


def in_order(lines: Sequence[oracle.Line]) -> list[oracle.Line]:
    return sorted(lines, key=lambda line: (line.component, line.band, line.tier, line.price, line.quantity))


@settings(max_examples=20)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_order_and_company_of_rows_and_versions_change_nothing(data: st.DataObject, seed: int) -> None:
    first = data.draw(drawn.versions(KINDS))
    second = data.draw(drawn_bills.tariffs())
    usages = [
        ANY_USAGE.map(lambda row: (first, row)),
        drawn_bills.usage(second).map(lambda row: (second, row)),
    ]
    pairs = data.draw(st.lists(st.one_of(usages), min_size=2, max_size=5))
    shift = {id(first): 0, id(second): 1}
    rows = drawn.numbered(row for _, row in pairs)
    moved = [
        {**row, "tariff_version_id": row["tariff_version_id"] + shift[id(own)]}
        for row, (own, _) in zip(rows, pairs, strict=True)
    ]
    together = drawn.book_of(first, second)
    whole = drawn.rated(moved, together)
    shuffled = random.Random(seed).sample(moved, len(moved))  # noqa: S311 -- not a secret
    assert drawn.rated(shuffled, together) == whole
    alone = [
        {**line, "tariff_version_id": line["tariff_version_id"] + shift[id(own)]}
        for row, (own, _) in zip(rows, pairs, strict=True)
        for line in drawn.rated([row], drawn.book_of(own))
    ]
    assert alone == whole


@settings(max_examples=40)
@given(data=st.data())
def test_every_line_explains_its_amount(data: st.DataObject) -> None:
    said = data.draw(drawn_bills.tariffs())
    rows = drawn.numbered(data.draw(st.lists(drawn_bills.usage(said), min_size=1, max_size=5)))
    exponent = oracle.EXPONENTS[said["currency"]]
    kinds = {
        (number, place): component
        for number, version in enumerate(said["versions"], start=1)
        for place, component in enumerate(version["components"], start=1)
    }
    for line in drawn.rated(rows, drawn.book_of(said)):
        component = kinds.get((line["tariff_version_id"], line["component_no"]), {"kind": "PERCENTAGE"})
        exact = drawn.exact(line)
        if component["kind"] in ("MONEY_OFF", "MAXIMUM", "MINIMUM", "BILL_ROUNDING"):
            assert Fraction(line["amount_minor"], 10**exponent) == exact
        else:
            rule = rounding.Rounding(line["rounding"]).name
            assert rule == component.get("rounding", "FEN_HALF_UP")
            assert line["amount_minor"] == oracle_bounds.minor(exact, rule=rule, exponent=exponent)
        percent = component.get("tax_rate", "not_subject")
        is_inside = percent not in ("exempt", "not_subject") and component.get("tax") != "ADDED"
        inside = oracle_bounds.tax_minor(line["amount_minor"], percent=percent) if is_inside else 0
        assert line["tax_minor"] == inside
        assert line["tax_basis_points"] == (Fraction(percent) * 100 if is_inside else 0)


@settings(max_examples=40)
@given(said=drawn.versions(SUMMING), usages=st.lists(ANY_USAGE, min_size=1, max_size=6))
def test_quantities_of_a_component_sum_to_what_is_charged(
    said: dict[str, Any], usages: list[dict[str, Any]]
) -> None:
    components = [
        {name: value for name, value in component.items() if name != "share_round_to"}
        for component in said["versions"][0]["components"]
    ]
    said = with_components(said, [without_fees(component) for component in components])
    rows = {row["usage_id"]: row for row in drawn.numbered(usages)}
    sums: dict[tuple[int, int], int] = defaultdict(int)
    for line in drawn.rated(list(rows.values()), drawn.book_of(said)):
        sums[line["usage_id"], line["component_no"]] += line["quantity_milli"]
    for (usage_id, number), charged in sums.items():
        row = rows[usage_id]
        cap = 1000 * Fraction(components[number - 1].get("cap", 10**9))
        after = row["before_milli"] + row["quantity_milli"]
        assert charged == min(cap, after) - min(cap, row["before_milli"])
    assert len(sums) == len(rows) * len(components)


def without_fees(component: Mapping[str, Any]) -> dict[str, Any]:
    tiers = component.get("tiers", [])
    plain = [{name: value for name, value in tier.items() if name != "fee"} for tier in tiers]
    return {**component, **({"tiers": plain} if plain else {})}


def with_components(said: Mapping[str, Any], components: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {**said, "versions": [{**said["versions"][0], "components": list(components)}]}


@settings(max_examples=40)
@given(said=drawn.versions(METERED), usages=st.lists(drawn.usage(), min_size=1, max_size=4))
def test_taking_back_what_was_charged_gives_it_back(
    said: dict[str, Any], usages: list[dict[str, Any]]
) -> None:
    # what costs once as soon as a counter starts isn't given back when it stands at zero again
    charged = [{**row, **later(row, by=1)} for row in usages if row["quantity_milli"]]
    rows = drawn.numbered([*charged, *(taken_back(row) for row in charged)])
    given_by: dict[int, list[Any]] = defaultdict(list)
    for line in drawn.rated(rows, drawn.book_of(said)):
        place = line["usage_id"]
        sign = 1 if place <= len(charged) else -1
        counted = (sign * line["quantity_milli"], sign * line["amount_minor"], sign * line["tax_minor"])
        key = (line["component_no"], line["band"], line["tier"], line["unit_price_micro"])
        given_by[(place - 1) % len(charged)].append((sign, *key, *counted))
    for lines in given_by.values():
        mirrored = [sorted(line[1:] for line in lines if line[0] == sign) for sign in (1, -1)]
        assert mirrored[0] == mirrored[1]


def counters(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    bands = [f"band_{number}" for number in range(1, len(documents.BANDS) + 1)]
    return [("quantity_milli", "before_milli"), *((f"{b}_milli", f"{b}_before_milli") for b in bands)]


def later(row: Mapping[str, Any], *, by: int) -> dict[str, int]:
    """Counters a little further on."""
    return {before: row[before] + by for _, before in counters(row)}


def taken_back(row: Mapping[str, Any]) -> dict[str, Any]:
    """The usage that undoes another one."""
    changed = {
        name: value
        for used, before in counters(row)
        for name, value in ((used, -row[used]), (before, row[before] + row[used]))
    }
    return {**row, **changed}
