"""Words of the acts on devices."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from meterbook.interfaces.web.views import meter_words, words

ACTS: dict[str, str | Promise] = {
    "METERS_RECEIVED": _("Meters received"),
    "METERS_STORED": _("Meters put into store"),
    "METERS_ISSUED": _("Meters issued"),
    "METERS_SENT_TO_TEST": _("Meters sent to test"),
    "METERS_SENT_TO_REPAIR": _("Meters sent to repair"),
    "METERS_SCRAPPED": _("Meters scrapped"),
    "METERS_LOST": _("Meters reported lost"),
    "METER_MOVE_UNDONE": _("Move of a meter taken back"),
    "METER_TESTED": _("Meter tested"),
    "METER_BARCODE_CHANGED": _("Barcode changed"),
    "METER_DUE_CHANGED": _("Verification due changed"),
    "METER_MODEL_ADDED": _("Meter model added"),
    "METER_MODEL_CHANGED": _("Meter model changed"),
    "SEAL_APPLIED": _("Seal applied"),
    "SEAL_REMOVED": _("Seal removed"),
}
SUBJECTS: dict[str, str | Promise] = {
    "METER": _("Meter"),
    "METERS": _("Meters"),
    "METER_MODEL": _("Meter model"),
}
FIELDS: dict[str, str | Promise] = {
    "accuracy_class": _("Accuracy class"),
    "applied_on": _("Applied on"),
    "bands": _("Registers"),
    "barcode": _("Barcode"),
    "cause": _("Cause"),
    "certificate_no": _("Certificate no."),
    "colour": _("Colour"),
    "communication": _("Communication"),
    "correction_ppm": _("Error (millionths)"),
    "count": _("Count"),
    "decimals": _("Decimals"),
    "digits": _("Digits"),
    "has_passed": pgettext_lazy("test", "Passed"),
    "has_valve": _("Valve"),
    "holder": _("With whom"),
    "ic_protocol": _("Card protocol"),
    "kind": _("Kind"),
    "laboratory": _("Laboratory"),
    "maker": _("Maker"),
    "meters": _("Meters"),
    "model": _("Model"),
    "multiplier_milli": _("Multiplier"),
    "nominal_diameter": _("Nominal diameter"),
    "nominal_flow_milli": _("Nominal flow"),
    "position": _("Position"),
    "purchase_no": _("Purchase no."),
    "removed_on": _("Removed on"),
    "seal_no": _("Seal no."),
    "service_life_months": _("Service life (months)"),
    "tested_on": _("Tested on"),
    "utility": _("Utility"),
    "verification_due_on": _("Verification due"),
    "verification_months": _("Verified every (months)"),
}
VALUES: dict[str, str | Promise] = {}
_STATES = {int(code): tag.text for code, tag in meter_words.STATES.items()}
NUMBERS: dict[tuple[str, str], dict[int, str | Promise]] = {
    ("METER", "state"): _STATES,
    ("METERS", "state"): _STATES,
    ("METER", "cause"): dict(meter_words.REASONS),
    ("METERS", "cause"): dict(meter_words.REASONS),
    ("METER", "position"): dict(meter_words.POSITIONS),
    ("METER_MODEL", "utility"): dict(words.UTILITIES),
    ("METER_MODEL", "kind"): dict(words.METER_KINDS),
    ("METER_MODEL", "communication"): dict(meter_words.COMMUNICATIONS),
    ("METER_MODEL", "bands"): dict(words.BANDS),
}
