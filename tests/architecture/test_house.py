"""The conventions of the house, kept by tests and not by good intentions. `lint-imports` keeps the layers."""

import ast
import re
import sys
from collections.abc import Iterator

import pytest

from tests.architecture import source

LONGEST_FUNCTION = 50
LONGEST_FILE = 400
MOST_ARGUMENTS = 10  # above this a dataclass is missing
PURE_OF_CLOCK = {"kernel", "rating", "domain", "application", "reporting"}
CLOCKS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "datetime.datetime.now",
    "datetime.datetime.utcnow", "datetime.date.today", "timezone.now", "time.time", "time.monotonic",
}  # fmt: skip
MONEY = re.compile(r"minor|milli|micro|amount|price|quantity|balance|money", re.IGNORECASE)
WRITES = {
    "create", "bulk_create", "update", "delete", "get_or_create", "update_or_create", "bulk_update", "save",
}  # fmt: skip
FILES_OF_A_SUBJECT = {
    "__init__.py", "apps.py", "rules.py", "ports.py", "models.py", "queries.py", "bulk.py", "postings.py",
    "operations.py", "README.md", "migrations",
}  # fmt: skip
PART_OF_RULES = re.compile(r"rules_[a-z]+\.py")  # decision 0011
PART = re.compile(r"(rules|queries|operations)_[a-z]+\.py")
# Low to high, as .importlinter says for the whole files; parts stand where their file stands.
PLACES = {"rules": 0, "models": 0, "ports": 0, "queries": 1, "bulk": 1, "postings": 2, "operations": 3}
WRITING_SQL = re.compile(
    r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO)\s+([a-z]+)_[a-z]+", re.IGNORECASE
)
MAY_OPEN_TRANSACTIONS = {"application/transaction.py", "config/provision.py"}

MODULES = source.modules()


def test_functions_fit_on_a_screen() -> None:
    long = [
        f"{module.at(function)} {function.name}: {length} lines"
        for module in MODULES
        for function in source.functions(module)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    ]
    assert not long


def test_files_are_small() -> None:
    assert not [f"{m.name}: {n} lines" for m in MODULES if (n := m.text.count("\n")) > LONGEST_FILE]


def test_functions_take_few_arguments() -> None:
    assert not [
        f"{module.at(function)} {function.name}: {count} arguments"
        for module in MODULES
        for function in source.functions(module)
        if (count := len(function.args.kwonlyargs) + len(function.args.args)) > MOST_ARGUMENTS
    ]


def test_no_float_in_sums() -> None:
    """Below the edge there is no float literal and no `float` at all."""
    wrong = [
        module.at(node)
        for module in MODULES
        if module.room in {"kernel", "rating", "domain", "application", "reporting"}
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (
            isinstance(node, ast.Name)
            and node.id == "float"
            and isinstance(node.ctx, ast.Load)
            and _is_called(node, module)
        )
    ]
    assert not wrong


def _is_called(name: ast.Name, module: source.Module) -> bool:
    return any(isinstance(call, ast.Call) and call.func is name for call in ast.walk(module.tree))


def test_money_is_divided_only_in_the_kernel() -> None:
    wrong = [
        module.at(node)
        for module in MODULES
        if module.room != "kernel"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and MONEY.search(ast.unparse(node))
    ]
    assert not wrong


def test_no_clock_below_the_edge() -> None:
    wrong = [
        f"{module.at(node)} {called}"
        for module in MODULES
        if module.room in PURE_OF_CLOCK
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and any(
            (called := source.dotted(node.func)) == clock or called.endswith(f".{clock}") for clock in CLOCKS
        )
    ]
    assert not wrong


def test_only_one_place_in_interfaces_reads_the_day() -> None:
    days = {
        "date.today",
        "datetime.date.today",
        "datetime.now",
        "datetime.datetime.now",
        "timezone.now",
        "timezone.localdate",
    }
    wrong = [
        f"{module.at(node)} {called}"
        for module in MODULES
        if module.room == "interfaces" and module.name != "interfaces/clock.py"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and (called := source.dotted(node.func)) in days
    ]
    assert not wrong


def test_only_the_owner_writes_its_tables() -> None:
    assert not list(_foreign_writes())


