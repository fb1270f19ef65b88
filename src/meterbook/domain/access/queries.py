"""Reads of staff, units and the audit trail."""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from meterbook.domain.access import models, rules


def unit_ids_within(*, unit_id: int) -> tuple[int, ...]:
    """The ids of a unit and of all units below it, ascending. The tree is small: read whole."""
    parents: dict[int, int | None] = dict(models.OrgUnit.objects.values_list("id", "parent_id"))
    return tuple(sorted(i for i in parents if unit_id in _way_up(i, parents)))


def unit_ids_above(*, unit_id: int) -> tuple[int, ...]:
    """The ids of a unit and of those it belongs to, from itself up to the company."""
    return tuple(_way_up(unit_id, dict(models.OrgUnit.objects.values_list("id", "parent_id"))))


def _way_up(unit_id: int, parents: dict[int, int | None]) -> Iterable[int]:
    step: int | None = unit_id
    while step is not None:
        yield step
        step = parents[step]


def actor_of_staff(*, staff: models.Staff, remote_address: str = "") -> rules.Actor:
    """The actor a member of staff is right now: rights and scope are read fresh at every request."""
    rights = models.RoleRight.objects.filter(role__staff=staff).values_list("right", flat=True)
    return rules.Actor(
        name=staff.name,
        staff_id=staff.pk,
        home_unit_id=staff.org_unit_id,
        unit_ids=unit_ids_within(unit_id=staff.org_unit_id),
        rights=frozenset(rights),
        remote_address=remote_address,
    )


def root_unit_id() -> int:
    """The id of the company's own unit."""
    return models.OrgUnit.objects.values_list("id", flat=True).get(kind=models.OrgUnitKind.COMPANY)


def system_actor(*, identity: str) -> rules.Actor:
    """A named system identity (a job, a command): serves the whole company, never a person."""
    return rules.Actor(name=identity, home_unit_id=root_unit_id(), is_system=True)


@dataclass(frozen=True, slots=True)
class UnitEntry:
    """A unit of the tree. `kind` is a number of models.OrgUnitKind."""

    unit_id: int
    kind: int
    code: str
    name: str


def units() -> tuple[UnitEntry, ...]:
    """Every unit of the tree, the company first, then by code. The tree is small: read whole."""
    rows = models.OrgUnit.objects.order_by("kind", "code").values_list("id", "kind", "code", "name")
    return tuple(UnitEntry(*row) for row in rows)


def staff_ids() -> dict[str, int]:
    """User name -> id of everybody who is or was registered."""
    return dict(models.Staff.objects.values_list("username", "id"))


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which acts to show; empty asks nothing. [first_at, before_at) bounds the time."""

    actor_name: str = ""
    act: str = ""
    subject_kind: str = ""
    first_at: datetime.datetime | None = None
    before_at: datetime.datetime | None = None


def audit_entries(*, wanted: AuditFilter) -> QuerySet[models.AuditEntry]:
    """The audit rows in scope that fit; the caller orders and cuts."""
    found = models.AuditEntry.objects.all()
    if wanted.actor_name:
        found = found.filter(actor_name__icontains=wanted.actor_name)
    if wanted.act:
        found = found.filter(act=wanted.act)
    if wanted.subject_kind:
        found = found.filter(subject_kind=wanted.subject_kind)
    if wanted.first_at is not None:
        found = found.filter(at__gte=wanted.first_at)
    if wanted.before_at is not None:
        found = found.filter(at__lt=wanted.before_at)
    return found


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """A node of the tree with how deep it lies (the root 0) and how many people belong to it."""

    unit_id: int
    parent_id: int | None
    kind: models.OrgUnitKind
    code: str
    name: str
    depth: int
    staff_count: int


@dataclass(frozen=True, slots=True)
class StaffFacts:
    """One person as the staff pages show them. `role_codes` and `role_names` go together."""

    staff_id: int
    username: str
    name: str
    unit_id: int
    unit: str
    role_ids: tuple[int, ...]
    role_names: tuple[str, ...]
    is_active: bool
    must_change_password: bool
    last_login: datetime.datetime | None


class StaffNotFoundError(Exception):
    """No such person, or outside the scope."""


def units_within(*, unit_ids: Sequence[int]) -> list[UnitFacts]:
    """The units in scope as a tree: each after its parent, siblings by code."""
    found = models.OrgUnit.objects.filter(id__in=unit_ids).annotate(people=Count("staff"))
    units = {unit.pk: unit for unit in found.order_by("code")}
    children: dict[int | None, list[models.OrgUnit]] = {}
    for unit in units.values():
        parent = unit.parent_id if unit.parent_id in units else None
        children.setdefault(parent, []).append(unit)
    return list(_walk(children, parent=None, depth=0))


def _walk(
    children: dict[int | None, list[models.OrgUnit]], *, parent: int | None, depth: int
) -> Iterator[UnitFacts]:
    for unit in children.get(parent, []):
        yield UnitFacts(
            unit_id=unit.pk,
            parent_id=unit.parent_id,
            kind=models.OrgUnitKind(unit.kind),
            code=unit.code,
            name=unit.name,
            depth=depth,
            staff_count=unit.people,  # type: ignore[attr-defined]  # annotated above
        )
        yield from _walk(children, parent=unit.pk, depth=depth + 1)


def staff_within(*, unit_ids: Sequence[int]) -> list[StaffFacts]:
    """The people of these units, those who may log in first, by unit and name."""
    found = models.Staff.objects.filter(org_unit_id__in=unit_ids).select_related("org_unit")
    ordered = found.prefetch_related("roles").order_by("-is_active", "org_unit__code", "username")
    return [_facts(staff) for staff in ordered]


def staff_facts(*, staff_id: int, unit_ids: Sequence[int]) -> StaffFacts:
    """One person of these units. Raises StaffNotFoundError."""
    found = (
        models.Staff.objects.filter(pk=staff_id, org_unit_id__in=unit_ids).select_related("org_unit").first()
    )
    if found is None:
        raise StaffNotFoundError(staff_id)
    return _facts(found)


def _facts(staff: models.Staff) -> StaffFacts:
    roles = sorted(staff.roles.all(), key=lambda role: role.pk)
    return StaffFacts(
        staff_id=staff.pk,
        username=staff.username,
        name=staff.name,
        unit_id=staff.org_unit_id,
        unit=staff.org_unit.name,
        role_ids=tuple(role.pk for role in roles),
        role_names=tuple(role.name for role in roles),
        is_active=staff.is_active,
        must_change_password=staff.must_change_password,
        last_login=staff.last_login,
    )


def roles_by_id() -> dict[int, models.Role]:
    """Every role, by id, in the order they were made."""
    return {role.pk: role for role in models.Role.objects.order_by("id").prefetch_related("rights")}


def units_by_id(*, unit_ids: Sequence[int]) -> dict[int, models.OrgUnit]:
    """These units, by id; ids that are no unit are left out."""
    return models.OrgUnit.objects.in_bulk(list(unit_ids))
