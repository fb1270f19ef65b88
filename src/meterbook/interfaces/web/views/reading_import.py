"""Readings from a file: upload, see what it would do, apply."""

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from meterbook.application import import_readings, reading_columns, sheet_files, spreadsheets
from meterbook.domain.imports import models as imports
from meterbook.domain.imports import queries
from meterbook.interfaces import clock, import_words, reading_template
from meterbook.interfaces.web import cells, context, page
from meterbook.interfaces.web.views.imports import XLSX, UploadForm

SHOWN_ERRORS = 50
STATES = {
    imports.ImportState.CHECKED: cells.Tag(text=gettext_lazy("Ready to enter"), kind="warn"),
    imports.ImportState.REJECTED: cells.Tag(text=gettext_lazy("Has errors"), kind="bad"),
    imports.ImportState.APPLIED: cells.Tag(text=gettext_lazy("Entered"), kind="ok"),
}


@page.page(right="readings.enter", methods=("GET", "POST"))
def upload(request: page.PageRequest) -> HttpResponseBase:
    """Choose a file; a POST checks it and shows what it would do."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file: UploadedFile[bytes] = form.cleaned_data["file"]
        try:
            done = import_readings.check_file(
                actor=request.actor,
                name=file.name or "",
                content=file.read(),
                now=clock.now(),
                today=clock.today(),
            )
        except import_readings.FileRefusedError as refused:
            form.add_error("file", import_words.refusal(refused))
        else:
            return page.redirect(request, "readings_import", done.import_id, notice=_said_before(done))
    facts = {"form": form, "columns": reading_columns.COLUMNS}
    return TemplateResponse(request, "readings/import.html", facts, status=422 if form.is_bound else 200)


@page.page(right="readings.enter")
def result(request: page.PageRequest, import_id: int) -> HttpResponseBase:
    """What a checked file would do, or did."""
    entry = _entry(import_id)
    found = queries.errors_of(import_id=import_id, most=SHOWN_ERRORS)
    errors = import_words.shown(found, columns=reading_columns.BY_KEY)
    return TemplateResponse(
        request,
        "readings/import_result.html",
        {
            "entry": entry,
            "tag": STATES[imports.ImportState(entry.state)],
            "is_ready": entry.state == imports.ImportState.CHECKED,
            "is_applied": entry.state == imports.ImportState.APPLIED,
            "totals": entry.summary["totals"],
            "held": entry.summary["held"],
            "errors": errors,
            "error_rest": entry.error_count - len(errors),
        },
    )


@page.page(right="readings.enter", methods=("POST",))
def apply(request: page.PageRequest, import_id: int) -> HttpResponseBase:
    """Enter the file's readings; pressing twice enters them once."""
    try:
        done = import_readings.apply_file(
            actor=request.actor, import_id=import_id, now=clock.now(), today=clock.today()
        )
    except import_readings.ImportUnknownError as unknown:
        raise Http404 from unknown
    except import_readings.RoundsChangedError:
        notice = context.Notice(text=_("The rounds changed meanwhile. Check the file again."), kind="bad")
        return page.redirect(request, "readings_import", import_id, notice=notice)
    if done.state is import_readings.State.REJECTED:
        text = _("The file no longer fits. Nothing was entered.")
        return page.redirect(
            request, "readings_import", import_id, notice=context.Notice(text=text, kind="bad")
        )
    words = ngettext("%(count)d reading entered.", "%(count)d readings entered.", done.row_count)
    notice = _said_before(done) or context.Notice(text=words % {"count": done.row_count})
    return page.redirect(request, "readings_import", done.import_id, notice=notice)


@page.page(right="readings.enter")
def errors(_request: page.PageRequest, import_id: int) -> HttpResponseBase:
    """The wrong rows with their reasons, as a workbook."""
    entry = _entry(import_id)
    content = queries.content_of(import_id=import_id)
    if content is None:
        raise Http404
    book = sheet_files.error_workbook(
        sheet=spreadsheets.read_sheet(content=content),
        columns=reading_columns.COLUMNS,
        errors=import_words.shown(queries.errors_of(import_id=import_id), columns=reading_columns.BY_KEY),
        words=import_words.error_words(),
    )
    return _download(book, name=f"errors-{entry.import_id}.xlsx")


@page.page(right="readings.enter")
def template(_request: page.PageRequest) -> HttpResponseBase:
    """The workbook to fill in."""
    return _download(reading_template.workbook(), name="readings.xlsx")


def _said_before(done: import_readings.ImportResult) -> context.Notice | None:
    if not done.is_repeat:
        return None
    return context.Notice(text=_("This very file was entered before. Nothing was changed."), kind="warn")


def _entry(import_id: int) -> queries.ImportEntry:
    entry = queries.import_entry(import_id=import_id)
    if entry is None or entry.kind != imports.ImportKind.READINGS:
        raise Http404
    return entry


def _download(content: bytes, *, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=XLSX, headers=headers)
