"""Bills whose result a utility, a newspaper or a school book prints, run through the one calculation.

Each file in `cases/` can be read and checked by a tariff officer: the tariff (a file of the library, or its
components), the usages, the lines by hand, and what the source prints. `published` is compared with the
total, or with what `published_is` says. A source that contradicts its own arithmetic says so.
"""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from meterbook.kernel import money, quantity
from meterbook.rating import book, columns, document, engine, tariff

HERE = Path(__file__).parent
LIBRARY = HERE.parents[1] / "tariffs"
CASES = sorted((HERE / "cases").glob("*.yaml"))


def inline_document(item: dict[str, Any]) -> dict[str, Any]:
    """A whole document around the few things a case states."""
    defaults = {"revenue": "ANY", "tax_rate": "exempt"}
    names = {component["code"]: component["code"] for component in item["components"]}
    components = [
        {**defaults, "name": {"zh": names[component["code"]], "en": names[component["code"]]}, **component}
        for component in item["components"]
    ]
    return {
        "format": 1,
        "code": "CASE",
        "names": {"zh": "例", "en": "Case"},
        "utility": "WATER",
        "customer_class": "ANY",
        "region": "ANY",
        "currency": item.get("currency", "CNY"),
        "unit": item.get("unit", "m3"),
        "tier_period": item.get("tier_period", "BILLING_PERIOD"),
        "default_persons": 4,
        **({"household": item["household"]} if "household" in item else {}),
        "source": ["case"],
        "grade": "K",
        "versions": [{"effective_from": "2000-01-01", "components": components}],
    }


class Case:
    """One golden file, rated."""

    def __init__(self, path: Path) -> None:
        self.facts: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        named = self.facts.get("tariffs") or {None: self.facts["tariff"]}
        documents = {name: self._document(item) for name, item in named.items()}
        self.versions: list[tariff.TariffVersion] = [
            documents[usage.get("tariff")].version_on(usage["from"]) for usage in self.facts["usages"]
        ]
        self.exponent = self.versions[0].exponent
        tariff_book = book.tariff_book(dict(enumerate(self.versions, start=1)))
        self.lines = engine.rate(self._usage_frame(), tariff_book)

    @staticmethod
    def _document(item: dict[str, Any]) -> tariff.TariffDocument:
        if "file" in item:
            return document.load_yaml((LIBRARY / item["file"]).read_text(encoding="utf-8"))
        return document.parse(inline_document(item))

    def _usage_frame(self) -> pl.DataFrame:
        rows = [
            (
                number,
                number,
                quantity.parse_milli(usage["quantity"]),
                quantity.parse_milli(usage.get("before", "0")),
                usage.get("persons"),
                usage["from"],
                usage["until"],
            )
            for number, usage in enumerate(self.facts["usages"], start=1)
        ]
        return pl.DataFrame(rows, schema=dict(columns.USAGE.columns), orient="row")

    def found_lines(self) -> list[dict[str, Any]]:
        """The rated lines in the words of the file."""
        return [
            {
                "usage": row["usage_id"],
                "component": self.versions[row["usage_id"] - 1].components[row["component_no"] - 1].code,
                "tier": row["tier"],
                "quantity_milli": row["quantity_milli"],
                "price_micro": row["unit_price_micro"],
                "amount_minor": row["amount_minor"],
            }
            for row in self.lines.iter_rows(named=True)
        ]

    def expected_lines(self) -> list[dict[str, Any]]:
        """The lines of the file, as numbers."""
        return [
            {
                "usage": line["usage"],
                "component": line["component"],
                "tier": line.get("tier", 0),
                "quantity_milli": quantity.parse_milli(line["quantity"]),
                "price_micro": quantity.parse_micro(line["price"]),
                "amount_minor": self.minor(line["amount"]),
            }
            for line in self.facts["lines"]
        ]

    def minor(self, text: str) -> int:
        """An amount of the file in minor units."""
        return money.parse_minor(text, exponent=self.exponent)

    def published_minor(self) -> int:
        """Our figure for what the source prints."""
        lines = self.found_lines()
        match str(self.facts.get("published_is", "total")).split():
            case ["total"]:
                return sum(line["amount_minor"] for line in lines)
            case ["component", code]:
                return sum(line["amount_minor"] for line in lines if line["component"] == code)
            case ["first", "usage", "less", "second", "usage"]:
                return sum(line["amount_minor"] * (1 if line["usage"] == 1 else -1) for line in lines)
            case words:
                raise AssertionError(words)


@pytest.fixture(params=CASES, ids=lambda path: path.stem)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param)


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 25


def test_lines_are_as_worked_out_by_hand(case: Case) -> None:
    assert case.found_lines() == case.expected_lines()
    assert case.lines["amount_minor"].sum() == case.minor(case.facts["total"])


def test_the_published_result_is_met(case: Case) -> None:
    if "published" not in case.facts:
        assert "Derived" in case.facts["note"] or case.facts["source"] == "own"
        return
    difference = abs(case.published_minor() - case.minor(case.facts["published"]))
    assert difference <= case.minor(case.facts.get("tolerance", "0"))
    assert ("tolerance" in case.facts) == (difference > 0)


@pytest.mark.parametrize("path", sorted(LIBRARY.rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_library_file_says_it_is_an_example_and_where_it_is_from(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# Example, not a valid price")
    read = document.load_yaml(text)
    assert read.source
    assert read.code == "-".join([read.region, *path.stem.upper().split("-")])
