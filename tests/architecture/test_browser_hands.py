"""Browser tests strike keys and change pages by the helpers of their conftest, which wait."""

import ast

from tests.architecture import source

FOLDER = source.ROOT / "tests" / "browser"
HELPERS = "conftest.py"
# What loses keys on a page that still loads, or goes on on the page before.
RAW = {"keyboard.press", "keyboard.type", "keyboard.down", "keyboard.up", "expect_navigation"}
# Nobody knows how long is long enough; one test has to let a pause pass, as a person pauses before a scan.
PAUSES = {"test_till.py": 1}


def _called(name: str, wanted: set[str]) -> list[str]:
    tree = ast.parse((FOLDER / name).read_text(encoding="utf-8"))
    return [
        f"{name}:{call.lineno} {dotted}"
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and (dotted := source.dotted(call.func))
        and any(dotted.endswith(f".{ending}") for ending in wanted)
    ]


def _names() -> list[str]:
    return sorted(file.name for file in FOLDER.glob("*.py"))


def test_keys_are_struck_by_helpers_that_wait() -> None:
    assert _called(HELPERS, RAW), "the helpers are found where they stand"
    assert [found for name in _names() if name != HELPERS for found in _called(name, RAW)] == []


def test_nothing_waits_for_a_while() -> None:
    pauses = {name: len(found) for name in _names() if (found := _called(name, {"wait_for_timeout"}))}
    assert pauses == PAUSES
