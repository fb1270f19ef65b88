"""Importing customers: upload, what the dry run says, the rows to mend, apply."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from meterbook.application import (
    customer_columns,
    import_comparison,
    import_work,
    sheet_files,
    spreadsheets,
    transaction,
)
from meterbook.application import import_customers as use_case
from meterbook.domain.imports import models, queries, rules
from meterbook.domain.tables import Utility
from meterbook.interfaces import clock, customer_template, import_words
from meterbook.interfaces.jobs import tasks
from meterbook.interfaces.web import cells, context, page

IMPORT_CUSTOMERS = gettext_lazy("Import customers")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN_FILES, SHOWN_ERRORS = 20, 50
STATES = {
    models.ImportState.CHECKED: cells.Tag(text=gettext_lazy("Ready to import"), kind="warn"),
    models.ImportState.REJECTED: cells.Tag(text=gettext_lazy("Has errors"), kind="bad"),
    models.ImportState.APPLIED: cells.Tag(text=gettext_lazy("Imported"), kind="ok"),
    models.ImportState.UPLOADED: cells.Tag(text=gettext_lazy("Not checked")),
}


class UploadForm(forms.Form):
    """One file; its size is looked at before a byte of it is read."""

    file = forms.FileField(
        label=gettext_lazy("Workbook"),
        help_text=gettext_lazy("The filled-in template (.xlsx), or the same columns as .csv"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )

    def clean_file(self) -> "UploadedFile[bytes]":
        """Refuse what is too large."""
        upload: UploadedFile[bytes] = self.cleaned_data["file"]
        if (upload.size or 0) > spreadsheets.DEFAULT_LIMITS.file_bytes:
            refused = use_case.FileRefusedError(code=spreadsheets.Refusal.TOO_LARGE)
            raise forms.ValidationError(import_words.refusal(refused))
        return upload


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file in the list; with what is being done with it just now, if anything is."""

    entry: queries.ImportEntry
    state: cells.Tag
    percent: int | None

    @property
    def is_read(self) -> bool:
        """Whether a check has counted its rows."""
        return self.entry.state != models.ImportState.UPLOADED


@page.page(right="customers.import", methods=("GET", "POST"))
def overview(request: page.PageRequest) -> HttpResponseBase:
    """The form to upload with, and the files that came last."""
    is_sent = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if is_sent else UploadForm()
    if is_sent and form.is_valid():
        try:
            import_id, notice = _taken_in(request, upload=form.cleaned_data["file"])
        except use_case.FileRefusedError as refused:
            form.add_error("file", import_words.refusal(refused))
        else:
            return page.redirect(request, "import", import_id, notice=notice)
    return TemplateResponse(
        request,
        "imports/overview.html",
        {"form": form, "files": _Files()},
        status=422 if form.is_bound else 200,
    )


def _taken_in(
    request: page.PageRequest, *, upload: "UploadedFile[bytes]"
) -> tuple[int, context.Notice | None]:
    """A small file is checked at once; a larger one is kept, and its check put into the queue."""
    name, content = upload.name or "", upload.read()
    if len(content) <= import_work.AT_ONCE_BYTES:
        result = use_case.check_file(
            actor=request.actor, name=name, content=content, now=clock.now(), today=clock.today()
        )
        return result.import_id, _said_before(is_repeat=result.is_repeat)
    kept = import_work.upload(
        actor=request.actor, name=name, content=content, now=clock.now(), defer=queue(request)
    )
    return kept.import_id, _said_before(is_repeat=kept.is_repeat)


@page.page(right="customers.import")
def outcome(request: page.PageRequest, import_id: int) -> HttpResponseBase:
    """How far the work on a file is, then what the dry run said, and what may be done now."""
    entry = entry_of(import_id)
    work = queries.work_of(import_id=import_id)
    is_applied = entry.state == models.ImportState.APPLIED
    if work is not None and work.is_active and not (is_applied and work.act == models.WorkAct.COMPARE):
        return progress(request, entry=entry, work=work, route="import")
    if getattr(request, "htmx", False):
        # the bar asked, and there is none any more: the browser is to take the page anew
        return HttpResponse(headers={"HX-Refresh": "true"})
    ended = None
    if work is not None and work.act != models.WorkAct.COMPARE:
        ended = import_words.ended(work)
    if entry.state == models.ImportState.UPLOADED:
        return TemplateResponse(request, "imports/unread.html", {"entry": entry, "ended": ended})
    errors = import_words.shown(
        queries.errors_of(import_id=import_id, most=SHOWN_ERRORS), columns=customer_columns.BY_KEY
    )
    totals = [{**total, "utility": Utility(total["utility"]).name} for total in entry.summary["totals"]]
    return TemplateResponse(
        request,
        "imports/outcome.html",
        {
            "entry": entry,
            "state": STATES[models.ImportState(entry.state)],
            "is_ready": entry.state == models.ImportState.CHECKED,
            "is_applied": is_applied,
            "accounts": entry.summary["accounts"],
            "unchanged": entry.summary.get("unchanged", 0),
            "totals": totals,
            "errors": errors,
            "error_rest": entry.error_count - len(errors),
            "ended": ended,
        },
    )


def progress(
    request: page.PageRequest, *, entry: queries.ImportEntry, work: queries.WorkEntry, route: str
) -> HttpResponseBase:
    """How far the work on a file is; the bar asks `route` again until it has ended."""
    is_silent = rules.is_silent(told_at=work.told_at, at=clock.now())
    return TemplateResponse(
        request,
        "imports/progress.html",
        {
            "entry": entry,
            "work": work,
            "words": import_words.work(work),
            "route": route,
            "may_call_off": not work.is_cancel_asked or is_silent,
        },
    )


