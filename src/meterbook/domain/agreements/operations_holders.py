"""Accounts go from one record of a customer to another: the same person, kept twice."""

from collections.abc import Sequence

from meterbook.domain.agreements import models


def hand_accounts(
    *, from_customer_id: int, to_customer_id: int, account_ids: Sequence[int] | None = None
) -> list[int]:
    """Move the accounts a customer holds now to another record; returns their ids, ascending.

    With `account_ids` only those of them. It is no transfer: the present holder's period stays whole, earlier
    holders stay who they were. The caller holds the locks on both customers.
    """
    held = models.Account.objects.select_for_update().filter(customer_id=from_customer_id)
    if account_ids is not None:
        held = held.filter(pk__in=account_ids)
    moved = list(held.order_by("id").values_list("id", flat=True))
    models.Account.objects.filter(pk__in=moved).update(customer_id=to_customer_id)
    models.AccountHolder.objects.filter(
        account_id__in=moved, customer_id=from_customer_id, until_on__isnull=True
    ).update(customer_id=to_customer_id)
    return moved
