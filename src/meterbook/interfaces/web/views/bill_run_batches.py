"""Acts on all books of a list at once, done in the background."""

from collections.abc import Mapping
from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from meterbook.application import bill_books, transaction
from meterbook.interfaces import clock
from meterbook.interfaces.jobs import tasks
from meterbook.interfaces.web import context, page
from meterbook.interfaces.web.views import bill_run_forms
from meterbook.reporting import background, bill_runs

TASKS = (tasks.preview_books.name, tasks.issue_books.name)
# What one click may take on; more is done list by list.
MOST_BOOKS = 5_000


def facts(*, filters: Mapping[str, Any], may_issue: bool) -> dict[str, Any]:
    """What the list's own acts would take on, for the filters of its address."""
    asked = bill_run_forms.asked(filters)
    rows = [] if asked.stage is bill_runs.Stage.ISSUED else bill_runs.rounds(asked=asked, limit=MOST_BOOKS)
    previewed = [row for row in rows if row.stage is bill_runs.Stage.PREVIEWED]
    return {
        "waiting": background.jobs_waiting(tasks=TASKS),
        "ready": sum(row.stage is bill_runs.Stage.READY for row in rows),
        "previewed": len(previewed),
        "previewed_bills": sum(row.bill_count or 0 for row in previewed),
        "previewed_minor": sum(row.amount_minor or 0 for row in previewed),
        "seen": [(row.run_id, row.fingerprint) for row in previewed],
        "chosen": [(name, value) for name, value in filters.items() if name != "stage"],
        "dates": bill_run_forms.proposed_dates(),
        "may_issue": may_issue,
    }


@page.page(right="billing.preview", methods=("POST",))
def preview_all(request: page.PageRequest) -> HttpResponseBase:
    """Preview every book of the list that is ready."""
    dates = bill_run_forms.DatesForm(request.POST)
    filters = bill_run_forms.RunFilters.chosen(request.POST)
    if not dates.is_valid() or filters is None:
        return _refused(request, _("The dates are not right. Nothing was started."))
    asked = bill_run_forms.asked({**filters, "stage": bill_runs.Stage.READY.value})
    with transaction.reading(actor=request.actor):
        round_ids = [row.pk for row in bill_runs.rounds(asked=asked, limit=MOST_BOOKS)]
    staff_id = request.actor.staff_id
    if not round_ids or staff_id is None:
        return _refused(request, _("No book is ready."))
    bill_books.start(
        actor=request.actor,
        act="BILL_RUNS_PREVIEW_STARTED",
        right="billing.preview",
        books=len(round_ids),
        now=clock.now(),
        defer=lambda: tasks.defer_previews(staff_id=staff_id, round_ids=round_ids, **dates.cleaned_data),
    )
    return _started(request, books=len(round_ids))


@page.page(right="billing.issue", methods=("POST",))
def issue_all(request: page.PageRequest) -> HttpResponseBase:
    """Issue the runs that were shown, each as it was shown."""
    seen = {}
    for text in request.POST.getlist("seen")[:MOST_BOOKS]:
        run_id, _colon, fingerprint = text.partition(":")
        if run_id.isascii() and run_id.isdigit() and fingerprint:
            seen[int(run_id)] = fingerprint
    with transaction.reading(actor=request.actor):
        own = bill_runs.rounds(asked=bill_runs.RoundFilter(stage=bill_runs.Stage.PREVIEWED))
        seen = {row.run_id: seen[row.run_id] for row in own if row.run_id in seen}
    staff_id = request.actor.staff_id
    if not seen or staff_id is None:
        return _refused(request, _("Nothing is previewed."))
    bill_books.start(
        actor=request.actor,
        act="BILL_RUNS_ISSUE_STARTED",
        right="billing.issue",
        books=len(seen),
        now=clock.now(),
        defer=lambda: tasks.defer_issues(staff_id=staff_id, seen=seen),
    )
    return _started(request, books=len(seen))


def _started(request: page.PageRequest, *, books: int) -> HttpResponseBase:
    text = ngettext(
        "{number} book is being billed in the background.",
        "{number} books are being billed in the background.",
        books,
    )
    return page.redirect(request, "bill_runs", notice=context.Notice(text=text.format(number=books)))


def _refused(request: page.PageRequest, text: str) -> HttpResponseBase:
    return page.redirect(request, "bill_runs", notice=context.Notice(text=text, kind="bad"))
