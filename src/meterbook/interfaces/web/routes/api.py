"""Other systems: who may read, what there is to read, and the interface itself."""

from django.urls import URLPattern, URLResolver, path

from meterbook.interfaces.api import v1
from meterbook.interfaces.web.views import api_access

urlpatterns: list[URLPattern | URLResolver] = [
    path("api-access/", api_access.overview, name="api_access"),
    path("api-access/<int:client_id>/withdraw/", api_access.withdraw, name="api_access_withdraw"),
    path("api-access/reference/", api_access.reference, name="api_reference"),
    path("api/v1/", v1.api.urls),
]
