"""Generating a building: the form, the drawn preview, the batch with its way back."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meterbook.application import actor as actors
from meterbook.application import premises_generation, transaction
from meterbook.domain import tables
from meterbook.domain.premises import queries, queries_premises, queries_tree, rules, rules_generation
from meterbook.interfaces import clock
from meterbook.interfaces.web import context, page
from meterbook.interfaces.web.views import premise_act, premise_forms, premise_words, premises, words

_PLACE = ("district", "street", "community")
# More buildings than these are counted but not drawn.
_MOST_DRAWN = 6


class GenerateForm(forms.Form):
    """A building as people describe it."""

    station_id = forms.TypedChoiceField(label=gettext_lazy("Station"), coerce=int, choices=())
    district = forms.CharField(label=gettext_lazy("District"), required=False, max_length=40)
    street = forms.CharField(label=gettext_lazy("Street"), required=False, max_length=60)
    community = forms.CharField(label=gettext_lazy("Community"), max_length=60)
    buildings = forms.CharField(
        label=gettext_lazy("Buildings"), max_length=200, help_text=gettext_lazy("For example 8, or 1-6, 8")
    )
    entrances = forms.CharField(
        label=gettext_lazy("Entrances"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        initial="1-2",
        help_text=gettext_lazy("One a line; others than usual with floors and doors: 3: 2-18 x 2"),
    )
    first_floor = forms.IntegerField(label=gettext_lazy("Lowest floor"), initial=1)
    last_floor = forms.IntegerField(label=gettext_lazy("Highest floor"), initial=6)
    doors = forms.IntegerField(label=gettext_lazy("Doors per floor"), initial=2)
    skipped_floors = forms.CharField(
        label=gettext_lazy("Floors left out"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("For example 4, 13, 14"),
    )
    style = forms.ChoiceField(label=gettext_lazy("Numbering"), choices=list(premise_words.STYLES.items()))
    pattern = forms.CharField(
        label=gettext_lazy("Own pattern"),
        required=False,
        max_length=60,
        help_text="{building} {entrance} {floor} {floor:02} {door:02} {letter} {count}",
    )
    basement_mark = forms.CharField(
        label=gettext_lazy("Basement floors begin with"), max_length=6, initial="B"
    )
    shops = forms.IntegerField(label=gettext_lazy("Shops on floor 1"), initial=0)
    shop_pattern = forms.CharField(
        label=gettext_lazy("Shop numbers"), required=False, max_length=30, initial=gettext_lazy("Shop {door}")
    )
    penthouse_doors = forms.IntegerField(label=gettext_lazy("Doors in the penthouse"), initial=0)
    penthouse_floor = forms.CharField(
        label=gettext_lazy("Penthouse floor is called"), required=False, max_length=10
    )
    utilities = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Service points"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=premise_forms.code_choices(words.UTILITIES),
        initial=[tables.Utility.WATER.value],
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def __init__(self, *args: Any, actor: actors.Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        premise_forms.choose(self, "station_id", premise_forms.station_choices(actor))

    def wanted(self) -> premises_generation.Generate:
        """What was typed. Raises rules_generation.PlanError."""
        given = self.cleaned_data
        usual = rules_generation.Entrance(
            name="",
            first_floor=given["first_floor"],
            last_floor=given["last_floor"],
            doors=given["doors"],
        )
        skipped = rules_generation.parse_numbers(given["skipped_floors"], field="skipped_floors")
        plan = rules_generation.BuildingPlan(
            place=rules.AddressParts(**{name: given[name] for name in _PLACE}),
            buildings=rules_generation.parse_names(given["buildings"], field="buildings"),
            entrances=rules_generation.parse_entrances(given["entrances"], usual=usual),
            skipped_floors=frozenset(skipped),
            style=rules_generation.Style(given["style"]),
            pattern=given["pattern"],
            basement_mark=given["basement_mark"],
            shops=given["shops"],
            shop_pattern=given["shop_pattern"],
            penthouse_doors=given["penthouse_doors"],
            penthouse_floor=given["penthouse_floor"],
        )
        return premises_generation.Generate(
            request_key=given["request_key"],
            station_id=given["station_id"],
            plan=plan,
            utilities=tuple(given["utilities"]),
        )


@dataclass(frozen=True, slots=True)
class Facade:
    """A building as it is drawn: floors from the top, per entrance the doors of each."""

    building: str
    entrances: tuple[str, ...]
    floors: tuple[tuple[str, tuple[tuple[rules_generation.Door, ...], ...]], ...]


@page.page(right=premises_generation.RIGHT, methods=("GET", "POST"))
def generate(request: page.PageRequest) -> HttpResponseBase:
    """The form; sent once it shows the preview, sent again from there it writes."""
    if request.method != "POST":
        form = GenerateForm(actor=request.actor, initial=_initial(request))
        return _form_page(request, form=form, status=200)
    with transaction.reading(actor=request.actor):
        form = GenerateForm(request.POST, actor=request.actor)
        looked = _looked(request, form=form) if form.is_valid() else None
    if looked is None or "back" in request.POST:
        return _form_page(request, form=form, status=200 if looked else 422)
    if "write" in request.POST and looked.is_clean:
        try:
            batch_id = premises_generation.generate(
                actor=request.actor, wanted=form.wanted(), now=clock.now()
            )
        except premise_act.REFUSED as error:
            premise_act.refuse(form, error=error)
            return _form_page(request, form=form, status=422)
        said = context.Notice(text=_("The building is generated."), kind="ok")
        return page.redirect(request, "premise_batch", batch_id, notice=said)
    return _preview_page(request, form=form, looked=looked)


@page.page(right="customers.view")
def batch(request: page.PageRequest, batch_id: int) -> HttpResponseBase:
    """A generated building: what came of it, and the way back."""
    try:
        found = queries_premises.batch_facts(batch_id=batch_id)
    except queries.PremiseNotFoundError as missing:
        raise Http404 from missing
    facts = {
        "batch": found,
        "may_undo": found.undone_at is None and request.actor.may(premises_generation.RIGHT),
        "acts": premises.acts_of(batch_id=batch_id) if request.actor.may("audit.view") else None,
    }
    return TemplateResponse(request, "premises/batch.html", facts)


@page.page(right=premises_generation.RIGHT, methods=("GET", "POST"))
def undo(request: page.PageRequest, batch_id: int) -> HttpResponseBase:
    """Take a generated building back."""
    home = reverse("premise_batch", args=[batch_id])

    def act(given: dict[str, Any]) -> tuple[str, str]:
        premises_generation.undo(
            actor=request.actor, batch_id=batch_id, reason=given["reason"], now=clock.now()
        )
        return home, _("The building is taken back.")

    def shown() -> premise_act.ActPage:
        found = queries_premises.batch_facts(batch_id=batch_id)
        return premise_act.ActPage(
            title=_("Take the generated building back"),
            about=found.label,
            verb=_("Take back"),
            back_url=home,
            note=_("Its premises and service points go, as long as nothing hangs on any of them."),
            is_danger=True,
        )

    return premise_act.run(request, act_page=shown, form=premise_forms.ReasonForm, act=act)


def _initial(request: page.PageRequest) -> dict[str, Any]:
    """The place the person came from."""
    wanted = request.GET.get("node", "")
    if not (wanted.isascii() and wanted.isdigit()):
        return {}
    try:
        found = queries_tree.branch(node_id=int(wanted[:18]))
    except queries.NodeNotFoundError as missing:
        raise Http404 from missing
    return {
        "station_id": found.station_id,
        **{name: getattr(found.parts, name) for name in _PLACE},
        "buildings": found.parts.building,
    }


def _looked(request: page.PageRequest, *, form: GenerateForm) -> premises_generation.Preview | None:
    try:
        return premises_generation.preview(actor=request.actor, wanted=form.wanted())
    except premise_act.REFUSED as error:
        premise_act.refuse(form, error=error)
        return None


def _form_page(request: page.PageRequest, *, form: GenerateForm, status: int) -> HttpResponseBase:
    return TemplateResponse(request, "premises/generate.html", {"form": form}, status=status)


def _preview_page(
    request: page.PageRequest, *, form: GenerateForm, looked: premises_generation.Preview
) -> HttpResponseBase:
    facts = {
        "form": form,
        "looked": looked,
        "first": looked.doors[0].address,
        "last": looked.doors[-1].address,
        "faults": sorted(looked.taken | looked.repeated, key=rules.natural_key)[:20],
        "fault_count": len(looked.taken | looked.repeated),
        "facades": _facades(looked.doors),
        "most_drawn": _MOST_DRAWN,
        "building_count": len({door.parts.building for door in looked.doors}),
        "sent": [(name, value) for name, values in request.POST.lists() for value in values],
        "utilities": [words.UTILITIES[utility] for utility in form.cleaned_data["utilities"]],
    }
    return TemplateResponse(request, "premises/preview.html", facts)


def _facades(doors: Sequence[rules_generation.Door]) -> list[Facade]:
    """The first buildings, drawn."""
    buildings = list(dict.fromkeys(door.parts.building for door in doors))[:_MOST_DRAWN]
    return [_facade(building, [d for d in doors if d.parts.building == building]) for building in buildings]


def _facade(building: str, doors: Sequence[rules_generation.Door]) -> Facade:
    entrances = tuple(dict.fromkeys(door.parts.entrance for door in doors if not door.is_shop))
    columns = (*(("",) if any(door.is_shop for door in doors) and "" not in entrances else ()), *entrances)
    cells: dict[tuple[int, str], list[rules_generation.Door]] = {}
    labels: dict[int, str] = {}
    for door in doors:
        cells.setdefault((door.level, door.parts.entrance), []).append(door)
        labels[door.level] = door.parts.floor
    return Facade(
        building=building,
        entrances=columns,
        floors=tuple(
            (labels[level], tuple(tuple(cells.get((level, name), ())) for name in columns))
            for level in sorted(labels, reverse=True)
        ),
    )
