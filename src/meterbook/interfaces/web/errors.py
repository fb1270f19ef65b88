"""Designed answers for what went wrong. Inside the shell when there is a person, bare otherwise.

`server_error` needs neither database nor session: it is shown when those are what failed.
"""

import logging

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils.cache import add_never_cache_headers

from meterbook.application import actor as actors
from meterbook.application import transaction
from meterbook.domain.access import models as access
from meterbook.interfaces.web import context

_log = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 # Django's form
    """400: the request itself makes no sense."""
    return _answer(request, template="errors/400.html", status=400)


def unreadable(request: HttpRequest) -> HttpResponse:
    """400 for what no table can keep, before anybody asks who sends it: no database, no session."""
    return _bare(request, template="errors/400.html", status=400, extra={})


def forbidden(
    request: HttpRequest,
    exception: Exception | None = None,  # noqa: ARG001 # Django's form
    *,
    right: str = "",
) -> HttpResponse:
    """403: the person lacks `right`. The page names it in words, so that they know what to ask for."""
    return _answer(request, template="errors/403.html", status=403, extra={"right": right})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form did not come from a page of ours, or cookies are off."""
    _log.warning("form refused: %s", reason)
    return _answer(request, template="errors/403_csrf.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 # Django's form
    """404: no such page, or a record outside the person's scope (the two look the same on purpose)."""
    return _answer(request, template="errors/404.html", status=404)


def method_not_allowed(request: HttpRequest, *, allowed: tuple[str, ...]) -> HttpResponse:
    """405: this address is not opened this way."""
    response = _answer(request, template="errors/405.html", status=405)
    response["Allow"] = ", ".join(allowed)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault. Renders without database, session or person."""
    return _bare(request, template="errors/500.html", status=500, extra={})


def unavailable(request: HttpRequest) -> HttpResponse:
    """503: the database can't be reached, or the company is still being set up."""
    response = _bare(request, template="errors/503.html", status=503, extra={})
    response["Retry-After"] = "10"
    return response


def _answer(
    request: HttpRequest, *, template: str, status: int, extra: dict[str, str] | None = None
) -> HttpResponse:
    facts = extra or {}
    try:
        actor = _person_at(request)
        if actor is not None:
            with transaction.reading(actor=actor):
                return _bare(request, template=template, status=status, extra={**facts, "frame": "base.html"})
    except DatabaseError:
        _log.exception("error page without its shell")
    return _bare(request, template=template, status=status, extra=facts)


def _person_at(request: HttpRequest) -> actors.Actor | None:
    """The actor @page let in, or the person of the session when no page was reached (404, 405)."""
    known = context.Shell(request).actor
    staff = getattr(request, "user", None)
    if known is None and isinstance(staff, access.Staff):
        known = actors.of_staff(staff=staff, remote_address=request.META.get("REMOTE_ADDR", ""))
        request.actor = known  # type: ignore[attr-defined]  # as PageRequest has it
    return known


def _bare(request: HttpRequest, *, template: str, status: int, extra: dict[str, str]) -> HttpResponse:
    content = loader.render_to_string(template, {"frame": "base_bare.html", **extra}, request=request)
    response = HttpResponse(content, status=status)
    add_never_cache_headers(response)
    return response
