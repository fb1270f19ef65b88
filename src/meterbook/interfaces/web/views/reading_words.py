"""What people read for the states, checks and refusals of readings."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from meterbook.domain.metering import models, rules
from meterbook.interfaces.web import cells

State = models.EntryState
Words = dict[str, str | Promise]


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is drawn: never by colour alone."""

    text: str | Promise
    icon: str
    kind: str = ""


ENTRY_STATES = {
    State.EMPTY: Look(text=_("Empty"), icon="circle-dashed"),
    State.PASSED: Look(text=_("Passed"), icon="check", kind="ok"),
    State.HELD: Look(text=_("Held"), icon="alert-triangle", kind="bad"),
    State.CONFIRMED: Look(text=_("Confirmed"), icon="user-check", kind="ok"),
    State.NOT_READ: Look(text=_("Not read"), icon="ban", kind="warn"),
}
ROUND_STATES = {
    models.RoundState.OPEN: cells.Tag(text=pgettext_lazy("round", "Open"), kind="brand"),
    models.RoundState.ACCEPTED: cells.Tag(text=_("Accepted"), kind="ok"),
}
NO_ROUND = cells.Tag(text=_("No round yet"))
CHECKS: dict[int, str | Promise] = {
    rules.Check.LOWER_THAN_BEFORE: _("Lower than before"),
    rules.Check.FAR_ABOVE_AVERAGE: _("Far above average"),
    rules.Check.ZERO: _("Nothing used"),
    rules.Check.BEYOND_DIGITS: _("Beyond its digits"),
}
# By the codes of metering.operations: Refusal, EntryError, RoundOrderError.
REFUSALS: Words = {
    "ENTRY_UNKNOWN": _("This entry is no longer there."),
    "CHANGED": _("Somebody else changed this reading meanwhile."),
    "NOT_AFTER_PREVIOUS": _("The day must be after the previous reading."),
    "IN_FUTURE": _("The day lies in the future."),
    "NOT_HELD": _("This reading is not held any more."),
    "NOT_CONFIRMABLE": _("This value can only be corrected."),
    "ROLL_OVER_NOT_STATED": _("Say that the register rolled over, or correct the value."),
    "REASON_MISSING": _("Give a reason."),
    "EARLIER_ROUND_OPEN": _("Another round of this book is still open."),
    "LATER_ROUND_EXISTS": _("A later round of this book exists already."),
    "ROUND_ACCEPTED": _("This round has been accepted."),
}
NOT_A_NUMBER = _("Enter a number, like 1234 or 1234.5.")


def checks_text(checks: tuple[rules.Check, ...]) -> str:
    """The reasons why a value is held, in one line."""
    return ", ".join(str(CHECKS[check]) for check in checks)
