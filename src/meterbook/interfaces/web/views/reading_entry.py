"""The keyed page of a round, and the page of one entry.

The page is one ordinary form: every box with its version and what stood in it. A script saves row by row
as they are left; without it the same form is sent whole. Only boxes somebody touched are written.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from meterbook.application import enter_readings, transaction
from meterbook.domain.metering import models, rules
from meterbook.domain.metering import operations as metering
from meterbook.domain.metering import queries as metering_queries
from meterbook.interfaces import clock, reading_reasons
from meterbook.interfaces.web import context, page
from meterbook.interfaces.web.views import reading_rows, reading_words
from meterbook.kernel import quantity
from meterbook.kernel import text as kernel_text
from meterbook.reporting import reading_rounds

SHOWN = {
    "all": gettext_lazy("All"),
    "empty": gettext_lazy("Empty"),
    "held": gettext_lazy("Held"),
    "obstacles": gettext_lazy("In the way"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What came back from one box: its text, what stood there when the page was made, and which version."""

    entry_id: int
    text: str
    before: str
    version: int | None

    @property
    def is_touched(self) -> bool:
        """Whether somebody typed something else than what stood there."""
        return self.text != self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What became of a form: `problems` by entry id, the boxes as typed, and the counts for the notice."""

    typed: dict[int, Typed]
    problems: dict[int, str | Promise]
    conflicts: frozenset[int]
    written: int
    held: int


class ReadOnForm(forms.Form):
    """The day the values were read."""

    read_on = forms.DateField(
        label=gettext_lazy("Read on"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )


class ReasonForm(forms.Form):
    """Why a held value stands, or a register is left out."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        widget=forms.TextInput(attrs={"list": "reasons", "autocomplete": "off"}),
    )
    is_rolled_over = forms.BooleanField(label=gettext_lazy("The register rolled over"), required=False)


@page.page(right="readings.view", methods=("GET", "POST"))
def keyed(request: page.PageRequest, round_id: int) -> HttpResponseBase:
    """The keyed page; a POST saves whatever was typed."""
    today = clock.today()
    if request.method != "POST":
        return _round_page(request, round_id=round_id, day=today, saved=None)
    day = _read_on(request.POST, today=today)
    typed = {line.entry_id: line for line in _typed(request.POST)}
    saved = _save(request, round_id=round_id, typed=typed, day=day)
    if saved.problems:
        with transaction.reading(actor=request.actor):
            response = _round_page(request, round_id=round_id, day=day or today, saved=saved)
        response.status_code = 422
        return response
    where = _own_address(request) or request.get_full_path()
    return page.redirect(request, where, notice=_saved_notice(saved))


@page.page(right="readings.enter", methods=("POST",))
def row(request: page.PageRequest, round_id: int, entry_id: int) -> HttpResponseBase:
    """Save one row of the keyed page; answers with the row and the progress as they are now."""
    today = clock.today()
    day = _read_on(request.POST, today=today)
    typed = {line.entry_id: line for line in _typed(request.POST) if line.entry_id == entry_id}
    saved = _save(request, round_id=round_id, typed=typed, day=day)
    with transaction.reading(actor=request.actor):
        head = _round_head(round_id)
        found = reading_rounds.entries(entry_ids=[entry_id], today=day or today)
        write = reading_rows.RowWriter(may_enter=True).write
        rows = [write(_line(entry, saved=saved)) for entry in found]
    facts = {"round": head, "rows": rows, "percent": _percent(head.progress)}
    return TemplateResponse(request, "readings/saved.html", facts, status=422 if saved.problems else 200)


@page.page(right="readings.view")
def entry(request: page.PageRequest, entry_id: int) -> HttpResponseBase:
    """One entry: what is known of the register, and the ways to settle it."""
    found = reading_rounds.entries(entry_ids=[entry_id], today=clock.today())
    if not found:
        raise Http404
    line = reading_rows.line_of(found[0])
    is_open = line.entry.round_state is models.RoundState.OPEN
    is_held = line.entry.state is models.EntryState.HELD
    return TemplateResponse(
        request,
        "readings/entry.html",
        {
            "line": line,
            "history": reading_rounds.past_usages(entry_id=entry_id),
            "form": ReasonForm(initial={"version": line.entry.version}),
            "is_rolled_over": rules.Check.LOWER_THAN_BEFORE in line.entry.checks,
            "is_confirmable": rules.is_confirmable(
                checks=list(line.entry.checks), quantity_milli=line.entry.quantity_milli
            ),
            "may_confirm": is_open and is_held and request.actor.may("readings.confirm"),
            "may_leave_out": is_open and request.actor.may("readings.enter"),
            "next": _next(request.GET, round_id=line.entry.round_id),
        },
    )


