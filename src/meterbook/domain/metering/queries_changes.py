"""Reads around a change of meters: how registers stand, what is carried, what changes there were."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from meterbook.domain.metering import bulk, models, rules, rules_quantities
from meterbook.kernel import period

# The last usages an estimate may be made from; each rule takes of them what it needs.
MOST_USAGES = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenEntry:
    """A register's entry in an open round; no value in it where `value_milli` is None."""

    entry_id: int
    period: datetime.date
    value_milli: int | None
    read_on: datetime.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The reading that stands as a register's latest."""

    reading_id: int
    read_on: datetime.date
    value_milli: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterState:
    """A register as it stands before a change. Quantities in thousandths.

    `pending_milli` and `pending_days` are what is carried for the agreement from meters before, since
    `carried_from_on`.
    """

    register_id: int
    band: int
    digits: int
    multiplier_milli: int
    previous: Latest | None
    previous_usage_milli: int | None
    average_milli: int | None
    pending_milli: int
    pending_days: int
    carried_from_on: datetime.date | None
    entry: OpenEntry | None

    @property
    def capacity_milli(self) -> int:
        """The first value the register can't show."""
        return int(10**self.digits) * rules.MILLI


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingUsage:
    """What is carried of one band with no meter after it: the last register, where and when it ended."""

    register_id: int
    band: int
    closing_reading_id: int
    closed_on: datetime.date
    closing_milli: int
    since_on: datetime.date
    quantity_milli: int
    unmetered_days: int


_STATES = f"""
SELECT register.id, register.band, register.digits, register.multiplier_milli, previous.id, previous.read_on,
    previous.value_milli, history.last_milli, history.average_milli, coalesce(pending.milli, 0),
    coalesce(pending.unmetered, 0), pending.from_on, entry.id, entry.period,
    entry.value_milli, entry.read_on
FROM devices_register register
LEFT JOIN LATERAL ({bulk.LATEST_READING}) previous ON TRUE
CROSS JOIN LATERAL (
    SELECT div(sum(recent.quantity_milli) * %(average_days)s, sum(recent.days))::bigint AS average_milli,
        (array_agg(recent.quantity_milli ORDER BY recent.period_until DESC))[1] AS last_milli
    FROM (
        SELECT DISTINCT ON (usage.period_until)
            usage.period_until, usage.quantity_milli, usage.period_until - usage.period_from AS days
        FROM metering_usage usage JOIN devices_register was ON was.id = usage.register_id
        WHERE usage.agreement_id = %(agreement_id)s AND was.band = register.band
        ORDER BY usage.period_until DESC, usage.revision DESC LIMIT %(average_of)s
    ) recent
) history
CROSS JOIN LATERAL (
    SELECT sum(carried.quantity_milli)::bigint AS milli, min(carried.period_from) AS from_on,
        sum(carried.period_until - carried.period_from)
            FILTER (WHERE carried.quantity_milli IS NULL)::integer AS unmetered
    {bulk.PENDING} AND carried.agreement_id = %(agreement_id)s AND was.band = register.band
) pending
LEFT JOIN LATERAL (
    SELECT entry.id, round.period, entry.value_milli, entry.read_on
    FROM metering_roundentry entry JOIN metering_round round ON round.id = entry.round_id AND round.state = 1
    WHERE entry.register_id = register.id ORDER BY round.period LIMIT 1
) entry ON TRUE
WHERE register.meter_id = %(meter_id)s
ORDER BY register.band
"""  # noqa: S608 # constants of this subject

_PENDING_ALONE = f"""
SELECT DISTINCT ON (was.band) carried.register_id, was.band, carried.closing_reading_id, carried.period_until,
    carried.closing_milli, min(carried.period_from) OVER of_band,
    (sum(coalesce(carried.quantity_milli, 0)) OVER of_band)::bigint,
    (sum(CASE WHEN carried.quantity_milli IS NULL THEN carried.period_until - carried.period_from ELSE 0 END)
        OVER of_band)::integer
{bulk.PENDING} AND carried.agreement_id = %(agreement_id)s
WINDOW of_band AS (PARTITION BY was.band)
ORDER BY was.band, carried.period_until DESC, carried.id DESC
"""  # constants of this subject

_LATEST = f"""
SELECT register.id, latest.id FROM devices_register register
CROSS JOIN LATERAL ({bulk.LATEST_READING}) latest WHERE register.id = ANY(%(register_ids)s)
"""  # noqa: S608 # constants of this subject

_USAGES = """
SELECT DISTINCT ON (usage.period_until) usage.period_from, usage.period_until, usage.quantity_milli
FROM metering_usage usage JOIN devices_register was ON was.id = usage.register_id
WHERE usage.agreement_id = %(agreement_id)s AND was.band = %(band)s
ORDER BY usage.period_until DESC, usage.revision DESC LIMIT %(most)s
"""


def register_states(*, meter_id: int, agreement_id: int | None) -> tuple[RegisterState, ...]:
    """The registers of a meter by band, with what is known of them and of the agreement they count for."""
    parameters = {
        "meter_id": meter_id,
        "agreement_id": agreement_id,
        "average_days": rules.AVERAGE_DAYS,
        "average_of": bulk.AVERAGE_OF,
    }
    return tuple(_state(row) for row in _rows(_STATES, parameters))


def _state(row: tuple[Any, ...]) -> RegisterState:
    entry = previous = None
    if row[4] is not None:
        previous = Latest(reading_id=row[4], read_on=row[5], value_milli=row[6])
    if row[12] is not None:
        entry = OpenEntry(entry_id=row[12], period=row[13], value_milli=row[14], read_on=row[15])
    return RegisterState(
        register_id=row[0],
        band=row[1],
        digits=row[2],
        multiplier_milli=row[3],
        previous=previous,
        previous_usage_milli=row[7],
        average_milli=row[8],
        pending_milli=row[9],
        pending_days=row[10],
        carried_from_on=row[11],
        entry=entry,
    )


def pending_usages(*, agreement_id: int) -> tuple[PendingUsage, ...]:
    """What is carried for an agreement, by band."""
    return tuple(
        PendingUsage(
            register_id=row[0],
            band=row[1],
            closing_reading_id=row[2],
            closed_on=row[3],
            closing_milli=row[4],
            since_on=row[5],
            quantity_milli=row[6],
            unmetered_days=row[7],
        )
        for row in _rows(_PENDING_ALONE, {"agreement_id": agreement_id})
    )


def past_usages(*, agreement_id: int, band: int) -> tuple[rules_quantities.PastUsage, ...]:
    """What an agreement used by one band, whichever meter counted it, newest first, at most MOST_USAGES."""
    parameters = {"agreement_id": agreement_id, "band": band, "most": MOST_USAGES}
    return tuple(
        rules_quantities.PastUsage(period=period.Period(from_=row[0], until=row[1]), quantity_milli=row[2])
        for row in _rows(_USAGES, parameters)
    )


def is_taken_in(*, change_id: int) -> bool:
    """Whether a usage took in what a change carried."""
    carried = models.CarriedUsage.objects.filter(change_id=change_id, cancels_id__isnull=True)
    return models.UsagePart.objects.filter(carried_id__in=carried.values("id")).exists()


def latest_reading_ids(*, register_ids: Sequence[int]) -> dict[int, int]:
    """Register -> id of the reading that stands as its latest; without one it is missing."""
    return {row[0]: row[1] for row in _rows(_LATEST, {"register_ids": list(register_ids)})}


def _rows(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, dict(parameters))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