def _foreign_writes() -> Iterator[str]:
    """Writes through another subject's models, by the ORM or by SQL."""
    for module in MODULES:
        names = source.imports(module)
        for node in ast.walk(module.tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in WRITES
            ):
                chain = source.dotted(node.func)
                full = names.get(chain.split(".")[0], "")
                owner = re.match(r"meterbook\.domain\.(\w+)", full)
                if owner and ".objects" in chain and owner[1] != module.subject and module.room != "config":
                    yield f"{module.at(node)} {chain}"
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and module.room != "config":
                for table in WRITING_SQL.findall(node.value):
                    if table.lower() in _subjects() and table.lower() != module.subject:
                        yield f"{module.at(node)} writes {table}_…"


def _subjects() -> set[str]:
    return {m.subject for m in MODULES if m.subject}


def test_writes_stand_in_operations_and_bulk() -> None:
    wrong = [
        f"{module.at(node)} {chain}"
        for module in MODULES
        if module.subject and _place(module.path.stem) not in {"operations", "bulk"}
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and ".objects" in (chain := source.dotted(node.func))
        and chain.split(".")[-1] in WRITES
    ]
    assert not wrong


def test_transactions_are_opened_in_one_place() -> None:
    wrong = [
        module.at(node)
        for module in MODULES
        if module.name not in MAY_OPEN_TRANSACTIONS and module.room != "adapters"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and source.dotted(node.func).endswith(("transaction.atomic", "set_autocommit"))
    ]
    assert not wrong


def test_no_exception_is_swallowed() -> None:
    wrong = [
        module.at(node)
        for module in MODULES
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or source.dotted(node.type) in {"Exception", "BaseException"})
        and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    ]
    assert not wrong


@pytest.mark.parametrize("subject", sorted(_subjects()))
def test_subjects_have_the_same_files(subject: str) -> None:
    folder = source.PACKAGE / "domain" / subject
    names = {p.name for p in folder.iterdir()} - FILES_OF_A_SUBJECT - {"__pycache__"}
    assert not {name for name in names if not PART.fullmatch(name)}
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert 15 <= readme.count("\n") <= 60, "what it owns, what it does not, its promises, what its dates mean"


def test_parts_of_rules_import_only_what_is_pure() -> None:
    """The kernel, rating and the rules of their own subject: decision 0011."""
    parts = [module for module in MODULES if PART_OF_RULES.fullmatch(module.path.name)]
    assert parts
    wrong = [
        f"{module.name} {name}"
        for module in parts
        for name in source.imports(module).values()
        if name.split(".")[0] not in sys.stdlib_module_names
        and not re.match(rf"meterbook\.(?:kernel|rating|domain\.{module.subject}\.rules)\b", name)
        and not re.fullmatch(rf"meterbook\.domain\.{module.subject}\.rules_[a-z]+", name)
        and name != "polars"
    ]
    assert not wrong


def test_parts_keep_the_order_inside_a_subject() -> None:
    """A part of the rules, queries or operations imports what its whole file might: decision 0011."""
    wrong = [
        f"{module.name} {name}"
        for module in MODULES
        if module.subject and (own := PLACES.get(_place(module.path.stem))) is not None
        for name in source.imports(module).values()
        if name.startswith(f"meterbook.domain.{module.subject}.")
        and PLACES.get(_place(name.split(".")[3]), 0) > own
    ]
    assert not wrong


def _place(stem: str) -> str:
    return stem.partition("_")[0]


def test_every_exception_to_a_rule_says_why() -> None:
    """`noqa` and `type: ignore` carry codes and, behind them, a reason."""
    bare = re.compile(r"#\s*(?:noqa(?::\s*[A-Z0-9, ]+)?|type:\s*ignore(?:\[[\w, -]+\])?)\s*$")
    wrong = [
        f"{module.name}:{number}"
        for module in MODULES
        for number, line in enumerate(module.text.splitlines(), start=1)
        if bare.search(line)
    ]
    assert not wrong


def test_nothing_is_left_for_later() -> None:
    marks = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b|raise NotImplementedError")
    assert not [m.name for m in MODULES if marks.search(m.text)]
