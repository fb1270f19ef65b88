"""Usages cut at changes of price and season: what changes nothing costs nothing, and every day pays its own
price.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from meterbook.rating import engine
from tests.unit.rating import documents, drawn, drawn_bills, oracle, oracle_bounds

KINDS = (*oracle.METERED, "PER_PERIOD", "PER_MONTH", "PER_DAY", "AREA", "CAPACITY", "DEMAND")
ANY_USAGE = drawn.usage() | drawn.usage(is_negative=True)
ONE_DAY = dt.timedelta(days=1)
NAME = documents.NAME
Sums = dict[tuple[Any, ...], Fraction]


def money_by_price(lines: Sequence[Mapping[str, Any]]) -> Sums:
    sums: Sums = defaultdict(Fraction)
    for line in lines:
        key = tuple(line[name] for name in ("usage_id", "component_no", "band", "tier", "unit_price_micro"))
        sums[key] += drawn.exact(line)
    return {key: money for key, money in sums.items() if money}


def last_day(row: Mapping[str, Any]) -> dt.date:
    day: dt.date = row["period_until"]
    return day - ONE_DAY


def in_versions(
    said: Mapping[str, Any], first_days: Sequence[dt.date], change: Mapping[str, Any]
) -> dict[str, Any]:
    """The same components in several versions, one after the other."""
    components = said["versions"][0]["components"]
    same = [{"components": components, "price_change": dict(change)} for _ in first_days]
    return {**said, "versions": drawn_bills.dated(same, first_days)}


def numbered(said: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows with the version of their last day."""
    return drawn.numbered(
        {**row, "tariff_version_id": drawn_bills.version_on(said, last_day(row))} for row in rows
    )


@settings(max_examples=60)
@given(
    said=drawn.versions(KINDS),
    rows=st.lists(ANY_USAGE, min_size=1, max_size=4),
    first_days=drawn_bills.starts(),
    step=drawn.STEPS,
)
def test_a_change_to_the_same_prices_changes_nothing(
    said: dict[str, Any], rows: list[dict[str, Any]], first_days: list[dt.date], step: str
) -> None:
    cut = in_versions(said, first_days, {"split": "DAYS", "round_to": step})
    whole = drawn.rated(drawn.numbered(rows), drawn.book_of(said))
    assert money_by_price(drawn.rated(numbered(cut, rows), drawn.book_of(cut))) == money_by_price(whole)


