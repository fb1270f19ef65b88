"""The acts on one premise, each a page of its own."""

import functools
from typing import Any

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from meterbook.application import premises_admin, premises_classes
from meterbook.domain.premises import models, operations_records, queries_premises, rules
from meterbook.interfaces import clock
from meterbook.interfaces.web import page
from meterbook.interfaces.web.views import premise_act, premise_archive, premise_forms, premise_words


@page.page(right=premises_admin.RIGHT, methods=("GET", "POST"))
def new(request: page.PageRequest) -> HttpResponseBase:
    """Add a premise."""

    def act(given: dict[str, Any]) -> tuple[str, str]:
        premise_id = premises_admin.add_premise(
            actor=request.actor,
            now=clock.now(),
            station_id=given["station_id"],
            parts=premise_forms.PartsForm.parts(given),
            utilities=tuple(given["utilities"]),
        )
        return reverse("premise", args=[premise_id]), _("The premise is added.")

    return premise_act.run(
        request,
        act_page=lambda: premise_act.ActPage(
            title=_("Add a premise"), about="", verb=_("Add"), back_url=reverse("premises")
        ),
        form=functools.partial(premise_forms.NewPremiseForm, actor=request.actor, initial=request.GET.dict()),
        act=act,
    )


@page.page(right=premises_admin.RIGHT, methods=("GET", "POST"))
def edit(request: page.PageRequest, premise_id: int) -> HttpResponseBase:
    """Correct the parts of an address."""

    def form(data: Any) -> premise_forms.ChangeForm:
        found = queries_premises.premise_facts(premise_id=premise_id)
        initial = {name: getattr(found.parts, name) for name in rules.LENGTHS} | {"expected": found.address}
        return premise_forms.ChangeForm(data, initial=initial)

    def act(given: dict[str, Any]) -> tuple[str, str]:
        premises_admin.change_premise(
            actor=request.actor,
            now=clock.now(),
            premise_id=premise_id,
            parts=premise_forms.PartsForm.parts(given),
            expected_address=given["expected"],
        )
        return _home(premise_id), _("The address is changed; the old one still finds it.")

    return premise_act.run(
        request,
        act_page=lambda: _page(premise_id, title=_("Change the address"), verb=_("Save")),
        form=form,
        act=act,
    )


@page.page(right=premises_admin.RIGHT, methods=("GET", "POST"))
def remove(request: page.PageRequest, premise_id: int) -> HttpResponseBase:
    """Take away a premise that was added by mistake."""

    def act(given: dict[str, Any]) -> tuple[str, str]:
        premises_admin.remove_premise(
            actor=request.actor, now=clock.now(), premise_id=premise_id, reason=given["reason"]
        )
        return reverse("premises"), _("The premise is taken away.")

    return premise_act.run(
        request,
        act_page=lambda: _page(
            premise_id,
            title=_("Delete the premise"),
            verb=_("Delete"),
            note=_("Only a premise on which nothing hangs can be taken away."),
            is_danger=True,
        ),
        form=premise_forms.ReasonForm,
        act=act,
    )


@page.page(right=premises_admin.RIGHT, methods=("GET", "POST"))
def point(request: page.PageRequest, premise_id: int) -> HttpResponseBase:
    """Add a service point."""

    def act(given: dict[str, Any]) -> tuple[str, str]:
        premises_admin.add_service_point(
            actor=request.actor, now=clock.now(), premise_id=premise_id, utility=given["utility"]
        )
        return _home(premise_id), _("The service point is added.")

    return premise_act.run(
        request,
        act_page=lambda: _page(premise_id, title=_("Add a service point"), verb=_("Add")),
        form=premise_forms.PointForm,
        act=act,
    )


@page.page(right=premises_admin.RIGHT, methods=("GET", "POST"))
def alias(request: page.PageRequest, premise_id: int) -> HttpResponseBase:
    """Add another address."""

    def act(given: dict[str, Any]) -> tuple[str, str]:
        premises_admin.add_alias(
            actor=request.actor,
            now=clock.now(),
            premise_id=premise_id,
            kind=models.AliasKind(given["kind"]),
            text=given["text"],
        )
        return _home(premise_id), _("The alias is added; the search finds it.")

    return premise_act.run(
        request,
        act_page=lambda: _page(premise_id, title=_("Add an alias"), verb=_("Add")),
        form=premise_forms.AliasForm,
        act=act,
    )


