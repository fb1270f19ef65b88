"""One customer kept twice becomes one, and two again when that was wrong.

The accounts go to the record that is kept; papers, contacts and invoice details stay on their rows and are
shown together. The other record says where it went.
"""

import datetime
from dataclasses import dataclass

from meterbook.application import customers_admin, transaction
from meterbook.application.actor import Actor
from meterbook.domain.agreements import operations_holders
from meterbook.domain.customers import models, operations, queries_records

RIGHT = "customers.merge"

CustomerNotFoundError = queries_records.CustomerNotFoundError
MergedAwayError = operations.MergedAwayError
MergeUndoneError = operations.MergeUndoneError


class SameCustomerError(Exception):
    """A customer is not merged into itself."""


class OtherStationError(Exception):
    """Customers of two stations are not merged: the people of one would lose sight of their own."""


class MergeNotFoundError(Exception):
    """No such merge in scope."""


class KeptMergedAwayError(Exception):
    """The record that was kept was itself merged since: undo that first."""


class ReasonMissingError(Exception):
    """Say why."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did; `account_ids` moved to `kept_id`. Not new when it was done before."""

    merge_id: int
    kept_id: int
    account_ids: tuple[int, ...]
    is_new: bool


def merge(*, actor: Actor, now: datetime.datetime, kept_id: int, merged_id: int, reason: str) -> Merged:
    """Merge a customer into another; the same merge again gives the first result.

    Raises CustomerNotFoundError, SameCustomerError, OtherStationError, MergedAwayError, ReasonMissingError.
    """
    actor.require(RIGHT)
    if not reason.strip():
        raise ReasonMissingError
    if kept_id == merged_id:
        raise SameCustomerError
    with transaction.writing(actor=actor):
        rows = operations.lock_customers(customer_ids=[kept_id, merged_id])
        kept, merged = rows[kept_id], rows[merged_id]
        if merged.merged_into_id == kept_id:
            return _done_before(kept_id=kept_id, merged_id=merged_id)
        for one in (kept, merged):
            if one.merged_into_id is not None:
                raise MergedAwayError(customer_id=one.pk, into_id=one.merged_into_id)
        if kept.station_id != merged.station_id:
            raise OtherStationError
        moved = operations_holders.hand_accounts(from_customer_id=merged_id, to_customer_id=kept_id)
        made = operations.merge_customer(
            kept=kept, merged=merged, account_ids=moved, reason=reason.strip(), at=now, by_id=actor.staff_id
        )
        _record(actor=actor, now=now, act="CUSTOMERS_MERGED", made=made)
    return Merged(merge_id=made.pk, kept_id=kept_id, account_ids=tuple(moved), is_new=True)


def undo(*, actor: Actor, now: datetime.datetime, merge_id: int, reason: str) -> Merged:
    """Part two records again: the accounts that moved and are still there go back.

    Raises MergeNotFoundError, MergeUndoneError, KeptMergedAwayError, ReasonMissingError.
    """
    actor.require(RIGHT)
    if not reason.strip():
        raise ReasonMissingError
    with transaction.writing(actor=actor):
        line = queries_records.merge_line(merge_id=merge_id)
        if line is None or line.undoes_id is not None:
            raise MergeNotFoundError(merge_id)
        rows = operations.lock_customers(customer_ids=[line.kept_id, line.merged_id])
        if rows[line.merged_id].merged_into_id != line.kept_id:
            raise MergeUndoneError(merge_id=merge_id)
        if rows[line.kept_id].merged_into_id is not None:
            raise KeptMergedAwayError
        moved = operations_holders.hand_accounts(
            from_customer_id=line.kept_id, to_customer_id=line.merged_id, account_ids=line.account_ids
        )
        made = operations.part_customer(
            merge_id=merge_id,
            merged=rows[line.merged_id],
            account_ids=moved,
            reason=reason.strip(),
            at=now,
            by_id=actor.staff_id,
        )
        _record(actor=actor, now=now, act="CUSTOMERS_PARTED", made=made)
    return Merged(merge_id=made.pk, kept_id=line.kept_id, account_ids=tuple(moved), is_new=True)


def _done_before(*, kept_id: int, merged_id: int) -> Merged:
    lines = queries_records.merges_of(customer_ids=[merged_id])
    line = next(one for one in lines if one.kept_id == kept_id and one.undoes_id is None)
    return Merged(merge_id=line.merge_id, kept_id=kept_id, account_ids=line.account_ids, is_new=False)


def _record(*, actor: Actor, now: datetime.datetime, act: str, made: models.CustomerMerge) -> None:
    """One row on each of the two, so that the history of both says it."""
    told = {"kept": made.kept.name, "merged": made.merged.name, "accounts": len(made.account_ids)}
    for customer in (made.kept, made.merged):
        customers_admin.record(
            actor=actor, now=now, act=act, customer=customer, reason=made.reason, after=told
        )
