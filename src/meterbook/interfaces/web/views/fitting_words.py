"""The words of meter changes: what is done, how a dead meter is counted, why a change is refused."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from meterbook.domain.metering import models, rules_changes
from meterbook.domain.metering.rules_estimates import EstimateRule
from meterbook.interfaces.web.views import words
from meterbook.kernel import quantity

Fault = rules_changes.ChangeFault

KINDS: Mapping[int, str | Promise] = {
    models.ChangeKind.INSTALL: pgettext_lazy("meter", "Install"),
    models.ChangeKind.SWAP: pgettext_lazy("meter", "Swap"),
    models.ChangeKind.REMOVE: pgettext_lazy("meter", "Take off"),
    models.ChangeKind.UNDO: _("Taken back"),
}
BY_REGISTER = ""
COUNTING: Mapping[str, str | Promise] = {
    BY_REGISTER: _("By its registers"),
    rules_changes.BY_LAST_USAGES.name: _("Dead: mean of the last usages"),
    rules_changes.BY_NEW_METER.name: _("Dead: mean of the next meter"),
}
ESTIMATES: Mapping[int, str | Promise] = {
    EstimateRule.DAILY_MEAN_OF_USAGES: _("By the mean of the last usages"),
    EstimateRule.NEW_METER: _("By the mean of the next meter"),
}
FAULTS: Mapping[str, str | Promise] = {
    Fault.BANDS_DIFFER: _("The new meter has other registers than the old one."),
    Fault.BEFORE_LAST_READING: _("There is a later reading, of %(on)s."),
    Fault.BEYOND_DIGITS: _("The register has fewer digits."),
    Fault.CHANGED_SINCE: _("Something was changed or read here since then; it can't be taken back."),
    Fault.CHANGE_UNKNOWN: _("There is no such change."),
    Fault.FAR_ABOVE_AVERAGE: _("%(milli)s is far above average. Look again, then confirm it below."),
    Fault.IN_FUTURE: _("This day is still to come."),
    Fault.MEAN_UNKNOWN: _("A dead meter before this one counts by this one's mean, and it has none yet."),
    Fault.NOT_AFTER_PREVIOUS: _("It was read that day already, at %(milli)s."),
    Fault.NO_HISTORY: _("There is no earlier usage to take a mean of."),
    Fault.NO_READING: _("The register has no reading to count from."),
    Fault.PLACE_EMPTY: _("No meter hangs here any more."),
    Fault.PLACE_TAKEN: _("A meter hangs here already."),
    Fault.READING_ENTERED: _("In the open round %(milli)s is entered for %(on)s. Close with it or empty it."),
    Fault.READING_TOO_OLD: _("The last reading, of %(on)s, is older than the agreement."),
    Fault.REASON_MISSING: _("Give a reason."),
    Fault.ROLL_OVER_NOT_STATED: _("It is lower than before. Say below that the register rolled over."),
    Fault.UNDONE_ALREADY: _("This change was taken back already."),
    Fault.USAGE_TAKEN: _("The usage is accepted already; it can't be taken back."),
    Fault.VALUE_MISSING: _("Enter what the register shows."),
    "BEFORE_INSTALLED": _("The meter only hangs here since %(on)s."),
    "METER_NOT_FREE": _("This meter hangs somewhere, or is not ready to be installed."),
    "METER_UNKNOWN": _("There is no meter of this number in the store."),
    "OTHER_STATION": _("This meter belongs to another station."),
    "OTHER_UTILITY": _("This meter counts something else than what is supplied here."),
}
# Where on the form each refusal stands; the rest stands above it.
FIELDS: Mapping[str, str] = {
    Fault.BEFORE_LAST_READING: "changed_on",
    Fault.IN_FUTURE: "changed_on",
    Fault.CHANGED_SINCE: "changed_on",
    Fault.NO_HISTORY: "counting",
    Fault.FAR_ABOVE_AVERAGE: "is_confirmed",
    Fault.ROLL_OVER_NOT_STATED: "is_rolled_over",
    Fault.BANDS_DIFFER: "new_serial_no",
    "BEFORE_INSTALLED": "changed_on",
    "METER_NOT_FREE": "new_serial_no",
    "METER_UNKNOWN": "new_serial_no",
    "OTHER_STATION": "new_serial_no",
    "OTHER_UTILITY": "new_serial_no",
}
OF_REGISTER = frozenset(
    {Fault.BEYOND_DIGITS, Fault.NOT_AFTER_PREVIOUS, Fault.READING_ENTERED, Fault.VALUE_MISSING}
)


def refusal(error: Exception) -> str:
    """A refused change in words."""
    code = str(getattr(error, "code", ""))
    on, milli = getattr(error, "on", None), getattr(error, "milli", None)
    facts = {
        "on": "" if on is None else on.isoformat(),
        "milli": "" if milli is None else quantity.format_milli(milli),
    }
    return str(FAULTS.get(code, _("This can't be done."))) % facts


def band_label(text: str | Promise, *, band: int, count: int) -> str:
    """A label of a register's field; the band is only named where there are several."""
    return str(text) if count == 1 else f"{text} · {words.BANDS[band]}"
