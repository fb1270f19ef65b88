"""What an installation may be told from outside, in one place.

Order: defaults < one TOML file (`DATA/meterbook.toml`, or METERBOOK_CONFIG) < environment variables. The same
setting is `session_hours` in the file and METERBOOK_SESSION_HOURS in the environment. Anything unknown or
impossible is refused, all of it at once, each with the way to mend it.
"""

import difflib
import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from meterbook.config import secret_store, setting_kinds

PACKAGE_DIR = Path(__file__).resolve().parents[1]
PREFIX = "METERBOOK_"
# Told per process, never in the file: where the data is, which file, which role, which part of an `up`.
PROCESS_VARIABLES = ("METERBOOK_DATA", "METERBOOK_CONFIG", "METERBOOK_DATABASE_ROLE", "METERBOOK_PART")
DATABASE_NAME = "meterbook"
ROLE_OWNER, ROLE_APP, ROLE_JOB = "meterbook_owner", "meterbook_app", "meterbook_job"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One setting that can't be used."""

    name: str
    given: str
    allowed: str
    fix: str


class SettingsError(Exception):
    """Some settings can't be used; `problems` has each."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__(
            "\n".join(f"{p.name} = {p.given}: allowed is {p.allowed}. {p.fix}" for p in problems)
        )


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One installation's settings, checked. Every process of it builds the same."""

    data_dir: Path
    is_embedded: bool
    is_prepared: bool
    database_owner_url: str
    database_app_url: str
    database_job_url: str
    role_app: str
    role_job: str
    secret_key: str
    host: str
    port: int
    allowed_hosts: tuple[str, ...]
    secure_cookies: bool
    session_hours: int
    language: str
    time_zone: str
    log_level: str
    fixed_today: date | None
    web_processes: int
    web_threads: int
    pool_size: int
    worker_concurrency: int
    postgres_bin: Path | None
    postgres_user: str | None
    files_endpoint: str | None
    files_bucket: str
    files_region: str
    files_access_key: str | None
    files_secret_key: str | None

    def __repr__(self) -> str:
        """Keep addresses with passwords out of tracebacks and logs."""
        return f"Environment(data_dir={str(self.data_dir)!r})"

    def database_url(self, role: str) -> str:
        """Return the address for `owner`, `app` or `job`.

        Raises:
            SettingsError: any other role.

        """
        urls = {"owner": self.database_owner_url, "app": self.database_app_url, "job": self.database_job_url}
        if role not in urls:
            fix = "Unset it, or set one of these."
            raise SettingsError(
                (Problem(name="METERBOOK_DATABASE_ROLE", given=role, allowed="owner, app or job", fix=fix),)
            )
        return urls[role]


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """Return where data lives when nobody says otherwise: the user's data home."""
    home = environ.get("XDG_DATA_HOME") or str(Path(environ.get("HOME") or Path.home()) / ".local" / "share")
    return Path(home) / "meterbook"


def load(environ: Mapping[str, str], *, data_dir: Path | None = None) -> Environment:
    """Return the settings of one installation. Nothing is written, nothing is connected to.

    Args:
        environ: The process's variables.
        data_dir: Wins over METERBOOK_DATA.

    Raises:
        SettingsError: with every unknown or impossible setting.
        SecretsUnreadableError: the data folder's secrets are damaged.

    """
    folder = data_dir or Path(environ.get("METERBOOK_DATA") or default_data_dir(environ))
    folder = folder.expanduser().resolve()
    given, problems = _given(environ, folder=folder)
    values: dict[str, Any] = {}
    for kind in setting_kinds.ALL:
        text, source = given.get(kind.name, (None, ""))
        try:
            values[kind.name] = kind.default if text is None else kind.parse(text)
        except ValueError:
            shown = "(hidden)" if kind.is_secret else repr(text)
            fix = f"Change it in {source}, or leave it out for the default{kind.default_shown}."
            problems.append(Problem(name=_called(kind, source), given=shown, allowed=kind.allowed, fix=fix))
    if problems:
        raise SettingsError(tuple(problems))
    return _built(values, folder=folder)


