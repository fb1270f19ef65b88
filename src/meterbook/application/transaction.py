"""The only place transactions are opened: one per use case, with the actor's scope inside it.

Where acts of one actor belong to a larger one, `together` makes them steps of its transaction, and
`rehearsing` takes everything back: what single acts check is then never checked a second way (decision 0016).

Row-level security reads `meterbook.scope`. It is set with SET LOCAL, so it ends with the
transaction and can never leak to the next user of a pooled connection (platform.md, rule 2).
"""

import contextlib
import contextvars
from collections.abc import Iterator

from django.db import connection, transaction
from psycopg import sql

from meterbook.domain.access import operations as access
from meterbook.domain.access import rules

# Whose larger act the present code is a step of. The steps must be the same actor's: they keep its scope.
_leader: contextvars.ContextVar[rules.Actor | None] = contextvars.ContextVar("leader", default=None)
# Whether many steps of one kind are done, and whether one of them is being done.
_is_alike: contextvars.ContextVar[bool] = contextvars.ContextVar("is_alike", default=False)
_is_in_step: contextvars.ContextVar[bool] = contextvars.ContextVar("is_in_step", default=False)


@contextlib.contextmanager
def writing(*, actor: rules.Actor) -> Iterator[None]:
    """One use case: everything inside commits together or not at all. Nested only inside `together`,
    by the same actor: then it is one step, which alone is taken back when it fails.
    """
    leader = _leader.get()
    if leader is not None:
        if leader.unit_ids != actor.unit_ids:
            raise RuntimeError("a step of another actor's act")
        with _step():
            yield
        return
    with transaction.atomic(durable=True):
        _set_scope(actor)
        yield


@contextlib.contextmanager
def together(*, actor: rules.Actor) -> Iterator[None]:
    """A larger act: every `writing` inside is a step of this one transaction. Not nested itself."""
    with writing(actor=actor):
        token = _leader.set(actor)
        try:
            yield
        finally:
            _leader.reset(token)


@contextlib.contextmanager
def alike(*, actor: rules.Actor) -> Iterator[None]:
    """As `together`, for many steps of one kind: their audit rows are written, and what is only checked in
    the end is checked, once for all of them. A fault found there fails them all: do them again one by one.
    A `writing` inside a step is a part of that step and is taken back with it.
    """
    with together(actor=actor), _once_for_all():
        yield


@contextlib.contextmanager
def rehearsing(*, actor: rules.Actor) -> Iterator[None]:
    """As `together`, and nothing of it stays: what would happen is seen, and taken back."""
    with together(actor=actor):
        yield
        transaction.set_rollback(True)


@contextlib.contextmanager
def rehearsing_alike(*, actor: rules.Actor) -> Iterator[None]:
    """As `alike`, and nothing of it stays."""
    with rehearsing(actor=actor), _once_for_all():
        yield


@contextlib.contextmanager
def reading(*, actor: rules.Actor) -> Iterator[None]:
    """A page's reads: scoped, and unable to write whatever a template or a query tries."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        _set_scope(actor)
        yield


@contextlib.contextmanager
def _step() -> Iterator[None]:
    if _is_alike.get() and _is_in_step.get():
        yield
        return
    token = _is_in_step.set(True)
    try:
        with access.forgetting_failed_acts(), transaction.atomic():
            yield
            if not _is_alike.get():
                # What is only checked at the end is checked here, so that it fails this step and no other.
                connection.check_constraints()
    finally:
        _is_in_step.reset(token)


@contextlib.contextmanager
def _once_for_all() -> Iterator[None]:
    token = _is_alike.set(True)
    try:
        with access.gathering_acts():
            yield
        connection.check_constraints()
    finally:
        _is_alike.reset(token)


def _set_scope(actor: rules.Actor) -> None:
    scope = ",".join(str(i) for i in actor.unit_ids)
    with connection.cursor() as cursor:
        # SET takes no parameters; a literal quoted by the driver carries the numbers.
        cursor.execute(
            sql.SQL("SET LOCAL meterbook.scope = {}").format(sql.Literal(scope)).as_string(cursor.connection)
        )
