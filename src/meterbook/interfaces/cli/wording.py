"""Translated words before Django is there: the same catalogue, read with the standard library."""

import functools
import gettext as standard
import os
from pathlib import Path

LOCALE_DIR = Path(__file__).resolve().parents[2] / "locale"


@functools.cache
def _catalogue(language: str) -> standard.NullTranslations:
    return standard.translation("django", str(LOCALE_DIR), languages=[language], fallback=True)


def gettext(message: str) -> str:
    """Return a message in the language of the terminal: Chinese where LANG says so, else English."""
    said = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return _catalogue("zh_Hans").gettext(message) if said.startswith("zh") else message
