"""What docs/reference/tariff-format.md shows is what the reader takes and the engine charges.

Whole files in it parse as they stand. Fragments and the snippets of its tables do inside a minimal document.
A comment `# usage {...}: SUM = AMOUNT` is worked out twice: the sum as it is written, and the bill by the
engine.
"""

import ast
import datetime as dt
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from meterbook.rating import document, engine
from meterbook.rating.charges import kinds
from meterbook.rating.reading import terms
from tests.golden import case_file

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "tariff-format.md"
TEXT = REFERENCE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.DOTALL)
USAGE = re.compile(r"^# usage (\{.*\}): (.*) = ([0-9.]+)$", flags=re.MULTILINE)
JANUARY = {"from": dt.date(2025, 1, 1), "until": dt.date(2025, 2, 1)}
SECTIONS = dict(re.findall(r"^## ([^\n]*)\n(.*?)(?=^## |\Z)", TEXT, flags=re.DOTALL | re.MULTILINE))

# what a snippet of a table stands in: something of every sort it may refer to
TIERED: dict[str, Any] = {
    "code": "WATER",
    "kind": "GRADUATED_TIERS",
    "tiers": [{"until": "180", "price": "1"}, {"until": "260", "price": "2"}, {"price": "3"}],
}
HEAT: dict[str, Any] = {"code": "HEAT", "kind": "AREA", "price": "26", "per": "SEASON"}
PLAIN: dict[str, Any] = {"code": "PLAIN", "kind": "PER_UNIT", "price": "4"}
BANDS = [{"code": "PEAK"}, {"code": "VALLEY"}]
AROUND = {"bands": BANDS, "heating_season": {"from": "11-15", "until": "03-16"}}
OF_AREA = {"height", "factors"}
OF_VERSION = {"effective_from", "effective_until"}


