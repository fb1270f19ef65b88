"""Every sentence can be redone with a pencil: the numbers in it, multiplied and rounded as it says, give what
it says, and that is the amount of the line.
"""

import datetime as dt
import re
from fractions import Fraction
from typing import Any

import hypothesis.strategies as st
import polars as pl
from hypothesis import given, settings

from meterbook.kernel import money, rounding
from meterbook.rating import book, columns, document, engine, explain
from meterbook.rating.charges import kinds
from tests.unit.rating import documents

NUMBER = re.compile(r"-?[0-9][0-9,]*(?:\.[0-9]+)?")
TAIL = {"zh": "：", "en": ": "}
MODES = {
    "四舍五入": rounding.Mode.HALF_UP,
    "舍去尾数": rounding.Mode.TRUNCATE,
    "四舍六入五成双": rounding.Mode.HALF_EVEN,
    "rounded half up": rounding.Mode.HALF_UP,
    "cut": rounding.Mode.TRUNCATE,
    "rounded half even": rounding.Mode.HALF_EVEN,
}
BAND_NAMES = documents.BANDS

prices = st.decimals(min_value=0, max_value=999, places=4).map(str)
quantities = st.decimals(min_value=1, max_value=500, places=3).map(str)
percents = st.decimals(min_value=0, max_value=99, places=2).map(str)


@st.composite
def tiers(draw: st.DrawFn, *, fees: bool = False) -> list[dict[str, Any]]:
    bounds = sorted(draw(st.sets(st.integers(1, 400), min_size=1, max_size=3)))
    found: list[dict[str, Any]] = [{"until": str(bound), "price": draw(prices)} for bound in bounds]
    found.append({"price": draw(prices)})
    if fees:
        found[0]["fee"] = draw(prices)
    return found


@st.composite
def charges(draw: st.DrawFn) -> dict[str, Any]:
    """A charge of any kind that isn't calculated from others."""
    kind = draw(
        st.sampled_from([kind.name for kind in kinds.ChargeKind if kind < kinds.ChargeKind.FREE_QUANTITY])
    )
    found: dict[str, Any] = {"kind": kind}
    match kind:
        case "GRADUATED_TIERS" | "VOLUME_TIERS" | "TIER_FEE":
            found["tiers"] = draw(tiers(fees=kind == "GRADUATED_TIERS" and draw(st.booleans())))
        case "SWITCHING_TIERS":
            found["tables"] = [{"until": "50", "tiers": draw(tiers())}, {"tiers": draw(tiers())}]
        case "TIME_OF_USE":
            found["prices"] = {"PEAK": draw(prices), "VALLEY": draw(prices)}
        case "TIME_OF_USE_TIERS":
            bands = [{"PEAK": draw(prices), "VALLEY": draw(prices)} for _ in range(2)]
            found["tiers"] = [{"until": "60", "prices": bands[0]}, {"prices": bands[1]}]
            found["allowance"] = draw(st.sampled_from(["SHARED", "PER_BAND"]))
        case "OVER_QUOTA":
            found["tiers"] = [{"until_percent": "20", "price": draw(prices)}, {"price": draw(prices)}]
            found |= draw(st.sampled_from([{}, {"within_price": "1.5"}]))
        case _:
            found["price"] = draw(prices)
            found |= draw(OWN_FIELDS.get(kind, st.just({})))
    return found


OWN_FIELDS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "PACKAGE": quantities.map(lambda size: {"size": size}),
    "PER_UNIT": st.sampled_from([{}, {"share": "90"}, {"share": "33.3333", "cap": "60"}])
    | st.just({"share": "90", "share_round_to": "1"}),
    "PER_PERIOD": st.sampled_from([{}, {"times": "HOUSEHOLDS"}]),
    "PER_MONTH": st.sampled_from([{}, {"times": "PERSONS"}, {"by_days": True}]),
    "CAPACITY": st.sampled_from(["PERIOD", "MONTH", "DAY"]).map(lambda per: {"per": per}),
    "DEMAND": st.sampled_from(["PERIOD", "MONTH", "DAY"]).map(lambda per: {"per": per}),
    "AREA": st.sampled_from(
        [
            {"per": "SEASON", "part_season": "DAYS"},
            {"per": "SEASON", "part_season": "MONTHS"},
            {"per": "SEASON", "factors": {"HIGH": "0.821"}},
            {"per": "MONTH"},
            {"per": "DAY", "height": {"over": "3.2", "step": "0.1", "add": "3.3", "begun": True}},
        ]
    ),
}
derived = st.one_of(
    percents.map(lambda rate: {"kind": "PERCENTAGE", "rate": rate}),
    percents.map(lambda rate: {"kind": "PERCENT_OFF", "rate": rate}),
    prices.map(lambda price: {"kind": "MONEY_OFF", "price": price}),
    prices.map(lambda price: {"kind": "MINIMUM", "price": price, "per": "MONTH"}),
    prices.map(lambda price: {"kind": "MAXIMUM", "price": price}),
    st.just({"kind": "FREE_QUANTITY", "quantity": "6", "per": "MONTH"}),
    st.just({"kind": "BILL_ROUNDING"}),
)