def django_database(*, url: str, pool_size: int | None) -> dict[str, Any]:
    """Return one entry of Django's DATABASES.

    Args:
        url: From `Environment.database_url`.
        pool_size: Connections a web process keeps; None for a single connection (commands, worker).

    """
    from psycopg import conninfo

    parts = conninfo.conninfo_to_dict(url)
    known = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    entry: dict[str, Any] = {name: str(parts.pop(key, "") or "") for name, key in known.items()}
    options: dict[str, Any] = {"connect_timeout": 10, "application_name": "meterbook", **parts}
    if pool_size is not None:
        options["pool"] = {"min_size": 2, "max_size": max(2, pool_size), "timeout": 10}
    # The health check costs one empty round trip and lets a page work again right after a database restart.
    return {
        "ENGINE": "django_tenants.postgresql_backend",
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
        **entry,
    }


def _given(environ: Mapping[str, str], *, folder: Path) -> tuple[dict[str, tuple[str, str]], list[Problem]]:
    """Return setting name -> (text, where it was said), and what can't be understood."""
    problems: list[Problem] = []
    given: dict[str, tuple[str, str]] = {}
    names = {kind.name for kind in setting_kinds.ALL}
    configured = environ.get("METERBOOK_CONFIG")
    path = Path(configured).expanduser() if configured else folder / "meterbook.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        content = {}
        if configured:
            fix = "Correct the path, or unset it."
            problems.append(Problem(name="METERBOOK_CONFIG", given=configured, allowed="a file", fix=fix))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as reason:
        content = {}
        problems.append(Problem(name=str(path), given=str(reason), allowed="a TOML file", fix="Correct it."))
    for name, value in content.items():
        if name in names:
            given[name] = (setting_kinds.as_text(value), str(path))
        else:
            problems.append(_unknown(name, given=repr(value), known=names, where=str(path)))
    variables = {kind.variable: kind.name for kind in setting_kinds.ALL}
    for variable, value in environ.items():
        if variable in variables:
            if value != "":
                given[variables[variable]] = (value, "the environment")
        elif variable.startswith(PREFIX) and variable not in PROCESS_VARIABLES:
            known = {*variables, *PROCESS_VARIABLES}
            problems.append(_unknown(variable, given=repr(value), known=known, where="the environment"))
    return given, problems


def _called(kind: setting_kinds.Kind, source: str) -> str:
    return kind.variable if source == "the environment" else kind.name


def _unknown(name: str, *, given: str, known: set[str], where: str) -> Problem:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    allowed = "a known setting" if near else "one of " + ", ".join(sorted(known))
    return Problem(name=name, given=given, allowed=allowed, fix=f"{hint}Remove it from {where}.")


def _built(values: dict[str, Any], *, folder: Path) -> Environment:
    found = secret_store.read(folder)
    secret_key = values.pop("secret_key") or (found.django_key if found else secrets.token_urlsafe(36))
    owner_url, app_url, job_url = (
        values.pop(name) for name in ("database_url", "database_app_url", "database_job_url")
    )
    port = _embedded_port(folder)
    is_embedded = owner_url is None
    if is_embedded:
        password = quote(found.owner_password, safe="") if found else ""
        owner_url = f"postgresql://{ROLE_OWNER}:{password}@127.0.0.1:{port or 1}/{DATABASE_NAME}"
    app_url = app_url or _as_role(owner_url, role=ROLE_APP, password=found.app_password if found else "")
    job_url = job_url or _as_role(owner_url, role=ROLE_JOB, password=found.job_password if found else "")
    values["allowed_hosts"] = values["allowed_hosts"] or setting_kinds.own_names(values["host"])
    values["web_processes"] = values["web_processes"] or min(4, os.cpu_count() or 1)
    values["pool_size"] = values["pool_size"] or values["web_threads"]
    return Environment(
        data_dir=folder,
        is_embedded=is_embedded,
        is_prepared=found is not None and (not is_embedded or port is not None),
        database_owner_url=owner_url,
        database_app_url=app_url,
        database_job_url=job_url,
        role_app=_user_of(app_url),
        role_job=_user_of(job_url),
        secret_key=secret_key,
        **values,
    )


def _embedded_port(folder: Path) -> int | None:
    """Return the port the embedded server keeps (`adapters.postgres.embedded` writes it)."""
    try:
        return int((folder / "postgres" / "port").read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return None


def _as_role(url: str, *, role: str, password: str) -> str:
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{quote(password, safe='')}@{place}"))


def _user_of(url: str) -> str:
    return unquote(urlsplit(url).username or "")
