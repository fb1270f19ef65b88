"""The words for what billing stores as codes."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from meterbook.application import bill_run
from meterbook.interfaces.web import cells
from meterbook.reporting import bill_runs, bills

STAGES: dict[bill_runs.Stage, cells.Tag] = {
    bill_runs.Stage.READING: cells.Tag(text=_("Being read")),
    bill_runs.Stage.READY: cells.Tag(text=_("Ready to bill"), kind="brand"),
    bill_runs.Stage.PREVIEWED: cells.Tag(text=_("Previewed"), kind="warn"),
    bill_runs.Stage.ISSUED: cells.Tag(text=_("Issued"), kind="ok"),
}
BILL_STATES: dict[bills.BillState, cells.Tag] = {
    bills.BillState.OPEN: cells.Tag(text=_("Open"), kind="warn"),
    bills.BillState.OVERDUE: cells.Tag(text=_("Overdue"), kind="bad"),
    bills.BillState.PAID: cells.Tag(text=_("Paid"), kind="ok"),
    bills.BillState.ZERO: cells.Tag(text=_("Nothing to pay")),
}
# Why a usage is not billed, and what a person can do about it.
PARKED: dict[str, tuple[str | Promise, str | Promise]] = {
    "NO_AGREEMENT": (
        _("No agreement covers the whole period"),
        _("Correct the dates of the agreement."),
    ),
    "NO_TARIFF": (_("No tariff in force"), _("Give the agreement a tariff, or load the version.")),
    "PRICE_CHANGE_IN_PERIOD": (
        _("The price changes inside the period"),
        _("Read the meter on the day of the change and bill both parts."),
    ),
    "FAR_ABOVE_HISTORY": (
        _("Far above the usage of the past"),
        _("Check the reading, then release it with a reason."),
    ),
    "LARGE_FIRST_BILL": (
        _("A large bill without a history"),
        _("Check the reading, then release it with a reason."),
    ),
}
UNRATABLE = (_("The tariff can't rate this usage"), _("Check the usage and the tariff."))
RELEASABLE = frozenset({bill_run.ParkCode.FAR_ABOVE_HISTORY.value, bill_run.ParkCode.LARGE_FIRST_BILL.value})


def parked(code: str) -> tuple[str | Promise, str | Promise]:
    """Reason and remedy of a parked usage."""
    return PARKED.get(code, UNRATABLE)
