"""The book: versions by their id, their chains, and prices as rows."""

import polars as pl
import pytest

from meterbook.rating import book, columns, document, tariff
from tests.unit.rating import samples
from tests.unit.rating.samples import Usage

W = samples.component("W", samples.TIERS)
S = samples.component("S", samples.PER_UNIT)
YEARLY = samples.version(W, S, tier_period="CALENDAR_YEAR")
MONTHLY = samples.version(W, tier_period="MONTH")
LEAST = samples.version(S, samples.component("L", {"kind": "MINIMUM", "price": "5"}))
SHARED = samples.version(samples.component("S", {**samples.PER_UNIT, "share": "90"}))
ALL = {3: YEARLY, 1: LEAST, 7: MONTHLY, 2: SHARED}


def versions_of(found: book.Group) -> list[int]:
    return found.prices["tariff_version_id"].unique().sort().to_list()


def test_every_version_stands_in_one_group_with_all_its_prices() -> None:
    found = book.tariff_book(ALL)
    assert sorted(found.group_of["tariff_version_id"]) == sorted(ALL)
    for version_id, group_no in found.group_of.iter_rows():
        assert version_id in versions_of(found.groups[group_no])
    held = [version_id for group in found.groups for version_id in versions_of(group)]
    assert sorted(held) == sorted(ALL)
    assert found.prices.height == 3 + 1 + 2 + 3 + 1


def test_the_rows_of_a_group_fit_its_terms() -> None:
    for group in book.tariff_book(ALL).groups:
        assert group.prices["price_no"].to_list() == list(range(group.prices.height))
        assert group.terms.height == group.prices.height
        assert group.prices.schema == dict(columns.PRICES.columns)
        assert group.terms.schema == dict(columns.TERMS.columns)


def test_prices_are_ordered_by_version_component_and_tier() -> None:
    prices = book.tariff_book(ALL).prices.select("tariff_version_id", "component_no", "tier")
    assert prices.rows() == sorted(prices.rows())
    assert prices.filter(pl.col("tariff_version_id") == 3).rows() == [
        (3, 1, 1),
        (3, 1, 2),
        (3, 1, 3),
        (3, 2, 0),
    ]


def test_an_empty_book_has_prices_of_the_same_shape() -> None:
    empty = book.tariff_book({})
    assert empty.prices.schema == book.tariff_book(ALL).prices.schema
    assert (empty.prices.height, empty.groups) == (0, ())


def test_the_order_of_versions_means_nothing() -> None:
    first, second = book.tariff_book(ALL), book.tariff_book(dict(reversed(ALL.items())))
    assert first.prices.equals(second.prices)
    assert first.group_of.equals(second.group_of)
    usages = [Usage(version_id, 200_000, tariff_version_id=version_id) for version_id in ALL]
    assert samples.rated(first, *usages) == samples.rated(second, *usages)


@pytest.mark.parametrize("previous", [{3: 4}, {4: 3}, {1: 3, 3: 99}])
def test_a_version_before_must_be_in_the_book(previous: dict[int, int]) -> None:
    with pytest.raises(ValueError, match=r"no versions \[(4|99)\]"):
        book.tariff_book(ALL, previous=previous)


def item(start: str, until: str | None = None) -> dict[str, object]:
    return {"effective_from": start, "effective_until": until, "components": [S]}


def read(*versions: dict[str, object]) -> tariff.TariffDocument:
    return document.parse(samples.tariff_document(versions=list(versions)))


def test_documents_number_their_versions_in_a_row_and_chain_those_that_adjoin() -> None:
    first = read(item("2020-01-01", "2021-01-01"), item("2021-01-01", "2022-01-01"), item("2022-02-01"))
    second = read(item("2022-02-01"))
    found = book.of_documents([first, second])
    assert list(found.versions) == [1, 2, 3, 4]
    assert [found.versions[number] for number in (1, 2, 3)] == list(first.versions)
    # a gap ends the chain, and so does another tariff
    assert found.previous == {2: 1}


def test_a_book_of_chained_versions_by_their_own_ids() -> None:
    """Stored versions have the numbers the database gave them."""
    parsed = document.parse(
        samples.tariff_document(
            versions=[
                {"effective_from": "2020-01-01", "effective_until": "2025-01-16", "components": [S]},
                {"effective_from": "2025-01-16", "components": [S], "price_change": {"split": "DAYS"}},
            ]
        )
    )
    old, new = parsed.versions
    found = book.tariff_book({90: new, 12: old}, previous={90: 12})
    rated = samples.rated(
        found, Usage(1, 31_000, tariff_version_id=90), show=("tariff_version_id", "quantity_milli")
    )
    assert rated == [(12, 15_000), (90, 16_000)]


def test_many_groups_give_lines_in_the_order_of_usages() -> None:
    found = book.tariff_book(ALL)
    ids = list(ALL) * 3
    usages = [Usage(number, 200_000, tariff_version_id=version_id) for number, version_id in enumerate(ids)]
    lines = samples.rated(found, *reversed(usages), show=("usage_id", "line_no", "tariff_version_id"))
    assert lines == sorted(lines)
    assert [(usage_id, version_id) for usage_id, line_no, version_id in lines if line_no == 1] == list(
        enumerate(ids)
    )


def test_one_usage_costs_the_same_alone_and_among_others() -> None:
    whole = book.tariff_book(ALL)
    for version_id, version in ALL.items():
        usage = Usage(5, 200_000, tariff_version_id=version_id)
        others = [Usage(number, 9, tariff_version_id=other) for number, other in enumerate(ALL, start=10)]
        shown = ("usage_id", "component_no", "tier", "quantity_milli", "factor_ppm", "amount_minor")
        alone = samples.rated(book.tariff_book({version_id: version}), usage, show=shown)
        among = samples.rated(whole, usage, *others, show=shown)
        assert alone == [line for line in among if line[0] == 5]


def test_more_stages_of_derived_charges_than_there_are_bits() -> None:
    percentages = [
        samples.component(f"P{number}", {"kind": "PERCENTAGE", "rate": "1", "of": ["S"]})
        for number in range(63)
    ]
    assert len(book.tariff_book({1: samples.version(S, *percentages[:62])}).stages) == 62
    with pytest.raises(ValueError, match="63 stages of derived charges, at most 62"):
        book.tariff_book({1: samples.version(S, *percentages)})
