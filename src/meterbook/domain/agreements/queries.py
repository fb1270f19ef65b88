"""Reads of accounts and supply agreements."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from meterbook.domain import fragments
from meterbook.domain.agreements import models
from meterbook.domain.customers import models as customer_models

_HEADS = """
SELECT a.id, a.account_no, a.station_id, a.state, a.opened_on, a.closed_on, c.id, c.name, c.customer_class,
    COALESCE(place.address, '')
FROM agreements_account a
JOIN customers_customer c ON c.id = a.customer_id
LEFT JOIN LATERAL (
    SELECT p.address FROM agreements_supplyagreement g
    JOIN premises_servicepoint s ON s.id = g.service_point_id JOIN premises_premise p ON p.id = s.premise_id
    WHERE g.account_id = a.id ORDER BY g.until_on IS NOT NULL, g.from_on DESC, g.id LIMIT 1
) place ON true
WHERE a.id = ANY (%(ids)s)
"""

_SUPPLIES = """
SELECT g.id, g.utility, g.from_on, g.until_on, p.address, m.id, COALESCE(m.serial_no, ''), i.installed_on,
    COALESCE(t.code, ''), COALESCE(t.name_zh, ''), COALESCE(t.name_en, ''), COALESCE(t.unit, ''), h.persons,
    s.id
FROM agreements_supplyagreement g
JOIN premises_servicepoint s ON s.id = g.service_point_id
JOIN premises_premise p ON p.id = s.premise_id
LEFT JOIN devices_installation i ON i.service_point_id = s.id
    AND daterange(i.installed_on, i.removed_on) @> %(day)s::date
LEFT JOIN devices_meter m ON m.id = i.meter_id
LEFT JOIN agreements_agreementtariff gt ON gt.agreement_id = g.id
    AND gt.from_on <= %(day)s AND (gt.until_on IS NULL OR gt.until_on > %(day)s)
LEFT JOIN tariffs_tariff t ON t.id = gt.tariff_id
LEFT JOIN agreements_householdsize h ON h.agreement_id = g.id
    AND h.from_on <= %(day)s AND (h.until_on IS NULL OR h.until_on > %(day)s)
WHERE g.account_id = %(account_id)s
ORDER BY g.until_on IS NOT NULL, g.utility, g.from_on DESC
"""

_OF_METERS = """
SELECT DISTINCT ON (i.meter_id) i.meter_id, g.account_id
FROM devices_installation i JOIN agreements_supplyagreement g ON g.service_point_id = i.service_point_id
WHERE i.meter_id = ANY (%(ids)s)
ORDER BY i.meter_id, i.removed_on IS NOT NULL, i.installed_on DESC, g.until_on IS NOT NULL, g.from_on DESC
"""


_PLACES = """
SELECT s.premise_id, i.meter_id
FROM agreements_supplyagreement g
JOIN premises_servicepoint s ON s.id = g.service_point_id
LEFT JOIN devices_installation i
    ON i.service_point_id = s.id AND (i.removed_on IS NULL OR i.removed_on >= g.from_on)
WHERE g.account_id = %(account_id)s AND g.until_on IS NULL
ORDER BY s.id, i.installed_on DESC
"""


@dataclass(frozen=True, slots=True)
class Places:
    """Where an account is supplied and by which meters, those that hung there before included."""

    premise_ids: tuple[int, ...]
    meter_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AccountHead:
    """Who an account is: what a hit, a header or a receipt says first. `address` may be empty."""

    account_id: int
    account_no: str
    station_id: int
    state: models.AccountState
    opened_on: datetime.date
    closed_on: datetime.date | None
    customer_id: int
    name: str
    customer_class: customer_models.CustomerClass
    address: str


@dataclass(frozen=True, slots=True)
class Supply:
    """One agreement with the meter, tariff and household size of a day; a part that is missing is empty."""

    agreement_id: int
    utility: int
    from_on: datetime.date
    until_on: datetime.date | None
    address: str
    meter_id: int | None
    serial_no: str
    installed_on: datetime.date | None
    tariff_code: str
    tariff_name_zh: str
    tariff_name_en: str
    unit: str
    persons: int | None
    service_point_id: int


class AccountNotFoundError(Exception):
    """No such account, or outside the scope (the two look the same on purpose)."""

    def __init__(self, *, account: object) -> None:
        super().__init__(str(account))
        self.account = account


def account_heads(*, account_ids: Sequence[int]) -> dict[int, AccountHead]:
    """The heads of the accounts in scope, by id; others are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_HEADS, {"ids": list(account_ids)})
        rows = cursor.fetchall()
    return {row[0]: _head(row) for row in rows}


