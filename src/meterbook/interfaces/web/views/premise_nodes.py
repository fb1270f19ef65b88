"""The acts on places of the address tree, each a page of its own."""

import functools
from typing import Any

from django import forms
from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from meterbook.application import premises_admin, premises_tree, transaction
from meterbook.domain.premises import models, queries, queries_premises, queries_tree
from meterbook.interfaces import clock
from meterbook.interfaces.web import page
from meterbook.interfaces.web.views import (
    premise_act,
    premise_archive,
    premise_forms,
    premise_words,
    premises,
)


@page.page(right="customers.view")
def node(request: page.PageRequest, node_id: int) -> HttpResponseBase:
    """One place: its archive, its acts, what was done to it."""
    try:
        branch = queries_tree.branch(node_id=node_id)
    except queries.NodeNotFoundError as missing:
        raise Http404 from missing
    facts = {
        "branch": branch,
        "level": premise_words.NODE_KINDS[branch.kind],
        "premise_count": queries_tree.premise_count_below(path=branch.path),
        "is_bare": queries.is_bare(node_id=node_id),
        "may_have_more": branch.kind < models.NodeKind.ENTRANCE,
        "records": [
            (record, premise_words.NETWORK_KINDS[record.kind])
            for record in queries_premises.network_records(node_ids=[step.node_id for step in branch.way])
        ],
        "acts": premises.acts_of(node_id=node_id) if request.actor.may("audit.view") else None,
        "may_edit": request.actor.may("premises.edit"),
        "may_generate": request.actor.may("premises.generate"),
        "may_edit_many": request.actor.may("records.edit_many"),
    }
    return TemplateResponse(request, "premises/node.html", facts)


@page.page(right=premises_tree.RIGHT, methods=("GET", "POST"))
def new_root(request: page.PageRequest) -> HttpResponseBase:
    """Add a district, street or community at the top of a station's tree."""

    def act(given: dict[str, Any]) -> tuple[str, str]:
        node_id = premises_tree.add_node(
            actor=request.actor,
            now=clock.now(),
            station_id=given["station_id"],
            parent_id=None,
            kind=models.NodeKind(given["kind"]),
            name=given["name"],
        )
        return _below(node_id), _("The place is added.")

    return premise_act.run(
        request,
        act_page=lambda: premise_act.ActPage(
            title=_("Add a place"), about="", verb=_("Add"), back_url=reverse("premises")
        ),
        form=functools.partial(premise_forms.RootForm, actor=request.actor),
        act=act,
    )


@page.page(right=premises_tree.RIGHT, methods=("GET", "POST"))
def new(request: page.PageRequest, node_id: int) -> HttpResponseBase:
    """Add a place below one."""

    def act(given: dict[str, Any]) -> tuple[str, str]:
        with_station = _station_of(request, node_id)
        made = premises_tree.add_node(
            actor=request.actor,
            now=clock.now(),
            station_id=with_station,
            parent_id=node_id,
            kind=models.NodeKind(given["kind"]),
            name=given["name"],
        )
        return _below(made), _("The place is added.")

    def form(data: Any) -> forms.Form:
        return premise_forms.NodeForm(data, above=queries_tree.branch(node_id=node_id).kind)

    return premise_act.run(
        request,
        act_page=lambda: _page(node_id, title=_("Add a place below"), verb=_("Add")),
        form=form,
        act=act,
    )


@page.page(right=premises_tree.RIGHT, methods=("GET", "POST"))
def rename(request: page.PageRequest, node_id: int) -> HttpResponseBase:
    """Rename a place and with it the address of every door below."""

    def form(data: Any) -> forms.Form:
        name = queries_tree.branch(node_id=node_id).name
        return premise_forms.RenameForm(data, initial={"name": name, "expected": name})

    def act(given: dict[str, Any]) -> tuple[str, str]:
        made = premises_tree.rename_node(
            actor=request.actor,
            now=clock.now(),
            node_id=node_id,
            name=given["name"],
            expected=given["expected"],
        )
        return _home(node_id), _changed(made.address_count)

    return premise_act.run(
        request,
        act_page=lambda: _page(
            node_id,
            title=_("Rename the place"),
            verb=_("Rename"),
            note=_counted(node_id) + " " + _("Their old addresses stay as aliases and still find them."),
        ),
        form=form,
        act=act,
    )


