"""Tiers of every kind: counters may be cut anywhere, bounds join without a gap, and nobody loses by a rule
that is meant to help.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.unit.rating import documents, drawn, oracle, oracle_bounds
from tests.unit.rating.drawn import BANDS

KINDS = tuple(oracle.METERED)
COUNTERS = ("", *(f"band_{number}_" for number in range(1, len(BANDS) + 1)))
Sums = dict[tuple[Any, ...], Fraction]


def money_by_price(lines: Iterable[Mapping[str, Any]]) -> Sums:
    """Unrounded money by component, band, tier and price; what comes to nothing is left out."""
    sums: Sums = defaultdict(Fraction)
    for line in lines:
        key = tuple(line[name] for name in ("component_no", "band", "tier", "unit_price_micro"))
        sums[key] += drawn.exact(line)
    return {key: money for key, money in sums.items() if money}


def money_by_usage(lines: Iterable[Mapping[str, Any]]) -> dict[int, Fraction]:
    sums: dict[int, Fraction] = defaultdict(Fraction)
    for line in lines:
        sums[line["usage_id"]] += drawn.exact(line)
    return sums


def after(row: Mapping[str, Any], parts: Sequence[Sequence[int]]) -> list[dict[str, Any]]:
    """Usages that follow one another from where the counters of `row` stand; each part names its bands."""
    found = []
    stands = {name: row[f"{name}before_milli"] for name in COUNTERS}
    for part in parts:
        used = dict(zip(COUNTERS, (sum(part), *part), strict=True))
        found.append(
            {
                **row,
                **{f"{name}before_milli": stands[name] for name in COUNTERS},
                **{f"{name}milli" if name else "quantity_milli": used[name] for name in COUNTERS},
            }
        )
        stands = {name: stands[name] + used[name] for name in COUNTERS}
    return found


@settings(max_examples=60)
@given(
    said=drawn.versions(KINDS),
    row=drawn.usage(),
    parts=st.lists(st.tuples(*(drawn.WIDTHS for _ in BANDS)), min_size=2, max_size=5),
)
def test_a_quantity_in_parts_costs_what_it_costs_as_a_whole(
    said: dict[str, Any], row: dict[str, Any], parts: list[tuple[int, ...]]
) -> None:
    whole = tuple(sum(part[place] for part in parts) for place in range(len(BANDS)))
    rows = drawn.numbered([*after(row, [whole]), *after(row, parts)])
    lines = drawn.rated(rows, drawn.book_of(said))
    assert money_by_price(line for line in lines if line["usage_id"] == 1) == money_by_price(
        line for line in lines if line["usage_id"] > 1
    )


@settings(max_examples=40)
@given(
    said=drawn.versions(KINDS),
    row=drawn.usage(),
    parts=st.lists(st.tuples(*(st.integers(-60_000, 60_000) for _ in BANDS)), min_size=2, max_size=5),
)
def test_back_and_forth_costs_what_the_difference_costs(
    said: dict[str, Any], row: dict[str, Any], parts: list[tuple[int, ...]]
) -> None:
    # bands of one usage have one sign, and a counter that has started stays above zero
    parts = [tuple(abs(used) * (1 if sum(part) >= 0 else -1) for used in part) for part in parts]
    raised = {**row, **{f"{name}before_milli": 10**6 * max(1, len(BANDS) * (not name)) for name in COUNTERS}}
    whole = [sum(part[place] for part in parts) for place in range(len(BANDS))]
    assume(len({used > 0 for used in whole if used}) <= 1)
    rows = drawn.numbered([*after(raised, [whole]), *after(raised, parts)])
    lines = drawn.rated(rows, drawn.book_of(said))
    assert money_by_price(line for line in lines if line["usage_id"] == 1) == money_by_price(
        line for line in lines if line["usage_id"] > 1
    )


@settings(max_examples=40)
@given(
    said=drawn.versions(["GRADUATED_TIERS"], most=1), row=drawn.usage(), before=drawn.MILLIS, data=st.data()
)
def test_graduated_tiers_join_at_their_bounds_without_a_gap(
    said: dict[str, Any], row: dict[str, Any], before: int, data: st.DataObject
) -> None:
    component = said["versions"][0]["components"][0]
    plain: dict[str, Any] = {
        "kind": "GRADUATED_TIERS",
        "tiers": [{**tier, "fee": "0"} for tier in component["tiers"]],
    }
    version = oracle.merged(said)
    bounds = oracle_bounds.bounds_of(plain["tiers"], version, row)
    bound = data.draw(st.sampled_from(bounds or [Fraction(7)]))
    said = {**said, "versions": [{**said["versions"][0], "components": [documents.component("T", plain)]}]}
    milli = int(bound * 1000)
    before = min(before, max(0, milli - 1))
    upto = [milli - before + step for step in range(-1 if milli > before else 0, 3)]
    rows = drawn.numbered({**row, "before_milli": before, "quantity_milli": used} for used in upto)
    money = list(money_by_usage(drawn.rated(rows, drawn.book_of(said))).values())
    for used, (less, more) in zip(upto, itertools.pairwise(money), strict=False):
        tier = oracle.tier_of(Fraction(before + used + 1, 1000), bounds)
        assert more - less == Fraction(plain["tiers"][tier]["price"]) / 1000


@settings(max_examples=30)
@given(said=drawn.versions(["GRADUATED_TIERS", "PER_UNIT", "PACKAGE"]), row=drawn.usage(), more=drawn.MILLIS)
def test_more_use_never_costs_less(said: dict[str, Any], row: dict[str, Any], more: int) -> None:
    rows = drawn.numbered([row, {**row, "quantity_milli": row["quantity_milli"] + more}])
    sums: dict[tuple[int, int], int] = defaultdict(int)
    for line in drawn.rated(rows, drawn.book_of(said)):
        sums[line["component_no"], line["usage_id"]] += line["amount_minor"]
    steps = {number: said["versions"][0]["components"][number - 1]["rounding"] for number, _ in sums}
    for number, rule in steps.items():
        # each of some lines may be rounded the other way
        slack = 8 * oracle_bounds.STEPS[rule.split("_")[0]]
        assert sums[number, 1] <= sums[number, 2] + slack


@st.composite
def rising(draw: st.DrawFn) -> dict[str, Any]:
    """A tariff of rising tiers, with any rule for households and lengths."""
    count = draw(st.integers(1, 3))
    tiers = draw(drawn.tiers(count, is_rising=True))
    household = draw(drawn.households(count))
    if household and household["rule"] == "PER_PERSON":
        # stated per head from a number of persons on, and not for less than the household before had
        heads = [Fraction(text) for text in household["per_person"]]
        least = household["over_persons"] + 1
        assume(all(head * least >= Fraction(t["until"]) for head, t in zip(heads, tiers[:-1], strict=True)))
    own = {"household": household} if household else {}
    component = documents.component("T", {"kind": "GRADUATED_TIERS", "tiers": tiers})
    return documents.whole(component, **draw(drawn.lengths()), **own)


@settings(max_examples=60)
@given(said=rising(), row=drawn.usage())
def test_with_rising_tiers_a_larger_household_never_pays_more(
    said: dict[str, Any], row: dict[str, Any]
) -> None:
    rows = drawn.numbered({**row, "persons": persons} for persons in range(11))
    money = list(money_by_usage(drawn.rated(rows, drawn.book_of(said))).values())
    assert money == sorted(money, reverse=True)


@settings(max_examples=30)
@given(said=rising(), row=drawn.usage(), name=st.sampled_from(["months", "tier_months", "tier_days"]))
def test_with_rising_tiers_a_longer_time_never_costs_more(
    said: dict[str, Any], row: dict[str, Any], name: str
) -> None:
    rows = drawn.numbered({**row, name: length} for length in range(1, 13))
    money = list(money_by_usage(drawn.rated(rows, drawn.book_of(said))).values())
    assert money == sorted(money, reverse=True)


@settings(max_examples=50)
@given(said=rising(), row=drawn.usage(), data=st.data())
def test_what_is_left_of_used_tiers_is_filled_from_the_lowest(
    said: dict[str, Any], row: dict[str, Any], data: st.DataObject
) -> None:
    version = oracle.merged(said)
    tiers = version["components"][0]["tiers"]
    used = data.draw(st.lists(drawn.MILLIS, max_size=len(tiers)))
    ends = [Fraction(0), *oracle_bounds.bounds_of(tiers, version, row)]
    taken = [*used, *(0 for _ in ends)]
    left = [
        max(Fraction(0), end - start - Fraction(gone, 1000))
        for (start, end), gone in zip(itertools.pairwise(ends), taken, strict=False)
    ]
    expected = []
    wanted = Fraction(row["quantity_milli"], 1000)
    for number, width in enumerate([*left, wanted], start=1):
        expected.append((number, min(width, wanted)))
        wanted -= expected[-1][1]
    lines = drawn.rated(drawn.numbered([{**row, "tier_used_milli": used}]), drawn.book_of(said))
    found = [(line["tier"], Fraction(line["quantity_milli"], 1000)) for line in lines]
    assert [line for line in found if line[1]] == [line for line in expected if line[1]]


@settings(max_examples=30)
@given(said=rising(), row=drawn.usage())
def test_tiers_filled_by_the_counter_are_used_tiers(said: dict[str, Any], row: dict[str, Any]) -> None:
    version = oracle.merged(said)
    bounds = oracle_bounds.bounds_of(version["components"][0]["tiers"], version, row)
    before = Fraction(row["before_milli"], 1000)
    filled = [int((end - start) * 1000) for start, end in oracle.overlaps(Fraction(0), before, bounds)]
    rows = drawn.numbered([row, {**row, "tier_used_milli": filled, "before_milli": 0}])
    lines = drawn.rated(rows, drawn.book_of(said))
    by_usage = [money_by_price(line for line in lines if line["usage_id"] == number) for number in (1, 2)]
    assert by_usage[0] == by_usage[1]


@settings(max_examples=40)
@given(
    said=drawn.versions(["PER_UNIT", "GRADUATED_TIERS", "VOLUME_TIERS"], most=2),
    row=drawn.usage(),
    more=drawn.MILLIS,
)
def test_beyond_its_cap_nothing_is_charged(said: dict[str, Any], row: dict[str, Any], more: int) -> None:
    components = said["versions"][0]["components"]
    caps = [int(Fraction(component.get("cap", "1")) * 1000) for component in components]
    capped = [{"cap": "1", **without_fees(component)} for component in components]
    said = {**said, "versions": [{**said["versions"][0], "components": capped}]}
    row = {**row, "before_milli": max(caps) + more}
    assert not money_by_price(drawn.rated(drawn.numbered([row]), drawn.book_of(said)))


@settings(max_examples=30)
@given(
    said=drawn.versions(["GRADUATED_TIERS", "VOLUME_TIERS", "PER_UNIT"]),
    rows=st.lists(drawn.usage(), min_size=1, max_size=3),
)
def test_a_programme_at_the_first_tier_is_a_tariff_of_one_tier(
    said: dict[str, Any], rows: list[dict[str, Any]]
) -> None:
    programme = {"code": "LOW", "name": documents.NAME, "first_tier_only": True}
    version = said["versions"][0]
    components = [
        {**item, "tiers": [{key: text for key, text in item["tiers"][0].items() if key != "until"}]}
        if "tiers" in item
        else item
        for item in version["components"]
    ]
    numbered = drawn.numbered({**row, "choices": ["LOW"]} for row in rows)
    assume(any("tiers" in item for item in components))
    granted = drawn.rated(numbered, drawn.book_of({**said, "programmes": [programme]}))
    single = {**said, "versions": [{**version, "components": components}]}
    alone = drawn.rated(drawn.numbered(rows), drawn.book_of(single))
    assert [{**line, "set_no": 0} for line in granted] == alone


def without_fees(component: Mapping[str, Any]) -> dict[str, Any]:
    tiers = component.get("tiers", [])
    plain = [{name: text for name, text in tier.items() if name != "fee"} for tier in tiers]
    return {**component, **({"tiers": plain} if plain else {})}