@page.page(right="customers.import", methods=("POST",))
def check(request: page.PageRequest, import_id: int) -> HttpResponseBase:
    """Check a kept file once more, in the background."""
    return _asked(request, import_id=import_id, act=import_work.Act.CHECK)


@page.page(right="customers.import", methods=("POST",))
def cancel(request: page.PageRequest, import_id: int) -> HttpResponseBase:
    """Call off what is done with a file; nothing of it is kept."""
    entry_alone(request, import_id=import_id)
    if import_work.call_off(actor=request.actor, import_id=import_id, now=clock.now()):
        return page.redirect(request, "import", import_id)
    notice = context.Notice(text=_("It had ended already."), kind="warn")
    return page.redirect(request, "import", import_id, notice=notice)


@page.page(right="customers.import", methods=("POST",))
def apply(request: page.PageRequest, import_id: int) -> HttpResponseBase:
    """Write what the file says; pressing twice writes once."""
    if entry_alone(request, import_id=import_id).row_count > import_work.AT_ONCE_ROWS:
        return _asked(request, import_id=import_id, act=import_work.Act.APPLY)
    try:
        done = use_case.apply_file(
            actor=request.actor, import_id=import_id, now=clock.now(), today=clock.today()
        )
    except use_case.ImportUnknownError as unknown:
        raise Http404 from unknown
    except use_case.ImportConflictError as conflict:
        notice = context.Notice(text=import_words.conflict(conflict.constraint), kind="bad")
        return page.redirect(request, "import", import_id, notice=notice)
    if done.state != use_case.State.APPLIED:
        notice = context.Notice(text=_("The file no longer fits. Nothing was imported."), kind="bad")
        return page.redirect(request, "import", import_id, notice=notice)
    if not done.is_repeat:
        import_comparison.work_out(
            actor=request.actor, import_id=done.import_id, now=clock.now, today=clock.today()
        )
    words = ngettext("%(number)s account imported.", "%(number)s accounts imported.", done.account_count)
    notice = _said_before(is_repeat=done.is_repeat) or context.Notice(
        text=words % {"number": done.account_count}
    )
    return page.redirect(request, "import", done.import_id, notice=notice)


@page.page(right="customers.import")
def template(request: page.PageRequest) -> HttpResponseBase:
    """The workbook to fill in, with the person's stations and all tariffs to choose from."""
    choices = use_case.choices_now(actor=request.actor)
    content = customer_template.workbook(stations=choices.stations, tariffs=choices.tariffs)
    return download(content, name="customers.xlsx")


@page.page(right="customers.import")
def errors(_request: page.PageRequest, import_id: int) -> HttpResponseBase:
    """The rows that are wrong, as uploaded, with the reasons beside them."""
    entry = entry_of(import_id)
    content = queries.content_of(import_id=import_id)
    if content is None or not entry.error_count:
        raise Http404
    book = sheet_files.error_workbook(
        sheet=spreadsheets.read_sheet(content=content),
        columns=customer_columns.COLUMNS,
        errors=import_words.shown(queries.errors_of(import_id=import_id), columns=customer_columns.BY_KEY),
        words=import_words.error_words(),
    )
    return download(book, name=f"errors-{import_id}.xlsx")


class _Files:
    """The latest files, read when the template asks, inside the page's own transaction."""

    def __iter__(self) -> Any:
        found = queries.latest_imports(kind=models.ImportKind.CUSTOMERS, most=SHOWN_FILES)
        active = queries.active_work(kind=models.ImportKind.CUSTOMERS)
        return iter([_row(entry, work=active.get(entry.import_id)) for entry in found])


def _row(entry: queries.ImportEntry, *, work: queries.WorkEntry | None) -> FileRow:
    if work is None:
        return FileRow(entry=entry, state=STATES[models.ImportState(entry.state)], percent=None)
    doing = cells.Tag(text=import_words.work(work).act, kind="warn")
    return FileRow(entry=entry, state=doing, percent=work.percent)


def entry_of(import_id: int) -> queries.ImportEntry:
    """A file of customers. Raises Http404 when there is none the person may see."""
    entry = queries.import_entry(import_id=import_id)
    if entry is None or entry.kind != models.ImportKind.CUSTOMERS:
        raise Http404
    return entry


def entry_alone(request: page.PageRequest, *, import_id: int) -> queries.ImportEntry:
    """The same where the view is in no transaction."""
    with transaction.reading(actor=request.actor):
        return entry_of(import_id)


def queue(request: page.PageRequest) -> import_work.Defer:
    """Puts the job for a file into the queue, for whoever asks."""
    staff_id = request.actor.staff_id or 0
    return lambda import_id: tasks.defer_import(staff_id=staff_id, import_id=import_id)


def _asked(request: page.PageRequest, *, import_id: int, act: import_work.Act) -> HttpResponseBase:
    entry_alone(request, import_id=import_id)
    import_work.ask(actor=request.actor, import_id=import_id, act=act, now=clock.now(), defer=queue(request))
    return page.redirect(request, "import", import_id)


def _said_before(*, is_repeat: bool) -> context.Notice | None:
    if not is_repeat:
        return None
    return context.Notice(text=_("This very file was imported before. Nothing was changed."), kind="warn")


def download(content: bytes, *, name: str) -> HttpResponse:
    """A workbook to keep."""
    return HttpResponse(
        content, content_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
