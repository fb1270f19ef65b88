"""Staff and organisation: the tree, the people, their roles and their log-in."""

import contextlib
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.debug import sensitive_post_parameters

from meterbook.application import actor as actors
from meterbook.application import staff_admin, transaction
from meterbook.domain.access import models as access_models
from meterbook.domain.access import queries as access
from meterbook.interfaces import clock
from meterbook.interfaces.web import context, page
from meterbook.interfaces.web.views import act_words
from meterbook.reporting import timeline

# The standard roles in words; a role of the company's own has the name it was given.
ROLES: dict[str, str | Promise] = {
    "Clerk": gettext_lazy("Clerk"),
    "Meter reader": gettext_lazy("Meter reader"),
    "Supervisor": gettext_lazy("Supervisor"),
    "Accountant": gettext_lazy("Accountant"),
    "Manager": gettext_lazy("Manager"),
    "Administrator": gettext_lazy("Administrator"),
}
_USERNAME = RegexValidator(
    r"^[A-Za-z0-9._-]+\Z", gettext_lazy("Letters, digits, dot, hyphen and underscore only.")
)


class RolesForm(forms.Form):
    """The roles of a person."""

    roles = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Roles"), coerce=int, widget=forms.CheckboxSelectMultiple, choices=()
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser = self.fields["roles"]
        assert isinstance(chooser, forms.TypedMultipleChoiceField)
        chooser.choices = [
            (str(role_id), ROLES.get(role.name, role.name)) for role_id, role in access.roles_by_id().items()
        ]


