"""Changes of many records: which, to what, what would become of each row, yes, what became of them, back."""

from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from meterbook.application import actor as actors
from meterbook.application import edit_many as use_case
from meterbook.application import edit_many_subjects, transaction
from meterbook.domain.edits import models, queries
from meterbook.interfaces import clock
from meterbook.interfaces.jobs import edit_many_tasks
from meterbook.interfaces.web import context, list_many, lists, page
from meterbook.interfaces.web.views import (
    customer_list,
    customers,
    edit_many_forms,
    edit_many_pages,
    edit_many_words,
    meters,
    premises,
)

RIGHT = use_case.RIGHT
LISTS = {
    listing.name: listing
    for listing in (customers.LISTING, customer_list.LISTING, premises.LISTING, meters.LISTING)
}
URLS = {
    "customers": "customers",
    "customer_records": "customer_list",
    "premises": "premises",
    "meters": "meters",
}


def offered(actor: actors.Actor, subject: str) -> list[tuple[str, Any]]:
    """The acts on the rows of a list that have a form, in the order of their words."""
    if not actor.may(RIGHT):
        return []
    subjects = _subjects(models.Subject(subject))
    keys = {act.key for act in use_case.acts_of(actor=actor, subjects=subjects)}
    return [
        (key, words)
        for key, words in edit_many_words.ACTS.items()
        if key in keys and key in edit_many_forms.FORMS
    ]


def _subjects(subject: models.Subject) -> tuple[models.Subject, ...]:
    """What can be changed from a list: of accounts, also their holders."""
    is_of_accounts = subject is models.Subject.ACCOUNT
    return (subject, models.Subject.CUSTOMER) if is_of_accounts else (subject,)


def listing_of(name: str) -> lists.Listing:
    """The list of a name. Raises Http404."""
    if name not in LISTS:
        raise Http404
    return LISTS[name]


@page.page(right=RIGHT, methods=("POST",))
def choose(request: page.PageRequest, list_name: str) -> HttpResponseBase:
    """From a list: the rows that are meant, and the form of the act."""
    edit_many_pages.require_sight(request)
    listing = listing_of(list_name)
    address = request.POST.get("list", "")
    act = request.POST.get("act", "")
    back = f"{reverse(URLS[list_name])}?{address}"
    if act not in dict(offered(request.actor, listing.subject)):
        return _refused(request, back, _("This can't be changed for many records by you."))
    with transaction.reading(actor=request.actor):
        query = lists.read_query(request, listing=listing, data=QueryDict(address))
        ids = _chosen(request, listing=listing, query=query)
        if len(ids) > use_case.MOST_ROWS:
            return _refused(request, back, _too_many())
        ids = edit_many_subjects.led_to(
            from_subject=models.Subject(listing.subject),
            to_subject=use_case.ACTS[act].subject,
            subject_ids=ids,
        )
        if not ids:
            return _refused(request, back, _("Tick the rows first, or choose all of the list."))
        form = edit_many_forms.FORMS[act]()
    return _form_page(request, list_name=list_name, act=act, ids=ids, form=form, back=back)


@page.page(right=RIGHT, methods=("POST",))
def ask(request: page.PageRequest, list_name: str) -> HttpResponseBase:
    """The form sent: the dry run, at once or in the background."""
    edit_many_pages.require_sight(request)
    listing = listing_of(list_name)
    act, back = request.POST.get("act", ""), reverse(URLS[list_name])
    ids = _ids(request.POST.get("ids", ""))
    if act not in dict(offered(request.actor, listing.subject)) or not ids:
        return _refused(request, back, _("Tick the rows first, or choose all of the list."))
    with transaction.reading(actor=request.actor):
        form = edit_many_forms.FORMS[act](request.POST)
        is_valid = form.is_valid()
        about, value = (form.about(), form.value()) if is_valid else ("", "")
    if not is_valid:
        return _form_page(request, list_name=list_name, act=act, ids=ids, form=form, back=back, status=422)
    question = use_case.Question(
        request_key=form.cleaned_data["request_key"],
        subject=use_case.ACTS[act].subject,
        act=act,
        reason=form.cleaned_data["reason"],
        on=form.cleaned_data.get("on") or clock.today(),
    )
    try:
        edit_id = use_case.ask_for_all(
            actor=request.actor,
            question=question,
            about=about,
            value=value,
            subject_ids=ids,
            now=clock.now(),
        )
    except use_case.NothingAskedError:
        return _refused(request, back, _("None of these records is there any more."))
    except use_case.TooManyRowsError:
        return _refused(request, back, _too_many())
    return look_and_show(request, edit_id=edit_id)


@page.page(right=RIGHT)
def overview(request: page.PageRequest) -> HttpResponseBase:
    """The latest changes of many."""
    edit_many_pages.require_sight(request)
    found = queries.latest(most=edit_many_pages.SHOWN_EDITS)
    facts = {"edits": [edit_many_pages.line(edit) for edit in found]}
    return TemplateResponse(request, "edit_many/overview.html", facts)


@page.page(right=RIGHT)
def edit(request: page.PageRequest, edit_id: int) -> HttpResponseBase:
    """One change: what would become of its rows, or what became of them."""
    edit_many_pages.require_sight(request)
    found = edit_or_404(edit_id)
    facts = edit_many_pages.facts(request, edit=found)
    return TemplateResponse(request, "edit_many/edit.html", facts)


