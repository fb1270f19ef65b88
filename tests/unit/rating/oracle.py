"""A second calculation of bills, slow and plain, written from the rules and not from the engine.

Everything is a Fraction in whole units (m³, yuan, persons), read from the text of the tariff document; only
the finished amount of a line is rounded. `lines` gives what one version charges one usage; charges that
depend on other lines, and usages cut at a change of price, are in `oracle_bills`; numbers and tier bounds in
`oracle_bounds`.

Usages are mappings with the names of the engine's columns. Tiers hold from < quantity <= until.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.unit.rating import oracle_bounds
from tests.unit.rating.oracle_bounds import (
    MILLI,
    MILLION,
    bounds_of,
    milli,
    minor,
    months,
    persons_of,
    rounded,
    scaled,
)

EXPONENTS = {"CNY": 2, "JPY": 0, "KWD": 3}
DERIVED = ("PERCENT_OFF", "MONEY_OFF", "MAXIMUM", "MINIMUM", "PERCENTAGE", "BILL_ROUNDING")
TIMES = {"PER_PERIOD": "PERIOD", "PER_MONTH": "MONTH", "PER_DAY": "DAY"}
EXTENTS = {"CAPACITY": "capacity_milli", "DEMAND": "demand_milli", "AREA": "area_milli"}

Document = oracle_bounds.Document
Usage = oracle_bounds.Usage


@dataclass(frozen=True)
class Line:
    """One line: what is multiplied, and the amount in minor units by the component's rule."""

    component: int
    band: int
    tier: int
    quantity: Fraction
    price: Fraction
    factor: Fraction
    amount_minor: int

    @property
    def exact(self) -> Fraction:
        """The amount before rounding, in whole currency units."""
        return self.quantity * self.price * self.factor


@dataclass(frozen=True)
class Part:
    """One price of a component before it is money: band, tier, quantity, price. A fee has no share."""

    band: int
    tier: int
    quantity: Fraction
    price: Fraction
    is_fee: bool = False


def merged(document: Document, *, place: int = 0) -> dict[str, Any]:
    """A version of the document with what the tariff says for all versions."""
    version = document["versions"][place]
    return {"tier_period": "BILLING_PERIOD", **document, **version}


def tier_of(counter: Fraction, bounds: Sequence[Fraction]) -> int:
    """The tier a counter stands in, from 0: a bound belongs to the tier below it."""
    return next((place for place, bound in enumerate(bounds) if counter <= bound), len(bounds))


def overlaps(
    before: Fraction, total: Fraction, bounds: Sequence[Fraction]
) -> list[tuple[Fraction, Fraction]]:
    """For each tier both ends of what lies between the two counters and in it; swapped for a taking back."""
    low, high = min(before, total), max(before, total)
    found = []
    for start, end in zip([Fraction(0), *bounds], [*bounds, high + 1], strict=True):
        first, last = max(low, start), min(high, end)
        cut = (first, last) if first < last else (start, start)
        found.append(cut if total >= before else (cut[1], cut[0]))
    return found


def graduated(
    before: Fraction, total: Fraction, *, prices: Sequence[Document], bounds: Sequence[Fraction]
) -> list[tuple[int, Fraction, Fraction, Fraction]]:
    """Tier, both ends and price of each line; for no quantity the tier the counter stands in."""
    here = tier_of(before, bounds)
    found = []
    for place, (start, end) in enumerate(overlaps(before, total, bounds)):
        if start != end or (before == total and place == here):
            ends = (start, end) if start != end else (before, before)
            found.append((place + 1, *ends, Fraction(prices[place].get("price", "0"))))
    return found


class Meter:
    """Both ends of what a component counts of a usage: up to its cap, and how its share is rounded."""

    def __init__(self, component: Document, *, before: Fraction, total: Fraction) -> None:
        cap = component.get("cap")
        self.before = before if cap is None else min(before, Fraction(cap))
        self.total = total if cap is None else min(total, Fraction(cap))
        self.share = Fraction(component.get("share", "100")) / 100
        self.step = component.get("share_round_to")

    @property
    def factor(self) -> Fraction:
        """The share, unless it is a quantity of its own."""
        return self.share if self.step is None else Fraction(1)

    def of(self, counter: Fraction) -> Fraction:
        """A counter as the component charges it."""
        return counter if self.step is None else rounded(counter * self.share, step=Fraction(self.step))

    def between(self, start: Fraction, end: Fraction) -> Fraction:
        """What is charged between two counters."""
        return self.of(end) - self.of(start)