@page.page(right="readings.confirm", methods=("POST",))
def confirm(request: page.PageRequest, entry_id: int) -> HttpResponseBase:
    """Let a held value stand."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _settled(request, entry_id=entry_id, code="REASON_MISSING")
    try:
        enter_readings.confirm_held(
            actor=request.actor,
            entry_id=entry_id,
            version=form.cleaned_data["version"],
            reason=form.cleaned_data["reason"],
            is_rolled_over=form.cleaned_data["is_rolled_over"],
            now=clock.now(),
        )
    except metering.UnknownRoundError as unknown:
        raise Http404 from unknown
    except (metering.EntryError, metering.RoundAcceptedError) as refusal:
        return _settled(request, entry_id=entry_id, code=refusal.code)
    return _settled(request, entry_id=entry_id, text=_("Confirmed."))


@page.page(right="readings.enter", methods=("POST",))
def leave_out(request: page.PageRequest, entry_id: int) -> HttpResponseBase:
    """Leave a register out of the round."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _settled(request, entry_id=entry_id, code="REASON_MISSING")
    try:
        enter_readings.mark_not_read(
            actor=request.actor,
            entry_id=entry_id,
            version=form.cleaned_data["version"],
            reason=form.cleaned_data["reason"],
            now=clock.now(),
        )
    except metering.UnknownRoundError as unknown:
        raise Http404 from unknown
    except (metering.EntryError, metering.RoundAcceptedError) as refusal:
        return _settled(request, entry_id=entry_id, code=refusal.code)
    return _settled(request, entry_id=entry_id, text=_("Left out of this round."))


def _settled(request: page.PageRequest, *, entry_id: int, code: str = "", text: str = "") -> HttpResponse:
    """Back to where the act came from: the given page of ours, or the entry's own when it was refused."""
    where = _own_address(request) or reverse("entry", args=[entry_id])
    kind, said = ("bad", str(reading_words.REFUSALS[code])) if code else ("ok", text)
    return page.redirect(request, where, notice=context.Notice(text=said, kind=kind))


def _own_address(request: page.PageRequest) -> str:
    """Where the form wants to go back to, when that is a page of readings; else empty."""
    where = request.POST.get("next", "")
    return where if where.startswith((reverse("held_readings"), reverse("books"))) else ""


def _next(given: QueryDict, *, round_id: int) -> str:
    return reverse("held_readings") if given.get("from") == "held" else reverse("round", args=[round_id])


def _round_head(round_id: int) -> reading_rounds.RoundRow:
    head = reading_rounds.round_head(round_id=round_id)
    if head is None:
        raise Http404
    return head


def _round_page(
    request: page.PageRequest, *, round_id: int, day: datetime.date, saved: Saved | None
) -> TemplateResponse:
    head = _round_head(round_id)
    show = request.GET.get("show", "all")
    obstacles = metering_queries.obstacles(round_id=round_id) if show == "obstacles" else ()
    entries = reading_rounds.entries_of_round(round_id=round_id, today=day)
    blocked = {obstacle.entry_id: reading_reasons.OBSTACLES[obstacle.code] for obstacle in obstacles}
    wanted = {"empty": {models.EntryState.EMPTY}, "held": {models.EntryState.HELD}}.get(show)
    is_open = head.state is models.RoundState.OPEN
    may_enter = is_open and request.actor.may("readings.enter")
    write = reading_rows.RowWriter(may_enter=may_enter).write
    rows = [
        write(_line(entry, saved=saved, blocked=blocked))
        for entry in entries
        if (wanted is None or entry.state in wanted) and (show != "obstacles" or entry.entry_id in blocked)
    ]
    return TemplateResponse(
        request,
        "readings/round.html",
        {
            "round": head,
            "tag": reading_words.ROUND_STATES[head.state],
            "rows": rows,
            "percent": _percent(head.progress),
            "form": ReadOnForm(initial={"read_on": day}),
            "today": clock.today(),
            "is_open": is_open,
            "may_enter": may_enter,
            "may_accept": is_open and request.actor.may("readings.accept"),
            "show": show,
            "shown": SHOWN.items(),
            "problem_count": len(saved.problems) if saved else 0,
        },
    )


