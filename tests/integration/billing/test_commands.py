"""The commands as a script uses them: JSON out, exit codes, nothing done twice."""

import datetime
import json
import pathlib
import subprocess
import sys
from typing import Any

import pytest

from meterbook.config import secret_store
from tests.builders import billing, records
from tests.support import server as server_module

DAY = datetime.date


@pytest.fixture
def run(own_database: str, postgres_server: server_module.Server, tmp_path: pathlib.Path) -> Any:
    """Run one command line on the test's own database: exit code and the JSON it printed."""
    secret_store.prepare(tmp_path)

    def run_command(*words: str) -> tuple[int, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "meterbook.interfaces.cli.main", *words],
            env=postgres_server.environment(database=own_database) | {"METERBOOK_DATA": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, json.loads(done.stdout) if done.stdout.startswith("{") else done.stderr

    return run_command


def test_a_month_is_billed_proved_and_billed_only_once(run: Any) -> None:
    world = records.world()
    code, loaded = run("tariff", "load", str(records.ROOT / "tariffs"), "--json")
    assert code == 0, loaded
    assert len(loaded["tariffs"]) >= 5
    tariff_id = records.tariff()
    for book in ("0101", "0102"):
        supply = records.supply(station_id=world.station_a, tariff_id=tariff_id, book_code=book)
        billing.usage(
            supply=supply, quantity=20, period_from=DAY(2026, 10, 28), period_until=DAY(2026, 11, 28)
        )
    dates = ("--period", "2026-11", "--issue-on", "2026-11-30", "--json")
    code, previewed = run("bill-run", "--all", *dates)
    assert (code, previewed["bills"], previewed["amount_minor"]) == (0, 2, 200_00)
    assert {one["state"] for one in previewed["runs"]} == {"PREVIEWED"}
    code, one_issued = run("bill-run", "--book", "0102", "--issue", *dates)
    assert (code, one_issued["bills"], one_issued["runs"][0]["is_repeat"]) == (0, 1, False)
    code, issued = run("bill-run", "--all", "--issue", *dates)
    assert [one["is_repeat"] for one in issued["runs"]] == [False, True]
    assert issued["amount_minor"] == 200_00
    code, proof = run("ledger", "prove", "--json")
    assert (code, proof["is_right"]) == (0, True)
    assert next(c for c in proof["checks"] if c["code"] == "BILLS_ARE_POSTED")["looked_at"] == 2


def test_wrong_use_is_told(run: Any) -> None:
    records.world()
    for words, told in (
        (("bill-run", "--period", "2026-13", "--all"), "not a month"),
        (("bill-run", "--period", "2026-11"), "--all"),
        (("bill-run", "--period", "2026-11", "--book", "9999"), "9999"),
        (("tariff", "load", "no-such-file.yaml"), "no-such-file"),
    ):
        code, message = run(*words)
        assert code == 2, words
        assert told in message, words
