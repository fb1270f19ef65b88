"""Customers are registered and changed. Each act is audited with what was before and after."""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from meterbook.application import transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import models as access_models
from meterbook.domain.access import operations as access
from meterbook.domain.access import queries as access_queries
from meterbook.domain.customers import models, operations, queries_records

RIGHT = "customers.edit"

CustomerNotFoundError = queries_records.CustomerNotFoundError
ChangedMeanwhileError = operations.ChangedMeanwhileError
MergedAwayError = operations.MergedAwayError


class StationNotFoundError(Exception):
    """No such station in the actor's scope: customers belong to one."""


class NameMissingError(Exception):
    """A customer has a name."""


class IndustryNotFoundError(Exception):
    """No such industry in the company's list."""


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """Who is to be registered; the same `request_key` again registers nobody new."""

    request_key: uuid.UUID
    station_id: int
    details: queries_records.Details


def register(*, actor: Actor, now: datetime.datetime, wanted: NewCustomer) -> int:
    """Register a customer; returns the id.

    Raises StationNotFoundError, NameMissingError, IndustryNotFoundError.
    """
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        units = access_queries.units_by_id(unit_ids=[wanted.station_id])
        unit = units.get(wanted.station_id)
        is_reached = actor.is_system or wanted.station_id in actor.unit_ids
        if unit is None or not is_reached or unit.kind != access_models.OrgUnitKind.STATION:
            raise StationNotFoundError(wanted.station_id)
        _require_whole(wanted.details)
        customer, is_new = operations.register_customer(
            station_id=wanted.station_id, details=wanted.details, request_key=wanted.request_key, at=now
        )
        if is_new:
            record(
                actor=actor,
                now=now,
                act="CUSTOMER_REGISTERED",
                customer=customer,
                after=_told(wanted.details),
            )
    return customer.pk


def change(
    *,
    actor: Actor,
    now: datetime.datetime,
    customer_id: int,
    version: int,
    details: queries_records.Details,
) -> None:
    """Save what a clerk changed; the same again is no act.

    Raises CustomerNotFoundError, MergedAwayError, ChangedMeanwhileError, NameMissingError,
    IndustryNotFoundError.
    """
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        customer = operations.lock_customer(customer_id=customer_id)
        before = queries_records.details_of(customer)
        if before == details:
            return
        _require_whole(details)
        operations.change_customer(customer=customer, details=details, version=version)
        was, is_now = _told(before), _told(details)
        changed = [name for name in is_now if was[name] != is_now[name]]
        record(
            actor=actor,
            now=now,
            act="CUSTOMER_CHANGED",
            customer=customer,
            before={name: was[name] for name in changed},
            after={name: is_now[name] for name in changed},
        )


def record(
    *,
    actor: Actor,
    now: datetime.datetime,
    act: str,
    customer: models.Customer,
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """The audit row of an act on a customer; shared by the modules of this subject's acts."""
    access.record_act(
        actor=actor,
        at=now,
        act=act,
        subject_kind="CUSTOMER",
        subject_id=customer.pk,
        station_id=customer.station_id,
        reason=reason,
        before=before,
        after=after,
    )


def _require_whole(details: queries_records.Details) -> None:
    if not details.name.strip():
        raise NameMissingError
    if details.industry_id is not None and details.industry_id not in _industry_codes():
        raise IndustryNotFoundError(details.industry_id)


def _industry_codes() -> dict[int, str]:
    return {industry.pk: industry.code for industry in queries_records.industries()}


def _told(details: queries_records.Details) -> dict[str, Any]:
    """The details as the audit trail keeps them: plain values, the industry by its code."""
    told = asdict(details)
    industry_id = told.pop("industry_id")
    code = "" if industry_id is None else _industry_codes().get(industry_id, "")
    return {
        name: int(value) if isinstance(value, int) else value
        for name, value in {**told, "industry": f"INDUSTRY_{code}" if code else ""}.items()
    }
