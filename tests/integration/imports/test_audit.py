"""The books beside the older system: alike right after the import, and every later difference named."""

import dataclasses
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

from meterbook.application import actor as actors
from meterbook.application import import_comparison, import_customers, spreadsheets, transaction
from meterbook.domain.billing import models as billing
from meterbook.domain.imports import models, rules
from meterbook.interfaces import audit_words
from meterbook.interfaces.cli import console
from meterbook.interfaces.cli import import_customers as command
from meterbook.reporting import migration_accounts, migration_audit, migration_kept
from tests.builders import records
from tests.integration.imports import workbooks

TODAY = datetime.date(2026, 1, 15)
SHOWN = migration_kept.SHOWN_DIFFERENCES
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


def bring(content: bytes, *, by: actors.Actor | None = None) -> int:
    actor = by or records.system()
    kept = import_customers.check_file(
        actor=actor, name="旧.xlsx", content=content, now=records.NOW, today=TODAY
    )
    import_customers.apply_file(actor=actor, import_id=kept.import_id, now=records.NOW, today=TODAY)
    return kept.import_id


def compared(import_id: int, *, by: actors.Actor, at: datetime.datetime) -> import_comparison.Comparison:
    import_comparison.work_out(actor=by, import_id=import_id, now=lambda: at, today=TODAY)
    found = latest(import_id, by=by)
    assert found is not None
    return found


def latest(import_id: int, *, by: actors.Actor) -> import_comparison.Comparison | None:
    with transaction.reading(actor=by):
        return import_comparison.latest(actor=by, import_id=import_id)


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
    nothing = browser.get(f"{page}audit/").content.decode()
    assert f"{page}audit/again" in nothing
    assert browser.get(f"{page}comparison.xlsx").status_code == 404
    browser.post(f"{page}audit/again")
    before = browser.get(f"{page}audit/").content.decode()
    assert "W0000001" in before
    file = tmp_path / "old.xlsx"
    file.write_bytes(content)
    result = CliRunner().invoke(command.app, [str(file), "--audit", "--json"])
    assert (result.exit_code, json.loads(result.stdout)["differences"]) == (1, 2)
    assert browser.post(f"{page}apply").status_code == 303
    after = browser.get(f"{page}audit/").content.decode()
    assert "W0000001" not in after
    assert "86.40" in after
    assert CliRunner().invoke(command.app, [str(file), "--audit"]).exit_code == 0


def test_what_was_paid_later_is_not_in_it_until_it_is_worked_out_again() -> None:
    content = workbooks.workbook(rows())
    world = records.world()
    by = records.actor(role="SUPERVISOR", unit_id=world.station_a)
    import_id = bring(content, by=by)
    first = compared(import_id, by=by, at=records.NOW)
    assert (first.taken_at, first.taken_by, first.shown.agrees) == (records.NOW, "王小明", True)
    billing.Receivable.objects.update(open_minor=8000)
    assert latest(import_id, by=by) == first
    later = records.NOW + datetime.timedelta(hours=1)
    second = compared(import_id, by=by, at=later)
    assert second.taken_at == later
    assert [(one.kind.value, one.old, one.ours) for one in second.shown.differences] == [("OWED", 8640, 8000)]
    assert models.ImportComparison.objects.count() == 2


def test_it_is_kept_as_it_was_worked_out() -> None:
    said = rows()
    said[0]["owed_milli"] = "80"
    said[1] |= {"account_no": "K7", "prepaid_milli": "49.99"}
    said += [workbooks.row(n, account_no=f"N{n}") for n in range(10, 10 + SHOWN + 3)]
    bring(workbooks.workbook(rows()))
    audit = migration_audit.compare(old=old(workbooks.workbook(said)), today=TODAY)
    kept = migration_kept.packed(audit=audit, left_out=4)
    read = migration_kept.whole(kept=rules.Comparison(**dataclasses.asdict(kept)))
    assert read == audit
    assert read.accounts.equals(audit.accounts)
    shown = migration_kept.shown(figures=json.loads(json.dumps(kept.figures)))
    assert (shown.left_out, shown.totals, shown.whole) == (4, audit.totals, audit.whole)
    assert (shown.differences, shown.difference_count) == (audit.differences[:SHOWN], len(audit.differences))
    assert shown.agrees is audit.agrees is False


