"""The words of meters: their states, why they are moved, where seals sit, why a number is refused."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from meterbook.application import meters_admin
from meterbook.domain.devices import models, rules
from meterbook.interfaces.web import cells

State, Reason = rules.MeterState, rules.MoveReason

STATES: Mapping[int, cells.Tag] = {
    State.IN_STOCK: cells.Tag(text=_("In stock"), kind="brand"),
    State.ISSUED: cells.Tag(text=pgettext_lazy("meter", "Issued"), kind="warn"),
    State.IN_SERVICE: cells.Tag(text=_("In service"), kind="ok"),
    State.REMOVED: cells.Tag(text=_("Removed"), kind="warn"),
    State.IN_TEST: cells.Tag(text=_("In test"), kind="warn"),
    State.IN_REPAIR: cells.Tag(text=_("In repair"), kind="warn"),
    State.SCRAPPED: cells.Tag(text=_("Scrapped"), kind="bad"),
    State.LOST: cells.Tag(text=pgettext_lazy("meter", "Lost"), kind="bad"),
}
REASONS: Mapping[int, str | Promise] = {
    Reason.NONE: "",
    Reason.OVER_AGE: _("Over age"),
    Reason.STOPPED: pgettext_lazy("meter", "Stopped"),
    Reason.SLOW: _("Slow"),
    Reason.FAST: _("Fast"),
    Reason.BACKWARDS: _("Runs backwards"),
    Reason.DAMAGED: _("Damaged"),
    Reason.LEAKING: _("Leaking"),
    Reason.TAMPERED: _("Tampered with"),
    Reason.ARREARS: _("Arrears"),
    Reason.DEMOLITION: pgettext_lazy("meter", "Demolition"),
    Reason.CUSTOMER_REQUEST: _("Customer's request"),
    Reason.RESIZED: _("Other size"),
    Reason.FROZEN: _("Frozen"),
    Reason.NEW_SUPPLY: _("New supply"),
    Reason.MISTAKE: _("Mistake"),
    Reason.OTHER: _("Other reason"),
}
POSITIONS: Mapping[int, str | Promise] = {
    models.SealPosition.METER_BODY: _("Meter body"),
    models.SealPosition.CONNECTION: _("Connection"),
    models.SealPosition.VALVE: _("Valve"),
    models.SealPosition.TERMINAL_COVER: _("Terminal cover"),
    models.SealPosition.OTHER: _("Other place"),
}
TEST_KINDS: Mapping[int, str | Promise] = {
    models.TestKind.FIRST: _("First verification"),
    models.TestKind.PERIODIC: _("Periodic verification"),
    models.TestKind.AFTER_REPAIR: _("After repair"),
    models.TestKind.REQUESTED: _("Asked for by the customer"),
}
COMMUNICATIONS: Mapping[int, str | Promise] = {
    models.Communication.NONE: _("Not read from afar"),
    models.Communication.PULSE: _("Pulse"),
    models.Communication.M_BUS: "M-Bus",
    models.Communication.RS485: "RS-485",
    models.Communication.LORA: "LoRa",
    models.Communication.NB_IOT: "NB-IoT",
    models.Communication.CELLULAR: _("Mobile network"),
}
# What the act to a state is called, as a button says it.
ACTS: Mapping[int, str | Promise] = {
    State.ISSUED: pgettext_lazy("meter", "Issue"),
    State.IN_STOCK: _("Into store"),
    State.IN_TEST: _("Send to test"),
    State.IN_REPAIR: _("Send to repair"),
    State.LOST: _("Report lost"),
    State.SCRAPPED: _("Scrap"),
}
MOVE_FAULTS: Mapping[rules.MoveFault, str | Promise] = {
    rules.MoveFault.NOT_FROM_HERE: _("Meter %(serial_no)s is “%(state)s” and can't be moved so."),
    rules.MoveFault.BEFORE_LAST_MOVE: _("Meter %(serial_no)s was moved later than that, on %(day)s."),
    rules.MoveFault.NOTHING_TO_UNDO: _("There is no move of meter %(serial_no)s to take back."),
    rules.MoveFault.UNDONE_ALREADY: _("The move of meter %(serial_no)s was taken back already."),
    rules.MoveFault.BELONGS_TO_INSTALLATION: _(
        "Meter %(serial_no)s was fitted or removed: that is taken back where it hangs."
    ),
}
NUMBER_FAULTS: Mapping[rules.NumberFault, str | Promise] = {
    rules.NumberFault.NOT_A_NUMBER: _("“%(text)s” can't be a number on a label."),
    rules.NumberFault.TWICE: _("“%(text)s” stands here twice."),
    rules.NumberFault.NO_DIGITS: _("“%(text)s” does not end in digits."),
    rules.NumberFault.DIFFERENT_HEADS: _("“%(text)s” does not begin like the first number."),
    rules.NumberFault.BACKWARDS: _("“%(text)s” comes before the first number."),
    rules.NumberFault.TOO_MANY: _("At most 2,000 meters at once; “%(text)s” is too many."),
    rules.NumberFault.EMPTY: _("No number is given."),
}


def move_refused(error: meters_admin.MoveRefusedError) -> str:
    """A refused move in words."""
    facts = {"serial_no": error.serial_no, "state": STATES[error.state].text, "day": error.last_moved_on}
    return str(MOVE_FAULTS[error.code]) % facts


def number_refused(error: rules.NumberError) -> str:
    """A refused number, or list of them, in words."""
    return str(NUMBER_FAULTS[error.code]) % {"text": error.text}


def choices(words: Mapping[int, str | Promise]) -> list[tuple[str, str | Promise]]:
    """Choices of a form, without an empty one."""
    return [(str(int(code)), text) for code, text in words.items()]
