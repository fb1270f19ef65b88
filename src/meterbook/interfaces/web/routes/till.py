"""The till. Also what the top bar shows of the shift."""

from django.urls import URLPattern, path

from meterbook.interfaces.web import context
from meterbook.interfaces.web.views import till

context.provide_shift(till.shift_summary)

urlpatterns: list[URLPattern] = [
    path("till/", till.start, name="till"),
    path("till/open-shift", till.open_shift, name="till_open_shift"),
    path("till/<str:account_no>/", till.account, name="till_account"),
]
