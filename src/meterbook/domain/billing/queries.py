"""Reads of runs and bills."""

import datetime
from dataclasses import dataclass

from django.db import connection

from meterbook.domain.billing import models

_AFTER = """
SELECT b.id, b.issued_on, b.period_from, b.period_until, b.amount_minor
FROM billing_bill b
WHERE b.account_id = %(account_id)s AND b.agreement_id = %(agreement_id)s AND b.period_until > %(day)s
    AND b.mirrors_id IS NULL AND b.usage_id IS NOT NULL
    AND NOT EXISTS (
        SELECT FROM billing_bill m WHERE m.account_id = b.account_id AND m.mirrors_id = b.id)
ORDER BY b.period_until, b.id
"""


_COUNTED = """
SELECT coalesce(sum(o.quantity_milli), 0)::bigint + (
    SELECT coalesce(sum(c.quantity_milli), 0)::bigint FROM agreements_openingcounter c
    WHERE c.agreement_id = %(agreement_id)s AND c.starts_on = %(since)s)
FROM metering_usage o
WHERE o.agreement_id = %(agreement_id)s AND o.period_until >= %(since)s
    AND NOT EXISTS (
        SELECT FROM metering_usage n WHERE n.agreement_id = o.agreement_id
            AND n.period_until = o.period_until AND n.register_id = o.register_id AND n.revision > o.revision)
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


def fee_types(*, only_offered: bool = False) -> list[models.FeeType]:
    """The company's fees, by code."""
    found = models.FeeType.objects.order_by("code")
    return list(found.filter(is_offered=True) if only_offered else found)


def fee_of_bill(*, bill_id: int) -> models.Fee | None:
    """The fee a bill asks for; None for a bill of supply or of an older system."""
    return models.Fee.objects.select_related("fee_type").filter(bill_id=bill_id).first()


def counted_milli(*, agreement_id: int, since: datetime.date) -> int:
    """What an agreement counted in the tier period that began on `since`, brought counters included.

    A usage counts on its closing day, as in a run. Thousandths.
    """
    asked: dict[str, int | datetime.date] = {"agreement_id": agreement_id, "since": since}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, asked)
        return int(cursor.fetchone()[0])
