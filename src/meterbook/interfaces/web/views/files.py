"""The files of one subject: pictures and papers, handed in, looked at, taken off."""

import urllib.parse
import uuid
from dataclasses import dataclass

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meterbook.application import keep_files, transaction
from meterbook.domain.agreements import queries as agreements
from meterbook.domain.files import ports, queries, rules
from meterbook.interfaces import clock, file_store
from meterbook.interfaces.web import context, page
from meterbook.interfaces.web.views import links
from meterbook.interfaces.web.views.act_terms import files as file_words

ACCEPTED = ".jpg,.jpeg,.png,.webp,.tif,.tiff,.pdf,.dwg,.docx,.xlsx"
REFUSALS: dict[rules.Refusal, str | Promise] = {
    rules.Refusal.EMPTY: gettext_lazy("The file is empty."),
    rules.Refusal.TOO_LARGE: gettext_lazy("The file is larger than 20 MB."),
    rules.Refusal.KIND_NOT_ALLOWED: gettext_lazy(
        "This kind of file is not taken. Taken are pictures, PDF, Word, Excel and DWG drawings; what counts "
        "is the content, not the name."
    ),
    rules.Refusal.DAMAGED: gettext_lazy("The file is damaged and can't be opened."),
    rules.Refusal.TOO_MANY_PIXELS: gettext_lazy("The picture has too many pixels."),
    rules.Refusal.HAS_MACROS: gettext_lazy("Office files with macros are not taken."),
}


class FileForm(forms.Form):
    """A file to be kept."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("Picture, PDF, Word, Excel or DWG, up to 20 MB"),
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )
    category = forms.TypedChoiceField(
        label=gettext_lazy("What it is"),
        coerce=int,
        choices=[(int(code), text) for code, text in file_words.CATEGORIES.items()],
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)
    request_key = forms.UUIDField(widget=forms.HiddenInput)

    def clean_file(self) -> "UploadedFile[bytes]":
        """Refuse what is too large before a byte of it is read."""
        upload: UploadedFile[bytes] = self.cleaned_data["file"]
        if (upload.size or 0) > rules.LARGEST_BYTES:
            raise forms.ValidationError(str(REFUSALS[rules.Refusal.TOO_LARGE]))
        return upload


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file as the page writes it. `url` is empty where the person may not look."""

    facts: queries.FileFacts
    category: str | Promise
    size: str
    icon: str
    url: str
    thumbnail_url: str


@page.page(right=keep_files.RIGHT_SEE, methods=("GET", "POST"))
def of_subject(request: page.PageRequest, kind: str, subject_id: int) -> HttpResponseBase:
    """The files of a subject, and the form to hand one in."""
    is_sent = request.method == "POST"
    if not is_sent:
        return _page(request, kind=kind, subject_id=subject_id, form=_empty_form())
    form = FileForm(request.POST, request.FILES)
    if form.is_valid():
        upload: UploadedFile[bytes] = form.cleaned_data["file"]
        handed_in = keep_files.HandedIn(
            name=upload.name or "",
            content=upload.read(),
            category=keep_files.Category(form.cleaned_data["category"]),
            note=form.cleaned_data["note"],
            request_key=form.cleaned_data["request_key"],
        )
        try:
            kept = keep_files.hand_in(
                actor=request.actor,
                store=file_store.store(),
                kind=kind,
                subject_id=subject_id,
                file=handed_in,
                now=clock.now(),
            )
        except keep_files.SubjectUnknownError as unknown:
            raise Http404 from unknown
        except keep_files.RefusedFileError as refused:
            form.add_error("file", str(REFUSALS[refused.code]))
        except ports.StoreError:
            form.add_error(None, _("The file could not be kept: the file store does not answer. Try again."))
        else:
            notice = context.Notice(text=_("%(name)s is kept.") % {"name": kept.name})
            return page.redirect(request, "files", kind, subject_id, notice=notice)
    return _page(request, kind=kind, subject_id=subject_id, form=form)


@page.page(right=keep_files.RIGHT_SEE, opens_own=True)
def look(request: page.PageRequest, link_id: int) -> HttpResponseBase:
    """The file itself. What a browser can't show safely is saved instead."""
    return _bytes(request, link_id=link_id, is_thumbnail=False)


@page.page(right=keep_files.RIGHT_SEE, opens_own=True)
def thumbnail(request: page.PageRequest, link_id: int) -> HttpResponseBase:
    """The small picture of a file."""
    return _bytes(request, link_id=link_id, is_thumbnail=True)


@page.page(right=keep_files.RIGHT_EDIT, methods=("POST",))
def remove(request: page.PageRequest, link_id: int) -> HttpResponseBase:
    """Take a file off, with a reason."""
    try:
        facts = keep_files.take_off(
            actor=request.actor, link_id=link_id, reason=request.POST.get("reason", "")[:200], now=clock.now()
        )
    except keep_files.FileUnknownError as unknown:
        raise Http404 from unknown
    except keep_files.ReasonMissingError:
        notice = context.Notice(text=_("Say why the file is taken off."), kind="bad")
    except keep_files.FileRemovedError:
        notice = context.Notice(text=_("The file was taken off before."), kind="warn")
    else:
        notice = context.Notice(text=_("%(name)s was taken off.") % {"name": facts.name})
    return _back(request, link_id=link_id, notice=notice)


