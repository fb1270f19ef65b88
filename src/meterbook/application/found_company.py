"""Use case: found a company: its tree, roles, first staff, chart of accounts and receipt books."""

import datetime
from dataclasses import dataclass, field
from typing import Any, cast

from django.db import connection

from meterbook.application import transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import models as access_models
from meterbook.domain.access import operations as access
from meterbook.domain.access import queries as access_queries
from meterbook.domain.companies import operations as companies
from meterbook.domain.documents import operations as documents
from meterbook.domain.ledger import operations as ledger

Kind = access_models.OrgUnitKind


@dataclass(frozen=True, slots=True, kw_only=True)
class StationPlan:
    """A station to open. Its receipts are numbered `receipt_prefix` and a running number."""

    code: str
    name: str
    receipt_prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffPlan:
    """A first member of staff. `unit_code` is the code of the unit whose data they may touch."""

    username: str
    name: str
    role_code: str
    unit_code: str
    password: str = field(repr=False)
    must_change_password: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyPlan:
    """What to found: one company with one branch over its stations."""

    code: str
    name: str
    branch_code: str
    branch_name: str
    stations: tuple[StationPlan, ...]
    staff: tuple[StaffPlan, ...] = ()


@dataclass(frozen=True, slots=True)
class CompanyFounded:
    """Ids by code and user name. `is_new` is False when the company stood already."""

    company_unit_id: int
    station_ids: dict[str, int]
    staff_ids: dict[str, int]
    is_new: bool


def found_company(*, plan: CompanyPlan, now: datetime.datetime, identity: str) -> CompanyFounded:
    """Found the company of the current schema: all of it or nothing. A second call changes nothing.

    `identity` names the system identity that acts (`cli:demo`): there is no person yet who could.
    """
    with transaction.writing(actor=Actor(name=identity, is_system=True)):
        if standing := access_queries.units():
            return _found_before(standing)
        units = _open_units(plan)
        roles = access.found_standard_roles()
        staff_ids = {
            person.username: access.register_staff(
                username=person.username,
                name=person.name,
                org_unit=units[person.unit_code],
                roles=[roles[person.role_code]],
                password=person.password,
                must_change_password=person.must_change_password,
            ).pk
            for person in plan.staff
        }
        ledger.found_chart_of_accounts()
        for station in plan.stations:
            documents.ensure_receipt_book(station_id=units[station.code].pk, prefix=station.receipt_prefix)
        companies.name_company(schema=_schema(), name=plan.name)
        founded = CompanyFounded(
            company_unit_id=units[plan.code].pk,
            station_ids={station.code: units[station.code].pk for station in plan.stations},
            staff_ids=staff_ids,
            is_new=True,
        )
        _record(plan, founded=founded, now=now, identity=identity)
    return founded


def mark_company_ready(*, now: datetime.datetime, identity: str) -> None:
    """Say that the current company's first data set is complete."""
    with transaction.writing(actor=Actor(name=identity, is_system=True)):
        companies.mark_ready(schema=_schema(), at=now)


def _schema() -> str:
    return str(cast("Any", connection).schema_name)  # django-tenants publishes no types


def _found_before(units: tuple[access_queries.UnitEntry, ...]) -> CompanyFounded:
    return CompanyFounded(
        company_unit_id=units[0].unit_id,
        station_ids={unit.code: unit.unit_id for unit in units if unit.kind == Kind.STATION},
        staff_ids=access_queries.staff_ids(),
        is_new=False,
    )


def _open_units(plan: CompanyPlan) -> dict[str, access_models.OrgUnit]:
    company = access.open_unit(kind=Kind.COMPANY, code=plan.code, name=plan.name, parent=None)
    branch = access.open_unit(kind=Kind.BRANCH, code=plan.branch_code, name=plan.branch_name, parent=company)
    units = {plan.code: company, plan.branch_code: branch}
    for station in plan.stations:
        units[station.code] = access.open_unit(
            kind=Kind.STATION, code=station.code, name=station.name, parent=branch
        )
    return units


def _record(plan: CompanyPlan, *, founded: CompanyFounded, now: datetime.datetime, identity: str) -> None:
    access.record_act(
        actor=Actor(name=identity, home_unit_id=founded.company_unit_id, is_system=True),
        at=now,
        act="COMPANY_FOUNDED",
        subject_kind="COMPANY",
        subject_id=founded.company_unit_id,
        after={
            "name": plan.name,
            "stations": sorted(founded.station_ids),
            "staff": sorted(founded.staff_ids),
        },
    )
