"""Who a job works for."""

from django.db import close_old_connections

from meterbook.application import actor as actors
from meterbook.application import company
from meterbook.domain.access import models as access


def person(*, schema: str, staff_id: int) -> actors.Actor:
    """The person with the rights of this moment, in their company; a right taken away stops the job."""
    # threads of the worker live long: a connection the database has dropped is not used again
    close_old_connections()
    company.use_schema(schema)
    return at_this_moment(staff_id=staff_id)


def at_this_moment(*, staff_id: int) -> actors.Actor:
    """The person once more, in the middle of long work. Raises Staff.DoesNotExist when they are gone."""
    staff = access.Staff.objects.get(pk=staff_id, is_active=True)
    return actors.of_staff(staff=staff, remote_address="")
