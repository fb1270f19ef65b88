"""Which file store this installation has: its data folder, or S3 where the settings name one."""

from django.conf import settings

from meterbook.adapters.storage import disk, s3
from meterbook.domain.files import ports


def open_store() -> ports.FileStore:
    """The store the settings name."""
    address = settings.METERBOOK_FILES_S3
    if address is None:
        return disk.DiskStore(root=settings.METERBOOK_FILES_ROOT)
    return s3.S3Store(address=s3.S3Address(**address))
