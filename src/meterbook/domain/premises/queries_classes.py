"""Reads of the classifications of premises."""

import datetime
from dataclasses import dataclass

from django.db.models import Count, Q

from meterbook.domain.premises import models, rules


class DimensionNotFoundError(Exception):
    """No such dimension."""


@dataclass(frozen=True, slots=True)
class DimensionFacts:
    """A way to classify. `name_zh` and `name_en` are the company's words."""

    dimension_id: int
    code: str
    name_zh: str
    name_en: str
    value_count: int


@dataclass(frozen=True, slots=True)
class ValueFacts:
    """A value with how deep it lies in its dimension (roots 0) and how many premises in scope have it now."""

    value_id: int
    code: str
    name: str
    depth: int
    premise_count: int


@dataclass(frozen=True, slots=True)
class HeldValue:
    """What a premise belongs to in one dimension in [from_on, until_on)."""

    dimension_id: int
    name_zh: str
    name_en: str
    value_id: int
    value: str
    from_on: datetime.date
    until_on: datetime.date | None


def dimensions() -> list[DimensionFacts]:
    """Every dimension, in the company's order."""
    found = models.Dimension.objects.annotate(value_count=Count("values")).order_by("position", "code")
    return [DimensionFacts(row.pk, row.code, row.name_zh, row.name_en, row.value_count) for row in found]


def dimension(*, dimension_id: int) -> DimensionFacts:
    """One dimension. Raises DimensionNotFoundError."""
    for found in dimensions():
        if found.dimension_id == dimension_id:
            return found
    raise DimensionNotFoundError(dimension_id)


def values(*, dimension_id: int) -> list[ValueFacts]:
    """The values of a dimension as a tree: each after its parent, siblings by code."""
    held = models.PremiseValue.objects.filter(dimension_id=dimension_id, until_on__isnull=True)
    counts = dict(held.values_list("value_id").annotate(Count("id")))
    children: dict[int | None, list[models.DimensionValue]] = {}
    for value in models.DimensionValue.objects.filter(dimension_id=dimension_id):
        children.setdefault(value.parent_id, []).append(value)
    for siblings in children.values():
        siblings.sort(key=lambda value: rules.natural_key(value.code))
    made: list[ValueFacts] = []
    waiting = [(value, 0) for value in reversed(children.get(None, []))]
    while waiting:
        value, depth = waiting.pop()
        made.append(ValueFacts(value.pk, value.code, value.name, depth, counts.get(value.pk, 0)))
        waiting.extend((child, depth + 1) for child in reversed(children.get(value.pk, [])))
    return made


def held_values(*, premise_id: int, on: datetime.date | None = None) -> list[HeldValue]:
    """What a premise belongs to, newest first in each dimension; with `on` only what held that day."""
    found = models.PremiseValue.objects.filter(premise_id=premise_id)
    if on is not None:
        found = found.filter(Q(until_on__isnull=True) | Q(until_on__gt=on), from_on__lte=on)
    ordered = found.select_related("dimension", "value").order_by(
        "dimension__position", "dimension__code", "-from_on"
    )
    return [
        HeldValue(
            dimension_id=row.dimension_id,
            name_zh=row.dimension.name_zh,
            name_en=row.dimension.name_en,
            value_id=row.value_id,
            value=row.value.name,
            from_on=row.from_on,
            until_on=row.until_on,
        )
        for row in ordered
    ]
