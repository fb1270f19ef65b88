"""Other systems: who may read what, how often; and the interface's reference in our own look."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from meterbook.application import actor as actors
from meterbook.application import api_access, transaction
from meterbook.domain.access import queries as access
from meterbook.domain.access import queries_api
from meterbook.interfaces import clock
from meterbook.interfaces.api import v1
from meterbook.interfaces.web import context, page
from meterbook.interfaces.web.views import api_words
from meterbook.interfaces.web.views.act_terms import api as api_terms

STANDARD_PER_MINUTE = 120
# For programs: the same in every language.
HEAD_LINE = "Authorization: Bearer {key}"
EXAMPLE = 'curl -H "{head_line}" {address}accounts?limit=100'


class ClientForm(forms.Form):
    """A system that shall read."""

    name = forms.CharField(label=pgettext_lazy("of a system", "Name"), max_length=50)
    unit_id = forms.TypedChoiceField(label=gettext_lazy("Sees the data of"), coerce=int, choices=())
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("May read"),
        widget=forms.CheckboxSelectMultiple,
        choices=list(api_terms.SCOPES.items()),
    )
    per_minute = forms.IntegerField(
        label=gettext_lazy("Questions a minute"), min_value=1, max_value=6000, initial=STANDARD_PER_MINUTE
    )
    expires_on = forms.DateField(
        label=gettext_lazy("Ends on"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, actor: actors.Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser = self.fields["unit_id"]
        assert isinstance(chooser, forms.TypedChoiceField)
        units = access.units_within(unit_ids=actor.unit_ids)
        chooser.choices = [(str(unit.unit_id), f"{'　' * unit.depth}{unit.name}") for unit in units]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation."""

    name: str
    place: str
    kind: str
    is_required: bool
    text: str


@dataclass(frozen=True, slots=True)
class Operation:
    """An address one may ask."""

    method: str
    path: str
    text: str
    scope: str | Promise
    parameters: tuple[Parameter, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class Shape:
    """What is answered: its fields with their types."""

    name: str
    text: str
    fields: tuple[tuple[str, str, str], ...]


@page.page(right=api_access.RIGHT, methods=("GET", "POST"))
def overview(request: page.PageRequest) -> HttpResponseBase:
    """Who may read; the form to let another system in. Its key is on the page that answers only."""
    is_sent = request.method == "POST"
    with transaction.reading(actor=request.actor) if is_sent else contextlib.nullcontext():
        form = ClientForm(request.POST if is_sent else None, actor=request.actor)
        is_valid = is_sent and form.is_valid()
    if not is_valid:
        return _overview(request, form=form)
    given = api_access.give(
        actor=request.actor,
        new=api_access.NewClient(
            name=form.cleaned_data["name"],
            unit_id=form.cleaned_data["unit_id"],
            scopes=tuple(form.cleaned_data["scopes"]),
            per_minute=form.cleaned_data["per_minute"],
            expires_on=form.cleaned_data["expires_on"],
        ),
        now=clock.now(),
    )
    return TemplateResponse(
        request, "api/key.html", {"given": given, "head_line": HEAD_LINE.format(key=given.key)}
    )


def _overview(request: page.PageRequest, *, form: ClientForm) -> HttpResponseBase:
    def draw() -> TemplateResponse:
        clients = queries_api.clients(unit_ids=request.actor.unit_ids)
        facts = {
            "form": form,
            "clients": [(client, [api_terms.SCOPES[scope] for scope in client.scopes]) for client in clients],
            "today": clock.today(),
        }
        return TemplateResponse(request, "api/overview.html", facts, status=422 if form.is_bound else 200)

    if request.method == "POST":
        with transaction.reading(actor=request.actor):
            return draw().render()
    return draw()


@page.page(right=api_access.RIGHT, methods=("POST",))
def withdraw(request: page.PageRequest, client_id: int) -> HttpResponseBase:
    """End a key, with a reason."""
    try:
        api_access.withdraw(
            actor=request.actor,
            client_id=client_id,
            reason=request.POST.get("reason", "")[:200],
            now=clock.now(),
        )
    except api_access.ClientUnknownError as unknown:
        raise Http404 from unknown
    except api_access.ReasonMissingError:
        notice = context.Notice(text=_("Say why the key is withdrawn."), kind="bad")
    else:
        notice = context.Notice(text=_("The key opens nothing any more."))
    return page.redirect(request, "api_access", notice=notice)


@page.page(right=api_access.RIGHT)
def reference(request: page.PageRequest) -> HttpResponseBase:
    """Every address, parameter and answer, from the interface's own description."""
    described: Mapping[str, Any] = v1.api.get_openapi_schema(path_prefix="/api/v1/")
    address = request.build_absolute_uri("/api/v1/")
    facts = {
        "operations": list(_operations(described)),
        "shapes": list(_shapes(described)),
        "address": address,
        "example": EXAMPLE.format(head_line=HEAD_LINE.format(key="mb_…"), address=address),
    }
    return TemplateResponse(request, "api/reference.html", facts)


def _operations(described: Mapping[str, Any]) -> Iterator[Operation]:
    scopes = _scopes()
    for path, methods in described["paths"].items():
        for method, about in methods.items():
            answer = about["responses"][200]["content"]["application/json"]["schema"]
            yield Operation(
                method=method.upper(),
                path=path,
                text=api_words.said(about.get("description", "")),
                scope=api_terms.SCOPES[scopes[path]],
                parameters=tuple(
                    Parameter(
                        name=parameter["name"],
                        place=parameter["in"],
                        kind=_kind(parameter["schema"]),
                        is_required=parameter["required"],
                        text=api_words.said(parameter.get("description", "")),
                    )
                    for parameter in about.get("parameters", ())
                ),
                answer=_kind(answer),
            )


def _scopes() -> dict[str, str]:
    """Address -> scope, as the operations themselves say."""
    return {
        f"/api/v1{path}": operation.view_func.api_scope  # type: ignore[attr-defined]  # set by door.scoped
        for _prefix, router in v1.api._routers  # noqa: SLF001 # ninja tells its operations nowhere else
        for path, view in router.path_operations.items()
        for operation in view.operations
    }


def _shapes(described: Mapping[str, Any]) -> Iterator[Shape]:
    for name, about in sorted(described["components"]["schemas"].items()):
        fields = about.get("properties", {})
        yield Shape(
            name=name,
            text=api_words.said(about.get("description", "")),
            fields=tuple(
                (key, _kind(field), api_words.said(field.get("description", "")))
                for key, field in fields.items()
            ),
        )


def _kind(schema: Mapping[str, Any]) -> str:
    """A type in a word: string, date, Customer, list of Customer, integer or null."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(_kind(part) for part in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    if schema.get("type") == "array":
        return f"[{_kind(schema['items'])}]"
    return str(schema.get("format") or schema.get("type", ""))
