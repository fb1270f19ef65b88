"""Use cases of other systems' access: give, withdraw, and let in."""

import datetime
import secrets
import string
from dataclasses import dataclass

from meterbook.application import transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import operations as access
from meterbook.domain.access import operations_api as operations
from meterbook.domain.access import queries_api as queries
from meterbook.domain.access import rules_api

RIGHT = "api.manage"
SCOPES = rules_api.SCOPES
NewClient = operations.NewClient
Caller = queries.Caller
ClientFacts = queries.ClientFacts
ClientUnknownError = operations.ClientUnknownError
KeyRefusedError = queries.KeyRefusedError

_LETTERS = string.ascii_lowercase + string.digits


class ReasonMissingError(Exception):
    """Withdrawing a key needs a reason in words."""


class OutsideScopeError(Exception):
    """A key can only be given for units within the giver's own scope."""


class TooOftenError(Exception):
    """The client asked more often in this minute than it may. `wait_seconds` is how long to wait."""

    def __init__(self, *, wait_seconds: int) -> None:
        super().__init__(f"wait {wait_seconds} s")
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class GivenKey:
    """A new client's key. `key` is shown once and kept nowhere."""

    client_id: int
    name: str
    key: str


def give(*, actor: Actor, new: NewClient, now: datetime.datetime) -> GivenKey:
    """Let another system read. Raises OutsideScopeError, NotAllowedError; an unknown scope is a KeyError."""
    actor.require(RIGHT)
    if unknown := set(new.scopes) - set(rules_api.SCOPES):
        raise KeyError(min(unknown))
    if not actor.is_system and new.unit_id not in actor.unit_ids:
        raise OutsideScopeError
    key = rules_api.Key(
        key_id="".join(secrets.choice(_LETTERS) for _ in range(rules_api.KEY_ID_LENGTH)),
        secret=secrets.token_urlsafe(32),
    )
    with transaction.writing(actor=actor):
        client = operations.add_client(new=new, key=key, at=now, staff_id=actor.staff_id)
        access.record_act(
            actor=actor,
            at=now,
            act="API_ACCESS_GIVEN",
            subject_kind="API_CLIENT",
            subject_id=client.pk,
            station_id=new.unit_id,
            after={
                "name": new.name,
                "scopes": sorted(new.scopes),
                "per_minute": new.per_minute,
                "expires_on": new.expires_on.isoformat() if new.expires_on else None,
            },
        )
    return GivenKey(client_id=client.pk, name=client.name, key=key.text)


def withdraw(*, actor: Actor, client_id: int, reason: str, now: datetime.datetime) -> None:
    """End a key at once. Raises ReasonMissingError, ClientUnknownError, NotAllowedError."""
    actor.require(RIGHT)
    if not reason.strip():
        raise ReasonMissingError
    with transaction.writing(actor=actor):
        if client_id not in {client.client_id for client in queries.clients(unit_ids=actor.unit_ids)}:
            raise ClientUnknownError(client_id)
        client = operations.withdraw_client(
            client_id=client_id, reason=reason.strip(), at=now, staff_id=actor.staff_id
        )
        access.record_act(
            actor=actor,
            at=now,
            act="API_ACCESS_WITHDRAWN",
            subject_kind="API_CLIENT",
            subject_id=client.pk,
            station_id=client.org_unit_id,
            reason=reason.strip(),
            after={"name": client.name},
        )


def let_in(*, key: str, now: datetime.datetime, today: datetime.date, remote_address: str) -> Caller:
    """The caller of a key, counted. Raises KeyRefusedError, TooOftenError."""
    try:
        parsed = rules_api.parse_key(key)
    except rules_api.KeyUnreadableError as unreadable:
        raise KeyRefusedError from unreadable
    nobody = Actor(name="api")
    with transaction.writing(actor=nobody):
        caller = queries.caller_of_key(key=parsed, today=today, remote_address=remote_address)
        minute = now.replace(second=0, microsecond=0)
        count = operations.count_use(client_id=caller.client_id, minute=minute)
    if count > caller.per_minute:
        raise TooOftenError(wait_seconds=60 - now.second)
    return caller
