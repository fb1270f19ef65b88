"""One search over everything (F2, scanner) and the palette (Ctrl+K): places, verbs, records."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from django.http import HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from meterbook.application import actor as actors
from meterbook.interfaces.web import nav, page

_log = logging.getLogger(__name__)
MOST_HITS = 20
_LONGEST_QUERY = 100


@dataclass(frozen=True, slots=True)
class Hit:
    """A record found. `kind` chooses the icon: see _KIND_ICONS.

    `is_exact` means the text was this record's whole number: one exact hit is opened at once.
    """

    title: str
    number: str
    detail: str
    url: str
    kind: str = "account"
    state: str = ""
    state_kind: str = ""  # ok, warn, bad
    is_exact: bool = False
    till_url: str = ""  # where the till opens it, for a search made at the till (from=till)


@dataclass(frozen=True, slots=True)
class Verb:
    """Something to do that has a page of its own, offered by the palette."""

    label: str | Promise
    url_name: str
    icon: str
    right: str


Search = Callable[[actors.Actor, str, int], list[Hit]]
_searches: list[Search] = []
_verbs: list[Verb] = []

_KIND_ICONS = {
    "account": "user",
    "bill": "file-invoice",
    "customer": "id",
    "meter": "gauge",
    "payment": "receipt",
    "premise": "building",
}


def provide_search(search: Search) -> None:
    """Let a subject answer the one search: `search(actor, text, limit)`, called inside the page's read."""
    if search not in _searches:
        _searches.append(search)


def provide_verb(verb: Verb) -> None:
    """Offer an act in the palette."""
    if verb not in _verbs:
        _verbs.append(verb)


def hits_for(*, actor: actors.Actor, text: str, limit: int = MOST_HITS) -> list[Hit]:
    """What every subject finds, exact hits first, each record once."""
    found: dict[str, Hit] = {}
    for search in _searches:
        for hit in search(actor, text, limit):
            found.setdefault(hit.url, hit)
    return sorted(found.values(), key=lambda hit: not hit.is_exact)[:limit]


@page.page()
def search(request: page.PageRequest) -> HttpResponseBase:
    """The hits for `q`: a fragment for the search box, else a page; a single or exact hit is opened."""
    text = request.GET.get("q", "").strip()[:_LONGEST_QUERY]
    hits = hits_for(actor=request.actor, text=text) if text else []
    if request.GET.get("from") == "till" and request.actor.may("payments.take"):
        hits = [replace(hit, url=hit.till_url or hit.url) for hit in hits]
    facts = {"hits": hits, "text": text, "icons": _KIND_ICONS}
    if request.headers.get("X-Requested-With") == "fetch":
        return TemplateResponse(request, "lists/hits.html", facts)
    exact = [hit for hit in hits if hit.is_exact]
    if len(exact) == 1 or len(hits) == 1:
        return HttpResponseRedirect((exact or hits)[0].url)
    return TemplateResponse(request, "lists/search.html", facts)


@page.page()
def palette(request: page.PageRequest) -> HttpResponseBase:
    """The places and verbs the person may use, for the palette."""
    menu = nav.menu_for(actor=request.actor, path="")
    places = [
        {
            "label": str(entry.place.label),
            "url": entry.url,
            "icon": entry.place.icon,
            "also": [entry.place.key, *entry.place.also],
            "kind": str(_("Place")),
        }
        for _section, entries in menu
        for entry in entries
    ]
    verbs = [
        {"label": str(verb.label), "url": url, "icon": verb.icon, "also": [], "kind": str(_("Act"))}
        for verb in _verbs
        if request.actor.may(verb.right) and (url := _address_of(verb))
    ]
    return JsonResponse({"choices": [*places, *verbs]})


def _address_of(verb: Verb) -> str:
    try:
        return reverse(verb.url_name)
    except NoReverseMatch:
        _log.warning("the palette's %s leads nowhere", verb.url_name)
        return ""
