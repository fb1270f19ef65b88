"""Saved views of lists."""

from django.urls import URLPattern, path

from meterbook.application import saved_views
from meterbook.interfaces.web import list_views
from meterbook.interfaces.web.views import views

urlpatterns: list[URLPattern] = [
    path("lists/save-view/", views.save, name="view_save"),
    path("lists/views/<int:view_id>/delete/", views.delete, name="view_delete"),
]

list_views.provide(lambda actor, name: saved_views.views_of(actor=actor, list_name=name))
