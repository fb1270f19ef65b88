"""Whole bills: discounts, limits, percentages, free units and a change of price in the middle, against the
second calculation; and what each of them promises.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from meterbook.rating import engine
from tests.unit.rating import documents, drawn, drawn_bills, oracle, oracle_bills, oracle_bounds

EXPONENT = 2


@settings(max_examples=100)
@given(data=st.data())
def test_bills_equal_the_second_calculation(data: st.DataObject) -> None:
    said = data.draw(drawn_bills.tariffs())
    usage = drawn_bills.usage(said) | drawn_bills.usage(said, is_negative=True)
    rows = drawn.numbered(data.draw(st.lists(usage, min_size=1, max_size=5)))
    tariff_book = drawn.book_of(said)
    refused = set(engine.unratable(drawn.frame(rows), tariff_book)["usage_id"])
    # the engine refuses every correction over a restart, also one whose later piece rounds to nothing
    assert {row["usage_id"] for row in rows if is_below_zero(said, row)} <= refused
    assert refused <= {row["usage_id"] for row in rows if row["quantity_milli"] < 0}
    rows = [row for row in rows if row["usage_id"] not in refused]
    found: dict[int, list[tuple[int, oracle.Line]]] = defaultdict(list)
    for line in drawn.rated(rows, tariff_book):
        found[line["usage_id"]].append((line["tariff_version_id"], drawn.as_oracle(line)))
    for row in rows:
        assert in_order(found[row["usage_id"]]) == in_order(oracle_bills.bill(said, row))


def is_below_zero(said: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Whether some piece takes back more than has been counted since its counter started again."""
    pieces = [piece.usage for piece in oracle_bills.cut(said, row)]
    return any(piece["before_milli"] + piece["quantity_milli"] < 0 for piece in pieces)


def in_order(lines: Sequence[tuple[int, oracle.Line]]) -> list[tuple[int, oracle.Line]]:
    def key(entry: tuple[int, oracle.Line]) -> tuple[Any, ...]:
        version, line = entry
        return (version, line.component, line.band, line.tier, line.price, line.quantity, line.amount_minor)

    return sorted(lines, key=key)