@page.page(right=premises_tree.RIGHT, methods=("GET", "POST"))
def move(request: page.PageRequest, node_id: int) -> HttpResponseBase:
    """Hang a place under another one."""

    def form(data: Any) -> forms.Form:
        return premise_forms.MoveForm(data, branch=queries_tree.branch(node_id=node_id))

    def act(given: dict[str, Any]) -> tuple[str, str]:
        made = premises_tree.move_node(
            actor=request.actor, now=clock.now(), node_id=node_id, parent_id=given["parent_id"]
        )
        return _home(node_id), _changed(made.address_count)

    return premise_act.run(
        request,
        act_page=lambda: _page(
            node_id, title=_("Move the place"), verb=pgettext("act", "Move"), note=_counted(node_id)
        ),
        form=form,
        act=act,
    )


@page.page(right=premises_tree.RIGHT, methods=("GET", "POST"))
def merge(request: page.PageRequest, node_id: int) -> HttpResponseBase:
    """Make one place of two that mean the same."""

    def form(data: Any) -> forms.Form:
        return premise_forms.MergeForm(data, branch=queries_tree.branch(node_id=node_id))

    def act(given: dict[str, Any]) -> tuple[str, str]:
        made = premises_tree.merge_nodes(
            actor=request.actor,
            now=clock.now(),
            node_id=node_id,
            into_id=given["into_id"],
            reason=given["reason"],
        )
        return _home(given["into_id"]), _changed(made.address_count)

    return premise_act.run(
        request,
        act_page=lambda: _page(
            node_id,
            title=_("Merge the place into another"),
            verb=_("Merge"),
            note=_counted(node_id) + " " + _("No single act takes a merge back."),
            is_danger=True,
        ),
        form=form,
        act=act,
    )


@page.page(right=premises_tree.RIGHT, methods=("GET", "POST"))
def remove(request: page.PageRequest, node_id: int) -> HttpResponseBase:
    """Take away a place on which nothing stands."""

    def act(given: dict[str, Any]) -> tuple[str, str]:
        del given
        above = premises_tree.remove_node(actor=request.actor, now=clock.now(), node_id=node_id)
        return (_below(above) if above else reverse("premises")), _("The place is taken away.")

    return premise_act.run(
        request,
        act_page=lambda: _page(node_id, title=_("Delete the place"), verb=_("Delete"), is_danger=True),
        form=premise_forms.NothingForm,
        act=act,
    )


@page.page(right=premises_admin.RIGHT, methods=("GET", "POST"))
def archive(request: page.PageRequest, node_id: int) -> HttpResponseBase:
    """Record an archive entry at a place."""
    return premise_archive.add(
        request,
        act_page=lambda: _page(node_id, title=_("Add a network record"), verb=_("Add")),
        home=_home(node_id),
        node_id=node_id,
    )


@page.page(right=premises_admin.RIGHT, methods=("GET", "POST"))
def archive_remove(request: page.PageRequest, record_id: int) -> HttpResponseBase:
    """What an archive entry describes is there no more."""
    homes: list[str] = []

    def shown() -> premise_act.ActPage:
        place = queries_premises.network_record(record_id=record_id)
        if place.premise_id is not None:
            home = reverse("premise", args=[place.premise_id])
        else:
            home = _home(place.node_id or 0)
        homes.append(home)
        return premise_act.ActPage(
            title=_("End a network record"),
            about=place.description,
            verb=pgettext("network record", "Remove"),
            back_url=home,
            is_danger=True,
        )

    def act(given: dict[str, Any]) -> tuple[str, str]:
        premises_admin.remove_network_record(
            actor=request.actor, now=clock.now(), record_id=record_id, on=given["on"]
        )
        return homes[0], _("The network record is ended.")

    return premise_act.run(
        request,
        act_page=shown,
        form=functools.partial(premise_forms.RecordEndForm, initial={"on": clock.today()}),
        act=act,
    )


def _station_of(request: page.PageRequest, node_id: int) -> int:
    with transaction.reading(actor=request.actor):
        return queries_tree.branch(node_id=node_id).station_id


def _home(node_id: int) -> str:
    return reverse("address_node", args=[node_id])


def _below(node_id: int) -> str:
    return f"{reverse('premises')}?node={node_id}"


def _counted(node_id: int) -> str:
    count = queries_tree.premise_count_below(path=queries_tree.branch(node_id=node_id).path)
    return _("Premises below it: %(count)s.") % {"count": count}


def _changed(count: int) -> str:
    return _("Addresses changed: %(count)s.") % {"count": count}


def _page(
    node_id: int, *, title: str, verb: str, note: str = "", is_danger: bool = False
) -> premise_act.ActPage:
    branch = queries_tree.branch(node_id=node_id)
    return premise_act.ActPage(
        title=title, about=branch.label, verb=verb, back_url=_home(node_id), note=note, is_danger=is_danger
    )
