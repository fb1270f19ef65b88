"""What is done to one meter: a move taken back, seals, tests, another barcode. Each from the meter's page."""

from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from meterbook.application import meter_due, meter_facts, meters_admin, transaction
from meterbook.domain.devices import operations_tests
from meterbook.domain.devices import queries as devices
from meterbook.interfaces import clock
from meterbook.interfaces.web import context, page
from meterbook.interfaces.web.views import meter_forms, meter_words, meters

RIGHT = meters_admin.RIGHT


@page.page(right=RIGHT, methods=("POST",))
def undo(request: page.PageRequest, meter_id: int, move_id: int) -> HttpResponseBase:
    """Take the last move back."""
    _require_meter(request, meter_id=meter_id)
    form = meter_forms.ReasonForm(request.POST)
    if not form.is_valid():
        return _back(request, meter_id=meter_id, text=_("Give a reason."), kind="bad")
    try:
        meters_admin.undo_move(
            actor=request.actor,
            meter_id=meter_id,
            move_id=move_id,
            reason=form.cleaned_data["reason"],
            today=clock.today(),
            now=clock.now(),
        )
    except meters_admin.MoveRefusedError as error:
        return _back(request, meter_id=meter_id, text=meter_words.move_refused(error), kind="bad")
    except meters_admin.MeterChangedError:
        text = _("The meter was moved meanwhile; look again.")
        return _back(request, meter_id=meter_id, text=text, kind="bad")
    return _back(request, meter_id=meter_id, text=_("The move is taken back."))


@page.page(right=RIGHT, methods=("POST",))
def seal(request: page.PageRequest, meter_id: int) -> HttpResponseBase:
    """Put a seal on."""
    _require_meter(request, meter_id=meter_id)
    form = meter_forms.SealForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        new = operations_tests.NewSeal(
            seal_no=said["seal_no"],
            position=said["position"],
            colour=said["colour"],
            on=said["on"],
            staff_id=request.actor.staff_id,
        )
        try:
            meter_facts.apply_seal(
                actor=request.actor, meter_id=meter_id, seal=new, today=clock.today(), now=clock.now()
            )
        except meter_facts.SealTakenError:
            form.add_error("seal_no", _("A seal of this number was used before."))
        except meter_facts.NumberError as error:
            form.add_error("seal_no", meter_words.number_refused(error))
        except meter_facts.FutureDayError:
            form.add_error("on", _("This day hasn't come yet."))
        else:
            return _back(request, meter_id=meter_id, text=_("The seal is kept."))
    return meters.meter_page(request, meter_id=meter_id, refused={"seal_form": form}, status=422)


@page.page(right=RIGHT, methods=("POST",))
def unseal(request: page.PageRequest, meter_id: int, seal_id: int) -> HttpResponseBase:
    """Take a seal off."""
    _require_meter(request, meter_id=meter_id)
    form = meter_forms.UnsealForm(request.POST)
    if not form.is_valid():
        return _back(request, meter_id=meter_id, text=_("Give a reason and a day."), kind="bad")
    try:
        meter_facts.remove_seal(
            actor=request.actor,
            meter_id=meter_id,
            seal_id=seal_id,
            on=form.cleaned_data["on"],
            reason=form.cleaned_data["reason"],
            today=clock.today(),
            now=clock.now(),
        )
    except meter_facts.SealNotFoundError as missing:
        raise Http404 from missing
    except (meter_facts.SealDateError, meter_facts.FutureDayError):
        text = _("A seal comes off between the day it was applied and today.")
        return _back(request, meter_id=meter_id, text=text, kind="bad")
    return _back(request, meter_id=meter_id, text=_("The seal is taken off."))


@page.page(right=RIGHT, methods=("POST",))
def barcode(request: page.PageRequest, meter_id: int) -> HttpResponseBase:
    """Give another barcode."""
    _require_meter(request, meter_id=meter_id)
    form = meter_forms.BarcodeForm(request.POST)
    if form.is_valid():
        try:
            meter_facts.change_barcode(
                actor=request.actor,
                meter_id=meter_id,
                barcode=form.cleaned_data["barcode"],
                version=form.cleaned_data["version"],
                now=clock.now(),
            )
        except meter_facts.BarcodeTakenError:
            form.add_error("barcode", _("Another meter has this number."))
        except meter_facts.NumberError as error:
            form.add_error("barcode", meter_words.number_refused(error))
        except meter_facts.MeterChangedError:
            form.add_error("barcode", _("The meter was changed meanwhile; look again."))
        else:
            return _back(request, meter_id=meter_id, text=_("The barcode is kept."))
    return meters.meter_page(request, meter_id=meter_id, refused={"barcode_form": form}, status=422)


@page.page(right=RIGHT, methods=("POST",))
def due(request: page.PageRequest, meter_id: int) -> HttpResponseBase:
    """Say another day on which the verification is due."""
    _require_meter(request, meter_id=meter_id)
    form = meter_forms.DueForm(request.POST)
    if form.is_valid():
        try:
            meter_due.change_due(
                actor=request.actor,
                meter_id=meter_id,
                due_on=form.cleaned_data["due_on"],
                version=form.cleaned_data["version"],
                reason=form.cleaned_data["reason"],
                now=clock.now(),
            )
        except meter_due.DueDayError as error:
            text = _("The meter was last verified on %(fact)s.") % {"fact": error.verified_on.isoformat()}
            form.add_error("due_on", text)
        except meter_due.MeterChangedError:
            form.add_error("due_on", _("The meter was changed meanwhile; look again."))
        else:
            return _back(request, meter_id=meter_id, text=_("The day is kept."))
    return meters.meter_page(request, meter_id=meter_id, refused={"due_form": form}, status=422)


@page.page(right=RIGHT, methods=("GET", "POST"))
def test(request: page.PageRequest, meter_id: int) -> HttpResponseBase:
    """Write what a laboratory found."""
    found = _require_meter(request, meter_id=meter_id)
    form = meter_forms.TestForm(
        request.POST or None,
        initial={
            "request_key": meter_forms.new_key(),
            "tested_on": clock.today(),
            "laboratory": found.holder,
        },
    )
    if form.is_valid():
        new = operations_tests.NewTest(**form.cleaned_data, at=clock.now(), staff_id=request.actor.staff_id)
        try:
            meter_facts.record_test(
                actor=request.actor, meter_id=meter_id, test=new, today=clock.today(), now=clock.now()
            )
        except meter_facts.FutureDayError:
            form.add_error("tested_on", _("This day hasn't come yet."))
        else:
            return _back(request, meter_id=meter_id, text=_("The test is kept."))
    facts = {"form": form, "meter": found}
    return TemplateResponse(request, "meters/test.html", facts, status=422 if form.is_bound else 200)


def _require_meter(request: page.PageRequest, *, meter_id: int) -> devices.MeterFacts:
    try:
        if request.method != "POST":
            return devices.meter_facts(meter_id=meter_id)
        with transaction.reading(actor=request.actor):
            return devices.meter_facts(meter_id=meter_id)
    except devices.MeterNotFoundError as missing:
        raise Http404 from missing


def _back(request: page.PageRequest, *, meter_id: int, text: str, kind: str = "ok") -> HttpResponseBase:
    notice = context.Notice(text=text, kind=kind)
    return page.redirect(request, reverse("meter", args=[meter_id]), notice=notice)
