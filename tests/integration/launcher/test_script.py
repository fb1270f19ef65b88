"""The script at the root: what is prepared is not prepared again, half of it never counts.

The virtual environment here is a stand-in made of shell scripts, so that no test installs anything.
"""

import os
import resource
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SHELL_TOOLS = "/usr/bin:/bin"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose environment is prepared and whose command prints its arguments."""
    place = tmp_path / "a checkout"
    (place / ".venv" / "bin").mkdir(parents=True)
    for name in ("meterbook", "requirements.lock", "requirements-test.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, place / name)
    for name, body in (("python", "exit 1"), ("meterbook", 'printf "%s|" "$@"')):
        script = place / ".venv" / "bin" / name
        script.write_text(f"#!/bin/sh\n{body}\n")
        script.chmod(0o755)
    for kind, lock in (("run", "requirements.lock"), ("test", "requirements-test.lock")):
        stamp(place, kind=kind, lock=lock)
    return place


def stamp(place: Path, *, kind: str, lock: str) -> None:
    said = f"{place}\n".encode()
    for name in (lock, "pyproject.toml"):
        content = (place / name).read_bytes()
        said += subprocess.run(["cksum"], input=content, capture_output=True, check=True).stdout
    (place / ".venv" / f".prepared-{kind}").write_bytes(said)


def call(script: Path, *words: str, path: str) -> subprocess.CompletedProcess[str]:
    variables = {"PATH": path, "HOME": "/nonexistent"}
    return subprocess.run(
        [str(script), *words], capture_output=True, text=True, check=False, cwd="/", env=variables, timeout=60
    )


@pytest.fixture
def bare_path(tmp_path: Path) -> str:
    """A PATH with the shell's own tools and no Python, so that preparing anything must fail."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "cat", "cksum", "dirname", "readlink", "id", "rm", "mkdir", "touch", "awk"):
        (folder / name).symlink_to(shutil.which(name, path=SHELL_TOOLS) or f"/bin/{name}")
    return str(folder)


def test_prepared_is_handed_over_at_once(checkout: Path, tmp_path: Path, bare_path: str) -> None:
    link = tmp_path / "link"
    link.symlink_to(checkout / "meterbook")
    used = []
    for _try in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        said = call(link, "up", "--data", "a folder", "--json", path=bare_path)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        assert said.stdout == "up|--data|a folder|--json|", said.stderr
    assert min(used) < 0.1


@pytest.mark.parametrize("harm", ["lock", "project", "moved", "half", "stamp", "python"])
def test_anything_else_is_prepared_again(checkout: Path, bare_path: str, harm: str) -> None:
    venv = checkout / ".venv"
    script = checkout / "meterbook"
    if harm == "lock":
        (checkout / "requirements.lock").write_text("changed")
    elif harm == "project":
        (checkout / "pyproject.toml").write_text("changed")
    elif harm == "moved":
        script = checkout.rename(checkout.with_name("moved")) / "meterbook"
    elif harm == "half":
        (venv / ".half-made").touch()
    elif harm == "stamp":
        (venv / ".prepared-run").unlink()
    else:
        (venv / "bin" / "python").unlink()
    said = call(script, "status", path=bare_path)
    assert said.returncode != 0
    assert said.stdout == ""
    assert "needs Python 3.11 or later" in said.stderr


def test_tests_need_their_own_packages(checkout: Path, bare_path: str) -> None:
    (checkout / ".venv" / ".prepared-test").unlink()
    for words in (("status",), ("--data", "test", "status")):
        assert call(checkout / "meterbook", *words, path=bare_path).returncode == 0
    assert call(checkout / "meterbook", "--data", "x", "test", path=bare_path).returncode != 0


def test_locks_pin_by_hash_and_name_no_host() -> None:
    for name in ("requirements.lock", "requirements-test.lock"):
        lines = (ROOT / name).read_text().splitlines()
        packages = [line for line in lines if line and not line.startswith((" ", "#"))]
        assert len(packages) > 40
        assert all("==" in line and line.rstrip().endswith("\\") for line in packages)
        assert not [line for line in lines if "://" in line or line.startswith("-")]
        assert any(line.startswith("uv==") for line in packages)


def test_scripts_may_be_run() -> None:
    for name in ("meterbook", ".ci/run"):
        assert os.access(ROOT / name, os.X_OK)
