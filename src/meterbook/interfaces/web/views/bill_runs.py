"""Bill runs: how far every book is, what a run comes to, preview and issue."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meterbook.application import actor as actors
from meterbook.application import bill_run as use_case
from meterbook.application import transaction
from meterbook.interfaces import clock
from meterbook.interfaces.web import cells, context, lists, page
from meterbook.interfaces.web.views import bill_run_batches, bill_run_forms, bill_words, run_page
from meterbook.reporting import bill_runs


class RunSource:
    """The list's rows for one person."""

    def __init__(self, actor: actors.Actor) -> None:
        self.actor = actor

    def count(self, *, filters: Mapping[str, Any]) -> int:
        """How many rounds fit."""
        return bill_runs.sums(asked=bill_run_forms.asked(filters)).rounds

    def rows(
        self, *, filters: Mapping[str, Any], sort: lists.Sort, offset: int, limit: int
    ) -> Sequence[bill_runs.RoundRow]:
        """One page."""
        return bill_runs.rounds(
            asked=bill_run_forms.asked(filters),
            sort=sort.key,
            is_descending=sort.is_descending,
            offset=offset,
            limit=limit,
        )

    def totals(self, *, filters: Mapping[str, Any]) -> Mapping[str, int]:
        """What the runs come to together."""
        sums = bill_runs.sums(asked=bill_run_forms.asked(filters))
        return {
            "bill_count": sums.bill_count,
            "parked_count": sums.parked_count,
            "amount_minor": sums.amount_minor,
        }


LISTING = lists.Listing(
    name="bill-runs",
    title=gettext_lazy("Bill runs"),
    columns=(
        lists.Column(
            key="period",
            label=gettext_lazy("Month"),
            value=lambda row: f"{row.period:%Y-%m}",
            is_sortable=True,
        ),
        lists.Column(
            key="book_code",
            label=gettext_lazy("Book"),
            value=lambda row: row.book,
            is_sortable=True,
        ),
        lists.Column(key="station", label=gettext_lazy("Station"), is_sortable=True),
        lists.Column(
            key="stage",
            label=gettext_lazy("State"),
            kind=cells.Kind.TAG,
            value=lambda row: bill_words.STAGES[row.stage],
            is_sortable=True,
        ),
        lists.Column(
            key="bill_count",
            label=gettext_lazy("Bills"),
            kind=cells.Kind.NUMBER,
            is_sortable=True,
            has_total=True,
        ),
        lists.Column(
            key="parked_count",
            label=gettext_lazy("Parked"),
            kind=cells.Kind.NUMBER,
            is_sortable=True,
            has_total=True,
        ),
        lists.Column(
            key="amount_minor",
            label=gettext_lazy("Amount"),
            kind=cells.Kind.MONEY,
            is_sortable=True,
            has_total=True,
        ),
        lists.Column(key="issue_on", label=gettext_lazy("Issued on"), kind=cells.Kind.DAY),
        lists.Column(key="due_on", label=gettext_lazy("Due on"), kind=cells.Kind.DAY, is_shown=False),
    ),
    source=RunSource,
    default_sort=lists.Sort(key="period", is_descending=True),
    filters=bill_run_forms.RunFilters,
    template="bill_runs/list.html",
    row_url=lambda row: reverse("bill_run", args=[row.pk]),
    empty_text=gettext_lazy("Accept the readings of a book first."),
)


@page.page(right="billing.preview")
def listing(request: page.PageRequest) -> HttpResponseBase:
    """Every round with its run, and the acts on all of them."""
    query = lists.read_query(request, listing=LISTING)
    acts = bill_run_batches.facts(filters=query.filters, may_issue=request.actor.may("billing.issue"))
    return lists.respond(request, listing=LISTING, context=acts)


@page.page(right="billing.preview")
def run(request: page.PageRequest, round_id: int) -> HttpResponseBase:
    """One round: what its run comes to, and the act that is next."""
    row = _row(round_id)
    return _run_page(request, row=row, form=bill_run_forms.proposed_dates(row))


