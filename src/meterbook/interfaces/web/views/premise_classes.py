"""Classifications: the company's dimensions and classes, and classifying everything below a place."""

import contextlib
import functools
from typing import Any

from django import forms
from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from meterbook.application import premises_classes, transaction
from meterbook.domain import tables
from meterbook.domain.premises import queries, queries_classes, queries_tree
from meterbook.interfaces import clock
from meterbook.interfaces.web import context, page
from meterbook.interfaces.web.views import premise_act, premise_forms, premise_words
from meterbook.reporting import appliance_usage


@page.page(right="customers.view")
def dimensions(request: page.PageRequest) -> HttpResponseBase:
    """Every classification."""
    facts = {
        "dimensions": [(found, _name(found)) for found in queries_classes.dimensions()],
        "may_edit": request.actor.may(premises_classes.RIGHT_MANY),
    }
    return TemplateResponse(request, "premises/dimensions.html", facts)


@page.page(right="customers.view")
def dimension(request: page.PageRequest, dimension_id: int) -> HttpResponseBase:
    """One classification with its classes and how many premises each has."""
    found = _dimension(dimension_id)
    facts = {
        "dimension": found,
        "name": _name(found),
        "values": queries_classes.values(dimension_id=dimension_id),
        "may_edit": request.actor.may(premises_classes.RIGHT_MANY),
    }
    return TemplateResponse(request, "premises/dimension.html", facts)


@page.page(right=premises_classes.RIGHT_MANY, methods=("GET", "POST"))
def dimension_new(request: page.PageRequest) -> HttpResponseBase:
    """Add a classification of the company's own."""

    def act(given: dict[str, Any]) -> tuple[str, str]:
        made = premises_classes.add_dimension(actor=request.actor, now=clock.now(), **given)
        return reverse("dimension", args=[made]), _("The classification is added.")

    return premise_act.run(
        request,
        act_page=lambda: premise_act.ActPage(
            title=_("Add a classification"), about="", verb=_("Add"), back_url=reverse("dimensions")
        ),
        form=premise_forms.DimensionForm,
        act=act,
    )


@page.page(right=premises_classes.RIGHT_MANY, methods=("GET", "POST"))
def value_new(request: page.PageRequest, dimension_id: int) -> HttpResponseBase:
    """Add a class."""
    home = reverse("dimension", args=[dimension_id])

    def act(given: dict[str, Any]) -> tuple[str, str]:
        premises_classes.add_value(actor=request.actor, now=clock.now(), dimension_id=dimension_id, **given)
        return home, _("The class is added.")

    return premise_act.run(
        request,
        act_page=lambda: premise_act.ActPage(
            title=_("Add a class"), about=_name(_dimension(dimension_id)), verb=_("Add"), back_url=home
        ),
        form=functools.partial(premise_forms.ValueForm, dimension_id=dimension_id),
        act=act,
    )


@page.page(right=premises_classes.RIGHT_MANY, methods=("GET", "POST"))
def value_rename(request: page.PageRequest, dimension_id: int, value_id: int) -> HttpResponseBase:
    """Rename a class."""
    home = reverse("dimension", args=[dimension_id])

    def act(given: dict[str, Any]) -> tuple[str, str]:
        premises_classes.rename_value(
            actor=request.actor, now=clock.now(), value_id=value_id, name=given["name"]
        )
        return home, _("The class is renamed.")

    return premise_act.run(
        request,
        act_page=lambda: premise_act.ActPage(
            title=_("Rename the class"),
            about=_value(dimension_id, value_id).name,
            verb=_("Rename"),
            back_url=home,
        ),
        form=premise_forms.NameForm,
        act=act,
    )


