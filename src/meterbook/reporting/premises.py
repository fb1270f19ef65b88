"""Doors as a list, each with who is supplied there, and the points of one premise. Reads only."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg import sql

from meterbook.domain.premises import queries


@dataclass(frozen=True, slots=True)
class DoorFilter:
    """What a door must be to be listed; None asks nothing. `path`: below this node; `ids`: one of these."""

    path: str | None = None
    ids: tuple[int, ...] | None = None
    supplied: bool | None = None


@dataclass(frozen=True, slots=True)
class DoorRow:
    """One line of the list. The account is the one supplied now; several are counted in `more_accounts`."""

    premise_id: int
    address: str
    building: str
    entrance: str
    floor: str
    flat_no: str
    station: str
    utilities: tuple[int, ...]
    meters: int
    account_no: str
    holder: str
    more_accounts: int


@dataclass(frozen=True, slots=True)
class PointRow:
    """A service point with the meter that hangs there and the account supplied there now (or empty)."""

    service_point_id: int
    utility: int
    position: int
    meter_id: int | None
    serial_no: str
    installed_on: datetime.date | None
    account_no: str
    holder: str
    since: datetime.date | None


_RUNNING = """EXISTS (
    SELECT FROM premises_servicepoint s
    JOIN agreements_supplyagreement g ON g.service_point_id = s.id AND g.until_on IS NULL
    WHERE s.premise_id = p.id
)"""
_CONDITIONS = {
    "path": sql.SQL(
        " AND p.node_id IN (SELECT n.id FROM premises_addressnode n"
        " WHERE n.path >= %(path)s AND n.path < %(path_after)s)"
    ),
    "ids": sql.SQL(" AND p.id = ANY (%(ids)s)"),
    "supplied": sql.SQL(" AND {} = %(supplied)s").format(sql.SQL(_RUNNING)),
}
# As people count: by length first, so that 2 comes before 10.
_BY_DOOR = sql.SQL(
    "p.community {way}, length(p.building) {way}, p.building {way}, length(p.entrance) {way},"
    " p.entrance {way}, length(p.floor) {way}, p.floor {way}, length(p.flat_no) {way}, p.flat_no {way}, p.id"
)
_ORDERS = {
    "door": _BY_DOOR,
    "address": sql.SQL("p.address {way}, p.id"),
    "newest": sql.SQL("p.id {way}"),
}
SORTS = frozenset(_ORDERS)
_FROM = sql.SQL("FROM premises_premise p WHERE true")
_COUNT = sql.SQL("SELECT count(*) {conditions}")
_PAGE = sql.SQL("""
WITH shown AS MATERIALIZED (
    SELECT p.id, p.address, p.building, p.entrance, p.floor, p.flat_no, p.station_id,
        row_number() OVER (ORDER BY {order}) AS place
    {conditions} ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s
)
SELECT shown.id, shown.address, shown.building, shown.entrance, shown.floor, shown.flat_no, u.name,
    COALESCE(points.utilities, '{{}}'::int[]), COALESCE(points.meters, 0), COALESCE(held.account_no, ''),
    COALESCE(held.name, ''), COALESCE(held.more, 0)
FROM shown
JOIN access_orgunit u ON u.id = shown.station_id
LEFT JOIN LATERAL (
    SELECT array_agg(DISTINCT s.utility::int ORDER BY s.utility::int) AS utilities, count(i.id) AS meters
    FROM premises_servicepoint s
    LEFT JOIN devices_installation i ON i.service_point_id = s.id AND i.removed_on IS NULL
    WHERE s.premise_id = shown.id
) points ON true
LEFT JOIN LATERAL (
    SELECT min(a.account_no) AS account_no, count(DISTINCT a.id)::int - 1 AS more,
        (array_agg(c.name ORDER BY a.account_no))[1] AS name
    FROM premises_servicepoint s
    JOIN agreements_supplyagreement g ON g.service_point_id = s.id AND g.until_on IS NULL
    JOIN agreements_account a ON a.id = g.account_id JOIN customers_customer c ON c.id = a.customer_id
    WHERE s.premise_id = shown.id HAVING count(*) > 0
) held ON true
ORDER BY shown.place
""")
_POINTS = """
SELECT s.id, s.utility, s.position, m.id, COALESCE(m.serial_no, ''), i.installed_on,
    COALESCE(a.account_no, ''), COALESCE(c.name, ''), g.from_on
