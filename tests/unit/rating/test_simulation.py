"""The sums of a simulation, against the same sums in plain Python."""

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from random import Random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterbook.kernel import frames
from meterbook.rating import columns, simulation, tariff
from tests.unit.rating import documents

BANDS = documents.BANDS
VERSION = documents.version(
    documents.component("WATER", documents.TIERS),
    documents.component("ENERGY", {"kind": "TIME_OF_USE", "prices": {"PEAK": "2", "VALLEY": "1"}}),
    documents.component(
        "TABLES",
        {
            "kind": "SWITCHING_TIERS",
            "tables": [{"until": "5", "tiers": [{"price": "1"}]}, {"tiers": [{"price": "2"}]}],
        },
    ),
    bands=BANDS,
)
VERSIONS: dict[int, tariff.TariffVersion] = {1: VERSION}


@dataclass(frozen=True)
class Bill:
    """An account's bill before and after, in minor units."""

    account: str
    of_class: str | None
    old: int
    new: int


def lines(amounts: list[int], *, component_no: int = 1, tier: int = 1, band: int = 0) -> pl.DataFrame:
    """One line for each usage, numbered from 1; its quantity is its amount."""
    rows = [
        {
            **dict.fromkeys(columns.LINES.columns, 0),
            "usage_id": number,
            "part_no": 1,
            "tariff_version_id": 1,
            "component_no": component_no,
            "tier": tier,
            "band": band,
            "quantity_milli": amount,
            "amount_minor": amount,
            "period_from": dt.date(2025, 1, 1),
            "period_until": dt.date(2025, 2, 1),
        }
        for number, amount in enumerate(amounts, start=1)
    ]
    return pl.DataFrame(rows, schema=dict(columns.LINES.columns))


def side(amounts: list[int]) -> simulation.Side:
    return simulation.side(lines(amounts), VERSIONS)


def usages(bills: list[Bill]) -> pl.DataFrame:
    rows = [(number, 1, bill.account, bill.of_class) for number, bill in enumerate(bills, start=1)]
    return pl.DataFrame(rows, schema=dict(simulation.USAGES.columns), orient="row")


def compared(bills: list[Bill]) -> simulation.Simulation:
    return simulation.compare(
        usages=usages(bills), old=side([bill.old for bill in bills]), new=side([bill.new for bill in bills])
    )


BILLS = st.lists(
    st.builds(
        Bill,
        account=st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVW"),
        of_class=st.sampled_from(["HOME", "SHOP", None]),
        old=st.integers(-(10**6), 10**9),
        new=st.integers(-(10**6), 10**9),
    ),
    min_size=1,
    max_size=60,
)


def by_case(bills: list[Bill]) -> dict[tuple[str, str | None], tuple[int, int]]:
    found: dict[tuple[str, str | None], tuple[int, int]] = {}
    for bill in bills:
        old, new = found.get((bill.account, bill.of_class), (0, 0))
        found[bill.account, bill.of_class] = (old + bill.old, new + bill.new)
    return found


@given(BILLS)
def test_every_account_has_the_sum_of_its_bills(bills: list[Bill]) -> None:
    found = compared(bills)
    expected = by_case(bills)
    shown = {
        (row["account"], row["class"]): (row["old_minor"], row["new_minor"])
        for row in found.cases.iter_rows(named=True)
    }
    assert shown == expected
    assert (found.old_minor, found.new_minor) == (
        sum(bill.old for bill in bills),
        sum(bill.new for bill in bills),
    )
    changes = [new - old for old, new in expected.values()]
    assert found.cases["change_minor"].to_list() == sorted(changes, reverse=True)
    assert found.counts == simulation.Counts(
        winners=sum(change < 0 for change in changes),
        losers=sum(change > 0 for change in changes),
        unchanged=changes.count(0),
    )


@given(BILLS)
def test_classes_sum_to_the_whole(bills: list[Bill]) -> None:
    found = compared(bills)
    expected = by_case(bills)
    for row in found.by_class.iter_rows(named=True):
        own = [pair for (_, of_class), pair in expected.items() if of_class == row["class"]]
        assert (row["old_minor"], row["new_minor"]) == (sum(p[0] for p in own), sum(p[1] for p in own))
        assert row["accounts"] == len(own)
        assert row["winners"] + row["losers"] + row["unchanged"] == len(own)
    assert found.by_class["usages"].sum() == found.usages == len(bills)
    classes = found.by_class["class"].to_list()
    assert classes == sorted(classes, key=lambda name: (name is None, name or ""))