@page.page(right=RIGHT, methods=("POST",))
def apply(request: page.PageRequest, edit_id: int) -> HttpResponseBase:
    """Yes to what was seen. Also where a change stopped: it goes on; what is done is not done again."""
    with transaction.reading(actor=request.actor):
        found = edit_or_404(edit_id)
        is_long = queries.counts(edit_id=edit_id).left > use_case.MOST_AT_ONCE
    staff_id = request.actor.staff_id or 0

    def defer() -> None:
        if is_long:
            edit_many_tasks.defer_apply(staff_id=staff_id, edit_id=edit_id)

    try:
        has_begun = use_case.start(
            actor=request.actor,
            edit_id=edit_id,
            fingerprint=request.POST.get("fingerprint", ""),
            now=clock.now(),
            defer=defer,
        )
    except use_case.NotAsSeenError:
        text = _("Only the one who looked at it can say yes, to exactly what was seen. Nothing was changed.")
        return _refused(request, reverse("many_edit", args=[edit_id]), text)
    if not has_begun and found.state is models.EditState.APPLYING and is_long:
        with transaction.writing(actor=request.actor):
            defer()
    if not is_long:
        use_case.apply(actor=request.actor, edit_id=edit_id, today=clock.today(), clock=clock.now)
    return page.redirect(request, "many_edit", edit_id)


@page.page(right=RIGHT, methods=("POST",))
def look_again(request: page.PageRequest, edit_id: int) -> HttpResponseBase:
    """A dry run that stopped goes on."""
    with transaction.reading(actor=request.actor):
        edit_or_404(edit_id)
    return look_and_show(request, edit_id=edit_id)


@page.page(right=RIGHT, methods=("POST",))
def undo(request: page.PageRequest, edit_id: int) -> HttpResponseBase:
    """Ask to take a change back: a change the other way round, with its own dry run."""
    with transaction.reading(actor=request.actor):
        edit_or_404(edit_id)
    form = edit_many_forms.WhyForm(request.POST)
    here = reverse("many_edit", args=[edit_id])
    if not form.is_valid():
        return _refused(request, here, _("Give a reason."))
    try:
        undo_id = use_case.ask_to_undo(
            actor=request.actor,
            edit_id=edit_id,
            request_key=form.cleaned_data["request_key"],
            reason=form.cleaned_data["reason"],
            now=clock.now(),
        )
    except use_case.NotToUndoError:
        return _refused(request, here, _("There is nothing to take back."))
    return look_and_show(request, edit_id=undo_id)


def look_and_show(request: page.PageRequest, *, edit_id: int) -> HttpResponse:
    """The dry run, here or in the background, and then its page."""
    with transaction.reading(actor=request.actor):
        waiting = queries.counts(edit_id=edit_id).waiting
    if waiting > use_case.MOST_AT_ONCE:
        with transaction.writing(actor=request.actor):
            edit_many_tasks.defer_look(staff_id=request.actor.staff_id or 0, edit_id=edit_id)
    else:
        use_case.look(actor=request.actor, edit_id=edit_id, today=clock.today(), clock=clock.now)
    return page.redirect(request, "many_edit", edit_id)


def edit_or_404(edit_id: int) -> queries.Edit:
    """The change, in a reading transaction. Raises Http404 when it is not in sight."""
    try:
        return queries.edit(edit_id=edit_id)
    except queries.EditUnknownError as missing:
        raise Http404 from missing


def _chosen(request: page.PageRequest, *, listing: lists.Listing, query: lists.Query) -> list[int]:
    """The ids of the rows that are meant; one more than there may be where there are too many."""
    if not query.form.is_valid():
        return []
    match request.POST.get("which", ""):
        case "page":
            return lists.subject_ids(
                request.actor, listing=listing, query=query, most=use_case.MOST_ROWS, only_page=True
            )
        case "all":
            return lists.subject_ids(request.actor, listing=listing, query=query, most=use_case.MOST_ROWS + 1)
        case _:
            return _ids(",".join(request.POST.getlist(list_many.FIELD)))


def _ids(text: str) -> list[int]:
    """Ids from a form; what is none is left out."""
    longest = 18
    parts = text.split(",")
    return [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) <= longest]


def _form_page(
    request: page.PageRequest,
    *,
    list_name: str,
    act: str,
    ids: list[int],
    form: edit_many_forms.ManyForm,
    back: str,
    status: int = 200,
) -> HttpResponseBase:
    facts = {
        "title": edit_many_words.act_title(act),
        "list_name": list_name,
        "act": act,
        "ids": ",".join(str(key) for key in ids),
        "count": len(ids),
        "form": form,
        "back": back,
    }
    return TemplateResponse(request, "edit_many/form.html", facts, status=status)


def _too_many() -> str:
    most = use_case.MOST_ROWS
    text = ngettext(
        "At most {number} record is changed at once. Narrow the filters.",
        "At most {number} records are changed at once. Narrow the filters.",
        most,
    )
    return text.format(number=f"{most:,}")


def _refused(request: page.PageRequest, back: str, text: str) -> HttpResponse:
    return page.redirect(request, back, notice=context.Notice(text=text, kind="bad"))
