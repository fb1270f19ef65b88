"""Meters: the list and the page of one."""

from django.urls import URLPattern, path

from meterbook.interfaces.web.views import meters

urlpatterns: list[URLPattern] = [
    path("meters/", meters.listing, name="meters"),
    path("meters/<int:meter_id>/", meters.meter, name="meter"),
]
