"""Words of the acts on agreements."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from meterbook.domain.agreements import models
from meterbook.domain.billing import models as billing
from meterbook.interfaces.web.views import bill_words, words

_STATES: dict[int, str | Promise] = {int(state): tag.text for state, tag in words.ACCOUNT_STATES.items()}
EXTERNAL_KINDS: dict[int, str | Promise] = {
    models.ExternalKind.JOINT_COLLECTION: _("Joint collection"),
    models.ExternalKind.BANK_REFERENCE: _("Bank reference"),
    models.ExternalKind.OLD_SYSTEM: _("Former system"),
    models.ExternalKind.PORTAL: _("Portal"),
    models.ExternalKind.OTHER: pgettext_lazy("number", "Other"),
}
HOUSEHOLD_SOURCES: dict[int, str | Promise] = {
    models.HouseholdSource.DEFAULT: _("As usual"),
    models.HouseholdSource.APPROVED: _("Approved on papers"),
}
AREA_KINDS: dict[int, str | Promise] = {
    models.AreaKind.BUILDING: _("Building area"),
    models.AreaKind.INNER: _("Inner area"),
    models.AreaKind.USABLE: _("Usable area"),
}
SPLITS: dict[str, str | Promise] = {
    "FIXED": _("Fixed quantity"),
    "SHARE": pgettext_lazy("of a usage", "Share"),
    "REST": pgettext_lazy("of a usage", "The rest"),
    "HIGHEST": _("Dearest price"),
}
ACTS: dict[str, str | Promise] = {
    "ACCOUNT_ACCEPTED": _("Application accepted"),
    "ACCOUNT_CLOSED": _("Account closed"),
    "ACCOUNT_DEMOLITION": _("Marked for demolition"),
    "ACCOUNT_IN_USE": _("Account in use: a meter hangs"),
    "ACCOUNT_OPENED": _("Account opened"),
    "ACCOUNT_RESUMED": _("Supply resumed"),
    "ACCOUNT_STATE_UNDONE": _("State taken back"),
    "ACCOUNT_STOPPED": _("Stopped by force"),
    "ACCOUNT_SUSPENDED": _("Supply suspended"),
    "ACCOUNT_TRANSFERRED": _("Account transferred"),
    "AREA_CHANGED": _("Heated area changed"),
    "BALANCE_REFUNDED": _("Balance refunded"),
    "CERTIFICATE_ISSUED": _("Usage certificate issued"),
    "CONCESSION_ENDED": _("Concession ended"),
    "CONCESSION_GRANTED": _("Concession granted"),
    "CONTRACT_ADDED": _("Contract added"),
    "CONTRACT_ENDED": _("Contract ended"),
    "CONTRACT_PROLONGED": _("Contract prolonged"),
    "EXTERNAL_NUMBER_ADDED": _("External number added"),
    "EXTERNAL_NUMBER_ENDED": _("External number ended"),
    "FEE_CHARGED": _("Fee charged"),
    "FEE_TAKEN_BACK": _("Fee taken back"),
    "FEE_TYPE_SET": _("Fee in the list set"),
    "FEE_WAIVED": _("Fee waived"),
    "HOUSEHOLD_CHANGED": _("Household size changed"),
    "NUMBER_RULE_SET": _("Numbering of accounts set"),
    "PRICE_SHARES_CHANGED": _("Mixed use changed"),
    "SUPPLY_ADDED": _("Supply added"),
    "SUPPLY_ENDED": _("Supply ended"),
    "USAGE_TYPE_ADDED": _("Usage type added"),
    "USAGE_TYPE_CHANGED": _("Usage type and price changed"),
}
SUBJECTS: dict[str, str | Promise] = {
    "FEE_TYPE": _("Fee"),
    "NUMBER_RULE": _("Numbering of accounts"),
    "USAGE_TYPE": _("Usage type"),
}
FIELDS: dict[str, str | Promise] = {
    "account_state": _("State"),
    "area_class": _("Kind of building"),
    "area_milli": _("Heated area"),
    "certificate_no": _("Certificate no."),
    "concession": _("Concession"),
    "contract_no": _("Contract no."),
    "counter": _("Tier counter"),
    "counter_milli": _("Tier counter"),
    "digits": _("Digits"),
    "expires_on": _("To be proved again by"),
    "external_kind": _("Kind of number"),
    "external_no": _("External no."),
    "fee": _("Fee"),
    "fee_minor": _("Amount of the fee"),
    "fee_occasions": _("Charged with"),
    "former_holder": _("Former holder"),
    "from_on": pgettext_lazy("day", "From"),
    "has_check_digit": _("Check digit"),
    "height_milli": _("Height"),
    "holder": _("Holder"),
    "is_offered": _("Offered"),
    "is_resident": _("For residents"),
    "kind": pgettext_lazy("of a fact", "Kind"),
    "on": pgettext_lazy("day", "From"),
    "parts": _("Parts of a mixed use"),
    "persons": _("Household size"),
    "prefix": _("Begins with"),
    "proof": _("Proof"),
    "refunded_minor": _("Refunded"),
    "replaces": _("Replaces"),
    "split": _("How"),
    "standard_minor": _("Usual amount"),
    "split_value": _("How much"),
    "tariff": _("Tariff"),
    "until_on": pgettext_lazy("day", "Until"),
    "usage_type": _("Usage type"),
    "utility": _("Utility"),
}
# The acts a fee is charged with.
OCCASIONS: dict[billing.FeeOccasion, str | Promise] = {
    billing.FeeOccasion.OPENED: ACTS["ACCOUNT_OPENED"],
    billing.FeeOccasion.SUPPLY_ADDED: ACTS["SUPPLY_ADDED"],
    billing.FeeOccasion.TRANSFERRED: ACTS["ACCOUNT_TRANSFERRED"],
    billing.FeeOccasion.CLOSED: ACTS["ACCOUNT_CLOSED"],
    billing.FeeOccasion.SUSPENDED: ACTS["ACCOUNT_SUSPENDED"],
    billing.FeeOccasion.STOPPED: ACTS["ACCOUNT_STOPPED"],
    billing.FeeOccasion.RESUMED: ACTS["ACCOUNT_RESUMED"],
    billing.FeeOccasion.RECONNECTED: _("Resumed after a forced stop"),
    billing.FeeOccasion.USAGE_CHANGED: ACTS["USAGE_TYPE_CHANGED"],
    billing.FeeOccasion.TAKEN_OFF_FOR_ARREARS: _("Meter taken off for arrears"),
}
VALUES: dict[str, str | Promise] = {
    **SPLITS,
    **bill_words.FEES,
    **{occasion.name: word for occasion, word in OCCASIONS.items()},
    "KEEP": _("Goes on"),
    "RESTART": _("Begins again"),
}
NUMBERS: dict[tuple[str, str], dict[int, str | Promise]] = {
    ("ACCOUNT", "account_state"): _STATES,
    ("ACCOUNT", "utility"): words.UTILITIES,
    ("ACCOUNT", "source"): HOUSEHOLD_SOURCES,
    ("ACCOUNT", "kind"): AREA_KINDS,
    ("ACCOUNT", "external_kind"): EXTERNAL_KINDS,
}
