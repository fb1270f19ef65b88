"""A person of each kind in a ready company, and the demo pages as the site."""

import pathlib
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from meterbook.application import company
from meterbook.domain.access import models as access
from meterbook.domain.access import operations
from meterbook.domain.companies import models as companies

PASSWORD = "Quiet-River-7"
MakeStaff = Callable[..., access.Staff]


@pytest.fixture
def site(db: None, settings: LazySettings, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The demo pages on the shell, in a company that is ready."""
    settings.ROOT_URLCONF = "tests.unit.web.demo_urls"
    settings.STATIC_ROOT = str(tmp_path_factory.getbasetemp() / "static")
    templates: list[dict[str, Any]] = settings.TEMPLATES
    folder = str(pathlib.Path(__file__).parent / "templates")
    settings.TEMPLATES = [
        {**templates[0], "DIRS": [folder], "OPTIONS": _with_folder(templates[0]["OPTIONS"])}
    ]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "meterbook.interfaces.web.assets.VersionedStorage"},
    }
    company.use_schema("public")
    companies.Company.objects.update(ready_at=timezone.now(), name="城东公用收费")
    company.use_schema("main")


def _with_folder(options: dict[str, Any]) -> dict[str, Any]:
    loaders = [
        "django_cotton.cotton_loader.Loader",
        "django.template.loaders.filesystem.Loader",
        "django.template.loaders.app_directories.Loader",
    ]
    cached = [("django.template.loaders.cached.Loader", loaders)]
    return {**options, "loaders": [("template_partials.loader.Loader", cached)]}


@pytest.fixture
def make_staff(site: None) -> MakeStaff:
    """Registers a member of staff with a standard role."""
    operations.found_standard_roles()
    unit = access.OrgUnit.objects.filter(kind=access.OrgUnitKind.COMPANY).first() or operations.open_unit(
        kind=access.OrgUnitKind.COMPANY, code="C", name="城东公用", parent=None
    )

    def make(*, username: str, role: str = "CLERK", must_change_password: bool = False) -> access.Staff:
        return operations.register_staff(
            username=username,
            name="柳青",
            org_unit=unit,
            roles=[access.Role.objects.get(code=role)],
            password=PASSWORD,
            must_change_password=must_change_password,
        )

    return make


@pytest.fixture
def clerk(make_staff: MakeStaff) -> access.Staff:
    return make_staff(username="clerk")


@pytest.fixture
def visitor(site: None) -> Client:
    """A browser nobody logged in with."""
    return Client()


@pytest.fixture
def clerk_client(visitor: Client, clerk: access.Staff) -> Client:
    """A browser in which the clerk is logged in, through the real log-in page."""
    answer = visitor.post("/login", {"username": "clerk", "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    return visitor
