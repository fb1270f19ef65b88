"""The customers of a scope as a list: with or without accounts, merged ones left out. Reads only."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg import sql

from meterbook.domain.customers import models as customers


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """What a customer must be to be listed; None asks nothing. `has_account` False: never had one."""

    kind: int | None = None
    customer_class: int | None = None
    tag_id: int | None = None
    list_kind: int | None = None
    grade: str | None = None
    has_account: bool | None = None


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One line of the list. `score` and `grade` are of the latest scoring, if any."""

    customer_id: int
    name: str
    kind: customers.CustomerKind
    customer_class: customers.CustomerClass
    station: str
    created_at: datetime.datetime
    phone: str
    tags: str
    list_kinds: tuple[int, ...]
    accounts: int
    score: int | None
    grade: str


_FROM = "FROM customers_customer c WHERE c.merged_into_id IS NULL"
_CONDITIONS = {
    "kind": " AND c.kind = %(kind)s",
    "customer_class": " AND c.customer_class = %(customer_class)s",
    "tag_id": " AND c.id IN (SELECT t.customer_id FROM customers_customertag t"
    " WHERE t.tag_id = %(tag_id)s AND t.removed_on IS NULL)",
    "list_kind": " AND c.id IN (SELECT l.customer_id FROM customers_listentry l"
    " WHERE l.kind = %(list_kind)s AND l.until_on IS NULL)",
    "grade": " AND c.id IN (SELECT s.customer_id FROM customers_creditscore s WHERE s.grade = %(grade)s"
    " AND NOT EXISTS (SELECT 1 FROM customers_creditscore later"
    " WHERE later.customer_id = s.customer_id AND later.id > s.id))",
}
_HAS_ACCOUNT = {
    True: " AND EXISTS (SELECT 1 FROM agreements_account a WHERE a.customer_id = c.id)",
    False: " AND NOT EXISTS (SELECT 1 FROM agreements_account a WHERE a.customer_id = c.id)",
}
# Only the customers of one page are dressed with what costs a look-up each.
_PAGE = sql.SQL("""
WITH shown AS MATERIALIZED (
    SELECT c.id, c.name, c.kind, c.customer_class, c.station_id, c.created_at,
        row_number() OVER (ORDER BY {order}) AS place
    {conditions} ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s
)
SELECT c.id, c.name, c.kind, c.customer_class, u.name, c.created_at, COALESCE(phone.value, ''),
    COALESCE(marks.names, ''), COALESCE(lists.kinds, '{{}}'),
    (SELECT count(*) FROM agreements_account a WHERE a.customer_id = c.id), latest.score,
    COALESCE(latest.grade, '')
FROM shown c JOIN access_orgunit u ON u.id = c.station_id
LEFT JOIN LATERAL (
    SELECT p.value FROM customers_contactpoint p
    WHERE p.customer_id = c.id AND p.kind = 1 AND p.valid_until IS NULL
    ORDER BY p.is_preferred DESC, p.id LIMIT 1
) phone ON true
LEFT JOIN LATERAL (
    SELECT string_agg(t.name, ' ' ORDER BY t.name) AS names FROM customers_customertag g
    JOIN customers_tag t ON t.id = g.tag_id WHERE g.customer_id = c.id AND g.removed_on IS NULL
) marks ON true
LEFT JOIN LATERAL (
    SELECT array_agg(l.kind ORDER BY l.kind) AS kinds FROM customers_listentry l
    WHERE l.customer_id = c.id AND l.until_on IS NULL
) lists ON true
LEFT JOIN LATERAL (
    SELECT s.score, s.grade FROM customers_creditscore s WHERE s.customer_id = c.id ORDER BY s.id DESC LIMIT 1
) latest ON true
ORDER BY c.place
""")
# Each sort ends with the id, so that pages never overlap.
_ORDERS = {
    "name": sql.SQL("c.name_pinyin {way}, c.id"),
    "created_at": sql.SQL("c.created_at {way}, c.id"),
}
SORTS = frozenset(_ORDERS)


def customer_count(*, wanted: CustomerFilter) -> int:
    """How many customers fit."""
    conditions, parameters = _conditions(wanted)
    with connection.cursor() as cursor:
        statement = sql.SQL("SELECT count(*) {}").format(conditions)
        cursor.execute(statement.as_string(cursor.connection), parameters)
        return int(cursor.fetchone()[0])


def customer_rows(
    *, wanted: CustomerFilter, sort: str, is_descending: bool, offset: int, limit: int
) -> list[CustomerRow]:
    """One page of the customers that fit. `sort` is one of SORTS (KeyError otherwise)."""
    conditions, parameters = _conditions(wanted)
    order = _ORDERS[sort].format(way=sql.SQL("DESC" if is_descending else "ASC"))
    statement = _PAGE.format(order=order, conditions=conditions)
    with connection.cursor() as cursor:
        cursor.execute(
            statement.as_string(cursor.connection), {**parameters, "limit": limit, "offset": offset}
        )
        rows = cursor.fetchall()
    return [_row(row) for row in rows]


def _row(row: tuple[Any, ...]) -> CustomerRow:
    return CustomerRow(
        customer_id=row[0],
        name=row[1],
        kind=customers.CustomerKind(row[2]),
        customer_class=customers.CustomerClass(row[3]),
        station=row[4],
        created_at=row[5],
        phone=row[6],
        tags=row[7],
        list_kinds=tuple(row[8]),
        accounts=row[9],
        score=row[10],
        grade=row[11],
    )


def _conditions(wanted: CustomerFilter) -> tuple[sql.Composable, Mapping[str, Any]]:
    parts: list[sql.Composable] = [sql.SQL(_FROM)]
    parameters: dict[str, Any] = {}
    for name, condition in _CONDITIONS.items():
        value = getattr(wanted, name)
        if value is not None:
            parts.append(sql.SQL(condition))
            parameters[name] = value
    if wanted.has_account is not None:
        parts.append(sql.SQL(_HAS_ACCOUNT[wanted.has_account]))
    return sql.Composed(parts), parameters
