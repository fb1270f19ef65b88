"""Reads of runs and bills."""

import datetime
import uuid
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q

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


def fees_due(*, occasion: models.FeeOccasion) -> list[models.FeeType]:
    """The fees an act charges by itself: offered, with a usual amount, tied to the occasion; by code."""
    found = models.FeeType.objects.filter(is_offered=True, amount_minor__gt=0)
    return list(found.filter(occasions__contains=[occasion.value]).order_by("code"))


def standing_fees_of_act(*, account_id: int, act_key: uuid.UUID) -> list[models.Fee]:
    """What an act charged an account and is still asked for."""
    found = models.Fee.objects.filter(account_id=account_id, act_key=act_key, bill_id__isnull=False)
    return list(found.filter(taken_back__isnull=True).order_by("id"))


def billed_fee(*, account_id: int, fee_id: int) -> models.Fee | None:
    """A fee of an account that a bill asks for, or asked for; None: there is none such."""
    found = models.Fee.objects.select_related("fee_type", "taken_back")
    return found.filter(pk=fee_id, account_id=account_id, bill_id__isnull=False).first()


def is_occasion_charged(
    *, account_id: int, occasion: models.FeeOccasion, since: datetime.datetime | None
) -> bool:
    """Whether an account was charged (or spared) the fees of an occasion since a moment, and they stand."""
    found = models.Fee.objects.filter(account_id=account_id, occasion=occasion.value, taken_back__isnull=True)
    return (found if since is None else found.filter(charged_at__gte=since)).exists()


def fee_of_bill(*, bill_id: int) -> models.Fee | None:
    """The fee a bill asks for, or takes back; None for a bill of supply or of an older system."""
    found = models.Fee.objects.select_related("fee_type", "taken_back")
    return found.filter(Q(bill_id=bill_id) | Q(taken_back__mirror_bill_id=bill_id)).first()


def counted_milli(*, agreement_id: int, since: datetime.date) -> int:
    """What an agreement counted in the tier period that began on `since`, brought counters included.

    A usage counts on its closing day, as in a run. Thousandths.
    """
    asked: dict[str, int | datetime.date] = {"agreement_id": agreement_id, "since": since}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, asked)
        return int(cursor.fetchone()[0])
