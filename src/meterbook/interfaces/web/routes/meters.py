"""Meters: the list and the page of one, lists to look at, the store, labels, models."""

from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from meterbook.interfaces.web import palette
from meterbook.interfaces.web.views import (
    meter_acts,
    meter_checks,
    meter_labels,
    meter_models,
    meter_reinstalls,
    meter_search,
    meter_store,
    meters,
)

urlpatterns: list[URLPattern] = [
    path("meters/", meters.listing, name="meters"),
    path("meters/store/", meter_store.store, name="meter_store"),
    path("meters/store/receive/", meter_store.receive, name="meters_receive"),
    path("meters/store/<slug:act>/", meter_store.move, name="meters_move"),
    path("meters/labels/", meter_labels.labels, name="meter_labels"),
    path("meters/models/", meter_models.listing, name="meter_models"),
    path("meters/models/new/", meter_models.new, name="meter_model_new"),
    path("meters/models/<int:model_id>/", meter_models.model, name="meter_model"),
    path("meters/checks/<slug:check>/", meter_checks.listing, name="meter_checks"),
    path("meters/checks/<slug:check>/sheet/", meter_checks.order_sheet, name="meter_order_sheet"),
    path("meters/reinstalls/", meter_reinstalls.listing, name="meter_reinstalls"),
    path("meters/reinstalls/sheet/", meter_reinstalls.order_sheet, name="meter_reinstall_sheet"),
    path("meters/<int:meter_id>/", meters.meter, name="meter"),
    path("meters/<int:meter_id>/moves/<int:move_id>/undo/", meter_acts.undo, name="meter_undo"),
    path("meters/<int:meter_id>/seals/", meter_acts.seal, name="meter_seal"),
    path("meters/<int:meter_id>/seals/<int:seal_id>/remove/", meter_acts.unseal, name="meter_unseal"),
    path("meters/<int:meter_id>/tests/", meter_acts.test, name="meter_test"),
    path("meters/<int:meter_id>/barcode/", meter_acts.barcode, name="meter_barcode"),
    path("meters/<int:meter_id>/due/", meter_acts.due, name="meter_due"),
]

palette.provide_search(meter_search.hits)
palette.provide_verb(palette.Verb(_("Receive meters"), "meters_receive", "plus", "meters.edit"))
palette.provide_verb(palette.Verb(_("Print meter labels"), "meter_labels", "barcode", "customers.view"))
