"""A list as a workbook that may be edited, and the edited one taken in: its differences are a dry run."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from meterbook.application import actor as actors
from meterbook.application import edit_many as use_case
from meterbook.application import edit_many_subjects, spreadsheets, transaction
from meterbook.application.edit_many_acts import Ask, Named, Standing
from meterbook.application.sheet_columns import CellError, Fault
from meterbook.domain.agreements import models as agreements
from meterbook.domain.edits import models, rules
from meterbook.interfaces import clock, import_words
from meterbook.interfaces.web import context, lists, page
from meterbook.interfaces.web.views import (
    account_forms,
    edit_many,
    edit_many_columns,
    edit_many_pages,
    till_forms,
)

SHOWN_FAULTS = 200
_KEY_UNKNOWN, _KEY_TWICE, _NO_KEY, _NO_COLUMN, _NO_ROWS = (
    "KEY_UNKNOWN",
    "KEY_TWICE",
    "NO_KEY",
    "NO_COLUMN",
    "NO_ROWS",
)
_REASONS: Mapping[str, str | Promise] = {
    **import_words.REASONS,
    _KEY_UNKNOWN: gettext_lazy("you have no record with this key"),
    _KEY_TWICE: gettext_lazy("stands already in row %(fact)s"),
    _NO_KEY: gettext_lazy("the column of keys is missing; download the list to edit it"),
    _NO_COLUMN: gettext_lazy(
        "no column that may be changed is called so; put # before it to have it ignored"
    ),
    _NO_ROWS: gettext_lazy("there are no rows below the headings"),
}


class UploadForm(forms.Form):
    """An edited workbook, from which day its facts hold, and why."""

    request_key = forms.UUIDField(widget=forms.HiddenInput)
    file = forms.FileField(
        label=gettext_lazy("Workbook"),
        help_text=gettext_lazy("The list as you downloaded it to edit (.xlsx), or the same columns as .csv"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )
    on = account_forms.day_field(label=pgettext_lazy("day", "From"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


@dataclass(frozen=True, slots=True)
class CellFault:
    """A cell that can't be taken, in words."""

    row: int
    column: str
    value: str
    reason: str


@dataclass(slots=True)
class Reading:
    """What a workbook asks for, and what is wrong with it."""

    wanted: list[rules.Wanted] = field(default_factory=list)
    faults: list[CellFault] = field(default_factory=list)

    def fault(self, row: int, column: str, value: str, *, code: str, fact: str = "") -> None:
        """Keep a fault with its words."""
        self.faults.append(CellFault(row, column, value, str(_REASONS[code]) % {"fact": fact}))


@dataclass(frozen=True, slots=True)
class Subjects:
    """The records a workbook is about: by their keys, with what stands of each in each column."""

    by_key: Mapping[str, int]
    named: Mapping[int, Named]
    standing: Mapping[tuple[str, str], Mapping[int, Standing]]


@page.page(right=use_case.RIGHT)
def sheet(request: page.PageRequest, list_name: str) -> HttpResponseBase:
    """The rows of the list with their keys and the columns that may be changed."""
    edit_many_pages.require_sight(request)
    listing = edit_many.listing_of(list_name)
    query = lists.read_query(request, listing=listing)
    ids = []
    if query.form.is_valid():
        ids = lists.subject_ids(request.actor, listing=listing, query=query, most=use_case.MOST_ROWS)
    subject = models.Subject(listing.subject)
    columns = edit_many_columns.columns_of(actor=request.actor, subject=subject)
    named = edit_many_subjects.named(subject=subject, subject_ids=ids, actor=request.actor)
    keys = {key_id: key for key, key_id in _keys(subject, named=named).items()}
    standing = _standing(columns, ids=ids, on=clock.today())

    def rows() -> Iterator[tuple[str, ...]]:
        for key in ids:
            if key in named:
                cells = (_cell(column, standing=standing, key=key) for column in columns)
                yield (keys[key], named[key].label, *cells)

    headings = (
        str(edit_many_columns.KEY),
        str(edit_many_columns.RECORD),
        *(column.name() for column in columns),
    )
    content = edit_many_pages.text_workbook(title=str(listing.title), headings=headings, rows=rows())
    return edit_many_pages.workbook_answer(content, name=f"{list_name}-edit-{clock.today().isoformat()}.xlsx")


