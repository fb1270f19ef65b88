"""What must hold for every tariff and usage, against a slow calculation written for this test alone."""

import datetime as dt
import decimal
import random
from collections import defaultdict
from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from meterbook.kernel import rounding
from meterbook.rating import book, engine, tariff
from meterbook.rating import document as documents
from tests.unit.rating import samples
from tests.unit.rating.samples import Usage

DECIMAL_MODES = {
    rounding.Mode.HALF_UP: decimal.ROUND_HALF_UP,
    rounding.Mode.TRUNCATE: decimal.ROUND_DOWN,
    rounding.Mode.HALF_EVEN: decimal.ROUND_HALF_EVEN,
}
PRICES = st.integers(0, 90_000).map(lambda number: f"{Decimal(number).scaleb(-4)}")
RULES = st.sampled_from([rule.name for rule in rounding.Rounding])
QUANTITIES = st.integers(0, 900_000)


@st.composite
def tiers(draw: st.DrawFn, *, rising: bool = False) -> dict[str, Any]:
    widths = draw(st.lists(st.integers(1, 300_000), min_size=0, max_size=4))
    prices = draw(st.lists(PRICES, min_size=len(widths) + 1, max_size=len(widths) + 1))
    if rising:
        prices.sort(key=Decimal)
    items: list[dict[str, str]] = []
    bound = 0
    for width, price in zip(widths, prices, strict=False):
        bound += width
        items.append({"until": f"{Decimal(bound).scaleb(-3)}", "price": price})
    return {"kind": "GRADUATED_TIERS", "tiers": [*items, {"price": prices[-1]}]}


HOUSEHOLDS = st.one_of(
    st.none(),
    st.builds(
        lambda over, add: {"rule": "ADD", "over_persons": over, "add": [f"{Decimal(add).scaleb(-3)}"]},
        st.integers(1, 6),
        st.integers(0, 200_000),
    ),
    st.builds(lambda over: {"rule": "SCALE", "over_persons": over}, st.integers(1, 6)),
)
CHARGES = st.one_of(
    tiers(),
    PRICES.map(lambda price: {"kind": "PER_UNIT", "price": price}),
    PRICES.map(lambda price: {"kind": "PER_PERIOD", "price": price}),
)


@st.composite
def versions(draw: st.DrawFn) -> dict[str, Any]:
    charges = draw(st.lists(st.tuples(CHARGES, RULES), min_size=1, max_size=4))
    components = [
        samples.component(f"C{number}", charge, rounding=rule)
        for number, (charge, rule) in enumerate(charges)
    ]
    household = draw(HOUSEHOLDS)
    more = {"household": household} if household else {}
    return samples.tariff_document(*components, **more)


@st.composite
def usages(draw: st.DrawFn, *, most_versions: int) -> list[Usage]:
    ids = draw(st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=12, unique=True))
    return [
        Usage(
            usage_id=usage_id,
            quantity_milli=draw(QUANTITIES),
            before_milli=draw(QUANTITIES),
            persons=draw(st.none() | st.integers(0, 12)),
            tariff_version_id=draw(st.integers(1, most_versions)),
            period_until=samples.FROM + dt.timedelta(days=draw(st.integers(1, 400))),
        )
        for usage_id in ids
    ]


def grown(bound: Decimal, *, household: dict[str, Any] | None, persons: int, add_index: int) -> Decimal:
    if household is None:
        return bound
    over: int = household["over_persons"]
    extra = max(0, persons - over)
    if household["rule"] == "ADD":
        adds = household["add"]
        return bound + extra * Decimal(adds[min(add_index, len(adds) - 1)])
    if not extra:
        return bound
    exact = bound * persons / over
    return exact.quantize(Decimal("0.001"), rounding=decimal.ROUND_HALF_UP)


