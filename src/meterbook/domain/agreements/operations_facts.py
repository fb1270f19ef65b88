"""Dated facts of an agreement: each new value ends the one before it, from a day on.

What stood from that day on is replaced; the caller keeps before and after in the audit trail and decides
whether a day so early may be touched.
"""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import models as django_models
from django.db.models import Q

from meterbook.domain.agreements import models, rules


class OutsideAgreementError(Exception):
    """The day lies before the agreement or after its end."""

    def __init__(self, *, from_on: datetime.date, until_on: datetime.date | None) -> None:
        super().__init__(f"[{from_on}, {until_on})")
        self.from_on = from_on
        self.until_on = until_on


def set_household(
    *, agreement: models.SupplyAgreement, on: datetime.date, values: Mapping[str, Any] | None
) -> bool:
    """Persons, source, proof and expires_on from `on` on; None: the tariff's own size counts again.

    Returns whether anything changed.
    """
    return _set(models.HouseholdSize.objects, agreement=agreement, on=on, values=values)


def set_tariff(*, agreement: models.SupplyAgreement, on: datetime.date, tariff_id: int) -> bool:
    """Another price from `on` on. Returns whether anything changed."""
    return _set(models.AgreementTariff.objects, agreement=agreement, on=on, values={"tariff_id": tariff_id})


def set_usage_type(
    *, agreement: models.SupplyAgreement, on: datetime.date, usage_type_id: int | None
) -> bool:
    """Another usage type from `on` on, None: none. Returns whether anything changed."""
    values = None if usage_type_id is None else {"usage_type_id": usage_type_id}
    return _set(models.AgreementUsage.objects, agreement=agreement, on=on, values=values)


def set_area(
    *, agreement: models.SupplyAgreement, on: datetime.date, values: Mapping[str, Any] | None
) -> bool:
    """Area, kind, height and class from `on` on; None: no area any more. Returns whether it changed."""
    return _set(models.HeatedArea.objects, agreement=agreement, on=on, values=values)


def set_concession(
    *, agreement: models.SupplyAgreement, on: datetime.date, code: str, values: Mapping[str, Any] | None
) -> bool:
    """Proof and expires_on of one concession from `on` on; None ends it. Returns whether anything changed."""
    return _set(
        models.AgreementConcession.objects,
        agreement=agreement,
        on=on,
        values=values,
        keys={"code": code},
    )


def set_shares(
    *, agreement: models.SupplyAgreement, on: datetime.date, shares: Sequence[rules.Share]
) -> bool:
    """The parts of a mixed use from `on` on, in their order; none: one price again.

    Raises rules.SharesError. Returns whether anything changed.
    """
    _require_inside(agreement=agreement, on=on)
    if shares:
        rules.check_shares(shares)
    table = models.PriceShare
    mine = table.objects.filter(agreement=agreement)
    names = ("part_no", "tariff_id", "split", "split_value")
    standing = mine.filter(_in_force(on)).order_by("part_no")
    wanted = [(n, s.tariff_id, s.split, s.split_value) for n, s in enumerate(shares, start=1)]
    is_last = not mine.filter(Q(from_on__gt=on) | Q(until_on__gt=on)).exists()
    if is_last and list(standing.values_list(*names)) == wanted:
        return False
    mine.filter(from_on__gte=on).delete()
    mine.filter(_in_force(on)).update(until_on=on)
    table.objects.bulk_create(
        table(
            station_id=agreement.station_id,
            agreement=agreement,
            from_on=on,
            until_on=agreement.until_on,
            **dict(zip(names, row, strict=True)),
        )
        for row in wanted
    )
    return True


def _set(
    facts: django_models.Manager[Any],
    *,
    agreement: models.SupplyAgreement,
    on: datetime.date,
    values: Mapping[str, Any] | None,
    keys: Mapping[str, Any] | None = None,
) -> bool:
    _require_inside(agreement=agreement, on=on)
    rows = facts.filter(agreement=agreement, **(keys or {}))
    # Whatever holds on the day or later; before it nothing changes.
    found = list(rows.filter(_in_force(on) | Q(from_on__gte=on)))
    standing = next((row for row in found if row.from_on <= on), None)
    has_later = any(row.from_on > on for row in found)
    ends_with_agreement = standing is None or standing.until_on == agreement.until_on
    if not has_later and ends_with_agreement and _is_same(standing, values):
        return False
    if any(row.from_on >= on for row in found):
        rows.filter(from_on__gte=on).delete()
    if standing is not None and standing.from_on < on:
        rows.filter(_in_force(on)).update(until_on=on)
    if values is not None:
        facts.create(
            station_id=agreement.station_id,
            agreement=agreement,
            from_on=on,
            until_on=agreement.until_on,
            **(keys or {}),
            **values,
        )
    return True


def _is_same(standing: django_models.Model | None, values: Mapping[str, Any] | None) -> bool:
    if standing is None or values is None:
        return standing is None and values is None
    return all(getattr(standing, name) == value for name, value in values.items())


def _in_force(day: datetime.date) -> Q:
    return Q(from_on__lte=day) & (Q(until_on__isnull=True) | Q(until_on__gt=day))


def _require_inside(*, agreement: models.SupplyAgreement, on: datetime.date) -> None:
    if on < agreement.from_on or (agreement.until_on is not None and on >= agreement.until_on):
        raise OutsideAgreementError(from_on=agreement.from_on, until_on=agreement.until_on)