@page.page(right=use_case.RIGHT, methods=("GET", "POST"))
def upload(request: page.PageRequest, list_name: str) -> HttpResponseBase:
    """The edited workbook: what differs from what stands becomes a dry run, or every fault is named."""
    edit_many_pages.require_sight(request)
    listing = edit_many.listing_of(list_name)
    subject = models.Subject(listing.subject)
    if request.method != "POST":
        initial = {"request_key": till_forms.new_key(), "on": clock.today()}
        return _upload_page(request, list_name=list_name, form=UploadForm(initial=initial))
    form = UploadForm(request.POST, request.FILES)
    reading = Reading()
    if form.is_valid():
        try:
            reading = _read(request, form=form, subject=subject)
        except spreadsheets.FileRefusedError as refused:
            form.add_error("file", import_words.refusal(refused))
    if not form.is_valid() or reading.faults:
        return _upload_page(request, list_name=list_name, form=form, faults=reading.faults)
    if not reading.wanted:
        notice = context.Notice(text=_("Nothing differs from what stands. Nothing was changed."), kind="warn")
        return page.redirect(request, "many_upload", list_name, notice=notice)
    question = use_case.Question(
        request_key=form.cleaned_data["request_key"],
        subject=subject,
        act="",
        reason=form.cleaned_data["reason"],
        on=form.cleaned_data["on"],
    )
    try:
        edit_id = use_case.ask(actor=request.actor, question=question, wanted=reading.wanted, now=clock.now())
    except use_case.TooManyRowsError:
        form.add_error("file", _("More changes than are made at once; split the file."))
        return _upload_page(request, list_name=list_name, form=form)
    return edit_many.look_and_show(request, edit_id=edit_id)


def _upload_page(
    request: page.PageRequest, *, list_name: str, form: UploadForm, faults: Sequence[CellFault] = ()
) -> HttpResponseBase:
    facts = {
        "form": form,
        "list_name": list_name,
        "title": edit_many.LISTS[list_name].title,
        "back": reverse(edit_many.URLS[list_name]),
        "faults": faults[:SHOWN_FAULTS],
        "fault_count": len(faults),
    }
    status = 422 if form.is_bound else 200
    return TemplateResponse(request, "edit_many/upload.html", facts, status=status)


def _read(request: page.PageRequest, *, form: UploadForm, subject: models.Subject) -> Reading:
    """What the file asks for. Raises spreadsheets.FileRefusedError."""
    file: UploadedFile[bytes] = form.cleaned_data["file"]
    if (file.size or 0) > spreadsheets.DEFAULT_LIMITS.file_bytes:
        raise spreadsheets.FileRefusedError(code=spreadsheets.Refusal.TOO_LARGE)
    found = spreadsheets.read_sheet(content=file.read())
    with transaction.reading(actor=request.actor):
        columns = edit_many_columns.columns_of(actor=request.actor, subject=subject)
        return read_sheet(
            actor=request.actor,
            sheet=found,
            subject=subject,
            columns=columns,
            on=form.cleaned_data["on"],
        )


def read_sheet(
    *,
    actor: actors.Actor,
    sheet: spreadsheets.Sheet,
    subject: models.Subject,
    columns: Sequence[edit_many_columns.Column],
    on: datetime.date,
) -> Reading:
    """What differs from what stands, row by row, and what can't be taken. Needs a reading transaction."""
    reading = Reading()
    key_place, places = _places(sheet, columns=columns, reading=reading)
    if key_place is None or reading.faults:
        return reading
    if not sheet.rows:
        reading.fault(1, "", "", code=_NO_ROWS)
        return reading
    keys = {row.number: _text(row, key_place) for row in sheet.rows}
    subjects = _subjects(
        actor, subject=subject, keys=list(keys.values()), columns=list(places.values()), on=on
    )
    broken = {(fault.row, fault.column): fault.code for fault in sheet.faults}
    seen: dict[str, int] = {}
    for row in sheet.rows:
        key = keys[row.number]
        heading = sheet.headings[key_place]
        if not key:
            reading.fault(row.number, heading, "", code=Fault.MISSING.value)
        elif key in seen:
            reading.fault(row.number, heading, key, code=_KEY_TWICE, fact=str(seen[key]))
        elif key not in subjects.by_key:
            reading.fault(row.number, heading, key, code=_KEY_UNKNOWN)
        else:
            seen[key] = row.number
            for place, column in places.items():
                code = broken.get((row.number, place + 1))
                if code is not None:
                    reading.fault(row.number, sheet.headings[place], _text(row, place), code=code)
                    continue
                _read_cell(
                    reading,
                    row=row,
                    cell=(place, sheet.headings[place]),
                    column=column,
                    subjects=subjects,
                    key=key,
                )
    return reading


