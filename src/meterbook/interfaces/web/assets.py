"""Static files under an address that names their content, so that browsers may keep them for ever.

`/static/<version>/app/...`: the version is a digest of all files, so relative imports between
modules and url() in style sheets need no rewriting, and a page never mixes old and new files.
"""

import functools
import gzip
import hashlib
import pathlib
import shutil
import tempfile

from django.conf import settings
from django.contrib.staticfiles import storage

SOURCE = pathlib.Path(__file__).parent / "static"
_COMPRESSED = frozenset({".css", ".js", ".svg", ".json", ".txt", ".md"})
_SMALLEST_WORTH_BYTES = 512


class VersionedStorage(storage.StaticFilesStorage):
    """Gives `{% static %}` its addresses."""

    def url(self, name: str | None) -> str:
        """The address of a static file, e.g. "app/css/base.css"."""
        return f"{settings.STATIC_URL}{version()}/{name}"


@functools.cache
def version() -> str:
    """Twelve hexadecimal digits that change whenever any static file does."""
    digest = hashlib.sha256()
    for path in _files():
        digest.update(path.relative_to(SOURCE).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def publish(*, root: pathlib.Path) -> pathlib.Path:
    """Put the files and their gzip twins into `root`/version, whole or not at all; returns that folder.

    Done already: nothing happens. Two processes at once, or one killed half-way: no harm, the folder
    appears by one rename. Older versions stay for pages that are still open.
    """
    target = root / version()
    if target.is_dir():
        return target
    root.mkdir(parents=True, exist_ok=True)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix=".making-", dir=root))
    try:
        for path in _files():
            copy = scratch / path.relative_to(SOURCE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
            _compress(copy)
        scratch.chmod(0o755)
        scratch.rename(target)
    except OSError:
        if not target.is_dir():
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def _files() -> list[pathlib.Path]:
    return sorted(path for path in SOURCE.rglob("*") if path.is_file())


def _compress(path: pathlib.Path) -> None:
    plain = path.read_bytes()
    if path.suffix not in _COMPRESSED or len(plain) < _SMALLEST_WORTH_BYTES:
        return
    packed = gzip.compress(plain, compresslevel=9, mtime=0)
    if len(packed) < len(plain):
        path.with_name(path.name + ".gz").write_bytes(packed)
