"""Fitting, swapping and taking off meters."""

from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from meterbook.interfaces.web import palette
from meterbook.interfaces.web.views import fitting

palette.provide_verb(
    palette.Verb(label=_("Swap a meter"), url_name="meter_swap", icon="gauge", right="meters.fit")
)

urlpatterns: list[URLPattern] = [
    path("meters/swap/", fitting.find, name="meter_swap"),
    path("meters/places/<int:service_point_id>/", fitting.place, name="meter_place"),
    path("meters/places/<int:service_point_id>/<slug:fitting>", fitting.change, name="meter_fitting"),
    path("meters/changes/<int:change_id>/", fitting.changed, name="meter_change"),
    path("meters/changes/<int:change_id>/sheet", fitting.sheet, name="meter_change_sheet"),
    path("meters/changes/<int:change_id>/undo", fitting.undo, name="meter_change_undo"),
]
