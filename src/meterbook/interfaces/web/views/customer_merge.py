"""Customers kept twice: who may be the same, two records side by side, merging and parting them."""

from dataclasses import dataclass

from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meterbook.application import actor as actors
from meterbook.application import merge_customers
from meterbook.domain.customers import queries_records, queries_standing
from meterbook.interfaces import clock
from meterbook.interfaces.web import page
from meterbook.interfaces.web.views import customer_forms as forms
from meterbook.interfaces.web.views import customer_pages as pages
from meterbook.interfaces.web.views import customer_words as words
from meterbook.kernel import identifiers
from meterbook.reporting import customer_accounts, duplicates

MOST_GROUPS = 100
SAMENESS: dict[str, str | Promise] = {
    duplicates.Sameness.IDENTITY: gettext_lazy("Same identity number"),
    duplicates.Sameness.NAME_AND_ADDRESS: gettext_lazy("Same name at the same address"),
    duplicates.Sameness.PHONE: gettext_lazy("Same phone"),
}


@dataclass(frozen=True, slots=True)
class Side:
    """One of two records as the page compares them; numbers are masked for who may not see them."""

    record: queries_records.CustomerRecord
    kind: str | Promise
    customer_class: str | Promise
    payment_method: str | Promise
    contacts: tuple[str, ...]
    documents: tuple[tuple[str | Promise, str], ...]
    tags: tuple[str, ...]
    accounts: customer_accounts.Accounts


@page.page(right=merge_customers.RIGHT)
def listing(request: page.PageRequest) -> HttpResponseBase:
    """Who may be the same, the strongest reasons first."""
    groups = duplicates.duplicate_groups(most=MOST_GROUPS)
    shows = request.actor.may("personal_data.view")
    facts = {
        "groups": [
            (
                SAMENESS[group.sameness],
                group.candidates[0],
                [
                    (one, [p if shows else identifiers.masked(p, head=3, tail=4) for p in one.phones])
                    for one in group.candidates
                ],
            )
            for group in groups
        ],
        "is_cut": len(groups) == MOST_GROUPS,
    }
    return TemplateResponse(request, "customer_records/duplicates.html", facts)


@page.page(right=merge_customers.RIGHT, methods=("GET", "POST"))
def merge(request: page.PageRequest, customer_id: int, other_id: int) -> HttpResponseBase:
    """Two records side by side; `other_id` is merged into `customer_id`, for a reason."""
    with pages.reading(request):
        kept = pages.record_or_404(customer_id=customer_id)
        merged = pages.record_or_404(customer_id=other_id)
    if customer_id == other_id:
        raise Http404
    form = forms.ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            done = merge_customers.merge(
                actor=request.actor,
                now=clock.now(),
                kept_id=customer_id,
                merged_id=other_id,
                reason=form.cleaned_data["reason"],
            )
        except merge_customers.MergedAwayError as gone:
            return pages.merged_away(request, gone)
        except merge_customers.OtherStationError:
            form.add_error(None, _("Records of two stations are not merged."))
        else:
            text = _("Merged; accounts moved: %(number)s.") % {"number": len(done.account_ids)}
            return pages.back(request, customer_id, text)
    with pages.reading(request):
        sides = [_side(request.actor, record) for record in (kept, merged)]
    return pages.form_page(
        request,
        form=form,
        title=_("Merge customers"),
        button=_("Merge"),
        customer=kept,
        template="customer_records/merge.html",
        sides=sides,
        merged=sides[1],
        sees_money=request.actor.may("billing.view"),
        swap_url=reverse("customer_merge", args=[other_id, customer_id]),
        is_same_station=kept.station_id == merged.station_id,
        is_done=kept.merged_into_id is not None or merged.merged_into_id is not None,
    )


@page.page(right=merge_customers.RIGHT, methods=("GET", "POST"))
def undo(request: page.PageRequest, merge_id: int) -> HttpResponseBase:
    """Part two records again, for a reason."""
    with pages.reading(request):
        line = queries_records.merge_line(merge_id=merge_id)
        if line is None or line.undoes_id is not None:
            raise Http404
        record = pages.record_or_404(customer_id=line.kept_id)
    form = forms.ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            done = merge_customers.undo(
                actor=request.actor, now=clock.now(), merge_id=merge_id, reason=form.cleaned_data["reason"]
            )
        except merge_customers.MergeUndoneError:
            return pages.back(request, line.kept_id, _("This merge was undone before."), kind="warn")
        except merge_customers.KeptMergedAwayError:
            form.add_error(None, _("The kept record was merged itself since: undo that merge first."))
        else:
            text = _("Parted; accounts given back: %(number)s.") % {"number": len(done.account_ids)}
            return pages.back(request, line.merged_id, text)
    return pages.form_page(
        request,
        form=form,
        title=_("Undo the merge"),
        button=_("Undo the merge"),
        customer=record,
        note=_(
            "“%(name)s” becomes a record of its own again; accounts that moved and are still here go back."
        )
        % {"name": line.merged_name},
        is_danger=True,
    )


def _side(actor: actors.Actor, record: queries_records.CustomerRecord) -> Side:
    ids = queries_records.customer_with_merged(customer_id=record.customer_id)
    shows = actor.may("personal_data.view")
    contacts = [
        line.value for line in queries_records.contact_lines(customer_ids=ids) if not line.valid_until
    ]
    documents = [line for line in queries_records.documents_of(customer_ids=ids) if not line.valid_until]
    return Side(
        record=record,
        kind=words.KINDS[record.details.kind],
        customer_class=words.CLASSES[record.details.customer_class],
        payment_method=words.PAYMENT_METHODS[record.details.payment_method],
        contacts=tuple(v if shows else identifiers.masked(v, head=3, tail=4) for v in contacts),
        documents=tuple(
            (words.DOCUMENT_KINDS[d.kind], d.number if shows else identifiers.masked(d.number))
            for d in documents
        ),
        tags=tuple(line.name for line in queries_standing.tags_of(customer_ids=ids)),
        accounts=customer_accounts.accounts_of(customer_ids=ids, today=clock.today()),
    )