@st.composite
def tariffs(draw: st.DrawFn) -> dict[str, Any]:
    """One or two versions with the same charges at different prices."""
    rules = st.sampled_from([rule.name for rule in rounding.Rounding])
    plain = documents.component("PLAIN", {"kind": "PER_UNIT", "price": draw(prices)})
    own = documents.component("OWN", draw(charges()), rounding=draw(rules))
    of_others = documents.component("DERIVED", draw(derived), rounding=draw(rules))
    text = documents.whole(
        plain,
        own,
        of_others,
        bands=BAND_NAMES,
        heating_season=documents.HEATING_SEASON,
        currency=draw(st.sampled_from(["CNY", "JPY", "KWD"])),
    )
    (version,) = text["versions"]
    if draw(st.booleans()):
        newer = plain | {"price": draw(prices)}
        text["versions"] = [
            version | {"effective_until": "2025-01-16"},
            {
                "effective_from": "2025-01-16",
                "price_change": {"split": "DAYS"},
                "components": [newer, own, of_others],
            },
        ]
    return text


@st.composite
def usages(draw: st.DrawFn) -> dict[str, Any]:
    """What any of the charges may ask for. A negative quantity takes back at most what was counted."""
    before = draw(st.integers(0, 300_000))
    quantity = draw(st.integers(-before, 300_000))
    peak = draw(st.integers(0, abs(quantity)))
    sign = -1 if quantity < 0 else 1
    return {
        "quantity_milli": quantity,
        "before_milli": before,
        "persons": draw(st.integers(1, 8)),
        "period_from": draw(st.dates(dt.date(2024, 10, 1), dt.date(2025, 1, 31))),
        "period_until": dt.date(2025, 2, 1),
        "band_1_milli": sign * peak,
        "band_2_milli": quantity - sign * peak,
        "band_1_before_milli": before,
        "band_2_before_milli": before,
        "area_milli": draw(st.integers(0, 300_000)),
        "area_class": "HIGH",
        "height_milli": draw(st.integers(2_500, 6_000)),
        "capacity_milli": draw(st.integers(0, 300_000)),
        "demand_milli": draw(st.integers(0, 300_000)),
        "quota_milli": draw(st.integers(1, 300_000)),
        "households": draw(st.integers(1, 9)),
    }


def explained(
    text: dict[str, Any], usage: dict[str, Any]
) -> list[tuple[explain.Line, explain.ComponentText]]:
    read = document.parse(text)
    known = {**columns.USAGE.columns, **columns.USAGE_MORE.columns}
    row = {"usage_id": 1, "tariff_version_id": len(read.versions), **usage}
    found = book.of_documents([read])
    lines = engine.rate(pl.DataFrame([row], schema={name: known[name] for name in row}), found)
    pairs = [
        (
            explain.Line.from_row(line),
            explain.component_text(
                version=found.versions[line["tariff_version_id"]], component_no=line["component_no"]
            ),
        )
        for line in lines.iter_rows(named=True)
    ]
    return [(line, component) for line, (_, component) in zip(explain.with_bases(pairs), pairs, strict=True)]


def numbers(text: str) -> list[Fraction]:
    return [Fraction(found.replace(",", "")) for found in NUMBER.findall(text)]


def factor(text: str) -> Fraction:
    """One factor: a number, a share in percent, or a part like "15 days/31 days"."""
    values = numbers(text)
    if "/" in text:
        return values[0] / values[1]
    return values[0] / 100 if "%" in text else values[0]


def worked(left: str) -> Fraction:
    """What stands before the sign of equality, worked out."""
    if " − " in left:
        whole, part = left.split(" − ")
        return numbers(whole)[0] - numbers(part)[0]
    product = Fraction(1)
    for part in re.split(r" × | of ", left):
        product *= factor(part)
    return product


def check(text: str, *, line: explain.Line, currency: str, language: str) -> None:
    exponent = money.exponent_of(currency)
    tail = text.rsplit(TAIL[language], 1)[-1]
    left, _, right = tail.rpartition(" = ")
    stated = numbers(right)
    assert stated[-1] * 10**exponent == line.amount_minor
    product = worked(left) if left else stated[0]
    how = [mode for name, mode in MODES.items() if name in right]
    if not how:
        assert product == stated[0] == stated[-1]
        return
    rule = rounding.Rounding(line.rounding)
    assert how == [rule.mode]
    steps = rounding.round_ratio(
        numerator=product.numerator * 10**exponent,
        denominator=product.denominator * rule.step_minor,
        mode=rule.mode,
    )
    assert Fraction(steps * rule.step_minor, 10**exponent) == stated[-1]
    if rule.step_minor > 1:
        assert Fraction(rule.step_minor, 10**exponent) in stated
    if "…" in right:
        shown = NUMBER.findall(right)[0]
        unit = Fraction(1, 10 ** len(shown.partition(".")[2]))
        assert 0 <= abs(product) - abs(stated[0]) < unit
    else:
        assert product == stated[0]


@settings(deadline=None, max_examples=150)
@given(text=tariffs(), usage=usages())
def test_the_numbers_of_a_sentence_give_its_amount(text: dict[str, Any], usage: dict[str, Any]) -> None:
    for line, component in explained(text, usage):
        for language in ("zh", "en"):
            found = explain.sentence(line=line, component=component, language=language)
            check(found, line=line, currency=text["currency"], language=language)
