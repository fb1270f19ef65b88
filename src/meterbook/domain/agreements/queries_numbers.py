"""Reads of numbers: how accounts are numbered, and the numbers others know them by."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q

from meterbook.domain import fragments
from meterbook.domain.access import models as access
from meterbook.domain.agreements import models, rules

# The rule of the nearest unit on the way up to the company counts, then the one of nobody in particular.
_RULES = """
WITH RECURSIVE way AS (
    SELECT u.id AS station_id, u.code, u.id, u.parent_id, 0 AS distance
    FROM access_orgunit u WHERE u.id = ANY (%(station_ids)s)
    UNION ALL
    SELECT way.station_id, way.code, u.id, u.parent_id, way.distance + 1
    FROM way JOIN access_orgunit u ON u.id = way.parent_id
)
SELECT DISTINCT ON (way.station_id, kind.is_resident)
    way.station_id, way.code, kind.is_resident, r.prefix, r.digits, r.has_check_digit
FROM way CROSS JOIN (VALUES (true), (false)) AS kind (is_resident)
LEFT JOIN agreements_numberrule r ON r.is_resident = kind.is_resident
    AND (r.unit_id = way.id OR r.unit_id IS NULL)
ORDER BY way.station_id, kind.is_resident, r.id IS NULL, r.unit_id IS NULL, way.distance
"""


@dataclass(frozen=True, slots=True)
class StandingRule:
    """A number rule as it stands. `unit_id` None: everywhere no other one holds."""

    rule_id: int
    unit_id: int | None
    unit: str
    is_resident: bool
    form: rules.NumberFormat


@dataclass(frozen=True, slots=True)
class External:
    """A number others know the account by, in [valid_from, valid_until)."""

    number_id: int
    kind: models.ExternalKind
    number: str
    valid_from: datetime.date
    valid_until: datetime.date | None


def number_series(*, station_ids: Sequence[int]) -> dict[tuple[int, bool], rules.Series]:
    """(station, is_resident) -> the series new accounts are numbered from. Raises rules.NumberRuleError."""
    with connection.cursor() as cursor:
        cursor.execute(_RULES, {"station_ids": list(station_ids)})
        rows = cursor.fetchall()
    found = {}
    for station_id, code, is_resident, prefix, digits, has_check_digit in rows:
        form = rules.STANDARD_NUMBERS[is_resident]
        if digits is not None:
            form = rules.NumberFormat(prefix=prefix, digits=digits, has_check_digit=has_check_digit)
        rendered = rules.rendered_prefix(form=form, station_code=code)
        found[station_id, is_resident] = rules.Series(form=form, prefix=rendered)
    return found


def next_number(*, series: rules.Series) -> str:
    """The number the series would give now, as a preview; nothing is taken. Raises rules.NumberRuleError."""
    standing = models.AccountSequence.objects.filter(prefix=series.prefix)
    first = standing.values_list("next_value", flat=True).first() or 1
    while True:
        (number,) = rules.account_numbers(form=series.form, prefix=series.prefix, first=first, count=1)
        if not models.Account.objects.filter(account_no=number).exists():
            return number
        first += 1


def number_rules() -> list[StandingRule]:
    """The company's own number rules, those for everybody first."""
    found = models.NumberRule.objects.select_related("unit").order_by("unit__code", "-is_resident")
    return [
        StandingRule(
            rule_id=rule.pk,
            unit_id=rule.unit_id,
            unit="" if rule.unit is None else rule.unit.name,
            is_resident=rule.is_resident,
            form=rules.NumberFormat(
                prefix=rule.prefix, digits=rule.digits, has_check_digit=rule.has_check_digit
            ),
        )
        for rule in found
    ]


def external_numbers(*, account_id: int) -> list[External]:
    """The account's external numbers, those in use first."""
    found = models.ExternalNumber.objects.filter(account_id=account_id)
    ordered = found.order_by("valid_until", "kind", "-valid_from", "id")
    rows = sorted(ordered, key=lambda row: row.valid_until is not None)
    return [
        External(
            number_id=row.pk,
            kind=models.ExternalKind(row.kind),
            number=row.number,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
        )
        for row in rows
    ]


def account_ids_by_external_no(*, text: str, most: int) -> list[int]:
    """At most `most` accounts whose external number in use is `text`, then those where it begins so."""
    in_use = models.ExternalNumber.objects.filter(valid_until__isnull=True)
    begins = Q(number__gte=text, number__lt=text + fragments.AFTER_ALL)
    found = in_use.filter(begins).order_by("number", "id").values_list("account_id", flat=True)[:most]
    return list(dict.fromkeys(found))


def stations() -> list[int]:
    """Every station of the company, by id."""
    found = access.OrgUnit.objects.filter(kind=access.OrgUnitKind.STATION)
    return list(found.order_by("id").values_list("id", flat=True))


def is_company(*, unit_id: int) -> bool:
    """Whether a unit is the company itself."""
    return access.OrgUnit.objects.filter(pk=unit_id, kind=access.OrgUnitKind.COMPANY).exists()
