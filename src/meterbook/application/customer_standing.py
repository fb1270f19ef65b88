"""Customers are marked with tags and put on the watch and care lists."""

import datetime

from meterbook.application import customers_admin, transaction
from meterbook.application.actor import Actor
from meterbook.domain.customers import (
    models,
    operations,
    operations_standing,
    queries_records,
    queries_standing,
)

RIGHT_TAGS = "customers.edit"
RIGHT_LISTS = "customers.rate"
LONGEST_TAG = 30

ListEntryNotFoundError = operations_standing.ListEntryNotFoundError


class TagNameError(Exception):
    """A tag has a name of at most LONGEST_TAG signs."""


class ReasonMissingError(Exception):
    """Say why."""


def tag(*, actor: Actor, now: datetime.datetime, today: datetime.date, customer_id: int, name: str) -> None:
    """Mark a customer with a tag, made when it is new; a mark that is there stays. Raises TagNameError."""
    actor.require(RIGHT_TAGS)
    plain = " ".join(name.split())
    if not 0 < len(plain) <= LONGEST_TAG:
        raise TagNameError
    with transaction.writing(actor=actor):
        customer = operations.lock_customer(customer_id=customer_id)
        made, _is_new = operations_standing.make_tag(name=plain)
        if operations_standing.give_tag(customer=customer, tag_id=made.pk, today=today, by_id=actor.staff_id):
            customers_admin.record(
                actor=actor, now=now, act="CUSTOMER_TAGGED", customer=customer, after={"tag": plain}
            )


def untag(
    *, actor: Actor, now: datetime.datetime, today: datetime.date, customer_id: int, tag_id: int
) -> None:
    """Take a mark away; one that is not there is no act."""
    actor.require(RIGHT_TAGS)
    with transaction.writing(actor=actor):
        customer = operations.lock_customer(customer_id=customer_id)
        together = queries_records.customer_with_merged(customer_id=customer_id)
        names = {line.tag_id: line.name for line in queries_standing.tags_of(customer_ids=together)}
        if operations_standing.remove_tag(
            customer=customer, tag_id=tag_id, today=today, by_id=actor.staff_id
        ):
            customers_admin.record(
                actor=actor,
                now=now,
                act="CUSTOMER_UNTAGGED",
                customer=customer,
                before={"tag": names[tag_id]},
            )


def put_on_list(
    *,
    actor: Actor,
    now: datetime.datetime,
    today: datetime.date,
    customer_id: int,
    kind: models.ListKind,
    reason: str,
) -> None:
    """Put a customer on the watch or care list; who is on it stays as they are. Raises ReasonMissingError."""
    actor.require(RIGHT_LISTS)
    if not reason.strip():
        raise ReasonMissingError
    with transaction.writing(actor=actor):
        customer = operations.lock_customer(customer_id=customer_id)
        _entry, is_new = operations_standing.put_on_list(
            customer=customer, kind=kind, reason=reason.strip(), today=today, by_id=actor.staff_id
        )
        if is_new:
            customers_admin.record(
                actor=actor,
                now=now,
                act="PUT_ON_LIST",
                customer=customer,
                reason=reason.strip(),
                after={"list": kind.name},
            )


def take_off_list(
    *,
    actor: Actor,
    now: datetime.datetime,
    today: datetime.date,
    customer_id: int,
    entry_id: int,
    reason: str,
) -> None:
    """Take a customer off a list. Raises ListEntryNotFoundError, ReasonMissingError."""
    actor.require(RIGHT_LISTS)
    if not reason.strip():
        raise ReasonMissingError
    with transaction.writing(actor=actor):
        customer = operations.lock_customer(customer_id=customer_id)
        entry = operations_standing.take_off_list(
            customer=customer, entry_id=entry_id, reason=reason.strip(), today=today, by_id=actor.staff_id
        )
        customers_admin.record(
            actor=actor,
            now=now,
            act="TAKEN_OFF_LIST",
            customer=customer,
            reason=reason.strip(),
            before={"list": models.ListKind(entry.kind).name, "put_for": entry.reason},
        )
