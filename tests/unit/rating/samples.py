"""Tariffs and usages for the tests of this package."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from meterbook.rating import book, columns, document, engine, tariff

FROM = dt.date(2025, 1, 1)
UNTIL = dt.date(2025, 2, 1)

PER_UNIT = {"kind": "PER_UNIT", "price": "1.57"}
PER_PERIOD = {"kind": "PER_PERIOD", "price": "4.5"}
TIERS = {
    "kind": "GRADUATED_TIERS",
    "tiers": [{"until": "180", "price": "2.07"}, {"until": "260", "price": "4.07"}, {"price": "6.07"}],
}


@dataclass(frozen=True)
class Usage:
    """One row of the usage frame, with what a test seldom cares about filled in."""

    usage_id: int
    quantity_milli: int
    before_milli: int = 0
    persons: int | None = None
    tariff_version_id: int = 1
    period_from: dt.date = FROM
    period_until: dt.date = UNTIL
    more: Mapping[str, Any] = field(default_factory=dict)  # columns of USAGE_MORE


def usage_frame(usages: Sequence[Usage]) -> pl.DataFrame:
    """The rows as a frame of columns.USAGE and those of USAGE_MORE that any of them has."""
    rows = [
        {**{name: getattr(usage, name) for name in columns.USAGE.columns}, **usage.more} for usage in usages
    ]
    stated = {name for usage in usages for name in usage.more}
    more = {name: dtype for name, dtype in columns.USAGE_MORE.columns.items() if name in stated}
    assert stated == more.keys()
    schema = {**columns.USAGE.columns, **more}
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def rated(
    what: tariff.TariffVersion | book.TariffBook, *usages: Usage, show: Sequence[str] = ()
) -> list[tuple[Any, ...]]:
    """The lines of a version (as number 1) or a book; `show` names columns, usually quantity and amount."""
    tariff_book = book.tariff_book({1: what}) if isinstance(what, tariff.TariffVersion) else what
    lines = engine.rate(usage_frame(usages), tariff_book)
    return lines.select(show or ("component_no", "tier", "quantity_milli", "amount_minor")).rows()


def codes(what: tariff.TariffVersion | book.TariffBook, *usages: Usage) -> dict[int, str]:
    """What can't be rated and why."""
    tariff_book = book.tariff_book({1: what}) if isinstance(what, tariff.TariffVersion) else what
    found = engine.unratable(usage_frame(usages), tariff_book)
    assert found.schema == dict(columns.UNRATABLE.columns)
    return dict(found.iter_rows())


def component(code: str, charge: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One component of a document."""
    return {
        "code": code,
        "name": {"zh": code, "en": code},
        "revenue": code,
        "tax_rate": "9",
        **charge,
        **more,
    }


def named(code: str, **more: Any) -> dict[str, Any]:
    """A band, a season or a programme."""
    return {"code": code, "name": {"zh": code, "en": code}, **more}


def tariff_document(*components: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A whole document with one version."""
    return {
        "format": 1,
        "code": "SAMPLE",
        "names": {"zh": "样例", "en": "Sample"},
        "utility": "WATER",
        "customer_class": "RESIDENTIAL",
        "region": "CN-X",
        "currency": "CNY",
        "unit": "m3",
        "default_persons": 4,
        "source": ["tests"],
        "grade": "K",
        "versions": [{"effective_from": "2020-01-01", "components": list(components)}],
        **more,
    }


def version(*components: dict[str, Any], **more: Any) -> tariff.TariffVersion:
    """The one version of such a document."""
    return document.parse(tariff_document(*components, **more)).versions[0]


def changing(*versions: tuple[str, Sequence[dict[str, Any]]], **more: Any) -> book.TariffBook:
    """A book of one tariff whose versions begin on the days given, each with its components.

    `more` holds for all of them: a price_change decides about each change.
    """
    starts = [start for start, _ in versions]
    untils = [*starts[1:], None]
    items = [
        {"effective_from": start, "effective_until": until, "components": list(components)}
        for (start, components), until in zip(versions, untils, strict=True)
    ]
    return document_book(versions=items, **more)


def document_book(**whole: Any) -> book.TariffBook:
    """The book of one document."""
    return book.of_documents([document.parse(tariff_document(**whole))])


def book_of(versions: Mapping[int, tariff.TariffVersion]) -> book.TariffBook:
    """A book of versions that don't follow one another."""
    return book.tariff_book(versions)