FROM premises_servicepoint s
LEFT JOIN devices_installation i ON i.service_point_id = s.id AND i.removed_on IS NULL
LEFT JOIN devices_meter m ON m.id = i.meter_id
LEFT JOIN agreements_supplyagreement g ON g.service_point_id = s.id AND g.until_on IS NULL
LEFT JOIN agreements_account a ON a.id = g.account_id
LEFT JOIN customers_customer c ON c.id = a.customer_id
WHERE s.premise_id = %(premise_id)s
ORDER BY s.utility, s.position, g.from_on DESC
"""


@dataclass(frozen=True, slots=True)
class Supplied:
    """Whose supply of one utility a premise has."""

    utility: int
    account_no: str
    name: str


_SUPPLIED = """
SELECT DISTINCT s.premise_id, s.utility, a.account_no, c.name
FROM premises_servicepoint s
JOIN agreements_supplyagreement g ON g.service_point_id = s.id AND g.from_on <= %(day)s
    AND (g.until_on IS NULL OR g.until_on > %(day)s)
JOIN agreements_account a ON a.id = g.account_id
JOIN customers_customer c ON c.id = a.customer_id
WHERE s.premise_id = ANY(%(premise_ids)s)
ORDER BY s.premise_id, s.utility, a.account_no
"""


def door_count(*, wanted: DoorFilter) -> int:
    """How many doors fit."""
    conditions, parameters = _conditions(wanted)
    count: int = _fetch(_COUNT.format(conditions=conditions), parameters)[0][0]
    return count


def door_rows(
    *, wanted: DoorFilter, sort: str, is_descending: bool, offset: int, limit: int
) -> list[DoorRow]:
    """One page of the doors that fit. `sort` is one of SORTS (KeyError otherwise)."""
    conditions, parameters = _conditions(wanted)
    order = _ORDERS[sort].format(way=sql.SQL("DESC" if is_descending else "ASC"))
    rows = _fetch(
        _PAGE.format(order=order, conditions=conditions), {**parameters, "limit": limit, "offset": offset}
    )
    return [_door(row) for row in rows]


def _door(row: tuple[Any, ...]) -> DoorRow:
    premise_id, address, building, entrance, floor, flat_no, station, utilities, *rest = row
    door = (premise_id, address, building, entrance, floor, flat_no, station)
    return DoorRow(*door, tuple(utilities), *rest)


def points_of(*, premise_id: int) -> list[PointRow]:
    """The service points of a premise, by utility and position."""
    return [PointRow(*row) for row in _fetch(sql.SQL(_POINTS), {"premise_id": premise_id})]


def supplied(*, premise_ids: Sequence[int], on: datetime.date) -> dict[int, list[Supplied]]:
    """Who is supplied with what at premises on a day, by premise; nobody: it is missing."""
    found: dict[int, list[Supplied]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SUPPLIED, {"premise_ids": list(premise_ids), "day": on})
        for premise_id, utility, account_no, name in cursor.fetchall():
            found.setdefault(premise_id, []).append(Supplied(utility, account_no, name))
    return found


def _conditions(wanted: DoorFilter) -> tuple[sql.Composable, dict[str, Any]]:
    parts: list[sql.Composable] = [_FROM]
    parameters: dict[str, Any] = {}
    for name, condition in _CONDITIONS.items():
        value = getattr(wanted, name)
        if value is not None:
            parts.append(condition)
            parameters[name] = list(value) if name == "ids" else value
    if wanted.path is not None:
        parameters["path_after"] = queries.after_path(wanted.path)
    return sql.Composed(parts), parameters


def _fetch(statement: sql.Composable, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(cursor.connection), dict(parameters))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
