"""Whole tariffs drawn by Hypothesis: free quantities, discounts, limits, percentages, several versions."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from tests.unit.rating import documents, drawn, oracle

CODES = ("A", "B", "C", "D")
CHOICE = "ENTITLED"
DERIVED = tuple(kind for kind in oracle.DERIVED if kind != "BILL_ROUNDING")
START = dt.date(2020, 1, 1)

RATES = st.sampled_from(["0", "0.5", "5", "10", "33.3333", "100"])
TAXES = st.sampled_from(["9", "13", "3.5", "exempt", "not_subject"])
FREED = ("PER_UNIT", "GRADUATED_TIERS", "VOLUME_TIERS", "PACKAGE", "TIER_FEE")
PLAIN = (*FREED, "PER_PERIOD", "PER_MONTH", "PER_DAY")
ON_TOP = st.sampled_from([{}, {}, {"tax": "ADDED"}])
CONDITIONS = st.sampled_from([{}, {}, {}, {"choice": CHOICE}])


@st.composite
def plain(draw: st.DrawFn, *, kinds: Sequence[str] = PLAIN) -> list[dict[str, Any]]:
    """Components that are not calculated from others, with the codes of CODES."""
    chosen = draw(st.lists(st.sampled_from(kinds), min_size=2, max_size=len(CODES)))
    return [
        documents.component(
            code,
            draw(drawn.charge(kind, count=1)),
            rounding=draw(drawn.RULES),
            **draw(ON_TOP),
            **{**draw(CONDITIONS), "tax_rate": draw(TAXES)},
        )
        for code, kind in zip(CODES, chosen, strict=False)
    ]


@st.composite
def derived(draw: st.DrawFn, below: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Charges calculated from `below` and from each other, in the order of the document."""
    found: list[dict[str, Any]] = []
    for kind in draw(st.lists(st.sampled_from(DERIVED), max_size=5)):
        known = [item["code"] for item in below] + [
            item["code"]
            for item in found
            if DERIVED.index(item["kind"]) < DERIVED.index(kind) or item["kind"] == kind == "PERCENTAGE"
        ]
        own: dict[str, Any] = {"kind": kind}
        if draw(st.booleans()):
            own["of"] = draw(st.lists(st.sampled_from(known), min_size=1, unique=True))
        own |= {"rate": draw(RATES)} if kind.startswith("PERCENT") else draw(limits())
        more = {**draw(CONDITIONS), "tax_rate": draw(TAXES), "rounding": draw(drawn.RULES)}
        found.append(documents.component(f"X{len(found)}", own, **more))
    return found


@st.composite
def limits(draw: st.DrawFn) -> dict[str, Any]:
    """An amount per bill or month, perhaps by meter size or for each household."""
    found: dict[str, Any] = {"price": draw(drawn.PRICES), "per": draw(st.sampled_from(["PERIOD", "MONTH"]))}
    if draw(st.integers(0, 3)) == 0:
        sizes = [{"calibre": size, "price": draw(drawn.PRICES)} for size in drawn.CALIBRES]
        found = {"per": found["per"], "by_calibre": sizes}
    return found | draw(st.sampled_from([{}, {"times": "HOUSEHOLDS"}]))


@st.composite
def free(draw: st.DrawFn, freed: Sequence[str]) -> list[dict[str, Any]]:
    """At most two free quantities of the same components."""
    found = []
    for number in range(draw(st.integers(0, 2)) if freed else 0):
        own = {
            "kind": "FREE_QUANTITY",
            "quantity": drawn.milli(draw(drawn.WIDTHS)),
            "per": draw(st.sampled_from(["MONTH", "PERIOD"])),
            "pooled": draw(st.booleans()),
            "of": list(freed),
        }
        found.append(documents.component(f"F{number}", own, **draw(CONDITIONS), tax_rate="not_subject"))
    return found


@st.composite
def components(draw: st.DrawFn, *, is_derived: bool = True) -> list[dict[str, Any]]:
    """A whole bill: plain charges, free quantities, what is calculated from them, perhaps a round total."""
    found = draw(plain())
    freed = [item["code"] for item in found if item["kind"] in FREED]
    more = draw(free(freed))
    if is_derived:
        more += draw(derived(found))
        if draw(st.integers(0, 3)) == 0:
            rule = draw(drawn.RULES)
            own = {"kind": "BILL_ROUNDING", "tax_rate": "not_subject", "rounding": rule}
            more.append(documents.component("ROUND", own))
    return [*found, *more]


@st.composite
def changes(draw: st.DrawFn) -> dict[str, Any]:
    """What a new version says about usages that began before it."""
    if draw(st.integers(0, 4)) == 0:
        return {"split": "READING_DATE"}
    return {
        "split": "DAYS",
        "round_to": draw(drawn.STEPS),
        "counter": draw(st.sampled_from(["CONTINUES", "CONTINUES", "RESTARTS", "PRORATED"])),
    }


@st.composite
def starts(draw: st.DrawFn, *, most: int = 3) -> list[dt.date]:
    """First days of adjoining versions; the first long before any usage."""
    days = draw(st.sets(st.integers(5, 700), max_size=most - 1))
    return [START, *(drawn.FROM + dt.timedelta(days=number) for number in sorted(days))]


def dated(versions: Sequence[Mapping[str, Any]], first_days: Sequence[dt.date]) -> list[dict[str, Any]]:
    """Versions with the days on which they begin and end."""
    ends = [day.isoformat() for day in first_days[1:]]
    return [
        {**version, "effective_from": day.isoformat(), **({"effective_until": end} if end else {})}
        for version, day, end in zip(versions, first_days, [*ends, None], strict=True)
    ]


def repriced(items: Sequence[Mapping[str, Any]], price: str) -> list[dict[str, Any]]:
    """The same components where those with one price have another one."""
    return [{**item, "price": price} if "price" in item else dict(item) for item in items]


@st.composite
def tariffs(draw: st.DrawFn, *, is_derived: bool = True) -> dict[str, Any]:
    """A document with one to three versions of the same components, each with prices of its own."""
    first_days = draw(starts())
    items = draw(components(is_derived=is_derived))
    versions = [
        {"components": repriced(items, draw(drawn.PRICES)), "price_change": draw(changes())}
        for _ in first_days
    ]
    currency = draw(st.sampled_from(["CNY", "CNY", "JPY", "KWD"]))
    household = draw(drawn.households(1))
    more = {"household": household} if household else {}
    return {
        **documents.whole(currency=currency, **draw(drawn.lengths()), **more),
        "versions": dated(versions, first_days),
    }


def version_on(document: Mapping[str, Any], day: dt.date) -> int:
    """The number of the version in force on a day."""
    return sum(dt.date.fromisoformat(version["effective_from"]) <= day for version in document["versions"])


@st.composite
def usage(draw: st.DrawFn, document: Mapping[str, Any], *, is_negative: bool = False) -> dict[str, Any]:
    """A row for the document, with choices and what was free before."""
    found = draw(drawn.usage(is_negative=is_negative))
    return {
        **found,
        "tariff_version_id": version_on(document, found["period_until"] - dt.timedelta(days=1)),
        "choices": draw(st.sampled_from([None, [CHOICE]])),
        "free_before_milli": draw(st.none() | drawn.MILLIS),
    }
