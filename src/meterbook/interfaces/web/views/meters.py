"""The list of meters and the page of one: where it hangs and hung, its life, seals, tests, readings."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from meterbook.application import actor as actors
from meterbook.application import transaction
from meterbook.domain.agreements import queries as agreements
from meterbook.domain.devices import models, rules
from meterbook.domain.devices import queries as devices
from meterbook.interfaces import clock
from meterbook.interfaces.web import cells, lists, page
from meterbook.interfaces.web.views import files, meter_forms, meter_store, meter_words, usage_chart, words
from meterbook.reporting import meter_history, meters


class MeterFilters(forms.Form):
    """Filters of the list, in its address."""

    serial_no = forms.CharField(label=_("Meter no. begins with"), required=False, max_length=40)
    utility = forms.ChoiceField(label=_("Utility"), required=False, choices=words.choices(words.UTILITIES))
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=words.choices({code: tag.text for code, tag in meter_words.STATES.items()}),
    )
    holder = forms.CharField(label=_("With whom"), required=False, max_length=60)
    purchase_no = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    due_until = meter_forms.day_field(label=_("Due until"), required=False)
    model_id = forms.IntegerField(required=False, widget=forms.HiddenInput)


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
    numbers = {name: int(filters[name]) for name in ("utility", "state", "model_id") if name in filters}
    return meters.MeterFilter(
        serial_no=filters.get("serial_no"),
        holder=filters.get("holder"),
        purchase_no=filters.get("purchase_no"),
        due_until=filters.get("due_until"),
        utility=numbers.get("utility"),
        state=numbers.get("state"),
        model_id=numbers.get("model_id"),
    )


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
            value=lambda row: meter_words.STATES[row.state],
        ),
        lists.Column(key="with_whom", label=_("With whom"), is_shown=False),
        lists.Column(key="barcode", label=_("Barcode"), is_sortable=True, is_shown=False),
        lists.Column(
            key="due_on", label=_("Verification due"), kind=cells.Kind.DAY, is_sortable=True, is_shown=False
        ),
        lists.Column(key="purchase_no", label=_("Purchase no."), is_shown=False),
        lists.Column(key="installed_on", label=_("Installed on"), kind=cells.Kind.DAY, is_shown=False),
        lists.Column(key="station", label=_("Station"), is_shown=False),
    ),
    source=MeterSource,
    default_sort=lists.Sort(key="serial_no"),
    filters=MeterFilters,
    row_url=lambda row: reverse("meter", args=[row.meter_id]),
    row_key=lambda row: row.meter_id,
    template="meters/list.html",
    subject="METER",
    subject_id=lambda row: row.meter_id,
)


@page.page(right="customers.view")
def listing(request: page.PageRequest) -> HttpResponseBase:
    """The meters of the person's stations."""
    facts = {"place": "meters", "may_edit": request.actor.may("meters.edit")}
    return lists.respond(request, listing=LISTING, context=facts)


@page.page(right="customers.view")
def meter(request: page.PageRequest, meter_id: int) -> HttpResponseBase:
    """One meter."""
    return meter_page(request, meter_id=meter_id)


def meter_page(
    request: page.PageRequest, *, meter_id: int, refused: Mapping[str, Any] | None = None, status: int = 200
) -> HttpResponseBase:
    """The page of a meter; `refused` are its forms, as they were sent."""
    is_post = request.method == "POST"
    with transaction.reading(actor=request.actor) if is_post else contextlib.nullcontext():
        facts = _facts(request, meter_id=meter_id)
    facts |= refused or {}
    return TemplateResponse(request, "meters/meter.html", facts, status=status)


