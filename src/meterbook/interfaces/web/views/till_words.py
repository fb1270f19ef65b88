"""What people read when the till refuses, and the words and drawings of its codes."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from meterbook.application import cancel_payment, shifts, take_payment
from meterbook.domain.documents import operations as documents
from meterbook.domain.payments import models, operations, rules
from meterbook.domain.tables import Utility
from meterbook.interfaces.web import cells
from meterbook.kernel import money

# Tender -> (word, icon). The order is the order of the keys Alt+1..4.
TENDERS: dict[models.Tender, tuple[str | Promise, str]] = {
    models.Tender.CASH: (gettext_lazy("Cash"), "cash"),
    models.Tender.QR_MANUAL: (gettext_lazy("QR code"), "qrcode"),
    models.Tender.POS_MANUAL: (gettext_lazy("Bank card"), "credit-card"),
    models.Tender.TRANSFER: (gettext_lazy("Transfer"), "building-bank"),
}
PREPAID_TENDER = gettext_lazy("Prepaid balance")

SHIFT_STATES = {
    models.ShiftState.OPEN: cells.Tag(text=pgettext_lazy("shift", "Open"), kind="ok"),
    models.ShiftState.COUNTED: cells.Tag(text=gettext_lazy("Counted"), kind="warn"),
    models.ShiftState.TAKEN_OVER: cells.Tag(text=gettext_lazy("Taken over")),
}

UNITS = {Utility.WATER: "m³", Utility.GAS: "m³", Utility.ELECTRICITY: "kWh", Utility.HEAT: "GJ"}

# What a till can refuse and go on afterwards. Rights are the shell's.
TILL_ERRORS = (
    take_payment.RequestKeyReusedError,
    take_payment.BillsChangedError,
    take_payment.BalanceChangedError,
    rules.OfferRefusedError,
    operations.NoOpenShiftError,
    documents.NoReceiptBookError,
)
CANCEL_ERRORS = (
    cancel_payment.ReasonMissingError,
    cancel_payment.AlreadyCancelledError,
    cancel_payment.NotCancellableError,
    cancel_payment.BalanceUsedError,
    operations.NoOpenShiftError,
    take_payment.RequestKeyReusedError,
)
SHIFT_ERRORS = (
    shifts.OtherShiftOpenError,
    shifts.NotOwnShiftError,
    operations.ShiftNotOpenError,
    operations.ShiftNotCountedError,
    operations.OwnShiftError,
    operations.DifferenceReasonMissingError,
)

_OFFERS = {
    rules.RefusalCode.NOTHING_OFFERED: gettext_lazy("Enter the amount received."),
    rules.RefusalCode.AMOUNT_IMPLAUSIBLE: gettext_lazy("This amount can't be right. Nothing was taken."),
    rules.RefusalCode.BALANCE_NOT_WANTED: gettext_lazy("Nothing is handed over when the balance pays."),
}
_PLAIN: dict[type[Exception], str | Promise] = {
    operations.NoOpenShiftError: gettext_lazy("Open your shift first."),
    documents.NoReceiptBookError: gettext_lazy("Your station has no receipt book yet."),
    cancel_payment.ReasonMissingError: gettext_lazy("Say why."),
    cancel_payment.AlreadyCancelledError: gettext_lazy("This payment was cancelled before."),
    cancel_payment.NotCancellableError: gettext_lazy("A cancellation can't be cancelled."),
    shifts.NotOwnShiftError: gettext_lazy("Only the clerk counts their own till."),
    operations.ShiftNotOpenError: gettext_lazy("This shift was counted before."),
    operations.ShiftNotCountedError: gettext_lazy("This shift is not counted, or was taken over before."),
    operations.OwnShiftError: gettext_lazy("Nobody takes over their own shift."),
    take_payment.RequestKeyReusedError: gettext_lazy("This page was used already. Nothing more was taken."),
}


def tender_word(tender: models.Tender) -> str | Promise:
    """The word for a tender."""
    return PREPAID_TENDER if tender is models.Tender.PREPAID_ONLY else TENDERS[tender][0]


def refusal(error: Exception) -> str:
    """One sentence for an error of TILL_ERRORS, CANCEL_ERRORS or SHIFT_ERRORS."""
    if isinstance(error, rules.OfferRefusedError):
        return _offer(error)
    if isinstance(error, take_payment.BillsChangedError | take_payment.BalanceChangedError):
        return _("The figures changed meanwhile: %(shown)s was shown, it is %(now)s. Nothing was taken.") % {
            "shown": money.format_minor(error.expected_minor),
            "now": money.format_minor(error.found_minor),
        }
    if isinstance(error, cancel_payment.BalanceUsedError):
        return _("%(added)s was put on the account and only %(left)s is left.") % {
            "added": money.format_minor(error.added_minor),
            "left": money.format_minor(error.available_minor),
        }
    if isinstance(error, shifts.OtherShiftOpenError):
        return _("Your shift of %(day)s is still open. Count it first.") % {"day": error.business_on}
    if isinstance(error, operations.DifferenceReasonMissingError):
        return _("%(tender)s differs by %(amount)s. Say why.") % {
            "tender": tender_word(error.tender),
            "amount": money.format_minor(error.difference_minor),
        }
    return str(_PLAIN[type(error)])


def _offer(error: rules.OfferRefusedError) -> str:
    if error.code is rules.RefusalCode.NO_CHANGE_FOR_THIS_TENDER:
        return _("%(amount)s is over. Only cash gives change: keep it on the account or take less.") % {
            "amount": money.format_minor(error.surplus_minor)
        }
    return str(_OFFERS[error.code])
