"""Tariff documents for the tests of their reader, and the faults it finds in them."""

import json
from typing import Any

import pytest

from meterbook.rating import document, tariff

NAME = {"zh": "名", "en": "Name"}
PER_UNIT = {"kind": "PER_UNIT", "price": "1.57"}
TIERS = {
    "kind": "GRADUATED_TIERS",
    "tiers": [{"until": "180", "price": "2.07"}, {"until": "260", "price": "4.07"}, {"price": "6.07"}],
}
SEASONS = [
    {"code": "SUMMER", "name": NAME, "from": "05-01", "until": "11-01"},
    {"code": "WINTER", "name": NAME, "from": "11-01", "until": "05-01"},
]
BANDS = [{"code": "PEAK", "name": NAME}, {"code": "VALLEY", "name": NAME}]
HEATING_SEASON = {"from": "11-15", "until": "03-15"}


def component(code: str, charge: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One component."""
    return {"code": code, "name": NAME, "revenue": "R", "tax_rate": "9", **charge, **more}


def whole(*components: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A whole document with one version."""
    return {
        "format": 1,
        "code": "SAMPLE",
        "names": NAME,
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


def read(value: dict[str, Any]) -> tariff.TariffDocument:
    """A document, read."""
    return document.parse(value)


def version(*components: dict[str, Any], **more: Any) -> tariff.TariffVersion:
    """The one version of such a document."""
    return read(whole(*components, **more)).versions[0]


def charged(charge: dict[str, Any], **more: Any) -> tariff.Component:
    """The one component of a version, read."""
    return version(component("X", charge), **more).components[0]


def faults_of(value: dict[str, Any]) -> list[tuple[str, str]]:
    """Path and reason of everything wrong with a document."""
    with pytest.raises(document.TariffError) as caught:
        document.parse(value)
    return [(fault.path, fault.reason) for fault in caught.value.faults]


def component_faults(*components: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    """The same for a document of these components, paths from the components on where they lead there."""
    return [
        (path.removeprefix("$.versions[0].components"), reason)
        for path, reason in faults_of(whole(*components, **more))
    ]


def changed(value: dict[str, Any], path: str, new: object) -> dict[str, Any]:
    """A document with the value at `path` ("versions.0.note") replaced, or removed for ...."""
    found: dict[str, Any] = json.loads(json.dumps(value))
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place: Any = found
    for part in parents:
        place = place[part]
    if new is ...:
        del place[last]
    else:
        place[last] = new
    return found
