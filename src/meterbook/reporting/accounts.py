"""The accounts of a scope as a list: filtered, sorted, counted and summed. Reads only."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg import sql

from meterbook.domain.agreements import models as agreements
from meterbook.domain.customers import models as customers
from meterbook.domain.ledger import rules as ledger


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """What an account must be to be listed; None asks nothing."""

    customer_class: int | None = None
    state: int | None = None
    utility: int | None = None
    community: str | None = None
    book_id: int | None = None
    owing: bool | None = None


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One line of the list. Amounts in minor units; `prepaid_minor` is what the company holds for them."""

    account_id: int
    account_no: str
    name: str
    customer_class: customers.CustomerClass
    state: agreements.AccountState
    station: str
    opened_on: datetime.date
    owed_minor: int
    prepaid_minor: int
    address: str
    utilities: tuple[int, ...]
    books: str
    phone: str


@dataclass(frozen=True, slots=True)
class AccountSums:
    """Over all accounts that fit."""

    accounts: int
    owed_minor: int
    prepaid_minor: int


_FROM = sql.SQL("""
FROM agreements_account a
{holder}
LEFT JOIN ledger_ledgerbalance owed ON owed.subject_id = a.id AND owed.ledger_account_id = %(receivable)s
LEFT JOIN ledger_ledgerbalance kept ON kept.subject_id = a.id AND kept.ledger_account_id = %(prepayment)s
WHERE true
""")

# The sums need no holder: leaving the join out halves their time.
_HOLDER = sql.SQL("JOIN customers_customer c ON c.id = a.customer_id")
_NO_HOLDER = sql.SQL("")

# Only the accounts of one page are dressed with what costs a look-up each.
_PAGE = sql.SQL("""
WITH shown AS MATERIALIZED (
    SELECT a.id, a.account_no, c.id AS customer_id, c.name, c.customer_class, a.state, a.station_id,
        a.opened_on, COALESCE(owed.balance_minor, 0) AS owed_minor,
        -COALESCE(kept.balance_minor, 0) AS prepaid_minor,
        row_number() OVER (ORDER BY {order}) AS place
    {conditions} ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s
)
SELECT shown.id, shown.account_no, shown.name, shown.customer_class, shown.state, u.name, shown.opened_on,
    shown.owed_minor, shown.prepaid_minor, COALESCE(supply.address, ''), COALESCE(supply.utilities, '{{}}'),
    COALESCE(supply.books, ''), COALESCE(phone.value, '')
FROM shown
JOIN access_orgunit u ON u.id = shown.station_id
LEFT JOIN LATERAL (
    SELECT min(p.address) AS address, array_agg(DISTINCT g.utility ORDER BY g.utility) AS utilities,
        string_agg(DISTINCT b.name, ' ') AS books
    FROM agreements_supplyagreement g
    JOIN premises_servicepoint s ON s.id = g.service_point_id JOIN premises_premise p ON p.id = s.premise_id
    LEFT JOIN metering_bookplace bp ON bp.service_point_id = s.id
    LEFT JOIN metering_book b ON b.id = bp.book_id
    WHERE g.account_id = shown.id AND g.until_on IS NULL
) supply ON true
LEFT JOIN LATERAL (
    SELECT cp.value FROM customers_contactpoint cp
    WHERE cp.customer_id = shown.customer_id AND cp.kind = 1 AND cp.valid_until IS NULL
    ORDER BY cp.is_preferred DESC, cp.id LIMIT 1
) phone ON true
ORDER BY shown.place
""")

_SUMS = sql.SQL("""
SELECT count(*), COALESCE(sum(owed.balance_minor), 0)::bigint, COALESCE(-sum(kept.balance_minor), 0)::bigint
{conditions}
""")