def account_head(*, account_id: int) -> AccountHead:
    """The head of one account. Raises AccountNotFoundError."""
    found = account_heads(account_ids=[account_id])
    if account_id not in found:
        raise AccountNotFoundError(account=account_id)
    return found[account_id]


def _head(row: tuple[Any, ...]) -> AccountHead:
    return AccountHead(
        account_id=row[0],
        account_no=row[1],
        station_id=row[2],
        state=models.AccountState(row[3]),
        opened_on=row[4],
        closed_on=row[5],
        customer_id=row[6],
        name=row[7],
        customer_class=customer_models.CustomerClass(row[8]),
        address=row[9],
    )


def account_id_by_no(*, account_no: str) -> int:
    """The account of a number. Raises AccountNotFoundError."""
    found = account_ids_by_no(account_no=account_no)
    if not found:
        raise AccountNotFoundError(account=account_no)
    return found[0]


def account_ids_by_no(*, account_no: str) -> list[int]:
    """The account of a number as a list of none or one."""
    return list(models.Account.objects.filter(account_no=account_no).values_list("id", flat=True))


def account_ids_by_no_prefix(*, start: str, most: int) -> list[int]:
    """At most `most` accounts whose number begins with `start`, ascending."""
    found = models.Account.objects.filter(account_no__gte=start, account_no__lt=start + fragments.AFTER_ALL)
    return list(found.order_by("account_no").values_list("id", flat=True)[:most])


def account_ids_of_customers(*, customer_ids: Sequence[int], most: int) -> list[int]:
    """At most `most` accounts of these customers, in the order of the customers given."""
    found = models.Account.objects.filter(customer_id__in=customer_ids).values_list("id", "customer_id")
    place = {customer_id: index for index, customer_id in enumerate(customer_ids)}
    return [row[0] for row in sorted(found, key=lambda row: (place[row[1]], row[0]))][:most]


def account_ids_at_premises(*, premise_ids: Sequence[int], most: int) -> list[int]:
    """At most `most` accounts supplied at these premises now."""
    found = models.SupplyAgreement.objects.filter(
        service_point__premise_id__in=premise_ids, until_on__isnull=True
    )
    return list(found.order_by("account_id").values_list("account_id", flat=True).distinct()[:most])


def account_ids_of_meters(*, meter_ids: Sequence[int]) -> dict[int, int]:
    """Meter id -> the account it serves now, or served last. Meters in stock are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_METERS, {"ids": list(meter_ids)})
        return dict(cursor.fetchall())


def account_at_point(*, service_point_id: int, on: datetime.date) -> str:
    """The number of the account supplied at a point on a day or later; "" when there is none."""
    found = models.SupplyAgreement.objects.filter(service_point_id=service_point_id)
    busy = found.exclude(until_on__lte=on).order_by("from_on")
    return busy.values_list("account__account_no", flat=True).first() or ""


def places_of(*, account_id: int) -> Places:
    """The premises the account is supplied at now, and the meters that hang there."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, {"account_id": account_id})
        rows = cursor.fetchall()
    return Places(
        premise_ids=tuple(dict.fromkeys(row[0] for row in rows)),
        meter_ids=tuple(dict.fromkeys(row[1] for row in rows if row[1] is not None)),
    )


def supplies_of(*, account_id: int, on: datetime.date) -> list[Supply]:
    """The account's agreements, running ones first, each with its meter, tariff and size on a day."""
    with connection.cursor() as cursor:
        cursor.execute(_SUPPLIES, {"account_id": account_id, "day": on})
        return [Supply(*row) for row in cursor.fetchall()]
