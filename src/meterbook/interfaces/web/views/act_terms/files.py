"""Words of the acts on files."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from meterbook.domain.files import models

CATEGORIES: dict[int, str | Promise] = {
    models.Category.CONTRACT: pgettext_lazy("file", "Contract"),
    models.Category.IDENTITY: _("Copy of an identity document"),
    models.Category.PHOTO: _("Photo"),
    models.Category.DRAWING: _("Drawing"),
    models.Category.APPLICATION: _("Application form"),
    models.Category.OTHER: pgettext_lazy("file", "Other"),
}
SUBJECTS_OF_FILES: dict[str, str | Promise] = {
    models.SubjectKind.CUSTOMER: _("Customer"),
    models.SubjectKind.ACCOUNT: _("Account"),
    models.SubjectKind.PREMISE: _("Premise"),
    models.SubjectKind.METER: _("Meter"),
    models.SubjectKind.NETWORK_RECORD: _("Network record"),
    models.SubjectKind.CONTRACT: pgettext_lazy("file", "Contract"),
}
ACTS: dict[str, str | Promise] = {
    "FILE_ADDED": _("File added"),
    "FILE_VIEWED": _("Personal file viewed"),
    "FILE_REMOVED": _("File taken off"),
    "FILE_RESTORED": _("File put back"),
}
SUBJECTS: dict[str, str | Promise] = {}
FIELDS: dict[str, str | Promise] = {
    "category": _("What it is"),
    "size_bytes": _("Size in bytes"),
    "sha256": _("SHA-256 of the content"),
}
VALUES: dict[str, str | Promise] = {models.Category(code).name: text for code, text in CATEGORIES.items()}
NUMBERS: dict[tuple[str, str], dict[int, str | Promise]] = {}
