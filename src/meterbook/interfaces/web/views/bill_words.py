"""The words for what billing stores as codes."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from meterbook.application import bill_run
from meterbook.interfaces.web import cells
from meterbook.reporting import bill_runs, bills

STAGES: dict[bill_runs.Stage, cells.Tag] = {
    bill_runs.Stage.READING: cells.Tag(text=_("Being read")),
    bill_runs.Stage.READY: cells.Tag(text=_("Ready to bill"), kind="brand"),
    bill_runs.Stage.PREVIEWED: cells.Tag(text=_("Previewed"), kind="warn"),
    bill_runs.Stage.ISSUED: cells.Tag(text=_("Issued"), kind="ok"),
}
# The fees a company begins with, as they stand in its list until somebody renames them.
FEES: dict[str, str | Promise] = {
    "Certificate fee": _("Certificate fee"),
    "Material fee": _("Material fee"),
    "Meter test fee": _("Meter test fee"),
    "Opening fee": _("Opening fee"),
    "Reconnection fee": _("Reconnection fee"),
    "Reinstallation fee": _("Reinstallation fee"),
    "Transfer fee": _("Transfer fee"),
}
BILL_STATES: dict[bills.BillState, cells.Tag] = {
    bills.BillState.OPEN: cells.Tag(text=_("Open"), kind="warn"),
    bills.BillState.OVERDUE: cells.Tag(text=_("Overdue"), kind="bad"),
    bills.BillState.PAID: cells.Tag(text=_("Paid"), kind="ok"),
    bills.BillState.ZERO: cells.Tag(text=_("Nothing to pay")),
    bills.BillState.TAKEN_BACK: cells.Tag(text=pgettext_lazy("bill", "Taken back")),
}
# Why a usage is not billed, and what a person can do about it.
PARKED: dict[str, tuple[str | Promise, str | Promise]] = {
    "NO_AGREEMENT": (
        _("No agreement covers the whole period"),
        _("Correct the dates of the agreement."),
    ),
    "NO_TARIFF": (_("No tariff in force"), _("Give the agreement a tariff, or load the version.")),
    "TARIFF_CHANGE_IN_PERIOD": (
        _("Another tariff begins inside the period"),
        _("Read the meter on the day of the change and bill both parts."),
    ),
    "PRICE_CHANGE_IN_PERIOD": (  # parked before prices could change inside a period
        _("The price changes inside the period"),
        _("Preview the run again."),
    ),
    "TIER_TOTAL_UNKNOWN": (
        _("Nobody knows what was counted in the tier period before"),
        _("Let the tariff count tiers by the calendar, or bill it by hand."),
    ),
    "CARRIED_FRACTION_UNKNOWN": (
        _("The fraction carried from the last bill is not known"),
        _("Let the tariff bill whole units without carrying the rest."),
    ),
    "FREE_QUANTITY_UNKNOWN": (
        _("The free quantity used before is not known"),
        _("Let the tariff give the free quantity for each bill."),
    ),
    "NEGATIVE_AMOUNT": (
        _("It comes to less than nothing"),
        _("Correct the earlier bill; a bill can't pay out."),
    ),
    "FAR_ABOVE_HISTORY": (
        _("Far above the usage of the past"),
        _("Check the reading, then release it with a reason."),
    ),
    "LARGE_FIRST_BILL": (
        _("A large bill without a history"),
        _("Check the reading, then release it with a reason."),
    ),
    # what the engine says
    "DUPLICATE_USAGE": (_("The same usage twice"), _("Tell support: this must not happen.")),
    "UNKNOWN_TARIFF_VERSION": (_("No tariff in force"), _("Load the version of the tariff.")),
    "QUANTITY_OUT_OF_RANGE": (_("A quantity beyond all measure"), _("Correct the reading.")),
    "NEGATIVE_RUNNING_TOTAL": (
        _("More is taken back than was counted in the tier period"),
        _("Correct the reading, or the earlier bill."),
    ),
    "NEGATIVE_PERSONS": (_("A negative number of persons"), _("Correct the household size.")),
    "PERIOD_OUT_OF_RANGE": (
        _("A period without days, or of more than ten years"),
        _("Correct the day of the reading."),
    ),
    "VALUE_OUT_OF_RANGE": (
        _("A value beyond all measure"),
        _("Correct the area, capacity or count of the agreement."),
    ),
    "PARTS_DO_NOT_FIT": (
        _("The shares of its uses don't make a whole"),
        _("Correct the shares of the agreement."),
    ),
    "PRICE_CHANGE_UNDECIDED": (
        _("The price changes inside the period, and the tariff doesn't say how to split"),
        _("Load the tariff with a price_change rule."),
    ),
    "NO_PRICE_BEFORE": (
        _("The period began before the tariff had a price"),
        _("Load the version before, or correct the dates of the agreement."),
    ),
    "READING_NUMBER_MISSING": (
        _("Which reading after the price change this is, is not known"),
        _("Let the tariff split by days or by the day of the reading."),
    ),
    "AREA_MISSING": (_("The area is not known"), _("Enter the area of the agreement.")),
    "AREA_CLASS_UNKNOWN": (
        _("The kind of building is not in the tariff"),
        _("Enter the kind of building of the agreement."),
    ),
    "CAPACITY_MISSING": (_("The capacity is not known"), _("Enter the capacity of the agreement.")),
    "DEMAND_MISSING": (_("The highest demand was not read"), _("Enter the reading of the demand register.")),
    "QUOTA_MISSING": (_("The quota is not known"), _("Enter the quota of the agreement.")),
    "CALORIFIC_VALUE_MISSING": (
        _("The calorific value of the period is not known"),
        _("Enter the calorific value."),
    ),
    "CALIBRE_WITHOUT_PRICE": (
        _("The tariff has no price for this meter size"),
        _("Correct the size of the meter, or the tariff."),
    ),
    "BANDS_DO_NOT_SUM": (
        _("The registers of peak and valley don't make the total"),
        _("Correct the readings of the registers."),
    ),
    "NEGOTIATED_PRICE_OUT_OF_BAND": (
        _("The agreed price is outside what the tariff allows"),
        _("Correct the agreed price."),
    ),
    "AMOUNT_OUT_OF_RANGE": (_("An amount beyond all measure"), _("Correct the reading, or the tariff.")),
}
RELEASABLE = frozenset({bill_run.ParkCode.FAR_ABOVE_HISTORY.value, bill_run.ParkCode.LARGE_FIRST_BILL.value})


def fee(name: str) -> str:
    """What a fee of the company's list is called."""
    return str(FEES.get(name, name))


def fee_as_kept(name: str) -> str:
    """How the list keeps a fee that is called like this on the page."""
    return next((kept for kept, word in FEES.items() if str(word) == name), name)


def parked(code: str) -> tuple[str | Promise, str | Promise]:
    """Reason and remedy of a parked usage."""
    return PARKED[code]
