"""Numbers and tier bounds of the second calculation (`oracle`): rounding, months, households, part years."""

import datetime as dt
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

MILLI = Fraction(1, 1000)
MILLION = 10**6
STEPS = {"FEN": 1, "JIAO": 10, "YUAN": 100}
BOUNDS = {
    "BILLING_PERIOD": ("BILL", "NONE"),
    "MONTH": ("MONTH", "MONTHS"),
    "TWO_MONTHS": ("TWO_MONTHS", "MONTHS"),
    "CALENDAR_YEAR": ("YEAR", "MONTHS"),
    "ANNIVERSARY_YEAR": ("YEAR", "MONTHS"),
}
STATED_MONTHS = {"MONTH": 1, "TWO_MONTHS": 2, "YEAR": 12}

Document = Mapping[str, Any]
Usage = Mapping[str, Any]


def rounded(value: Fraction, *, step: Fraction = Fraction(1), mode: str = "HALF_UP") -> Fraction:
    """`value` in whole steps; negative values are the mirror image of positive ones."""
    count = abs(value) / step
    if mode == "TRUNCATE":
        whole = int(count)
    elif mode == "HALF_EVEN":
        whole = round(count)
    else:
        whole = int(count + Fraction(1, 2))
    return (-whole if value < 0 else whole) * step


def minor(value: Fraction, *, rule: str, exponent: int) -> int:
    """An amount of whole currency units in minor units, by a rule such as JIAO_HALF_UP."""
    step, mode = rule.split("_", 1)
    return int(rounded(value * 10**exponent, step=Fraction(STEPS[step]), mode=mode))


def tax_minor(amount_minor: int, *, percent: str) -> int:
    """The tax inside an amount that includes it."""
    rate = Fraction(percent) / 100
    return int(rounded(amount_minor * rate / (1 + rate)))


def persons_of(version: Document, usage: Usage) -> int:
    """The persons stated, or the tariff's default."""
    stated: int | None = usage.get("persons")
    default: int = version["default_persons"]
    return default if stated is None else stated


def months(version: Document, usage: Usage) -> int:
    """Months of the whole usage: stated, or days x 12 / 365 half up, or every begun month; one at least."""
    if usage.get("months") is not None:
        return int(usage["months"])
    first, until = usage["period_from"], usage["period_until"]
    if version.get("months", "NEAREST") == "STARTED":
        count = 0
        while month_later(first, count) < until:
            count += 1
        return count
    return max(1, int(rounded(Fraction((until - first).days * 12, 365))))


def month_later(day: dt.date, count: int) -> dt.date:
    """The same day `count` months later, or the last one of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return dt.date(year, month + 1, min(last, day.day))
        except ValueError:
            continue
    raise AssertionError(day)


def household_bounds(stated: Sequence[Fraction], version: Document, usage: Usage) -> list[Fraction]:
    """The five published rules for persons above a number."""
    rule = version.get("household")
    persons = persons_of(version, usage)
    if rule is None or persons <= rule["over_persons"]:
        return list(stated)
    extra = persons - rule["over_persons"]
    given = [Fraction(text) for text in rule.get("add") or rule.get("per_person") or ()]
    own = given if len(given) > 1 else given * len(stated)
    match rule["rule"]:
        case "ADD":
            times = 1 if rule.get("once") else extra
            return [bound + times * add for bound, add in zip(stated, own, strict=True)]
        case "FIRST_TIER":
            first = [bound + extra * given[0] for bound in stated[:1]]
            return [*(min([wider, *stated[1:2]]) for wider in first), *stated[1:]]
        case "SCALE":
            return [rounded(bound * persons / rule["over_persons"], step=MILLI) for bound in stated]
        case _:
            return [persons * head for head in own]


def part_of_period(version: Document, usage: Usage) -> Fraction:
    """How much of what bounds are stated for this usage has."""
    stated_for, scaled_by = BOUNDS[version["tier_period"]]
    bounds = version.get("bounds") or {}
    stated_for = bounds.get("stated_for", stated_for)
    scaled_by = bounds.get("scaled_by", scaled_by)
    if usage.get("tier_factor_ppm") is not None:
        return Fraction(usage["tier_factor_ppm"], MILLION)
    if scaled_by == "NONE":
        return Fraction(1)
    year_days = version.get("year_days", 365)
    if version["tier_period"].endswith("YEAR"):
        name, whole = ("tier_days", year_days) if scaled_by == "DAYS" else ("tier_months", 12)
        return Fraction(usage[name], whole) if usage.get(name) is not None else Fraction(1)
    stated = STATED_MONTHS[stated_for]
    if scaled_by == "DAYS":
        days = usage.get("usage_days") or (usage["period_until"] - usage["period_from"]).days
        return Fraction(days * 12, year_days * stated)
    counted = months(version, usage)
    return Fraction(counted if stated_for == "YEAR" else max(counted, stated), stated)


def scaled(bounds: Sequence[Fraction], version: Document, usage: Usage) -> list[Fraction]:
    """Bounds for the length the usage counts in, rounded as the tariff says; a whole changes nothing."""
    part = part_of_period(version, usage) * usage.get("piece", Fraction(1))
    if part == 1:
        return list(bounds)
    said = version.get("bounds") or {}
    step, mode = Fraction(said.get("round_to", "0.001")), said.get("rounding", "HALF_UP")
    return [rounded(bound * part, step=step, mode=mode) for bound in bounds]


def bounds_of(tiers: Sequence[Document], version: Document, usage: Usage) -> list[Fraction]:
    """The upper bounds of all tiers but the open one, as they hold for this usage."""
    stated = [Fraction(tier["until"]) for tier in tiers[:-1]]
    return scaled(household_bounds(stated, version, usage), version, usage)


def milli(usage: Usage, name: str) -> Fraction:
    """A column in thousandths, 0 where it is not given."""
    return Fraction(usage.get(name) or 0, 1000)
