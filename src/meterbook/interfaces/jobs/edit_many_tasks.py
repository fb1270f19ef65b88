"""The background jobs of changes of many records: the dry run and the change, from where they were left."""

import functools
from collections.abc import Callable

from procrastinate.contrib.django import app

from meterbook.application import actor as actors
from meterbook.application import company, edit_many
from meterbook.domain.access import models as access
from meterbook.interfaces import clock
from meterbook.interfaces.jobs import people

QUEUE_RECORDS = "records"


def defer_look(*, staff_id: int, edit_id: int) -> None:
    """Put the dry run of a change into the queue, on the caller's transaction."""
    look_at_many.defer(schema=company.current_schema(), staff_id=staff_id, edit_id=edit_id)


def defer_apply(*, staff_id: int, edit_id: int) -> None:
    """Put a change into the queue, on the caller's transaction."""
    change_many.defer(schema=company.current_schema(), staff_id=staff_id, edit_id=edit_id)


@app.task(queue=QUEUE_RECORDS, name="look_at_many")
def look_at_many(*, schema: str, staff_id: int, edit_id: int) -> None:
    """Try every row for the person who asked."""
    _work(edit_many.look, schema=schema, staff_id=staff_id, edit_id=edit_id)


@app.task(queue=QUEUE_RECORDS, name="change_many")
def change_many(*, schema: str, staff_id: int, edit_id: int) -> None:
    """Do every row for the person who said yes."""
    _work(edit_many.apply, schema=schema, staff_id=staff_id, edit_id=edit_id)


def _work(part: Callable[..., None], *, schema: str, staff_id: int, edit_id: int) -> None:
    """Do a part of a change as long as the person may; what is left when they may not is refused."""
    try:
        part(
            actor=people.person(schema=schema, staff_id=staff_id),
            edit_id=edit_id,
            today=clock.today(),
            clock=clock.now,
            again=functools.partial(people.at_this_moment, staff_id=staff_id),
        )
    except (actors.NotAllowedError, access.Staff.DoesNotExist):
        edit_many.stop(actor=actors.of_system(identity="job:change-many"), edit_id=edit_id, now=clock.now())
