"""Tariffs: the catalogue and the price sheet."""

from django.urls import URLPattern, path

from meterbook.interfaces.web.views import tariffs

urlpatterns: list[URLPattern] = [
    path("tariffs/", tariffs.listing, name="tariffs"),
    path("tariffs/<str:code>/", tariffs.price_sheet, name="tariff"),
]
