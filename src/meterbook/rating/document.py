"""Reading a tariff document: first its form (the JSON Schema beside this file), then its sense.

`parse` and `load_yaml` return a checked TariffDocument or raise TariffError. All faults of form are found at
once; once the form is right, the first fault of every component and version. The parts are in `reading`.
"""

from collections.abc import Mapping
from typing import Any

from meterbook.rating import source, tariff
from meterbook.rating.faults import Fault, TariffError
from meterbook.rating.reading import checks, form, nodes, versions
from meterbook.rating.reading.form import schema

__all__ = ["Fault", "TariffError", "load_yaml", "parse", "schema", "split_versions"]


def load_yaml(text: str) -> tariff.TariffDocument:
    """Read a document from YAML or JSON text; TariffError names every fault."""
    return parse(source.read_yaml(text))


def parse(document: Mapping[str, Any]) -> tariff.TariffDocument:
    """Read a document from plain values (see `source.read_yaml`); TariffError names every fault."""
    plain = source.plain(document)
    form.check(plain)
    whole = nodes.Node(path="$", value=plain).record()
    found = nodes.each(lambda node: versions.read(node, document=whole), whole["versions"].items())
    checks.check_order(found)
    return tariff.TariffDocument(
        code=plain["code"],
        names=tariff.Names(**plain["names"]),
        utility=tariff.Utility(plain["utility"]),
        customer_class=plain["customer_class"],
        region=plain["region"],
        currency=plain["currency"],
        unit=plain["unit"],
        source=tuple(plain["source"]),
        grade=plain["grade"],
        note=plain.get("note", ""),
        versions=found,
    )


def split_versions(document: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """The document once for each of its versions, each holding only that one: what is stored per version."""
    plain = source.plain(document)
    return tuple({**plain, "versions": [entry]} for entry in plain["versions"])
