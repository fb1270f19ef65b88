"""Meters as a list, and the readings of one. Reads only."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg import sql

from meterbook.domain import fragments


@dataclass(frozen=True, slots=True)
class MeterFilter:
    """What a meter must be to be listed; None asks nothing.

    `serial_no`: how the number begins; `due_until`: its verification or service life ends then or before.
    """

    serial_no: str | None = None
    utility: int | None = None
    state: int | None = None
    station_id: int | None = None
    model_id: int | None = None
    holder: str | None = None
    purchase_no: str | None = None
    due_until: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class MeterRow:
    """One line of the list; the place, account and last reading are empty for a meter in stock."""

    meter_id: int
    serial_no: str
    barcode: str
    model: str
    utility: int
    state: int
    station: str
    address: str
    account_no: str
    holder: str
    installed_on: datetime.date | None
    read_on: datetime.date | None
    value_milli: int | None
    with_whom: str
    purchase_no: str
    due_on: datetime.date | None


@dataclass(frozen=True, slots=True)
class MeterReading:
    """A reading of a meter. `quantity_milli` is its part of the usage it closed, None for the first."""

    reading_id: int
    band: int
    read_on: datetime.date
    revision: int
    value_milli: int
    quantity_milli: int | None
    source: int
    reader: str
    recorded_at: datetime.datetime


_CONDITIONS = {
    "serial_no": sql.SQL(" AND m.serial_no >= %(serial_no)s AND m.serial_no < %(serial_no_after)s"),
    "utility": sql.SQL(" AND mm.utility = %(utility)s"),
    "state": sql.SQL(" AND m.state = %(state)s"),
    "station_id": sql.SQL(" AND m.station_id = %(station_id)s"),
    "model_id": sql.SQL(" AND m.model_id = %(model_id)s"),
    "holder": sql.SQL(" AND m.holder = %(holder)s"),
    "purchase_no": sql.SQL(" AND m.purchase_no = %(purchase_no)s"),
    "due_until": sql.SQL(" AND m.verification_due_on <= %(due_until)s"),
}
_FROM = sql.SQL("FROM devices_meter m JOIN devices_metermodel mm ON mm.id = m.model_id WHERE true")
_ORDERS = {
    "serial_no": sql.SQL("m.serial_no {way}"),
    "barcode": sql.SQL("m.barcode {way}, m.serial_no"),
    "model": sql.SQL("mm.name {way}, m.serial_no"),
    "due_on": sql.SQL("m.verification_due_on {way}, m.serial_no"),
}
SORTS = frozenset(_ORDERS)

_COUNT = sql.SQL("SELECT count(*) {conditions}")
_PAGE = sql.SQL("""
WITH shown AS MATERIALIZED (
    SELECT m.id, m.serial_no, m.barcode, btrim(mm.maker || ' ' || mm.name) AS model, mm.utility, m.state,
        m.station_id, m.holder, m.purchase_no, m.verification_due_on,
        row_number() OVER (ORDER BY {order}) AS place
    {conditions} ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s
)
SELECT shown.id, shown.serial_no, shown.barcode, shown.model, shown.utility, shown.state, u.name,
    COALESCE(hung.address, ''), COALESCE(hung.account_no, ''), COALESCE(hung.name, ''), hung.installed_on,
    latest.read_on, latest.value_milli, shown.holder, shown.purchase_no, shown.verification_due_on
FROM shown
JOIN access_orgunit u ON u.id = shown.station_id
LEFT JOIN LATERAL (
    SELECT p.address, a.account_no, c.name, i.installed_on
    FROM devices_installation i
    JOIN premises_servicepoint s ON s.id = i.service_point_id JOIN premises_premise p ON p.id = s.premise_id
    LEFT JOIN agreements_supplyagreement g ON g.service_point_id = s.id AND g.until_on IS NULL
    LEFT JOIN agreements_account a ON a.id = g.account_id
    LEFT JOIN customers_customer c ON c.id = a.customer_id
    WHERE i.meter_id = shown.id AND i.removed_on IS NULL LIMIT 1
) hung ON true
LEFT JOIN LATERAL (
    SELECT rd.read_on, rd.value_milli FROM devices_register rg
    JOIN LATERAL (
        SELECT was.read_on, was.value_milli FROM metering_reading was
        WHERE was.register_id = rg.id AND was.source <> 6 AND NOT EXISTS (
            SELECT FROM metering_reading newer WHERE newer.register_id = was.register_id
                AND newer.read_on = was.read_on AND newer.revision > was.revision)
        ORDER BY was.read_on DESC, was.revision DESC LIMIT 1
    ) rd ON true
    WHERE rg.meter_id = shown.id ORDER BY rg.band LIMIT 1
) latest ON true
ORDER BY shown.place
""")

_READINGS = """
SELECT rd.id, rg.band, rd.read_on, rd.revision, rd.value_milli,
    coalesce(part.quantity_milli, us.quantity_milli), rd.source,
    COALESCE(st.name, ''), rd.recorded_at
FROM devices_register rg
JOIN metering_reading rd ON rd.register_id = rg.id
LEFT JOIN metering_usage us ON us.closing_reading_id = rd.id AND us.round_id = rd.round_id
LEFT JOIN metering_usagepart part ON part.usage_id = us.id AND part.register_id = rg.id
    AND part.closing_reading_id = rd.id
LEFT JOIN access_staff st ON st.id = rd.reader_id
WHERE rg.meter_id = %(meter_id)s
ORDER BY rd.read_on DESC, rg.band, rd.revision DESC LIMIT %(most)s
"""


def meter_count(*, wanted: MeterFilter) -> int:
    """How many meters fit."""
    conditions, parameters = _conditions(wanted)
    count: int = _fetch(_COUNT.format(conditions=conditions), parameters)[0][0]
    return count


def meter_rows(
    *, wanted: MeterFilter, sort: str, is_descending: bool, offset: int, limit: int
) -> list[MeterRow]:
    """One page of the meters that fit. `sort` is one of SORTS (KeyError otherwise)."""
    conditions, parameters = _conditions(wanted)
    order = _ORDERS[sort].format(way=sql.SQL("DESC" if is_descending else "ASC"))
    statement = _PAGE.format(order=order, conditions=conditions)
    rows = _fetch(statement, {**parameters, "limit": limit, "offset": offset})
    return [MeterRow(*row) for row in rows]


def readings_of_meter(*, meter_id: int, most: int = 120) -> list[MeterReading]:
    """The accepted readings of a meter's registers, newest first, at most `most`."""
    rows = _fetch(sql.SQL(_READINGS), {"meter_id": meter_id, "most": most})
    return [MeterReading(*row) for row in rows]


def _conditions(wanted: MeterFilter) -> tuple[sql.Composable, dict[str, Any]]:
    parts: list[sql.Composable] = [_FROM]
    parameters: dict[str, Any] = {}
    for name, condition in _CONDITIONS.items():
        value = getattr(wanted, name)
        if value is not None:
            parts.append(condition)
            parameters[name] = value
    if wanted.serial_no is not None:
        parameters["serial_no_after"] = wanted.serial_no + fragments.AFTER_ALL
    return sql.Composed(parts), parameters


def _fetch(statement: sql.Composable, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(cursor.connection), dict(parameters))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