def oracle(document: dict[str, Any], usage: Usage) -> list[tuple[int, int, int, int]]:
    """(component, tier, quantity, amount) of each line, in Decimal, filling tier after tier."""
    wanted = Decimal(usage.quantity_milli).scaleb(-3)
    before = Decimal(usage.before_milli).scaleb(-3)
    persons = document["default_persons"] if usage.persons is None else usage.persons
    lines: list[tuple[int, int, Decimal, Decimal, str]] = []
    for number, component in enumerate(document["versions"][0]["components"], start=1):
        if component["kind"] != "GRADUATED_TIERS":
            charged = wanted if component["kind"] == "PER_UNIT" else Decimal(1)
            lines.append((number, 0, charged, Decimal(component["price"]), component["rounding"]))
            continue
        left, counter, low = wanted, before, Decimal(0)
        parts: dict[int, Decimal] = {}
        for place, tier in enumerate(component["tiers"]):
            high = Decimal("Infinity")
            if "until" in tier:
                high = grown(
                    Decimal(tier["until"]),
                    household=document.get("household"),
                    persons=persons,
                    add_index=place,
                )
            room = max(Decimal(0), high - max(counter, low))
            taken = min(left, room)
            stands_here = wanted == 0 and (low < counter or place == 0) and counter <= high
            if taken > 0 or stands_here:
                parts[place] = taken
            left, counter, low = left - taken, counter + taken, high
        lines.extend(
            (number, place + 1, charged, Decimal(component["tiers"][place]["price"]), component["rounding"])
            for place, charged in parts.items()
        )
    return [
        (number, tier_no, int(charged * 1000), round_by(charged * price, rounding.Rounding[rule]))
        for number, tier_no, charged, price, rule in lines
    ]


def round_by(amount: Decimal, rule: rounding.Rounding) -> int:
    steps = (amount * 100 / rule.step_minor).quantize(Decimal(1), rounding=DECIMAL_MODES[rule.mode])
    return int(steps) * rule.step_minor


def read(document: dict[str, Any]) -> tariff.TariffVersion:
    return documents.parse(document).versions[0]


def amounts_by_usage(lines: pl.DataFrame) -> dict[int, int]:
    return dict(lines.group_by("usage_id").agg(pl.col("amount_minor").sum()).rows())


@given(data=st.data())
def test_lines_equal_the_slow_calculation(data: st.DataObject) -> None:
    drawn = data.draw(st.lists(versions(), min_size=1, max_size=3))
    rows = data.draw(usages(most_versions=len(drawn)))
    tariff_book = book.tariff_book({number: read(item) for number, item in enumerate(drawn, start=1)})
    found = defaultdict(list)
    for line in engine.rate(samples.usage_frame(rows), tariff_book).iter_rows(named=True):
        found[line["usage_id"]].append(
            (line["component_no"], line["tier"], line["quantity_milli"], line["amount_minor"])
        )
    for usage in rows:
        assert found[usage.usage_id] == oracle(drawn[usage.tariff_version_id - 1], usage)


@given(data=st.data(), seed=st.integers(0, 2**32))
def test_order_and_company_of_rows_change_nothing(data: st.DataObject, seed: int) -> None:
    drawn = data.draw(st.lists(versions(), min_size=1, max_size=3))
    rows = data.draw(usages(most_versions=len(drawn)))
    tariff_book = book.tariff_book({number: read(item) for number, item in enumerate(drawn, start=1)})
    whole = engine.rate(samples.usage_frame(rows), tariff_book)
    shuffled = random.Random(seed).sample(rows, len(rows))  # noqa: S311 -- not a secret
    assert engine.rate(samples.usage_frame(shuffled), tariff_book).equals(whole)
    alone = [engine.rate(samples.usage_frame([usage]), tariff_book) for usage in rows]
    assert pl.concat(alone).sort("usage_id", "line_no").equals(whole)


@given(
    document=versions(), before=QUANTITIES, first=QUANTITIES, second=QUANTITIES, persons=st.integers(0, 12)
)
def test_rating_in_two_parts_gives_the_same_quantities(
    document: dict[str, Any], before: int, first: int, second: int, persons: int
) -> None:
    rows = [
        Usage(1, first + second, before_milli=before, persons=persons),
        Usage(2, first, before_milli=before, persons=persons),
        Usage(3, second, before_milli=before + first, persons=persons),
    ]
    lines = engine.rate(samples.usage_frame(rows), book.tariff_book({1: read(document)}))
    components = document["versions"][0]["components"]
    by_quantity = [number for number, item in enumerate(components, start=1) if item["kind"] != "PER_PERIOD"]
    exact = (
        lines.filter(pl.col("component_no").is_in(by_quantity))
        .with_columns(is_whole=pl.col("usage_id") == 1)
        .group_by("is_whole", "component_no", "tier", "unit_price_micro")
        .agg(pl.col("quantity_milli").sum())
        .filter(pl.col("quantity_milli") != 0)
        .sort("component_no", "tier")
    )
    whole, parts = (
        exact.filter("is_whole").drop("is_whole"),
        exact.filter(~pl.col("is_whole")).drop("is_whole"),
    )
    assert whole.equals(parts)


