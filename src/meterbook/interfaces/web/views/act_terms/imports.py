"""Words of imports beside those every act shares."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTS: dict[str, str | Promise] = {}
SUBJECTS: dict[str, str | Promise] = {}
FIELDS: dict[str, str | Promise] = {"unchanged": _("Unchanged")}
VALUES: dict[str, str | Promise] = {}
NUMBERS: dict[tuple[str, str], dict[int, str | Promise]] = {}
