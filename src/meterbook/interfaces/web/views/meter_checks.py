"""Meters to look at: over age, stopped, slow, fast, running backwards; and the order sheet of a list."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from meterbook.application import actor as actors
from meterbook.domain.access import models as access_models
from meterbook.domain.access import queries as access
from meterbook.interfaces import clock
from meterbook.interfaces.web import cells, lists, page
from meterbook.interfaces.web.views import words
from meterbook.reporting import meter_checks

Kind = meter_checks.Kind
# Address -> list, and what the tab says.
LISTS = {
    "over-age": Kind.OVER_AGE,
    "stopped": Kind.STOPPED,
    "slow": Kind.SLOW,
    "fast": Kind.FAST,
    "backwards": Kind.BACKWARDS,
}
TITLES: Mapping[Kind, str | Promise] = {
    Kind.OVER_AGE: _("Over-age meters"),
    Kind.STOPPED: _("Stopped meters"),
    Kind.SLOW: _("Slow meters"),
    Kind.FAST: _("Fast meters"),
    Kind.BACKWARDS: _("Meters running backwards"),
}
_EMPTY: Mapping[Kind, str | Promise] = {
    Kind.OVER_AGE: _("No hanging meter is past its service life or verification."),
    Kind.STOPPED: _("No meter that counted before stood still for three readings."),
    Kind.SLOW: _("No meter counts half of its own mean and of its peers' or less."),
    Kind.FAST: _("No meter counts twice its own mean or more."),
    Kind.BACKWARDS: _("No reading of the last twelve months lies below the one before it."),
}
_MOST_ON_A_SHEET = 500
_QUANTITY = cells.Kind.QUANTITY


class CheckFilters(forms.Form):
    """Filters of the lists, in their address."""

    utility = forms.ChoiceField(label=_("Utility"), required=False, choices=words.choices(words.UTILITIES))
    station = forms.IntegerField(label=_("Station"), required=False, widget=forms.HiddenInput)


class CheckSource:
    """One list's rows, as of today."""

    def __init__(self, actor: actors.Actor, *, kind: Kind) -> None:
        self.actor = actor
        self.kind = kind

    def count(self, *, filters: Mapping[str, Any]) -> int:
        """How many meters are on it."""
        return meter_checks.meter_count(wanted=self._wanted(filters))

    def rows(
        self, *, filters: Mapping[str, Any], sort: lists.Sort, offset: int, limit: int
    ) -> Sequence[meter_checks.CheckRow]:
        """One page."""
        return meter_checks.meter_rows(
            wanted=self._wanted(filters),
            sort=sort.key,
            is_descending=sort.is_descending,
            offset=offset,
            limit=limit,
        )

    def totals(self, *, filters: Mapping[str, Any]) -> Mapping[str, int]:
        """Nothing adds up."""
        del filters
        return {}

    def _wanted(self, filters: Mapping[str, Any]) -> meter_checks.CheckFilter:
        utility = filters.get("utility")
        return meter_checks.CheckFilter(
            kind=self.kind,
            as_of=clock.today(),
            utility=int(utility) if utility else None,
            station_id=filters.get("station"),
        )


def model_text(row: meter_checks.CheckRow) -> str:
    """A model with its size."""
    return f"{row.model} DN{row.nominal_diameter}" if row.nominal_diameter else row.model


