"""Reads of the keys of other systems."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from meterbook.domain.access import models, queries, rules, rules_api


class KeyRefusedError(Exception):
    """The key opens nothing: unknown, wrong, withdrawn or expired. Which of them is not told."""


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """A client as the page shows it."""

    client_id: int
    name: str
    unit: str
    key_id: str
    scopes: tuple[str, ...]
    per_minute: int
    given_at: datetime.datetime
    given_by: str
    expires_on: datetime.date | None
    withdrawn_at: datetime.datetime | None
    withdrawn_by: str
    withdrawn_reason: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the client and the actor it is."""

    client_id: int
    per_minute: int
    scopes: frozenset[str]
    actor: rules.Actor


def caller_of_key(*, key: rules_api.Key, today: datetime.date, remote_address: str) -> Caller:
    """The caller a key belongs to. Raises KeyRefusedError."""
    client = models.ApiClient.objects.filter(key_id=key.key_id).first()
    # The digest is compared for an unknown id too, so that time tells nothing.
    is_right = rules_api.is_secret(key.secret, kept=client.secret_sha256 if client else "0" * 64)
    if client is None or not is_right or client.withdrawn_at is not None:
        raise KeyRefusedError
    if client.expires_on is not None and client.expires_on <= today:
        raise KeyRefusedError
    actor = rules.Actor(
        name=f"api:{client.name}"[:60],
        home_unit_id=client.org_unit_id,
        unit_ids=queries.unit_ids_within(unit_id=client.org_unit_id),
        rights=frozenset(rules_api.RIGHTS_OF[scope] for scope in client.scopes),
        remote_address=remote_address,
    )
    return Caller(
        client_id=client.pk, per_minute=client.per_minute, scopes=frozenset(client.scopes), actor=actor
    )


def clients(*, unit_ids: Sequence[int]) -> list[ClientFacts]:
    """The clients of these units, those that may still read first, newest first."""
    found = models.ApiClient.objects.filter(org_unit_id__in=unit_ids).select_related(
        "org_unit", "given_by", "withdrawn_by"
    )
    return [
        ClientFacts(
            client_id=client.pk,
            name=client.name,
            unit=client.org_unit.name,
            key_id=client.key_id,
            scopes=tuple(client.scopes),
            per_minute=client.per_minute,
            given_at=client.given_at,
            given_by=client.given_by.name if client.given_by else "",
            expires_on=client.expires_on,
            withdrawn_at=client.withdrawn_at,
            withdrawn_by=client.withdrawn_by.name if client.withdrawn_by else "",
            withdrawn_reason=client.withdrawn_reason,
        )
        for client in found.order_by("withdrawn_at", "-given_at", "-id")
    ]
