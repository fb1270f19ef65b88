"""Reads of staff, units and the audit trail."""

from collections.abc import Iterable

from meterbook.domain.access import models, rules


def unit_ids_within(*, unit_id: int) -> tuple[int, ...]:
    """The ids of a unit and of all units below it, ascending. The tree is small: read whole."""
    parents: dict[int, int | None] = dict(models.OrgUnit.objects.values_list("id", "parent_id"))
    return tuple(sorted(i for i in parents if unit_id in _way_up(i, parents)))


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