@given(document=versions(), row=usages(most_versions=1))
def test_quantities_of_a_component_sum_to_the_usage(document: dict[str, Any], row: list[Usage]) -> None:
    lines = engine.rate(samples.usage_frame(row), book.tariff_book({1: read(document)}))
    wanted = {usage.usage_id: usage.quantity_milli for usage in row}
    sums = lines.group_by("usage_id", "component_no").agg(pl.col("quantity_milli").sum()).rows()
    components = document["versions"][0]["components"]
    for usage_id, number, charged in sums:
        is_fixed = components[number - 1]["kind"] == "PER_PERIOD"
        assert charged == (1000 if is_fixed else wanted[usage_id])
    assert len(sums) == len(row) * len(components)


@given(charge=tiers(), before=QUANTITIES, wanted=QUANTITIES)
def test_taking_back_what_was_charged_gives_it_back(charge: dict[str, Any], before: int, wanted: int) -> None:
    version = samples.version(samples.component("A", charge))
    rows = [Usage(1, wanted, before_milli=before), Usage(2, -wanted, before_milli=before + wanted)]
    lines = engine.rate(samples.usage_frame(rows), book.tariff_book({1: version}))
    sums = amounts_by_usage(lines)
    assert sums[1] == -sums[2]
    assert lines["quantity_milli"].sum() == 0


@given(charge=tiers(), place=st.integers(0, 3))
def test_tiers_are_continuous_at_their_bounds(charge: dict[str, Any], place: int) -> None:
    bounds = [tier["until"] for tier in charge["tiers"][:-1]]
    if place >= len(bounds):
        return
    bound = int(Decimal(bounds[place]) * 1000)
    version = samples.version(samples.component("A", charge))
    rows = [Usage(number, bound + number) for number in (-1, 0, 1)]
    lines = engine.rate(samples.usage_frame(rows), book.tariff_book({1: version}))
    exact = lines.with_columns(exact=pl.col("quantity_milli") * pl.col("unit_price_micro"))
    sums = dict(exact.group_by("usage_id").agg(pl.col("exact").sum()).rows())
    below, above = (int(Decimal(charge["tiers"][place + step]["price"]) * 10**6) for step in (0, 1))
    assert sums[0] - sums[-1] == below
    assert sums[1] - sums[0] == above


@given(charge=tiers(), first=QUANTITIES, more=QUANTITIES)
def test_more_use_never_costs_less(charge: dict[str, Any], first: int, more: int) -> None:
    version = samples.version(samples.component("A", charge))
    rows = [Usage(1, first), Usage(2, first + more)]
    sums = amounts_by_usage(engine.rate(samples.usage_frame(rows), book.tariff_book({1: version})))
    assert sums[1] <= sums[2]


@given(charge=tiers(rising=True), household=HOUSEHOLDS, wanted=QUANTITIES, persons=st.integers(0, 11))
def test_with_rising_tiers_a_larger_household_never_pays_more(
    charge: dict[str, Any], household: dict[str, Any] | None, wanted: int, persons: int
) -> None:
    more = {"household": household} if household else {}
    version = samples.version(samples.component("A", charge), **more)
    rows = [Usage(1, wanted, persons=persons), Usage(2, wanted, persons=persons + 1)]
    lines = engine.rate(samples.usage_frame(rows), book.tariff_book({1: version}))
    exact = lines.with_columns(exact=pl.col("quantity_milli") * pl.col("unit_price_micro"))
    sums = dict(exact.group_by("usage_id").agg(pl.col("exact").sum()).rows())
    assert sums[1] >= sums[2]
