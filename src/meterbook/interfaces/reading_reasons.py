"""Why a round can't be accepted and why a register has no place in it, in words for pages and commands."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = Mapping[str, str | Promise]

OBSTACLES: Words = {
    "EMPTY": _("Nothing entered"),
    "HELD": _("Correct or confirm it"),
    "NEWER_READING": _("The register got another reading since the round was opened"),
    "AGREEMENT_NOT_IN_FORCE": _("The agreement was not in force on all days between the readings"),
    "METER_NOT_IN_PLACE": _("The meter was not installed here on all days between the readings"),
}
LEFT_OUT: Words = {
    "NO_METER": _("No meter is installed"),
    "NO_READING": _("The register has no initial reading"),
    "READING_TOO_OLD": _("The latest reading is older than the agreement"),
}
