"""The file store the settings name, opened once per process."""

import functools

from django.conf import settings
from django.utils import module_loading

from meterbook.domain.files import ports


@functools.cache
def store() -> ports.FileStore:
    """The store of this installation."""
    opened: ports.FileStore = module_loading.import_string(settings.METERBOOK_FILE_STORE)()
    return opened
