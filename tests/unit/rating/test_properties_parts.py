"""Where one quantity becomes several: bands that share tiers, parts of a mixed use; and quantities converted
and rounded. Parts sum to the whole exactly and lie as near to their share as whole thousandths allow.
"""

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from meterbook.rating import columns, engine
from tests.unit.rating import documents, drawn, oracle, oracle_bounds

MILLION = 10**6
PLAIN: dict[str, Any] = {"period_from": drawn.FROM, "period_until": drawn.FROM.replace(day=31)}
SIGNS = st.sampled_from([1, -1])
W = documents.component("W", {"kind": "PER_UNIT", "price": "1"})


@st.composite
def shared(draw: st.DrawFn) -> dict[str, Any]:
    """Tiers with one allowance for up to six bands."""
    bands = [{"code": f"B{n}", "name": documents.NAME} for n in range(1, draw(st.integers(1, 6)) + 1)]
    prices = {band["code"]: "1" for band in bands}
    found = [{"until": bound, "prices": prices} for bound in draw(drawn.bounds(draw(st.integers(0, 3))))]
    own = {"kind": "TIME_OF_USE_TIERS", "tiers": [*found, {"prices": prices}]}
    return documents.whole(documents.component("E", own), bands=bands)


@settings(max_examples=60)
@given(said=shared(), data=st.data(), sign=SIGNS)
def test_bands_share_tiers_in_proportion(said: dict[str, Any], data: st.DataObject, sign: int) -> None:
    count = len(said["bands"])
    sizes = st.lists(drawn.MILLIS | st.integers(0, 3), min_size=count, max_size=count)
    rows: list[dict[str, Any]] = []
    for own in data.draw(st.lists(sizes, min_size=1, max_size=5)):
        before = data.draw(drawn.MILLIS) + (sum(own) if sign < 0 else 0)
        used = {f"band_{n}_milli": sign * size for n, size in enumerate(own, start=1)}
        rows.append({**PLAIN, **used, "quantity_milli": sign * sum(own), "before_milli": before})
    rows = drawn.numbered(rows)
    found: dict[int, dict[tuple[int, int], int]] = defaultdict(dict)
    for line in drawn.rated(rows, drawn.book_of(said)):
        assert (line["tier"], line["band"]) not in found[line["usage_id"]]
        found[line["usage_id"]][line["tier"], line["band"]] = line["quantity_milli"]
    tiers = said["versions"][0]["components"][0]["tiers"]
    bounds = [Fraction(tier["until"]) for tier in tiers[:-1]]
    for row in rows:
        start = Fraction(row["before_milli"], 1000)
        whole = row["quantity_milli"]
        ends = oracle.overlaps(start, start + Fraction(whole, 1000), bounds)
        cells = found[row["usage_id"]]
        for number, (low, high) in enumerate(ends, start=1):
            assert sum(size for (tier, _), size in cells.items() if tier == number) == 1000 * (high - low)
        for band in range(1, count + 1):
            own_milli = row[f"band_{band}_milli"]
            assert sum(size for (_, of), size in cells.items() if of == band) == own_milli
            for number, (low, high) in enumerate(ends, start=1):
                size = cells.get((number, band), 0)
                exact = Fraction(own_milli, whole) * 1000 * (high - low) if whole else Fraction(0)
                assert size * sign >= 0
                # a band's end of a tier is off by half a thousandth for each band that took its turn
                assert abs(size - exact) <= max(1, count - 1)


@st.composite
def mixes(draw: st.DrawFn) -> list[dict[str, int]]:
    """Parts of a usage: fixed ones, shares, and a rest where the shares are not all of it."""
    fixed = draw(st.lists(drawn.MILLIS, max_size=2))
    cuts = sorted(draw(st.lists(st.integers(0, MILLION), max_size=3)))
    shares = [high - low for low, high in zip([0, *cuts], [*cuts, MILLION], strict=True)]
    has_rest = draw(st.booleans())
    parts = [{"split": int(columns.Split.FIXED), "split_value": size} for size in fixed]
    if has_rest:
        shares = shares[:-1]
        parts.append({"split": int(columns.Split.REST), "split_value": 0})
    parts += [{"split": int(columns.Split.SHARE), "split_value": share} for share in shares]
    return list(draw(st.permutations(parts)))


