"""The text of a tariff document: YAML with limits, brought to plain JSON values."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import yaml

from meterbook.rating import faults

LARGEST_TEXT = 1_000_000
_DEEPEST = 20
_WIDE_MARKS = "，：“”"


class _Loader(yaml.SafeLoader):
    """Safe YAML without what surprises: no aliases (they can explode), no key twice, not too deep."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose one node; YAMLError for an alias or for nesting no tariff needs."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.constructor.ConstructorError(None, None, "aliases are not allowed", _mark(self))
        if self.depth >= _DEEPEST:
            raise yaml.constructor.ConstructorError(None, None, "nested too deeply", _mark(self))
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 -- PyYAML's
        """Construct one mapping; YAMLError for a key that stands there twice."""
        names = [key.value for key, _ in node.value]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"{twice!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep=deep)


# Days stay text: what is no day is then found with its place in the document, not as broken YAML.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _mark(loader: _Loader) -> yaml.Mark | None:
    event = loader.peek_event()  # type: ignore[no-untyped-call] # as published
    mark: yaml.Mark | None = event.start_mark
    return mark


def read_yaml(text: str) -> dict[str, Any]:
    """YAML (or JSON) text as plain JSON values: what `document.parse` takes and a database can keep.

    Dates become "YYYY-MM-DD". TariffError for text that is not one mapping, is longer than a million
    characters, uses aliases, or says a key twice.
    """
    if len(text) > LARGEST_TEXT:
        raise faults.fail("$", f"longer than {LARGEST_TEXT} characters")
    try:
        value = yaml.load(text, Loader=_Loader)  # noqa: S506 -- a SafeLoader, made stricter
    except (yaml.YAMLError, ValueError) as error:
        raise faults.fail("$", f"not readable as YAML: {error}{_advice(error, text)}") from error
    if not isinstance(value, dict):
        raise faults.fail("$", "not a mapping of names to values")
    return plain(value)


def _advice(error: Exception, text: str) -> str:
    """What to do about the usual slips; empty where the line shows none of them."""
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    if mark is None:
        return ""
    line = "".join(text.splitlines()[mark.line : mark.line + 1])
    if "\t" in line[: mark.column + 1]:
        return "\nindent with spaces, not with tabs"
    if any(sign in line for sign in _WIDE_MARKS):
        return f"\nonly , and : and quotes of the plain keyboard mean something to YAML, not {_WIDE_MARKS}"
    if isinstance(error, yaml.scanner.ScannerError) and "values are not allowed" in str(error.problem):
        return "\na text with a colon needs quotes around it"
    return ""


def plain(document: Mapping[Any, Any]) -> dict[str, Any]:
    """The document as plain JSON values; TariffError where a number is a binary fraction."""
    found: list[faults.Fault] = []
    value = _plain(document, path="$", found=found)
    if found:
        raise faults.TariffError(tuple(found))
    assert isinstance(value, dict)
    return value


def fingerprint(document: Mapping[str, Any]) -> str:
    """SHA-256 of the document's content: spaces, comments and the order of keys don't count."""
    canonical = json.dumps(plain(document), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(value: object, *, path: str, found: list[faults.Fault]) -> object:
    match value:
        case Mapping():
            names = [key for key in value if not isinstance(key, str)]
            found.extend(faults.Fault(path=path, reason=f"name {name!r} must be text") for name in names)
            return {str(key): _plain(item, path=f"{path}.{key}", found=found) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item, path=f"{path}[{place}]", found=found) for place, item in enumerate(value)]
        case str() | int() | None:
            return value
        case dt.date() if not isinstance(value, dt.datetime):
            return value.isoformat()
        case float():
            reason = f'{value} must be text in quotes, like "{value}"'
        case _:
            reason = f"{type(value).__name__} has no place in a tariff"
    found.append(faults.Fault(path=path, reason=reason))
    return None
