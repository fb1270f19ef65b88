"""The start page."""

from django.urls import URLPattern, path

from meterbook.interfaces.web.views import home

urlpatterns: list[URLPattern] = [path("", home.home, name="home")]