def _line(
    entry: reading_rounds.EntryRow,
    *,
    saved: Saved | None,
    blocked: Mapping[int, str | Promise] | None = None,
) -> reading_rows.Line:
    """An entry's row after a form came back; `blocked` says by entry id what is in the round's way."""
    line = reading_rows.line_of(entry)
    problem = saved.problems.get(entry.entry_id) if saved else None
    if saved is None or problem is None:
        return replace(line, error=(blocked or {}).get(entry.entry_id, ""))
    return replace(
        line,
        typed=saved.typed[entry.entry_id].text,
        error=problem,
        is_conflict=entry.entry_id in saved.conflicts,
    )


def _read_on(data: QueryDict, *, today: datetime.date) -> datetime.date | None:
    """The day given; None for one that can't be read. A form without the field means today."""
    if "read_on" not in data:
        return today
    form = ReadOnForm(data)
    day: datetime.date | None = form.cleaned_data["read_on"] if form.is_valid() else None
    return day


def _typed(data: QueryDict) -> list[Typed]:
    """The boxes of a posted page: value_<entry id>, before_<entry id>, version_<entry id>."""
    found = []
    for name in data:
        key = name.removeprefix("value_")
        if name == key or not key.isascii() or not key.isdigit():
            continue
        version = data.get(f"version_{key}", "")
        found.append(
            Typed(
                entry_id=int(key),
                text=kernel_text.half_width(data.get(name, "")),
                before=data.get(f"before_{key}", ""),
                version=int(version) if version.isascii() and version.isdigit() else None,
            )
        )
    return found


def _save(
    request: page.PageRequest, *, round_id: int, typed: dict[int, Typed], day: datetime.date | None
) -> Saved:
    """Write what was touched and can be read; everything else is a problem beside its box."""
    values, problems = _values(typed, day=day)
    written: tuple[metering.Outcome, ...] = ()
    refusals: tuple[metering.Refusal, ...] = ()
    if values:
        try:
            entered = enter_readings.enter_values(
                actor=request.actor,
                round_id=round_id,
                values=values,
                source=models.Source.KEYED,
                today=clock.today(),
                now=clock.now(),
            )
        except metering.UnknownRoundError as unknown:
            raise Http404 from unknown
        except metering.RoundAcceptedError as refusal:
            problems |= {value.entry_id: reading_words.REFUSALS[refusal.code] for value in values}
        else:
            written, refusals = entered.outcomes, entered.refusals
    problems |= {refusal.entry_id: reading_words.REFUSALS[refusal.code] for refusal in refusals}
    return Saved(
        typed=typed,
        problems=problems,
        conflicts=frozenset(refusal.entry_id for refusal in refusals if refusal.code == "CHANGED"),
        written=len(written),
        held=sum(outcome.state is models.EntryState.HELD for outcome in written),
    )


def _values(
    typed: dict[int, Typed], *, day: datetime.date | None
) -> tuple[list[metering.NewValue], dict[int, str | Promise]]:
    """What was touched and can be read, and beside which box something can't."""
    values: list[metering.NewValue] = []
    problems: dict[int, str | Promise] = {}
    for line in typed.values():
        if not line.is_touched:
            continue
        try:
            milli = quantity.parse_milli(line.text) if line.text else None
        except quantity.QuantityError:
            problems[line.entry_id] = reading_words.NOT_A_NUMBER
            continue
        if milli is not None and milli < 0:
            problems[line.entry_id] = reading_words.NOT_A_NUMBER
        elif day is None:
            problems[line.entry_id] = _("Give the day of reading.")
        else:
            values.append(
                metering.NewValue(
                    entry_id=line.entry_id, value_milli=milli, read_on=day, version=line.version
                )
            )
    return values, problems


def _saved_notice(saved: Saved) -> context.Notice:
    text = ngettext("%(count)d reading saved.", "%(count)d readings saved.", saved.written) % {
        "count": saved.written
    }
    if not saved.held:
        return context.Notice(text=text)
    held = ngettext("%(count)d is held.", "%(count)d are held.", saved.held) % {"count": saved.held}
    return context.Notice(text=f"{text} {held}", kind="warn")


def _percent(progress: reading_rounds.Progress) -> dict[str, Any]:
    """The bar's figures: a native progress element takes value and max."""
    return {"value": progress.entered, "most": max(progress.total, 1)}
