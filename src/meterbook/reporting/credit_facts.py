"""The facts credit is scored by, for many customers in one statement each. Reads only.

A bill counts as paid on time when payments up to its due day, not given back since, cleared all of it.
Mirrored bills don't count. Audit findings and tampering are not known before those subjects exist.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

from meterbook.domain.customers.rules_credit import Fact
from meterbook.domain.metering import models as metering

_MONTHS_LOOKED_AT = 12

# Customers with an account and not merged away, from `first` on, at most `most`, ascending.
_NEXT = """
SELECT c.id, c.station_id FROM customers_customer c
WHERE c.id >= %(first)s AND c.merged_into_id IS NULL AND (%(every)s OR c.station_id = ANY (%(stations)s))
    AND EXISTS (SELECT 1 FROM agreements_account a WHERE a.customer_id = c.id)
ORDER BY c.id LIMIT %(most)s
"""

_FACTS = """
WITH held AS MATERIALIZED (
    SELECT id, customer_id, opened_on FROM agreements_account WHERE customer_id = ANY (%(ids)s)
), due AS (
    SELECT h.customer_id, b.amount_minor <= COALESCE((
        SELECT sum(c.amount_minor) FROM billing_clearing c JOIN payments_payment p ON p.id = c.payment_id
        WHERE c.bill_id = b.id AND p.business_on <= b.due_on AND p.reverses_id IS NULL
            AND NOT EXISTS (SELECT 1 FROM payments_payment back WHERE back.reverses_id = p.id)
    ), 0) AS is_on_time
    FROM held h JOIN billing_bill b ON b.account_id = h.id
    WHERE b.due_on >= %(since)s AND b.due_on < %(day)s AND b.amount_minor > 0 AND b.mirrors_id IS NULL
        AND NOT EXISTS (
            SELECT 1 FROM billing_bill m WHERE m.account_id = b.account_id AND m.mirrors_id = b.id)
), paying AS (
    SELECT customer_id, 100 * count(*) FILTER (WHERE is_on_time) / count(*) AS percent FROM due GROUP BY 1
), owing AS (
    SELECT h.customer_id, sum(r.open_minor)::bigint AS overdue_minor, min(r.due_on) AS oldest_on
    FROM held h JOIN billing_receivable r ON r.account_id = h.id
    WHERE r.open_minor > 0 AND r.due_on < %(day)s GROUP BY 1
), unread AS (
    SELECT h.customer_id, count(*) AS entries
    FROM held h JOIN agreements_supplyagreement g ON g.account_id = h.id
    JOIN metering_roundentry e ON e.agreement_id = g.id AND e.state = %(not_read)s
    JOIN metering_round r ON r.id = e.round_id AND r.period >= %(since)s AND r.period <= %(day)s GROUP BY 1
)
SELECT h.customer_id, min(h.opened_on), min(p.percent), min(o.overdue_minor), min(o.oldest_on), min(u.entries)
FROM held h LEFT JOIN paying p USING (customer_id) LEFT JOIN owing o USING (customer_id)
LEFT JOIN unread u USING (customer_id)
GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Rateable:
    """A customer who may be scored."""

    customer_id: int
    station_id: int


def rateable_customers(
    *, first_id: int, most: int, station_ids: Sequence[int] | None = None
) -> list[Rateable]:
    """At most `most` customers with an id from `first_id` on, ascending: a job's next chunk.

    A job sees the whole company; `station_ids` keeps it to the stations of who asked for it.
    """
    parameters: dict[str, int | bool | list[int]] = {
        "first": first_id,
        "most": most,
        "every": station_ids is None,
        "stations": list(station_ids or []),
    }
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, parameters)
        return [Rateable(*row) for row in cursor.fetchall()]


def facts_of(*, customer_ids: list[int], on: datetime.date) -> dict[int, Mapping[Fact, int | None]]:
    """What is known of each customer with an account on a day. Merged records hold no accounts."""
    parameters: dict[str, int | list[int] | datetime.date] = {
        "ids": customer_ids,
        "day": on,
        "since": _year_before(on),
        "not_read": metering.EntryState.NOT_READ.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, parameters)
        rows = cursor.fetchall()
    return {
        customer_id: {
            Fact.ON_TIME_PERCENT: percent,
            Fact.MONTHS_IN_ARREARS: 0 if oldest_on is None else whole_months(since=oldest_on, on=on),
            Fact.OVERDUE_MINOR: overdue_minor or 0,
            Fact.NOT_READ: entries or 0,
            Fact.YEARS_AS_CUSTOMER: max(0, whole_months(since=opened_on, on=on) // _MONTHS_LOOKED_AT),
            Fact.AUDIT_FINDINGS: None,
            Fact.TAMPERED: None,
        }
        for customer_id, opened_on, percent, overdue_minor, oldest_on, entries in rows
    }


def whole_months(*, since: datetime.date, on: datetime.date) -> int:
    """Months that have wholly passed: from 31 January to 28 February none, to 1 March one."""
    months = (on.year - since.year) * 12 + on.month - since.month
    return months - (on.day < since.day)


def _year_before(day: datetime.date) -> datetime.date:
    """The same day a year ago; of 29 February, the 28th."""
    if (day.month, day.day) == (2, 29):
        return day.replace(year=day.year - 1, day=28)
    return day.replace(year=day.year - 1)