@st.composite
def seasons(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Two or three that cover the year."""
    numbers = sorted(draw(st.sets(st.integers(0, 364), min_size=2, max_size=3)))
    days = [(dt.date(2025, 1, 1) + dt.timedelta(days=number)).strftime("%m-%d") for number in numbers]
    return [
        {"code": f"S{place}", "name": NAME, "from": day, "until": until}
        for place, (day, until) in enumerate(zip(days, [*days[1:], days[0]], strict=True))
    ]


@settings(max_examples=40)
@given(
    said=drawn.versions(KINDS),
    rows=st.lists(ANY_USAGE, min_size=1, max_size=4),
    named=seasons(),
    change=st.builds(
        lambda split, step: {"split": split, "round_to": step} if split == "DAYS" else {"split": split},
        st.sampled_from(["DAYS", "READING_DATE"]),
        drawn.STEPS,
    ),
)
def test_seasons_of_the_same_prices_change_nothing(
    said: dict[str, Any], rows: list[dict[str, Any]], named: list[dict[str, Any]], change: dict[str, Any]
) -> None:
    components = [
        {**component, "seasons": {season["code"]: {} for season in named}}
        for component in said["versions"][0]["components"]
    ]
    version = {**said["versions"][0], "components": components}
    cut = {**said, "versions": [version], "seasons": named, "season_change": change}
    whole = drawn.rated(drawn.numbered(rows), drawn.book_of(said))
    assert money_by_price(drawn.rated(drawn.numbered(rows), drawn.book_of(cut))) == money_by_price(whole)


def days_of(row: Mapping[str, Any]) -> Iterator[dt.date]:
    day: dt.date = row["period_from"]
    while day < row["period_until"]:
        yield day
        day += ONE_DAY


def season_of(named: Sequence[Mapping[str, str]], day: dt.date) -> str:
    """The one that began last, going back from the day."""
    return min(named, key=lambda season: day.toordinal() - latest(season["from"], day).toordinal())["code"]


def latest(month_day: str, day: dt.date) -> dt.date:
    starts = (dt.date.fromisoformat(f"{year}-{month_day}") for year in (day.year - 1, day.year))
    return max(start for start in starts if start <= day)


@settings(max_examples=40)
@given(
    rows=st.lists(ANY_USAGE, min_size=1, max_size=4),
    named=seasons(),
    first_days=drawn_bills.starts(),
    data=st.data(),
)
def test_every_day_pays_the_price_of_its_version_and_season(
    rows: list[dict[str, Any]], named: list[dict[str, Any]], first_days: list[dt.date], data: st.DataObject
) -> None:
    kinds = ("PER_DAY", "PER_PERIOD", "CAPACITY", "AREA")
    prices = {
        (number, season["code"]): data.draw(drawn.PRICES)
        for number in range(len(first_days))
        for season in named
    }
    own: dict[str, dict[str, str]] = {"CAPACITY": {"per": "PERIOD"}, "AREA": {"per": "PERIOD"}}

    def component(kind: str, number: int) -> dict[str, Any]:
        by_season = {season["code"]: {"price": prices[number, season["code"]]} for season in named}
        return documents.component(kind, {"kind": kind, "seasons": by_season, **own.get(kind, {})})

    versions = [
        {"components": [component(kind, number) for kind in kinds], "price_change": {"split": "DAYS"}}
        for number in range(len(first_days))
    ]
    said = documents.whole(seasons=named, season_change={"split": "DAYS"})
    said = {**said, "versions": drawn_bills.dated(versions, first_days)}
    found = money_by_component(said, rows)
    for row in numbered(said, rows):
        days = [
            Fraction(prices[sum(start <= day for start in first_days) - 1, season_of(named, day)])
            for day in days_of(row)
        ]
        mean = sum(days) / len(days)
        assert found[row["usage_id"], 1] == sum(days)
        assert found[row["usage_id"], 2] == mean
        assert found[row["usage_id"], 3] == mean * Fraction(row["capacity_milli"], 1000)
        assert found[row["usage_id"], 4] == mean * Fraction(row["area_milli"], 1000)


@settings(max_examples=40)
@given(
    rows=st.lists(drawn.usage(most_days=250), min_size=1, max_size=5),
    ends=st.lists(st.integers(0, 364), min_size=2, max_size=2, unique=True),
    first_days=drawn_bills.starts(),
)
def test_a_heating_season_is_paid_as_far_as_it_is_served(
    rows: list[dict[str, Any]], ends: list[int], first_days: list[dt.date]
) -> None:
    from_, until = ((dt.date(2025, 1, 1) + dt.timedelta(days=end)).strftime("%m-%d") for end in ends)
    items = [
        documents.component(part, {"kind": "AREA", "price": "24", "per": "SEASON", "part_season": part})
        for part in ("WHOLE", "DAYS", "MONTHS")
    ]
    said = documents.whole(*items, heating_season={"from": from_, "until": until})
    cut = in_versions(said, first_days, {"split": "DAYS"})
    whole, in_parts = (money_by_component(tariff, rows) for tariff in (said, cut))
    for row in numbered(said, rows):
        first, end = season_holding(from_, until, row["period_from"])
        start, stop = max(first, row["period_from"]), min(end, row["period_until"])
        full = 24 * Fraction(row["area_milli"], 1000)
        served = Fraction(max(0, (stop - start).days), (end - first).days)
        begun = Fraction(min(begun_months(first, end), begun_months(start, stop)), begun_months(first, end))
        # a piece of days counts for the season they lie in
        found = in_parts if row["period_until"] <= first.replace(year=first.year + 1) else whole
        assert [found[row["usage_id"], place] for place in (1, 2, 3)] == [full, full * served, full * begun]


def money_by_component(
    said: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> dict[tuple[int, int], Fraction]:
    """Unrounded, by usage and component."""
    found: dict[tuple[int, int], Fraction] = defaultdict(Fraction)
    for line in drawn.rated(numbered(said, rows), drawn.book_of(said)):
        found[line["usage_id"], line["component_no"]] += drawn.exact(line)
    return found


def season_holding(from_: str, until: str, day: dt.date) -> tuple[dt.date, dt.date]:
    """The heating season that holds the day, or the next."""
    found = []
    for year in (day.year - 1, day.year, day.year + 1):
        first, end = (dt.date.fromisoformat(f"{year}-{text}") for text in (from_, until))
        found.append((first, end if first < end else dt.date.fromisoformat(f"{year + 1}-{until}")))
    return next(season for season in found if day < season[1])


def begun_months(start: dt.date, stop: dt.date) -> int:
    return sum(oracle_bounds.month_later(start, count) < stop for count in range(24))


@settings(max_examples=40)
@given(
    rows=st.lists(drawn.usage(), min_size=1, max_size=5),
    change=st.integers(5, 400),
    reading=st.integers(1, 6),
    reading_no=st.none() | st.integers(1, 8),
)
def test_the_nth_reading_pays_the_new_price(
    rows: list[dict[str, Any]], change: int, reading: int, reading_no: int | None
) -> None:
    if reading > 2 and reading_no is None:
        reading_no = reading - 1
    first_days = [drawn_bills.START, drawn.FROM + dt.timedelta(days=change)]
    prices = ["1", "2"]
    versions = [
        {
            "components": [documents.component("W", {"kind": "PER_UNIT", "price": price})],
            "price_change": {"split": "READING_NUMBER", "reading": reading},
        }
        for price in prices
    ]
    said = {**documents.whole(), "versions": drawn_bills.dated(versions, first_days)}
    rows = [{**row, "reading_no": reading_no} for row in rows]
    for row, line in zip(rows, drawn.rated(numbered(said, rows), drawn.book_of(said)), strict=True):
        is_after = last_day(row) >= first_days[1]
        counted = reading_no or (1 if row["period_from"] < first_days[1] else 2)
        assert line["tariff_version_id"] == (2 if is_after and counted >= reading else 1)
        assert line["unit_price_micro"] == 10**6 * line["tariff_version_id"]
        assert line["quantity_milli"] == row["quantity_milli"]


@settings(max_examples=40)
@given(
    wanted=drawn.MILLIS,
    first_days=drawn_bills.starts(),
    step=drawn.STEPS,
    rows=st.lists(drawn.usage(), max_size=4),
)
def test_what_is_cut_off_is_a_part_of_the_whole(
    wanted: int, first_days: list[dt.date], step: str, rows: list[dict[str, Any]]
) -> None:
    said = documents.whole(documents.component("W", {"kind": "PER_UNIT", "price": "1"}))
    cut = in_versions(said, first_days, {"split": "DAYS", "round_to": step})
    rows = numbered(cut, [plain(row, wanted) for row in rows])
    by_usage: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for line in drawn.rated(rows, drawn.book_of(cut)):
        by_usage[line["usage_id"]].append(line)
    for row in rows:
        lines = by_usage[row["usage_id"]]
        assert sum(line["quantity_milli"] for line in lines) == wanted
        days = Fraction((row["period_until"] - row["period_from"]).days)
        for line in lines:
            # both ends may be rounded by half a step, none beyond the whole
            exact = wanted * line["days"] / days
            assert line["quantity_milli"] >= 0
            assert abs(line["quantity_milli"] - exact) <= 1000 * Fraction(step)


@st.composite
def by_days(draw: st.DrawFn) -> dict[str, Any]:
    """Charges that count every day for itself, and quantities under one yearly counter."""
    charges: list[dict[str, Any]] = [
        {"kind": "PER_DAY", "price": draw(drawn.PRICES)},
        {"kind": "PER_MONTH", "price": draw(drawn.PRICES), "by_days": True},
        {"kind": "AREA", "price": draw(drawn.PRICES), "per": "DAY"},
        {"kind": "CAPACITY", "price": draw(drawn.PRICES), "per": "DAY"},
        draw(drawn.charge("GRADUATED_TIERS", count=2)),
        draw(drawn.charge("VOLUME_TIERS", count=2)),
    ]
    items = [documents.component(f"C{place}", charge) for place, charge in enumerate(charges)]
    return documents.whole(*items, tier_period="CALENDAR_YEAR", year_days=draw(st.sampled_from([360, 365])))


@settings(max_examples=40)
@given(said=by_days(), row=drawn.usage(), day=st.integers(1, 399), quantity=drawn.MILLIS)
def test_two_bills_of_adjoining_days_cost_what_one_does(
    said: dict[str, Any], row: dict[str, Any], day: int, quantity: int
) -> None:
    row = {**row, "quantity_milli": quantity + 1, "before_milli": row["before_milli"] + 1}
    days = (row["period_until"] - row["period_from"]).days
    assume(days > 1)
    cut_on = row["period_from"] + dt.timedelta(days=min(day, days - 1))
    early = row["quantity_milli"] // 3
    parts = [
        {**row, "quantity_milli": early, "period_until": cut_on},
        {
            **row,
            "quantity_milli": row["quantity_milli"] - early,
            "before_milli": row["before_milli"] + early,
            "period_from": cut_on,
        },
    ]
    sums: list[Sums] = [defaultdict(Fraction), defaultdict(Fraction)]
    for line in drawn.rated(drawn.numbered([row, *parts]), drawn.book_of(said)):
        key = tuple(line[name] for name in ("component_no", "tier", "unit_price_micro"))
        sums[line["usage_id"] > 1][key] += drawn.exact(line)
    one, two = ({key: money for key, money in found.items() if money} for found in sums)
    assert one == two


@settings(max_examples=40)
@given(first_days=drawn_bills.starts(), step=drawn.STEPS, rows=st.lists(ANY_USAGE, min_size=1, max_size=4))
def test_bands_are_cut_as_the_whole_is(
    first_days: list[dt.date], step: str, rows: list[dict[str, Any]]
) -> None:
    by_band = {"kind": "TIME_OF_USE", "prices": {band["code"]: "1" for band in documents.BANDS}}
    items = [documents.component("W", {"kind": "PER_UNIT", "price": "1"}), documents.component("T", by_band)]
    said = documents.whole(*items, bands=documents.BANDS)
    cut = in_versions(said, first_days, {"split": "DAYS", "round_to": step})
    signs = {row["usage_id"]: row["quantity_milli"] >= 0 for row in numbered(cut, rows)}
    sums: dict[tuple[Any, ...], int] = defaultdict(int)
    for line in drawn.rated(numbered(cut, rows), drawn.book_of(cut)):
        sums[line["usage_id"], line["period_from"], line["component_no"]] += line["quantity_milli"]
        assert line["quantity_milli"] == 0 or (line["quantity_milli"] > 0) == signs[line["usage_id"]]
    for (usage_id, day, number), charged in sums.items():
        assert charged == sums[usage_id, day, 3 - number]


def plain(row: Mapping[str, Any], quantity_milli: int) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if not name.startswith("band_")}
    return {**kept, "quantity_milli": quantity_milli}


def test_bands_that_no_price_asks_for_do_not_replace_the_quantity() -> None:
    said = documents.whole(documents.component("W", {"kind": "PER_UNIT", "price": "1"}))
    first_days = [drawn_bills.START, dt.date(2024, 1, 11)]
    cut = in_versions(said, first_days, {"split": "DAYS"})
    row = {
        **dict.fromkeys(("persons",)),
        "period_from": drawn.FROM,
        "period_until": dt.date(2024, 1, 31),
        "quantity_milli": 100_000,
        "before_milli": 0,
        "band_1_milli": 30_000,
    }
    lines = drawn.rated(numbered(cut, [row]), drawn.book_of(cut))
    assert [line["quantity_milli"] for line in lines] == [33_000, 67_000]


def test_taking_back_across_a_restart_is_refused() -> None:
    tiers = [{"until": "100", "price": "1", "fee": "5"}, {"price": "2"}]
    said = documents.whole(documents.component("T", {"kind": "GRADUATED_TIERS", "tiers": tiers}))
    first_days = [drawn_bills.START, dt.date(2024, 1, 16)]
    cut = in_versions(said, first_days, {"split": "DAYS", "counter": "RESTARTS"})
    row = {
        "period_from": drawn.FROM,
        "period_until": dt.date(2024, 1, 31),
        "quantity_milli": -20_000,
        "before_milli": 100_000,
    }
    with pytest.raises(engine.RatingError, match="NEGATIVE_RUNNING_TOTAL"):
        drawn.rated(numbered(cut, [row]), drawn.book_of(cut))


def test_months_of_a_season_are_those_of_the_usage_also_after_its_end() -> None:
    own = {"kind": "AREA", "price": "24", "per": "SEASON", "part_season": "MONTHS"}
    component = documents.component("HEAT", own)
    said = documents.whole(component, heating_season=documents.HEATING_SEASON)
    cut = in_versions(said, [drawn_bills.START, dt.date(2025, 4, 1)], {"split": "DAYS"})
    row = {
        "period_from": dt.date(2024, 11, 15),
        "period_until": dt.date(2025, 4, 15),
        "quantity_milli": 0,
        "before_milli": 0,
        "area_milli": 100_000,
    }
    assert money_by_component(said, [row]) == {(1, 1): 2400}
    assert money_by_component(cut, [row]) == {(1, 1): 2400}
