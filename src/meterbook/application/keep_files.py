"""Use cases of files: hand one in, look at it, take it off, put it back."""

import datetime
import uuid
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection, models

from meterbook.application import transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import operations as access
from meterbook.domain.agreements import models as agreements
from meterbook.domain.customers import models as customers
from meterbook.domain.devices import models as devices
from meterbook.domain.files import models as file_models
from meterbook.domain.files import operations, ports, queries, rules
from meterbook.domain.premises import models as premises

Category = file_models.Category
SubjectKind = file_models.SubjectKind
FileFacts = queries.FileFacts
RefusedFileError = rules.RefusedFileError
FileUnknownError = operations.FileUnknownError
FileRemovedError = operations.FileRemovedError

RIGHT_SEE, RIGHT_EDIT, RIGHT_PERSONAL = "files.view", "files.edit", "personal_files.view"

_SUBJECTS: dict[SubjectKind, models.Manager[Any]] = {
    SubjectKind.CUSTOMER: customers.Customer.objects,
    SubjectKind.ACCOUNT: agreements.Account.objects,
    SubjectKind.PREMISE: premises.Premise.objects,
    SubjectKind.METER: devices.Meter.objects,
}


class SubjectUnknownError(LookupError):
    """There is nothing to hang a file on, or it lies outside the scope."""


class ReasonMissingError(Exception):
    """Taking a file off needs a reason in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a file hangs on. `station_id` is whose it is; `label` what people call it."""

    kind: SubjectKind
    subject_id: int
    station_id: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """A file as it came. `request_key` is made by the form: sent twice, it is kept once."""

    name: str
    content: bytes
    category: Category
    note: str
    request_key: uuid.UUID


@dataclass(frozen=True, slots=True)
class Opened:
    """A file with its bytes."""

    facts: FileFacts
    content: bytes


def subject(*, kind: str, subject_id: int) -> Subject:
    """A subject in scope, inside the caller's transaction. Raises SubjectUnknownError."""
    table = _SUBJECTS.get(SubjectKind(kind)) if kind in SubjectKind.values else None
    found = None if table is None else table.filter(pk=subject_id).first()
    if found is None:
        raise SubjectUnknownError(kind, subject_id)
    return Subject(
        kind=SubjectKind(kind),
        subject_id=subject_id,
        station_id=found.station_id,
        label=str(found),
    )


def hand_in(
    *,
    actor: Actor,
    store: ports.FileStore,
    kind: str,
    subject_id: int,
    file: HandedIn,
    now: datetime.datetime,
) -> FileFacts:
    """Keep a file on a subject. The bytes are safe in the store before anybody is told so.

    Raises RefusedFileError (nothing is kept), SubjectUnknownError, ports.StoreError, NotAllowedError.
    """
    actor.require(RIGHT_EDIT)
    checked = rules.check_file(content=file.content)
    with transaction.reading(actor=actor):
        known = subject(kind=kind, subject_id=subject_id)
    key = partial(rules.key, company=_company(), sha256=checked.sha256)
    if checked.thumbnail:
        store.put(key=key(is_thumbnail=True), content=checked.thumbnail)
    store.put(key=key(), content=file.content)
    with transaction.writing(actor=actor):
        link, is_new = operations.add_file(
            new=operations.NewFile(
                station_id=known.station_id,
                subject_kind=known.kind,
                subject_id=known.subject_id,
                category=file.category,
                name=file.name,
                note=file.note.strip(),
                checked=checked,
                request_key=file.request_key,
                at=now,
                staff_id=actor.staff_id,
            )
        )
        facts = _facts(link.pk)
        if is_new:
            _record(actor=actor, now=now, act="FILE_ADDED", facts=facts, sha256=facts.sha256)
    return facts


def look(
    *, actor: Actor, store: ports.FileStore, link_id: int, now: datetime.datetime, is_thumbnail: bool = False
) -> Opened:
    """A file's bytes. A look at a personal document needs its own right and is written down, each time.

    Raises FileUnknownError (also for a file that was taken off, unless the actor may edit), ports.StoreError.
    """
    actor.require(RIGHT_SEE)
    with transaction.reading(actor=actor):
        facts = queries.file_facts(link_id=link_id)
    if facts is None or (facts.removed_at is not None and not actor.may(RIGHT_EDIT)):
        raise FileUnknownError(link_id=link_id)
    if facts.is_personal:
        actor.require(RIGHT_PERSONAL)
    if is_thumbnail and (facts.is_personal or not facts.has_thumbnail):
        raise FileUnknownError(link_id=link_id)
    key = rules.key(company=_company(), sha256=facts.sha256, is_thumbnail=is_thumbnail)
    content = store.get(key=key)
    if facts.is_personal:
        with transaction.writing(actor=actor):
            _record(actor=actor, now=now, act="FILE_VIEWED", facts=facts)
    return Opened(facts=facts, content=content)


def take_off(*, actor: Actor, link_id: int, reason: str, now: datetime.datetime) -> FileFacts:
    """Take a file off its subject. Raises ReasonMissingError, FileUnknownError, FileRemovedError."""
    actor.require(RIGHT_EDIT)
    if not reason.strip():
        raise ReasonMissingError
    with transaction.writing(actor=actor):
        operations.remove_file(link_id=link_id, reason=reason.strip(), at=now, staff_id=actor.staff_id)
        facts = _facts(link_id)
        _record(actor=actor, now=now, act="FILE_REMOVED", facts=facts, reason=reason.strip())
    return facts


def put_back(*, actor: Actor, link_id: int, now: datetime.datetime) -> FileFacts:
    """Undo a taking off. Raises FileUnknownError."""
    actor.require(RIGHT_EDIT)
    with transaction.writing(actor=actor):
        operations.restore_file(link_id=link_id)
        facts = _facts(link_id)
        _record(actor=actor, now=now, act="FILE_RESTORED", facts=facts)
    return facts


def _company() -> str:
    schema: str = connection.schema_name  # type: ignore[attr-defined]  # the tenants' connection has it
    return schema


def _facts(link_id: int) -> FileFacts:
    facts = queries.file_facts(link_id=link_id)
    if facts is None:
        raise FileUnknownError(link_id=link_id)
    return facts


def _record(
    *,
    actor: Actor,
    now: datetime.datetime,
    act: str,
    facts: FileFacts,
    reason: str = "",
    sha256: str | None = None,
) -> None:
    written: dict[str, object] = {"file": facts.name, "category": Category(facts.category).name}
    if sha256:
        written |= {"size_bytes": facts.size_bytes, "sha256": sha256}
    access.record_act(
        actor=actor,
        at=now,
        act=act,
        subject_kind=facts.subject_kind.value,
        subject_id=facts.subject_id,
        station_id=facts.station_id,
        reason=reason,
        after=written,
    )
