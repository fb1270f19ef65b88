"""What one account has: money facts, bills, payments, readings. Newest first, reads only."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from meterbook.domain.ledger import queries as ledger
from meterbook.domain.ledger import rules as chart
from meterbook.domain.payments import models as payments

# Enough for the tabs of the page; older ones are in the lists of bills and payments.
MOST_RECORDS = 60


@dataclass(frozen=True, slots=True)
class AccountMoney:
    """Minor units. `overdue_minor` is the part of `owed_minor` past its due day, since `oldest_due_on`."""

    owed_minor: int
    prepaid_minor: int
    overdue_minor: int
    open_bills: int
    oldest_due_on: datetime.date | None
    last_paid_minor: int | None
    last_paid_on: datetime.date | None
    last_tender: payments.Tender | None


@dataclass(frozen=True, slots=True)
class BillRecord:
    """A bill as a line. `open_minor` is what is still unpaid; register values in thousandths, or None.

    `former_holder`: whose supply it was, where the account has changed hands since; else "". `fee`: what it
    is for where it is not for supply, else "". `is_taken_back`: it mirrors a bill, or is mirrored by one.
    """

    bill_id: int
    utility: int
    period_from: datetime.date
    period_until: datetime.date
    issued_on: datetime.date
    due_on: datetime.date
    opening_milli: int | None
    closing_milli: int | None
    quantity_milli: int
    amount_minor: int
    open_minor: int
    unit: str
    former_holder: str
    fee: str
    is_taken_back: bool


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """A payment as a line; `is_reversal` gives money back, `is_reversed` was given back later."""

    payment_id: int
    taken_at: datetime.datetime
    tender: int
    received_minor: int
    prepaid_used_minor: int
    prepaid_added_minor: int
    cleared_minor: int
    clerk: str
    receipt_no: str
    is_reversal: bool
    is_reversed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ReadingRecord:
    """An accepted reading of a meter while it served the account. `quantity_milli` is the usage it closed.

    `carried_milli` is what a meter counted until this reading took it off: part of the usage after it.
    """

    reading_id: int
    read_on: datetime.date
    utility: int
    meter_id: int
    serial_no: str
    value_milli: int
    quantity_milli: int | None
    source: int
    reader: str
    recorded_at: datetime.datetime
    revision: int
    carried_milli: int | None


_OPEN = """
SELECT COALESCE(sum(open_minor) FILTER (WHERE due_on < %(day)s), 0)::bigint, count(*), min(due_on)
FROM billing_receivable WHERE account_id = %(account_id)s AND open_minor > 0
"""

_BILLS = """
SELECT b.id, b.utility, b.period_from, b.period_until, b.issued_on, b.due_on, u.opening_milli,
    u.closing_milli, b.quantity_milli, b.amount_minor, COALESCE(r.open_minor, 0),
    COALESCE((SELECT t.unit FROM agreements_agreementtariff gt JOIN tariffs_tariff t ON t.id = gt.tariff_id
        WHERE gt.agreement_id = b.agreement_id AND gt.from_on < b.period_until
        ORDER BY gt.from_on DESC LIMIT 1), ''),
    COALESCE((SELECT c.name FROM agreements_accountholder h JOIN customers_customer c ON c.id = h.customer_id
        WHERE h.account_id = b.account_id AND h.from_on < b.period_until AND h.until_on >= b.period_until
        LIMIT 1), ''),
    COALESCE((SELECT t.name FROM billing_fee f JOIN billing_feetype t ON t.id = f.fee_type_id
        WHERE f.bill_id IN (b.id, b.mirrors_id) LIMIT 1), ''),
    b.mirrors_id IS NOT NULL OR EXISTS (SELECT FROM billing_bill m WHERE m.mirrors_id = b.id)
FROM billing_bill b
LEFT JOIN metering_usage u ON u.id = b.usage_id
LEFT JOIN billing_receivable r ON r.bill_id = b.id
WHERE b.account_id = %(account_id)s AND (NOT %(only_open)s OR r.open_minor > 0)
ORDER BY b.issued_on DESC, b.id DESC LIMIT %(most)s
"""

_PAYMENTS = """
SELECT p.id, p.taken_at, p.tender, p.received_minor, p.prepaid_used_minor, p.prepaid_added_minor,
    p.cleared_minor, COALESCE(s.name, ''), COALESCE(rc.receipt_no, ''), p.reverses_id IS NOT NULL,
    EXISTS (SELECT 1 FROM payments_payment back WHERE back.reverses_id = p.id), p.reason
