"""Writes of the classifications of premises: dimensions, their values, and what belongs where since when."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection

from meterbook.domain.premises import models, operations
from meterbook.kernel import text

# Each premise once: what it has from `from_on` on, and whether a later fact is in the way.
_SORTED = """
WITH wanted AS (
    SELECT id, station_id FROM premises_premise WHERE id = ANY (%(ids)s)
), held AS (
    SELECT v.premise_id, bool_or(v.from_on > %(on)s) AS is_later,
        max(v.value_id) FILTER (WHERE v.from_on <= %(on)s AND v.until_on IS NULL) AS value_id,
        bool_or(v.until_on > %(on)s) AS ends_later
    FROM premises_premisevalue v
    WHERE v.premise_id = ANY (%(ids)s) AND v.dimension_id = %(dimension_id)s
    GROUP BY v.premise_id
), sorted AS (
    SELECT w.id, w.station_id, CASE
        WHEN COALESCE(h.is_later, false) OR COALESCE(h.ends_later, false) THEN 'LATER'
        WHEN h.value_id IS NOT DISTINCT FROM %(value_id)s::bigint THEN 'SAME'
        WHEN h.value_id IS NULL THEN 'NEW' ELSE 'CHANGED' END AS outcome
    FROM wanted w LEFT JOIN held h ON h.premise_id = w.id
)
"""
_COUNT = f"{_SORTED} SELECT outcome, count(*) FROM sorted GROUP BY outcome"  # noqa: S608 # a constant of this file
_CHOOSE = f"{_SORTED} SELECT id FROM sorted WHERE outcome IN ('NEW', 'CHANGED') ORDER BY id"  # noqa: S608 # likewise
_LOCK = "SELECT id FROM premises_premise WHERE id = ANY (%(ids)s) ORDER BY id FOR UPDATE"
# A value of the same day is corrected, an older one ends.
_FORGET = """
DELETE FROM premises_premisevalue
WHERE premise_id = ANY (%(ids)s) AND dimension_id = %(dimension_id)s AND from_on = %(on)s
"""
_END = """
UPDATE premises_premisevalue SET until_on = %(on)s
WHERE premise_id = ANY (%(ids)s) AND dimension_id = %(dimension_id)s AND from_on < %(on)s AND until_on IS NULL
"""
_BEGIN = """
INSERT INTO premises_premisevalue (station_id, premise_id, dimension_id, value_id, from_on)
SELECT p.station_id, p.id, %(dimension_id)s, %(value_id)s, %(on)s
FROM premises_premise p WHERE p.id = ANY (%(ids)s) AND %(value_id)s::bigint IS NOT NULL
"""


class ClassError(operations.PremisesError):
    """An act on classifications is refused.

    `code`: UNKNOWN, EMPTY, CODE_SIGNS, CODE_TAKEN, OTHER_DIMENSION (a value or parent of another one),
    IN_USE.
    """

    def __init__(self, *, code: str, fact: object = "") -> None:
        super().__init__(f"{code}: {fact}")
        self.code = code
        self.fact = str(fact)


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """How many premises get a value (`new`), another one (`changed`), had it already, have a later fact."""

    new: int
    changed: int
    same: int
    later: int

    @property
    def touched(self) -> int:
        """How many are written."""
        return self.new + self.changed


def add_dimension(*, code: str, name_zh: str, name_en: str) -> models.Dimension:
    """A further way to classify. Raises ClassError EMPTY, CODE_SIGNS, CODE_TAKEN."""
    plain = text.half_width(code).upper().replace("-", "_").replace(" ", "_")
    names = [text.half_width(name) for name in (name_zh, name_en)]
    if not plain or not all(names):
        raise ClassError(code="EMPTY")
    if not (plain.isascii() and plain.replace("_", "").isalnum() and plain[0].isalpha()):
        raise ClassError(code="CODE_SIGNS", fact=plain)
    if models.Dimension.objects.filter(code=plain).exists():
        raise ClassError(code="CODE_TAKEN", fact=plain)
    return models.Dimension.objects.create(code=plain, name_zh=names[0], name_en=names[1])


def add_value(*, dimension_id: int, code: str, name: str, parent_id: int | None) -> models.DimensionValue:
    """A further value of a dimension. Raises ClassError."""
    dimension = lock_dimension(dimension_id=dimension_id)
    plain_code, plain_name = text.half_width(code), text.half_width(name)
    if not plain_code or not plain_name:
        raise ClassError(code="EMPTY")
    if dimension.values.filter(code=plain_code).exists():
        raise ClassError(code="CODE_TAKEN", fact=plain_code)
    if parent_id is not None and not dimension.values.filter(pk=parent_id).exists():
        raise ClassError(code="OTHER_DIMENSION", fact=parent_id)
    return models.DimensionValue.objects.create(
        dimension=dimension, parent_id=parent_id, code=plain_code, name=plain_name
    )


def rename_value(*, value_id: int, name: str) -> models.DimensionValue:
    """Give a value another name; its code stays. Raises ClassError UNKNOWN, EMPTY."""
    value = models.DimensionValue.objects.select_for_update().filter(pk=value_id).first()
    if value is None:
        raise ClassError(code="UNKNOWN", fact=value_id)
    plain = text.half_width(name)
    if not plain:
        raise ClassError(code="EMPTY")
    value.name = plain
    value.save(update_fields=["name"])
    return value


def remove_value(*, value_id: int) -> models.DimensionValue:
    """Take a value away that no premise has or had; returns what it was. Raises ClassError UNKNOWN, IN_USE.

    The database decides, for it sees the premises of every station.
    """
    value = models.DimensionValue.objects.select_for_update().filter(pk=value_id).first()
    if value is None:
        raise ClassError(code="UNKNOWN", fact=value_id)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        try:
            cursor.execute("DELETE FROM premises_dimensionvalue WHERE id = %s", [value_id])
        except IntegrityError as needed:
            raise ClassError(code="IN_USE", fact=value.name) from needed
    return value


def lock_dimension(*, dimension_id: int) -> models.Dimension:
    """The dimension, locked. Raises ClassError UNKNOWN."""
    dimension = models.Dimension.objects.select_for_update().filter(pk=dimension_id).first()
    if dimension is None:
        raise ClassError(code="UNKNOWN", fact=dimension_id)
    return dimension


def would_classify(
    *, premise_ids: Sequence[int], dimension_id: int, value_id: int | None, from_on: datetime.date
) -> Classified:
    """What `classify` would do, without doing it."""
    require_value(dimension_id=dimension_id, value_id=value_id)
    facts = _facts(premise_ids, dimension_id=dimension_id, value_id=value_id, from_on=from_on)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, facts)
        counts = dict(cursor.fetchall())
    return Classified(
        new=counts.get("NEW", 0),
        changed=counts.get("CHANGED", 0),
        same=counts.get("SAME", 0),
        later=counts.get("LATER", 0),
    )


def classify(
    *, premise_ids: Sequence[int], dimension_id: int, value_id: int | None, from_on: datetime.date
) -> Classified:
    """Let premises belong to `value_id` (None: to nothing) in a dimension from a day on.

    Those with a fact of a later day are left alone and counted. Raises ClassError UNKNOWN, OTHER_DIMENSION.
    """
    facts = _facts(premise_ids, dimension_id=dimension_id, value_id=value_id, from_on=from_on)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, facts)
        made = would_classify(
            premise_ids=premise_ids, dimension_id=dimension_id, value_id=value_id, from_on=from_on
        )
        cursor.execute(_CHOOSE, facts)
        chosen = {**facts, "ids": [row[0] for row in cursor.fetchall()]}
        for statement in (_FORGET, _END, _BEGIN):
            cursor.execute(statement, chosen)
    return made


def require_value(*, dimension_id: int, value_id: int | None) -> None:
    """Raise ClassError unless the dimension is there and the value is one of its."""
    if not models.Dimension.objects.filter(pk=dimension_id).exists():
        raise ClassError(code="UNKNOWN", fact=dimension_id)
    if value_id is None:
        return
    if not models.DimensionValue.objects.filter(pk=value_id, dimension_id=dimension_id).exists():
        raise ClassError(code="OTHER_DIMENSION", fact=value_id)


def _facts(
    premise_ids: Sequence[int], *, dimension_id: int, value_id: int | None, from_on: datetime.date
) -> dict[str, Any]:
    return {
        "ids": list(premise_ids),
        "dimension_id": dimension_id,
        "value_id": value_id,
        "on": from_on,
    }
