"""The address tree with its doors, and the page of one premise."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from meterbook.application import actor as actors
from meterbook.domain.access import queries as access
from meterbook.domain.premises import queries, queries_classes, queries_premises, queries_tree
from meterbook.interfaces import clock
from meterbook.interfaces.web import cells, lists, page
from meterbook.interfaces.web.views import act_words, files, premise_words, words
from meterbook.reporting import premises, timeline

_MOST_FOUND = 1_000
_MOST_ACTS = 30
_VACANT = cells.Tag(text=_("Vacant"))
_SUPPLIED = cells.Tag(text=_("Supplied"), kind="ok")


class DoorFilters(forms.Form):
    """Filters of the list, in its address."""

    text = forms.CharField(label=_("Address or alias contains"), required=False, max_length=60)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), ("1", _SUPPLIED.text), ("0", _VACANT.text)],
    )
    node = forms.IntegerField(required=False, widget=forms.HiddenInput)


class DoorSource:
    """The list's rows."""

    def __init__(self, actor: actors.Actor) -> None:
        self.actor = actor

    def count(self, *, filters: Mapping[str, Any]) -> int:
        """How many doors fit."""
        return premises.door_count(wanted=_wanted(filters))

    def rows(
        self, *, filters: Mapping[str, Any], sort: lists.Sort, offset: int, limit: int
    ) -> Sequence[premises.DoorRow]:
        """One page. Without a place or a text the doors come as they were written, by the index."""
        is_narrow = "node" in filters or "text" in filters
        return premises.door_rows(
            wanted=_wanted(filters),
            sort="newest" if sort.key == "door" and not is_narrow else sort.key,
            is_descending=sort.is_descending,
            offset=offset,
            limit=limit,
        )

    def totals(self, *, filters: Mapping[str, Any]) -> Mapping[str, int]:
        """Nothing of a door adds up."""
        del filters
        return {}


def _wanted(filters: Mapping[str, Any]) -> premises.DoorFilter:
    path = None
    if "node" in filters:
        try:
            path = queries_tree.branch(node_id=filters["node"]).path
        except queries.NodeNotFoundError as missing:
            raise Http404 from missing
    text = filters.get("text", "")
    ids = tuple(queries.premise_ids_by_address(text=text, most=_MOST_FOUND)) if text else None
    return premises.DoorFilter(
        path=path, ids=ids, supplied={"1": True, "0": False}.get(filters.get("state", ""))
    )


LISTING = lists.Listing(
    name="premises",
    title=pgettext_lazy("menu", "Premises"),
    columns=(
        lists.Column(key="address", label=_("Address"), is_sortable=True),
        lists.Column(
            key="state",
            label=_("State"),
            kind=cells.Kind.TAG,
            value=lambda row: _SUPPLIED if row.account_no else _VACANT,
        ),
        lists.Column(
            key="account_no",
            label=_("Account no."),
            kind=cells.Kind.ACCOUNT_NO,
            value=lambda row: row.account_no or None,
        ),
        lists.Column(
            key="holder",
            label=_("Name"),
            value=lambda row: f"{row.holder} +{row.more_accounts}" if row.more_accounts else row.holder,
        ),
        lists.Column(
            key="utilities",
            label=_("Utilities"),
            value=lambda row: " ".join(str(words.UTILITIES[utility]) for utility in row.utilities),
        ),
        lists.Column(key="meters", label=_("Meters"), kind=cells.Kind.NUMBER),
        lists.Column(key="building", label=_("Building"), is_shown=False),
        lists.Column(key="entrance", label=_("Entrance"), is_shown=False),
        lists.Column(key="floor", label=_("Floor"), is_shown=False),
        lists.Column(key="flat_no", label=_("Flat no."), is_shown=False),
        lists.Column(key="station", label=_("Station"), is_shown=False),
    ),
    source=DoorSource,
    default_sort=lists.Sort(key="door"),
    filters=DoorFilters,
    row_url=lambda row: reverse("premise", args=[row.premise_id]),
    row_key=lambda row: row.premise_id,
    template="premises/browser.html",
    empty_text=_("Generate a building, add a premise, or import customers."),
    subject="PREMISE",
    subject_id=lambda row: row.premise_id,
)


