"""Books and their rounds as pages show them: progress, a round's entries, what is held. Reads only."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import polars as pl
from django.db import connection

from meterbook.domain.metering import models, queries, rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a round is: entries by state."""

    empty: int
    passed: int
    held: int
    confirmed: int
    not_read: int

    @property
    def total(self) -> int:
        """All entries of the round."""
        return self.entered + self.empty

    @property
    def entered(self) -> int:
        """Entries somebody has dealt with, held ones included."""
        return self.passed + self.held + self.confirmed + self.not_read

    @property
    def is_ready(self) -> bool:
        """Whether nothing is empty or held any more."""
        return not self.empty and not self.held


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRow:
    """A book with its latest round; the round's fields are None before the first one."""

    book_id: int
    code: str
    name: str
    station_id: int
    station: str
    reader: str
    places: int
    round_id: int | None
    period: datetime.date | None
    state: models.RoundState | None
    progress: Progress | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundRow:
    """One round of one book; `quantity_milli` is None until it is accepted."""

    round_id: int
    book_id: int
    book_code: str
    book_name: str
    station: str
    period: datetime.date
    state: models.RoundState
    opened_on: datetime.date
    accepted_on: datetime.date | None
    accepted_by: str
    quantity_milli: int | None
    progress: Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """A register's entry with everything a reader or reviewer looks at.

    Quantities in thousandths; `high_milli` is the largest usage that passes by `read_on` (by today where
    nothing is entered), `high_value_milli` the register value it leads to, `quantity_milli` the usage of
    the value entered.
    """

    entry_id: int
    round_id: int
    book_id: int
    book_name: str
    period: datetime.date
    round_state: models.RoundState
    station: str
    sequence: int
    account_no: str
    name: str
    address: str
    serial_no: str
    register_id: int
    band: int
    utility: int
    digits: int
    multiplier_milli: int
    previous_on: datetime.date
    previous_milli: int
    previous_usage_milli: int | None
    average_milli: int | None
    since_on: datetime.date
    carried_milli: int
    unmetered_days: int
    value_milli: int | None
    read_on: datetime.date | None
    state: models.EntryState
    checks: tuple[rules.Check, ...]
    reason: str
    version: int
    entered_by: str
    entered_at: datetime.datetime | None
    high_milli: int
    high_value_milli: int
    quantity_milli: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFilter:
    """What a held entry must be to be listed; None asks nothing. `text`: account, meter, name or address."""

    book_id: int | None = None
    utility: int | None = None
    check: int | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastUsage:
    """One accepted usage of a register, newest first in lists."""

    period_from: datetime.date
    period_until: datetime.date
    opening_milli: int
    closing_milli: int
    quantity_milli: int


_PROGRESS = """
    count(*) FILTER (WHERE entry.state = 1), count(*) FILTER (WHERE entry.state = 2),
    count(*) FILTER (WHERE entry.state = 3), count(*) FILTER (WHERE entry.state = 4),
    count(*) FILTER (WHERE entry.state = 5)
"""

_BOOKS = """
SELECT book.id, book.code, book.name, book.station_id, station.name, coalesce(reader.name, ''),
    (SELECT count(*) FROM metering_bookplace place WHERE place.book_id = book.id),
    round.id, round.period, round.state
FROM metering_book book
JOIN access_orgunit station ON station.id = book.station_id
LEFT JOIN access_staff reader ON reader.id = book.reader_id
LEFT JOIN LATERAL (
    SELECT latest.id, latest.period, latest.state FROM metering_round latest
    WHERE latest.book_id = book.id AND latest.kind = 1 ORDER BY latest.period DESC LIMIT 1
) round ON TRUE
WHERE %(book_id)s::bigint IS NULL OR book.id = %(book_id)s
ORDER BY station.code, book.code
"""

_COUNTS = f"""
SELECT entry.round_id, {_PROGRESS}
FROM metering_roundentry entry WHERE entry.round_id = ANY(%(round_ids)s) GROUP BY entry.round_id
"""  # noqa: S608 # a constant of this module

_ROUNDS = """
SELECT round.id, book.id, book.code, book.name, station.name, round.period, round.state, round.opened_on,
    round.accepted_on, coalesce(staff.name, ''),
    CASE WHEN round.accepted_on IS NOT NULL THEN (
        SELECT coalesce(sum(usage.quantity_milli), 0)::bigint FROM metering_usage usage
        WHERE usage.round_id = round.id) END
FROM metering_round round
JOIN metering_book book ON book.id = round.book_id
JOIN access_orgunit station ON station.id = round.station_id
LEFT JOIN access_staff staff ON staff.id = round.accepted_by_id
WHERE (%(round_id)s::bigint IS NULL OR round.id = %(round_id)s)
    AND (%(book_id)s::bigint IS NULL OR (round.book_id = %(book_id)s AND round.kind = 1))
ORDER BY round.period DESC
LIMIT %(limit)s
"""