def _facts(request: page.PageRequest, *, meter_id: int) -> dict[str, Any]:
    try:
        found = devices.meter_facts(meter_id=meter_id)
    except devices.MeterNotFoundError as missing:
        raise Http404 from missing
    account_id = agreements.account_ids_of_meters(meter_ids=[meter_id]).get(meter_id)
    heads = agreements.account_heads(account_ids=[] if account_id is None else [account_id])
    sees_readings = request.actor.may("readings.view")
    return {
        "meter": found,
        "files_url": files.address_of_files(request, kind="METER", subject_id=meter_id),
        "utility": words.utility_code(found.utility),
        "kind": words.METER_KINDS[found.kind],
        "state": meter_words.STATES[found.state],
        "registers": [(register, words.BANDS[register.band]) for register in found.registers],
        "head": next(iter(heads.values()), None),
        "sees_readings": sees_readings,
        "readings": _readings(meter_id) if sees_readings else [],
        "chart": _chart(meter_id) if sees_readings else None,
        "has_bands": len(found.registers) > 1,
        "neighbours": lists.neighbours(request, listing=LISTING, key=meter_id, list_url=reverse("meters")),
        **_life(request, found=found),
    }


def _life(request: page.PageRequest, *, found: devices.MeterFacts) -> dict[str, Any]:
    """The moves, seals and tests of a meter, and what may be done to it now."""
    today = clock.today()
    moves = devices.moves_of(meter_id=found.meter_id)
    may_edit = request.actor.may("meters.edit")
    seals = devices.seals_of(meter_id=found.meter_id)
    return {
        "is_over_age": found.verification_due_on is not None
        and found.verification_due_on <= today
        and found.state == rules.MeterState.IN_SERVICE,
        "error": meter_forms.percent(found.correction_ppm) if found.correction_ppm else "",
        "moves": [
            (move, meter_words.STATES[move.to_state], meter_words.REASONS[move.reason]) for move in moves
        ],
        "undo": moves[0] if may_edit and _may_undo(moves[0]) else None,
        "seals": [(seal, meter_words.POSITIONS[seal.position]) for seal in seals],
        "tests": [_test(test) for test in devices.tests_of(meter_id=found.meter_id)],
        "acts": _acts(found) if may_edit else [],
        "may_edit": may_edit,
        "may_fit": request.actor.may("meters.fit"),
        "seal_form": meter_forms.SealForm(initial={"on": today}),
        "unseal_form": meter_forms.UnsealForm(initial={"on": today}),
        "barcode_form": meter_forms.BarcodeForm(initial={"barcode": found.barcode, "version": found.version}),
        "due_form": meter_forms.DueForm(
            initial={"due_on": found.verification_due_on, "version": found.version}
        ),
        "reason_form": meter_forms.ReasonForm(),
    }


def _may_undo(last: models.MeterMove) -> bool:
    fault = rules.undo_fault(
        from_state=None if last.from_state is None else rules.MeterState(last.from_state),
        to_state=rules.MeterState(last.to_state),
        is_undo=last.undoes_id is not None,
    )
    return fault is None


def _acts(found: devices.MeterFacts) -> list[tuple[str, Any]]:
    """The acts the store's pages do to a meter in its state: (address, word)."""
    return [
        (slug, meter_words.ACTS[state])
        for slug, state in meter_store.ACTS.items()
        if rules.may_move(from_state=found.state, to_state=state)
    ]


def _test(test: models.MeterTest) -> dict[str, Any]:
    points = sorted(test.points.all(), key=lambda point: point.flow_milli)
    return {
        "test": test,
        "kind": meter_words.TEST_KINDS[test.kind],
        "error": "" if test.error_ppm is None else meter_forms.percent(test.error_ppm),
        "points": [(point.flow_milli, meter_forms.percent(point.error_ppm)) for point in points],
    }


def _chart(meter_id: int) -> usage_chart.Chart | None:
    usages = meter_history.usages_at_places(meter_id=meter_id)
    return usage_chart.drawn(usages=usages, meter_id=meter_id) if usages else None


def _readings(meter_id: int) -> list[dict[str, Any]]:
    return [
        {
            "reading": reading,
            "band": words.BANDS[reading.band],
            "source": words.READING_SOURCES.get(reading.source, ""),
        }
        for reading in meters.readings_of_meter(meter_id=meter_id)
    ]
