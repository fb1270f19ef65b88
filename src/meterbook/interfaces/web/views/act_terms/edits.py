"""Words of changes of many records."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTS: dict[str, str | Promise] = {
    "MANY_CHANGED": _("Many records changed"),
    "MANY_TAKEN_BACK": _("Change of many taken back"),
    "MANY_STOPPED": _("Change of many stopped: its person may not go on"),
    "BOOK_PLACE_CHANGED": _("Place in the reading book changed"),
}
SUBJECTS: dict[str, str | Promise] = {"EDIT": _("Change of many")}
FIELDS: dict[str, str | Promise] = {
    "edit": _("Change of many"),
    "to_change": _("Will change"),
    "refused": _("Refused"),
    "sequence": _("Position in the book"),
}
VALUES: dict[str, str | Promise] = {}
NUMBERS: dict[tuple[str, str], dict[int, str | Promise]] = {}
