"""Bills whose result a utility, a newspaper or a school book prints, run through the one calculation.

Each file in `cases/` can be read and checked by a tariff officer: the tariff (a file of the library, or its
components), the usages, the lines by hand, and what the source prints. README.md says how they are written
and which printed examples are not here.
"""

import decimal
import functools
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from meterbook.kernel import rounding
from meterbook.rating import book, document, engine
from meterbook.rating.charges import kinds
from tests.golden import case_file

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
PERCENTAGES = {kinds.ChargeKind.PERCENTAGE, kinds.ChargeKind.PERCENT_OFF}
MODES = {
    rounding.Mode.HALF_UP: decimal.ROUND_HALF_UP,
    rounding.Mode.TRUNCATE: decimal.ROUND_DOWN,
    rounding.Mode.HALF_EVEN: decimal.ROUND_HALF_EVEN,
}


class Rated(case_file.Case):
    """A golden file with its lines."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.rows = engine.rate(self.frame(), self.book)
        self.lines = self.found(self.rows)

    def ours(self, what: str) -> Decimal:
        """Our figure for what the source prints."""
        minor = Decimal(10) ** -self.exponent
        match what.split():
            case ["total"]:
                return Decimal(sum(line["amount_minor"] for line in self.lines)) * minor
            case ["tax"]:
                return Decimal(sum(line["tax_minor"] for line in self.lines)) * minor
            case ["usage", number]:
                return self._sum("usage", int(number), "amount_minor") * minor
            case ["component", code]:
                return self._sum("component", code, "amount_minor") * minor
            case ["quantity", "of", code]:
                return self._sum("component", code, "quantity_milli") / Decimal(1000)
            case ["usage", first, "less", "usage", second]:
                return self.ours(f"usage {first}") - self.ours(f"usage {second}")
            case words:
                raise AssertionError(words)

    def _sum(self, name: str, value: object, summed: str) -> Decimal:
        return Decimal(sum(line[summed] for line in self.lines if line[name] == value))


@functools.cache
def rated(path: Path) -> Rated:
    """Each file is read and rated once for all tests."""
    return Rated(path)


@pytest.fixture(params=CASES, ids=lambda path: path.stem)
def case(request: pytest.FixtureRequest) -> Rated:
    return rated(request.param)


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 90


def test_lines_are_as_worked_out_by_hand(case: Rated) -> None:
    expected = case.expected()
    said = [{name: line[name] for name in pencil} for line, pencil in zip(case.lines, expected, strict=False)]
    assert said == expected
    assert case.lines[len(expected) :] == []
    assert case.rows["amount_minor"].sum() == case.minor(case.facts["total"])


def test_every_line_of_the_file_multiplies_out(case: Rated) -> None:
    """Quantity x price x factor x time of each line, rounded once: the pencil again, without the engine."""
    rows = case.rows.iter_rows(named=True)
    for line, row in zip(case.facts["lines"], rows, strict=True):
        component = case.component_of(row)
        kind, rule = component.charge.kind, component.rounding
        # an adjustment is what is missing to a limit or a step, not rounded once more
        is_adjustment = kind >= kinds.DERIVED_FROM and kind not in PERCENTAGES
        step = Decimal(1 if is_adjustment else rule.step_minor).scaleb(-case.exponent)
        exact = Decimal(line["quantity"].replace(",", "")) * Decimal(line["price"])
        above, _, below = str(line.get("time", "1")).partition("/")
        exact = exact * Decimal(line.get("factor", "1")) * Decimal(above) / Decimal(below or 1)
        rounded = (exact / step).quantize(Decimal(1), rounding=MODES[rule.mode]) * step
        assert rounded == Decimal(line["amount"]), line


def test_the_published_results_are_met(case: Rated) -> None:
    printed: dict[str, Any] = case.facts.get("published", {})
    if not printed:
        assert "Derived" in case.facts.get("note", "") or case.facts["source"] == "own"
    differences = [abs(case.ours(what) - Decimal(text)) for what, text in printed.items()]
    tolerance = Decimal(case.facts.get("tolerance", "0"))
    assert all(difference <= tolerance for difference in differences)
    assert ("tolerance" in case.facts) == any(differences)


def test_results_printed_in_another_currency_are_met(case: Rated) -> None:
    """At the rate the file states, to its last digit."""
    other = case.facts.get("published_in_other_currency")
    if other is None:
        return
    difference = abs(case.ours("total") / Decimal(other["rate"]) - Decimal(other["amount"]))
    assert difference <= Decimal(other["tolerance"])


def test_a_case_says_what_it_is_and_where_it_is_from(case: Rated) -> None:
    assert case.facts["title"]
    assert case.facts["source"] == "own" or case.facts["source"].startswith(("http://", "https://"))


@pytest.mark.parametrize("path", sorted(case_file.LIBRARY.rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_library_file_says_it_is_an_example_and_where_it_is_from(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# Example, not a valid price")
    read = document.load_yaml(text)
    assert read.source
    assert read.code == "-".join([read.region, *path.stem.upper().split("-")])


def test_the_order_of_usages_in_a_file_means_nothing(case: Rated) -> None:
    shuffled = case.frame().sample(fraction=1, shuffle=True, seed=3)
    assert engine.rate(shuffled, case.book).equals(case.rows)


def test_all_cases_together_in_one_book_cost_what_they_cost_alone() -> None:
    """A run has many tariffs and usages with many columns; none changes what another one costs."""
    cases = [rated(path) for path in CASES]
    whole = book.of_documents([known for case in cases for known in case.documents.values()])
    frames, before = [], 0
    for number, case in enumerate(cases):
        frames.append(case.frame().with_columns(_usage_id(number), pl.col("tariff_version_id") + before))
        before += len(case.book.versions)
    lines = engine.rate(pl.concat(frames, how="diagonal"), whole)
    alone = pl.concat(case.rows.with_columns(_usage_id(number)) for number, case in enumerate(cases))
    assert lines.drop("tariff_version_id").equals(alone.drop("tariff_version_id"))


def _usage_id(number: int) -> pl.Expr:
    return pl.col("usage_id") + number * 1000
