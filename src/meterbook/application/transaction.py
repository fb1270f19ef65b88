"""The only place transactions are opened: one per use case, with the actor's scope inside it.

Row-level security reads `meterbook.scope`. It is set with SET LOCAL, so it ends with the
transaction and can never leak to the next user of a pooled connection (platform.md, rule 2).
"""

import contextlib
from collections.abc import Iterator

from django.db import connection, transaction
from psycopg import sql

from meterbook.domain.access import rules


@contextlib.contextmanager
def writing(*, actor: rules.Actor) -> Iterator[None]:
    """One use case: everything inside commits together or not at all. Never nested."""
    with transaction.atomic(durable=True):
        _set_scope(actor)
        yield


@contextlib.contextmanager
def reading(*, actor: rules.Actor) -> Iterator[None]:
    """A page's reads: scoped, and unable to write whatever a template or a query tries."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        _set_scope(actor)
        yield


def _set_scope(actor: rules.Actor) -> None:
    scope = ",".join(str(i) for i in actor.unit_ids)
    with connection.cursor() as cursor:
        # SET takes no parameters; a literal quoted by the driver carries the numbers.
        cursor.execute(
            sql.SQL("SET LOCAL meterbook.scope = {}").format(sql.Literal(scope)).as_string(cursor.connection)
        )
