"""Words of the acts on premises."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from meterbook.domain import tables
from meterbook.interfaces.web.views import premise_words, words

ACTS: dict[str, str | Promise] = {
    "ADDRESS_NODE_ADDED": _("Place added to the address tree"),
    "ADDRESS_NODE_RENAMED": _("Place of the address tree renamed"),
    "ADDRESS_NODE_MOVED": _("Place of the address tree moved"),
    "ADDRESS_NODES_MERGED": _("Places of the address tree merged"),
    "ADDRESS_NODE_REMOVED": _("Place taken out of the address tree"),
    "PREMISE_ADDED": _("Premise added"),
    "PREMISE_CHANGED": _("Address changed"),
    "PREMISE_REMOVED": _("Premise taken away"),
    "SERVICE_POINT_ADDED": _("Service point added"),
    "ALIAS_ADDED": _("Alias added"),
    "ALIAS_REMOVED": _("Alias taken away"),
    "APPLIANCE_ADDED": _("Appliance recorded"),
    "APPLIANCE_REMOVED": _("Appliance removed"),
    "NETWORK_RECORD_ADDED": _("Network record added"),
    "NETWORK_RECORD_REMOVED": _("Network record ended"),
    "BUILDING_GENERATED": _("Building generated"),
    "BUILDING_TAKEN_BACK": _("Generated building taken back"),
    "DIMENSION_ADDED": _("Classification added"),
    "CLASS_VALUE_ADDED": _("Class added"),
    "CLASS_VALUE_RENAMED": _("Class renamed"),
    "CLASS_VALUE_REMOVED": _("Class taken away"),
    "PREMISE_CLASSIFIED": _("Premise classified"),
    "PREMISES_CLASSIFIED": _("Premises classified"),
}
SUBJECTS: dict[str, str | Promise] = {
    "PREMISE": _("Premise"),
    "ADDRESS_NODE": pgettext_lazy("address", "Place"),
    "PREMISE_BATCH": _("Generated building"),
    "DIMENSION": _("Classification"),
}
FIELDS: dict[str, str | Promise] = {
    **premise_words.PARTS,
    "address": _("Address"),
    "address_node": pgettext_lazy("address", "Place"),
    "level": _("Level"),
    "premises": _("Doors"),
    "addresses_changed": _("Addresses changed"),
    "utilities": _("Utilities"),
    "position": _("Position"),
    "alias_kind": _("Kind"),
    "alias": _("Alias"),
    "appliance_kind": _("Appliance"),
    "network_kind": _("Kind"),
    "description": _("Description"),
    "maker": _("Maker"),
    "model": _("Model"),
    "serial_no": _("Serial no."),
    "rated_flow_milli": _("Rated flow (m³/h)"),
    "flue_type": _("Flue"),
    "installed_on": _("Installed on"),
    "removed_on": _("Removed on"),
    "first": pgettext_lazy("door", "First"),
    "last": pgettext_lazy("door", "Last"),
    "dimension": _("Classification"),
    "code": _("Code"),
    "name_zh": _("Chinese name"),
    "name_en": _("English name"),
    "left_alone": _("Left alone: a later class"),
}
VALUES: dict[str, str | Promise] = {
    **{utility.name: words.UTILITIES[utility] for utility in tables.Utility},
    # The classifications a company begins with; those it adds are shown by their code.
    "SUPPLY_STATION": pgettext_lazy("class", "Supply station"),
    "HEAT_EXCHANGE_STATION": pgettext_lazy("class", "Heat-exchange station"),
    "COLLECTOR": pgettext_lazy("class", "Collector"),
    "METERED_AREA": pgettext_lazy("class", "District meter area"),
    "PROPERTY_COMPANY": pgettext_lazy("class", "Property company"),
}
NUMBERS: dict[tuple[str, str], dict[int, str | Promise]] = {
    ("ADDRESS_NODE", "level"): premise_words.NODE_KINDS,
    ("PREMISE", "alias_kind"): premise_words.ALIAS_KINDS,
    ("PREMISE", "appliance_kind"): premise_words.APPLIANCE_KINDS,
    ("PREMISE", "flue_type"): premise_words.FLUE_TYPES,
    ("PREMISE", "network_kind"): premise_words.NETWORK_KINDS,
    ("ADDRESS_NODE", "network_kind"): premise_words.NETWORK_KINDS,
}
