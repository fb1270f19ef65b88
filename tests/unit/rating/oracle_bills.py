"""Whole bills of the second calculation: usages cut at changes of price, free quantities, derived charges.

`bill` follows the published order: the quantity is cut by days, free units come off, every component charges
its part, and then percentages off, money off, maximum, minimum, percentages on top and the rounding of the
bill. Limits and bill rounding look at the whole bill, percentages and money off at their segment.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.unit.rating import oracle
from tests.unit.rating.oracle import EXPONENTS, Document, Line, Usage
from tests.unit.rating.oracle_bounds import milli, minor, months, rounded

OF_WHOLE_BILL = ("MAXIMUM", "MINIMUM", "BILL_ROUNDING")
ON_TOP = "PERCENTAGE"
ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Piece:
    """A part of a usage with one version and its place in the document; the usage as far as it lies there."""

    place: int
    version: Document
    usage: Usage


@dataclass
class Bill:
    """Lines with the number of their version, and what each component came to in each piece."""

    lines: list[tuple[int, Line]] = field(default_factory=list)
    amounts: dict[tuple[int, str], int] = field(default_factory=dict)

    def add(self, *, piece: int, place: int, code: str, line: Line) -> None:
        """One line more."""
        self.lines.append((place + 1, line))
        self.amounts[piece, code] = self.amounts.get((piece, code), 0) + line.amount_minor

    def sum_of(self, codes: set[str], *, piece: int | None = None) -> int:
        """What components came to, in one piece or in all."""
        return sum(
            amount
            for (number, code), amount in self.amounts.items()
            if code in codes and (piece is None or piece == number)
        )


def bill(document: Document, usage: Usage) -> list[tuple[int, Line]]:
    """Version number and line of everything one usage pays, in no order."""
    found = Bill()
    pieces = list(cut(document, usage))
    taken = Fraction(0)
    for number, piece in enumerate(pieces):
        free_no, free = granted(piece, taken=taken)
        taken += free
        for line in oracle.lines(piece.version, piece.usage, free=free):
            component = piece.version["components"][line.component - 1]
            if holds(component, piece.usage):
                found.add(piece=number, place=piece.place, code=component["code"], line=line)
        if free:
            line = Line(free_no, 0, 0, free, Fraction(0), Fraction(1), 0)
            found.add(piece=number, place=piece.place, code="", line=line)
    for kind in oracle.DERIVED:
        _derive(kind, found, pieces, usage)
    return found.lines


def holds(component: Document, usage: Usage) -> bool:
    """Whether the component is charged at all: chosen, in force on the last day, paid in time."""
    chosen = "choice" not in component or component["choice"] in (usage.get("choices") or ())
    last, paid = usage["period_until"] - ONE_DAY, usage.get("paid_on")
    return (
        chosen
        and _within(last, component.get("valid_from"), component.get("valid_until"))
        and _within(paid, component.get("paid_from"), component.get("paid_until"))
    )


def _within(day: dt.date | None, from_: str | None, until: str | None) -> bool:
    if from_ is None and until is None:
        return True
    return (
        day is not None
        and (from_ is None or day >= dt.date.fromisoformat(from_))
        and (until is None or day < dt.date.fromisoformat(until))
    )


def stretches(document: Document, usage: Usage) -> list[tuple[int, dt.date, dt.date]]:
    """Place of a version, first day and day after the last of every piece, latest version first."""
    versions = document["versions"]
    starts = [dt.date.fromisoformat(version["effective_from"]) for version in versions]
    from_, until = usage["period_from"], usage["period_until"]
    place = max(number for number, start in enumerate(starts) if start < until)
    found = []
    while place and from_ < starts[place]:
        change = oracle.merged(document, place=place)["price_change"]
        if change["split"] == "READING_DATE":
            break
        found.append((place, starts[place], until))
        until, place = starts[place], place - 1
    return [*found, (place, from_, until)]


def cut(document: Document, usage: Usage) -> Iterator[Piece]:
    """The pieces of a usage, earliest first, each with its quantity and what its counter then shows.

    What lies before a cut is rounded half up to the step of the change, the rest comes after it.
    """
    found = stretches(document, usage)[::-1]
    changes = [oracle.merged(document, place=place).get("price_change") or {} for place, *_ in found]
    days = (usage["period_until"] - usage["period_from"]).days
    counted = months(oracle.merged(document, place=found[-1][0]), usage)
    is_prorated = any(change.get("counter") == "PRORATED" for change in changes[1:])
    size, counter = abs(milli(usage, "quantity_milli")), milli(usage, "before_milli")
    sign = -1 if usage["quantity_milli"] < 0 else 1
    before_end, taken = Fraction(0), Fraction(0)
    for number, (place, from_, until) in enumerate(found):
        share = Fraction((until - usage["period_from"]).days, days)
        step = Fraction(changes[number + 1].get("round_to", "1")) if number + 1 < len(found) else None
        end = size if step is None else max(before_end, min(size, rounded(size * share, step=step)))
        if number and changes[number].get("counter", "CONTINUES") != "CONTINUES":
            counter = Fraction(0)
        version = with_added_taxes(oracle.merged(document, place=place))
        quantity = sign * (end - before_end)
        piece = {
            **usage,
            "period_from": from_,
            "period_until": until,
            "usage_days": days,
            "months": counted,
            "quantity_milli": int(quantity * 1000),
            "before_milli": int(counter * 1000),
            "piece": Fraction((until - from_).days, days) if is_prorated else Fraction(1),
        }
        _, free = granted(Piece(place, version, piece), taken=taken)
        taken, counter, before_end = taken + free, counter + quantity - free, end
        yield Piece(place, version, piece)


def granted(piece: Piece, *, taken: Fraction) -> tuple[int, Fraction]:
    """Number of the free quantity that applies (0: none) and the free units of the piece; `taken` are those
    earlier pieces of the usage have had.
    """
    for number, component in enumerate(piece.version["components"], start=1):
        if component["kind"] == "FREE_QUANTITY" and holds(component, piece.usage):
            allowance = Fraction(component["quantity"])
            is_monthly, is_pooled = component["per"] == "MONTH", component.get("pooled")
            if is_monthly:
                allowance *= 12 if is_pooled else piece.usage["months"]
            if is_pooled:
                allowance -= milli(piece.usage, "free_before_milli")
            there = milli(piece.usage, "quantity_milli")
            free = min(allowance - taken, there)
            return (number, free) if free > 0 else (0, Fraction(0))
    return 0, Fraction(0)


def with_added_taxes(version: dict[str, Any]) -> dict[str, Any]:
    """The version with a percentage at the end for each rate that is added to components."""
    rates: dict[str, list[str]] = {}
    for component in version["components"]:
        if component.get("tax") == "ADDED" and component["tax_rate"] not in ("exempt", "not_subject", "0"):
            rates.setdefault(component["tax_rate"], []).append(component["code"])
    added = [
        {"code": f"TAX_{rate.replace('.', '_')}", "kind": ON_TOP, "rate": rate, "of": of}
        for rate, of in rates.items()
    ]
    return {**version, "components": [*version["components"], *added]}


def named(component: Document, components: Sequence[Document]) -> set[str]:
    """What a derived charge is of: what it lists, or what is meant where it lists nothing."""
    if "of" in component:
        return set(component["of"])
    others = [other for other in components if other is not component and other["kind"] != "FREE_QUANTITY"]
    if component["kind"] == "BILL_ROUNDING":
        return {other["code"] for other in others}
    own = {other["code"] for other in others if other["kind"] not in oracle.DERIVED}
    if component["kind"] != ON_TOP:
        return own
    place = components.index(component)
    return own | {other["code"] for other in components[:place] if other["kind"] == ON_TOP}


def counted_codes(component: Document, components: Sequence[Document]) -> set[str]:
    """These, and what was taken off or put on before where all it is of is among them.

    Discounts of one kind follow one another, percentages on top stand beside each other.
    """
    of = named(component, components)
    order = _order(component, components)
    earlier = {
        other["code"]
        for other in components
        if other["kind"] in oracle.DERIVED
        and _order(other, components) < order
        and named(other, components) <= of
        and not (component["kind"] == ON_TOP == other["kind"])
    }
    return of | earlier


def _order(component: Document, components: Sequence[Document]) -> tuple[int, int]:
    return oracle.DERIVED.index(component["kind"]), components.index(component)


def _derive(kind: str, found: Bill, pieces: Sequence[Piece], usage: Usage) -> None:
    """Adds the lines of one kind of derived charge."""
    is_whole = kind in OF_WHOLE_BILL
    chosen = [(len(pieces) - 1, pieces[-1])] if is_whole else list(enumerate(pieces))
    for number, piece in chosen:
        components = piece.version["components"]
        for component in components:
            if component["kind"] != kind or not holds(component, piece.usage):
                continue
            codes = counted_codes(component, components)
            base = found.sum_of(codes, piece=None if is_whole else number)
            whole = {**usage, "months": piece.usage["months"]}
            line = _line(component, piece.version, base, whole if is_whole else piece.usage)
            if line is not None:
                found.add(piece=number, place=piece.place, code=component["code"], line=line)


def _line(component: Document, version: Document, base_minor: int, usage: Usage) -> Line | None:
    """The line of a derived charge on what it is of; None for an adjustment that comes to nothing."""
    kind, exponent = component["kind"], EXPONENTS[version["currency"]]
    rule = component.get("rounding", "FEN_HALF_UP")
    number = version["components"].index(component) + 1
    if kind in (ON_TOP, "PERCENT_OFF"):
        money = Fraction(base_minor, 10**exponent) * (1 if kind == ON_TOP else -1)
        rate = Fraction(component["rate"]) / 100
        amount = minor(money * rate, rule=rule, exponent=exponent)
        if kind == "PERCENT_OFF" and not amount:
            return None
        return Line(number, 0, 0, money, rate, Fraction(1), amount)
    if kind == "BILL_ROUNDING":
        amount = minor(Fraction(base_minor, 10**exponent), rule=rule, exponent=exponent) - base_minor
    else:
        exact = oracle.price_of(component, usage) * oracle.how_many(component, version, usage)
        limit = minor(exact * oracle.how_often(component, version, usage), rule=rule, exponent=exponent)
        amount = {
            "MONEY_OFF": -min(limit, max(base_minor, 0)),
            "MAXIMUM": min(0, limit - base_minor),
            "MINIMUM": max(0, limit - base_minor),
        }[kind]
    if not amount:
        return None
    sign = Fraction(1 if amount > 0 else -1)
    return Line(number, 0, 0, sign, Fraction(abs(amount), 10**exponent), Fraction(1), amount)
