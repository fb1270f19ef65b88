"""Records as other systems read them: pages by ascending id, each page one statement.

`after` is the id of the last row of the page before; at most `most` rows come. Scope is the transaction's.
"""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection

from meterbook.domain.ledger import rules as chart

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer; `merged_into_id` is the one a record kept twice went into."""

    id: int
    station: str
    name: str
    kind: int
    customer_class: int
    language: str
    created_at: datetime.datetime
    merged_into_id: int | None


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A way to reach a customer, with its period [valid_from, valid_until)."""

    customer_id: int
    kind: int
    value: str
    valid_from: datetime.date
    valid_until: datetime.date | None


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account."""

    id: int
    station: str
    account_no: str
    customer_id: int
    state: int
    opened_on: datetime.date
    closed_on: datetime.date | None


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """Supply of an account at a premise in [from_on, until_on), with meter, tariff and persons of the day."""

    id: int
    account_no: str
    utility: int
    from_on: datetime.date
    until_on: datetime.date | None
    address: str
    serial_no: str | None
    tariff_code: str | None
    persons: int | None


@dataclass(frozen=True, slots=True)
class MeterRow:
    """A meter; `account_no` and `installed_on` where it hangs on the day."""

    id: int
    station: str
    serial_no: str
    barcode: str
    maker: str
    model: str
    utility: int
    kind: int
    state: int
    installed_on: datetime.date | None
    account_no: str | None


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """What an account owes and what is held for it, in minor units of the company's currency."""

    account_no: str
    owed_minor: int
    overdue_minor: int
    prepaid_minor: int


_CUSTOMERS = """
SELECT c.id, o.code, c.name, c.kind, c.customer_class, c.language, c.created_at, c.merged_into_id
FROM customers_customer c JOIN access_orgunit o ON o.id = c.station_id
WHERE c.id > %(after)s AND (%(customer_id)s::bigint IS NULL OR c.id = %(customer_id)s)
ORDER BY c.id LIMIT %(most)s
"""
_CONTACTS = """
SELECT customer_id, kind, value, valid_from, valid_until FROM customers_contactpoint
WHERE customer_id = ANY (%(customer_ids)s) ORDER BY customer_id, id
"""
_ACCOUNTS = """
SELECT a.id, o.code, a.account_no, a.customer_id, a.state, a.opened_on, a.closed_on
FROM agreements_account a JOIN access_orgunit o ON o.id = a.station_id
WHERE a.id > %(after)s AND (%(account_no)s::text IS NULL OR a.account_no = %(account_no)s)
    AND (%(customer_id)s::bigint IS NULL OR a.customer_id = %(customer_id)s)
ORDER BY a.id LIMIT %(most)s
"""
_AGREEMENTS = """
SELECT g.id, a.account_no, g.utility, g.from_on, g.until_on, p.address, m.serial_no, t.code, h.persons
FROM agreements_supplyagreement g
JOIN agreements_account a ON a.id = g.account_id
JOIN premises_servicepoint s ON s.id = g.service_point_id
JOIN premises_premise p ON p.id = s.premise_id
LEFT JOIN devices_installation i ON i.service_point_id = s.id
    AND daterange(i.installed_on, i.removed_on) @> %(day)s::date
LEFT JOIN devices_meter m ON m.id = i.meter_id
LEFT JOIN agreements_agreementtariff gt ON gt.agreement_id = g.id
    AND daterange(gt.from_on, gt.until_on) @> %(day)s::date
LEFT JOIN tariffs_tariff t ON t.id = gt.tariff_id
LEFT JOIN agreements_householdsize h ON h.agreement_id = g.id
    AND daterange(h.from_on, h.until_on) @> %(day)s::date
WHERE g.id > %(after)s AND (%(account_no)s::text IS NULL OR a.account_no = %(account_no)s)
ORDER BY g.id LIMIT %(most)s
"""
_METERS = """
SELECT m.id, o.code, m.serial_no, m.barcode, d.maker, d.name, d.utility, d.kind, m.state, i.installed_on,
    a.account_no
FROM devices_meter m
JOIN access_orgunit o ON o.id = m.station_id
JOIN devices_metermodel d ON d.id = m.model_id
LEFT JOIN devices_installation i ON i.meter_id = m.id
    AND daterange(i.installed_on, i.removed_on) @> %(day)s::date
LEFT JOIN agreements_supplyagreement g ON g.service_point_id = i.service_point_id
    AND daterange(g.from_on, g.until_on) @> %(day)s::date
LEFT JOIN agreements_account a ON a.id = g.account_id
WHERE m.id > %(after)s AND (%(serial_no)s::text IS NULL OR m.serial_no = %(serial_no)s)
ORDER BY m.id LIMIT %(most)s
"""
_BALANCES = """
SELECT a.account_no, COALESCE(owed.balance_minor, 0),
    COALESCE((SELECT sum(r.open_minor) FROM billing_receivable r
        WHERE r.account_id = a.id AND r.open_minor > 0 AND r.due_on < %(day)s), 0)::bigint,
    -COALESCE(kept.balance_minor, 0)
FROM agreements_account a
LEFT JOIN ledger_ledgerbalance owed ON owed.subject_id = a.id AND owed.ledger_account_id = %(receivable)s
LEFT JOIN ledger_ledgerbalance kept ON kept.subject_id = a.id AND kept.ledger_account_id = %(prepayment)s
WHERE a.id = ANY (%(account_ids)s)
"""