def simple(*derived: dict[str, Any], base: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A tariff of plain charges and what is calculated from them."""
    more = [
        documents.component(f"X{number}", own, rounding="FEN_HALF_UP")
        for number, own in enumerate(derived, start=1)
    ]
    return documents.whole(*base, *more)


def totals(said: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """The bill of each usage in minor units."""
    sums: dict[int, int] = defaultdict(int)
    for line in drawn.rated(rows, drawn.book_of(said)):
        sums[line["usage_id"]] += line["amount_minor"]
    return sums


@st.composite
def bases(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Plain charges without tax or conditions."""
    kinds = st.sampled_from(["PER_UNIT", "GRADUATED_TIERS", "PER_PERIOD", "PER_MONTH"])
    chosen = draw(st.lists(kinds, min_size=1, max_size=3))
    return [
        documents.component(f"C{place}", draw(drawn.charge(kind, count=1)), tax_rate="not_subject")
        for place, kind in enumerate(chosen)
    ]


USAGES = st.lists(drawn.usage(), min_size=1, max_size=5).map(drawn.numbered)


@settings(max_examples=30)
@given(base=bases(), rows=USAGES, least=drawn.PRICES, extra=drawn.PRICES)
def test_a_bill_lies_between_its_minimum_and_maximum(
    base: Sequence[dict[str, Any]], rows: list[dict[str, Any]], least: str, extra: str
) -> None:
    most = str(Decimal(least) + Decimal(extra))
    bare = totals(simple(base=base), rows)
    limits = [
        oracle_bounds.minor(Fraction(limit), rule="FEN_HALF_UP", exponent=EXPONENT) for limit in (least, most)
    ]
    derived = ({"kind": "MINIMUM", "price": least}, {"kind": "MAXIMUM", "price": most})
    for usage_id, amount in totals(simple(*derived, base=base), rows).items():
        assert amount == min(max(bare[usage_id], limits[0]), limits[1])


@settings(max_examples=30)
@given(base=bases(), rows=USAGES, off=st.lists(drawn.PRICES, min_size=1, max_size=3), rate=drawn_bills.RATES)
def test_discounts_never_give_more_than_there_is(
    base: Sequence[dict[str, Any]], rows: list[dict[str, Any]], off: list[str], rate: str
) -> None:
    money = [{"kind": "MONEY_OFF", "price": price} for price in off]
    percent = {"kind": "PERCENT_OFF", "rate": rate}
    bare, less = totals(simple(base=base), rows), totals(simple(*money, percent, base=base), rows)
    for usage_id, amount in less.items():
        taken = oracle_bounds.rounded(bare[usage_id] * Fraction(rate) / 100)
        off_minor = sum(
            oracle_bounds.minor(Fraction(price), rule="FEN_HALF_UP", exponent=EXPONENT) for price in off
        )
        assert amount == max(0, bare[usage_id] - taken - off_minor)


@settings(max_examples=30)
@given(base=bases(), rows=USAGES, rule=drawn.RULES, rate=drawn_bills.RATES)
def test_a_rounded_bill_is_round_and_within_a_step(
    base: Sequence[dict[str, Any]], rows: list[dict[str, Any]], rule: str, rate: str
) -> None:
    levy = {"kind": "PERCENTAGE", "rate": rate}
    bare = totals(simple(levy, base=base), rows)
    said = simple(levy, base=base)
    last = documents.component("ROUND", {"kind": "BILL_ROUNDING", "tax_rate": "not_subject"}, rounding=rule)
    said["versions"][0]["components"].append(last)
    for usage_id, amount in totals(said, rows).items():
        exact = Fraction(bare[usage_id], 10**EXPONENT)
        assert amount == oracle_bounds.minor(exact, rule=rule, exponent=EXPONENT)


@settings(max_examples=40)
@given(
    said=drawn_bills.components(is_derived=False).map(lambda items: documents.whole(*items)),
    rows=st.lists(drawn.usage() | drawn.usage(is_negative=True), min_size=1, max_size=5),
    choices=st.sampled_from([None, [drawn_bills.CHOICE]]),
    earlier=st.none() | drawn.MILLIS,
)
def test_free_units_and_charged_ones_are_the_whole(
    said: dict[str, Any], rows: list[dict[str, Any]], choices: list[str] | None, earlier: int | None
) -> None:
    rows = drawn.numbered({**row, "choices": choices, "free_before_milli": earlier} for row in rows)
    components = said["versions"][0]["components"]
    whole = {
        number: component["code"]
        for number, component in enumerate(components, start=1)
        if component["kind"] in ("PER_UNIT", "GRADUATED_TIERS", "VOLUME_TIERS")
        and not {"cap", "share_round_to", "choice"} & set(component)
        and not any("fee" in tier for tier in component.get("tiers", ()))
    }
    freeing = {number for number, item in enumerate(components, start=1) if item["kind"] == "FREE_QUANTITY"}
    charged: dict[tuple[int, int], int] = defaultdict(int)
    free: dict[int, int] = defaultdict(int)
    for line in drawn.rated(rows, drawn.book_of(said)):
        if line["component_no"] in freeing:
            free[line["usage_id"]] += line["quantity_milli"]
            assert (line["amount_minor"], line["unit_price_micro"]) == (0, 0)
        charged[line["usage_id"], line["component_no"]] += line["quantity_milli"]
    for row in rows:
        usage_id, wanted = row["usage_id"], row["quantity_milli"]
        assert 0 <= free[usage_id] <= max(0, wanted)
        for number in whole:
            assert charged[usage_id, number] + free[usage_id] == wanted


@settings(max_examples=30)
@given(data=st.data())
def test_the_order_of_kinds_in_the_document_changes_no_amount(data: st.DataObject) -> None:
    base = data.draw(drawn_bills.plain())
    items = [*base, *data.draw(drawn_bills.derived(base))]
    # `of` that is left out may mean what stands above; within a kind the order counts
    known = [item["code"] for item in base]
    named = [{"of": known, **item} if item["kind"] in oracle.DERIVED else item for item in items]
    kinds = data.draw(st.permutations(sorted({item["kind"] for item in named})))
    mixed = sorted(named, key=lambda item: kinds.index(item["kind"]))
    rows = drawn.numbered(data.draw(st.lists(drawn.usage(), min_size=1, max_size=3)))
    rows = [{**row, "choices": [drawn_bills.CHOICE]} for row in rows]
    found = []
    for components in (named, mixed):
        codes = [item["code"] for item in components]
        lines = drawn.rated(rows, drawn.book_of(documents.whole(*components)))
        found.append(
            sorted(
                (line["usage_id"], codes[line["component_no"] - 1], line["tier"], line["amount_minor"])
                for line in lines
                if line["component_no"] <= len(codes)
            )
        )
    assert found[0] == found[1]
