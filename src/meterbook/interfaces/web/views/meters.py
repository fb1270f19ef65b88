"""The list of meters and the page of one: where it hangs, where it hung, every reading."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from meterbook.application import actor as actors
from meterbook.domain.agreements import queries as agreements
from meterbook.domain.devices import queries as devices
from meterbook.interfaces.web import cells, lists, page
from meterbook.interfaces.web.views import words
from meterbook.reporting import meters


class MeterFilters(forms.Form):
    """Filters of the list, in its address."""

    serial_no = forms.CharField(label=_("Meter no. begins with"), required=False, max_length=40)
    utility = forms.ChoiceField(label=_("Utility"), required=False, choices=words.choices(words.UTILITIES))
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=words.choices({code: tag.text for code, tag in words.METER_STATES.items()}),
    )


class MeterSource:
    """The list's rows."""

    def __init__(self, actor: actors.Actor) -> None:
        self.actor = actor

    def count(self, *, filters: Mapping[str, Any]) -> int:
        """How many meters fit."""
        return meters.meter_count(wanted=_wanted(filters))

    def rows(
        self, *, filters: Mapping[str, Any], sort: lists.Sort, offset: int, limit: int
    ) -> Sequence[meters.MeterRow]:
        """One page."""
        return meters.meter_rows(
            wanted=_wanted(filters),
            sort=sort.key,
            is_descending=sort.is_descending,
            offset=offset,
            limit=limit,
        )

    def totals(self, *, filters: Mapping[str, Any]) -> Mapping[str, int]:
        """Nothing of a meter adds up."""
        del filters
        return {}


def _wanted(filters: Mapping[str, Any]) -> meters.MeterFilter:
    numbers = {name: int(filters[name]) for name in ("utility", "state") if name in filters}
    return meters.MeterFilter(serial_no=filters.get("serial_no"), **numbers)


LISTING = lists.Listing(
    name="meters",
    title=_("Meters"),
    columns=(
        lists.Column(key="serial_no", label=_("Meter no."), is_sortable=True),
        lists.Column(
            key="utility",
            label=_("Utility"),
            kind=cells.Kind.UTILITY,
            value=lambda row: words.utility_code(row.utility),
        ),
        lists.Column(key="model", label=_("Model"), is_sortable=True),
        lists.Column(key="address", label=_("Address")),
        lists.Column(key="account_no", label=_("Account no."), kind=cells.Kind.ACCOUNT_NO),
        lists.Column(key="holder", label=_("Name")),
        lists.Column(key="value_milli", label=_("Last reading"), kind=cells.Kind.QUANTITY),
        lists.Column(key="read_on", label=_("Read on"), kind=cells.Kind.DAY),
        lists.Column(
            key="state",
            label=_("State"),
            kind=cells.Kind.TAG,
            value=lambda row: words.METER_STATES[row.state],
        ),
        lists.Column(key="barcode", label=_("Barcode"), is_sortable=True, is_shown=False),
        lists.Column(key="installed_on", label=_("Installed on"), kind=cells.Kind.DAY, is_shown=False),
        lists.Column(key="station", label=_("Station"), is_shown=False),
    ),
    source=MeterSource,
    default_sort=lists.Sort(key="serial_no"),
    filters=MeterFilters,
    row_url=lambda row: reverse("meter", args=[row.meter_id]),
    row_key=lambda row: row.meter_id,
)


@page.page(right="customers.view")
def listing(request: page.PageRequest) -> HttpResponseBase:
    """The meters of the person's stations."""
    return lists.respond(request, listing=LISTING)


@page.page(right="customers.view")
def meter(request: page.PageRequest, meter_id: int) -> HttpResponseBase:
    """One meter."""
    try:
        found = devices.meter_facts(meter_id=meter_id)
    except devices.MeterNotFoundError as missing:
        raise Http404 from missing
    account_id = agreements.account_ids_of_meters(meter_ids=[meter_id]).get(meter_id)
    heads = agreements.account_heads(account_ids=[] if account_id is None else [account_id])
    sees_readings = request.actor.may("readings.view")
    facts = {
        "meter": found,
        "utility": words.utility_code(found.utility),
        "kind": words.METER_KINDS[found.kind],
        "state": words.METER_STATES[found.state],
        "registers": [(register, words.BANDS[register.band]) for register in found.registers],
        "head": next(iter(heads.values()), None),
        "sees_readings": sees_readings,
        "readings": _readings(meter_id) if sees_readings else [],
        "has_bands": len(found.registers) > 1,
        "neighbours": lists.neighbours(request, listing=LISTING, key=meter_id, list_url=reverse("meters")),
    }
    return TemplateResponse(request, "meters/meter.html", facts)


def _readings(meter_id: int) -> list[dict[str, Any]]:
    return [
        {
            "reading": reading,
            "band": words.BANDS[reading.band],
            "source": words.READING_SOURCES.get(reading.source, ""),
        }
        for reading in meters.readings_of_meter(meter_id=meter_id)
    ]