@page.page(right="customers.view")
def listing(request: page.PageRequest) -> HttpResponseBase:
    """The tree at the left, the doors below the chosen place at the right."""
    wanted = request.GET.get("node", "")
    branch = None
    if wanted.isascii() and wanted.isdigit():
        try:
            branch = queries_tree.branch(node_id=int(wanted[:18]))
        except queries.NodeNotFoundError as missing:
            raise Http404 from missing
    children = queries_tree.children(
        parent_id=branch.node_id if branch else None, station_ids=request.actor.unit_ids
    )
    stations = {unit.unit_id: unit.name for unit in access.units()}
    shows_station = branch is None and len({node.station_id for node in children}) > 1
    facts = {
        "branch": branch,
        "way": [(step, premise_words.NODE_KINDS[step.kind]) for step in branch.way] if branch else [],
        "level": premise_words.NODE_KINDS[branch.kind] if branch else "",
        "children": [
            (
                node,
                premise_words.NODE_KINDS[node.kind],
                stations.get(node.station_id, "") if shows_station else "",
            )
            for node in children
        ],
        "may_edit": request.actor.may("premises.edit"),
        "may_generate": request.actor.may("premises.generate"),
    }
    return lists.respond(request, listing=LISTING, context=facts)


@page.page(right="customers.view")
def premise(request: page.PageRequest, premise_id: int) -> HttpResponseBase:
    """One premise: parts, points with meter and account, classes, appliances, archive, changes."""
    try:
        found = queries_premises.premise_facts(premise_id=premise_id)
    except queries.PremiseNotFoundError as missing:
        raise Http404 from missing
    branch = queries_tree.branch(node_id=found.node_id) if found.node_id else None
    node_ids = [step.node_id for step in branch.way] if branch else []
    points = premises.points_of(premise_id=premise_id)
    facts = {
        "premise": found,
        "files_url": files.address_of_files(request, kind="PREMISE", subject_id=premise_id),
        "branch": branch,
        "parts": [(premise_words.PARTS[name], getattr(found.parts, name)) for name in premise_words.PARTS],
        "points": [(point, words.utility_code(point.utility)) for point in points],
        "is_supplied": any(point.account_no for point in points),
        "aliases": [
            (alias, premise_words.ALIAS_KINDS[alias.kind])
            for alias in queries_premises.aliases(premise_id=premise_id)
        ],
        "classes": [
            (held, premise_words.dimension_name(name_zh=held.name_zh, name_en=held.name_en))
            for held in queries_classes.held_values(premise_id=premise_id)
        ],
        "appliances": [
            (
                appliance,
                premise_words.APPLIANCE_KINDS[appliance.kind],
                premise_words.FLUE_TYPES[appliance.flue_type],
            )
            for appliance in queries_premises.appliances(premise_id=premise_id)
        ],
        "records": [
            (record, premise_words.NETWORK_KINDS[record.kind])
            for record in queries_premises.network_records(premise_id=premise_id, node_ids=node_ids)
        ],
        "acts": acts_of(premise_id=premise_id) if request.actor.may("audit.view") else None,
        "may_edit": request.actor.may("premises.edit"),
        "today": clock.today(),
        "neighbours": lists.neighbours(
            request, listing=LISTING, key=premise_id, list_url=reverse("premises")
        ),
    }
    return TemplateResponse(request, "premises/premise.html", facts)


def acts_of(
    *, premise_id: int | None = None, node_id: int | None = None, batch_id: int | None = None
) -> list[act_words.ActLine]:
    """What was done to a premise, a place or a generated building, newest first."""
    kind, key = next(
        (kind, key)
        for kind, key in (("PREMISE", premise_id), ("ADDRESS_NODE", node_id), ("PREMISE_BATCH", batch_id))
        if key is not None
    )
    found = access.audit_entries(wanted=access.AuditFilter(subject_kind=kind)).filter(subject_id=str(key))
    return [act_words.line(timeline.act_of(entry)) for entry in found.order_by("-at")[:_MOST_ACTS]]
