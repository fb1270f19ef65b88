"""Writes of what is thought of customers: tags, the watch and care lists, credit schemes and scores."""

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from meterbook.domain import columns
from meterbook.domain.customers import models, queries_records, queries_standing, rules_credit


class ListEntryNotFoundError(Exception):
    """The customer has no such entry, or it ended before."""


def make_tag(*, name: str) -> tuple[models.Tag, bool]:
    """A tag of that name; one that is there is given back. Returns it, and if it is new."""
    return models.Tag.objects.get_or_create(name=name)


def give_tag(*, customer: models.Customer, tag_id: int, today: datetime.date, by_id: int | None) -> bool:
    """Mark a locked customer; False when the tag was there."""
    held = models.CustomerTag.objects.filter(customer=customer, tag_id=tag_id, removed_on=None)
    if held.exists():
        return False
    models.CustomerTag.objects.create(
        station_id=customer.station_id,
        customer=customer,
        tag_id=tag_id,
        since_on=today,
        given_by_id=by_id,
    )
    return True


def remove_tag(*, customer: models.Customer, tag_id: int, today: datetime.date, by_id: int | None) -> bool:
    """Take a mark away, also from records merged into the customer; False when it was not there."""
    together = queries_records.customer_with_merged(customer_id=customer.pk)
    found = models.CustomerTag.objects.filter(
        customer_id__in=together, tag_id=tag_id, removed_on__isnull=True
    )
    return bool(found.update(removed_on=today, removed_by_id=by_id))


def put_on_list(
    *,
    customer: models.Customer,
    kind: models.ListKind,
    reason: str,
    today: datetime.date,
    by_id: int | None,
) -> tuple[models.ListEntry, bool]:
    """Put a customer on a list; who is on it stays as they are. Returns the entry, and if it is new."""
    return models.ListEntry.objects.get_or_create(
        customer=customer,
        kind=kind,
        until_on=None,
        defaults={
            "station_id": customer.station_id,
            "reason": reason,
            "from_on": today,
            "put_by_id": by_id,
        },
    )


def take_off_list(
    *, customer: models.Customer, entry_id: int, reason: str, today: datetime.date, by_id: int | None
) -> models.ListEntry:
    """End an entry, also of a record merged into the customer. Raises ListEntryNotFoundError."""
    together = queries_records.customer_with_merged(customer_id=customer.pk)
    found = models.ListEntry.objects.filter(
        pk=entry_id, customer_id__in=together, until_on__isnull=True
    ).first()
    if found is None:
        raise ListEntryNotFoundError
    found.until_on = max(today, found.from_on)
    found.ended_by_id = by_id
    found.end_reason = reason
    found.save(update_fields=["until_on", "ended_by_id", "end_reason"])
    return found


def set_scheme(
    *, document: Mapping[str, Any], at: datetime.datetime, by_id: int | None
) -> models.CreditScheme:
    """Score by another document from now on. Raises rules_credit.SchemeError."""
    rules_credit.read_scheme(dict(document))
    version = queries_standing.scheme_in_force().version + 1
    return models.CreditScheme.objects.create(version=version, document=dict(document), at=at, by_id=by_id)


@dataclass(frozen=True, slots=True)
class Scored:
    """A customer's score, ready to be kept."""

    customer_id: int
    station_id: int
    score: rules_credit.Score


def keep_scores(*, scored: Sequence[Scored], scheme_version: int, scored_on: datetime.date) -> int:
    """Keep the scores that differ from the customer's latest; returns how many. By COPY."""
    latest = queries_standing.latest_scores(customer_ids=[one.customer_id for one in scored])
    fresh = [
        one
        for one in scored
        if (before := latest.get(one.customer_id)) is None
        or (before.score, before.grade, before.parts, before.scheme_version)
        != (one.score.score, one.score.grade, one.score.parts, scheme_version)
    ]
    if not fresh:
        return 0
    frame = pl.DataFrame(
        {
            "customer_id": [one.customer_id for one in fresh],
            "station_id": [one.station_id for one in fresh],
            "scheme_version": [scheme_version] * len(fresh),
            "scored_on": [scored_on] * len(fresh),
            "score": [one.score.score for one in fresh],
            "grade": [one.score.grade for one in fresh],
            "factors": [json.dumps([_part(part) for part in one.score.parts]) for one in fresh],
        },
        schema={
            "customer_id": pl.Int64,
            "station_id": pl.Int32,
            "scheme_version": pl.Int32,
            "scored_on": pl.Date,
            "score": pl.Int16,
            "grade": pl.String,
            "factors": pl.String,
        },
    )
    return columns.copy_in(frame=frame, table=models.CreditScore)


def _part(part: rules_credit.Part) -> dict[str, Any]:
    return {
        "fact": part.fact.value,
        "weight": part.weight,
        "value": part.value,
        "points": part.points,
    }
