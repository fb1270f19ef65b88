"""The clerk a command acts for, and money and tenders as they are typed on a command line."""

import contextlib
import datetime
import getpass
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from meterbook.interfaces.cli import console
from meterbook.interfaces.cli.wording import gettext as _

if TYPE_CHECKING:
    from meterbook.application.actor import Actor
    from meterbook.domain.payments import models

TENDER_NAMES = {"cash": "CASH", "qr": "QR_MANUAL", "pos": "POS_MANUAL", "transfer": "TRANSFER"}


@dataclass(frozen=True, slots=True)
class Desk:
    """Who acts, and when."""

    actor: "Actor"
    today: datetime.date
    now: datetime.datetime


def desk(*, username: str) -> Desk:
    """Make Django ready and find the clerk. The trail says that it was the command line, and whose log-in."""
    console.django_setup(role="job")
    from meterbook.application import actor as actors
    from meterbook.application import company
    from meterbook.domain.access import models as access
    from meterbook.interfaces import clock

    company.use_company()
    try:
        staff = access.Staff.objects.get_by_natural_key(username)
    except access.Staff.DoesNotExist as unknown:
        raise console.CommandError(
            _("There is no member of staff %r.") % username, exit_code=console.WRONG_USE
        ) from unknown
    if not staff.is_active:
        raise console.CommandError(_("%r is not active any more.") % username)
    actor = actors.of_staff(staff=staff, remote_address=f"cli:{getpass.getuser()}"[:45])
    return Desk(actor=actor, today=clock.today(), now=clock.now())


def tender(name: str) -> "models.Tender":
    """The tender of a name on the command line."""
    from meterbook.domain.payments import models

    if name.lower() not in TENDER_NAMES:
        raise console.CommandError(
            _("Unknown tender %(name)r: use %(known)s.") % {"name": name, "known": ", ".join(TENDER_NAMES)},
            exit_code=console.WRONG_USE,
        )
    return models.Tender[TENDER_NAMES[name.lower()]]


def amount_minor(text: str) -> int:
    """An amount like 12.34 in minor units."""
    from meterbook.kernel import money

    try:
        return money.parse_minor(text)
    except money.MoneyError as error:
        raise console.CommandError(
            _("%r is not an amount like 12.34.") % text, exit_code=console.WRONG_USE
        ) from error


def no_open_shift() -> type[Exception]:
    """The error that says that the clerk has no till open."""
    from meterbook.domain.payments import operations

    return operations.NoOpenShiftError


def open_shift(desk: Desk) -> int:
    """Open the clerk's shift for today; returns its id."""
    from meterbook.application import shifts

    return shifts.open_shift(actor=desk.actor, business_on=desk.today, now=desk.now).shift_id


@contextlib.contextmanager
def refusals_said() -> Iterator[None]:
    """Turn what a till can refuse into one line."""
    from meterbook.domain.access import rules as access
    from meterbook.domain.payments import queries
    from meterbook.interfaces.web.views import till_words

    known = (*till_words.TILL_ERRORS, *till_words.SHIFT_ERRORS)
    try:
        yield
    except access.NotAllowedError as error:
        raise console.CommandError(_("The clerk lacks a right: %s") % access.RIGHTS[error.right]) from error
    except queries.ShiftNotFoundError as error:
        raise console.CommandError(_("There is no such shift.")) from error
    except known as error:
        raise console.CommandError(till_words.refusal(error)) from error
