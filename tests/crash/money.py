"""What the tests of killed money do to an installation: hold its work at one place, pay at its till."""

import contextlib
import http.client
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import psutil
import psycopg
from psycopg import sql

from tests.crash import installation as installations

# What the till's form calls cash.
CASH = "1"


@dataclass(frozen=True, kw_only=True)
class Due:
    """One customer's open bills, and the key with which they are paid."""

    account_no: str
    account_id: int
    bills: tuple[str, ...]  # "bill id:open minor units", as the till's page sends them
    amount_minor: int
    request_key: uuid.UUID = field(default_factory=uuid.uuid4)


def rows(installation: installations.Installation, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Ask the database as its superuser."""
    with psycopg.connect(installation.server().url(database="meterbook")) as connection:
        return connection.execute(query.encode(), values).fetchall()


def dues(installation: installations.Installation, *, station_code: str) -> list[Due]:
    """Return the customers of a station who owe something."""
    found = rows(
        installation,
        "SELECT a.account_no, a.id, array_agg(r.bill_id || ':' || r.open_minor), sum(r.open_minor)::bigint"
        " FROM main.agreements_account a JOIN main.billing_receivable r ON r.account_id = a.id"
        " JOIN main.access_orgunit u ON u.id = a.station_id AND u.code = %s"
        " WHERE r.open_minor > 0 GROUP BY 1, 2 ORDER BY 1",
        station_code,
    )
    return [
        Due(account_no=account_no, account_id=account_id, bills=tuple(bills), amount_minor=amount)
        for account_no, account_id, bills, amount in found
    ]


@contextlib.contextmanager
def held_at(installation: installations.Installation, table: str) -> Iterator[None]:
    """Let nobody write to a table, so that whoever wants to stands still in the middle of a transaction."""
    connection = psycopg.connect(installation.server().url(database="meterbook"))
    name = sql.Identifier("main", table)
    connection.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(name))
    try:
        yield
    finally:
        with contextlib.suppress(psycopg.OperationalError):  # killed with its server, as a rule
            connection.close()


def is_someone_waiting(installation: installations.Installation) -> bool:
    """Whether one of our roles waits for a lock."""
    query = "SELECT 1 FROM pg_stat_activity WHERE starts_with(usename, 'meterbook') AND wait_event_type = %s"
    return bool(rows(installation, query, "Lock"))


def kill_all(installation: installations.Installation, *others: psutil.Process) -> None:
    """Kill web, worker, database and what else is named with -9, at once."""
    server = installation.server().process()
    assert server is not None
    installations.kill([*others, *installation.parts(), server, *server.children()])


class Till:
    """A clerk's browser, as far as paying needs one."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._cookies: dict[str, str] = {}
        self._writing = threading.Lock()

    def log_in(self, *, username: str, password: str) -> None:
        """Log in and open the till."""
        assert self._ask("GET", "/login")[0] == 200
        status, where = self._ask("POST", "/login", {"username": username, "password": password})
        assert (status, where.startswith("/login")) == (302, False), where
        assert self._ask("POST", "/till/open-shift", {})[0] == 303

    def pay(self, due: Due) -> str | None:
        """Pay all of it in cash; return the receipt's address, or None when none was answered."""
        form = {
            "request_key": str(due.request_key),
            "account_id": str(due.account_id),
            "prepaid_shown": "0",
            "bill": list(due.bills),
            "tender": CASH,
        }
        try:
            status, where = self._ask("POST", f"/till/{due.account_no}/", form)
        except (OSError, http.client.HTTPException):
            return None
        assert status in {303, 500, 502, 503}, f"{status} for {due}"
        return where.partition("?")[0] if status == 303 else None

    def _ask(self, method: str, path: str, form: dict[str, Any] | None = None) -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        body = None
        if form is not None:
            body = urlencode({**form, "csrfmiddlewaretoken": self._cookies["csrftoken"]}, doseq=True)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection(
            self._address.hostname or "", self._address.port, timeout=installations.UP_SECONDS
        )
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            response.read()
            with self._writing:
                for line in response.headers.get_all("Set-Cookie") or ():
                    name, _equals, value = line.partition(";")[0].partition("=")
                    self._cookies[name] = value
            return response.status, response.headers.get("Location") or ""
