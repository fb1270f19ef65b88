"""Fitting, swapping and taking off meters: find the place, see what the old meter counted, then do it."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from meterbook.application import act_fees, fit_meters, transaction
from meterbook.domain.devices import models as devices
from meterbook.domain.metering import models, queries_changes, rules
from meterbook.domain.metering.operations_changes import agreement_on
from meterbook.interfaces import clock
from meterbook.interfaces.web import context, page
from meterbook.interfaces.web.views import fee_boxes, fitting_forms, fitting_words, meter_words, words
from meterbook.kernel import quantity
from meterbook.reporting import meter_changes

Kind = models.ChangeKind
RIGHT = fit_meters.RIGHT
_REFUSALS: tuple[type[Exception], ...] = (
    fit_meters.ChangeError,
    fit_meters.FittingError,
    *fee_boxes.REFUSALS,
)
_KINDS = {"swap": Kind.SWAP, "remove": Kind.REMOVE, "install": Kind.INSTALL}


@page.page(right=RIGHT)
def find(request: page.PageRequest) -> HttpResponseBase:
    """Ask for an account or a meter; one place found opens it. Below it the latest changes."""
    text = request.GET.get("q", "").strip()
    places = meter_changes.places_of_number(text=text)
    if len(places) == 1:
        return page.redirect(request, "meter_place", places[0].service_point_id)
    facts = {"q": text, "places": _lines(places), "changes": _change_lines(meter_changes.changes())}
    return TemplateResponse(request, "fitting/find.html", facts)


@page.page(right=RIGHT)
def place(request: page.PageRequest, service_point_id: int) -> HttpResponseBase:
    """One place: what hangs there, how it stands, what was changed."""
    found = _place(service_point_id)
    facts = {
        "place": found,
        "utility": words.utility_code(found.utility),
        "registers": _registers(found),
        "pending": _pending(found),
        "changes": _change_lines(meter_changes.changes(service_point_id=service_point_id)),
    }
    return TemplateResponse(request, "fitting/place.html", facts)


@page.page(right=RIGHT, methods=("GET", "POST"))
def change(request: page.PageRequest, service_point_id: int, fitting: str) -> HttpResponseBase:
    """Fit, swap or take off. What the old meter counted is shown before anything is written."""
    if fitting not in _KINDS:
        raise Http404
    kind = _KINDS[fitting]
    if request.method != "POST":
        found = _place(service_point_id)
        bands = _bands(found, number=request.GET.get("meter", ""))
        form = fitting_forms.FittingForm(
            kind=kind, bands=bands, today=clock.today(), may_waive=_may_waive(request)
        )
        if kind != Kind.REMOVE:
            form.initial["new_serial_no"] = request.GET.get("meter", "")
        return _form_page(request, found=found, form=form)
    with transaction.reading(actor=request.actor):
        found = _place(service_point_id)
        bands = _bands(found, number=request.POST.get("new_serial_no", ""))
        form = fitting_forms.FittingForm(
            request.POST, kind=kind, bands=bands, today=clock.today(), may_waive=_may_waive(request)
        )
    counted: tuple[fit_meters.ClosedRegister, ...] = ()
    if form.is_valid():
        command = form.command(service_point_id=service_point_id)
        try:
            counted = fit_meters.preview(actor=request.actor, change=command, today=clock.today())
            if kind == Kind.INSTALL or form.cleaned_data["seen"] == _mark(counted):
                done = fit_meters.change(
                    actor=request.actor,
                    change=command,
                    now=clock.now(),
                    today=clock.today(),
                    fees=form.decided(),
                )
                notice = context.Notice(text=_("The meter is changed."))
                return page.redirect(request, "meter_change", done.change_id, notice=notice)
        except _REFUSALS as refused:
            form.refuse(refused)
        except fit_meters.SealTakenError:
            form.add_error("new_seal_no", _("This seal number is taken."))
    is_asked = bool(counted) and not form.errors
    status = 200 if is_asked else 422
    return _form_page(request, found=found, form=form, counted=counted if is_asked else (), status=status)


@page.page(right=RIGHT)
def changed(request: page.PageRequest, change_id: int) -> HttpResponseBase:
    """One change, with its values and what was carried."""
    form = fitting_forms.UndoForm(initial={"request_key": uuid.uuid4()})
    return TemplateResponse(request, "fitting/change.html", _change_facts(change_id) | {"form": form})


@page.page(right=RIGHT)
def sheet(request: page.PageRequest, change_id: int) -> HttpResponseBase:
    """The slip both sides sign."""
    return TemplateResponse(request, "fitting/sheet.html", _change_facts(change_id))


@page.page(right=RIGHT, methods=("POST",))
def undo(request: page.PageRequest, change_id: int) -> HttpResponseBase:
    """Take a change back."""
    with transaction.reading(actor=request.actor):
        facts = _change_facts(change_id)
    form = fitting_forms.UndoForm(request.POST)
    if form.is_valid():
        try:
            done = fit_meters.undo(
                actor=request.actor,
                change_id=change_id,
                today=clock.today(),
                now=clock.now(),
                **form.cleaned_data,
            )
        except fit_meters.ChangeError as refused:
            form.add_error(None, fitting_words.refusal(refused))
        except act_fees.FeePaidError as refused:
            form.add_error(None, str(fee_boxes.REFUSALS[type(refused)][1]))
        else:
            notice = context.Notice(text=_("The change is taken back."))
            return page.redirect(request, "meter_change", done.change_id, notice=notice)
    return TemplateResponse(request, "fitting/change.html", facts | {"form": form}, status=422)


def _may_waive(request: page.PageRequest) -> bool:
    return request.actor.may(act_fees.WAIVE_RIGHT)


def _form_page(
    request: page.PageRequest,
    *,
    found: meter_changes.Place,
    form: fitting_forms.FittingForm,
    counted: Sequence[fit_meters.ClosedRegister] = (),
    status: int = 200,
) -> TemplateResponse:
    if counted:
        form.data = {**request.POST.dict(), "seen": _mark(counted)}
    facts = {
        "place": found,
        "utility": words.utility_code(found.utility),
        "title": fitting_words.KINDS[form.kind],
        "form": form,
        "counted": [_sentence(row) for row in counted],
        "found": found,
    }
    return _with_reads(request, facts=facts, status=status)


def _with_reads(request: page.PageRequest, *, facts: dict[str, Any], status: int) -> TemplateResponse:
    """The page, with what it reads taken while it is rendered (POST has no open transaction)."""
    found = facts.pop("found")
    if request.method == "POST":
        with transaction.reading(actor=request.actor):
            facts |= {"registers": _registers(found), "pending": _pending(found)}
    else:
        facts |= {"registers": _registers(found), "pending": _pending(found)}
    return TemplateResponse(request, "fitting/form.html", facts, status=status)


def _place(service_point_id: int) -> meter_changes.Place:
    found = meter_changes.place(service_point_id=service_point_id)
    if found is None:
        raise Http404
    return found


def _bands(found: meter_changes.Place, *, number: str) -> list[int]:
    """The registers a change is about: of what hangs, else of the meter named, else one."""
    registers = devices.Register.objects.all()
    if found.meter_id is not None:
        registers = registers.filter(meter_id=found.meter_id)
    else:
        registers = registers.filter(meter__serial_no=number.strip())
    bands = list(registers.order_by("band").values_list("band", flat=True))
    return bands or [int(devices.Register.Band.TOTAL)]


def _registers(found: meter_changes.Place) -> list[dict[str, Any]]:
    if found.meter_id is None:
        return []
    agreement = agreement_on(service_point_id=found.service_point_id, day=clock.today())
    states = queries_changes.register_states(
        meter_id=found.meter_id, agreement_id=None if agreement is None else agreement.pk
    )
    return [{"state": state, "band": words.BANDS[state.band] if len(states) > 1 else ""} for state in states]


def _pending(found: meter_changes.Place) -> list[queries_changes.PendingUsage]:
    if found.agreement_id is None:
        return []
    return list(queries_changes.pending_usages(agreement_id=found.agreement_id))


def _mark(counted: Sequence[fit_meters.ClosedRegister]) -> str:
    """What was on the page, so that nothing else is written."""
    return " ".join(f"{row.band}:{row.closing_milli}:{row.quantity_milli}" for row in counted) or "-"


def _sentence(row: fit_meters.ClosedRegister) -> dict[str, Any]:
    is_rolled_over = row.closing_milli < row.previous_milli
    return {
        "row": row,
        "band": words.BANDS[row.band],
        "estimate": fitting_words.ESTIMATES.get(row.estimate_rule or 0, ""),
        "is_rolled_over": is_rolled_over,
        "capacity_milli": 10**row.digits * rules.MILLI,
        "multiplier": ""
        if row.multiplier_milli == rules.MILLI
        else quantity.format_milli(row.multiplier_milli),
    }


def _lines(places: Sequence[meter_changes.Place]) -> list[dict[str, Any]]:
    return [
        {
            "place": found,
            "utility": words.utility_code(found.utility),
            "url": reverse("meter_place", args=[found.service_point_id]),
        }
        for found in places
    ]


def _change_lines(rows: Sequence[meter_changes.ChangeRow]) -> list[dict[str, Any]]:
    return [_line(row) for row in rows]


def _line(row: meter_changes.ChangeRow) -> dict[str, Any]:
    return {
        "change": row,
        "kind": fitting_words.KINDS[row.kind],
        "reason": meter_words.REASONS.get(row.reason, ""),
        "utility": words.utility_code(row.utility),
        "is_undo": row.kind == Kind.UNDO,
    }


def _change_facts(change_id: int) -> dict[str, Any]:
    row = meter_changes.change_row(change_id=change_id)
    if row is None:
        raise Http404
    values = meter_changes.changed_values(change_id=change_id)
    return _line(row) | {
        "closings": [_value(value) for value in values if value.is_closing],
        "openings": [_value(value) for value in values if not value.is_closing],
        "may_undo": row.kind != Kind.UNDO and row.undone_by is None,
    }


def _value(value: meter_changes.ChangedValue) -> dict[str, Any]:
    return {
        "value": value,
        "band": words.BANDS[value.band],
        "estimate": fitting_words.ESTIMATES.get(value.estimate_rule or 0, ""),
        "is_open": value.estimate_rule is not None and value.quantity_milli is None,
    }
