"""The books beside the older system: alike right after the import, and every later difference named."""

import datetime
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from typer.testing import CliRunner

from meterbook.application import import_customers
from meterbook.interfaces.cli import console
from meterbook.interfaces.cli import import_customers as command
from meterbook.reporting import migration_audit
from tests.builders import records
from tests.integration.imports import workbooks

TODAY = datetime.date(2026, 1, 15)
pytestmark = pytest.mark.usefixtures("db", "_founded")


@pytest.fixture
def _founded() -> None:
    records.world()
    records.tariff()


def rows(**changes: Any) -> list[dict[str, Any]]:
    """Two meters: one owes since long and one has paid in advance."""
    return [
        workbooks.row(1, account_no="K1", owed_milli="86.4", owed_due_on="2025-11-30", **changes),
        workbooks.row(2, account_no="K2", prepaid_milli="50", initial_milli="7"),
    ]


def old(content: bytes) -> pl.DataFrame:
    return import_customers.old_balances(actor=records.system(), content=content, today=TODAY)


def bring(content: bytes) -> None:
    kept = import_customers.check_file(
        actor=records.system(), name="旧.xlsx", content=content, now=records.NOW, today=TODAY
    )
    import_customers.apply_file(
        actor=records.system(), import_id=kept.import_id, now=records.NOW, today=TODAY
    )


def test_right_after_the_import_both_sides_are_alike() -> None:
    content = workbooks.workbook(rows())
    bring(content)
    audit = migration_audit.compare(old=old(content), today=TODAY)
    assert audit.agrees
    (total,) = audit.totals
    assert (total.station, total.utility) == (records.STATION_A, 1)
    assert total.ours == migration_audit.Figures(
        meters=2,
        accounts=2,
        register_milli=19_500,
        owed_minor=8640,
        prepaid_minor=5000,
        ages=(0, 0, 8640, 0, 0),
    )


def test_every_difference_is_named_at_its_meter() -> None:
    bring(workbooks.workbook(rows()))
    said = rows(initial_milli="13")
    said[0] |= {"owed_milli": "80", "account_no": "K9"}
    said[1] = workbooks.row(3, account_no="K3")
    audit = migration_audit.compare(old=old(workbooks.workbook(said)), today=TODAY)
    found = {(one.kind.value, one.serial_no, one.old, one.ours) for one in audit.differences}
    assert found == {
        ("METER_MISSING", "W0000003", "W0000003", None),
        ("METER_EXTRA", "W0000002", None, "W0000002"),
        ("ACCOUNT_NO", "W0000001", "K9", "K1"),
        ("REGISTER", "W0000001", 13_000, 12_500),
        ("OWED", "W0000001", 8000, 8640),
    }
    assert not audit.agrees


def test_credit_is_compared_once_for_an_account_and_named_where_it_differs() -> None:
    bring(workbooks.workbook(rows()))
    said = rows()
    said[1]["prepaid_milli"] = "49.99"
    audit = migration_audit.compare(old=old(workbooks.workbook(said)), today=TODAY)
    assert [(one.kind, one.old, one.ours) for one in audit.differences] == [
        (migration_audit.Difference.PREPAID, 4999, 5000)
    ]


def test_the_page_and_the_command_show_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "django_setup", lambda **_options: None)
    content = workbooks.workbook(rows())
    browser = Client(headers={"accept-language": "zh-hans"})
    browser.force_login(records.staff(role="SUPERVISOR", unit_id=records.world().station_a))
    page = browser.post(reverse("imports"), {"file": SimpleUploadedFile("旧.xlsx", content)})["Location"]
    before = browser.get(f"{page}audit/").content.decode()
    assert "W0000001" in before
    file = tmp_path / "old.xlsx"
    file.write_bytes(content)
    result = CliRunner().invoke(command.app, [str(file), "--audit", "--json"])
    assert (result.exit_code, json.loads(result.stdout)["differences"]) == (1, 2)
    bring(content)
    after = browser.get(f"{page}audit/").content.decode()
    assert "W0000001" not in after
    assert "86.40" in after
    assert CliRunner().invoke(command.app, [str(file), "--audit"]).exit_code == 0
