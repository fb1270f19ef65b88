"""The list of customers, with or without accounts, by kind, tag, list and credit."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from meterbook.application import actor as actors
from meterbook.domain.customers import queries_standing
from meterbook.interfaces.web import cells, lists, page
from meterbook.interfaces.web.views import customer_words as words
from meterbook.interfaces.web.views import words as common_words
from meterbook.reporting import customer_list


def _tags() -> list[tuple[str, str | Promise]]:
    return [("", _("All")), *((str(tag.pk), tag.name) for tag in queries_standing.tags())]


def _grades() -> list[tuple[str, str | Promise]]:
    grades = queries_standing.scheme_in_force().scheme.grades
    return [("", _("All")), *((grade.grade, grade.grade) for grade in grades)]


class CustomerFilters(forms.Form):
    """Filters of the list, in its address."""

    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=common_words.choices(words.KINDS))
    customer_class = forms.ChoiceField(
        label=pgettext_lazy("customer", "Class"), required=False, choices=common_words.choices(words.CLASSES)
    )
    tag_id = forms.ChoiceField(label=_("Tag"), required=False)
    list_kind = forms.ChoiceField(
        label=pgettext_lazy("watch or care", "List"),
        required=False,
        choices=common_words.choices(words.LISTS),
    )
    grade = forms.ChoiceField(label=pgettext_lazy("of a customer", "Credit"), required=False)
    has_account = forms.ChoiceField(
        label=_("Accounts"),
        required=False,
        choices=[("", _("All")), ("1", _("With an account")), ("0", _("Without an account"))],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, options in (("tag_id", _tags), ("grade", _grades)):
            chooser = self.fields[name]
            assert isinstance(chooser, forms.ChoiceField)
            # Asked once per form, and only when it is drawn or one of them is chosen.
            chooser.choices = functools.cache(options)


class CustomerSource:
    """The list's rows for one person."""

    def __init__(self, actor: actors.Actor) -> None:
        self.actor = actor

    def count(self, *, filters: Mapping[str, Any]) -> int:
        """How many customers fit."""
        return customer_list.customer_count(wanted=_wanted(filters))

    def rows(
        self, *, filters: Mapping[str, Any], sort: lists.Sort, offset: int, limit: int
    ) -> Sequence[customer_list.CustomerRow]:
        """One page."""
        return customer_list.customer_rows(
            wanted=_wanted(filters),
            sort=sort.key,
            is_descending=sort.is_descending,
            offset=offset,
            limit=limit,
        )

    def totals(self, *, filters: Mapping[str, Any]) -> Mapping[str, int]:
        """None."""
        del filters
        return {}


def _wanted(filters: Mapping[str, Any]) -> customer_list.CustomerFilter:
    numbers = {
        name: int(filters[name])
        for name in ("kind", "customer_class", "tag_id", "list_kind")
        if name in filters
    }
    has_account = {"1": True, "0": False}.get(filters.get("has_account", ""))
    return customer_list.CustomerFilter(grade=filters.get("grade"), has_account=has_account, **numbers)


def _credit(row: customer_list.CustomerRow) -> cells.Tag | None:
    if row.score is None:
        return None
    return cells.Tag(text=f"{row.grade} {row.score}", kind=words.GRADE_KINDS.get(row.grade, ""))


LISTING = lists.Listing(
    name="customer_records",
    title=_("Customers"),
    columns=(
        lists.Column(key="name", label=pgettext_lazy("customer", "Name"), is_sortable=True),
        lists.Column(key="kind", label=_("Kind"), value=lambda row: words.KINDS[row.kind]),
        lists.Column(
            key="customer_class",
            label=pgettext_lazy("customer", "Class"),
            value=lambda row: words.CLASSES[row.customer_class],
        ),
        lists.Column(key="phone", label=_("Phone"), kind=cells.Kind.PHONE),
        lists.Column(key="accounts", label=_("Accounts"), kind=cells.Kind.NUMBER),
        lists.Column(
            key="credit", label=pgettext_lazy("of a customer", "Credit"), kind=cells.Kind.TAG, value=_credit
        ),
        lists.Column(key="tags", label=_("Tags")),
        lists.Column(
            key="list_kinds",
            label=pgettext_lazy("watch or care", "List"),
            value=lambda row: " ".join(str(words.LISTS[kind]) for kind in row.list_kinds),
        ),
        lists.Column(key="station", label=_("Station"), is_shown=False),
        lists.Column(
            key="created_at", label=_("Registered"), kind=cells.Kind.MOMENT, is_sortable=True, is_shown=False
        ),
    ),
    source=CustomerSource,
    default_sort=lists.Sort(key="name"),
    filters=CustomerFilters,
    row_url=lambda row: reverse("customer", args=[row.customer_id]),
    row_key=lambda row: row.customer_id,
    template="customer_records/list.html",
    subject="CUSTOMER",
    subject_id=lambda row: row.customer_id,
)


@page.page(right="customers.view")
def listing(request: page.PageRequest) -> HttpResponseBase:
    """The customers of the person's stations."""
    may = {
        "new": request.actor.may("customers.edit"),
        "merge": request.actor.may("customers.merge"),
        "rate": request.actor.may("customers.rate"),
    }
    return lists.respond(request, listing=LISTING, context={"may": may})
