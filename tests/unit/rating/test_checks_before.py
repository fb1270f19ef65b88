"""What may be missing before a usage's version: undecided changes, prices, what earlier versions ask for."""

import datetime as dt
from typing import Any

import pytest

from meterbook.rating import book, engine
from tests.unit.rating import samples
from tests.unit.rating.samples import Usage

W = samples.component("W", {"kind": "PER_UNIT", "price": "1"})
BANDS = [samples.named("P"), samples.named("V")]
BANDED = samples.component("E", {"kind": "TIME_OF_USE", "prices": {"P": "1", "V": "2"}})
TIERS = {"kind": "GRADUATED_TIERS", "tiers": [{"until": "10", "price": "1"}, {"price": "2"}]}
AREA = {"kind": "AREA", "price": "1", "per": "MONTH"}
CALIBRES = {"kind": "PER_MONTH", "by_calibre": [{"calibre": 15, "price": "2"}]}
QUOTA = {"kind": "OVER_QUOTA", "tiers": [{"price": "2"}]}


def code(tariff_book: book.TariffBook, usage: Usage) -> str | None:
    """What is wrong with a usage; rating refuses it for the same reason."""
    found = samples.codes(tariff_book, usage).get(usage.usage_id)
    if found is None:
        samples.rated(tariff_book, usage)
    else:
        with pytest.raises(engine.RatingError, match=found):
            samples.rated(tariff_book, usage)
    return found


DAYS = {"split": "DAYS"}


def chain(*changes: dict[str, Any] | None, component: dict[str, Any] = W) -> book.TariffBook:
    """Versions of 2020, 2025-01-11, 2025-01-21 ..., each with its price_change."""
    starts = ["2020-01-01", "2025-01-11", "2025-01-21"][: len(changes)]
    versions = [
        {
            "effective_from": start,
            "effective_until": until,
            "components": [component],
            **({} if change is None else {"price_change": change}),
        }
        for start, until, change in zip(starts, [*starts[1:], None], changes, strict=True)
    ]
    return samples.document_book(versions=versions)


def early(version: int, *, quantity: int = 1000, **more: Any) -> Usage:
    """A usage of January 2025, which began before the changes of `chain`."""
    return Usage(1, quantity, before_milli=max(0, -quantity), tariff_version_id=version, more=more)


NUMBER = {"split": "READING_NUMBER", "reading": 2}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ((None, DAYS), None),
        ((None, None), "PRICE_CHANGE_UNDECIDED"),
        ((None, {"split": "READING_DATE"}), None),
        ((None, NUMBER), None),
        ((None, DAYS, DAYS), None),
        ((None, None, DAYS), "PRICE_CHANGE_UNDECIDED"),
        ((None, DAYS, None), "PRICE_CHANGE_UNDECIDED"),
        ((None, None, {"split": "READING_DATE"}), None),  # it never looks back
        ((None, {"split": "READING_DATE"}, DAYS), None),
        ((None, None, NUMBER), "PRICE_CHANGE_UNDECIDED"),
        ((None, NUMBER, NUMBER), None),
    ],
)
def test_a_usage_that_began_before_its_version(
    changes: tuple[dict[str, Any] | None, ...], expected: str | None
) -> None:
    assert code(chain(*changes), early(len(changes))) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (None, "PRICE_CHANGE_UNDECIDED"),
        (DAYS, "NO_PRICE_BEFORE"),
        ({"split": "READING_DATE"}, None),
        (NUMBER, "NO_PRICE_BEFORE"),
        ({"split": "READING_NUMBER", "reading": 1}, None),
    ],
)
def test_a_usage_that_began_before_the_first_version(
    change: dict[str, Any] | None, expected: str | None
) -> None:
    version = {
        "effective_from": "2025-01-11",
        "components": [W],
        **({} if change is None else {"price_change": change}),
    }
    first = samples.document_book(versions=[version])
    assert code(first, early(1)) == expected
    on_the_day = Usage(1, 1000, period_from=dt.date(2025, 1, 11))
    assert code(first, on_the_day) is None


def test_the_number_of_a_reading_is_the_latest_versions_only() -> None:
    """The second reading since the last change says nothing about one without a price before it."""
    starts = ["2025-01-05", "2025-01-11"]
    gapped = samples.document_book(
        versions=[
            {"effective_from": start, "effective_until": until, "components": [W], "price_change": change}
            for start, until, change in zip(starts, [starts[1], None], [NUMBER, DAYS], strict=True)
        ]
    )
    numbered = {"reading_no": 2}
    assert code(gapped, early(2, **numbered)) == "NO_PRICE_BEFORE"
    from_the_start = Usage(1, 1000, tariff_version_id=2, period_from=dt.date(2025, 1, 5), more=numbered)
    assert code(gapped, from_the_start) is None


def test_the_first_version_counts_readings_since_no_change() -> None:
    first = samples.document_book(
        versions=[{"effective_from": "2020-01-01", "components": [W], "price_change": NUMBER}]
    )
    assert code(first, Usage(1, 1000, more={"reading_no": 1})) is None
    assert code(first, Usage(1, 1000)) is None


@pytest.mark.parametrize(
    ("component", "right", "expected"),
    [
        (samples.component("X", AREA), {"area_milli": 5}, "AREA_MISSING"),
        (
            samples.component("X", {"kind": "CAPACITY", "price": "1"}),
            {"capacity_milli": 5},
            "CAPACITY_MISSING",
        ),
        (samples.component("X", CALIBRES), {"calibre_mm": 15}, "CALIBRE_WITHOUT_PRICE"),
        (samples.component("X", QUOTA), {"quota_milli": 5}, "QUOTA_MISSING"),
        (BANDED, {"band_1_milli": 1000}, "BANDS_DO_NOT_SUM"),
    ],
)
def test_what_an_earlier_version_asks_for(
    component: dict[str, Any], right: dict[str, Any], expected: str
) -> None:
    changing = samples.changing(
        ("2020-01-01", [component]), ("2025-01-11", [W]), price_change=DAYS, bands=BANDS
    )
    assert code(changing, early(2)) == expected
    assert code(changing, early(2, **right)) is None
    later = Usage(1, 1000, tariff_version_id=2, period_from=dt.date(2025, 1, 11))
    assert code(changing, later) is None


def test_a_counter_that_starts_again_has_nothing_to_give_back() -> None:
    rule = {"split": "DAYS", "counter": "RESTARTS"}
    tiered = samples.component("W", TIERS)
    assert code(chain(None, rule, component=tiered), early(2, quantity=-1000)) == "NEGATIVE_RUNNING_TOTAL"
    assert code(chain(None, rule, component=tiered), early(2, quantity=1000)) is None
    assert code(chain(None, DAYS, component=tiered), early(2, quantity=-1000)) is None