@given(BILLS)
def test_deciles_are_equal_parts_in_the_order_of_the_change(bills: list[Bill]) -> None:
    found = compared(bills)
    changes = sorted(new - old for old, new in by_case(bills).values())
    groups: dict[int, list[int]] = {}
    for place, change in enumerate(changes):
        groups.setdefault(place * 10 // len(changes) + 1, []).append(change)
    rows = {row["decile"]: row for row in found.deciles.iter_rows(named=True)}
    assert sorted(rows) == sorted(groups)
    for decile, own in groups.items():
        row = rows[decile]
        assert (row["accounts"], row["lowest_minor"], row["highest_minor"]) == (len(own), own[0], own[-1])
        assert row["change_minor"] == sum(own)
        assert abs(row["mean_minor"] - Fraction(sum(own), len(own))) <= Fraction(1, 2)
    sizes = [len(own) for own in groups.values()]
    assert max(sizes) - min(sizes) <= 1


@given(BILLS, st.randoms())
def test_the_order_of_the_rows_changes_nothing(bills: list[Bill], random: Random) -> None:
    found = compared(bills)
    shuffled = list(bills)
    random.shuffle(shuffled)
    again = compared(shuffled)
    for name in ("cases", "by_class", "by_part", "deciles"):
        assert getattr(found, name).equals(getattr(again, name)), name


@given(BILLS, st.integers(1, 7))
def test_chunks_come_to_the_same(bills: list[Bill], size: int) -> None:
    whole = lines([bill.old for bill in bills])
    chunks = [simulation.side(whole.slice(start, size), VERSIONS) for start in range(0, whole.height, size)]
    again = simulation.joined(chunks)
    once = simulation.side(whole, VERSIONS)
    assert again.totals.sort("usage_id").equals(once.totals.sort("usage_id"))
    assert again.parts.equals(once.parts)


def test_what_is_charged_is_named_by_component_tier_and_band() -> None:
    rated = pl.concat(
        [
            lines([10, 20], tier=2),
            lines([30, 40], tier=1),
            lines([1, 2], component_no=2, tier=0, band=1),
            lines([3, 4], component_no=2, tier=0, band=2),
            lines([5, 6], component_no=3, band=2),
        ]
    )
    parts = simulation.side(rated, VERSIONS).parts
    assert parts.select("component", "tier", "band", "amount_minor").rows() == [
        ("WATER", 1, "", 70),
        ("WATER", 2, "", 30),
        ("ENERGY", 0, "PEAK", 3),
        ("ENERGY", 0, "VALLEY", 7),
        ("TABLES", 1, "2", 11),
    ]


def test_parts_that_stand_on_one_side_only_are_there() -> None:
    bills = [Bill("A", None, 0, 0)]
    old = simulation.side(lines([100]), VERSIONS)
    new = simulation.side(pl.concat([lines([80]), lines([50], component_no=2, band=1, tier=0)]), VERSIONS)
    found = simulation.compare(usages=usages(bills), old=old, new=new)
    names = ("component", "old_minor", "new_minor", "change_minor", "change_hundredths")
    assert found.by_part.select(names).rows() == [
        ("WATER", 100, 80, -20, -2000),
        ("ENERGY", 0, 50, 50, None),
    ]
    back = simulation.compare(usages=usages(bills), old=new, new=old)
    assert back.by_part.select("component", "change_minor").rows() == [("WATER", 20), ("ENERGY", -50)]


def test_a_usage_without_lines_costs_nothing() -> None:
    bills = [Bill("A", None, 0, 0), Bill("B", None, 0, 0)]
    found = simulation.compare(usages=usages(bills), old=side([100]), new=side([100, 70]))
    assert found.cases.select("account", "old_minor", "new_minor").rows() == [("B", 0, 70), ("A", 100, 100)]


def test_the_extremes_are_the_twenty_furthest_on_each_side() -> None:
    bills = [Bill(f"{number:03}", None, 1000, 1000 + number - 30) for number in range(61)]
    found = compared(bills)
    assert found.worst["change_minor"].to_list() == list(range(30, 10, -1))
    assert found.best["change_minor"].to_list() == list(range(-30, -10))
    few = compared(bills[29:32])
    assert few.worst["change_minor"].to_list() == [1]
    assert few.best["change_minor"].to_list() == [-1]


def test_percent_of_the_whole() -> None:
    found = compared([Bill("A", None, 300, 301), Bill("B", None, 100, 100)])
    assert found.change_hundredths == 25
    assert found.share_hundredths(1) == 5000
    assert compared([Bill("A", None, 0, 5)]).change_hundredths is None


def test_sums_beyond_64_bits_are_refused_and_never_wrap() -> None:
    bills = [Bill(str(number), None, 2**62, 0) for number in range(3)]
    with pytest.raises(pl.exceptions.InvalidOperationError):
        compared(bills)


def test_usages_must_have_their_columns() -> None:
    with pytest.raises(frames.FrameError, match="account"):
        simulation.compare(usages=usages([]).drop("account"), old=side([1]), new=side([1]))
