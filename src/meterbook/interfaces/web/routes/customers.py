"""Accounts: the list and the page of one."""

from django.urls import URLPattern, path

from meterbook.interfaces.web.views import customers

urlpatterns: list[URLPattern] = [
    path("customers/", customers.listing, name="customers"),
    path("accounts/<str:account_no>/", customers.account, name="account"),
]
