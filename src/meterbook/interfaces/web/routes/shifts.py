"""Shifts and the day close."""

from django.urls import URLPattern, path

from meterbook.interfaces.web import nav
from meterbook.interfaces.web.views import shifts

nav.provide_count(place_key="shifts", count=shifts.waiting)

urlpatterns: list[URLPattern] = [
    path("shifts/", shifts.listing, name="shifts"),
    path("shifts/<int:shift_id>/", shifts.shift, name="shift"),
    path("shifts/<int:shift_id>/count", shifts.count, name="shift_count"),
    path("shifts/<int:shift_id>/take-over", shifts.take_over, name="shift_take_over"),
]
