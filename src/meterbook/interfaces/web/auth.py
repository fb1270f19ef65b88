"""Log-in, log-out, own password; language and theme."""

from django import forms
from django.conf import settings
from django.contrib.auth import forms as auth_forms
from django.contrib.auth import login as open_session
from django.contrib.auth import logout as end_session
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from meterbook.application import staff_admin
from meterbook.domain.access import models as access
from meterbook.interfaces import clock
from meterbook.interfaces.web import context, errors, page, resume

_COOKIE_YEAR_SECONDS = 365 * 24 * 3600


@never_cache
@sensitive_post_parameters("password")
def login(request: HttpRequest) -> HttpResponseBase:
    """Ask for user name and password; then go where the person was going, or offer the form that was kept."""
    if request.method not in {"GET", "HEAD", "POST"}:
        return errors.method_not_allowed(request, allowed=("GET", "HEAD", "POST"))
    home = reverse(settings.LOGIN_REDIRECT_URL)
    target = resume.safe_next(request, fallback=home)
    token = request.POST.get(resume.FIELD, "")
    if request.method != "POST":
        if request.user.is_authenticated:
            return HttpResponseRedirect(target)
        return _login_page(request, form=auth_forms.AuthenticationForm(request), target=target)
    form = auth_forms.AuthenticationForm(request, data=request.POST)
    if not form.is_valid():
        return _login_page(request, form=form, target=target, token=token, status=422)
    open_session(request, form.get_user())
    if token and resume.unpacked(token) is not None:
        request.session[resume.SESSION_KEY] = token
        return HttpResponseRedirect(reverse("resume_form"))
    return HttpResponseRedirect(target)


def _login_page(
    request: HttpRequest, *, form: forms.Form, target: str, token: str = "", status: int = 200
) -> HttpResponse:
    facts = {"form": form, "next": target, "resume": token, "is_expired": bool(token)}
    return TemplateResponse(request, "auth/login.html", facts, status=status)


def locked_out(request: HttpRequest, *_args: object, **_kwargs: object) -> HttpResponse:
    """Too many failures: the same words whether or not the user name exists (called by django-axes)."""
    return TemplateResponse(request, "auth/locked.html", {}, status=429).render()


@page.page()
def resume_form(request: page.PageRequest) -> HttpResponseBase:
    """Show the form that was kept over the log-in, ready to be sent by the person who is logged in now."""
    kept = resume.unpacked(request.session.get(resume.SESSION_KEY, ""))
    if kept is None:
        return page.redirect(request, settings.LOGIN_REDIRECT_URL)
    return TemplateResponse(request, "auth/resume.html", {"kept": kept})


@page.page(methods=("POST",), is_password_change=True)
def logout(request: page.PageRequest) -> HttpResponseBase:
    """End the session."""
    end_session(request)
    return HttpResponseRedirect(reverse("login"))


@sensitive_post_parameters()
@page.page(methods=("GET", "POST"), is_password_change=True)
def password(request: page.PageRequest) -> HttpResponseBase:
    """Change one's own password. Other sessions of the person end."""
    staff = request.user
    assert isinstance(staff, access.Staff)
    form = auth_forms.PasswordChangeForm(staff, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["new_password1"]
        staff_admin.change_own_password(actor=request.actor, now=clock.now(), password=chosen)
        staff.refresh_from_db()
        update_session_auth_hash(request, staff)
        return page.redirect(
            request, settings.LOGIN_REDIRECT_URL, notice=context.Notice(text=_("Your password is changed."))
        )
    status = 422 if form.is_bound else 200
    return TemplateResponse(request, "auth/password.html", {"form": form}, status=status)


@require_POST
def language(request: HttpRequest) -> HttpResponseBase:
    """Choose the language; kept in a cookie for a year."""
    response = HttpResponseRedirect(resume.safe_next(request, fallback="/"))
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        _keep(response, name=settings.LANGUAGE_COOKIE_NAME, value=chosen)
    return response


@require_POST
def theme(request: HttpRequest) -> HttpResponseBase:
    """Choose light or dark; kept in a cookie for a year, so that the first paint is right."""
    response = HttpResponseRedirect(resume.safe_next(request, fallback="/"))
    chosen = request.POST.get("theme", "")
    if chosen in context.THEMES:
        _keep(response, name=context.THEME_COOKIE, value=chosen)
    return response


def _keep(response: HttpResponse, *, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=_COOKIE_YEAR_SECONDS,
        samesite="Lax",
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
    )
