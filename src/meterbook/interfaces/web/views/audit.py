"""The audit trail: who did what, when, from where, and what it changed."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from meterbook.application import actor as actors
from meterbook.domain.access import queries as access
from meterbook.interfaces.web import cells, lists, page
from meterbook.interfaces.web.views import act_words
from meterbook.reporting import timeline


class AuditFilters(forms.Form):
    """Filters of the list, in its address."""

    actor_name = forms.CharField(label=_("Who"), required=False, max_length=60)
    act = forms.ChoiceField(label=_("Act"), required=False)
    subject_kind = forms.ChoiceField(label=_("Subject"), required=False)
    first = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, known in (("act", act_words.ACTS), ("subject_kind", act_words.SUBJECTS)):
            chooser = self.fields[name]
            assert isinstance(chooser, forms.ChoiceField)
            chooser.choices = [("", _("All")), *known.items()]


class AuditSource:
    """The list's rows."""

    def __init__(self, actor: actors.Actor) -> None:
        self.actor = actor

    def count(self, *, filters: Mapping[str, Any]) -> int:
        """How many acts fit."""
        return access.audit_entries(wanted=_wanted(filters)).count()

    def rows(
        self, *, filters: Mapping[str, Any], sort: lists.Sort, offset: int, limit: int
    ) -> Sequence[act_words.ActLine]:
        """One page, by time."""
        way = "-" if sort.is_descending else ""
        found = access.audit_entries(wanted=_wanted(filters)).order_by(f"{way}at", f"{way}id")
        return [act_words.line(timeline.act_of(entry)) for entry in found[offset : offset + limit]]

    def totals(self, *, filters: Mapping[str, Any]) -> Mapping[str, int]:
        """Nothing adds up."""
        del filters
        return {}


def _wanted(filters: Mapping[str, Any]) -> access.AuditFilter:
    first, last = filters.get("first"), filters.get("last")
    return access.AuditFilter(
        actor_name=filters.get("actor_name", ""),
        act=filters.get("act", ""),
        subject_kind=filters.get("subject_kind", ""),
        first_at=None if first is None else _start_of(first),
        before_at=None if last is None else _start_of(last + datetime.timedelta(days=1)),
    )


def _start_of(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.min))


LISTING = lists.Listing(
    name="audit",
    title=_("Audit trail"),
    columns=(
        lists.Column(
            key="at", label=_("Time"), kind=cells.Kind.MOMENT, is_sortable=True, value=lambda row: row.act.at
        ),
        lists.Column(key="actor", label=_("Who"), value=lambda row: row.act.actor),
        lists.Column(key="title", label=_("Act")),
        lists.Column(
            key="subject", label=_("Subject"), value=lambda row: f"{row.subject} {row.act.subject_id}"
        ),
        lists.Column(
            key="changes",
            label=_("Changes"),
            kind=cells.Kind.LONG_TEXT,
            value=lambda row: act_words.summary(row.changes),
        ),
        lists.Column(key="reason", label=_("Reason"), value=lambda row: row.act.reason),
        lists.Column(key="remote_address", label=_("From address"), value=lambda row: row.act.remote_address),
    ),
    source=AuditSource,
    default_sort=lists.Sort(key="at", is_descending=True),
    filters=AuditFilters,
    row_url=lambda row: row.url,
    row_key=lambda row: row.act.entry_id,
)


@page.page(right="audit.view")
def listing(request: page.PageRequest) -> HttpResponseBase:
    """What was done at the person's stations, newest first."""
    return lists.respond(request, listing=LISTING)


@page.page(right="audit.view")
def entry(request: page.PageRequest, entry_id: int) -> HttpResponseBase:
    """One act with everything it changed."""
    found = access.audit_entries(wanted=access.AuditFilter()).filter(pk=entry_id).first()
    if found is None:
        raise Http404
    facts = {
        "line": act_words.line(timeline.act_of(found)),
        "database_user": found.database_user,
        "neighbours": lists.neighbours(request, listing=LISTING, key=entry_id, list_url=reverse("audit")),
    }
    return TemplateResponse(request, "audit/entry.html", facts)
