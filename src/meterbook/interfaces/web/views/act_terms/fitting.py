"""Words of the acts on fitting."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTS: dict[str, str | Promise] = {
    "ACCOUNT_SETTLED": _("Account settled"),
    "METER_CHANGE_UNDONE": _("Change of a meter taken back"),
    "METER_INSTALLED": _("Meter installed"),
    "METER_REMOVED": _("Meter taken off"),
    "METER_SWAPPED": _("Meter swapped"),
}
SUBJECTS: dict[str, str | Promise] = {}
FIELDS: dict[str, str | Promise] = {
    "changed_on": _("Changed on"),
    "closing_milli": _("Closing"),
    "opening_milli": _("Opening"),
    "serial_no": _("Meter no."),
    "settled_on": _("Settled on"),
}
VALUES: dict[str, str | Promise] = {}
NUMBERS: dict[tuple[str, str], dict[int, str | Promise]] = {}
