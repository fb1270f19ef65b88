"""Reads of rounds: what is missing, what stands in the way, how far they are."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from meterbook.domain.metering import bulk, models, rules


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A service point in a book that gets no entry. `code`: NO_METER, NO_READING or READING_TOO_OLD (the
    latest reading is older than the agreement, so the first usage would be somebody else's).
    """

    code: str
    sequence: int
    account_no: str
    serial_no: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Why an entry keeps its round from being accepted. `code`: EMPTY, HELD, NEWER_READING (the register got
    another reading since the round was opened, or a meter was changed), AGREEMENT_NOT_IN_FORCE or
    METER_NOT_IN_PLACE (on some day between the two readings).
    """

    code: str
    entry_id: int
    sequence: int
    account_no: str
    serial_no: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTotals:
    """What an accepted round gave; `quantity_milli` adds up thousandths of each utility's own unit."""

    reading_count: int
    not_read_count: int
    quantity_milli: int


_LEFT_OUT = f"""
SELECT CASE WHEN register.id IS NULL THEN 'NO_METER' WHEN previous.read_on IS NULL THEN 'NO_READING'
        ELSE 'READING_TOO_OLD' END AS code,
    place.sequence, account.account_no, coalesce(meter.serial_no, '')
FROM metering_bookplace place
JOIN agreements_supplyagreement agreement ON agreement.service_point_id = place.service_point_id
    AND agreement.from_on <= %(day)s AND (agreement.until_on IS NULL OR agreement.until_on > %(day)s)
JOIN agreements_account account ON account.id = agreement.account_id
LEFT JOIN devices_installation installation ON installation.service_point_id = place.service_point_id
    AND installation.installed_on <= %(day)s
    AND (installation.removed_on IS NULL OR installation.removed_on > %(day)s)
LEFT JOIN devices_meter meter ON meter.id = installation.meter_id
LEFT JOIN devices_register register ON register.meter_id = meter.id
LEFT JOIN LATERAL ({bulk.LATEST_READING}) previous ON TRUE
WHERE place.book_id = %(book_id)s AND (previous.read_on IS NULL OR previous.read_on < agreement.from_on)
ORDER BY place.sequence
"""  # noqa: S608 # constants of this subject

_OBSTACLES = f"""
SELECT * FROM (
    SELECT CASE
            WHEN entry.state = %(empty)s THEN 'EMPTY'
            WHEN entry.state = %(held)s THEN 'HELD'
            WHEN entry.state = %(not_read)s THEN NULL
            WHEN entry.previous_reading_id IS DISTINCT FROM (SELECT id FROM ({bulk.LATEST_READING}) latest)
                THEN 'NEWER_READING'
            WHEN (entry.carried_milli, entry.unmetered_days) <> (
                SELECT coalesce(sum(carried.quantity_milli), 0)::bigint,
                    coalesce(sum(carried.period_until - carried.period_from)
                        FILTER (WHERE carried.quantity_milli IS NULL), 0)::integer
                {bulk.PENDING} AND carried.agreement_id = agreement.id AND was.band = register.band)
                THEN 'NEWER_READING'
            WHEN agreement.from_on > entry.previous_on OR agreement.until_on < entry.read_on
                THEN 'AGREEMENT_NOT_IN_FORCE'
            WHEN NOT EXISTS (
                SELECT FROM devices_installation installation
                WHERE installation.meter_id = register.meter_id
                    AND installation.service_point_id = agreement.service_point_id
                    AND installation.installed_on <= entry.previous_on
                    AND (installation.removed_on IS NULL OR installation.removed_on >= entry.read_on)
            ) THEN 'METER_NOT_IN_PLACE'
        END AS code, entry.id, entry.sequence, account.account_no, meter.serial_no
    FROM metering_roundentry entry
    JOIN agreements_supplyagreement agreement ON agreement.id = entry.agreement_id
    JOIN agreements_account account ON account.id = agreement.account_id
    JOIN devices_register register ON register.id = entry.register_id
    JOIN devices_meter meter ON meter.id = register.meter_id
    WHERE entry.round_id = %(round_id)s
) found
WHERE code IS NOT NULL
ORDER BY sequence, id
"""  # noqa: S608 # constants of this subject

_TOTALS = """
SELECT count(*), coalesce(sum(quantity_milli), 0)::bigint,
    (SELECT count(*) FROM metering_roundentry WHERE round_id = %(round_id)s AND state = %(not_read)s)
FROM metering_usage WHERE round_id = %(round_id)s
"""


def reading_limits() -> Mapping[int, rules.Limit]:
    """From where on a usage is far above average, by utility: the company's own or the standard ones."""
    own = {
        row.utility: rules.Limit(times_average=row.times_average, floor_milli=row.floor_milli)
        for row in models.ReadingLimit.objects.all()
    }
    return {**rules.STANDARD_LIMITS, **own}


def books_of_code(*, code: str, station_code: str | None = None) -> dict[int, str]:
    """Books with that code: id -> code of the station. Two stations may each have one."""
    found = models.Book.objects.filter(code=code)
    if station_code is not None:
        found = found.filter(station__code=station_code)
    return dict(found.order_by("station__code").values_list("id", "station__code"))


def round_of(*, book_id: int, period: datetime.date) -> int | None:
    """The id of the book's regular round of that month (its first day), or None."""
    found = models.Round.objects.filter(book_id=book_id, period=period, kind=models.RoundKind.REGULAR)
    return found.values_list("id", flat=True).first()


def registers_left_out(*, book_id: int, day: datetime.date) -> tuple[LeftOut, ...]:
    """What is supplied in the book on `day` and can't be read, in the order of the book."""
    rows = _rows(_LEFT_OUT, {"book_id": book_id, "day": day})
    return tuple(
        LeftOut(code=code, sequence=sequence, account_no=account_no, serial_no=serial_no)
        for code, sequence, account_no, serial_no in rows
    )


def obstacles(*, round_id: int) -> tuple[Obstacle, ...]:
    """What keeps the round from being accepted, in the order of the book; nothing when it may be.

    These are the facts that foreign keys would check on the lean tables, looked at once for the round.
    """
    states = models.EntryState
    parameters = {
        "round_id": round_id,
        "empty": states.EMPTY,
        "held": states.HELD,
        "not_read": states.NOT_READ,
    }
    return tuple(
        Obstacle(code=code, entry_id=entry_id, sequence=sequence, account_no=account_no, serial_no=serial_no)
        for code, entry_id, sequence, account_no, serial_no in _rows(_OBSTACLES, parameters)
    )


def round_totals(*, round_id: int) -> RoundTotals:
    """What the round gave; zeros before it is accepted."""
    ((readings, total, not_read),) = _rows(
        _TOTALS, {"round_id": round_id, "not_read": models.EntryState.NOT_READ}
    )
    return RoundTotals(reading_count=readings, not_read_count=not_read, quantity_milli=total)


def _rows(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, dict(parameters))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
