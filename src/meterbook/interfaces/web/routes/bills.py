"""Bills: the list, one bill, its paper."""

from django.urls import URLPattern, path

from meterbook.interfaces.web.views import bills

urlpatterns: list[URLPattern] = [
    path("bills/", bills.listing, name="bills"),
    path("bills/<int:bill_id>/", bills.bill, name="bill"),
    path("bills/<int:bill_id>/print", bills.paper, name="bill_print"),
]