FROM payments_payment p
LEFT JOIN access_staff s ON s.id = p.taken_by_id
LEFT JOIN documents_receipt rc ON rc.payment_id = p.id
WHERE p.account_id = %(account_id)s
ORDER BY p.taken_at DESC, p.id DESC LIMIT %(most)s
"""

_READINGS = """
SELECT DISTINCT ON (rd.read_on, rd.id) rd.id, rd.read_on, g.utility, m.id, m.serial_no, rd.value_milli,
    us.quantity_milli, rd.source, COALESCE(st.name, ''), rd.recorded_at, rd.revision, carried.quantity_milli
FROM agreements_supplyagreement g
JOIN devices_installation i ON i.service_point_id = g.service_point_id
    AND (i.removed_on IS NULL OR i.removed_on >= g.from_on)
JOIN devices_meter m ON m.id = i.meter_id
JOIN devices_register rg ON rg.meter_id = m.id
JOIN metering_reading rd ON rd.register_id = rg.id
    AND rd.read_on >= GREATEST(g.from_on, i.installed_on)
    AND (g.until_on IS NULL OR rd.read_on <= g.until_on)
    AND (i.removed_on IS NULL OR rd.read_on <= i.removed_on)
LEFT JOIN metering_usage us ON us.agreement_id = g.id AND us.period_until = rd.read_on
    AND us.register_id = rd.register_id AND us.closing_reading_id = rd.id
LEFT JOIN metering_carriedusage carried ON carried.agreement_id = g.id AND carried.closing_reading_id = rd.id
    AND carried.cancels_id IS NULL
    AND NOT EXISTS (SELECT FROM metering_carriedusage back WHERE back.cancels_id = carried.id)
LEFT JOIN access_staff st ON st.id = rd.reader_id
WHERE g.account_id = %(account_id)s
ORDER BY rd.read_on DESC, rd.id DESC LIMIT %(most)s
"""


def account_money(*, account_id: int, today: datetime.date) -> AccountMoney:
    """What the account owes and holds today, by the ledger; what is overdue, by its open bills."""
    balances = ledger.balances_minor(
        accounts=[chart.Chart.RECEIVABLE, chart.Chart.PREPAYMENT], subject_id=account_id
    )
    overdue_minor, open_bills, oldest = _fetch(_OPEN, {"account_id": account_id, "day": today})[0]
    last = (
        payments.Payment.objects.filter(
            account_id=account_id, reverses__isnull=True, reversed_by__isnull=True
        )
        .order_by("-taken_at")
        .first()
    )
    return AccountMoney(
        owed_minor=balances[chart.Chart.RECEIVABLE],
        prepaid_minor=-balances[chart.Chart.PREPAYMENT],
        overdue_minor=overdue_minor,
        open_bills=open_bills,
        oldest_due_on=oldest,
        last_paid_minor=None if last is None else last.received_minor,
        last_paid_on=None if last is None else last.business_on,
        last_tender=None if last is None else payments.Tender(last.tender),
    )


def bills_of(*, account_id: int, only_open: bool = False, most: int = MOST_RECORDS) -> list[BillRecord]:
    """The account's bills, newest first."""
    rows = _fetch(_BILLS, {"account_id": account_id, "only_open": only_open, "most": most})
    return [BillRecord(*row) for row in rows]


def payments_of(*, account_id: int, most: int = MOST_RECORDS) -> list[PaymentRecord]:
    """The account's payments and reversals, newest first."""
    return [PaymentRecord(*row) for row in _fetch(_PAYMENTS, {"account_id": account_id, "most": most})]


def readings_of(*, account_id: int, most: int = MOST_RECORDS) -> list[ReadingRecord]:
    """The accepted readings of every meter while it served the account, newest first."""
    return [ReadingRecord(*row) for row in _fetch(_READINGS, {"account_id": account_id, "most": most})]


def _fetch(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, dict(parameters))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
