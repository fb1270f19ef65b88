"""Every setting: its name, what it may be, what it is when nobody says."""

import re
import socket
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

YES, NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One setting. `parse` turns text into the value or raises ValueError."""

    name: str
    default: object
    allowed: str
    parse: Callable[[str], object]
    meaning: str
    is_secret: bool = False

    @property
    def variable(self) -> str:
        """Its name in the environment; the addresses of databases keep the name everybody knows."""
        return self.name.upper() if self.name.startswith("database_") else f"METERBOOK_{self.name.upper()}"

    @property
    def default_shown(self) -> str:
        """How a message names the default: nothing when it has no plain one."""
        return "" if self.default is None or self.default == () else f" ({as_text(self.default)})"


def as_text(value: object) -> str:
    """Return a TOML value as the text one would write into the environment."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(str(item) for item in value)
    return value.isoformat() if isinstance(value, date) else str(value)


def own_names(host: str) -> tuple[str, ...]:
    """Return the names under which this machine answers: its own when it listens to others, else loopback."""
    names = ["127.0.0.1", "localhost", "[::1]"]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 (compared, not bound)
        names += [socket.gethostname(), socket.getfqdn()]
        import psutil

        for addresses in psutil.net_if_addrs().values():
            names += [a.address for a in addresses if a.family == socket.AF_INET]
    elif host not in names:
        names.append(host)
    return tuple(dict.fromkeys(names))


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,6}", text.strip()) or not low <= int(text) <= high:
            raise ValueError
        return int(text)

    return parse


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        by_lower = {word.lower(): word for word in words}
        if text.strip().lower() not in by_lower:
            raise ValueError
        return by_lower[text.strip().lower()]

    return parse


def _switch(text: str) -> bool:
    word = text.strip().lower()
    if word not in YES + NO:
        raise ValueError
    return word in YES


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names or any(re.search(r"[\s/]", name) for name in names):
        raise ValueError
    return names


def _postgres_address(text: str) -> str:
    parts = urlsplit(text)
    has_port_in_range = parts.port is None or parts.port > 0  # .port itself raises ValueError
    if parts.scheme not in {"postgres", "postgresql"} or not has_port_in_range:
        raise ValueError
    if not parts.username or parts.path in {"", "/"}:
        raise ValueError
    return text


def _zone(text: str) -> str:
    if text not in zoneinfo.available_timezones():
        raise ValueError
    return text


def _folder(text: str) -> Path:
    path = Path(text).expanduser()
    if not path.is_dir():
        raise ValueError
    return path


def _word(text: str) -> str:
    if not re.fullmatch(r"[a-z_][a-z0-9_-]*", text):
        raise ValueError
    return text


def _long_text(text: str) -> str:
    if len(text) < 32:  # noqa: PLR2004 (named in `allowed`)
        raise ValueError
    return text


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.username:
        raise ValueError
    return text.rstrip("/")


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError
    return text.strip()


ADDRESS = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE"


def _kind(name: str, default: object, allowed: str, parse: Callable[[str], Any], meaning: str) -> Kind:
    is_secret = name.startswith("database_") or name.endswith("secret_key")
    return Kind(
        name=name, default=default, allowed=allowed, parse=parse, meaning=meaning, is_secret=is_secret
    )


ALL: tuple[Kind, ...] = (
    _kind("database_url", None, ADDRESS, _postgres_address, "the owner's address on your own server"),
    _kind("database_app_url", None, ADDRESS, _postgres_address, "the application role's address there"),
    _kind("database_job_url", None, ADDRESS, _postgres_address, "the job role's address there"),
    _kind("secret_key", None, "32 characters or more", _long_text, "signs sessions; made by itself"),
    _kind("host", "127.0.0.1", "an address of this machine, or 0.0.0.0", str.strip, "where web listens"),
    _kind("port", 8000, "a whole number from 0 (a free one) to 65535", _whole(0, 65535), "web's port"),
    _kind("allowed_hosts", (), "names with commas between", _names, "names people reach it by"),
    _kind("secure_cookies", False, "true or false", _switch, "true where people come by HTTPS"),
    _kind("session_hours", 12, "a whole number from 1 to 168", _whole(1, 168), "then staff log in again"),
    _kind("language", "zh-hans", "zh-hans or en", _one_of("zh-hans", "en"), "before anybody chose"),
    _kind("time_zone", "Asia/Shanghai", "a name such as Asia/Shanghai", _zone, "in which days begin"),
    _kind(
        "log_level",
        "INFO",
        "DEBUG, INFO, WARNING or ERROR",
        _one_of("DEBUG", "INFO", "WARNING", "ERROR"),
        "how much is logged",
    ),
    _kind("fixed_today", None, "a day such as 2026-03-31", date.fromisoformat, "for demos and tests only"),
    _kind("web_processes", None, "a whole number from 1 to 64", _whole(1, 64), "default: the cores, up to 4"),
    _kind("web_threads", 8, "a whole number from 1 to 256", _whole(1, 256), "of each web process"),
    _kind("pool_size", None, "a whole number from 2 to 256", _whole(2, 256), "default: web_threads"),
    _kind("worker_concurrency", 2, "a whole number from 1 to 32", _whole(1, 32), "jobs at the same time"),
    _kind("postgres_bin", None, "a folder with postgres, initdb, pg_ctl", _folder, "instead of the wheel's"),
    _kind("postgres_user", None, "a user of this machine", _word, "runs PostgreSQL when we are root"),
    _kind(
        "files_endpoint",
        None,
        "http(s)://HOST:PORT",
        _web_address,
        "S3 storage for files",
    ),
    _kind("files_bucket", "meterbook", "a bucket's name", _text, "of the S3 storage"),
    _kind("files_region", "us-east-1", "a region's name", _text, "of the S3 storage"),
    _kind("files_access_key", None, "text", _text, "of the S3 storage"),
    _kind("files_secret_key", None, "text", _text, "of the S3 storage"),
)