@page.page(right=premises_admin.RIGHT, methods=("GET", "POST"))
def alias_remove(request: page.PageRequest, premise_id: int, alias_id: int) -> HttpResponseBase:
    """Take an alias away."""

    def act(given: dict[str, Any]) -> tuple[str, str]:
        del given
        premises_admin.remove_alias(
            actor=request.actor, now=clock.now(), premise_id=premise_id, alias_id=alias_id
        )
        return _home(premise_id), _("The alias is taken away.")

    def shown() -> premise_act.ActPage:
        known = {found.alias_id: found for found in queries_premises.aliases(premise_id=premise_id)}
        found = premise_act.of_these(known, alias_id)
        return _page(
            premise_id, title=_("Delete the alias"), verb=_("Delete"), note=found.text, is_danger=True
        )

    return premise_act.run(request, act_page=shown, form=premise_forms.NothingForm, act=act)


@page.page(right=premises_admin.RIGHT, methods=("GET", "POST"))
def appliance(request: page.PageRequest, premise_id: int) -> HttpResponseBase:
    """Record an appliance."""

    def act(given: dict[str, Any]) -> tuple[str, str]:
        premises_admin.add_appliance(
            actor=request.actor,
            now=clock.now(),
            premise_id=premise_id,
            wanted=operations_records.NewAppliance(
                kind=models.ApplianceKind(given["kind"]),
                maker=given["maker"],
                model=given["model"],
                serial_no=given["serial_no"],
                rated_flow_milli=given["rated_flow_milli"] or None,
                flue_type=models.FlueType(given["flue_type"]),
                installed_on=given["installed_on"],
                request_key=given["request_key"],
            ),
        )
        return _home(premise_id), _("The appliance is recorded.")

    return premise_act.run(
        request,
        act_page=lambda: _page(premise_id, title=_("Record an appliance"), verb=_("Record")),
        form=premise_forms.ApplianceForm,
        act=act,
    )


@page.page(right=premises_admin.RIGHT, methods=("GET", "POST"))
def appliance_remove(request: page.PageRequest, premise_id: int, appliance_id: int) -> HttpResponseBase:
    """An appliance is there no more."""

    def act(given: dict[str, Any]) -> tuple[str, str]:
        premises_admin.remove_appliance(
            actor=request.actor,
            now=clock.now(),
            premise_id=premise_id,
            appliance_id=appliance_id,
            on=given["on"],
        )
        return _home(premise_id), _("The appliance is removed.")

    def shown() -> premise_act.ActPage:
        known = {found.appliance_id: found for found in queries_premises.appliances(premise_id=premise_id)}
        found = premise_act.of_these(known, appliance_id)
        kind = premise_words.APPLIANCE_KINDS[found.kind]
        note = " ".join(filter(None, (str(kind), found.maker, found.model, found.serial_no)))
        return _page(premise_id, title=_("Remove an appliance"), verb=_("Remove"), note=note, is_danger=True)

    return premise_act.run(
        request,
        act_page=shown,
        form=functools.partial(premise_forms.DayForm, initial={"on": clock.today()}),
        act=act,
    )


@page.page(right=premises_admin.RIGHT, methods=("GET", "POST"))
def archive(request: page.PageRequest, premise_id: int) -> HttpResponseBase:
    """Record an archive entry at the premise."""
    return premise_archive.add(
        request,
        act_page=lambda: _page(premise_id, title=_("Add a network record"), verb=_("Add")),
        home=_home(premise_id),
        premise_id=premise_id,
    )


@page.page(right=premises_classes.RIGHT, methods=("GET", "POST"))
def classify(request: page.PageRequest, premise_id: int) -> HttpResponseBase:
    """Let the premise belong to a class."""

    def act(given: dict[str, Any]) -> tuple[str, str]:
        made = premises_classes.classify_one(
            actor=request.actor,
            now=clock.now(),
            premise_id=premise_id,
            wanted=premise_forms.chosen_class(given),
        )
        if made.later:
            raise premises_classes.ClassError(code="LATER")
        return _home(premise_id), _("The premise is classified.")

    return premise_act.run(
        request,
        act_page=lambda: _page(premise_id, title=_("Classify the premise"), verb=_("Save")),
        form=functools.partial(premise_forms.ClassifyForm, today=clock.today()),
        act=act,
    )


def _home(premise_id: int) -> str:
    return reverse("premise", args=[premise_id])


def _page(
    premise_id: int, *, title: str, verb: str, note: str = "", is_danger: bool = False
) -> premise_act.ActPage:
    found = queries_premises.premise_facts(premise_id=premise_id)
    return premise_act.ActPage(
        title=title,
        about=found.address,
        verb=verb,
        back_url=_home(premise_id),
        note=note,
        is_danger=is_danger,
    )
