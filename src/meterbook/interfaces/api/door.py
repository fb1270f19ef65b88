"""The door of the interface: a key opens it, so often a minute, for the scopes it was given."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer

from meterbook.application import api_access, transaction
from meterbook.interfaces import clock

P = ParamSpec("P")
R = TypeVar("R")
PATH = "/api/"  # where every door of this kind stands


class ApiRequest(HttpRequest):
    """A request that a key let in."""

    auth: api_access.Caller


class UnknownParameterError(Exception):
    """A parameter nobody knows: a misspelt filter would else answer with everything."""

    def __init__(self, *, names: tuple[str, ...]) -> None:
        super().__init__(", ".join(names))
        self.names = names


class Bearer(HttpBearer):
    """`Authorization: Bearer mb_...`."""

    openapi_name = "key"

    def authenticate(self, request: HttpRequest, token: str) -> api_access.Caller:
        """The caller of the key."""
        return api_access.let_in(
            key=token,
            now=clock.now(),
            today=clock.today(),
            remote_address=request.META.get("REMOTE_ADDR", ""),
        )


def scoped(
    scope: str,
) -> Callable[[Callable[Concatenate[ApiRequest, P], R]], Callable[Concatenate[ApiRequest, P], R]]:
    """Run an operation in one read-only transaction of the caller, if its key has the scope."""
    if scope not in api_access.SCOPES:
        raise ValueError(scope)

    def guard(
        operation: Callable[Concatenate[ApiRequest, P], R],
    ) -> Callable[Concatenate[ApiRequest, P], R]:
        known = frozenset(inspect.signature(operation).parameters)

        @functools.wraps(operation)
        def guarded(request: ApiRequest, /, *args: P.args, **kwargs: P.kwargs) -> R:
            if scope not in request.auth.scopes:
                raise HttpError(403, f"this key has no scope '{scope}'")
            if unknown := set(request.GET) - known:
                raise UnknownParameterError(names=tuple(sorted(unknown)))
            with transaction.reading(actor=request.auth.actor):
                return operation(request, *args, **kwargs)

        guarded.api_scope = scope  # type: ignore[attr-defined]  # read by the tests of the door
        return guarded

    return guard


def unreadable() -> JsonResponse:
    """The refusal of a request with signs that no text has, before its key is looked at."""
    return JsonResponse(
        {"code": "UNREADABLE", "message": "a NUL character, which no text has"},
        status=400,
        headers={"Cache-Control": "no-store"},
    )


def answer_errors(api: NinjaAPI) -> None:
    """Every refusal has the same shape: a code for programs, a message for people."""

    def refused(request: HttpRequest, error: Any) -> HttpResponse:
        del error
        answer = api.create_response(
            request, {"code": "KEY_REFUSED", "message": "no key, or one that opens nothing"}, status=401
        )
        answer["WWW-Authenticate"] = 'Bearer realm="meterbook"'
        return answer

    def too_often(request: HttpRequest, error: Any) -> HttpResponse:
        message = f"asked too often; again in {error.wait_seconds} s"
        answer = api.create_response(request, {"code": "TOO_OFTEN", "message": message}, status=429)
        answer["Retry-After"] = str(error.wait_seconds)
        return answer

    def not_so(request: HttpRequest, error: Any) -> HttpResponse:
        codes = {400: "UNREADABLE", 403: "SCOPE_MISSING", 404: "NOT_FOUND"}
        body = {"code": codes.get(error.status_code, "REFUSED"), "message": str(error)}
        return api.create_response(request, body, status=error.status_code)

    def invalid(request: HttpRequest, error: Any) -> HttpResponse:
        faults = [
            {"field": ".".join(str(part) for part in fault["loc"][1:]), "message": str(fault["msg"])}
            for fault in error.errors
        ]
        return _invalid(api, request, faults=faults)

    def unknown(request: HttpRequest, error: Any) -> HttpResponse:
        faults = [{"field": name, "message": "no such parameter"} for name in error.names]
        return _invalid(api, request, faults=faults)

    api.add_exception_handler(AuthenticationError, refused)
    api.add_exception_handler(api_access.KeyRefusedError, refused)
    api.add_exception_handler(api_access.TooOftenError, too_often)
    api.add_exception_handler(HttpError, not_so)
    api.add_exception_handler(ValidationError, invalid)
    api.add_exception_handler(UnknownParameterError, unknown)


def _invalid(api: NinjaAPI, request: HttpRequest, *, faults: list[dict[str, str]]) -> HttpResponse:
    body = {"code": "INVALID", "message": "a parameter can't be used", "faults": faults}
    return api.create_response(request, body, status=422)
