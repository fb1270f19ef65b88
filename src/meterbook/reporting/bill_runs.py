"""The rounds of all books and how far their billing is. Reads only."""

import datetime
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.db import connection
from psycopg import sql


class Stage(enum.StrEnum):
    """How far a round is: being read, readings accepted, previewed, issued."""

    READING = "READING"
    READY = "READY"
    PREVIEWED = "PREVIEWED"
    ISSUED = "ISSUED"


@dataclass(frozen=True, slots=True)
class RoundFilter:
    """Which rounds; None asks nothing."""

    period: datetime.date | None = None
    stage: Stage | None = None
    station_code: str | None = None
    book_code: str | None = None


@dataclass(frozen=True, slots=True)
class RoundRow:
    """One round with its run, if there is one. Minor units, thousandths."""

    pk: int
    book_code: str
    book_name: str
    station_code: str
    station: str
    period: datetime.date
    stage: Stage
    run_id: int | None
    issue_on: datetime.date | None
    due_on: datetime.date | None
    bill_count: int | None
    parked_count: int | None
    amount_minor: int | None
    fingerprint: str | None
    previewed_at: datetime.datetime | None
    issued_at: datetime.datetime | None
    issued_by: str | None

    @property
    def book(self) -> str:
        """Code and name; a book that was never named has its code for a name."""
        return self.book_code if self.book_name == self.book_code else f"{self.book_code} {self.book_name}"


class RoundUnknownError(LookupError):
    """There is no such round, or it is out of scope."""


@dataclass(frozen=True, slots=True)
class RoundSums:
    """Over all rounds that fit."""

    rounds: int
    bill_count: int
    parked_count: int
    amount_minor: int


_STAGE = sql.SQL("""CASE WHEN run.state = 2 THEN 'ISSUED' WHEN run.state = 1 THEN 'PREVIEWED'
    WHEN r.state = 2 THEN 'READY' ELSE 'READING' END""")
_FROM = sql.SQL("""
FROM metering_round r
JOIN metering_book b ON b.id = r.book_id
JOIN access_orgunit s ON s.id = b.station_id
LEFT JOIN billing_billrun run ON run.round_id = r.id
LEFT JOIN access_staff by ON by.id = run.issued_by_id
WHERE (%(period)s::date IS NULL OR r.period = %(period)s)
    AND (%(station_code)s::text IS NULL OR s.code = %(station_code)s)
    AND (%(book_code)s::text IS NULL OR b.code = %(book_code)s)
    AND (%(stage)s::text IS NULL OR {stage} = %(stage)s)
    AND CASE WHEN %(round_id)s::bigint IS NULL THEN r.kind = 1 ELSE r.id = %(round_id)s END
""").format(stage=_STAGE)
_SELECT = sql.SQL("""
SELECT r.id, b.code, b.name, s.code, s.name, r.period, {stage},
    run.id, run.issue_on, run.due_on, run.bill_count, run.parked_count, run.amount_minor,
    run.fingerprint, run.previewed_at, run.issued_at, by.name
""").format(stage=_STAGE)
_ORDERS: Mapping[str, sql.SQL] = {
    "book_code": sql.SQL("b.code"),
    "station": sql.SQL("s.code"),
    "period": sql.SQL("r.period"),
    "stage": sql.SQL("run.state, r.state"),
    "bill_count": sql.SQL("run.bill_count"),
    "parked_count": sql.SQL("run.parked_count"),
    "amount_minor": sql.SQL("run.amount_minor"),
}
SORTABLE = frozenset(_ORDERS)


def rounds(
    *,
    asked: RoundFilter,
    sort: str = "book_code",
    is_descending: bool = False,
    offset: int = 0,
    limit: int | None = None,
) -> Sequence[RoundRow]:
    """The rounds that fit, sorted by a name of SORTABLE, then station, book and period."""
    direction = sql.SQL("DESC NULLS LAST" if is_descending else "ASC NULLS FIRST")
    statement = sql.SQL(
        "{select} {source} ORDER BY {sort} {direction}, s.code, b.code, r.period, r.id"
        " OFFSET %(offset)s LIMIT %(limit)s"
    ).format(select=_SELECT, source=_FROM, sort=_ORDERS[sort], direction=direction)
    found = _fetch(statement, asked, offset=offset, limit=limit)
    return [_row(row) for row in found]


def sums(*, asked: RoundFilter) -> RoundSums:
    """Count and sums over all rounds that fit."""
    statement = sql.SQL(
        "SELECT count(*), coalesce(sum(run.bill_count), 0), coalesce(sum(run.parked_count), 0),"
        " coalesce(sum(run.amount_minor), 0)::bigint {source}"
    ).format(source=_FROM)
    return RoundSums(*_fetch(statement, asked)[0])


def round_row(*, round_id: int) -> RoundRow:
    """One round; RoundUnknownError when it is not there or out of scope."""
    found = _fetch(_SELECT + _FROM, RoundFilter(), round_id=round_id)
    if not found:
        raise RoundUnknownError
    return _row(found[0])


def round_before(*, round_id: int) -> RoundRow | None:
    """The round the same book had before, or None when this is its first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT b.id FROM metering_round r JOIN metering_round b"
            " ON b.book_id = r.book_id AND b.kind = 1 AND b.period < r.period"
            " WHERE r.id = %s ORDER BY b.period DESC LIMIT 1",
            [round_id],
        )
        found = cursor.fetchone()
    return None if found is None else round_row(round_id=found[0])


def periods() -> tuple[datetime.date, ...]:
    """The months there are rounds of, latest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT period FROM metering_round ORDER BY period DESC")
        return tuple(row[0] for row in cursor.fetchall())


def stations() -> tuple[tuple[str, str], ...]:
    """Code and name of the stations that have books."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.code, s.name FROM access_orgunit s WHERE s.id IN (SELECT station_id FROM metering_book)"
            " ORDER BY s.code"
        )
        return tuple((row[0], row[1]) for row in cursor.fetchall())


def _row(row: tuple[Any, ...]) -> RoundRow:
    return RoundRow(*[*row[:6], Stage(row[6]), *row[7:]])


def _fetch(statement: sql.Composed, asked: RoundFilter, **more: Any) -> list[tuple[Any, ...]]:
    parameters = {field.name: getattr(asked, field.name) for field in fields(asked)}
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(cursor.connection), {"round_id": None} | parameters | more)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
