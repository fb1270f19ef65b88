"""Tags, the watch and care lists, and credit: for one customer, for everybody, and how it is scored."""

import json

from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from meterbook.application import customer_standing, customers_admin, rate_credit
from meterbook.domain.customers import models, queries_records, queries_standing
from meterbook.interfaces import clock
from meterbook.interfaces.jobs import tasks
from meterbook.interfaces.web import context, page
from meterbook.interfaces.web.views import customer_forms as forms
from meterbook.interfaces.web.views import customer_pages as pages
from meterbook.interfaces.web.views import customer_words as words

BOTH = ("GET", "POST")


@page.page(right=customer_standing.RIGHT_TAGS, methods=("POST",))
def tag(request: page.PageRequest, customer_id: int) -> HttpResponseBase:
    """Mark the customer with a tag."""
    form = forms.TagForm(request.POST)
    with pages.reading(request):
        pages.record_or_404(customer_id=customer_id)
    if not form.is_valid():
        return pages.back(request, customer_id, _("A tag is a word of at most 30 signs."), kind="bad")
    try:
        customer_standing.tag(
            actor=request.actor,
            now=clock.now(),
            today=clock.today(),
            customer_id=customer_id,
            name=form.cleaned_data["name"],
        )
    except customers_admin.MergedAwayError as merged:
        return pages.merged_away(request, merged)
    return pages.back(request, customer_id, _("Tag given."))


@page.page(right=customer_standing.RIGHT_TAGS, methods=("POST",))
def untag(request: page.PageRequest, customer_id: int, tag_id: int) -> HttpResponseBase:
    """Take a tag away."""
    try:
        with pages.found_customer():
            customer_standing.untag(
                actor=request.actor,
                now=clock.now(),
                today=clock.today(),
                customer_id=customer_id,
                tag_id=tag_id,
            )
    except customers_admin.MergedAwayError as merged:
        return pages.merged_away(request, merged)
    return pages.back(request, customer_id, _("Tag taken away."))


@page.page(right=customer_standing.RIGHT_LISTS, methods=BOTH)
def list_put(request: page.PageRequest, customer_id: int) -> HttpResponseBase:
    """Put the customer on a list."""
    with pages.reading(request):
        record = pages.record_or_404(customer_id=customer_id)
    form = forms.ListForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            customer_standing.put_on_list(
                actor=request.actor,
                now=clock.now(),
                today=clock.today(),
                customer_id=customer_id,
                kind=models.ListKind(int(form.cleaned_data["kind"])),
                reason=form.cleaned_data["reason"],
            )
        except customers_admin.MergedAwayError as merged:
            return pages.merged_away(request, merged)
        return pages.back(request, customer_id, _("The customer is on the list."))
    return pages.form_page(
        request,
        form=form,
        title=_("Put on a list"),
        button=_("Put on the list"),
        customer=record,
        note=_("The watch list is looked at by dunning and audits; who is on the care list is spared."),
    )


@page.page(right=customer_standing.RIGHT_LISTS, methods=BOTH)
def list_end(request: page.PageRequest, customer_id: int, list_entry_id: int) -> HttpResponseBase:
    """Take the customer off a list."""
    with pages.reading(request):
        record = pages.record_or_404(customer_id=customer_id)
        together = queries_records.customer_with_merged(customer_id=customer_id)
        entries = queries_standing.list_lines(customer_ids=together)
    entry = next((e for e in entries if e.entry_id == list_entry_id and e.until_on is None), None)
    if entry is None:
        raise Http404
    form = forms.ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            customer_standing.take_off_list(
                actor=request.actor,
                now=clock.now(),
                today=clock.today(),
                customer_id=customer_id,
                entry_id=list_entry_id,
                reason=form.cleaned_data["reason"],
            )
        except customers_admin.MergedAwayError as merged:
            return pages.merged_away(request, merged)
        return pages.back(request, customer_id, _("The customer is off the list."))
    return pages.form_page(
        request,
        form=form,
        title=_("Take off the list"),
        button=_("Take off"),
        customer=record,
        note=f"{words.LISTS[entry.kind]}: {entry.reason}",
        is_danger=True,
    )


@page.page(right=rate_credit.RIGHT, methods=("POST",))
def rate(request: page.PageRequest, customer_id: int) -> HttpResponseBase:
    """Score the customer now."""
    try:
        with pages.found_customer():
            is_new = rate_credit.rate_one(actor=request.actor, today=clock.today(), customer_id=customer_id)
    except rate_credit.NoAccountError:
        return pages.back(
            request, customer_id, _("Without an account there is nothing to score."), kind="warn"
        )
    except customers_admin.MergedAwayError as merged:
        return pages.merged_away(request, merged)
    text = _("Credit is scored anew.") if is_new else _("The score is what it was.")
    return pages.back(request, customer_id, text)


@page.page(right=rate_credit.RIGHT, methods=BOTH)
def credit(request: page.PageRequest) -> HttpResponseBase:
    """How credit is scored, and for who serves the whole company: set it."""
    with pages.reading(request):
        in_force = queries_standing.scheme_in_force()
        may_set = rate_credit.may_set_scheme(actor=request.actor)
    text = json.dumps(in_force.document, ensure_ascii=False, indent=1)
    form = forms.SchemeForm(request.POST or None, initial={"document": text})
    if request.method == "POST":
        if not may_set:
            request.actor.require("staff.manage")
        if form.is_valid():
            try:
                version = rate_credit.set_scheme(
                    actor=request.actor, now=clock.now(), document=form.cleaned_data["document"]
                )
            except rate_credit.SchemeError as refused:
                form.add_error("document", f"{refused.place}: {words.SCHEME_REFUSALS[refused.code]}")
            else:
                notice = context.Notice(text=_("Credit is scored by version %s now.") % version)
                return page.redirect(request, "customer_credit", notice=notice)
    facts = {
        "in_force": in_force,
        "factors": [(factor, words.FACTS[factor.fact]) for factor in in_force.scheme.factors],
        "form": form,
        "may_set": may_set,
        "grade_kinds": words.GRADE_KINDS,
    }
    status = pages.UNPROCESSABLE if form.is_bound else 200
    return TemplateResponse(request, "customer_records/credit.html", facts, status=status)


@page.page(right=rate_credit.RIGHT, methods=("POST",))
def rate_all(request: page.PageRequest) -> HttpResponseBase:
    """Score everybody of the person's stations in the background."""
    staff_id = request.actor.staff_id
    if staff_id is not None:
        rate_credit.start(
            actor=request.actor, now=clock.now(), defer=lambda: tasks.defer_rating(staff_id=staff_id)
        )
    notice = context.Notice(text=_("Everybody is being scored; the pages show it as it goes."))
    return page.redirect(request, reverse("customer_credit"), notice=notice)
