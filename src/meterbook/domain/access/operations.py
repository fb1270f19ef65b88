"""Writes of staff, units, roles and the audit trail."""

import contextlib
import contextvars
import datetime
from collections.abc import Iterator, Mapping
from typing import Any

from meterbook.domain.access import models, rules

# The audit rows of acts that are written together when the last of them is done; None: each at once.
_gathered: contextvars.ContextVar[list[models.AuditEntry] | None] = contextvars.ContextVar(
    "gathered", default=None
)


@contextlib.contextmanager
def gathering_acts() -> Iterator[None]:
    """Audit rows of the acts inside are written at once, in their order, when the last of them is done."""
    entries: list[models.AuditEntry] = []
    token = _gathered.set(entries)
    try:
        yield
    finally:
        _gathered.reset(token)
    models.AuditEntry.objects.bulk_create(entries)


@contextlib.contextmanager
def forgetting_failed_acts() -> Iterator[None]:
    """Of a step that fails no audit row is gathered. For the places that take steps back."""
    entries = _gathered.get()
    before = 0 if entries is None else len(entries)
    try:
        yield
    except BaseException:
        if entries is not None:
            del entries[before:]
        raise


def record_act(
    *,
    actor: rules.Actor,
    at: datetime.datetime,
    act: str,
    subject_kind: str,
    subject_id: object,
    station_id: int | None = None,
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write the audit row of an act, in the transaction of the act.

    `act` is a code like PAYMENT_TAKEN; `before`/`after` hold plain JSON values. An act on an errand carries
    that one's id, and its reason where it has none of its own.
    """
    if actor.errand is not None:
        reason = reason or actor.errand.reason
        after = {**(after or {}), "edit": actor.errand.edit_id}
    entry = models.AuditEntry(
        at=at,
        actor_id=actor.staff_id,
        actor_name=actor.name,
        is_system=actor.is_system,
        remote_address=actor.remote_address,
        act=act,
        subject_kind=subject_kind,
        subject_id=str(subject_id),
        station_id=station_id or actor.home_unit_id,
        reason=reason,
        before=None if before is None else dict(before),
        after=None if after is None else dict(after),
    )
    entries = _gathered.get()
    if entries is None:
        entry.save(force_insert=True)
    else:
        entries.append(entry)


def open_unit(
    *, kind: models.OrgUnitKind, code: str, name: str, parent: models.OrgUnit | None
) -> models.OrgUnit:
    """Add a company, branch or station to the tree."""
    return models.OrgUnit.objects.create(kind=kind, code=code, name=name, parent=parent)


def found_standard_roles() -> dict[str, models.Role]:
    """Make the roles a new company starts with, where they are missing. Returns code -> role."""
    roles = {}
    for code, (name, rights) in rules.STANDARD_ROLES.items():
        role, created = models.Role.objects.get_or_create(code=code, defaults={"name": name})
        if created:
            models.RoleRight.objects.bulk_create(models.RoleRight(role=role, right=r) for r in sorted(rights))
        roles[code] = role
    return roles


def register_staff(
    *,
    username: str,
    name: str,
    org_unit: models.OrgUnit,
    roles: list[models.Role],
    password: str,
    must_change_password: bool,
) -> models.Staff:
    """Register a member of staff with a password (Argon2). The user name is unique whatever its case."""
    staff = models.Staff(
        username=username, name=name, org_unit=org_unit, must_change_password=must_change_password
    )
    staff.set_password(password)
    staff.save(force_insert=True)
    staff.roles.set(roles)
    return staff


class UsernameTakenError(Exception):
    """Somebody has this user name already, perhaps in other letters (Anna, anna)."""

    def __init__(self, *, username: str) -> None:
        super().__init__(username)
        self.username = username


def require_free_username(*, username: str) -> None:
    """Raise UsernameTakenError when the name is used; the unique constraint decides between two at once."""
    if models.Staff.objects.filter(username__iexact=username).exists():
        raise UsernameTakenError(username=username)


def lock_staff(*, staff_id: int) -> models.Staff:
    """The person's row, locked until the transaction ends. Raises Staff.DoesNotExist."""
    return models.Staff.objects.select_for_update().get(pk=staff_id)


def give_roles(*, staff: models.Staff, roles: list[models.Role]) -> None:
    """Replace the roles of a person; their next request has the new rights."""
    staff.roles.set(roles)


def set_active(*, staff: models.Staff, is_active: bool) -> None:
    """Open or close a log-in. A closed one ends every session at its next request."""
    staff.is_active = is_active
    staff.save(update_fields=["is_active"])


def give_password(*, staff: models.Staff, password: str, must_change_password: bool) -> None:
    """Set a password (Argon2); sessions opened with the old one end."""
    staff.set_password(password)
    staff.must_change_password = must_change_password
    staff.save(update_fields=["password", "must_change_password"])
