"""The bench says what it must, proves what it made, and leaves nothing behind."""

import json
import os
import pathlib
import subprocess
import sys


def test_bench_bill_run_reports_and_cleans_up(tmp_path: pathlib.Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "meterbook.interfaces.cli.main",
            "bench",
            "bill-run",
            "--accounts",
            "700",
            "--json",
        ],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.keys() >= {
        *("name", "n", "seconds", "per_second", "baseline", "baseline_seconds"),
        *("ratio", "peak_mb", "stages", "machine"),
    }
    assert found["stages"].keys() >= {"load_usage", "rate", "write_bills", "post", "commit"}
    assert (found["name"], found["n"], found["facts"]["bills"]) == ("bill-run", 700, 700)
    # bills, three or one lines each, receivables, journals, entries, balances
    assert found["facts"]["rows_written"] == 700 * 8 + 350 * 1
    assert found["facts"]["ledger_proved_over"] > 700 * 8
    assert list(tmp_path.iterdir()) == []
