"""The language somebody asked for, and its words: of the command line, whatever the terminal speaks."""

import functools
import gettext as standard
import os
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from meterbook.interfaces.cli import wording

if TYPE_CHECKING:
    from meterbook.rating import tariff

_CATALOGUES = {"zh": "zh_Hans"}


class Language(StrEnum):
    """Languages the product ships."""

    ZH = "zh"
    EN = "en"


@dataclass(frozen=True)
class Tongue:
    """Speaks one language."""

    language: Language

    def gettext(self, message: str) -> str:
        """The message in this language. Callers name it `_`, so that the message is found for translation."""
        return _catalogue(self.language.value).gettext(message)

    @property
    def colon(self) -> str:
        """Between a name and what is said of it."""
        return "：" if self.language is Language.ZH else ": "

    @property
    def comma(self) -> str:
        """Between words of one thing."""
        return "，" if self.language is Language.ZH else ", "

    @property
    def semicolon(self) -> str:
        """Between several things."""
        return "；" if self.language is Language.ZH else "; "

    def bracketed(self, text: str) -> str:
        """What stands behind a name in brackets."""
        return f"（{text}）" if self.language is Language.ZH else f" ({text})"

    def name(self, names: "tariff.Names") -> str:
        """One of the two names a tariff gives everything."""
        return names.zh if self.language is Language.ZH else names.en


def of(language: Language | None) -> Tongue:
    """Speak `language`, or what the terminal speaks."""
    return Tongue(language or of_terminal())


def of_terminal() -> Language:
    """Chinese where LANG says so, else English; as `wording` does."""
    said = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return Language.ZH if said.startswith("zh") else Language.EN


def gettext_noop(message: str) -> str:
    """Mark a message of a table for translation; whoever shows it translates it."""
    return message


@functools.cache
def _catalogue(language: str) -> standard.NullTranslations:
    wanted = _CATALOGUES.get(language)
    if wanted is None:
        return standard.NullTranslations()
    return standard.translation("django", str(wording.LOCALE_DIR), languages=[wanted], fallback=True)