class StaffForm(RolesForm):
    """A person to be added."""

    name = forms.CharField(label=pgettext_lazy("of a person", "Name"), max_length=60)
    username = forms.CharField(label=gettext_lazy("User name"), max_length=40, validators=[_USERNAME])
    unit_id = forms.TypedChoiceField(label=gettext_lazy("Station"), coerce=int, choices=())
    field_order = ("name", "username", "unit_id", "roles")

    def __init__(self, *args: Any, actor: actors.Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser = self.fields["unit_id"]
        assert isinstance(chooser, forms.TypedChoiceField)
        units = access.units_within(unit_ids=actor.unit_ids)
        chooser.choices = [(str(unit.unit_id), f"{'　' * unit.depth}{unit.name}") for unit in units]


class ReasonForm(forms.Form):
    """Why a log-in is closed or opened again."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


def role_words(names: tuple[str, ...]) -> list[str | Promise]:
    """Role names in the language of the page."""
    return [ROLES.get(name, name) for name in names]


@page.page(right="staff.manage")
def listing(request: page.PageRequest) -> HttpResponseBase:
    """The tree of units and everybody in it."""
    people = access.staff_within(unit_ids=request.actor.unit_ids)
    facts = {
        "units": access.units_within(unit_ids=request.actor.unit_ids),
        "unit_kinds": {
            access_models.OrgUnitKind.COMPANY: _("Company"),
            access_models.OrgUnitKind.BRANCH: _("Branch"),
            access_models.OrgUnitKind.STATION: _("Station"),
        },
        "people": [(person, role_words(person.role_names)) for person in people],
    }
    return TemplateResponse(request, "staff/staff.html", facts)


@page.page(right="staff.manage", methods=("GET", "POST"))
def new(request: page.PageRequest) -> HttpResponseBase:
    """Add a person. The password made for them is on the page that answers, and nowhere else."""
    with transaction.reading(actor=request.actor) if request.method == "POST" else contextlib.nullcontext():
        form = StaffForm(request.POST or None, actor=request.actor)
        is_valid = request.method == "POST" and form.is_valid()
    if is_valid:
        wanted = staff_admin.NewStaff(
            username=form.cleaned_data["username"],
            name=form.cleaned_data["name"],
            unit_id=form.cleaned_data["unit_id"],
            role_ids=tuple(form.cleaned_data["roles"]),
        )
        try:
            made = staff_admin.register(actor=request.actor, now=clock.now(), wanted=wanted)
        except staff_admin.UsernameTakenError:
            form.add_error("username", _("This user name is taken."))
        else:
            return TemplateResponse(request, "staff/password.html", {"made": made, "is_new": True})
    return TemplateResponse(request, "staff/new.html", {"form": form}, status=422 if form.is_bound else 200)


@page.page(right="staff.manage")
def member(request: page.PageRequest, staff_id: int) -> HttpResponseBase:
    """One person: roles, log-in, and what was done to it."""
    person = _person(request, staff_id=staff_id)
    form = RolesForm(initial={"roles": [str(role_id) for role_id in person.role_ids]})
    return _member_page(request, person=person, roles_form=form)


@page.page(right="staff.manage", methods=("POST",))
def roles(request: page.PageRequest, staff_id: int) -> HttpResponseBase:
    """Replace a person's roles."""
    with transaction.reading(actor=request.actor):
        person = _person(request, staff_id=staff_id)
        form = RolesForm(request.POST)
        is_valid = form.is_valid()
        if not is_valid:
            return _member_page(request, person=person, roles_form=form, status=422).render()
    try:
        staff_admin.change_roles(
            actor=request.actor, now=clock.now(), staff_id=staff_id, role_ids=form.cleaned_data["roles"]
        )
    except staff_admin.OwnLoginError:
        return _back(
            request, staff_id=staff_id, text=_("Your own roles are changed by somebody else."), kind="bad"
        )
    return _back(request, staff_id=staff_id, text=_("Roles changed."))


@page.page(right="staff.manage", methods=("POST",))
def active(request: page.PageRequest, staff_id: int) -> HttpResponseBase:
    """Close a log-in, or open it again, with a reason."""
    with transaction.reading(actor=request.actor):
        person = _person(request, staff_id=staff_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _back(request, staff_id=staff_id, text=_("Give a reason."), kind="bad")
    try:
        staff_admin.set_active(
            actor=request.actor,
            now=clock.now(),
            staff_id=staff_id,
            is_active=not person.is_active,
            reason=form.cleaned_data["reason"],
        )
    except staff_admin.OwnLoginError:
        return _back(
            request, staff_id=staff_id, text=_("Your own log-in is closed by somebody else."), kind="bad"
        )
    text = (
        _("The log-in is closed; open sessions end now.")
        if person.is_active
        else _("The log-in is open again.")
    )
    return _back(request, staff_id=staff_id, text=text)


@sensitive_post_parameters()
@page.page(right="staff.manage", methods=("POST",))
def password(request: page.PageRequest, staff_id: int) -> HttpResponseBase:
    """Make a new password. It is on the page that answers, and nowhere else."""
    with transaction.reading(actor=request.actor):
        _person(request, staff_id=staff_id)
    try:
        made = staff_admin.reset_password(actor=request.actor, now=clock.now(), staff_id=staff_id)
    except staff_admin.OwnLoginError:
        return page.redirect(request, "password")
    return TemplateResponse(request, "staff/password.html", {"made": made, "is_new": False})


@page.page(right="staff.manage", methods=("POST",))
def unlock(request: page.PageRequest, staff_id: int) -> HttpResponseBase:
    """Let a person who failed too often try again now."""
    with transaction.reading(actor=request.actor):
        _person(request, staff_id=staff_id)
    staff_admin.unlock(actor=request.actor, now=clock.now(), staff_id=staff_id)
    return _back(request, staff_id=staff_id, text=_("The log-in is unlocked."))


def _person(request: page.PageRequest, *, staff_id: int) -> access.StaffFacts:
    try:
        return access.staff_facts(staff_id=staff_id, unit_ids=request.actor.unit_ids)
    except access.StaffNotFoundError as missing:
        raise Http404 from missing


def _member_page(
    request: page.PageRequest, *, person: access.StaffFacts, roles_form: RolesForm, status: int = 200
) -> TemplateResponse:
    acts = access.audit_entries(wanted=access.AuditFilter(subject_kind="STAFF"))
    latest = acts.filter(subject_id=str(person.staff_id)).order_by("-at")[:20]
    facts = {
        "person": person,
        "roles_form": roles_form,
        "reason_form": ReasonForm(),
        "role_words": role_words(person.role_names),
        "is_self": person.staff_id == request.actor.staff_id,
        "acts": [act_words.line(timeline.act_of(entry)) for entry in latest],
    }
    return TemplateResponse(request, "staff/member.html", facts, status=status)


def _back(request: page.PageRequest, *, staff_id: int, text: str, kind: str = "ok") -> HttpResponseBase:
    return page.redirect(request, "staff_member", staff_id, notice=context.Notice(text=text, kind=kind))
