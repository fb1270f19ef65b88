"""Imports: upload, dry run, apply, and the workbooks that go with them."""

from django.urls import URLPattern, path

from meterbook.interfaces.web import palette
from meterbook.interfaces.web.views import import_audit, imports

urlpatterns: list[URLPattern] = [
    path("imports/", imports.overview, name="imports"),
    path("imports/customers.xlsx", imports.template, name="import_template"),
    path("imports/<int:import_id>/", imports.outcome, name="import"),
    path("imports/<int:import_id>/errors.xlsx", imports.errors, name="import_errors"),
    path("imports/<int:import_id>/audit/", import_audit.audit, name="import_audit"),
    path("imports/<int:import_id>/audit/again", import_audit.again, name="import_compare"),
    path("imports/<int:import_id>/comparison.xlsx", import_audit.workbook, name="import_audit_workbook"),
    path("imports/<int:import_id>/check", imports.check, name="import_check"),
    path("imports/<int:import_id>/cancel", imports.cancel, name="import_cancel"),
    path("imports/<int:import_id>/apply", imports.apply, name="import_apply"),
]

palette.provide_verb(
    palette.Verb(
        label=imports.IMPORT_CUSTOMERS, url_name="imports", icon="file-import", right="customers.import"
    )
)
