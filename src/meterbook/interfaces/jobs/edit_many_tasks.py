"""The background jobs of changes of many records: the dry run and the change, from where they were left."""

from django.db import close_old_connections
from procrastinate.contrib.django import app

from meterbook.application import actor as actors
from meterbook.application import company, edit_many
from meterbook.domain.access import models as access
from meterbook.interfaces import clock

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
    actor = _person(schema=schema, staff_id=staff_id)
    edit_many.look(actor=actor, edit_id=edit_id, today=clock.today(), clock=clock.now)


@app.task(queue=QUEUE_RECORDS, name="change_many")
def change_many(*, schema: str, staff_id: int, edit_id: int) -> None:
    """Do every row for the person who said yes."""
    actor = _person(schema=schema, staff_id=staff_id)
    edit_many.apply(actor=actor, edit_id=edit_id, today=clock.today(), clock=clock.now)


def _person(*, schema: str, staff_id: int) -> actors.Actor:
    """The person with the rights of this moment: a right taken away meanwhile stops the job."""
    # threads of the worker live long: a connection the database has dropped is not used again
    close_old_connections()
    company.use_schema(schema)
    return actors.of_staff(staff=access.Staff.objects.get(pk=staff_id, is_active=True), remote_address="")
