"""Tariffs and usages for the tests of this package."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from meterbook.rating import columns, document, tariff

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


def usage_frame(usages: Sequence[Usage]) -> pl.DataFrame:
    """The rows as a frame of columns.USAGE."""
    rows = [{name: getattr(usage, name) for name in columns.USAGE.columns} for usage in usages]
    return pl.DataFrame(rows, schema=dict(columns.USAGE.columns))


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
