"""The words for stored codes. People never see a code."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from meterbook.domain.agreements import models as agreements
from meterbook.domain.customers import models as customers
from meterbook.domain.devices import models as devices
from meterbook.domain.metering import models as metering
from meterbook.domain.payments import models as payments
from meterbook.domain.tables import Utility
from meterbook.interfaces.web import cells

Words = dict[int, str | Promise]

ACCOUNT_STATES: dict[int, cells.Tag] = {
    agreements.AccountState.ACTIVE: cells.Tag(text=_("Active"), kind="ok"),
    agreements.AccountState.SUSPENDED: cells.Tag(text=_("Suspended"), kind="warn"),
    agreements.AccountState.CLOSED: cells.Tag(text=pgettext_lazy("account", "Closed")),
    agreements.AccountState.POTENTIAL: cells.Tag(text=pgettext_lazy("account", "Potential")),
    agreements.AccountState.NEW: cells.Tag(text=pgettext_lazy("account", "New"), kind="warn"),
    agreements.AccountState.STOPPED: cells.Tag(text=pgettext_lazy("account", "Stopped"), kind="bad"),
    agreements.AccountState.DEMOLITION: cells.Tag(text=pgettext_lazy("account", "Demolition"), kind="warn"),
}
CUSTOMER_CLASSES: Words = {
    customers.CustomerClass.RESIDENTIAL: _("Residential"),
    customers.CustomerClass.NON_RESIDENTIAL: _("Non-residential"),
    customers.CustomerClass.SPECIAL_USE: _("Special use"),
}
UTILITIES: Words = {
    Utility.WATER: _("Water"),
    Utility.GAS: _("Gas"),
    Utility.ELECTRICITY: _("Electricity"),
    Utility.HEAT: _("Heat"),
}
TENDERS: Words = {
    payments.Tender.CASH: _("Cash"),
    payments.Tender.QR_MANUAL: _("QR code"),
    payments.Tender.POS_MANUAL: _("Bank card"),
    payments.Tender.TRANSFER: _("Transfer"),
    payments.Tender.PREPAID_ONLY: _("Prepaid balance"),
}
METER_KINDS: Words = {
    devices.MeterKind.MECHANICAL: _("Mechanical meter"),
    devices.MeterKind.IC_CARD: _("IC-card meter"),
    devices.MeterKind.REMOTE_READ: _("Remote-reading meter"),
    devices.MeterKind.HEAT_METER: _("Heat meter"),
}
METER_STATES: dict[int, cells.Tag] = {
    devices.MeterState.IN_STOCK: cells.Tag(text=_("In stock")),
    devices.MeterState.IN_SERVICE: cells.Tag(text=_("In service"), kind="ok"),
    devices.MeterState.REMOVED: cells.Tag(text=_("Removed"), kind="warn"),
    devices.MeterState.SCRAPPED: cells.Tag(text=_("Scrapped"), kind="bad"),
}
BANDS: Words = {
    devices.Register.Band.TOTAL: pgettext_lazy("register", "Total"),
    devices.Register.Band.PEAK: _("Peak"),
    devices.Register.Band.FLAT: _("Flat"),
    devices.Register.Band.VALLEY: _("Valley"),
}
READING_SOURCES: Words = {
    metering.Source.INITIAL: _("Initial reading"),
    metering.Source.KEYED: _("Keyed"),
    metering.Source.FILE: _("File"),
    metering.Source.FINAL: _("Final reading"),
    metering.Source.ESTIMATED: _("Not seen, estimated"),
    metering.Source.WITHDRAWN: _("Withdrawn"),
}
UNITS: dict[str, str | Promise] = {"m3": "m³", "kWh": "kWh", "GJ": "GJ", "m2": "m²"}


def choices(words: Words) -> list[tuple[str, str | Promise]]:
    """A filter's choices, beginning with all."""
    return [("", _("All")), *((str(int(code)), text) for code, text in words.items())]


def utility_code(utility: int) -> str:
    """The code the templates draw a utility by: 1 is WATER."""
    return Utility(utility).name