def rows(section: str) -> Iterator[list[str]]:
    """The cells of the table of a section, without its head."""
    lines = [line for line in SECTIONS[section].splitlines() if line.startswith("|")]
    for line in lines[2:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


def snippets(cell: str) -> list[Any]:
    """What stands between backticks and is a mapping."""
    found = [yaml.safe_load(text) for text in re.findall(r"`([^`]+)`", cell)]
    return [value for value in found if isinstance(value, dict)]


def whole(*found: dict[str, Any], around: Mapping[str, Any] = AROUND) -> dict[str, Any]:
    """A document of snippets: components, fields of one, or names of the tariff."""
    facts: dict[str, Any] = dict(around)
    version: dict[str, Any] = {"effective_from": "2020-01-01"}
    components = [dict(TIERED), dict(HEAT), dict(PLAIN)]
    own = []
    for number, snippet in enumerate(found, start=1):
        if "kind" in snippet:
            own.append({"code": f"OWN{number}", **snippet})
        elif snippet.keys() <= set(terms.NAMES):
            facts |= snippet
        elif snippet.keys() <= OF_VERSION:
            version |= snippet
        else:
            components[1 if snippet.keys() & OF_AREA else 2] |= snippet
    return case_file.whole_document(facts | {"versions": [{**version, "components": [*components, *own]}]})


def fragment(block: str) -> dict[str, Any]:
    """A whole document around the value of a block."""
    value = yaml.safe_load(block)
    facts = {"components": value} if isinstance(value, list) else value
    return case_file.whole_document(facts)


def is_whole(block: str) -> bool:
    return block.startswith("format: 1")


def test_the_document_has_examples() -> None:
    assert len([block for block in BLOCKS if is_whole(block)]) == 3
    assert len(BLOCKS) >= 20
    assert all(USAGE.search(block) for block in BLOCKS)
    assert all(USAGE.match(line) for line in TEXT.splitlines() if line.startswith("# usage"))


@pytest.mark.parametrize("block", BLOCKS)
def test_examples_parse(block: str) -> None:
    read = document.load_yaml(block) if is_whole(block) else document.parse(fragment(block))
    assert read.versions


def sums() -> Iterator[tuple[str, dict[str, Any], str, str]]:
    for block in BLOCKS:
        for usage, pencil, amount in USAGE.findall(block):
            yield block, yaml.safe_load(usage), pencil, amount


@pytest.mark.parametrize(("block", "usage", "pencil", "amount"), list(sums()))
def test_sums_are_right(block: str, usage: dict[str, Any], pencil: str, amount: str, tmp_path: Path) -> None:
    assert rounded(worked_out(pencil)) == Fraction(amount)
    assert billed(fragment(block), usage, folder=tmp_path) == Fraction(amount)


def billed(facts: dict[str, Any], usage: dict[str, Any], *, folder: Path) -> Fraction:
    """What the engine charges."""
    text = yaml.safe_dump({"tariff": facts, "usages": [{**JANUARY, **usage}]}, allow_unicode=True)
    path = folder / "case.yaml"
    path.write_text(text, encoding="utf-8")
    case = case_file.Case(path)
    lines = engine.rate(case.frame(), case.book)
    return Fraction(sum(lines["amount_minor"]), 10**case.exponent)


def rounded(amount: Fraction) -> Fraction:
    """Half up to the cent; none of the sums has two lines that are not whole cents."""
    return Fraction(int(amount * 100 + Fraction(1, 2)), 100)


OPERATORS: Mapping[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def worked_out(pencil: str) -> Fraction:
    """A sum as it is written, exactly."""

    def value(node: ast.expr) -> Fraction:
        match node:
            case ast.BinOp(left=left, op=sign, right=right):
                return OPERATORS[type(sign)](value(left), value(right))
            case ast.Constant(value=number):
                return Fraction(str(number))
        raise AssertionError(f"{ast.unparse(node)} in {pencil}")

    return value(ast.parse(pencil.replace(" x ", " * "), mode="eval").body)


SAID = [row for row in rows("The notice says, you write") if snippets(row[1])]


def test_every_row_says_what_to_write() -> None:
    without = [row for row in rows("The notice says, you write") if row[1] and not snippets(row[1])]
    told = {"the bound times 12, `tier_period: CALENDAR_YEAR`"}
    assert [row[0] for row in without if row[1] not in told] == [
        "年中立户按实际月数折算; 新方案首年按 8 个月折算",
        "滞纳金 / 违约金",
    ]


@pytest.mark.parametrize(("said", "cell"), SAID)
def test_what_a_notice_says_can_be_written(said: str, cell: str) -> None:
    found = snippets(cell)
    together = [whole(*found)] if " and " in cell or " with " in cell else [whole(one) for one in found]
    for value in together:
        assert document.parse(value).versions, said


@pytest.mark.parametrize(("written", "said", "advice"), list(rows("When a file is refused")))
def test_faults_are_said_like_this(written: str, said: str, advice: str) -> None:
    [snippet] = snippets(written)
    alone = snippet.get("kind") == "MINIMUM"
    value = case_file.whole_document({"components": [{"code": "X", **snippet}]}) if alone else None
    with pytest.raises(document.TariffError) as caught:
        document.parse(value or whole(snippet, around={}))
    assert said.strip("`") in [fault.reason for fault in caught.value.faults]
    assert advice


def test_every_kind_is_described() -> None:
    described = {name for row in rows("The kinds") for name in re.findall(r"`([A-Z_]+)`", row[0])}
    assert {kind.name for kind in kinds.ChargeKind} <= described


def test_every_name_and_word_of_the_schema_is_explained() -> None:
    schema = document.schema()
    words = set(re.findall(r"[A-Za-z_]+", TEXT))
    assert sorted(set(names_of(schema)) - words) == []


def names_of(schema: object) -> Iterator[str]:
    """Names a document may hold, and words it may choose from."""
    if isinstance(schema, dict):
        for name, part in schema.items():
            if name == "properties":
                yield from part
            if name == "enum":
                yield from (str(word) for word in part if isinstance(word, str) and not is_composed(word))
            yield from names_of(part)
    if isinstance(schema, list):
        for part in schema:
            yield from names_of(part)


def is_composed(word: str) -> bool:
    """Roundings are put together from two words that are explained."""
    return re.fullmatch("(FEN|JIAO|YUAN)_.*", word) is not None
