"""Files on this machine's disk."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from meterbook.domain.files import ports, rules

_PRIVATE = 0o700


class DiskStore:
    """Keeps bytes in a folder, one file a key. Each is there whole or not at all, whatever happens."""

    def __init__(self, *, root: Path) -> None:
        self._root = root

    def put(self, *, key: str, content: bytes) -> None:
        """Keep bytes: written beside, flushed to the disk, then renamed."""
        path = self._path(key)
        if path.exists():
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=_PRIVATE)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(path)
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise
            _flush_folder(path.parent)
        except OSError as trouble:
            raise ports.StoreError(str(trouble)) from trouble

    def get(self, *, key: str) -> bytes:
        """The bytes of a key."""
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError as missing:
            raise ports.BytesMissingError(key=key) from missing
        except OSError as trouble:
            raise ports.StoreError(str(trouble)) from trouble

    def has(self, *, key: str) -> bool:
        """Whether the key is there."""
        return self._path(key).is_file()

    def delete(self, *, key: str) -> None:
        """Forget a key."""
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as trouble:
            raise ports.StoreError(str(trouble)) from trouble

    def keys(self, *, company: str) -> Iterator[str]:
        """Every key of a company."""
        for path in sorted((self._root / company).glob("??/*")):
            name = path.relative_to(self._root).as_posix()
            if rules.is_key(name):
                yield name

    def _path(self, key: str) -> Path:
        if not rules.is_key(key):
            raise ValueError(key)
        return self._root / key


def _flush_folder(folder: Path) -> None:
    """A rename is only safe once the folder that names it is on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
