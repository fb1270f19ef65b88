"""The page of one act on a premise or the address tree: a form that survives its refusal."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django import forms
from django.http import Http404, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from meterbook.application import (
    premises_admin,
    premises_classes,
    premises_generation,
    premises_tree,
    transaction,
)
from meterbook.interfaces.web import context, page
from meterbook.interfaces.web.views import premise_words

T = TypeVar("T")
NOT_FOUND = (
    premises_admin.PremiseNotFoundError,
    premises_tree.NodeNotFoundError,
    premises_generation.BatchNotFoundError,
)
REFUSED = (
    premises_tree.NodeError,
    premises_admin.AddressTakenError,
    premises_admin.RecordError,
    premises_classes.ClassError,
    premises_admin.PartError,
    premises_generation.PlanError,
    premises_generation.BatchError,
    premises_tree.StationNotFoundError,
    premises_tree.ReasonMissingError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActPage:
    """What the page says: title, what it is about, the button's verb, where one goes without acting."""

    title: str | Promise
    about: str
    verb: str | Promise
    back_url: str
    note: str | Promise = ""
    is_danger: bool = False
    template: str = "premises/act.html"


def run(
    request: page.PageRequest,
    *,
    act_page: Callable[[], ActPage],
    form: Callable[[QueryDict | None], forms.Form],
    act: Callable[[dict[str, Any]], tuple[str, str]],
) -> HttpResponseBase:
    """Show the form, or act and go where `act` says; it returns the address to go to and what to say there.

    `act_page` and `form` read, so they are called inside a reading transaction. What is not in the person's
    scope is 404, a refusal stands beside its field.
    """
    is_sent = request.method == "POST"
    with transaction.reading(actor=request.actor) if is_sent else contextlib.nullcontext():
        try:
            shown = act_page()
        except NOT_FOUND as missing:
            raise Http404 from missing
        made = form(request.POST if is_sent else None)
        is_valid = made.is_valid()
    if is_sent and is_valid:
        try:
            url, said = act(made.cleaned_data)
        except NOT_FOUND as missing:
            raise Http404 from missing
        except REFUSED as error:
            refuse(made, error=error)
        else:
            return page.redirect(request, url, notice=context.Notice(text=said, kind="ok"))
    facts = {"form": made, "act_page": shown}
    return TemplateResponse(request, shown.template, facts, status=422 if made.is_bound else 200)


def of_these(known: Mapping[int, T], key: int) -> T:
    """The record of that id; 404 when it is none of the place's."""
    if key not in known:
        raise Http404
    return known[key]


def refuse(form: forms.Form, *, error: Exception) -> None:
    """Put a refusal beside the field it is about, or above the form."""
    match error:
        case premises_tree.ReasonMissingError():
            form.add_error("reason", _("Give a reason."))
        case premises_tree.StationNotFoundError():
            form.add_error(None, _("This station is not yours."))
        case premises_admin.AddressTakenError(addresses=addresses):
            fact = ", ".join(addresses)
            form.add_error(None, premise_words.refusal("ADDRESS_TAKEN", fact=fact))
        case premises_admin.PartError(code=code, part=part, longest=longest):
            form.add_error(_field(form, part), premise_words.refusal(code, fact=longest))
        case premises_generation.PlanError(code=code, field=field, text=text):
            form.add_error(_field(form, field), premise_words.refusal(code, fact=text))
        case premises_tree.NodeError(code=code, name=name):
            form.add_error(None, premise_words.refusal(code, fact=name))
        case (
            premises_admin.RecordError(code=code, fact=fact)
            | premises_classes.ClassError(code=code, fact=fact)
        ):
            form.add_error(None, premise_words.refusal(code, fact=fact))
        case premises_generation.BatchError(code=code):
            form.add_error(None, premise_words.refusal(code))
        case _:
            raise error


def _field(form: forms.Form, name: str) -> str | None:
    """The form's field of a part; a node's form has one field for whichever part its level is."""
    if name in form.fields:
        return name
    return "name" if "name" in form.fields else None