_CONDITIONS = {
    "customer_class": sql.SQL(
        " AND a.customer_id IN (SELECT id FROM customers_customer WHERE customer_class = %(customer_class)s)"
    ),
    "state": sql.SQL(" AND a.state = %(state)s"),
    "utility": sql.SQL(" AND a.id IN (SELECT g.account_id FROM agreements_supplyagreement g"
                       " WHERE g.until_on IS NULL AND g.utility = %(utility)s)"),
    "community": sql.SQL(" AND a.id IN (SELECT g.account_id FROM premises_premise p"
                         " JOIN premises_servicepoint s ON s.premise_id = p.id"
                         " JOIN agreements_supplyagreement g"
                         " ON g.service_point_id = s.id AND g.until_on IS NULL"
                         " WHERE p.community = %(community)s)"),
    "book_id": sql.SQL(" AND a.id IN (SELECT g.account_id FROM metering_bookplace bp"
                       " JOIN agreements_supplyagreement g"
                       " ON g.service_point_id = bp.service_point_id AND g.until_on IS NULL"
                       " WHERE bp.book_id = %(book_id)s)"),
}  # fmt: skip
_OWING = {
    True: sql.SQL(" AND owed.balance_minor > 0"),
    False: sql.SQL(" AND COALESCE(owed.balance_minor, 0) <= 0"),
}

# Each sort ends with the account number, so that pages never overlap.
_ORDERS = {
    "account_no": sql.SQL("a.account_no {way}"),
    "name": sql.SQL("c.name_pinyin {way}, a.account_no"),
    "opened_on": sql.SQL("a.opened_on {way}, a.account_no"),
    "owed_minor": sql.SQL("COALESCE(owed.balance_minor, 0) {way}, a.account_no"),
    "prepaid_minor": sql.SQL("-COALESCE(kept.balance_minor, 0) {way}, a.account_no"),
}
SORTS = frozenset(_ORDERS)


def account_sums(*, wanted: AccountFilter) -> AccountSums:
    """How many accounts fit, and what they owe and hold together."""
    conditions, parameters = _conditions(wanted, holder=_NO_HOLDER)
    rows = _fetch(_SUMS.format(conditions=conditions), parameters)
    return AccountSums(*rows[0])


def account_rows(
    *, wanted: AccountFilter, sort: str, is_descending: bool, offset: int, limit: int
) -> list[AccountRow]:
    """One page of the accounts that fit. `sort` is one of SORTS (KeyError otherwise)."""
    conditions, parameters = _conditions(wanted, holder=_HOLDER)
    order = _ORDERS[sort].format(way=sql.SQL("DESC" if is_descending else "ASC"))
    statement = _PAGE.format(order=order, conditions=conditions)
    rows = _fetch(statement, {**parameters, "limit": limit, "offset": offset})
    return [_row(row) for row in rows]


def _row(row: Sequence[Any]) -> AccountRow:
    account_id, account_no, name, customer_class, state, *rest = row
    station, opened_on, owed_minor, prepaid_minor, address, utilities, books, phone = rest
    return AccountRow(
        account_id=account_id,
        account_no=account_no,
        name=name,
        customer_class=customers.CustomerClass(customer_class),
        state=agreements.AccountState(state),
        station=station,
        opened_on=opened_on,
        owed_minor=owed_minor,
        prepaid_minor=prepaid_minor,
        address=address,
        utilities=tuple(utilities),
        books=books,
        phone=phone,
    )


def _conditions(wanted: AccountFilter, *, holder: sql.SQL) -> tuple[sql.Composable, dict[str, Any]]:
    parameters: dict[str, Any] = {
        "receivable": ledger.Chart.RECEIVABLE.value,
        "prepayment": ledger.Chart.PREPAYMENT.value,
    }
    parts: list[sql.Composable] = [_FROM.format(holder=holder)]
    for name, condition in _CONDITIONS.items():
        value = getattr(wanted, name)
        if value is not None:
            parts.append(condition)
            parameters[name] = value
    if wanted.owing is not None:
        parts.append(_OWING[wanted.owing])
    return sql.Composed(parts), parameters


def _fetch(statement: sql.Composable, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(cursor.connection), dict(parameters))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
