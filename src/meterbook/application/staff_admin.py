"""Who works here: adding people, their roles, their log-in. Each act is audited, none on oneself.

The first password is made here, shown once by the page and must be changed at the first log-in.
"""

import datetime
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from axes import utils as axes

from meterbook.application import transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import models, operations, queries

RIGHT = "staff.manage"
# Without the letters and digits people confuse when they read a password to each other.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP_LENGTH = 3, 4

UsernameTakenError = operations.UsernameTakenError
StaffNotFoundError = queries.StaffNotFoundError


class OwnLoginError(Exception):
    """Nobody changes their own roles or closes their own log-in: somebody else has to."""


class UnitNotFoundError(Exception):
    """No such unit in the actor's scope."""


class RoleMissingError(Exception):
    """A person needs at least one role, and only roles that exist."""


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A password just made; it is kept nowhere in plain text."""

    staff_id: int
    username: str
    name: str
    password: str

    def __repr__(self) -> str:
        """Keep the password out of tracebacks and logs."""
        return f"NewPassword(staff_id={self.staff_id})"


@dataclass(frozen=True, slots=True)
class NewStaff:
    """Who is to be added."""

    username: str
    name: str
    unit_id: int
    role_ids: tuple[int, ...]


def register(*, actor: Actor, now: datetime.datetime, wanted: NewStaff) -> NewPassword:
    """Add a person with a password made for them.

    Raises UsernameTakenError, UnitNotFoundError, RoleMissingError.
    """
    actor.require(RIGHT)
    password = _make_password()
    with transaction.writing(actor=actor):
        unit = _unit(actor=actor, unit_id=wanted.unit_id)
        roles = _roles(wanted.role_ids)
        operations.require_free_username(username=wanted.username)
        staff = operations.register_staff(
            username=wanted.username,
            name=wanted.name,
            org_unit=unit,
            roles=roles,
            password=password,
            must_change_password=True,
        )
        after = {
            "username": wanted.username,
            "name": wanted.name,
            "org_unit": unit.name,
            "roles": _named(roles),
        }
        _record(actor=actor, now=now, act="STAFF_REGISTERED", staff=staff, after=after)
    return NewPassword(staff_id=staff.pk, username=staff.username, name=staff.name, password=password)


def change_roles(*, actor: Actor, now: datetime.datetime, staff_id: int, role_ids: Sequence[int]) -> None:
    """Replace a person's roles; the same again change nothing. Raises OwnLoginError, RoleMissingError."""
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        staff = _other(actor=actor, staff_id=staff_id)
        before = list(staff.roles.order_by("id"))
        roles = _roles(role_ids)
        if roles == before:
            return
        operations.give_roles(staff=staff, roles=roles)
        _record(
            actor=actor,
            now=now,
            act="STAFF_ROLES_CHANGED",
            staff=staff,
            before={"roles": _named(before)},
            after={"roles": _named(roles)},
        )


def set_active(*, actor: Actor, now: datetime.datetime, staff_id: int, is_active: bool, reason: str) -> None:
    """Close a person's log-in (sessions end at once) or open it again. Raises OwnLoginError."""
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        staff = _other(actor=actor, staff_id=staff_id)
        if staff.is_active == is_active:
            return
        operations.set_active(staff=staff, is_active=is_active)
        _record(
            actor=actor,
            now=now,
            act="STAFF_REACTIVATED" if is_active else "STAFF_DEACTIVATED",
            staff=staff,
            reason=reason,
            before={"is_active": not is_active},
            after={"is_active": is_active},
        )


def reset_password(*, actor: Actor, now: datetime.datetime, staff_id: int) -> NewPassword:
    """Make a new password for a person; the old one and their sessions end. Raises OwnLoginError."""
    actor.require(RIGHT)
    password = _make_password()
    with transaction.writing(actor=actor):
        staff = _other(actor=actor, staff_id=staff_id)
        operations.give_password(staff=staff, password=password, must_change_password=True)
        axes.reset(username=staff.username)
        _record(actor=actor, now=now, act="PASSWORD_RESET", staff=staff)
    return NewPassword(staff_id=staff.pk, username=staff.username, name=staff.name, password=password)


def change_own_password(*, actor: Actor, now: datetime.datetime, password: str) -> None:
    """Give oneself the password one chose; the form has checked the old one and the new one's strength."""
    if actor.staff_id is None:
        raise OwnLoginError
    with transaction.writing(actor=actor):
        staff = operations.lock_staff(staff_id=actor.staff_id)
        operations.give_password(staff=staff, password=password, must_change_password=False)
        _record(actor=actor, now=now, act="PASSWORD_CHANGED", staff=staff)


def unlock(*, actor: Actor, now: datetime.datetime, staff_id: int) -> int:
    """Forget a person's failed log-ins, so that they may try again now. Returns how many were forgotten."""
    actor.require(RIGHT)
    with transaction.writing(actor=actor):
        staff = _in_scope(actor=actor, staff_id=staff_id)
        forgotten: int = axes.reset(username=staff.username)
        _record(actor=actor, now=now, act="STAFF_UNLOCKED", staff=staff)
    return forgotten


def _other(*, actor: Actor, staff_id: int) -> models.Staff:
    if staff_id == actor.staff_id:
        raise OwnLoginError
    return _in_scope(actor=actor, staff_id=staff_id)


def _in_scope(*, actor: Actor, staff_id: int) -> models.Staff:
    queries.staff_facts(staff_id=staff_id, unit_ids=actor.unit_ids)
    return operations.lock_staff(staff_id=staff_id)


def _unit(*, actor: Actor, unit_id: int) -> models.OrgUnit:
    units = queries.units_by_id(unit_ids=actor.unit_ids)
    if unit_id not in units:
        raise UnitNotFoundError(unit_id)
    return units[unit_id]


def _roles(role_ids: Sequence[int]) -> list[models.Role]:
    known = queries.roles_by_id()
    if not role_ids or not set(role_ids) <= set(known):
        raise RoleMissingError(list(role_ids))
    return [role for role_id, role in known.items() if role_id in set(role_ids)]


def _named(roles: Sequence[models.Role]) -> list[str]:
    return [role.name for role in roles]


def _record(
    *,
    actor: Actor,
    now: datetime.datetime,
    act: str,
    staff: models.Staff,
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    operations.record_act(
        actor=actor,
        at=now,
        act=act,
        subject_kind="STAFF",
        subject_id=staff.pk,
        station_id=staff.org_unit_id,
        reason=reason,
        before=before,
        after=after,
    )


def _make_password() -> str:
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))
    return "-".join(groups)
