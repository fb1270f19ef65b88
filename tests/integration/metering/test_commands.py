"""`meterbook readings` as a script uses it: JSON out, exit codes, nothing done twice."""

import datetime
import json
import pathlib
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from meterbook.application import spreadsheets
from meterbook.config import secret_store
from tests.builders import records
from tests.support import server as server_module

SEPTEMBER = datetime.date(2026, 9, 20)
Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def run(own_database: str, postgres_server: server_module.Server, tmp_path: pathlib.Path) -> Run:
    """Run one command line on the test's own database: exit code and the JSON it printed, or what it said."""
    secret_store.prepare(tmp_path)
    environment = postgres_server.environment(database=own_database) | {"METERBOOK_FIXED_TODAY": "2026-10-20"}

    def run_command(*words: str) -> tuple[int, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "meterbook.interfaces.cli.main", *words],
            env=environment | {"METERBOOK_DATA": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, json.loads(done.stdout) if done.stdout.startswith("{") else done.stderr

    return run_command


def test_a_book_is_opened_read_from_a_file_and_accepted(run: Run, tmp_path: pathlib.Path) -> None:
    supplies = records.supplies(
        count=2,
        station_id=records.world().station_a,
        tariff_id=records.tariff(),
        initial_milli=100_000,
        installed_on=SEPTEMBER,
        from_on=SEPTEMBER,
    )
    month = ("--book", "0101", "--period", "2026-10", "--json")
    assert run("readings", "open", *month)[1] | {"round_id": 0} == {
        "round_id": 0,
        "entries": 2,
        "added": 2,
        "left_out": [],
    }
    pairs = zip(supplies, (112, 113), strict=True)
    rows = [f"{supply.serial_no},{value},2026-10-20" for supply, value in pairs]
    file, wrong = tmp_path / "readings.csv", tmp_path / "wrong.xlsx"

    file.write_text("\n".join(["表号,读数,抄表日期", rows[0], "W-NOBODY,1,2026-10-20"]), encoding="utf-8")
    code, refused = run("readings", "import", str(file), "--errors", str(wrong), "--json")
    assert (code, refused["state"], refused["errors"]) == (2, "REJECTED", 1)
    assert refused["first_errors"][0]["row"] == 3
    assert "W-NOBODY" in str(spreadsheets.read_sheet(content=wrong.read_bytes()).rows)

    file.write_text("\n".join(["表号,读数,抄表日期", *rows]), encoding="utf-8")
    assert run("readings", "import", str(file), "--dry-run", "--json")[1]["state"] == "CHECKED"
    code, not_ready = run("readings", "accept", *month)
    assert (code, not_ready["accepted"], len(not_ready["obstacles"])) == (1, False, 2)
    assert run("readings", "import", str(file), "--json")[1] == {
        "state": "APPLIED",
        "rows": 2,
        "errors": 0,
        "held": 0,
        "is_repeat": False,
        "first_errors": [],
    }
    code, accepted = run("readings", "accept", *month)
    assert (code, accepted["readings"], accepted["quantity_milli"]) == (0, 2, 25_000)
    assert run("readings", "accept", *month)[1]["is_repeat"] is True
    code, again = run("readings", "import", str(file), "--json")
    assert (code, again["state"], again["is_repeat"]) == (0, "APPLIED", True)


def test_wrong_use_is_told(run: Run, tmp_path: pathlib.Path) -> None:
    records.world()
    for words, told in (
        (("readings", "open", "--book", "0101", "--period", "2026-13"), "not a month"),
        (("readings", "accept", "--book", "9999", "--period", "2026-10"), "9999"),
        (("readings", "import", str(tmp_path / "none.csv")), "none.csv"),
        (("readings", "limit", "--utility", "AIR", "--times", "3", "--floor", "20"), "AIR"),
    ):
        code, message = run(*words)
        assert code == 2, words
        assert told in message, words
