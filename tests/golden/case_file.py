"""A golden file as the engine takes it: documents, a usage frame, expected lines.

How one is written stands in README.md beside it.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from meterbook.kernel import money, quantity
from meterbook.rating import book, columns, document, tariff

LIBRARY = Path(__file__).parents[2] / "tariffs"

Record = dict[str, Any]


def ppm(percent: str) -> int:
    """Millionths of a percentage."""
    return int(Decimal(percent) * 10_000)


# how a usage of a file names what only some tariffs ask for: the engine's column, and how it is read
_PLAIN: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "part": ("part_no", int),
    "months": ("months", int),
    "reading": ("reading_no", int),
    "tier_months": ("tier_months", int),
    "tier_days": ("tier_days", int),
    "tier_factor": ("tier_factor_ppm", lambda text: ppm(text) * 100),
    "tier_used": ("tier_used_milli", lambda texts: [quantity.parse_milli(text) for text in texts]),
    "area": ("area_milli", quantity.parse_milli),
    "area_class": ("area_class", str),
    "height": ("height_milli", quantity.parse_milli),
    "capacity": ("capacity_milli", quantity.parse_milli),
    "demand": ("demand_milli", quantity.parse_milli),
    "households": ("households", int),
    "calibre": ("calibre_mm", int),
    "calorific": ("calorific_micro", quantity.parse_micro),
    "carried": ("carried_milli", quantity.parse_milli),
    "quota": ("quota_milli", quantity.parse_milli),
    "negotiated": ("negotiated_micro", quantity.parse_micro),
    "free_before": ("free_before_milli", quantity.parse_milli),
    "choices": ("choices", list),
    "paid_on": ("paid_on", lambda day: day),
}
_KNOWN = {
    *("usage", "tariff", "from", "until", "quantity", "before", "persons"),
    *("bands", "bands_before", "take"),
    *_PLAIN,
}
_KNOWN_OF_LINES = {
    *("usage", "part", "component", "tier", "band", "quantity", "price", "factor", "time", "amount"),
    *("tax", "tier_bounds", "from", "until"),
}
_NAMED = ("bands", "seasons", "programmes")


def whole_document(item: Record) -> Record:
    """A whole document around the few things a case states: `components` for one version, or `versions`."""
    versions = item.get("versions") or [{"effective_from": dt.date(2000, 1, 1)}]
    if "components" in item:
        versions = [{**version, "components": item["components"]} for version in versions]
    stated = {name: value for name, value in item.items() if name not in {"components", "versions"}}
    return {
        "format": 1,
        "code": "CASE",
        "names": {"zh": "例", "en": "Case"},
        "utility": "WATER",
        "customer_class": "ANY",
        "region": "ANY",
        "currency": "CNY",
        "unit": "m3",
        "default_persons": 4,
        "source": ["case"],
        "grade": "K",
        **_with_names(stated),
        "versions": [_whole_version(version) for version in versions],
    }


def _whole_version(version: Record) -> Record:
    plain = {"revenue": "ANY", "tax_rate": "exempt"}
    components = [{**plain, **component} for component in version["components"]]
    return {**_with_names(version), "components": [_named(component) for component in components]}


def _with_names(record: Record) -> Record:
    """Bands, seasons and programmes need a name to read; a case has only their codes."""
    lists = {name: record[name] for name in _NAMED if name in record}
    return {**record, **{name: [_named(item) for item in items] for name, items in lists.items()}}


def _named(item: str | Record) -> Record:
    record: Record = {"code": item} if isinstance(item, str) else item
    return {"name": {"zh": record["code"], "en": record["code"]}, **record}


class Case:
    """One golden file: `facts` as it stands there, the book of its tariffs, its usages as a frame."""

    def __init__(self, path: Path) -> None:
        self.facts: Record = yaml.safe_load(path.read_text(encoding="utf-8"))
        named = self.facts.get("tariffs") or {None: self.facts["tariff"]}
        self.documents = {name: _document(item) for name, item in named.items()}
        self.book = book.of_documents(self.documents.values())
        self.exponent = self.book.versions[1].exponent
        self.usages: list[Record] = self.facts["usages"]

    def frame(self) -> pl.DataFrame:
        """The usages, with those of the further columns that any of them states."""
        rows = [self._row(number, usage) for number, usage in enumerate(self.usages, start=1)]
        stated = {name for row in rows for name in row}
        types = {**columns.USAGE.columns, **columns.USAGE_MORE.columns}
        schema = {name: types[name] for name in types if name in stated}
        return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)

    def _row(self, number: int, usage: Record) -> Record:
        assert usage.keys() <= _KNOWN, f"usage {number} says {usage.keys() - _KNOWN}"
        version_id = self._version_id(usage)
        row = {
            "usage_id": usage.get("usage", number),
            "tariff_version_id": version_id,
            "quantity_milli": quantity.parse_milli(usage["quantity"]),
            "before_milli": quantity.parse_milli(usage.get("before", "0")),
            "persons": usage.get("persons"),
            "period_from": usage["from"],
            "period_until": usage["until"],
        }
        row |= {column: read(usage[name]) for name, (column, read) in _PLAIN.items() if name in usage}
        row |= _split(usage.get("take"))
        numbers = {band.code: band.band_no for band in self.book.versions[version_id].bands}
        for name, ending in (("bands", "milli"), ("bands_before", "before_milli")):
            for code, text in usage.get(name, {}).items():
                row[f"band_{numbers[code]}_{ending}"] = quantity.parse_milli(text)
        return row

    def _version_id(self, usage: Record) -> int:
        """The version in force on the last day of supply."""
        version = self.documents[usage.get("tariff")].version_on(usage["until"] - dt.timedelta(days=1))
        return next(number for number, known in self.book.versions.items() if known is version)

    def component_of(self, line: Record) -> tariff.Component:
        """The component of a rated line."""
        version: tariff.TariffVersion = self.book.versions[line["tariff_version_id"]]
        return version.components[int(line["component_no"]) - 1]

    def minor(self, text: str) -> int:
        """An amount of the file in minor units."""
        return money.parse_minor(text, exponent=self.exponent)

    def expected(self) -> list[Record]:
        """The lines of the file in the terms of `found`; what a line need not say is left out."""
        return [self._expected(line) for line in self.facts["lines"]]

    def _expected(self, line: Record) -> Record:
        assert line.keys() <= _KNOWN_OF_LINES, f"a line says {line.keys() - _KNOWN_OF_LINES}"
        time = str(line.get("time", "1/1")).split("/")
        said = {
            "usage": line["usage"],
            "part": line.get("part", 1),
            "component": line["component"],
            "tier": line.get("tier", 0),
            "band": line.get("band"),
            "quantity_milli": quantity.parse_milli(line["quantity"]),
            "price_micro": quantity.parse_micro(line["price"]),
            "factor_ppm": ppm(line.get("factor", "1")) * 100,
            "time": (int(time[0]), int(time[1]) if len(time) > 1 else 1),
            "amount_minor": self.minor(line["amount"]),
        }
        if "tax" in line:
            said["tax_minor"] = self.minor(line["tax"])
        if "tier_bounds" in line:
            ends = (None if end is None else quantity.parse_milli(end) for end in line["tier_bounds"])
            said["tier_bounds"] = tuple(ends)
        return said | {name: line[name] for name in ("from", "until") if name in line}

    def found(self, lines: pl.DataFrame) -> list[Record]:
        """Rated lines in the words of the file."""
        return [self._found(row) for row in lines.iter_rows(named=True)]

    def _found(self, row: Record) -> Record:
        version = self.book.versions[row["tariff_version_id"]]
        codes = {band.band_no: band.code for band in version.bands}
        return {
            "usage": row["usage_id"],
            "part": row["part_no"],
            "component": self.component_of(row).code,
            "tier": row["tier"],
            # without bands of its own a tariff numbers its tables here
            "band": codes.get(row["band"], row["band"] or None),
            "quantity_milli": row["quantity_milli"],
            "price_micro": row["unit_price_micro"],
            "factor_ppm": row["factor_ppm"],
            "time": (row["time_numerator"], row["time_denominator"]),
            "amount_minor": row["amount_minor"],
            "tax_minor": row["tax_minor"],
            "tier_bounds": (row["tier_from_milli"], row["tier_until_milli"]),
            "from": row["period_from"],
            "until": row["period_until"],
        }


def _document(item: Record) -> tariff.TariffDocument:
    if "file" in item:
        return document.load_yaml((LIBRARY / item["file"]).read_text(encoding="utf-8"))
    return document.parse(whole_document(item))


def _split(take: str | Record | None) -> Record:
    """REST or HIGHEST; {FIXED: a quantity}; {SHARE: percent}."""
    if take is None:
        return {}
    if isinstance(take, str):
        return {"split": columns.Split[take]}
    [(name, text)] = take.items()
    read = quantity.parse_milli if name == "FIXED" else ppm
    return {"split": columns.Split[name], "split_value": read(text)}
