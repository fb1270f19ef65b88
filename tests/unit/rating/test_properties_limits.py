"""At the stated limits a usage is rated exactly, or refused by name; no number ever wraps around."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterbook.kernel import quantity
from meterbook.rating import checks, engine
from tests.unit.rating import documents, drawn, drawn_bills, oracle, oracle_bills, oracle_bounds

LARGEST = 2**63 - 1
MOST = quantity.LARGEST_QUANTITY_MILLI
MOST_PERSONS = 2**15 - 1
FIRST = dt.date(2024, 1, 1)
WIDEST = {"BILL": "NONE", "MONTH": "MONTHS", "YEAR": "MONTHS"}


def upto(most: int, *, least: int = 0) -> st.SearchStrategy[int]:
    """Whole numbers, the ends more often than the middle."""
    return st.sampled_from([least, most - 1, most]) | st.integers(least, most)


def micro(number: int) -> str:
    """Millionths as a document writes them."""
    return f"{Decimal(number).scaleb(-6):f}"


PRICES = upto(quantity.LARGEST_PRICE_MICRO).map(micro)
SIZES = upto(MOST, least=1).map(drawn.milli)


@st.composite
def tiers(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = sorted(draw(st.sets(upto(MOST, least=1), max_size=2)))
    return [
        *({"until": drawn.milli(until), "price": draw(PRICES)} for until in found),
        {"price": draw(PRICES)},
    ]


@st.composite
def plain(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """A charge with prices and sizes up to the largest."""
    found: dict[str, Any] = {"kind": kind, "price": draw(PRICES)}
    match kind:
        case "GRADUATED_TIERS" | "VOLUME_TIERS":
            del found["price"]
            found["tiers"] = draw(tiers())
        case "PACKAGE":
            found["size"] = draw(SIZES)
        case "AREA":
            found |= {"per": "MONTH", "factors": {"TOWER": "100", "HOUSE": "0.001"}}
            found["height"] = {"over": "0.001", "step": "0.1", "add": "100", "at_most": "1000"}
        case "CAPACITY":
            found["per"] = draw(st.sampled_from(["DAY", "MONTH"]))
        case "PER_MONTH":
            found["times"] = draw(st.sampled_from(["HOUSEHOLDS", "PERSONS"]))
        case _:
            found["share"] = draw(st.sampled_from(["100", "33.3333"]))
    return found


@st.composite
def derived(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(drawn_bills.DERIVED))
    if kind == "PERCENTAGE":
        return {"kind": kind, "rate": draw(st.sampled_from(["0.0001", "100", "1000"]))}
    if kind == "PERCENT_OFF":
        return {"kind": kind, "rate": draw(st.sampled_from(["0.0001", "100"]))}
    per = draw(st.sampled_from(["PERIOD", "MONTH"]))
    return {"kind": kind, "price": draw(PRICES), "per": per, "times": "HOUSEHOLDS"}


HOUSEHOLDS = st.sampled_from(
    [
        None,
        {"rule": "ADD", "over_persons": 1, "add": ["1000000000"]},
        {"rule": "SCALE", "over_persons": 1},
        {"rule": "FIRST_TIER", "over_persons": 1, "add": ["1000000000"]},
    ]
)
TIERED = ("GRADUATED_TIERS", "VOLUME_TIERS")
KINDS = (*TIERED, "PER_UNIT", "PACKAGE", "AREA", "CAPACITY", "PER_MONTH", "PER_PERIOD")


@st.composite
def tariffs(draw: st.DrawFn) -> dict[str, Any]:
    """One or two versions of components up to the largest prices, perhaps with what is calculated of them."""
    chosen = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=3))
    charges = [*(draw(plain(kind)) for kind in chosen), *draw(st.lists(derived(), max_size=3))]
    for charge in charges:
        if charge["kind"] == "PER_PERIOD":
            del charge["share"]
    items = [
        documents.component(f"C{place}", charge, rounding=draw(drawn.RULES))
        for place, charge in enumerate(charges)
    ]
    household = draw(HOUSEHOLDS)
    stated_for = draw(st.sampled_from(sorted(WIDEST)))
    said = documents.whole(
        currency=draw(st.sampled_from(["CNY", "JPY", "KWD"])),
        bounds={"stated_for": stated_for, "scaled_by": WIDEST[stated_for], "rounding": draw(drawn.MODES)},
        **({"household": household} if household else {}),
    )
    change = {"split": "DAYS", "round_to": draw(st.sampled_from(["0.001", "1000000000"]))}
    first_days = [drawn_bills.START, *draw(st.sampled_from([[], [FIRST + dt.timedelta(days=100)]]))]
    versions = [{"components": items, "price_change": change} for _ in first_days]
    return {**said, "versions": drawn_bills.dated(versions, first_days)}


@st.composite
def usage(draw: st.DrawFn, said: Mapping[str, Any]) -> dict[str, Any]:
    """A row with every column up to its limit."""
    before, used = draw(upto(MOST)), draw(upto(MOST))
    until = FIRST + dt.timedelta(days=draw(upto(checks.MOST_DAYS, least=1)))
    return {
        "tariff_version_id": drawn_bills.version_on(said, until - dt.timedelta(days=1)),
        "quantity_milli": draw(st.sampled_from([used, -before])),
        "before_milli": before,
        "persons": draw(upto(MOST_PERSONS)),
        "period_from": FIRST,
        "period_until": until,
        "months": draw(upto(checks.MOST_COUNT, least=1)),
        "households": draw(upto(checks.MOST_COUNT)),
        "area_milli": draw(upto(checks.MOST_EXTENT_MILLI)),
        "area_class": draw(st.sampled_from(["TOWER", "HOUSE"])),
        "height_milli": draw(upto(checks.MOST_HEIGHT_MILLI)),
        "capacity_milli": draw(upto(checks.MOST_EXTENT_MILLI)),
        "tier_factor_ppm": draw(st.none() | upto(checks.MOST_FACTOR * 10**6)),
    }


def numbers(said: Mapping[str, Any], row: Mapping[str, Any]) -> Iterator[Fraction]:
    """Everything a line or a limit of the bill would have to hold, as whole numbers of its column."""
    exponent = oracle.EXPONENTS[said["currency"]]
    for _, line in oracle_bills.bill(said, row):
        yield line.quantity * 1000
        yield line.price * 10**6
        yield Fraction(line.amount_minor)
    for place in range(len(said["versions"])):
        version = oracle.merged(said, place=place)
        for component in version["components"]:
            if component["kind"] in ("MONEY_OFF", "MAXIMUM", "MINIMUM"):
                limit = oracle.price_of(component, row) * oracle.how_many(component, version, row)
                yield limit * oracle.how_often(component, version, row) * 10**exponent


@settings(max_examples=100)
@given(data=st.data())
def test_at_the_limits_amounts_are_exact_or_refused_by_name(data: st.DataObject) -> None:
    said = data.draw(tariffs())
    row = drawn.numbered([data.draw(usage(said))])[0]
    row["tariff_version_id"] = drawn_bills.version_on(said, row["period_until"] - dt.timedelta(days=1))
    tariff_book = drawn.book_of(said)
    assert engine.unratable(drawn.frame([row]), tariff_book).is_empty()
    if max(abs(number) for number in numbers(said, row)) > LARGEST:
        with pytest.raises(engine.RatingError, match="AMOUNT_OUT_OF_RANGE"):
            drawn.rated([row], tariff_book)
        return
    found = [(line["tariff_version_id"], drawn.as_oracle(line)) for line in drawn.rated([row], tariff_book)]
    assert in_order(found) == in_order(oracle_bills.bill(said, row))


def in_order(lines: Sequence[tuple[int, oracle.Line]]) -> list[tuple[int, oracle.Line]]:
    return sorted(lines, key=lambda entry: (entry[0], entry[1].component, entry[1].tier, entry[1].quantity))


@st.composite
def converted(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any], int]:
    """A conversion up to its largest numbers, a usage, and what it comes to in thousandths."""
    factor, calorific, divisor = (draw(upto(10**12, least=1)) for _ in range(3))
    metered = draw(st.sampled_from([1, -1])) * draw(upto(MOST))
    texts = {"factor": micro(factor), "divide_by": micro(divisor)}
    said = documents.whole(
        documents.component("W", {"kind": "PER_UNIT", "price": "0.000001"}),
        conversion={"from_unit": "m3", "calorific_value": "METERED", **texts},
    )
    row = {
        "usage_id": 1,
        "tariff_version_id": 1,
        "quantity_milli": metered,
        "before_milli": draw(upto(MOST)),
        "calorific_micro": calorific,
        "period_from": FIRST,
        "period_until": FIRST + dt.timedelta(days=1),
    }
    exact = Fraction(metered * factor * calorific, divisor * 10**6)
    return said, row, int(oracle_bounds.rounded(exact))


@settings(max_examples=60)
@given(case=converted())
def test_converted_quantities_are_exact_or_refused_by_name(
    case: tuple[dict[str, Any], dict[str, Any], int],
) -> None:
    said, row, charged = case
    codes = []
    if abs(charged) > MOST:
        codes = ["QUANTITY_OUT_OF_RANGE"]
    elif row["before_milli"] + charged < 0:
        codes = ["NEGATIVE_RUNNING_TOTAL"]
    tariff_book = drawn.book_of(said)
    assert list(engine.unratable(drawn.frame([row]), tariff_book)["code"]) == codes
    if not codes:
        assert [line["quantity_milli"] for line in drawn.rated([row], tariff_book)] == [charged]


@settings(max_examples=40)
@given(
    rows=st.lists(st.tuples(upto(MOST), upto(MOST)), min_size=1, max_size=8),
    rate=st.sampled_from(["100", "7"]),
)
def test_sums_of_many_bills_do_not_run_into_each_other(rows: list[tuple[int, int]], rate: str) -> None:
    items = [
        documents.component("W", {"kind": "PER_UNIT", "price": "1000000"}, rounding="FEN_TRUNCATE"),
        documents.component("X", {"kind": "PERCENTAGE", "rate": rate}, rounding="FEN_TRUNCATE"),
        documents.component("Y", {"kind": "MINIMUM", "price": "1000000"}),
    ]
    said = documents.whole(*items, currency="KWD")
    plain_rows = drawn.numbered(
        {
            "quantity_milli": size,
            "before_milli": before,
            "period_from": FIRST,
            "period_until": FIRST + dt.timedelta(days=31),
        }
        for size, before in rows
    )
    found: dict[int, list[tuple[int, oracle.Line]]] = defaultdict(list)
    for line in drawn.rated(plain_rows, drawn.book_of(said)):
        found[line["usage_id"]].append((line["tariff_version_id"], drawn.as_oracle(line)))
    for row in plain_rows:
        expected = sorted(oracle_bills.bill(said, row), key=lambda entry: entry[1].component)
        assert found[row["usage_id"]] == expected


def test_a_bound_beyond_every_counter_is_never_reached() -> None:
    tiers = [{"until": "1000000000", "price": "1"}, {"price": "2"}]
    said = documents.whole(
        documents.component("T", {"kind": "GRADUATED_TIERS", "tiers": tiers}),
        tier_period="MONTH",
        household={"rule": "ADD", "over_persons": 1, "add": ["1000000000"]},
    )
    row = {
        "quantity_milli": MOST,
        "before_milli": MOST,
        "period_from": FIRST,
        "period_until": FIRST + dt.timedelta(days=31),
        "persons": MOST_PERSONS,
        "months": checks.MOST_COUNT,
    }
    lines = drawn.rated(drawn.numbered([row]), drawn.book_of(said))
    assert [(line["tier"], line["quantity_milli"]) for line in lines] == [(1, MOST)]
