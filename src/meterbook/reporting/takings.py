"""Payments and shifts of a scope as lists: filtered, sorted, counted and summed. Reads only."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg import sql

from meterbook.domain.payments import models


@dataclass(frozen=True, slots=True)
class PaymentFilter:
    """What a payment must be to be listed; None asks nothing."""

    from_on: datetime.date | None = None
    until_on: datetime.date | None = None
    tender: int | None = None
    taken_by_id: int | None = None
    shift_id: int | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class ShiftFilter:
    """What a shift must be to be listed; None asks nothing. `staff_id`: that person's own only."""

    from_on: datetime.date | None = None
    until_on: datetime.date | None = None
    state: int | None = None
    staff_id: int | None = None


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """One payment. Amounts in minor units; negative for a reversal, which names the receipt it voided."""

    payment_id: int
    receipt_no: str
    taken_at: datetime.datetime
    business_on: datetime.date
    account_no: str
    customer: str
    tender: int
    received_minor: int
    cleared_minor: int
    prepaid_added_minor: int
    clerk: str
    station: str
    is_reversal: bool
    is_reversed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ShiftLine:
    """One shift. `difference_minor` is counted less expected, None while it is open."""

    shift_id: int
    business_on: datetime.date
    clerk: str
    station: str
    state: int
    payment_count: int
    received_minor: int
    difference_minor: int | None
    opened_at: datetime.datetime
    counted_at: datetime.datetime | None
    taken_over_by: str


@dataclass(frozen=True, slots=True)
class PaymentSums:
    """Over all payments that fit."""

    payments: int
    received_minor: int
    cleared_minor: int
    prepaid_added_minor: int


Facts = dict[str, int | str | datetime.date | None]

# Sort keys a list may ask for -> what they sort by. The id makes every order complete.
PAYMENT_ORDERS = {
    "taken_at": "p.id",
    "receipt_no": "receipt_no",
    "received_minor": "p.received_minor",
    "business_on": "p.business_on",
}
SHIFT_ORDERS = {"business_on": "business_on", "received_minor": "received_minor", "clerk": "clerk"}

_PAYMENTS_FROM = sql.SQL("""
FROM payments_payment p
JOIN agreements_account a ON a.id = p.account_id
JOIN customers_customer c ON c.id = a.customer_id
LEFT JOIN documents_receipt r ON r.payment_id = coalesce(p.reverses_id, p.id)
WHERE (%(from_on)s::date IS NULL OR p.business_on >= %(from_on)s)
    AND (%(until_on)s::date IS NULL OR p.business_on <= %(until_on)s)
    AND (%(tender)s::int IS NULL OR p.tender = %(tender)s)
    AND (%(taken_by_id)s::bigint IS NULL OR p.taken_by_id = %(taken_by_id)s)
    AND (%(shift_id)s::bigint IS NULL OR p.shift_id = %(shift_id)s)
    AND (%(text)s::text IS NULL OR a.account_no = %(text)s OR r.receipt_no = upper(%(text)s)
        OR upper(c.name) LIKE upper(%(like)s))
""")

_PAYMENTS = sql.SQL("""
SELECT p.id, coalesce(r.receipt_no, '') AS receipt_no, p.taken_at, p.business_on, a.account_no, c.name,
    p.tender, p.received_minor, p.cleared_minor, p.prepaid_added_minor,
    (SELECT name FROM access_staff s WHERE s.id = p.taken_by_id),
    (SELECT name FROM access_orgunit u WHERE u.id = p.station_id),
    p.reverses_id IS NOT NULL, EXISTS (SELECT FROM payments_payment v WHERE v.reverses_id = p.id), p.reason
{found} ORDER BY {order} {direction}, p.id {direction} LIMIT %(limit)s OFFSET %(offset)s
""")

_PAYMENT_SUMS = sql.SQL("""
SELECT count(*), coalesce(sum(p.received_minor), 0)::bigint, coalesce(sum(p.cleared_minor), 0)::bigint,
    coalesce(sum(p.prepaid_added_minor), 0)::bigint
{found}
""")

