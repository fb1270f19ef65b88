"""Meters taken off for arrears: what is to be hung again now, what waits for money, and the order sheet."""

from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse

from meterbook.interfaces import clock
from meterbook.interfaces.web import page
from meterbook.interfaces.web.views import links, words
from meterbook.reporting import reinstalls

MOST_SHOWN = 500


@page.page(right="customers.view")
def listing(request: page.PageRequest) -> HttpResponseBase:
    """Those paid up first; each leads to hanging a meter, or to the till."""
    takes_money = request.actor.may("payments.take")
    found = reinstalls.waiting(most=MOST_SHOWN)
    rows = [
        {
            "place": place,
            "utility": words.utility_code(place.utility),
            "account_url": reverse("account", args=[place.account_no]),
            "fit_url": reverse("meter_place", args=[place.service_point_id])
            if place.is_due and request.actor.may("meters.fit")
            else "",
            "till_url": links.to("till_account", place.account_no)
            if takes_money and not place.is_due
            else "",
        }
        for place in found
    ]
    facts = {"place": "reinstalls", "rows": rows, "has_due": any(place.is_due for place in found)}
    return TemplateResponse(request, "meters/reinstalls.html", facts)


@page.page(right="customers.view")
def order_sheet(request: page.PageRequest) -> HttpResponseBase:
    """What is to be hung again, on paper, with room for the meter and its reading."""
    due = [place for place in reinstalls.waiting(most=MOST_SHOWN) if place.is_due]
    facts = {
        "rows": [(place, words.UTILITIES[place.utility]) for place in due],
        "today": clock.today(),
    }
    return TemplateResponse(request, "meters/reinstall_sheet.html", facts)
