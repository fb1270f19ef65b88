"""Writes of the keys of other systems."""

import datetime
from dataclasses import dataclass

from django.db import connection

from meterbook.domain.access import models, rules_api

_COUNT = """
INSERT INTO access_apiuse (client_id, minute, count) VALUES (%s, %s, 1)
ON CONFLICT (client_id, minute) DO UPDATE SET count = access_apiuse.count + 1
RETURNING count
"""


class ClientUnknownError(LookupError):
    """No such client, or its key was withdrawn already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClient:
    """A partner that shall read. `per_minute` is how often at most."""

    name: str
    unit_id: int
    scopes: tuple[str, ...]
    per_minute: int
    expires_on: datetime.date | None


def add_client(
    *, new: NewClient, key: rules_api.Key, at: datetime.datetime, staff_id: int | None
) -> models.ApiClient:
    """Write a client with the digest of its key."""
    return models.ApiClient.objects.create(
        name=new.name,
        org_unit_id=new.unit_id,
        key_id=key.key_id,
        secret_sha256=rules_api.digest(key.secret),
        scopes=sorted(set(new.scopes)),
        per_minute=new.per_minute,
        given_at=at,
        given_by_id=staff_id,
        expires_on=new.expires_on,
    )


def withdraw_client(
    *, client_id: int, reason: str, at: datetime.datetime, staff_id: int | None
) -> models.ApiClient:
    """End a client's key at once. Raises ClientUnknownError."""
    client = models.ApiClient.objects.select_for_update().filter(pk=client_id, withdrawn_at=None).first()
    if client is None:
        raise ClientUnknownError(client_id)
    client.withdrawn_at, client.withdrawn_by_id, client.withdrawn_reason = at, staff_id, reason
    client.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
    return client


def count_use(*, client_id: int, minute: datetime.datetime) -> int:
    """Count one more question in this minute and return how many there were; older minutes are forgotten."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [client_id, minute])
        count: int = cursor.fetchone()[0]
    if count == 1:
        models.ApiUse.objects.filter(client_id=client_id, minute__lt=minute).delete()
    return count