_ENTRY_JOINS = """
FROM metering_roundentry entry
JOIN metering_round round ON round.id = entry.round_id
JOIN metering_book book ON book.id = round.book_id
JOIN access_orgunit station ON station.id = entry.station_id
JOIN agreements_supplyagreement agreement ON agreement.id = entry.agreement_id
JOIN agreements_account account ON account.id = agreement.account_id
JOIN customers_customer customer ON customer.id = account.customer_id
JOIN premises_servicepoint point ON point.id = agreement.service_point_id
JOIN premises_premise premise ON premise.id = point.premise_id
JOIN devices_register register ON register.id = entry.register_id
JOIN devices_meter meter ON meter.id = register.meter_id
LEFT JOIN access_staff staff ON staff.id = entry.entered_by_id
"""

_ENTRY_COLUMNS = """
SELECT entry.id, entry.round_id, book.id, book.name, round.period, round.state, station.name, entry.sequence,
    account.account_no, customer.name, premise.address, meter.serial_no, register.id, register.band,
    agreement.utility, register.digits, register.multiplier_milli, entry.previous_on, entry.previous_milli,
    entry.previous_usage_milli, entry.average_milli, coalesce(entry.carried_from_on, entry.previous_on),
    entry.carried_milli, entry.unmetered_days, entry.value_milli, entry.read_on, entry.state,
    entry.checks, entry.reason, entry.version, coalesce(staff.name, ''), entry.entered_at
"""

_ENTRIES = f"""
{_ENTRY_COLUMNS} {_ENTRY_JOINS}
WHERE (%(round_id)s::bigint IS NULL OR entry.round_id = %(round_id)s)
    AND (%(entry_ids)s::bigint[] IS NULL OR entry.id = ANY(%(entry_ids)s))
ORDER BY entry.sequence, entry.id
"""

_IS_HELD = """
WHERE entry.state = 3
    AND (%(book_id)s::bigint IS NULL OR round.book_id = %(book_id)s)
    AND (%(utility)s::smallint IS NULL OR agreement.utility = %(utility)s)
    AND (%(check)s::smallint IS NULL OR %(check)s = ANY(entry.checks))
    AND (%(text)s::text IS NULL OR account.account_no = %(text)s OR meter.serial_no = %(text)s
        OR strpos(customer.name, %(text)s) > 0 OR strpos(premise.address, %(text)s) > 0)
"""

_HELD = f"""
{_ENTRY_COLUMNS} {_ENTRY_JOINS} {_IS_HELD}
ORDER BY station.code, book.code, entry.sequence, entry.id LIMIT %(limit)s OFFSET %(offset)s
"""
_HELD_COUNT = f"SELECT count(*) {_ENTRY_JOINS} {_IS_HELD}"  # constants of this module

_HISTORY = """
SELECT DISTINCT ON (u.period_until) u.period_from, u.period_until, u.opening_milli, u.closing_milli,
    u.quantity_milli
FROM metering_usage u
WHERE u.agreement_id = %(agreement_id)s AND (u.register_id = %(register_id)s OR EXISTS (
    SELECT FROM devices_register was JOIN devices_register now ON now.band = was.band
    WHERE was.id = u.register_id AND now.id = %(register_id)s))
ORDER BY u.period_until DESC, u.revision DESC LIMIT %(limit)s
"""

_PLAIN_FIELDS = tuple(
    field.name
    for field in fields(EntryRow)
    if field.name not in {"high_milli", "high_value_milli", "quantity_milli"}
)


def books() -> list[BookRow]:
    """Every book in scope with its latest round, by station and code."""
    return _book_rows(book_id=None)


def book(*, book_id: int) -> BookRow | None:
    """One book, or None when it doesn't exist for the actor."""
    return next(iter(_book_rows(book_id=book_id)), None)


def rounds_of_book(*, book_id: int, limit: int = 24) -> list[RoundRow]:
    """The book's rounds, newest first."""
    return _round_rows(book_id=book_id, round_id=None, limit=limit)


def round_head(*, round_id: int) -> RoundRow | None:
    """One round, or None when it doesn't exist for the actor."""
    return next(iter(_round_rows(book_id=None, round_id=round_id, limit=1)), None)