@page.page(right="billing.preview", methods=("POST",))
def preview(request: page.PageRequest, round_id: int) -> HttpResponseBase:
    """Rate the round and keep what issuing would write."""
    form = bill_run_forms.DatesForm(request.POST)
    if not form.is_valid():
        with transaction.reading(actor=request.actor):
            return _run_page(request, row=_row(round_id), form=form, status=422)
    try:
        use_case.preview(actor=request.actor, round_id=round_id, now=clock.now(), **form.cleaned_data)
    except use_case.RoundUnknownError as error:
        raise Http404 from error
    except (use_case.RoundNotAcceptedError, use_case.RunIssuedError):
        return _refused(request, round_id, _("This book can't be previewed now."))
    return page.redirect(request, "bill_run", round_id)


@page.page(right="billing.issue", methods=("POST",))
def issue(request: page.PageRequest, round_id: int, run_id: int) -> HttpResponseBase:
    """Issue what was seen; once."""
    try:
        result = use_case.issue(
            actor=request.actor, run_id=run_id, now=clock.now(), seen=request.POST.get("seen")
        )
    except use_case.RunUnknownError as error:
        raise Http404 from error
    except use_case.PreviewStaleError:
        text = _("Something changed since the preview. Nothing was issued: preview again.")
        return _refused(request, round_id, text)
    said = (
        _("This run was issued before; nothing was done again.")
        if result.is_repeat
        else _("{number} bills issued.").format(number=result.totals.bill_count)
    )
    return page.redirect(request, "bill_run", round_id, notice=context.Notice(text=said))


@page.page(right="billing.issue", methods=("POST",))
def issue_rest(request: page.PageRequest, round_id: int, run_id: int) -> HttpResponseBase:
    """Bill what had been parked and can be billed by now."""
    form = bill_run_forms.DatesForm(request.POST)
    if not form.is_valid():
        with transaction.reading(actor=request.actor):
            return _run_page(request, row=_row(round_id), form=form, status=422)
    try:
        added = use_case.issue_rest(actor=request.actor, run_id=run_id, now=clock.now(), **form.cleaned_data)
    except use_case.RunUnknownError as error:
        raise Http404 from error
    said = _("{number} more bills issued, {parked} still parked.").format(
        number=added.bill_count, parked=added.parked_count
    )
    return page.redirect(request, "bill_run", round_id, notice=context.Notice(text=said))


@page.page(right="billing.issue", methods=("POST",))
def release(request: page.PageRequest, round_id: int, usage_id: int) -> HttpResponseBase:
    """Let a usage go out that is held for its size."""
    form = bill_run_forms.ReasonForm(request.POST)
    if not form.is_valid():
        return _refused(request, round_id, _("A reason is needed."))
    try:
        use_case.release(
            actor=request.actor, usage_id=usage_id, reason=form.cleaned_data["reason"], now=clock.now()
        )
    except (LookupError, use_case.ReasonMissingError):
        return _refused(request, round_id, _("This usage is not held any more."))
    text = _("Released. It goes out with the next preview or the rest.")
    return page.redirect(request, "bill_run", round_id, notice=context.Notice(text=text))


def _row(round_id: int) -> bill_runs.RoundRow:
    try:
        return bill_runs.round_row(round_id=round_id)
    except bill_runs.RoundUnknownError as error:
        raise Http404 from error


def _refused(request: HttpRequest, round_id: int, text: str) -> HttpResponseBase:
    return page.redirect(request, "bill_run", round_id, notice=context.Notice(text=text, kind="bad"))


def _run_page(
    request: page.PageRequest, *, row: bill_runs.RoundRow, form: bill_run_forms.DatesForm, status: int = 200
) -> HttpResponseBase:
    facts = run_page.facts(row=row, language=request.LANGUAGE_CODE or "en")
    return TemplateResponse(
        request,
        "bill_runs/run.html",
        {
            **facts,
            "form": form,
            "neighbours": lists.neighbours(
                request, listing=LISTING, key=row.pk, list_url=reverse("bill_runs")
            ),
            "may_issue": request.actor.may("billing.issue"),
        },
        status=status,
    )
