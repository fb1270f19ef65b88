"""What stands before every page: health, static files, the company, a designed answer without database."""

import json
import logging
import pathlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from whitenoise import middleware as whitenoise  # type: ignore[import-untyped]  # none published

from meterbook.application import company
from meterbook.domain.companies import models as companies
from meterbook.interfaces.api import door
from meterbook.interfaces.web import assets, errors

_log = logging.getLogger(__name__)
Next = Callable[[HttpRequest], HttpResponseBase]
HEALTH_PATH = "/healthz"
_SHARED_SCHEMA = "public"
_COMPANIES_KEPT_SECONDS = 30
_NUL, _NUL_IN_QUERY = "\0", "%00"


class HealthMiddleware:
    """Answers /healthz before anything else: 200 when the database answers, 503 when not."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the health check; pass everything else on."""
        if request.path != HEALTH_PATH:
            return self.get_response(request)
        try:
            company.use_schema(_SHARED_SCHEMA)
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except DatabaseError:
            return _health(state="database", status=503)
        return _health(state="ok", status=200)


def _health(*, state: str, status: int) -> HttpResponse:
    body = json.dumps({"state": state})
    return HttpResponse(
        body, status=status, content_type="application/json", headers={"Cache-Control": "no-store"}
    )


class StaticMiddleware(whitenoise.WhiteNoiseMiddleware):  # type: ignore[misc]  # untyped base
    """Serves the published static files; their address names their content, so they are kept for ever."""

    def __init__(self, get_response: Next) -> None:
        assets.publish(root=pathlib.Path(settings.STATIC_ROOT))
        super().__init__(get_response)

    def immutable_file_test(self, path: str, url: str) -> bool:  # noqa: ARG002 # WhiteNoise's form
        """Every published file is immutable."""
        return True


class CompanyMiddleware:
    """Chooses the company's schema: the only one there is, else by host name."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self._directory = _Directory()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Put the company on the request and its schema on the connection."""
        try:
            found = self._directory.company_at(host=request.get_host().partition(":")[0].lower())
        except (OperationalError, InterfaceError):
            _log.exception("the database can't be reached")
            return errors.unavailable(request)
        if found is None:
            return errors.unavailable(request)
        request.tenant = found  # type: ignore[attr-defined]  # read by context.Shell
        company.use_schema(str(found.schema_name))
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A database that went away in the middle of a page is a 503, not our fault page."""
        if isinstance(exception, OperationalError | InterfaceError):
            _log.error("the database went away during %s", request.path, exc_info=exception)
            return errors.unavailable(request)
        return None


class _Directory:
    """The few companies of this installation, read from the shared schema and kept for half a minute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._ready: list[companies.Company] = []
        self._by_host: dict[str, companies.Company] = {}

    def company_at(self, *, host: str) -> companies.Company | None:
        """The company reached by `host`, or the only one; None when there is none ready."""
        with self._lock:
            if not self._ready or time.monotonic() - self._read_at > _COMPANIES_KEPT_SECONDS:
                self._read()
            only = self._ready[0] if len(self._ready) == 1 else None
            return self._by_host.get(host, only)

    def _read(self) -> None:
        company.use_schema(_SHARED_SCHEMA)
        self._ready = list(companies.Company.objects.filter(ready_at__isnull=False))
        self._by_host = {
            address.domain: address.tenant
            for address in companies.Address.objects.filter(tenant__in=self._ready).select_related("tenant")
        }
        self._read_at = time.monotonic()


class NulMiddleware:
    """Answers a NUL character with 400: no text of people has one, and PostgreSQL keeps none.

    The address and the cookies are looked at before anything else reads them, a form once its token was found
    good: a stranger's body is not read. Names of files come without such signs from Django's own reading.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Refuse an address or a cookie with a NUL."""
        query = str(request.META.get("QUERY_STRING", ""))
        if _NUL_IN_QUERY in query or any(_NUL in text for text in (query, request.path, *_cookies(request))):
            return _unreadable(request)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Refuse a form with a NUL, or one of which only half arrived."""
        del view, args, kwargs
        try:
            is_good = not any(_NUL in text for text in _fields(request))
        except UnreadablePostError:
            is_good = False
        return None if is_good else _unreadable(request)


def _cookies(request: HttpRequest) -> Iterator[str]:
    for name, value in request.COOKIES.items():
        yield from (name, value)


def _fields(request: HttpRequest) -> Iterator[str]:
    for name, values in request.POST.lists():
        yield from (name, *map(str, values))
    for name, files in request.FILES.lists():
        yield name
        for file in files:
            yield from (file.name or "", file.content_type or "")


def _unreadable(request: HttpRequest) -> HttpResponse:
    return door.unreadable() if request.path.startswith(door.PATH) else errors.unreadable(request)