def _read_cell(
    reading: Reading,
    *,
    row: spreadsheets.SheetRow,
    cell: tuple[int, str],
    column: edit_many_columns.Column,
    subjects: Subjects,
    key: str,
) -> None:
    """One cell: the same as what stands is nothing, another value is a row of the dry run."""
    place, heading = cell
    text = _text(row, place)
    subject_id = subjects.by_key[key]
    now = subjects.standing[column.act, column.about].get(subject_id)
    standing = "" if now is None else now.value
    if text == column.show(standing):
        return
    try:
        value = column.read(text, subjects.named[subject_id].station_id, standing)
    except CellError as wrong:
        reading.fault(row.number, heading, text, code=wrong.code.value, fact=wrong.fact)
        return
    if value != standing:
        wanted_key = rules.Key(act=column.act, about=column.about, subject_id=subject_id)
        reading.wanted.append(rules.Wanted(key=wanted_key, row_no=row.number, value=value))


def _places(
    sheet: spreadsheets.Sheet, *, columns: Sequence[edit_many_columns.Column], reading: Reading
) -> tuple[int | None, dict[int, edit_many_columns.Column]]:
    """Where the keys and the columns stand; unknown and repeated headings are faults."""
    known = {heading: column for column in columns for heading in column.headings()}
    key_names, left_out = _names(edit_many_columns.KEY), _names(edit_many_columns.RECORD)
    key_place: int | None = None
    places: dict[int, edit_many_columns.Column] = {}
    for place, heading in enumerate(sheet.headings):
        if not heading or heading.startswith("#") or heading in left_out:
            continue
        if heading in key_names and key_place is None:
            key_place = place
        elif heading in known and known[heading] not in places.values():
            places[place] = known[heading]
        else:
            is_known = heading in known or heading in key_names
            reading.fault(1, heading, "", code="HEADING_REPEATED" if is_known else _NO_COLUMN)
    if key_place is None:
        reading.fault(1, str(edit_many_columns.KEY), "", code=_NO_KEY)
    return key_place, places


def _names(words: str | Promise) -> set[str]:
    made = set()
    for language in edit_many_columns.LANGUAGES:
        with translation.override(language):
            made.add(str(words))
    return made


def _subjects(
    actor: actors.Actor,
    *,
    subject: models.Subject,
    keys: Sequence[str],
    columns: Sequence[edit_many_columns.Column],
    on: datetime.date,
) -> Subjects:
    longest = 18
    if subject is models.Subject.ACCOUNT:
        found = agreements.Account.objects.filter(account_no__in=keys)
        ids = list(found.values_list("pk", flat=True))
    else:
        ids = [int(key) for key in keys if key.isascii() and key.isdigit() and len(key) <= longest]
    named = edit_many_subjects.named(subject=subject, subject_ids=ids, actor=actor)
    return Subjects(
        by_key=_keys(subject, named=named),
        named=named,
        standing=_standing(columns, ids=list(named), on=on),
    )


def _keys(subject: models.Subject, *, named: Mapping[int, Named]) -> dict[str, int]:
    """Key -> subject: an account's number, else the id."""
    if subject is models.Subject.ACCOUNT:
        found = agreements.Account.objects.filter(pk__in=list(named))
        return {number: key for key, number in found.values_list("pk", "account_no")}
    return {str(key): key for key in named}


def _standing(
    columns: Sequence[edit_many_columns.Column], *, ids: Sequence[int], on: datetime.date
) -> dict[tuple[str, str], Mapping[int, Standing]]:
    return {
        (column.act, column.about): use_case.ACTS[column.act].standing(
            Ask(subject_ids=ids, about=column.about, on=on)
        )
        for column in columns
    }


def _cell(
    column: edit_many_columns.Column,
    *,
    standing: Mapping[tuple[str, str], Mapping[int, Standing]],
    key: int,
) -> str:
    found = standing[column.act, column.about].get(key)
    return "" if found is None else column.show(found.value)


def _text(row: spreadsheets.SheetRow, place: int) -> str:
    """A cell's text, "" for an empty one; a whole number as Excel keeps it loses its decimals."""
    return row.cells[place][1:].strip() if place < len(row.cells) else ""
