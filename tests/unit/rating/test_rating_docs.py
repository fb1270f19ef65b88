"""docs/reference/rating.md says what the engine does: its examples are bills, its tables the engine's own."""

import re
from pathlib import Path

import pytest
import yaml

from meterbook.rating import checks, columns, engine
from tests.golden import case_file

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "rating.md"
TEXT = REFERENCE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.DOTALL)
SECTIONS = dict(re.findall(r"^## ([^\n]*)\n(.*?)(?=^## |\Z)", TEXT, flags=re.DOTALL | re.MULTILINE))
OF_CASE = {"usages", "lines", "total", "tariffs"}


def rows(section: str) -> list[list[str]]:
    """The cells of the tables of a section, head and rule left out."""
    lines = [line for line in SECTIONS[section].splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    heads = {place for place, row in enumerate(cells) if set(row[0]) == {"-"}}
    return [row for place, row in enumerate(cells) if place not in heads and place + 1 not in heads]


def named(section: str) -> set[str]:
    """What stands between backticks in the first cells; `a_1` ... `a_6` are six names."""
    cells = [row[0] for row in rows(section)]
    spans = (re.match(r"`(\D+)1(\D+)` \.\.\. ", cell) for cell in cells)
    found = {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}
    return found | {f"{span[1]}{band}{span[2]}" for span in spans if span for band in columns.BANDS}


def case(block: str, *, folder: Path) -> case_file.Case:
    """An example as a golden case."""
    facts = yaml.safe_load(block)
    tariff = {name: value for name, value in facts.items() if name not in OF_CASE}
    path = folder / "case.yaml"
    path.write_text(yaml.safe_dump({"tariff": tariff, **facts}, allow_unicode=True), encoding="utf-8")
    return case_file.Case(path)


@pytest.mark.parametrize("block", BLOCKS)
def test_examples_are_bills(block: str, tmp_path: Path) -> None:
    example = case(block, folder=tmp_path)
    lines = engine.rate(example.frame(), example.book)
    expected = example.expected()
    found = example.found(lines)
    said = [{name: line[name] for name in pencil} for line, pencil in zip(found, expected, strict=True)]
    assert said == expected
    assert lines["amount_minor"].sum() == example.minor(example.facts["total"])


def test_there_is_an_example_for_every_rule() -> None:
    without = {name for name, text in SECTIONS.items() if "```yaml" not in text}
    assert without == {
        "The order",
        "What goes in",
        "What comes out",
        "Which day decides",
        "When a usage can't be rated",
        "Limits",
    }


def test_the_steps_are_the_engines() -> None:
    stated = [(step.strip("`"), reason) for _, step, reason in rows("The order")]
    assert stated == [(step.name, step.reason) for step in engine.STEPS]


def test_every_column_is_described() -> None:
    assert named("What goes in") == {*columns.USAGE.columns, *columns.USAGE_MORE.columns}
    assert named("What comes out") == {*columns.LINES.columns}


def test_every_reason_is_described_in_the_order_of_its_finding() -> None:
    stated = [row[0].strip("`") for row in rows("When a usage can't be rated")]
    assert stated == [code.value for code in engine.UnratableCode]


def test_limits_are_the_engines() -> None:
    said = {row[0]: row[1] for row in rows("Limits")}
    assert said["days of a usage"] == str(checks.MOST_DAYS)
    assert said["tier factor"] == str(checks.MOST_FACTOR)
