"""Tariff files and usages for the tests of the commands, and a way to call them."""

import json
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner, Result

from tests.unit.rating import documents

RUNNER = CliRunner()
WATER = documents.component("WATER", documents.TIERS, name={"zh": "水费", "en": "Water"})
SEWAGE = documents.component(
    "SEWAGE", documents.PER_UNIT, name={"zh": "污水处理费", "en": "Sewage"}, tax_rate="exempt"
)


def tariff_file(folder: Path, *components: dict[str, Any], name: str = "t.yaml", **more: Any) -> Path:
    """A tariff of one version in a file."""
    return written(folder, documents.whole(*components, **more), name=name)


def written(folder: Path, document: dict[str, Any], *, name: str = "t.yaml") -> Path:
    """A document in a file."""
    path = folder / name
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def usage_file(folder: Path, *rows: str, more: str = "", name: str = "u.csv") -> Path:
    """Usages of January 2025: account, quantity, before, and what `more` names."""
    head = f"account,period_from,period_until,quantity,before{more}"
    lines = []
    for row in rows:
        account, rest = row.split(",", 1)
        lines.append(f"{account},2025-01-01,2025-02-01,{rest}")
    path = folder / name
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


def call(app: typer.Typer, *words: object) -> Result:
    """Run a command line."""
    return RUNNER.invoke(app, [str(word) for word in words])