@settings(max_examples=60)
@given(drawn_mixes=st.lists(mixes(), min_size=1, max_size=4), size=drawn.MILLIS, sign=SIGNS)
def test_parts_of_a_mixed_use_sum_to_the_whole(
    drawn_mixes: list[list[dict[str, int]]], size: int, sign: int
) -> None:
    rows = [
        {
            **PLAIN,
            **part,
            "usage_id": usage_id,
            "tariff_version_id": 1,
            "part_no": number,
            "quantity_milli": sign * size,
            "before_milli": size,
        }
        for usage_id, parts in enumerate(drawn_mixes)
        for number, part in enumerate(parts, start=1)
    ]
    tariff_book = drawn.book_of(documents.whole(W))
    found: dict[int, list[int]] = defaultdict(list)
    for line in drawn.rated(rows, tariff_book):
        found[line["usage_id"]].append(sign * line["quantity_milli"])
    for usage_id, parts in enumerate(drawn_mixes):
        check_parts(parts, found[usage_id], size=size)


def check_parts(parts: Sequence[dict[str, int]], found: Sequence[int], *, size: int) -> None:
    """Fixed quantities first, then shares of what is left by the largest remainder, then the rest."""
    left = size
    remainders: dict[bool, list[Fraction]] = {True: [Fraction(0)], False: [Fraction(0)]}
    for part, got in zip(parts, found, strict=True):
        if part["split"] == columns.Split.FIXED:
            assert got == min(part["split_value"], left)
            left -= got
    shared_out = Fraction(0)
    for part, got in zip(parts, found, strict=True):
        if part["split"] == columns.Split.SHARE:
            exact = Fraction(left * part["split_value"], MILLION)
            shared_out += exact
            assert abs(got - exact) < 1
            remainders[got > exact].append(exact - exact // 1)
    # whoever got a thousandth more was at least as near to it as whoever did not
    assert not remainders[True][1:] or min(remainders[True][1:]) >= max(remainders[False])
    in_shares = sum(
        got for part, got in zip(parts, found, strict=True) if part["split"] == columns.Split.SHARE
    )
    assert in_shares == oracle_bounds.rounded(shared_out)
    assert sum(found) == size or not any(part["split"] != columns.Split.FIXED for part in parts)


@settings(max_examples=30)
@given(
    tariffs=st.lists(drawn.versions(["PER_UNIT", "GRADUATED_TIERS", "PER_PERIOD"]), min_size=2, max_size=3),
    row=drawn.usage(),
)
def test_the_dearest_of_rival_parts_stays(tariffs: list[dict[str, Any]], row: dict[str, Any]) -> None:
    parts = [
        {
            **row,
            "usage_id": 1,
            "tariff_version_id": number,
            "part_no": number,
            "split": int(columns.Split.HIGHEST),
        }
        for number in range(1, len(tariffs) + 1)
    ]
    tariff_book = drawn.book_of(*tariffs)
    alone = [drawn.rated([{**part, "part_no": None, "split": None}], tariff_book) for part in parts]
    totals = [sum(line["amount_minor"] for line in lines) for lines in alone]
    winner = totals.index(max(totals))
    assert drawn.rated(parts, tariff_book) == [{**line, "part_no": winner + 1} for line in alone[winner]]


MICROS = st.integers(500_000, 40_000_000) | st.integers(1, 80).map(lambda number: number * 500_000)


@st.composite
def conversions(draw: st.DrawFn) -> dict[str, Any]:
    """A unit that is converted, whole steps that are billed, or both."""
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        own: dict[str, Any] = {
            "from_unit": "m3",
            "round_to": draw(drawn.STEPS),
            "rounding": draw(drawn.MODES),
        }
        for name in ("factor", "calorific_value", "divide_by"):
            if draw(st.booleans()):
                own[name] = micro(draw(MICROS))
        if draw(st.integers(0, 3)) == 0:
            own["calorific_value"] = "METERED"
        found["conversion"] = own
    if draw(st.booleans()):
        carry = draw(st.booleans())
        found["billed_quantity"] = {
            "round_to": draw(drawn.STEPS),
            "rounding": draw(drawn.MODES),
            "carry": carry,
        }
    return found


def micro(number: int) -> str:
    return f"{number // MILLION}.{number % MILLION:06}"


@settings(max_examples=60)
@given(
    said=st.lists(conversions(), min_size=1, max_size=3),
    sizes=st.lists(st.tuples(drawn.MILLIS, MICROS, st.integers(0, 999)), min_size=1, max_size=5),
    sign=SIGNS,
)
def test_conversion_and_whole_steps_are_exact(
    said: list[dict[str, Any]], sizes: list[tuple[int, int, int]], sign: int
) -> None:
    rows = drawn.numbered(
        {
            **PLAIN,
            "tariff_version_id": 1 + place % len(said),
            "quantity_milli": sign * size,
            "before_milli": 10**11,
            "calorific_micro": calorific,
            "carried_milli": carried,
        }
        for place, (size, calorific, carried) in enumerate(sizes)
    )
    lines = drawn.rated(rows, drawn.book_of(*(documents.whole(W, **own) for own in said)))
    for row, line in zip(rows, lines, strict=True):
        own = said[row["tariff_version_id"] - 1]
        assert Fraction(line["quantity_milli"], 1000) == billed(own, row)


def billed(said: dict[str, Any], row: dict[str, Any]) -> Fraction:
    """Metered x factor x calorific value / divisor, rounded; then what was carried over, in whole steps."""
    found = Fraction(row["quantity_milli"], 1000)
    if "conversion" in said:
        own = said["conversion"]
        calorific = own.get("calorific_value", "1")
        metered = Fraction(row["calorific_micro"], MILLION)
        found *= Fraction(own.get("factor", "1")) / Fraction(own.get("divide_by", "1"))
        found *= metered if calorific == "METERED" else Fraction(calorific)
        found = oracle_bounds.rounded(found, step=Fraction(own["round_to"]), mode=own["rounding"])
    if "billed_quantity" in said:
        own = said["billed_quantity"]
        carried = Fraction(row["carried_milli"], 1000) if own["carry"] else Fraction(0)
        found = oracle_bounds.rounded(found + carried, step=Fraction(own["round_to"]), mode=own["rounding"])
    return found


def test_a_part_with_bands_is_not_charged_all_of_them() -> None:
    own = {"kind": "TIME_OF_USE", "prices": {"PEAK": "2", "VALLEY": "1"}}
    home = documents.whole(documents.component("T", own), bands=documents.BANDS)
    whole = {
        **PLAIN,
        "usage_id": 1,
        "quantity_milli": 100_000,
        "before_milli": 0,
        "band_1_milli": 60_000,
        "band_2_milli": 40_000,
    }
    fixed = {"split": int(columns.Split.FIXED), "split_value": 20_000}
    rows = [
        {**whole, **fixed, "tariff_version_id": 1, "part_no": 1},
        {**whole, "tariff_version_id": 2, "part_no": 2, "split": int(columns.Split.REST)},
    ]
    tariff_book = drawn.book_of(home, documents.whole(W))
    if engine.unratable(drawn.frame(rows), tariff_book).is_empty():
        assert sum(line["quantity_milli"] for line in drawn.rated(rows, tariff_book)) == 100_000