def progress_of(*, round_ids: Sequence[int]) -> dict[int, Progress]:
    """Progress by round id; a round without entries has none of anything."""
    counted = {row[0]: _progress(row[1:]) for row in _rows(_COUNTS, {"round_ids": list(round_ids)})}
    return {round_id: counted.get(round_id, _progress((0, 0, 0, 0, 0))) for round_id in round_ids}


def entries_of_round(*, round_id: int, today: datetime.date) -> list[EntryRow]:
    """A round's entries in the order of the book."""
    return _entry_rows(_rows(_ENTRIES, {"round_id": round_id, "entry_ids": None}), today=today)


def entries(*, entry_ids: Sequence[int], today: datetime.date) -> list[EntryRow]:
    """The named entries that are in scope, in the order of their books."""
    return _entry_rows(_rows(_ENTRIES, {"round_id": None, "entry_ids": list(entry_ids)}), today=today)


def held_entries(*, wanted: HeldFilter, offset: int, limit: int, today: datetime.date) -> list[EntryRow]:
    """Held entries that fit, by station, book and sequence."""
    found = _rows(_HELD, {**_held_parameters(wanted), "offset": offset, "limit": limit})
    return _entry_rows(found, today=today)


def held_count(*, wanted: HeldFilter) -> int:
    """How many held entries fit."""
    return int(_rows(_HELD_COUNT, _held_parameters(wanted))[0][0])


def waiting_count() -> int:
    """How many entries in scope wait to be corrected or confirmed."""
    return models.RoundEntry.objects.filter(state=models.EntryState.HELD).count()


def past_usages(*, entry_id: int, limit: int = 12) -> list[PastUsage]:
    """What the entry's agreement used before, at this register and those it followed, newest first."""
    entry = models.RoundEntry.objects.get(pk=entry_id)
    parameters = {"agreement_id": entry.agreement_id, "register_id": entry.register_id, "limit": limit}
    names = [field.name for field in fields(PastUsage)]
    return [PastUsage(**dict(zip(names, row, strict=True))) for row in _rows(_HISTORY, parameters)]


def _book_rows(*, book_id: int | None) -> list[BookRow]:
    found = _rows(_BOOKS, {"book_id": book_id})
    progress = progress_of(round_ids=[row[7] for row in found if row[7] is not None])
    return [
        BookRow(
            book_id=row[0],
            code=row[1],
            name=row[2],
            station_id=row[3],
            station=row[4],
            reader=row[5],
            places=row[6],
            round_id=row[7],
            period=row[8],
            state=None if row[9] is None else models.RoundState(row[9]),
            progress=progress.get(row[7]),
        )
        for row in found
    ]


def _round_rows(*, book_id: int | None, round_id: int | None, limit: int) -> list[RoundRow]:
    found = _rows(_ROUNDS, {"book_id": book_id, "round_id": round_id, "limit": limit})
    progress = progress_of(round_ids=[row[0] for row in found])
    names = [field.name for field in fields(RoundRow) if field.name != "progress"]
    return [
        RoundRow(
            **dict(zip(names, (*row[:6], models.RoundState(row[6]), *row[7:]), strict=True)),
            progress=progress[row[0]],
        )
        for row in found
    ]


def _entry_rows(found: list[tuple[Any, ...]], *, today: datetime.date) -> list[EntryRow]:
    plain = [dict(zip(_PLAIN_FIELDS, row, strict=True)) for row in found]
    known = [row | {"read_on": row["read_on"] or today} for row in plain]
    facts = pl.DataFrame(
        [tuple(row[name] for name in rules.FACTS.columns) for row in known],
        schema=dict(rules.FACTS.columns),
        orient="row",
    )
    findings = rules.judged(facts=facts, limits=queries.reading_limits())
    return [
        EntryRow(
            **row
            | {
                "state": models.EntryState(row["state"]),
                "round_state": models.RoundState(row["round_state"]),
                "checks": tuple(rules.Check(code) for code in row["checks"]),
            },
            high_milli=finding["high_milli"],
            high_value_milli=finding["high_value_milli"],
            quantity_milli=finding["quantity_milli"],
        )
        for row, finding in zip(plain, findings.iter_rows(named=True), strict=True)
    ]


def _held_parameters(wanted: HeldFilter) -> dict[str, Any]:
    return {field.name: getattr(wanted, field.name) for field in fields(wanted)}


def _progress(counts: Sequence[int]) -> Progress:
    empty, passed, held, confirmed, not_read = counts
    return Progress(empty=empty, passed=passed, held=held, confirmed=confirmed, not_read=not_read)


def _rows(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, dict(parameters))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
