"""The search has its addresses in the shell; here the records are connected to it."""

from django.urls import URLPattern

from meterbook.interfaces.web import palette
from meterbook.interfaces.web.views import search

palette.provide_search(search.hits)

urlpatterns: list[URLPattern] = []
