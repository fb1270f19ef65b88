"""The words for what is stored about premises, and for refused acts on them."""

from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from meterbook.domain.premises import models, rules_generation
from meterbook.interfaces.web.views import words

NODE_KINDS: words.Words = {
    models.NodeKind.DISTRICT: _("District"),
    models.NodeKind.STREET: _("Street"),
    models.NodeKind.COMMUNITY: _("Community"),
    models.NodeKind.BUILDING: _("Building"),
    models.NodeKind.ENTRANCE: _("Entrance"),
}
PARTS: dict[str, str | Promise] = {
    "district": _("District"),
    "street": _("Street"),
    "community": _("Community"),
    "building": _("Building"),
    "entrance": _("Entrance"),
    "floor": _("Floor"),
    "flat_no": _("Flat no."),
}
ALIAS_KINDS: words.Words = {
    models.AliasKind.FORMER: _("Former address"),
    models.AliasKind.COMMON: _("Common name"),
    models.AliasKind.AUXILIARY: _("Auxiliary address"),
    models.AliasKind.MAILING: _("Mailing address"),
}
APPLIANCE_KINDS: words.Words = {
    models.ApplianceKind.STOVE: _("Stove"),
    models.ApplianceKind.WATER_HEATER: _("Water heater"),
    models.ApplianceKind.WALL_HUNG_BOILER: _("Wall-hung boiler"),
    models.ApplianceKind.BOILER: _("Boiler"),
    models.ApplianceKind.COMMERCIAL_RANGE: _("Commercial range"),
    models.ApplianceKind.STEAM_CABINET: _("Steam cabinet"),
    models.ApplianceKind.DRYER: _("Dryer"),
    models.ApplianceKind.OTHER: pgettext_lazy("appliance", "Other"),
}
FLUE_TYPES: words.Words = {
    models.FlueType.NONE: _("Not stated"),
    models.FlueType.FLUELESS: _("Flueless"),
    models.FlueType.OPEN_FLUED: _("Natural draught flue"),
    models.FlueType.FAN_FLUED: _("Forced draught flue"),
    models.FlueType.BALANCED: _("Balanced flue"),
}
NETWORK_KINDS: words.Words = {
    models.NetworkKind.INLET_PIPE: _("Inlet pipe"),
    models.NetworkKind.RISER_SWITCH: _("Riser switch"),
    models.NetworkKind.AS_BUILT_DRAWING: _("As-built drawing"),
    models.NetworkKind.REGULATOR_BOX: _("Regulator box"),
    models.NetworkKind.PRESSURE: _("Pressure"),
    models.NetworkKind.VALVE_WELL: _("Valve well"),
    models.NetworkKind.OTHER: pgettext_lazy("network", "Other"),
}
STYLES: dict[str, str | Promise] = {
    rules_generation.Style.FLOOR_DOOR_2: _("Floor and door: 501, 1203"),
    rules_generation.Style.FLOOR_DOOR_3: _("Floor and door in five digits: 05001"),
    rules_generation.Style.ENTRANCE_FLOOR_DOOR: _("Entrance, floor and door: 10501"),
    rules_generation.Style.THROUGH_ENTRANCE: _("Counted through the entrance: 1, 2, 3"),
    rules_generation.Style.LETTERS: _("Floor and letter: 5A"),
    rules_generation.Style.PATTERN: _("Own pattern"),
}
# Why an act is refused: code -> words; %(fact)s is what it is about.
REFUSALS: dict[str, str | Promise] = {
    "ADDRESS_TAKEN": _("Other premises have this address: %(fact)s"),
    "NAME_TAKEN": _("There is one of this name already: %(fact)s"),
    "WRONG_LEVEL": _("It can't stand there: %(fact)s"),
    "INTO_ITSELF": _("Choose another one than itself."),
    "OTHER_STATION": _("It belongs to another station: %(fact)s"),
    "OTHER_LEVEL": _("Choose one of the same level: %(fact)s"),
    "CHANGED": _("Somebody changed it meanwhile: %(fact)s. Look again."),
    "NOT_EMPTY": _("Something still stands on it: %(fact)s"),
    "EMPTY": _("Say something here."),
    "TWICE": _("This is there already: %(fact)s"),
    "UNKNOWN": _("It is not there any more."),
    "BEFORE_INSTALLED": _("It was installed on %(fact)s."),
    "REMOVED": _("It was removed on %(fact)s."),
    "IN_USE": _("It is in use: an account, a meter, a book or a record hangs on it."),
    "UNDONE": _("It was taken back already."),
    "MISSING": _("This is needed."),
    "TOO_LONG": _("Too long: at most %(fact)s characters."),
    "SIGN": _("A sign in it can't be read."),
    "OUT_OF_RANGE": _("Possible is %(fact)s."),
    "NOT_UNDERSTOOD": _("Not understood: %(fact)s"),
    "LETTERS_ONLY_26": _("There are only 26 letters."),
    "TOO_MANY_DOORS": _("At most %(fact)s doors at once."),
    "NO_DOORS": _("No door is left."),
    "CODE_SIGNS": _("Letters A to Z, digits and underscores only: %(fact)s"),
    "CODE_TAKEN": _("This code is used: %(fact)s"),
    "LATER": _("A class of a later day stands in the way."),
    "OTHER_DIMENSION": _("It belongs to another classification."),
}


def refusal(code: str, *, fact: object = "") -> str:
    """Why an act was refused, in words."""
    return str(REFUSALS[code]) % {"fact": fact}


def dimension_name(*, name_zh: str, name_en: str) -> str:
    """What a dimension is called in the language of the page."""
    return name_zh if (get_language() or "").startswith("zh") else name_en
