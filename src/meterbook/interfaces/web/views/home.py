"""The start page: each role begins where its work is; the others see the figures of the day."""

from django.http import HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse

from meterbook.interfaces import clock
from meterbook.interfaces.web import context, page
from meterbook.interfaces.web.views import links
from meterbook.reporting import today as figures


@page.page()
def home(request: page.PageRequest) -> HttpResponseBase:
    """A clerk goes to the till, a reader to the books; everybody else sees today's figures."""
    start = _start_of(request)
    if start and not _has_notice(request):
        return HttpResponseRedirect(start)
    actor = request.actor
    facts = {
        "figures": figures.figures(today=clock.today()),
        "today": clock.today(),
        "sees_bills": actor.may("billing.view"),
        "sees_payments": actor.may("payments.view"),
        "sees_readings": actor.may("readings.view"),
        "links": {
            name: links.to(name)
            for name in ("books", "held_readings", "bill_runs", "payments", "shifts", "customers")
        },
        "start": start,
    }
    return TemplateResponse(request, "home/home.html", facts)


def _start_of(request: page.PageRequest) -> str:
    """Where a person with one main job begins; "" for who oversees several."""
    actor = request.actor
    oversees = actor.may("shifts.view") or actor.may("staff.manage") or actor.may("billing.issue")
    if oversees:
        return ""
    if actor.may("payments.take"):
        return links.to("till")
    if actor.may("readings.enter"):
        return links.to("books")
    return ""


def _has_notice(request: page.PageRequest) -> bool:
    return context.NOTICE_KEY in request.session
