"""The form of a document: the JSON Schema beside this package, its faults in words for a tariff officer."""

import functools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any

from meterbook.rating import faults
from meterbook.rating.reading import nodes, wording

if TYPE_CHECKING:
    import jsonschema

_COMPONENT = "component"
_NOT_HERE: dict[str, Any] = {"not": {}}


@functools.cache
def schema() -> dict[str, Any]:
    """The published JSON Schema of the document."""
    text = resources.files("meterbook.rating").joinpath("tariff.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def check(plain: dict[str, Any]) -> None:
    """TariffError with all faults of form of a whole document."""
    found = {
        faults.Fault(path=_path("$", place), reason=reason)
        for place, reason in _faults(plain, validator=_validator())
    }
    if found:
        raise faults.TariffError(tuple(sorted(found, key=_in_order)))


def check_component(record: nodes.Record) -> None:
    """TariffError with all faults of form of a component put together from several places."""
    plain = {name: node.value for name, node in record.nodes.items()}
    found = (
        faults.Fault(path=_path(*_stands(place, record)), reason=reason)
        for place, reason in _faults(plain, validator=_validator(_COMPONENT))
    )
    unique = tuple(dict.fromkeys(found))
    if unique:
        raise faults.TariffError(unique)


def fields_of(kind: str) -> frozenset[str]:
    """Every name a component of this kind may have."""
    definitions = schema()["$defs"]
    own = definitions[kind]["properties"]
    common = definitions[_COMPONENT]["properties"]
    return frozenset(name for name in {*own, *common} if own.get(name) != _NOT_HERE)


@functools.cache
def _validator(definition: str | None = None) -> "jsonschema.Draft202012Validator":
    import jsonschema  # a quarter of a second that only checking a document costs

    # as published `$` lets a line end pass behind the text
    whole_texts: type[jsonschema.Draft202012Validator] = jsonschema.validators.extend(  # type: ignore[no-untyped-call] # as published
        jsonschema.Draft202012Validator, {"pattern": _pattern}
    )
    if definition is None:
        return whole_texts(schema())
    return whole_texts({"$defs": schema()["$defs"], "$ref": f"#/$defs/{definition}"})


def _pattern(_: object, pattern: str, text: object, __: object) -> "Iterator[jsonschema.ValidationError]":
    import jsonschema

    if isinstance(text, str) and not re.fullmatch(pattern, text):
        yield jsonschema.ValidationError(f"not {pattern}")


def _faults(
    plain: dict[str, Any], *, validator: "jsonschema.Draft202012Validator"
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Place and reason of each fault."""
    for outer in validator.iter_errors(plain):
        for error in _innermost(outer):
            place = tuple(error.absolute_path)
            if error.validator in wording.OF_NAMES:
                for name, reason in _names(error):
                    yield (*place, name), reason
            else:
                yield place, wording.reason(error, around=_around(plain, place))


def _innermost(error: "jsonschema.ValidationError") -> "Iterable[jsonschema.ValidationError]":
    """The errors worth reading: where there are several forms, those of the form that was meant."""
    branches: dict[object, list[jsonschema.ValidationError]] = {}
    for child in error.context or ():
        branches.setdefault(child.relative_schema_path[0], []).append(child)
    meant = [found for found in branches.values() if not any(_is_other_type(child) for child in found)]
    if len(meant) != 1:
        yield error
        return
    for child in meant[0]:
        yield from _innermost(child)


def _is_other_type(error: "jsonschema.ValidationError") -> bool:
    return error.validator == "type" and not error.relative_path


def _names(error: "jsonschema.ValidationError") -> Iterator[tuple[str, str]]:
    """Names that have no place where they stand, each with the reason."""
    instance: dict[str, Any] = error.instance  # type: ignore[assignment] # only mappings have names
    known: Iterable[str] = error.schema["properties"]  # type: ignore[index] # a mapping: it has these names
    if error.validator == "unevaluatedProperties":
        known = _fields_of_any_kind()
        yield from _foreign(instance, known=known)
    for name, value in instance.items():
        if name not in known:
            yield name, wording.unknown_name(name, known=known, value=value)


def _foreign(component: dict[str, Any], *, known: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Names that only components of other kinds have; nothing while the kind itself is wrong."""
    kind = component.get("kind")
    if isinstance(kind, str) and kind in _kinds():
        foreign = (name for name in component if name in known and name not in fields_of(kind))
        yield from ((name, f"does not belong to kind {kind}") for name in foreign)


@functools.cache
def _fields_of_any_kind() -> frozenset[str]:
    return frozenset().union(*(fields_of(kind) for kind in _kinds()))


def _kinds() -> list[str]:
    kinds: list[str] = schema()["$defs"]["kind"]["enum"]
    return kinds


def _around(plain: dict[str, Any], place: Sequence[str | int]) -> dict[str, Any]:
    """The mapping in which the value at `place` stands; empty for the whole and in a list."""
    value: Any = plain
    for step in place[:-1]:
        value = value[step]
    return value if place and isinstance(value, dict) else {}


def _stands(place: tuple[str | int, ...], record: nodes.Record) -> tuple[str, tuple[str | int, ...]]:
    """Where the first step of `place` leads within the document, and the steps from there."""
    node = record.get(str(place[0])) if place else None
    return (record.path, place) if node is None else (node.path, place[1:])


def _path(start: str, place: Iterable[str | int]) -> str:
    return start + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)


def _in_order(fault: faults.Fault) -> list[tuple[int, str]]:
    """Lists in the order of their places, not of their digits."""
    parts = re.split(r"\[(\d+)\]", fault.path)
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts] + [(-1, fault.reason)]