def _graduated_tiers(meter: Meter, component: Document, version: Document, usage: Usage) -> list[Part]:
    bounds = bounds_of(component["tiers"], version, usage)
    found = [
        Part(0, tier, meter.between(start, end), price)
        for tier, start, end, price in graduated(
            meter.before, meter.total, prices=component["tiers"], bounds=bounds
        )
    ]
    for place, tier in enumerate(component["tiers"]):
        if "fee" in tier:
            entry = bounds[place - 1] if place else Fraction(-1)
            had_entered = meter.before > max(entry, Fraction(0))
            entered = int(meter.total > entry) - int(had_entered)
            if entered:
                found.append(Part(0, place + 1, Fraction(entered), Fraction(tier["fee"]), is_fee=True))
    return found


def _by_total(
    meter: Meter, component: Document, version: Document, usage: Usage
) -> tuple[int, int, list[Fraction]]:
    bounds = bounds_of(component["tiers"], version, usage)
    prices = [Fraction(tier.get("price", "0")) for tier in component["tiers"]]
    return tier_of(meter.before, bounds), tier_of(meter.total, bounds), prices


def _volume_tiers(meter: Meter, component: Document, version: Document, usage: Usage) -> list[Part]:
    old, new, prices = _by_total(meter, component, version, usage)
    if old == new:
        return [Part(0, new + 1, meter.between(meter.before, meter.total), prices[new])]
    found = []
    if meter.before:
        found.append(Part(0, old + 1, -meter.of(meter.before), prices[old]))
    if meter.total:
        found.append(Part(0, new + 1, meter.of(meter.total), prices[new]))
    return found


def _tier_fee(meter: Meter, component: Document, version: Document, usage: Usage) -> list[Part]:
    old, new, prices = _by_total(meter, component, version, usage)
    if meter.before and old == new:
        return []
    charged = [Part(0, new + 1, Fraction(1), prices[new])]
    return [Part(0, old + 1, Fraction(-1), prices[old]), *charged] if meter.before else charged


def _switching_tiers(meter: Meter, component: Document, version: Document, usage: Usage) -> list[Part]:
    tables = component["tables"]
    holds = scaled([Fraction(table["until"]) for table in tables[:-1]], version, usage)
    old, new = tier_of(meter.before, holds), tier_of(meter.total, holds)

    def charged(table: int, start: Fraction, end: Fraction) -> list[Part]:
        tiers = tables[table]["tiers"]
        found = graduated(start, end, prices=tiers, bounds=bounds_of(tiers, version, usage))
        return [Part(table + 1, tier, last - first, price) for tier, first, last, price in found]

    if old == new:
        return charged(new, meter.before, meter.total)
    taken_back = charged(old, meter.before, Fraction(0)) if meter.before else []
    return [*taken_back, *(charged(new, Fraction(0), meter.total) if meter.total else [])]


def _over_quota(meter: Meter, component: Document, version: Document, usage: Usage) -> list[Part]:
    quota = Fraction(usage["quota_milli"], 1000)
    percents = [Fraction(0), *(Fraction(tier["until_percent"]) for tier in component["tiers"][:-1])]
    bounds = [rounded(quota * (1 + percent / 100), step=MILLI) for percent in percents]
    within = component.get("within_price")
    prices = [{"price": within or "0"}, *component["tiers"]]
    found = graduated(meter.before, meter.total, prices=prices, bounds=scaled(bounds, version, usage))
    return [Part(0, tier, end - start, price) for tier, start, end, price in found if within or tier > 1]


