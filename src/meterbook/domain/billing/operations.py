"""Writes of billing. Clearing first: how a payment closes bills and how its reversal opens them again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from meterbook.domain.billing import models

# One round trip, because a clerk and a queue wait for it.
CLEAR = """
WITH share AS (
    SELECT * FROM unnest(%(bill_ids)s::bigint[], %(amounts)s::bigint[]) AS s (bill_id, amount_minor)
), lowered AS (
    UPDATE billing_receivable r SET open_minor = r.open_minor - share.amount_minor
    FROM share
    WHERE r.bill_id = share.bill_id AND r.open_minor - share.amount_minor BETWEEN 0 AND r.amount_minor
    RETURNING r.bill_id, r.station_id, share.amount_minor
)
INSERT INTO billing_clearing (bill_id, payment_id, station_id, amount_minor)
SELECT bill_id, %(payment_id)s, station_id, amount_minor FROM lowered ORDER BY bill_id
RETURNING bill_id
"""


@dataclass(frozen=True, slots=True)
class OpenBill:
    """What is open on a bill right now, minor units; held by a row lock until the transaction ends."""

    bill_id: int
    station_id: int
    due_on: date
    amount_minor: int
    open_minor: int


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a payment that goes to one bill, minor units, above zero."""

    bill_id: int
    amount_minor: int


class BillNotOpenError(Exception):
    """A share is larger than what is open on its bill. The bill changed, or was not locked first."""

    def __init__(self, *, bill_ids: Sequence[int]) -> None:
        super().__init__(f"bills {list(bill_ids)} are not open by that much")
        self.bill_ids = tuple(bill_ids)


def lock_bills(*, account_id: int, bill_ids: Sequence[int]) -> tuple[OpenBill, ...]:
    """Lock the receivables of an account's bills, always in the order of their ids, and tell what is open.

    Bills of other accounts, unknown ones and those out of the actor's scope are left out: the caller
    compares the ids. Fully paid ones come with `open_minor` 0.
    """
    rows = (
        models.Receivable.objects.select_for_update()
        .filter(account_id=account_id, bill_id__in=list(bill_ids))
        .order_by("bill_id")
        .values_list("bill_id", "station_id", "due_on", "amount_minor", "open_minor")
    )
    return tuple(OpenBill(*row) for row in rows)


def clear_bills(*, payment_id: int, shares: Sequence[Share]) -> int:
    """Match a payment to bills and lower what is open on them. Returns the sum cleared, minor units.

    Raises BillNotOpenError when a share exceeds what is open on its bill (nothing is then to be kept:
    the caller's transaction must end). A bill appears in one share only.
    """
    if not shares:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            CLEAR,
            {
                "payment_id": payment_id,
                "bill_ids": [share.bill_id for share in shares],
                "amounts": [share.amount_minor for share in shares],
            },
        )
        cleared = {row[0] for row in cursor.fetchall()}
    refused = [share.bill_id for share in shares if share.bill_id not in cleared]
    if refused:
        raise BillNotOpenError(bill_ids=refused)
    return sum(share.amount_minor for share in shares)


def unclear_bills(*, payment_id: int, reversed_payment_id: int) -> int:
    """Mirror the clearings of `reversed_payment_id` for its reversal `payment_id`; the bills are open again.

    Returns the sum opened again, minor units (0 when the payment cleared nothing).
    """
    cleared = tuple(
        Share(bill_id=bill_id, amount_minor=amount_minor)
        for bill_id, amount_minor in models.Clearing.objects.filter(payment_id=reversed_payment_id)
        .order_by("bill_id")
        .values_list("bill_id", "amount_minor")
    )
    mirrored = [Share(bill_id=share.bill_id, amount_minor=-share.amount_minor) for share in cleared]
    clear_bills(payment_id=payment_id, shares=mirrored)
    return sum(share.amount_minor for share in cleared)
