"""Writes of customers: registered, changed, merged, parted again. All need the caller's transaction."""

import datetime
import uuid
from collections.abc import Sequence

from meterbook.domain.customers import models, queries_records, rules


class ChangedMeanwhileError(Exception):
    """Somebody else saved the customer after the page was shown. `version` is the present one."""

    def __init__(self, *, version: int) -> None:
        super().__init__(version)
        self.version = version


class MergedAwayError(Exception):
    """The customer was merged into another: act on that one."""

    def __init__(self, *, customer_id: int, into_id: int) -> None:
        super().__init__(f"{customer_id} into {into_id}")
        self.customer_id = customer_id
        self.into_id = into_id


class MergeUndoneError(Exception):
    """The merge was undone before."""

    def __init__(self, *, merge_id: int) -> None:
        super().__init__(merge_id)
        self.merge_id = merge_id


def register_customer(
    *,
    station_id: int,
    details: queries_records.Details,
    request_key: uuid.UUID,
    at: datetime.datetime,
) -> tuple[models.Customer, bool]:
    """Keep a new customer; asked again with the same key it gives the first one. Returns it, and if new."""
    keys = rules.search_keys(details.name)
    return models.Customer.objects.get_or_create(
        request_key=request_key,
        defaults={
            "station_id": station_id,
            "name": details.name,
            "name_pinyin": keys.pinyin,
            "name_initials": keys.initials,
            "customer_class": details.customer_class,
            "kind": details.kind,
            "language": details.language,
            "payment_method": details.payment_method,
            "industry_id": details.industry_id,
            "remark": details.remark,
            "reader_remark": details.reader_remark,
            "created_at": at,
        },
    )


def lock_customers(*, customer_ids: Sequence[int]) -> dict[int, models.Customer]:
    """The customers' rows by id, locked in one order until the transaction ends.

    Raises CustomerNotFoundError for one that is not in scope.
    """
    wanted = sorted(set(customer_ids))
    found = {
        row.pk: row
        for row in models.Customer.objects.select_for_update().filter(pk__in=wanted).order_by("id")
    }
    for customer_id in wanted:
        if customer_id not in found:
            raise queries_records.CustomerNotFoundError(customer_id=customer_id)
    return found


def lock_customer(*, customer_id: int) -> models.Customer:
    """One customer to be acted on, locked. Raises CustomerNotFoundError, MergedAwayError."""
    customer = lock_customers(customer_ids=[customer_id])[customer_id]
    if customer.merged_into_id is not None:
        raise MergedAwayError(customer_id=customer_id, into_id=customer.merged_into_id)
    return customer


def change_customer(*, customer: models.Customer, details: queries_records.Details, version: int) -> None:
    """Save what a clerk changed, on the locked row. Raises ChangedMeanwhileError."""
    if customer.version != version:
        raise ChangedMeanwhileError(version=customer.version)
    keys = rules.search_keys(details.name)
    customer.name = details.name
    customer.name_pinyin = keys.pinyin
    customer.name_initials = keys.initials
    customer.customer_class = details.customer_class
    customer.kind = details.kind
    customer.language = details.language
    customer.payment_method = details.payment_method
    customer.industry_id = details.industry_id
    customer.remark = details.remark
    customer.reader_remark = details.reader_remark
    customer.version += 1
    customer.save()


def merge_customer(
    *,
    kept: models.Customer,
    merged: models.Customer,
    account_ids: Sequence[int],
    reason: str,
    at: datetime.datetime,
    by_id: int | None,
) -> models.CustomerMerge:
    """Note that `merged` is `kept`: both rows are locked, the caller has moved the accounts."""
    merged.merged_into = kept
    merged.version += 1
    merged.save(update_fields=["merged_into", "version"])
    return models.CustomerMerge.objects.create(
        station_id=kept.station_id,
        kept=kept,
        merged=merged,
        account_ids=list(account_ids),
        reason=reason,
        at=at,
        by_id=by_id,
    )


def part_customer(
    *,
    merge_id: int,
    merged: models.Customer,
    account_ids: Sequence[int],
    reason: str,
    at: datetime.datetime,
    by_id: int | None,
) -> models.CustomerMerge:
    """Undo a merge by a counter-row; `account_ids` are those given back. Raises MergeUndoneError."""
    merge = models.CustomerMerge.objects.select_related("kept").get(pk=merge_id)
    if models.CustomerMerge.objects.filter(undoes=merge).exists():
        raise MergeUndoneError(merge_id=merge_id)
    merged.merged_into = None
    merged.version += 1
    merged.save(update_fields=["merged_into", "version"])
    return models.CustomerMerge.objects.create(
        station_id=merge.station_id,
        kept=merge.kept,
        merged=merged,
        account_ids=list(account_ids),
        reason=reason,
        undoes=merge,
        at=at,
        by_id=by_id,
    )