def _package(meter: Meter, component: Document, version: Document, usage: Usage) -> list[Part]:
    del version, usage
    size = Fraction(component["size"])
    begun = [-(-counter // size) for counter in (meter.before, meter.total)]
    return [Part(0, 0, Fraction(begun[1] - begun[0]), Fraction(component["price"]))]


def _per_unit(meter: Meter, component: Document, version: Document, usage: Usage) -> list[Part]:
    del version, usage
    return [Part(0, 0, meter.between(meter.before, meter.total), Fraction(component["price"]))]


def _time_of_use(meter: Meter, component: Document, version: Document, usage: Usage) -> list[Part]:
    del meter
    return [
        Part(number, 0, milli(usage, f"band_{number}_milli"), Fraction(component["prices"][band["code"]]))
        for number, band in enumerate(version["bands"], start=1)
    ]


def _time_of_use_tiers(meter: Meter, component: Document, version: Document, usage: Usage) -> list[Part]:
    """Bands that count for themselves. Shared allowances have more than one right answer."""
    del meter
    bounds = bounds_of(component["tiers"], version, usage)
    found = []
    for number, band in enumerate(version["bands"], start=1):
        before, used = milli(usage, f"band_{number}_before_milli"), milli(usage, f"band_{number}_milli")
        prices = [{"price": tier["prices"][band["code"]]} for tier in component["tiers"]]
        for tier, start, end, price in graduated(before, before + used, prices=prices, bounds=bounds):
            found.append(Part(number, tier, end - start, price))
    return found


METERED: Mapping[str, Callable[[Meter, Document, Document, Usage], list[Part]]] = {
    "PER_UNIT": _per_unit,
    "GRADUATED_TIERS": _graduated_tiers,
    "VOLUME_TIERS": _volume_tiers,
    "SWITCHING_TIERS": _switching_tiers,
    "TIER_FEE": _tier_fee,
    "PACKAGE": _package,
    "OVER_QUOTA": _over_quota,
    "TIME_OF_USE": _time_of_use,
    "TIME_OF_USE_TIERS": _time_of_use_tiers,
}


def how_many(component: Document, version: Document, usage: Usage) -> Fraction:
    """What a charge that is there whether used or not is multiplied with."""
    if component["kind"] in EXTENTS:
        return milli(usage, EXTENTS[component["kind"]])
    match component.get("times"):
        case "HOUSEHOLDS":
            return Fraction(1 if usage.get("households") is None else usage["households"])
        case "PERSONS":
            return Fraction(persons_of(version, usage))
        case _:
            return Fraction(1)


def how_often(component: Document, version: Document, usage: Usage) -> Fraction:
    """How often it falls due; of a usage that was cut each piece has its days' part."""
    piece_days = (usage["period_until"] - usage["period_from"]).days
    part = Fraction(piece_days, usage.get("usage_days") or piece_days)
    match component.get("per", TIMES.get(component["kind"], "PERIOD")):
        case "MONTH" if component.get("by_days"):
            return Fraction(piece_days * 12, version.get("year_days", 365))
        case "MONTH":
            return part * months(version, usage)
        case "DAY":
            return Fraction(piece_days)
        case _:
            return part


def area_factor(component: Document, usage: Usage) -> Fraction:
    """Building and storey height in one factor, half up to a millionth."""
    factors = component.get("factors")
    factor = Fraction(factors[usage["area_class"]]) if factors else Fraction(1)
    height = component.get("height")
    if height is None or usage.get("height_milli") is None:
        return factor
    metres = milli(usage, "height_milli")
    if isinstance(height, list):
        added = [Fraction(row["add"]) for row in height if metres > Fraction(row["over"])]
        percent = added[-1] if added else Fraction(0)
    else:
        steps = max(Fraction(0), metres - Fraction(height["over"])) / Fraction(height["step"])
        percent = (-(-steps // 1) if height.get("begun") else steps // 1) * Fraction(height["add"])
        percent = min([percent, *(Fraction(height[name]) for name in ("at_most",) if name in height)])
    return rounded(factor * (1 + percent / 100), step=Fraction(1, MILLION))


def price_of(component: Document, usage: Usage) -> Fraction:
    """The one price of a fixed charge, by meter size where that decides."""
    for row in component.get("by_calibre", ()):
        if row["calibre"] == usage.get("calibre_mm"):
            return Fraction(row["price"])
    return Fraction(component["price"])


def lines(version: Document, usage: Usage, *, free: Fraction = Fraction(0)) -> list[Line]:
    """What every component but derived ones and free quantities charges, in units and minor units.

    `free` units are taken off what the free quantity names. `usage` may be a piece of a cut one: then
    usage_days says how long the whole is.
    """
    exponent = EXPONENTS[version["currency"]]
    freed = {code for item in version["components"] if item["kind"] == "FREE_QUANTITY" for code in item["of"]}
    found = []
    for number, component in enumerate(version["components"], start=1):
        kind = component["kind"]
        if kind in DERIVED or kind == "FREE_QUANTITY":
            continue
        if kind in METERED:
            before = milli(usage, "before_milli")
            off = free if component["code"] in freed else Fraction(0)
            meter = Meter(component, before=before, total=before + milli(usage, "quantity_milli") - off)
            factor, parts = meter.factor, METERED[kind](meter, component, version, usage)
        else:
            factor = how_often(component, version, usage)
            if kind == "AREA":
                factor *= area_factor(component, usage)
            parts = [Part(0, 0, how_many(component, version, usage), price_of(component, usage))]
        rule = component.get("rounding", "FEN_HALF_UP")
        for part in parts:
            own = Fraction(1) if part.is_fee else factor
            amount = minor(part.quantity * part.price * own, rule=rule, exponent=exponent)
            found.append(Line(number, part.band, part.tier, part.quantity, part.price, own, amount))
    return found
