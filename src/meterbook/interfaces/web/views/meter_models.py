"""Models of meters: what they are, and how long one may serve."""

import contextlib
from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from meterbook.application import meter_facts, transaction
from meterbook.domain.devices import models, operations_models, rules
from meterbook.domain.devices import queries as devices
from meterbook.interfaces import clock
from meterbook.interfaces.web import context, page
from meterbook.interfaces.web.views import meter_forms, meter_words, words

RIGHT = meter_facts.RIGHT
_BANDS = (models.Band.PEAK, models.Band.FLAT, models.Band.VALLEY)
_PLAIN = (
    "maker",
    "name",
    "utility",
    "kind",
    "nominal_diameter",
    "accuracy_class",
    "nominal_flow_milli",
    "digits",
    "decimals",
    "multiplier_milli",
    "communication",
    "has_valve",
    "ic_protocol",
    "service_life_months",
    "verification_months",
)


@page.page(right="customers.view")
def listing(request: page.PageRequest) -> HttpResponseBase:
    """Every model."""
    facts = {
        "place": "models",
        "rows": [_row(model) for model in devices.meter_models()],
        "may_edit": request.actor.may(RIGHT),
    }
    return TemplateResponse(request, "meters/models.html", facts)


@page.page(right=RIGHT, methods=("GET", "POST"))
def new(request: page.PageRequest) -> HttpResponseBase:
    """Add a model."""
    form = meter_forms.ModelForm(
        request.POST or None,
        initial={"digits": 5, "decimals": 0, "multiplier_milli": 1000, "kind": 1, "communication": 0},
    )
    return _keep(request, form=form, model_id=None)


@page.page(right=RIGHT, methods=("GET", "POST"))
def model(request: page.PageRequest, model_id: int) -> HttpResponseBase:
    """Change a model."""
    try:
        with (
            transaction.reading(actor=request.actor) if request.method == "POST" else contextlib.nullcontext()
        ):
            found = devices.meter_model(model_id=model_id)
    except devices.ModelNotFoundError as missing:
        raise Http404 from missing
    initial = {name: getattr(found, name) for name in _PLAIN} | {"has_bands": len(found.bands) > 1}
    return _keep(
        request, form=meter_forms.ModelForm(request.POST or None, initial=initial), model_id=model_id
    )


def _keep(
    request: page.PageRequest, *, form: meter_forms.ModelForm, model_id: int | None
) -> HttpResponseBase:
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        has_bands = said.pop("has_bands")
        bands = (models.Band.TOTAL.value, *(band.value for band in _BANDS if has_bands))
        try:
            kept = meter_facts.keep_model(
                actor=request.actor,
                model_id=model_id,
                facts=operations_models.ModelFacts(**said, bands=bands),
                now=clock.now(),
            )
        except meter_facts.ModelTakenError:
            form.add_error("name", _("There is a model of this maker, name and utility."))
        except meter_facts.NotEveryStationError:
            form.add_error(None, _("A model is changed by who sees every station: all may have its meters."))
        else:
            notice = context.Notice(text=_("The model is kept: %s") % kept)
            return page.redirect(request, "meter_models", notice=notice)
    facts = {"form": form, "model_id": model_id, "place": "models"}
    return TemplateResponse(request, "meters/model.html", facts, status=422 if form.is_bound else 200)


def _row(model: models.MeterModel) -> dict[str, Any]:
    lives = rules.lives_of_model(model)
    return {
        "model": model,
        "utility": words.utility_code(model.utility),
        "kind": words.METER_KINDS[model.kind],
        "communication": meter_words.COMMUNICATIONS[model.communication],
        "months": lives.months,
        "is_own": model.service_life_months is not None or model.verification_months is not None,
    }
