"""All addresses. The shell's own stand here; each subject brings a module in `routes`."""

import importlib
import pkgutil

from django.urls import URLPattern, URLResolver, path

from meterbook.interfaces.web import auth, palette, routes


def _routes_of_subjects() -> list[URLPattern | URLResolver]:
    found: list[URLPattern | URLResolver] = []
    for module in pkgutil.iter_modules(routes.__path__):
        found += importlib.import_module(f"{routes.__name__}.{module.name}").urlpatterns
    return found


urlpatterns: list[URLPattern | URLResolver] = [
    path("login", auth.login, name="login"),
    path("logout", auth.logout, name="logout"),
    path("resume", auth.resume_form, name="resume_form"),
    path("password", auth.password, name="password"),
    path("language", auth.language, name="language"),
    path("theme", auth.theme, name="theme"),
    path("search", palette.search, name="search"),
    path("palette.json", palette.palette, name="palette"),
    *_routes_of_subjects(),
]

handler400 = "meterbook.interfaces.web.errors.bad_request"
handler403 = "meterbook.interfaces.web.errors.forbidden"
handler404 = "meterbook.interfaces.web.errors.not_found"
handler500 = "meterbook.interfaces.web.errors.server_error"
