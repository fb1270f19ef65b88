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
WHERE (%(period)s::date IS NULL OR r.period = %(period)s)
    AND (%(station_code)s::text IS NULL OR s.code = %(station_code)s)
    AND (%(book_code)s::text IS NULL OR b.code = %(book_code)s)
    AND (%(stage)s::text IS NULL OR {stage} = %(stage)s)
""").format(stage=_STAGE)
_SELECT = sql.SQL("""
SELECT r.id, b.code, b.name, s.code, s.name, r.period, {stage},
    run.id, run.issue_on, run.due_on, run.bill_count, run.parked_count, run.amount_minor
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
    return [RoundRow(*[*row[:6], Stage(row[6]), *row[7:]]) for row in found]


def sums(*, asked: RoundFilter) -> RoundSums:
    """Count and sums over all rounds that fit."""
    statement = sql.SQL(
        "SELECT count(*), coalesce(sum(run.bill_count), 0), coalesce(sum(run.parked_count), 0),"
        " coalesce(sum(run.amount_minor), 0)::bigint {source}"
    ).format(source=_FROM)
    return RoundSums(*_fetch(statement, asked)[0])


def latest_period() -> datetime.date | None:
    """The latest month any book has a round for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(period) FROM metering_round")
        row = cursor.fetchone()
    found: datetime.date | None = row[0]
    return found


def _fetch(statement: sql.Composed, asked: RoundFilter, **more: Any) -> list[tuple[Any, ...]]:
    parameters = {field.name: getattr(asked, field.name) for field in fields(asked)} | more
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(cursor.connection), parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
