"""Why a value doesn't fit the schema, in words for a tariff officer."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jsonschema

# these speak of names in a mapping, not of the mapping
OF_NAMES = frozenset({"additionalProperties", "unevaluatedProperties"})
_TYPES = {
    "string": "text in quotes",
    "integer": "a whole number without quotes",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping of names to values",
    "null": "null",
}
# which other name decides whether a name may stand beside it; for all others the kind of charge
_DECIDED_BY = {
    "part_season": "per",
    "reading": "split",
    "round_to": "split",
    "add": "rule",
    "per_person": "rule",
    "once": "rule",
}
# a component may leave to its seasons what it needs
_ELSEWHERE = frozenset({"seasons"})
_LONGEST = 60


def reason(error: "jsonschema.ValidationError", *, around: Mapping[str, Any]) -> str:
    """The reason for one error; `around` is the mapping the value stands in."""
    if error.validator == "not":
        return _unwanted(error, around=around)
    return _REASONS[str(error.validator)](error)


def unknown_name(name: str, *, known: Iterable[str], value: object) -> str:
    """The reason for a name the format doesn't have, with the one that may have been meant."""
    if value is None:  # {zh: 居民, 预付费} is a name without a value to YAML
        return "is not a name of this format; a comma inside {...} needs quotes around the text"
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return "is not a name of this format" + (f"; do you mean {near[0]}?" if near else "")


def _stated(error: "jsonschema.ValidationError") -> Any:
    """What the schema states for the keyword that failed."""
    return error.validator_value


def _instance(error: "jsonschema.ValidationError") -> Any:
    return error.instance


def _unwanted(error: "jsonschema.ValidationError", *, around: Mapping[str, Any]) -> str:
    """Names that don't go together, or one that doesn't go with what another one decides."""
    if _stated(error):
        return f"{' and '.join(_stated(error)['required'])} exclude each other"
    deciding = _DECIDED_BY.get(str(error.absolute_path[-1]), "kind")
    return f"does not belong to {deciding} {around[deciding]}"


def _missing(error: "jsonschema.ValidationError") -> str:
    names = [name for name in _stated(error) if name not in _instance(error)]
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} missing"


def _alternatives(error: "jsonschema.ValidationError") -> str:
    """Which of several names is asked for, or which types."""
    options = _stated(error)
    names = [name for option in options for name in option.get("required", ()) if name not in _ELSEWHERE]
    if names:
        return f"{' or '.join(names)} is missing"
    types = [_stated(child) for child in error.context or () if child.validator == "type"]
    return "must be " + " or ".join(_TYPES[name] for name in types)


def _wrong_type(error: "jsonschema.ValidationError") -> str:
    wanted = _TYPES[_stated(error)]
    if _stated(error) == "string" and isinstance(error.instance, int):
        return f'{error.instance} must be {wanted}, like "{error.instance}"'
    if _stated(error) == "array" and isinstance(error.instance, str):
        return f'must be {wanted}, like ["{_shown(error.instance)}"]'
    required = error.schema.get("required", ())  # type: ignore[union-attr] # a type is stated in a mapping
    if _stated(error) == "object" and required:
        return f"must be {wanted}, like {{{', '.join(f'{name}: ...' for name in required)}}}"
    return f"must be {wanted}"


def _wrong_text(error: "jsonschema.ValidationError") -> str:
    schema: Mapping[str, str] = error.schema  # type: ignore[assignment] # texts with a pattern have a title
    return f"{_shown(error.instance)!r} is not {schema['title']}"


def _not_one_of(error: "jsonschema.ValidationError") -> str:
    known = [str(value) for value in _stated(error)]
    meant = [f"; do you mean {word}?" for word in known if _letters(word) == _letters(str(error.instance))]
    return f"{_shown(error.instance)} is not one of {', '.join(known)}{''.join(meant)}"


def _letters(word: str) -> str:
    """The word without case, spaces and signs: what "per unit" and PER_UNIT share."""
    return "".join(sign for sign in word.upper() if sign.isalnum())


def _shown(value: object) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


_REASONS: Mapping[str, Callable[["jsonschema.ValidationError"], str]] = {
    "required": _missing,
    "anyOf": _alternatives,
    "type": _wrong_type,
    "pattern": _wrong_text,
    "enum": _not_one_of,
    "const": lambda error: f"must be {_stated(error)}",
    "minimum": lambda error: f"must be at least {_stated(error)}",
    "maximum": lambda error: f"must be at most {_stated(error)}",
    "minLength": lambda _: "is empty",
    "maxLength": lambda error: f"is longer than {_stated(error)} characters",
    "minItems": lambda error: f"needs at least {_stated(error)}",
    "maxItems": lambda error: f"has more than {_stated(error)}",
    "minProperties": lambda error: f"needs at least {_stated(error)}",
    "uniqueItems": lambda _: "names something twice",
}
