"""The audit trail."""

from django.urls import URLPattern, path

from meterbook.interfaces.web.views import audit

urlpatterns: list[URLPattern] = [
    path("audit/", audit.listing, name="audit"),
    path("audit/<int:entry_id>/", audit.entry, name="audit_entry"),
]
