"""The store: how many meters are where; new ones received, others issued, sent away, brought back."""

import contextlib

from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from meterbook.application import meters_admin, transaction
from meterbook.domain.access import models as access_models
from meterbook.domain.access import queries as access
from meterbook.domain.devices import models, rules
from meterbook.domain.devices import queries as devices
from meterbook.interfaces import clock
from meterbook.interfaces.web import context, page
from meterbook.interfaces.web.views import meter_forms, meter_words, words
from meterbook.kernel import period
from meterbook.reporting import meter_history

RIGHT = meters_admin.RIGHT
State = rules.MeterState
# The acts as they stand in addresses.
ACTS = {
    "issue": State.ISSUED,
    "store": State.IN_STOCK,
    "test": State.IN_TEST,
    "repair": State.IN_REPAIR,
    "lost": State.LOST,
    "scrap": State.SCRAPPED,
}
_SHOWN = (
    State.IN_STOCK,
    State.ISSUED,
    State.IN_SERVICE,
    State.REMOVED,
    State.IN_TEST,
    State.IN_REPAIR,
    State.LOST,
    State.SCRAPPED,
)
_YEAR_MONTHS = 12


@page.page(right="customers.view")
def store(request: page.PageRequest) -> HttpResponseBase:
    """Counts by model and state, and why meters were taken off in the last twelve months."""
    today = clock.today()
    since = period.add_months(today, -_YEAR_MONTHS)
    by_model = meter_history.meters_by_model()
    facts = {
        "place": "store",
        "states": [(int(state), meter_words.STATES[state]) for state in _SHOWN],
        "by_model": [
            (row, words.utility_code(row.utility), [row.counts.get(state, 0) for state in _SHOWN])
            for row in by_model
        ],
        "sums": [sum(row.counts.get(state, 0) for row in by_model) for state in _SHOWN],
        "removals": [
            (meter_words.REASONS[reason] or _("No cause given"), count)
            for reason, count in meter_history.removals_by_reason(since=since, as_of=today)
        ],
        "since": since,
        "acts": [(slug, meter_words.ACTS[state]) for slug, state in ACTS.items()],
        "may_edit": request.actor.may(RIGHT),
    }
    return TemplateResponse(request, "meters/store.html", facts)


@page.page(right=RIGHT, methods=("GET", "POST"))
def receive(request: page.PageRequest) -> HttpResponseBase:
    """Take new meters into store."""
    with transaction.reading(actor=request.actor) if request.method == "POST" else contextlib.nullcontext():
        form = _receive_form(request)
        is_valid = request.method == "POST" and form.is_valid()
    if is_valid:
        try:
            batch = meters_admin.receive(
                actor=request.actor, command=form.command(), today=clock.today(), now=clock.now()
            )
        except meters_admin.SerialsTakenError as error:
            form.add_error("first" if form.cleaned_data["first"] else "listed", _taken(error))
        except meters_admin.FutureDayError:
            form.add_error("on", _("This day hasn't come yet."))
        else:
            return _done(request, batch=batch, place=form.cleaned_data["store"])
    facts = {"form": form, "place": "store"}
    return TemplateResponse(request, "meters/receive.html", facts, status=422 if form.is_bound else 200)


@page.page(right=RIGHT, methods=("GET", "POST"))
def move(request: page.PageRequest, act: str) -> HttpResponseBase:
    """Issue, store, send to test or repair, report lost, scrap."""
    if act not in ACTS:
        raise Http404
    to_state = ACTS[act]
    initial = {
        "request_key": meter_forms.new_key(),
        "on": clock.today(),
        "serial_nos": "\n".join(request.GET.getlist("meter")),
    }
    form = meter_forms.MoveForm(request.POST or None, initial=initial, to_state=to_state)
    looked_at: list[models.Meter] = []
    if request.method == "POST" and form.is_valid():
        try:
            batch = meters_admin.move(
                actor=request.actor, command=form.command(), today=clock.today(), now=clock.now()
            )
        except meters_admin.SecondLookError as error:
            looked_at = _looked_at(request, serial_nos=form.cleaned_data["serial_nos"])
            form = _again(request, form=form, count=error.count)
        except meters_admin.UnknownSerialsError as error:
            form.add_error("serial_nos", _("No meter has the number: %s") % _few(error.serial_nos))
        except meters_admin.MoveRefusedError as error:
            form.add_error("serial_nos", meter_words.move_refused(error))
        except meters_admin.FutureDayError:
            form.add_error("on", _("This day hasn't come yet."))
        except meters_admin.PlaceMissingError:
            form.add_error("place", _("Say who has the meters then."))
        except meters_admin.ReasonMissingError:
            form.add_error("reason", _("Give a cause."))
        else:
            return _done(request, batch=batch, place=form.cleaned_data["place"])
    facts = {
        "form": form,
        "act": act,
        "title": meter_words.ACTS[to_state],
        "is_grave": to_state in {State.SCRAPPED, State.LOST},
        "looked_at": [(meter, meter_words.STATES[meter.state]) for meter in looked_at],
        "from_states": [
            meter_words.STATES[state] for state in sorted(rules.states_before(to_state=to_state))
        ],
        "place": "store",
    }
    return TemplateResponse(request, "meters/move.html", facts, status=422 if form.errors else 200)


def _receive_form(request: page.PageRequest) -> meter_forms.ReceiveForm:
    units = access.units_within(unit_ids=request.actor.unit_ids)
    stations = [
        (str(unit.unit_id), unit.name) for unit in units if unit.kind == access_models.OrgUnitKind.STATION
    ]
    known = [(str(model.pk), _model_text(model)) for model in devices.meter_models()]
    return meter_forms.ReceiveForm(
        request.POST or None,
        initial={"request_key": meter_forms.new_key(), "on": clock.today()},
        stations=stations,
        meter_models=known,
    )


def _model_text(model: models.MeterModel) -> str:
    size = f" DN{model.nominal_diameter}" if model.nominal_diameter else ""
    return f"{model}{size} · {words.UTILITIES[model.utility]}"


def _again(request: page.PageRequest, *, form: meter_forms.MoveForm, count: int) -> meter_forms.MoveForm:
    """The same form, to be sent once more after a second look at `count` meters."""
    data = request.POST.copy()
    data["looked_at"] = str(count)
    again = meter_forms.MoveForm(data, to_state=form.to_state)
    again.is_valid()
    return again


def _looked_at(request: page.PageRequest, *, serial_nos: tuple[str, ...]) -> list[models.Meter]:
    with transaction.reading(actor=request.actor):
        found = devices.meters_by_serial(serial_nos=serial_nos)
    return list({meter.pk: meter for meter in found.values()}.values())


def _taken(error: meters_admin.SerialsTakenError) -> str:
    if not error.serial_nos:
        return _("A meter of another station has one of these numbers.")
    return _("There is a meter of this number already: %s") % _few(error.serial_nos)


def _few(numbers: tuple[str, ...]) -> str:
    shown = 5
    rest = len(numbers) - shown
    text = ", ".join(numbers[:shown])
    return text if rest <= 0 else _("%(some)s and %(rest)s more") % {"some": text, "rest": rest}


def _done(request: page.PageRequest, *, batch: meters_admin.Batch, place: str) -> HttpResponseBase:
    count = len(batch.meter_ids)
    text = _("Meters moved: %s.") % count
    notice = context.Notice(text=f"{text} {place}".strip())
    if count == 1:
        return page.redirect(request, "meter", batch.meter_ids[0], notice=notice)
    return page.redirect(request, "meter_store", notice=notice)
