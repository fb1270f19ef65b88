"""Words of the acts on agreements."""

from django.utils.functional import Promise

ACTS: dict[str, str | Promise] = {}
SUBJECTS: dict[str, str | Promise] = {}
FIELDS: dict[str, str | Promise] = {}
VALUES: dict[str, str | Promise] = {}
NUMBERS: dict[tuple[str, str], dict[int, str | Promise]] = {}
