"""What the pages of a customer's record share: the record or 404, a form's page, the way back."""

import contextlib
from collections.abc import Iterator
from typing import Any

from django import forms
from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from meterbook.application import customers_admin, transaction
from meterbook.domain.customers import queries_records
from meterbook.interfaces.web import context, page

UNPROCESSABLE = 422


@contextlib.contextmanager
def reading(request: page.PageRequest) -> Iterator[None]:
    """A read around what a POST has to look up; a GET is inside one already."""
    with transaction.reading(actor=request.actor) if request.method == "POST" else contextlib.nullcontext():
        yield


def record_or_404(*, customer_id: int) -> queries_records.CustomerRecord:
    """The customer in the person's scope."""
    try:
        return queries_records.customer_record(customer_id=customer_id)
    except queries_records.CustomerNotFoundError as missing:
        raise Http404 from missing


def form_page(
    request: page.PageRequest,
    *,
    form: forms.Form,
    title: str | Promise,
    button: str | Promise,
    customer: queries_records.CustomerRecord | None = None,
    note: str | Promise = "",
    is_danger: bool = False,
    template: str = "customer_records/form.html",
    **more: Any,
) -> TemplateResponse:
    """The page of one act: what it is about, its fields, one button. 422 when something is to put right."""
    facts = {
        "form": form,
        "title": title,
        "button": button,
        "customer": customer,
        "note": note,
        "is_danger": is_danger,
        "back_url": reverse("customer_list")
        if customer is None
        else reverse("customer", args=[customer.customer_id]),
        **more,
    }
    return TemplateResponse(request, template, facts, status=UNPROCESSABLE if form.is_bound else 200)


def back(request: page.PageRequest, customer_id: int, text: str, *, kind: str = "ok") -> HttpResponseBase:
    """To the record, with a line that says what was done."""
    return page.redirect(request, "customer", customer_id, notice=context.Notice(text=text, kind=kind))


@contextlib.contextmanager
def found_customer() -> Iterator[None]:
    """A customer outside the scope is a page that isn't there."""
    try:
        yield
    except queries_records.CustomerNotFoundError as missing:
        raise Http404 from missing


def merged_away(request: page.PageRequest, error: customers_admin.MergedAwayError) -> HttpResponseBase:
    """Nothing was done: the record was merged; the one that is kept is shown."""
    return back(
        request, error.into_id, _("That record was merged into this one. Nothing was changed."), kind="warn"
    )