@page.page(right=keep_files.RIGHT_EDIT, methods=("POST",))
def restore(request: page.PageRequest, link_id: int) -> HttpResponseBase:
    """Put a file back."""
    try:
        facts = keep_files.put_back(actor=request.actor, link_id=link_id, now=clock.now())
    except keep_files.FileUnknownError as unknown:
        raise Http404 from unknown
    notice = context.Notice(text=_("%(name)s is back.") % {"name": facts.name})
    return _back(request, link_id=link_id, notice=notice)


def address_of_files(request: page.PageRequest, *, kind: str, subject_id: int) -> str:
    """Where a subject's files are; "" for who may not see them."""
    return links.to("files", kind, subject_id) if request.actor.may(keep_files.RIGHT_SEE) else ""


def lines(request: page.PageRequest, *, found: list[queries.FileFacts]) -> list[FileLine]:
    """Files as pages write them, for this person."""
    return [_line(facts, may_see_personal=request.actor.may(keep_files.RIGHT_PERSONAL)) for facts in found]


def _line(facts: queries.FileFacts, *, may_see_personal: bool) -> FileLine:
    may_look = may_see_personal or not facts.is_personal
    shows_thumbnail = facts.has_thumbnail and not facts.is_personal
    return FileLine(
        facts=facts,
        category=file_words.CATEGORIES[facts.category],
        size=filesizeformat(facts.size_bytes),
        icon="lock" if facts.is_personal else "file-invoice",
        url=reverse("file", args=[facts.link_id]) if may_look else "",
        thumbnail_url=reverse("file_thumbnail", args=[facts.link_id]) if shows_thumbnail else "",
    )


def _empty_form() -> FileForm:
    return FileForm(initial={"request_key": uuid.uuid4(), "category": int(keep_files.Category.CONTRACT)})


def _page(request: page.PageRequest, *, kind: str, subject_id: int, form: FileForm) -> HttpResponseBase:
    if request.method == "POST":
        with transaction.reading(actor=request.actor):
            return _drawn(request, kind=kind, subject_id=subject_id, form=form, status=422).render()
    return _drawn(request, kind=kind, subject_id=subject_id, form=form, status=200)


def _drawn(
    request: page.PageRequest, *, kind: str, subject_id: int, form: FileForm, status: int
) -> TemplateResponse:
    try:
        subject = keep_files.subject(kind=kind, subject_id=subject_id)
    except keep_files.SubjectUnknownError as unknown:
        raise Http404 from unknown
    found = queries.files_of(
        subject_kind=subject.kind,
        subject_id=subject_id,
        with_removed=request.actor.may(keep_files.RIGHT_EDIT),
    )
    drawn = lines(request, found=found)
    facts = {
        "subject": subject,
        "subject_word": file_words.SUBJECTS_OF_FILES[subject.kind],
        "back_url": _address_of(subject),
        "files": [line for line in drawn if line.facts.removed_at is None],
        "removed": [line for line in drawn if line.facts.removed_at is not None],
        "may_edit": request.actor.may(keep_files.RIGHT_EDIT),
        "form": form,
    }
    return TemplateResponse(request, "files/files.html", facts, status=status)


def _address_of(subject: keep_files.Subject) -> str:
    if subject.kind is keep_files.SubjectKind.ACCOUNT:
        head = agreements.account_head(account_id=subject.subject_id)
        return links.to("account", head.account_no)
    route = {
        keep_files.SubjectKind.CUSTOMER: "customer",
        keep_files.SubjectKind.PREMISE: "premise",
        keep_files.SubjectKind.METER: "meter",
    }
    return links.to(route[subject.kind], subject.subject_id)


def _bytes(request: page.PageRequest, *, link_id: int, is_thumbnail: bool) -> HttpResponseBase:
    try:
        opened = keep_files.look(
            actor=request.actor,
            store=file_store.store(),
            link_id=link_id,
            now=clock.now(),
            is_thumbnail=is_thumbnail,
        )
    except keep_files.FileUnknownError as unknown:
        raise Http404 from unknown
    except ports.StoreError:
        return HttpResponse(_("The file store does not answer."), status=503, content_type="text/plain")
    kind = opened.facts.kind
    response = HttpResponse(opened.content, content_type="image/webp" if is_thumbnail else kind.content_type)
    manner = "inline" if kind.is_shown or is_thumbnail else "attachment"
    name = urllib.parse.quote(opened.facts.name)
    response["Content-Disposition"] = f"{manner}; filename*=UTF-8''{name}"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _back(request: page.PageRequest, *, link_id: int, notice: context.Notice) -> HttpResponseBase:
    with transaction.reading(actor=request.actor):
        facts = queries.file_facts(link_id=link_id)
    if facts is None:
        raise Http404
    return page.redirect(request, "files", facts.subject_kind.value, facts.subject_id, notice=notice)