def test_who_may_not_see_a_station_of_it_is_not_shown_it() -> None:
    world = records.world()
    content = workbooks.workbook([*rows(), workbooks.row(3, station=records.STATION_B, account_no="K3")])
    boss = records.actor(role="SUPERVISOR", unit_id=world.company_unit_id)
    import_id = bring(content, by=boss)
    assert compared(import_id, by=boss, at=records.NOW).shown.agrees
    narrower = dataclasses.replace(boss, unit_ids=tuple(set(boss.unit_ids) - {world.station_b}))
    assert latest(import_id, by=narrower) is None
    own = compared(import_id, by=narrower, at=records.NOW)
    assert (own.shown.left_out, [total.station for total in own.shown.totals]) == (1, [records.STATION_A])


def test_every_account_is_listed_with_both_sides_and_those_that_differ_come_first() -> None:
    bring(workbooks.workbook(rows()))
    said = rows()
    said[1]["prepaid_milli"] = "49.99"
    said.append(workbooks.row(3, account_no="K3", owed_milli="5", owed_due_on="2025-12-31"))
    audit = migration_audit.compare(old=old(workbooks.workbook(said)), today=TODAY)
    listed = [
        tuple(row[name] for name in migration_accounts.ACCOUNTS if not name.startswith("register"))
        for row in audit.accounts.iter_rows(named=True)
    ]
    assert listed == [
        (3, "S01", "K2", 1, 1, 0, 0, 4999, 5000),
        (4, "S01", "K3", 1, 0, 500, 0, 0, 0),
        (2, "S01", "K1", 1, 1, 8640, 8640, 0, 0),
    ]
    ours = audit.whole.ours
    for side, figures in (("old", audit.whole.old), ("ours", ours)):
        sums = audit.accounts.sum().row(0, named=True)
        assert sums[f"owed_minor_{side}"] == figures.owed_minor
        assert sums[f"prepaid_minor_{side}"] == figures.prepaid_minor
        assert sums[f"register_milli_{side}"] == figures.register_milli


def test_one_account_with_two_utilities_is_one_line_and_counts_once() -> None:
    records.tariff(file="cn/wuhan/gas-residential.yaml")
    shared = {"account_no": "K1", "building": "9", "phone": "13900000000", "prepaid_milli": "7"}
    gas = workbooks.row(2, utility="气", tariff="CN-WUHAN-GAS-RESIDENTIAL", **shared)
    content = workbooks.workbook([workbooks.row(1, **shared), gas])
    bring(content)
    audit = migration_audit.compare(old=old(content), today=TODAY)
    assert audit.agrees
    assert [total.ours.accounts for total in audit.totals] == [1, 1]
    assert (audit.whole.ours.accounts, audit.whole.ours.meters, audit.whole.ours.prepaid_minor) == (1, 2, 700)
    assert audit.accounts.height == 1
    assert audit.accounts["meters_ours"].to_list() == [2]


def test_the_older_systems_own_totals_show_what_the_file_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "django_setup", lambda **_options: None)
    content = workbooks.workbook(rows())
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(records.staff(role="SUPERVISOR", unit_id=records.world().station_a))
    page = browser.post(reverse("imports"), {"file": SimpleUploadedFile("old.xlsx", content)})["Location"]
    browser.post(f"{page}apply")
    agreeing = {"accounts": "2", "owed": "86.40", "register": "19.5", "prepaid": "50"}
    assert "Differs" not in browser.get(f"{page}audit/", agreeing).content.decode()
    lacking = browser.get(f"{page}audit/", agreeing | {"accounts": "3"}).content.decode()
    assert lacking.count('class="tag is-bad"') == 2  # at the top and at the line
    assert browser.get(f"{page}audit/", {"owed": "much"}).status_code == 422

    book = browser.get(f"{page}comparison.xlsx", agreeing | {"accounts": "3"}).content
    cells = {row.cells[:6] for row in spreadsheets.read_sheet(content=book).rows}
    assert ("tAll", "", "tAccounts", "n3", "n2", "n2") in cells
    assert ("tAll", "", "tOwed", "n86.4", "n86.4", "n86.4") in cells

    file, to = tmp_path / "old.xlsx", tmp_path / "comparison.xlsx"
    file.write_bytes(content)
    words = [str(file), "--audit", "--to", str(to), "--total", "owed=86.40", "--total"]
    assert CliRunner().invoke(command.app, [*words, "accounts=2"]).exit_code == 0
    assert CliRunner().invoke(command.app, [*words, "accounts=3"]).exit_code == 1
    assert len(spreadsheets.read_sheet(content=to.read_bytes()).rows) == 2 * len(audit_words.LABELS)
    for wrong in ("accounts", "debts=5", "owed=5.001"):
        refused = CliRunner().invoke(command.app, [*words, wrong]).exception
        assert isinstance(refused, console.CommandError)
        assert refused.exit_code == console.WRONG_USE
