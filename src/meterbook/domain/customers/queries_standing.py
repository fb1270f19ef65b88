"""Reads of what is thought of customers: tags, the watch and care lists, credit."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from meterbook.domain.customers import models, rules_credit


@dataclass(frozen=True, slots=True)
class TagLine:
    """A tag a customer carries now."""

    tag_id: int
    name: str
    customer_id: int
    since_on: datetime.date


@dataclass(frozen=True, slots=True)
class ListLine:
    """A customer's time on a list, [from_on, until_on)."""

    entry_id: int
    customer_id: int
    kind: models.ListKind
    reason: str
    from_on: datetime.date
    until_on: datetime.date | None
    put_by: str
    end_reason: str


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """What a customer scored on a day. `parts` are the factors as they were then."""

    score_id: int
    customer_id: int
    scored_on: datetime.date
    score: int
    grade: str
    parts: tuple[rules_credit.Part, ...]
    scheme_version: int


@dataclass(frozen=True, slots=True)
class SchemeInForce:
    """How credit is scored now; version 0 is the standard, which nobody had to keep."""

    version: int
    scheme: rules_credit.Scheme
    document: dict[str, Any]


def tags() -> list[models.Tag]:
    """The company's tags by name. Small: read whole."""
    return list(models.Tag.objects.order_by("name"))


def tags_of(*, customer_ids: Sequence[int]) -> list[TagLine]:
    """The tags these customers carry now, by name."""
    found = models.CustomerTag.objects.filter(customer_id__in=customer_ids, removed_on__isnull=True)
    return [
        TagLine(tag_id=row.tag_id, name=row.tag.name, customer_id=row.customer_id, since_on=row.since_on)
        for row in found.select_related("tag").order_by("tag__name", "id")
    ]


def list_lines(*, customer_ids: Sequence[int]) -> list[ListLine]:
    """The time these customers spent on lists, the latest first."""
    found = models.ListEntry.objects.filter(customer_id__in=customer_ids).select_related("put_by")
    return [
        ListLine(
            entry_id=row.pk,
            customer_id=row.customer_id,
            kind=models.ListKind(row.kind),
            reason=row.reason,
            from_on=row.from_on,
            until_on=row.until_on,
            put_by="" if row.put_by is None else row.put_by.name,
            end_reason=row.end_reason,
        )
        for row in found.order_by("-from_on", "-id")
    ]


def scores_of(*, customer_id: int, most: int = 24) -> list[ScoreLine]:
    """The scores of a customer, the latest first."""
    found = models.CreditScore.objects.filter(customer_id=customer_id).order_by("-id")[:most]
    return [_score_line(row) for row in found]


def latest_scores(*, customer_ids: Sequence[int]) -> dict[int, ScoreLine]:
    """The latest score of each of these customers that has one."""
    found = (
        models.CreditScore.objects.filter(customer_id__in=customer_ids)
        .order_by("customer_id", "-id")
        .distinct("customer_id")
    )
    return {row.customer_id: _score_line(row) for row in found}


def scheme_in_force() -> SchemeInForce:
    """How credit is scored now: the company's highest version, or the standard."""
    row = models.CreditScheme.objects.order_by("-version").first()
    document = rules_credit.STANDARD if row is None else row.document
    return SchemeInForce(
        version=0 if row is None else row.version,
        scheme=rules_credit.read_scheme(document),
        document=document,
    )


def _score_line(row: models.CreditScore) -> ScoreLine:
    return ScoreLine(
        score_id=row.pk,
        customer_id=row.customer_id,
        scored_on=row.scored_on,
        score=row.score,
        grade=row.grade,
        parts=tuple(
            rules_credit.Part(
                fact=rules_credit.Fact(part["fact"]),
                weight=part["weight"],
                value=part["value"],
                points=part["points"],
            )
            for part in row.factors
        ),
        scheme_version=row.scheme_version,
    )
