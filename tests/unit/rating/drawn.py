"""Tariff documents and usages drawn by Hypothesis, as people might write them, and how they are rated.

Numbers are drawn small and round often enough that counters meet bounds and products meet halves exactly.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
from hypothesis import strategies as st

from meterbook.kernel import rounding
from meterbook.rating import book, columns, document, engine
from tests.unit.rating import documents, oracle, oracle_bounds


def milli(number: int) -> str:
    """Thousandths as a document writes them."""
    return f"{Decimal(number).scaleb(-3)}"


FROM = dt.date(2024, 1, 1)
CLASSES = {"TOWER": "0.82", "HOUSE": "1.15"}
CALIBRES = (15, 20)
BANDS = documents.BANDS
MOST_PERSONS = 9

RULES = st.sampled_from([rule.name for rule in rounding.Rounding])
MODES = st.sampled_from(["HALF_UP", "TRUNCATE", "HALF_EVEN"])
MILLIS = st.one_of(st.integers(0, 80).map(lambda number: number * 5000), st.integers(0, 400_000))
WIDTHS = MILLIS.map(lambda number: number or 7000)
COUNTS = st.integers(1, 14)
STEPS = st.sampled_from(["0.001", "0.1", "1", "5"])
SIZES = WIDTHS.map(lambda number: {"size": milli(number)})


PRICES = st.one_of(st.integers(0, 90_000), st.integers(0, 18).map(lambda number: number * 5000)).map(
    lambda number: f"{Decimal(number).scaleb(-4)}"
)


@st.composite
def bounds(draw: st.DrawFn, count: int) -> list[str]:
    """Rising upper bounds."""
    widths = draw(st.lists(WIDTHS, min_size=count, max_size=count))
    return [milli(sum(widths[: place + 1])) for place in range(count)]


@st.composite
def tiers(
    draw: st.DrawFn, count: int, *, is_rising: bool = False, has_fees: bool = False
) -> list[dict[str, Any]]:
    """`count` closed tiers and the open one."""
    prices = draw(st.lists(PRICES, min_size=count + 1, max_size=count + 1))
    if is_rising:
        prices.sort(key=Decimal)
    found = [{"until": bound} for bound in draw(bounds(count))]
    found = [{**tier, "price": price} for tier, price in zip([*found, {}], prices, strict=True)]
    for tier in found if has_fees else ():
        if draw(st.booleans()):
            tier["fee"] = draw(PRICES)
    return found


@st.composite
def shares(draw: st.DrawFn) -> dict[str, str]:
    """What may make a charged quantity another than the metered one."""
    found = {}
    if draw(st.booleans()):
        found["share"] = draw(st.sampled_from(["90", "33.3333", "50", "100"]))
    if draw(st.booleans()):
        found["cap"] = milli(draw(WIDTHS))
    if draw(st.integers(0, 2)) == 0:
        found["share_round_to"] = draw(STEPS)
    return found


HEIGHTS: list[dict[str, Any]] = [
    {},
    {"height": {"over": "3.2", "step": "0.1", "add": "3", "begun": True, "at_most": "50"}},
    {"height": {"over": "3", "step": "0.3", "add": "5"}},
    {"height": [{"over": "3.5", "add": "10"}, {"over": "4", "add": "100"}]},
]


@st.composite
def flat(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """One price for every unit or block."""
    return {"price": draw(PRICES), **draw(shares() if kind == "PER_UNIT" else SIZES)}


@st.composite
def tiered(draw: st.DrawFn, kind: str, count: int) -> dict[str, Any]:
    """Tiers of one of the kinds that have them."""
    if kind == "SWITCHING_TIERS":
        until = draw(bounds(1))[0]
        return {"tables": [{"until": until, "tiers": draw(tiers(count))}, {"tiers": draw(tiers(count))}]}
    if kind == "TIER_FEE":
        return {"tiers": draw(tiers(count))}
    has_fees = kind == "GRADUATED_TIERS" and draw(st.booleans())
    return {"tiers": draw(tiers(count, has_fees=has_fees)), **draw(shares())}


@st.composite
def over_quota(draw: st.DrawFn) -> dict[str, Any]:
    """A surcharge, or a price within the quota too."""
    percents = [str(percent) for percent in sorted(draw(st.sets(st.integers(1, 200), max_size=2)))]
    above = [{"until_percent": percent, "price": draw(PRICES)} for percent in percents]
    return {
        "tiers": [*above, {"price": draw(PRICES)}],
        **draw(st.sampled_from([{}, {"within_price": "2.5"}])),
    }


@st.composite
def banded(draw: st.DrawFn, kind: str, count: int, *, allowance: str = "PER_BAND") -> dict[str, Any]:
    """A price for each band, alone or in tiers."""
    prices = st.fixed_dictionaries({band["code"]: PRICES for band in BANDS})
    if kind == "TIME_OF_USE":
        return {"prices": draw(prices)}
    found = [{"until": bound, "prices": draw(prices)} for bound in draw(bounds(count))]
    return {"allowance": allowance, "tiers": [*found, {"prices": draw(prices)}]}


@st.composite
def extent(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """Area, capacity or demand."""
    found: dict[str, Any] = {"price": draw(PRICES), "per": draw(st.sampled_from(["PERIOD", "MONTH", "DAY"]))}
    if kind == "AREA":
        found |= draw(st.sampled_from([{}, {"factors": CLASSES}]))
        found |= draw(st.sampled_from(HEIGHTS))
    return found


@st.composite
def fixed(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """An amount per bill, month or day."""
    found: dict[str, Any] = {"price": draw(PRICES)}
    if draw(st.booleans()):
        found = {"by_calibre": [{"calibre": size, "price": draw(PRICES)} for size in CALIBRES]}
    if draw(st.booleans()):
        found["times"] = draw(st.sampled_from(["HOUSEHOLDS", "PERSONS"]))
    if kind == "PER_MONTH" and draw(st.booleans()):
        found["by_days"] = True
    return found


CHARGES: Mapping[str, Callable[[str, int], st.SearchStrategy[dict[str, Any]]]] = {
    **dict.fromkeys(["PER_UNIT", "PACKAGE"], lambda kind, _: flat(kind)),
    **dict.fromkeys(["GRADUATED_TIERS", "VOLUME_TIERS", "SWITCHING_TIERS", "TIER_FEE"], tiered),
    "OVER_QUOTA": lambda _, __: over_quota(),
    **dict.fromkeys(["TIME_OF_USE", "TIME_OF_USE_TIERS"], banded),
    **dict.fromkeys(["AREA", "CAPACITY", "DEMAND"], lambda kind, _: extent(kind)),
    **dict.fromkeys(["PER_PERIOD", "PER_MONTH", "PER_DAY"], lambda kind, _: fixed(kind)),
}


def charge(kind: str, *, count: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    """A charge of the kind; tiered ones have `count` bounds."""
    return CHARGES[kind](kind, count).map(lambda own: {"kind": kind, **own})


@st.composite
def households(draw: st.DrawFn, count: int) -> dict[str, Any] | None:
    """One of the five rules for tiers with `count` bounds, or none."""
    rule = draw(st.sampled_from([None, "ADD", "ADD_EACH", "ADD_ONCE", "FIRST_TIER", "SCALE", "PER_PERSON"]))
    over: dict[str, Any] = {"over_persons": draw(st.integers(1, 6))}
    adds = [milli(number) for number in sorted(draw(st.lists(MILLIS, min_size=count, max_size=count)))]
    match rule:
        case "ADD" | "FIRST_TIER":
            return {"rule": rule, "add": [milli(draw(MILLIS))], **over}
        case "ADD_EACH" if count:
            return {"rule": "ADD", "add": adds, **over}
        case "ADD_ONCE":
            return {"rule": "ADD", "add": adds or ["30"], "once": True, **over}
        case "SCALE":
            return {"rule": rule, **over}
        case "PER_PERSON" if count:
            heads = draw(st.lists(WIDTHS, min_size=count, max_size=count))
            return {"rule": rule, "per_person": [milli(sum(heads[: n + 1])) for n in range(count)], **over}
        case _:
            return None


@st.composite
def lengths(draw: st.DrawFn) -> dict[str, Any]:
    """A tier period, and how its bounds follow the length of a usage."""
    found: dict[str, Any] = {
        "tier_period": draw(st.sampled_from(sorted(oracle_bounds.BOUNDS))),
        "months": draw(st.sampled_from(["NEAREST", "STARTED"])),
        "year_days": draw(st.sampled_from([360, 365, 366])),
    }
    if draw(st.booleans()):
        said: dict[str, str] = {"round_to": draw(STEPS), "rounding": draw(MODES)}
        if found["tier_period"] == "BILLING_PERIOD":
            said["stated_for"] = draw(st.sampled_from(["MONTH", "TWO_MONTHS", "YEAR"]))
            said["scaled_by"] = draw(st.sampled_from(["NONE", "MONTHS", "DAYS"]))
        elif draw(st.booleans()):
            said["scaled_by"] = draw(st.sampled_from(["NONE", "MONTHS", "DAYS"]))
        found["bounds"] = said
    return found


@st.composite
def versions(draw: st.DrawFn, kinds: Sequence[str], *, most: int = 4) -> dict[str, Any]:
    """A document of components of the named kinds, with everything a version may say about tiers."""
    count = draw(st.integers(0, 3))
    chosen = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=most))
    components = [
        documents.component(f"C{number}", draw(charge(kind, count=count)), rounding=draw(RULES))
        for number, kind in enumerate(chosen)
    ]
    household = None if "SWITCHING_TIERS" in chosen else draw(households(count))
    return documents.whole(
        *components,
        **draw(lengths()),
        bands=BANDS,
        currency=draw(st.sampled_from(["CNY", "CNY", "JPY", "KWD"])),
        **({"household": household} if household else {}),
    )


@st.composite
def usage(draw: st.DrawFn, *, is_negative: bool = False, most_days: int = 400) -> dict[str, Any]:
    """One row with all that a tariff may ask for; bands sum to the quantity."""
    bands = [draw(MILLIS) for _ in BANDS]
    befores = [draw(MILLIS) for _ in BANDS]
    start = FROM + dt.timedelta(days=draw(st.integers(0, 400)))
    found: dict[str, Any] = {
        "persons": draw(st.none() | st.integers(0, MOST_PERSONS)),
        "period_from": start,
        "period_until": start + dt.timedelta(days=draw(st.integers(1, most_days))),
        "months": draw(st.none() | COUNTS),
        "area_milli": draw(MILLIS),
        "area_class": draw(st.sampled_from(sorted(CLASSES))),
        "height_milli": draw(st.none() | st.integers(2500, 6000)),
        "capacity_milli": draw(MILLIS),
        "demand_milli": draw(MILLIS),
        "households": draw(st.none() | st.integers(1, 30)),
        "calibre_mm": draw(st.sampled_from(CALIBRES)),
        "quota_milli": draw(MILLIS),
    }
    if draw(st.booleans()):
        found |= {"tier_months": draw(st.integers(1, 12)), "tier_days": draw(st.integers(1, 366))}
    if draw(st.integers(0, 3)) == 0:
        found["tier_factor_ppm"] = draw(st.sampled_from([500_000, 1_000_000, 1_333_333]))
    if is_negative:
        befores = [before + used for before, used in zip(befores, bands, strict=True)]
        bands = [-used for used in bands]
    for number, (used, before) in enumerate(zip(bands, befores, strict=True), start=1):
        found |= {f"band_{number}_milli": used, f"band_{number}_before_milli": before}
    return {**found, "quantity_milli": sum(bands), "before_milli": sum(befores)}


def numbered(rows: Iterable[Mapping[str, Any]], *, version_id: int | None = None) -> list[dict[str, Any]]:
    """Rows with ids from 1, and a version."""
    chosen = {} if version_id is None else {"tariff_version_id": version_id}
    return [{"tariff_version_id": 1, **row, **chosen, "usage_id": i} for i, row in enumerate(rows, start=1)]


def frame(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """The usage frame, with those further columns that any row has."""
    known = columns.USAGE_MORE.columns
    more = {name: dtype for name, dtype in known.items() if any(name in row for row in rows)}
    schema = {**columns.USAGE.columns, **more}
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def book_of(*read: Mapping[str, Any]) -> book.TariffBook:
    """The book of documents; their versions are numbered from 1."""
    return book.of_documents(document.parse(dict(item)) for item in read)


def rated(rows: Sequence[Mapping[str, Any]], tariff_book: book.TariffBook) -> list[dict[str, Any]]:
    """The lines of the engine."""
    return engine.rate(frame(rows), tariff_book).to_dicts()


def factor(line: Mapping[str, Any]) -> Fraction:
    """Share, building and time of a line."""
    time = Fraction(line["time_numerator"], line["time_denominator"])
    return Fraction(line["factor_ppm"], 10**6) * time


def exact(line: Mapping[str, Any]) -> Fraction:
    """The unrounded amount of a line, as the engine promises that it can be had."""
    return Fraction(line["quantity_milli"] * line["unit_price_micro"], 10**9) * factor(line)


def as_oracle(line: Mapping[str, Any]) -> oracle.Line:
    """A line of the engine in the oracle's form."""
    return oracle.Line(
        component=line["component_no"],
        band=line["band"],
        tier=line["tier"],
        quantity=Fraction(line["quantity_milli"], 1000),
        price=Fraction(line["unit_price_micro"], 10**6),
        factor=factor(line),
        amount_minor=line["amount_minor"],
    )
