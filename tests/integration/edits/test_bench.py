"""The bench of changes of many changes every row, takes each back, and leaves nothing behind."""

import json
import os
import pathlib
import subprocess
import sys


def test_bench_many_reports_every_pass_and_cleans_up(tmp_path: pathlib.Path) -> None:
    command = ["-m", "meterbook.interfaces.cli.main", "bench", "many", "--rows", "20", "--json"]
    done = subprocess.run(
        [sys.executable, *command],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["name"], found["n"]) == ("many", 100)
    assert found["stages"].keys() >= {"ask", "dry_run", "change", "undo", "baseline"}
    for act in ("CUSTOMER_TAG", "PAYMENT_METHOD", "HOUSEHOLD", "READING_BOOK", "ACCOUNT_STATE"):
        for part in ("dry", "done"):
            assert found["facts"][f"{act}_{part}_statements_a_row"] > 0
            assert found["facts"][f"{act}_back_{part}_ms_a_row"] > 0
    assert list(tmp_path.iterdir()) == []