def customers(*, after: int, most: int, customer_id: int | None = None) -> list[CustomerRow]:
    """Customers by id."""
    return _rows(CustomerRow, _CUSTOMERS, {"after": after, "most": most, "customer_id": customer_id})


def contacts(*, customer_ids: list[int]) -> dict[int, list[ContactRow]]:
    """Every way to reach these customers, past ones included."""
    found: dict[int, list[ContactRow]] = {customer_id: [] for customer_id in customer_ids}
    for row in _rows(ContactRow, _CONTACTS, {"customer_ids": customer_ids}):
        found[row.customer_id].append(row)
    return found


def accounts(
    *, after: int, most: int, account_no: str | None = None, customer_id: int | None = None
) -> list[AccountRow]:
    """Accounts by id."""
    asked = {"after": after, "most": most, "account_no": account_no, "customer_id": customer_id}
    return _rows(AccountRow, _ACCOUNTS, asked)


def agreements(
    *, after: int, most: int, day: datetime.date, account_no: str | None = None
) -> list[AgreementRow]:
    """Agreements by id, with what holds on a day."""
    asked = {"after": after, "most": most, "day": day, "account_no": account_no}
    return _rows(AgreementRow, _AGREEMENTS, asked)


def meters(*, after: int, most: int, day: datetime.date, serial_no: str | None = None) -> list[MeterRow]:
    """Meters by id, with where they hang on a day."""
    return _rows(MeterRow, _METERS, {"after": after, "most": most, "day": day, "serial_no": serial_no})


def balances(
    *, after: int, most: int, day: datetime.date, account_no: str | None = None
) -> tuple[list[BalanceRow], int | None]:
    """Balances of accounts by the ledger, and the id to go on after (None: that was the last page)."""
    found = accounts(after=after, most=most, account_no=account_no)
    asked = {
        "account_ids": [row.id for row in found],
        "day": day,
        "receivable": chart.Chart.RECEIVABLE.value,
        "prepayment": chart.Chart.PREPAYMENT.value,
    }
    by_no = {row.account_no: row for row in _rows(BalanceRow, _BALANCES, asked)}
    rows = [by_no[row.account_no] for row in found]
    return rows, found[-1].id if len(found) == most else None


def _rows(made: Callable[..., _Row], statement: str, parameters: Mapping[str, Any]) -> list[_Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, dict(parameters))
        return [made(*row) for row in cursor.fetchall()]
