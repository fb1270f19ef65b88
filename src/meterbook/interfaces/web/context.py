"""What every page of the shell needs, worked out only when a template asks for it."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

from meterbook.application import actor as actors
from meterbook.interfaces.web import nav

THEMES = ("light", "dark")
THEME_COOKIE = "theme"
NOTICE_KEY = "notice"


@dataclass(frozen=True, slots=True)
class ShiftSummary:
    """The person's open shift, as the top bar shows it. `state` is ok, warn, bad or off."""

    label: str
    url: str
    taken_minor: int = 0
    payments: int = 0
    state: str = "ok"


@dataclass(frozen=True, slots=True)
class Notice:
    """A line shown once, after a redirect. `kind` is ok, warn or bad."""

    text: str
    kind: str = "ok"
    url: str = ""
    url_text: str = ""


ShiftSource = Callable[[actors.Actor], ShiftSummary | None]
_shift_source: list[ShiftSource] = []


def provide_shift(source: ShiftSource) -> None:
    """Let the till say what the top bar shows of the person's shift. Called inside the page's read."""
    _shift_source[:] = [source]


class Shell:
    """Lazy facts about the frame around a page."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def actor(self) -> actors.Actor | None:
        """The person at the keyboard, once a page has let them in."""
        return getattr(self._request, "actor", None)

    @functools.cached_property
    def menu(self) -> list[tuple[nav.Section, list[nav.Entry]]]:
        """The rail."""
        return [] if self.actor is None else nav.menu_for(actor=self.actor, path=self._request.path)

    @functools.cached_property
    def shift(self) -> ShiftSummary | None:
        """The person's shift, when the till provides one."""
        if self.actor is None or not _shift_source:
            return None
        return _shift_source[0](self.actor)

    @functools.cached_property
    def notice(self) -> Notice | None:
        """The notice left by the act before this page; showing it removes it."""
        session = getattr(self._request, "session", None)
        if session is None or self.actor is None or NOTICE_KEY not in session:
            return None
        return Notice(**session.pop(NOTICE_KEY))

    @property
    def theme(self) -> str:
        """The theme the cookie names, else light."""
        chosen = self._request.COOKIES.get(THEME_COOKIE, "")
        return chosen if chosen in THEMES else THEMES[0]

    @property
    def other_theme(self) -> str:
        """The theme the switch leads to."""
        return THEMES[1 - THEMES.index(self.theme)]

    @property
    def language(self) -> str:
        """The language in use as an HTML language tag."""
        return "zh-Hans" if translation.get_language() == "zh-hans" else "en"

    @property
    def other_language(self) -> tuple[str, str]:
        """Code and own name of the language the switch leads to."""
        others = [
            (code, str(name)) for code, name in settings.LANGUAGES if code != translation.get_language()
        ]
        return others[0]

    @property
    def company_name(self) -> str:
        """The company whose data this is."""
        company = getattr(self._request, "tenant", None)
        return "Meterbook" if company is None else str(company.name)

    @property
    def here(self) -> str:
        """The address of the page with its query; where switches come back to. Home after a POST."""
        return self._request.get_full_path() if self._request.method == "GET" else "/"


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the frame's facts as `shell`."""
    return {"shell": Shell(request)}
