"""The product's source as syntax trees, for the tests of the house."""

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "meterbook"


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file of the product."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """Its path below the package, with slashes."""
        return self.path.relative_to(PACKAGE).as_posix()

    @property
    def room(self) -> str:
        """The top folder: kernel, rating, domain, ..."""
        return self.name.split("/")[0]

    @property
    def subject(self) -> str | None:
        """The domain package it belongs to."""
        parts = self.name.split("/")
        return parts[1] if parts[0] == "domain" and len(parts) > 2 else None

    def at(self, node: ast.AST) -> str:
        """Where a node stands, for messages."""
        return f"{self.name}:{getattr(node, 'lineno', 0)}"


@functools.cache
def modules() -> tuple[Module, ...]:
    """Every module of the product but the migrations."""
    return tuple(
        Module(path=path, text=text, tree=ast.parse(text))
        for path in sorted(PACKAGE.rglob("*.py"))
        if "migrations" not in path.parts and (text := path.read_text(encoding="utf-8")) is not None
    )


def functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a module."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def dotted(node: ast.AST) -> str:
    """`a.b.c` for a chain of names and attributes, calls in between left out; else ''."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    if isinstance(node, ast.Call):
        return dotted(node.func)
    return ""


def imports(module: Module) -> dict[str, str]:
    """Local name -> full dotted name of what a module imports."""
    found = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
        elif isinstance(node, ast.Import):
            found.update({alias.asname or alias.name: alias.name for alias in node.names})
    return found
