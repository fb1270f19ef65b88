"""Reads of runs and bills."""

import datetime
from dataclasses import dataclass

from django.db import connection

from meterbook.domain.billing import models

_AFTER = """
SELECT b.id, b.issued_on, b.period_from, b.period_until, b.amount_minor
FROM billing_bill b
WHERE b.account_id = %(account_id)s AND b.agreement_id = %(agreement_id)s AND b.period_until > %(day)s
    AND b.mirrors_id IS NULL
    AND NOT EXISTS (
        SELECT FROM billing_bill m WHERE m.account_id = b.account_id AND m.mirrors_id = b.id)
ORDER BY b.period_until, b.id
"""


@dataclass(frozen=True, slots=True)
class TouchedBill:
    """A bill that was worked out with facts that change. Minor units."""

    bill_id: int
    issued_on: datetime.date
    period_from: datetime.date
    period_until: datetime.date
    amount_minor: int


def is_version_billed(*, version_id: int) -> bool:
    """Whether any bill line used a tariff version.

    Reads the lines from the start (they keep no index for this): for rare acts only.
    """
    return models.BillLine.objects.filter(tariff_version_id=version_id).exists()


def bills_after(*, account_id: int, agreement_id: int, day: datetime.date) -> tuple[TouchedBill, ...]:
    """The standing bills of an agreement with supply on `day` or later, the oldest first."""
    asked: dict[str, int | datetime.date] = {
        "account_id": account_id,
        "agreement_id": agreement_id,
        "day": day,
    }
    with connection.cursor() as cursor:
        cursor.execute(_AFTER, asked)
        return tuple(TouchedBill(*row) for row in cursor.fetchall())