_SHIFTS_FROM = sql.SQL("""
FROM payments_shift h
JOIN access_staff s ON s.id = h.staff_id
JOIN access_orgunit u ON u.id = h.station_id
LEFT JOIN access_staff o ON o.id = h.taken_over_by_id
LEFT JOIN LATERAL (SELECT count(*) AS number, coalesce(sum(received_minor), 0)::bigint AS received
    FROM payments_payment p WHERE p.shift_id = h.id) AS taken ON true
WHERE (%(from_on)s::date IS NULL OR h.business_on >= %(from_on)s)
    AND (%(until_on)s::date IS NULL OR h.business_on <= %(until_on)s)
    AND (%(state)s::int IS NULL OR h.state = %(state)s)
    AND (%(staff_id)s::bigint IS NULL OR h.staff_id = %(staff_id)s)
""")

_SHIFTS = sql.SQL("""
SELECT h.id, h.business_on, s.name AS clerk, u.name, h.state, taken.number, taken.received AS received_minor,
    (SELECT sum(counted_minor - expected_minor)::bigint FROM payments_shiftcount n WHERE n.shift_id = h.id),
    h.opened_at, h.counted_at, coalesce(o.name, '')
{found} ORDER BY {order} {direction}, h.id {direction} LIMIT %(limit)s OFFSET %(offset)s
""")

_SHIFT_SUMS = sql.SQL("SELECT count(*), coalesce(sum(taken.received), 0)::bigint {found}")


def payment_lines(
    *, wanted: PaymentFilter, sort: str, is_descending: bool, offset: int, limit: int
) -> Sequence[PaymentLine]:
    """One page of payments. `sort` is a key of PAYMENT_ORDERS."""
    statement = _PAYMENTS.format(
        found=_PAYMENTS_FROM, order=sql.SQL(PAYMENT_ORDERS[sort]), direction=_direction(is_descending)
    )
    rows = _fetch(statement, _payment_facts(wanted) | {"limit": limit, "offset": offset})
    return [PaymentLine(*row) for row in rows]


def payment_sums(*, wanted: PaymentFilter) -> PaymentSums:
    """How many payments fit, and what they come to."""
    rows = _fetch(_PAYMENT_SUMS.format(found=_PAYMENTS_FROM), _payment_facts(wanted))
    return PaymentSums(*rows[0])


def shift_lines(
    *, wanted: ShiftFilter, sort: str, is_descending: bool, offset: int, limit: int
) -> Sequence[ShiftLine]:
    """One page of shifts. `sort` is a key of SHIFT_ORDERS."""
    statement = _SHIFTS.format(
        found=_SHIFTS_FROM, order=sql.SQL(SHIFT_ORDERS[sort]), direction=_direction(is_descending)
    )
    rows = _fetch(statement, _shift_facts(wanted) | {"limit": limit, "offset": offset})
    return [ShiftLine(*row) for row in rows]


def shift_sums(*, wanted: ShiftFilter) -> tuple[int, int]:
    """How many shifts fit, and what they received."""
    row = _fetch(_SHIFT_SUMS.format(found=_SHIFTS_FROM), _shift_facts(wanted))[0]
    return row[0], row[1]


def waiting_shifts(*, not_of_staff_id: int) -> int:
    """How many counted shifts of others wait to be taken over."""
    return (
        models.Shift.objects.filter(state=models.ShiftState.COUNTED).exclude(staff_id=not_of_staff_id).count()
    )


def _payment_facts(wanted: PaymentFilter) -> Facts:
    text = wanted.text
    escaped = "" if text is None else text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return {
        "from_on": wanted.from_on,
        "until_on": wanted.until_on,
        "tender": wanted.tender,
        "taken_by_id": wanted.taken_by_id,
        "shift_id": wanted.shift_id,
        "text": None if text is None else text.replace(" ", ""),
        "like": f"%{escaped}%",
    }


def _shift_facts(wanted: ShiftFilter) -> Facts:
    return {
        "from_on": wanted.from_on,
        "until_on": wanted.until_on,
        "state": wanted.state,
        "staff_id": wanted.staff_id,
    }


def _direction(is_descending: bool) -> sql.SQL:  # noqa: FBT001 # private, named at both calls
    return sql.SQL("DESC") if is_descending else sql.SQL("ASC")


def _fetch(statement: sql.Composable, facts: Facts) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(cursor.connection), facts)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
