"""`meterbook import` as scripts use it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from meterbook.application import spreadsheets
from meterbook.domain.agreements import models as agreements
from meterbook.domain.imports import models as imports
from meterbook.interfaces.cli import console, import_customers
from tests.builders import records
from tests.integration.imports import workbooks


@pytest.fixture(autouse=True)
def _founded(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*, role: str = "job") -> None:
        """Django is ready in tests."""

    monkeypatch.setattr(console, "django_setup", nothing)
    records.world()
    records.tariff()


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(import_customers.app, [str(word) for word in words])


def answer(result: Result) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(result.stdout)
    return said


def test_a_good_file_is_imported_once(tmp_path: Path) -> None:
    file = tmp_path / "customers.xlsx"
    file.write_bytes(workbooks.workbook([workbooks.row(n) for n in range(1, 4)]))
    dry = run(file, "--dry-run", "--json")
    assert (dry.exit_code, answer(dry)["state"], answer(dry)["rows"]) == (0, "CHECKED", 3)
    assert imports.ImportFile.objects.count() == agreements.Account.objects.count() == 0
    for is_repeat in (False, True):
        done = run(file, "--json")
        assert done.exit_code == 0
        assert answer(done) == {
            "state": "APPLIED",
            "rows": 3,
            "accounts": 3,
            "unchanged": 0,
            "errors": 0,
            "is_repeat": is_repeat,
        }
    assert agreements.Account.objects.count() == 3


def test_wrong_rows_end_with_2_named_and_in_a_workbook(tmp_path: Path) -> None:
    file, wrong = tmp_path / "customers.xlsx", tmp_path / "wrong.xlsx"
    file.write_bytes(workbooks.workbook([workbooks.row(1), workbooks.row(2, digits="x")]))
    result = run(file, "--errors", wrong)
    assert result.exit_code == 2
    assert "Row 3" in result.stderr
    assert "Digits x: not a number" in result.stderr
    assert len(spreadsheets.read_sheet(content=wrong.read_bytes()).rows) == 1
    assert agreements.Account.objects.count() == 0
    assert answer(run(file, "--json"))["first_errors"][0]["row"] == 3


def test_what_is_no_table_or_no_file_ends_with_2(tmp_path: Path) -> None:
    for content in (b"", b"PK\x03\x04", None):
        file = tmp_path / "f.xlsx"
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_bytes(content)
        result = run(file)
        assert isinstance(result.exception, console.CommandError)
        assert result.exception.exit_code == console.WRONG_USE


def test_the_template_is_written(tmp_path: Path) -> None:
    file = tmp_path / "t.xlsx"
    assert run(file, "--template").exit_code == 0
    assert "Meter no." in spreadsheets.read_sheet(content=file.read_bytes()).headings