@page.page(right=premises_classes.RIGHT_MANY, methods=("GET", "POST"))
def value_remove(request: page.PageRequest, dimension_id: int, value_id: int) -> HttpResponseBase:
    """Take away a class that nothing has or had."""
    home = reverse("dimension", args=[dimension_id])

    def act(given: dict[str, Any]) -> tuple[str, str]:
        del given
        premises_classes.remove_value(actor=request.actor, now=clock.now(), value_id=value_id)
        return home, _("The class is taken away.")

    return premise_act.run(
        request,
        act_page=lambda: premise_act.ActPage(
            title=_("Delete the class"),
            about=_value(dimension_id, value_id).name,
            verb=_("Delete"),
            back_url=home,
            is_danger=True,
        ),
        form=premise_forms.NothingForm,
        act=act,
    )


@page.page(right=premises_classes.RIGHT_MANY, methods=("GET", "POST"))
def classify_below(request: page.PageRequest, node_id: int) -> HttpResponseBase:
    """Classify everything below a place: first the count, then the act."""
    is_sent = request.method == "POST"
    if not is_sent:
        return _classify_page(request, node_id=node_id, form=_classify_form(None), would=None)
    with transaction.reading(actor=request.actor):
        form = _classify_form(request.POST)
        would = None
        try:
            queries_tree.branch(node_id=node_id)
            if form.is_valid():
                would = premises_classes.would_classify_below(
                    actor=request.actor, node_id=node_id, wanted=premise_forms.chosen_class(form.cleaned_data)
                )
        except queries.NodeNotFoundError as missing:
            raise Http404 from missing
    if would is None or form.cleaned_data.get("seen") != would.touched:
        return _classify_page(request, node_id=node_id, form=form, would=would)
    try:
        made = premises_classes.classify_below(
            actor=request.actor,
            now=clock.now(),
            node_id=node_id,
            wanted=premise_forms.chosen_class(form.cleaned_data),
            reason=form.cleaned_data["reason"],
        )
    except premise_act.REFUSED as error:
        premise_act.refuse(form, error=error)
        return _classify_page(request, node_id=node_id, form=form, would=would)
    said = _("Premises classified: %(count)s.")
    notice = context.Notice(text=said % {"count": made.touched}, kind="ok")
    return page.redirect(request, "address_node", node_id, notice=notice)


@page.page(right="customers.view")
def appliances(request: page.PageRequest) -> HttpResponseBase:
    """Mean monthly gas usage of premises with and without each kind of appliance."""
    today = clock.today()
    found = appliance_usage.usage_by_kind(utility=tables.Utility.GAS, on=today)
    facts = {
        "rows": [(row, premise_words.APPLIANCE_KINDS[row.kind]) for row in found],
        "today": today,
    }
    return TemplateResponse(request, "premises/appliances.html", facts)


def _classify_form(data: Any) -> premise_forms.ClassifyManyForm:
    return premise_forms.ClassifyManyForm(data, today=clock.today())


def _classify_page(
    request: page.PageRequest,
    *,
    node_id: int,
    form: forms.Form,
    would: premises_classes.Classified | None,
) -> HttpResponseBase:
    with transaction.reading(actor=request.actor) if request.method == "POST" else contextlib.nullcontext():
        try:
            branch = queries_tree.branch(node_id=node_id)
        except queries.NodeNotFoundError as missing:
            raise Http404 from missing
    facts = {"form": form, "branch": branch, "would": would}
    return TemplateResponse(
        request, "premises/classify.html", facts, status=422 if form.is_bound and would is None else 200
    )


def _dimension(dimension_id: int) -> queries_classes.DimensionFacts:
    try:
        return queries_classes.dimension(dimension_id=dimension_id)
    except queries_classes.DimensionNotFoundError as missing:
        raise Http404 from missing


def _value(dimension_id: int, value_id: int) -> queries_classes.ValueFacts:
    values = {found.value_id: found for found in queries_classes.values(dimension_id=dimension_id)}
    return premise_act.of_these(values, value_id)


def _name(found: queries_classes.DimensionFacts) -> str:
    return premise_words.dimension_name(name_zh=found.name_zh, name_en=found.name_en)
