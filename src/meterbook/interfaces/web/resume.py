"""A form whose session ended while it was being filled in is kept, and offered again after log-in.

What was typed travels in one signed field of the log-in page: the server made it from a request that
passed the CSRF check, nobody else can. Passwords and files never travel. After log-in the person sees
what is about to be sent and as whom, and presses the button; nothing is sent by itself.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth import forms as auth_forms
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme

SESSION_KEY = "resume"
FIELD = "resume"
_SALT = "meterbook.resume"
_KEPT_SECONDS = 12 * 3600
_LARGEST_CHARACTERS = 400_000


@dataclass(frozen=True, slots=True)
class KeptForm:
    """What was posted: the address, the fields in order, and the names of files that must be chosen again."""

    path: str
    fields: tuple[tuple[str, str], ...]
    files: tuple[str, ...]


def next_query(request: HttpRequest) -> str:
    """The query string that brings the person back here after log-in."""
    return urlencode({"next": request.get_full_path()})


def safe_next(request: HttpRequest, *, fallback: str) -> str:
    """Where to go after log-in: the `next` given, if it is a path on this host, else `fallback`."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_safe and wanted.startswith("/") else fallback


def log_in_page(request: HttpRequest) -> HttpResponse:
    """The log-in page (401) carrying the form that was just posted."""
    kept = KeptForm(path=request.get_full_path(), fields=_typed_fields(request), files=_file_fields(request))
    token = _packed(kept)
    return TemplateResponse(
        request,
        "auth/login.html",
        {
            "form": auth_forms.AuthenticationForm(request),
            "resume": token if len(token) <= _LARGEST_CHARACTERS else "",
            "is_expired": True,
            "next": "",
        },
        status=401,
    ).render()


def unpacked(token: str) -> KeptForm | None:
    """The form kept in `token`; None when it is too old or not ours."""
    try:
        body = signing.loads(token, salt=_SALT, max_age=_KEPT_SECONDS)
    except signing.BadSignature:
        return None
    fields = tuple((name, value) for name, value in body["fields"])
    return KeptForm(path=body["path"], fields=fields, files=tuple(body["files"]))


def _packed(kept: KeptForm) -> str:
    body = {"path": kept.path, "fields": kept.fields, "files": kept.files}
    return signing.dumps(body, salt=_SALT, compress=True)


def _typed_fields(request: HttpRequest) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, str(value))
        for name, values in request.POST.lists()
        for value in values
        if name != "csrfmiddlewaretoken" and "password" not in name.lower()
    )


def _file_fields(request: HttpRequest) -> tuple[str, ...]:
    return tuple(request.FILES)
