"""The door of every view: who is it, may they, and inside which transaction the page is made.

GET and HEAD run (view and rendering) in one read-only transaction with the person's scope. POST opens
nothing around the view: the use case it calls does; only the page shown afterwards reads in its own.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.template.response import SimpleTemplateResponse
from django.urls import URLPattern, URLResolver, reverse
from django.utils.cache import add_never_cache_headers

from meterbook.application import actor as actors
from meterbook.application import transaction
from meterbook.domain.access import models as access
from meterbook.domain.access import rules
from meterbook.interfaces.web import context, errors, resume

READS = frozenset({"GET", "HEAD"})
# Routes that need no log-in, by name, each with its reason. Everything else goes through @page.
PUBLIC = {
    "login": "the door itself",
    "language": "the log-in page offers the language; it sets one cookie",
    "theme": "the log-in page offers the theme; it sets one cookie",
}

# Addresses with a door of their own, by namespace, each with where it stands.
OWN_DOORS = {"api": "keys of other systems instead of people: interfaces.api.door"}

P = ParamSpec("P")


class PageRequest(HttpRequest):
    """A request that came through @page: there is a person and what they may do."""

    actor: actors.Actor


PageView = Callable[Concatenate[PageRequest, P], HttpResponseBase]
DjangoView = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


@dataclass(frozen=True, slots=True)
class PageRule:
    """What a view demands. Without a right, being logged in is enough."""

    right: str | None
    methods: tuple[str, ...]
    is_password_change: bool
    opens_own: bool


def page(
    *,
    right: str | None = None,
    methods: Sequence[str] = ("GET",),
    is_password_change: bool = False,
    opens_own: bool = False,
) -> Callable[[PageView[P]], DjangoView[P]]:
    """Guard a view. `right` is a code of access.rules.RIGHTS (checked at import). HEAD comes with GET.

    `opens_own`: a GET whose use case opens its transactions itself, because the look is written down.
    """
    if right is not None and right not in rules.RIGHTS:
        raise ValueError(f"no such right: {right}")
    allowed = (*methods, "HEAD") if "GET" in methods else tuple(methods)
    rule = PageRule(right=right, methods=allowed, is_password_change=is_password_change, opens_own=opens_own)

    def guard(view: PageView[P]) -> DjangoView[P]:
        @functools.wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            refusal = _refusal(request, rule=rule)
            if refusal is not None:
                return refusal
            bound = functools.partial(view, request, *args, **kwargs)  # type: ignore[arg-type]  # now a PageRequest
            response = _answer(request, bound=bound, rule=rule)
            add_never_cache_headers(response)
            return response

        guarded.page_rule = rule  # type: ignore[attr-defined]  # read by `unguarded` and tests
        return guarded

    return guard


def redirect(
    request: HttpRequest, to: object, *args: Any, notice: context.Notice | None = None
) -> HttpResponse:
    """Answer a POST: go and look there (303), with a line to show once. `to` as for django's redirect."""
    if notice is not None:
        request.session[context.NOTICE_KEY] = asdict(notice)
    response = HttpResponseRedirect(resolve_url(to, *args))  # type: ignore[arg-type]  # any view or path
    response.status_code = 303
    return response


def unguarded(patterns: Sequence[URLPattern | URLResolver], *, prefix: str = "") -> Iterator[str]:
    """The routes that neither go through @page nor stand in PUBLIC. The architecture test wants none."""
    for pattern in patterns:
        path = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver) and pattern.namespace in OWN_DOORS:
            continue
        if isinstance(pattern, URLResolver):
            yield from unguarded(pattern.url_patterns, prefix=path)
        elif not hasattr(pattern.callback, "page_rule") and pattern.name not in PUBLIC:
            yield path


def _refusal(request: HttpRequest, *, rule: PageRule) -> HttpResponseBase | None:
    if request.method not in rule.methods:
        return errors.method_not_allowed(request, allowed=rule.methods)
    staff = request.user
    if not isinstance(staff, access.Staff):
        return _ask_to_log_in(request)
    actor = actors.of_staff(staff=staff, remote_address=request.META.get("REMOTE_ADDR", ""))
    request.actor = actor  # type: ignore[attr-defined]  # from here on it is a PageRequest
    if staff.must_change_password and not rule.is_password_change:
        return redirect(request, "password")
    if rule.right is not None and not actor.may(rule.right):
        return errors.forbidden(request, right=rule.right)
    return None


def _ask_to_log_in(request: HttpRequest) -> HttpResponseBase:
    if getattr(request, "htmx", False) or request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(status=401, headers={"HX-Reswap": "none"})
    if request.method in READS:
        return HttpResponseRedirect(f"{reverse('login')}?{resume.next_query(request)}")
    return resume.log_in_page(request)


def _answer(
    request: HttpRequest, *, bound: Callable[[], HttpResponseBase], rule: PageRule
) -> HttpResponseBase:
    actor: actors.Actor = request.actor  # type: ignore[attr-defined]  # set by `_refusal`
    try:
        if request.method in READS and not rule.opens_own:
            with transaction.reading(actor=actor):
                return _rendered(bound())
        response = bound()
        if isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
            with transaction.reading(actor=actor):
                return _rendered(response)
    except rules.NotAllowedError as refusal:
        return errors.forbidden(request, right=refusal.right)
    return response


def _rendered(response: HttpResponseBase) -> HttpResponseBase:
    if isinstance(response, SimpleTemplateResponse):
        response.render()
    return response