_HEAD = (
    lists.Column(key="serial_no", label=_("Meter no."), is_sortable=True),
    lists.Column(
        key="utility",
        label=_("Utility"),
        kind=cells.Kind.UTILITY,
        value=lambda row: words.utility_code(row.utility),
    ),
    lists.Column(key="model", label=_("Model"), value=model_text),
    lists.Column(key="address", label=_("Address"), is_sortable=True),
    lists.Column(key="account_no", label=_("Account no."), kind=cells.Kind.ACCOUNT_NO),
    lists.Column(key="customer", label=_("Name")),
)
_INSTALLED = lists.Column(key="installed_on", label=_("Installed on"), kind=cells.Kind.DAY)
_DUE = lists.Column(key="due_on", label=_("Due since"), kind=cells.Kind.DAY, is_sortable=True)
_READ = lists.Column(key="read_on", label=_("Read on"), kind=cells.Kind.DAY)
_LAST = lists.Column(key="last_milli", label=_("Last, 30 days"), kind=_QUANTITY, is_sortable=True)
_OWN = lists.Column(key="own_milli", label=_("Own mean"), kind=_QUANTITY, is_sortable=True)
_PEERS = lists.Column(key="peer_milli", label=_("Peers' mean"), kind=_QUANTITY)
_ZEROS = lists.Column(key="zero_usages", label=_("Zeros in a row"), kind=cells.Kind.NUMBER, is_sortable=True)
_STATION = lists.Column(key="station", label=_("Station"), is_shown=False)
_BELOW = (
    lists.Column(key="previous_milli", label=_("Previous"), kind=_QUANTITY),
    lists.Column(key="value_milli", label=_("Reading"), kind=_QUANTITY),
)
_COLUMNS = {
    Kind.OVER_AGE: (*_HEAD, _INSTALLED, _DUE, _STATION),
    Kind.STOPPED: (*_HEAD, _READ, _ZEROS, _OWN, _INSTALLED, _STATION),
    Kind.SLOW: (*_HEAD, _READ, _LAST, _OWN, _PEERS, _STATION),
    Kind.FAST: (*_HEAD, _READ, _LAST, _OWN, _PEERS, _STATION),
    Kind.BACKWARDS: (*_HEAD, _READ, *_BELOW, _STATION),
}
_SORTS = {
    Kind.OVER_AGE: lists.Sort(key="due_on"),
    Kind.STOPPED: lists.Sort(key="zero_usages", is_descending=True),
    Kind.SLOW: lists.Sort(key="own_milli", is_descending=True),
    Kind.FAST: lists.Sort(key="last_milli", is_descending=True),
    Kind.BACKWARDS: lists.Sort(key="serial_no"),
}
LISTINGS = {
    kind: lists.Listing(
        name=f"meters-{slug}",
        title=TITLES[kind],
        columns=_COLUMNS[kind],
        source=functools.partial(CheckSource, kind=kind),
        default_sort=_SORTS[kind],
        filters=CheckFilters,
        row_url=lambda row: reverse("meter", args=[row.meter_id]),
        row_key=lambda row: row.meter_id,
        template="meters/checks.html",
        empty_text=_EMPTY[kind],
    )
    for slug, kind in LISTS.items()
}


@page.page(right="customers.view")
def listing(request: page.PageRequest, check: str) -> HttpResponseBase:
    """One list."""
    if check not in LISTS:
        raise Http404
    facts = {
        "place": "checks",
        "check": check,
        "tabs": [(slug, TITLES[kind]) for slug, kind in LISTS.items()],
        "print_url": f"{reverse('meter_order_sheet', args=[check])}?{request.GET.urlencode()}",
    }
    return lists.respond(request, listing=LISTINGS[LISTS[check]], context=facts)


@page.page(right="customers.view")
def order_sheet(request: page.PageRequest, check: str) -> HttpResponseBase:
    """The list on paper, with room for what is found and fitted."""
    if check not in LISTS:
        raise Http404
    chosen = LISTINGS[LISTS[check]]
    query = lists.read_query(request, listing=chosen)
    source = chosen.source(request.actor)
    rows = source.rows(filters=query.filters, sort=query.sort, offset=0, limit=_MOST_ON_A_SHEET)
    units = access.units_by_id(unit_ids=request.actor.unit_ids).values()
    facts = {
        "title": chosen.title,
        "check": check,
        "rows": [(row, words.UTILITIES[row.utility], model_text(row)) for row in rows],
        "today": clock.today(),
        "stations": [unit.name for unit in units if unit.kind == access_models.OrgUnitKind.STATION],
        "more": max(0, source.count(filters=query.filters) - len(rows)),
    }
    return TemplateResponse(request, "meters/order_sheet.html", facts)
