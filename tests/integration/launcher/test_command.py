"""The command line: one place for --data, failures in a line, help without waiting."""

import json
import os
import resource
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import pytest
import typer

from meterbook.interfaces.cli import console, main, processes, reporting


def called(*words: str | Path, variables: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("METERBOOK_")}
    command = [sys.executable, "-m", "meterbook.interfaces.cli.main", *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, env={**clean, **(variables or {})}
    )


def processor_seconds() -> float:
    """What our children have used so far; unlike the clock it does not depend on who else is busy."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_the_overview_names_every_command_and_comes_quickly() -> None:
    used = []
    for _try in range(3):
        before = processor_seconds()
        said = called("--help")
        used.append(processor_seconds() - before)
        assert said.returncode == 0
    for command in main.COMMANDS:
        assert f"  {command.name} " in said.stdout
    assert min(used) < 0.3


def test_every_command_is_there() -> None:
    for command in main.COMMANDS:
        for part in command.parts:
            module, _colon, attribute = part.target.partition(":")
            found = getattr(import_module(f"{main.HERE}.{module}"), attribute)
            assert callable(found) or isinstance(found, typer.Typer), part.target
        assert main._typer_of(command) is not None


@pytest.mark.parametrize(
    "words",
    [
        ("--data", "{data}", "status", "--json"),
        ("status", "--data", "{data}", "--json"),
        ("status", "--json", "--data={data}"),
    ],
)
def test_data_may_stand_anywhere(tmp_path: Path, words: tuple[str, ...]) -> None:
    said = called(*(word.format(data=tmp_path / "not yet") for word in words))
    answer = json.loads(said.stdout)
    assert said.returncode == console.FAILED
    assert answer["data"] == str(tmp_path / "not yet")
    assert answer["up"] is False
    assert list(tmp_path.iterdir()) == []


def test_data_without_a_folder_is_wrong_use() -> None:
    assert called("status", "--data").returncode == console.WRONG_USE


def test_failures_are_one_line_and_a_fix(tmp_path: Path) -> None:
    unknown = called("bill")
    assert unknown.returncode == console.WRONG_USE
    assert "no command bill" in unknown.stderr
    setting = called("status", "--data", tmp_path, variables={"METERBOOK_PORT": "http"})
    assert setting.returncode == console.WRONG_USE
    assert "METERBOOK_PORT" in setting.stderr
    empty = called("ledger", "prove", "--data", tmp_path / "empty")
    assert empty.returncode == console.FAILED
    assert "Run meterbook up" in empty.stderr
    for said in (unknown, setting, empty):
        assert "Traceback" not in said.stderr
        assert said.stdout == ""


def test_stop_where_nothing_runs_is_no_failure(tmp_path: Path) -> None:
    said = called("stop", "--data", tmp_path)
    assert said.returncode == 0
    assert "Nothing runs" in said.stdout


def test_logs_of_one_part(tmp_path: Path) -> None:
    assert called("logs", "web", "--data", tmp_path).returncode == console.FAILED
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "worker.log").write_text("".join(f"line {number}\n" for number in range(10)))
    assert called("logs", "worker", "-n", "2", "--data", tmp_path).stdout == "line 8\nline 9\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("main", reporting.Event(kind="progress", text="main")),
        ("120/2000 accounts", reporting.Event(kind="progress", text="accounts", done=120, total=2000)),
        ("1/2", reporting.Event(kind="progress", text="1/2")),
    ],
)
def test_lines_of_a_child_are_progress(line: str, expected: reporting.Event) -> None:
    assert reporting.line_event(line + "\n") == expected


def test_only_processes_of_our_folder_are_ours(tmp_path: Path) -> None:
    ours, others = tmp_path / "ours", tmp_path / "others"
    children = [
        processes.spawn(
            ["-c", "import time; time.sleep(60)"],
            part=part,
            role="job",
            data_dir=data_dir,
            log=tmp_path / "log",
        )
        for part, data_dir in ((processes.WEB, ours), (processes.WORKER, ours), (processes.WEB, others))
    ]
    try:
        found = processes.alive(data_dir=ours)
        assert {(part, process.pid) for part, process in found} == {
            (processes.WEB, children[0].pid),
            (processes.WORKER, children[1].pid),
        }
        processes.end((process for _part, process in found), patience_seconds=5)
        assert [child.poll() is None for child in children] == [False, False, True]
    finally:
        for child in children:
            child.kill()
            child.wait()


def test_one_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1); time.sleep(60)"
    log = tmp_path / "log"
    child = processes.spawn(["-c", deaf], part=processes.WEB, role="app", data_dir=tmp_path, log=log)
    while log.read_text() == "":
        time.sleep(0.01)
    processes.end_part(child, part=processes.WEB, data_dir=tmp_path, patience_seconds=1)
    assert child.returncode == -9
