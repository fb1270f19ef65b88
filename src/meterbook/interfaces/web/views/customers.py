"""The list of accounts and the page of one: who, where, what is owed, and everything that happened."""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from meterbook.application import actor as actors
from meterbook.domain.agreements import queries as agreements
from meterbook.domain.customers import queries as customers
from meterbook.domain.metering import models as metering
from meterbook.domain.premises import queries as premises
from meterbook.interfaces import clock
from meterbook.interfaces.web import cells, lists, page
from meterbook.interfaces.web.views import (
    account_menu,
    account_records_tabs,
    account_tabs,
    files,
    links,
    words,
)
from meterbook.reporting import account_records, accounts


def _communities() -> list[tuple[str, str | Promise]]:
    return [("", _("All")), *((name, name) for name in premises.communities())]


def _books() -> list[tuple[str, str | Promise]]:
    books = metering.Book.objects.order_by("station_id", "code").values_list("id", "name")
    return [("", _("All")), *((str(book_id), name) for book_id, name in books)]


class AccountFilters(forms.Form):
    """Filters of the list, in its address."""

    owing = forms.ChoiceField(
        label=_("Arrears"),
        required=False,
        choices=[("", _("All")), ("1", _("Owing")), ("0", _("Nothing owed"))],
    )
    customer_class = forms.ChoiceField(
        label=_("Class"), required=False, choices=words.choices(words.CUSTOMER_CLASSES)
    )
    utility = forms.ChoiceField(label=_("Utility"), required=False, choices=words.choices(words.UTILITIES))
    community = forms.ChoiceField(label=_("Community"), required=False)
    book_id = forms.ChoiceField(label=_("Book"), required=False)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=words.choices({code: tag.text for code, tag in words.ACCOUNT_STATES.items()}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, options in (("community", _communities), ("book_id", _books)):
            chooser = self.fields[name]
            assert isinstance(chooser, forms.ChoiceField)
            # Asked once per form, and only when it is drawn or one of them is chosen.
            chooser.choices = functools.cache(options)


class AccountSource:
    """The list's rows for one person; the sums are asked once per page."""

    def __init__(self, actor: actors.Actor) -> None:
        self.actor = actor
        self._sums: dict[accounts.AccountFilter, accounts.AccountSums] = {}

    def count(self, *, filters: Mapping[str, Any]) -> int:
        """How many accounts fit."""
        return self._summed(filters).accounts

    def rows(
        self, *, filters: Mapping[str, Any], sort: lists.Sort, offset: int, limit: int
    ) -> Sequence[accounts.AccountRow]:
        """One page."""
        return accounts.account_rows(
            wanted=_wanted(filters),
            sort=sort.key,
            is_descending=sort.is_descending,
            offset=offset,
            limit=limit,
        )

    def totals(self, *, filters: Mapping[str, Any]) -> Mapping[str, int]:
        """What they owe and hold together."""
        sums = self._summed(filters)
        return {"owed_minor": sums.owed_minor, "prepaid_minor": sums.prepaid_minor}

    def _summed(self, filters: Mapping[str, Any]) -> accounts.AccountSums:
        wanted = _wanted(filters)
        if wanted not in self._sums:
            self._sums[wanted] = accounts.account_sums(wanted=wanted)
        return self._sums[wanted]


def _wanted(filters: Mapping[str, Any]) -> accounts.AccountFilter:
    numbers = {
        name: int(filters[name])
        for name in ("customer_class", "state", "utility", "book_id")
        if name in filters
    }
    owing = {"1": True, "0": False}.get(filters.get("owing", ""))
    return accounts.AccountFilter(community=filters.get("community"), owing=owing, **numbers)


LISTING = lists.Listing(
    name="customers",
    title=pgettext_lazy("menu", "Accounts"),
    columns=(
        lists.Column(key="account_no", label=_("Account no."), kind=cells.Kind.ACCOUNT_NO, is_sortable=True),
        lists.Column(key="name", label=_("Name"), is_sortable=True),
        lists.Column(key="address", label=_("Address")),
        lists.Column(key="phone", label=_("Phone"), kind=cells.Kind.PHONE),
        lists.Column(
            key="customer_class",
            label=_("Class"),
            value=lambda row: words.CUSTOMER_CLASSES[row.customer_class],
        ),
        lists.Column(
            key="utilities",
            label=_("Utilities"),
            value=lambda row: " ".join(str(words.UTILITIES[utility]) for utility in row.utilities),
        ),
        lists.Column(key="books", label=_("Book")),
        lists.Column(
            key="owed_minor", label=_("Owed"), kind=cells.Kind.MONEY, is_sortable=True, has_total=True
        ),
        lists.Column(
            key="prepaid_minor",
            label=_("Prepaid"),
            kind=cells.Kind.MONEY,
            is_sortable=True,
            has_total=True,
            is_shown=False,
        ),
        lists.Column(
            key="state",
            label=_("State"),
            kind=cells.Kind.TAG,
            value=lambda row: words.ACCOUNT_STATES[row.state],
        ),
        lists.Column(key="station", label=_("Station"), is_shown=False),
        lists.Column(
            key="opened_on", label=_("Opened on"), kind=cells.Kind.DAY, is_sortable=True, is_shown=False
        ),
    ),
    source=AccountSource,
    default_sort=lists.Sort(key="account_no"),
    filters=AccountFilters,
    row_url=lambda row: reverse("account", args=[row.account_no]),
    row_key=lambda row: row.account_no,
    empty_text=_("Import customers, or ask your supervisor to."),
    subject="ACCOUNT",
    subject_id=lambda row: row.account_id,
)


@page.page(right="customers.view")
def listing(request: page.PageRequest) -> HttpResponseBase:
    """The accounts of the person's stations."""
    return lists.respond(request, listing=LISTING)


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of the account page: loaded when it is opened."""

    key: str
    label: str | Promise
    right: str
    facts: Callable[[agreements.AccountHead, page.PageRequest], dict[str, Any]]

    @property
    def template(self) -> str:
        """What draws it."""
        return f"customers/tab_{self.key}.html"


TABS = (
    Tab("open", _("Open bills"), "billing.view", account_tabs.open_bills),
    Tab("timeline", _("Timeline"), "customers.view", account_tabs.timeline_page),
    Tab("facts", _("Facts"), "customers.view", account_records_tabs.facts),
    Tab("papers", _("Papers"), "customers.view", account_records_tabs.papers),
    Tab("bills", _("Bills"), "billing.view", account_tabs.bills),
    Tab("payments", _("Payments"), "payments.view", account_tabs.payments),
    Tab("readings", _("Readings"), "readings.view", account_tabs.readings),
    Tab("changes", _("Changes"), "audit.view", account_tabs.changes),
)


@page.page(right="customers.view")
def account(request: page.PageRequest, account_no: str) -> HttpResponseBase:
    """One account: header, figures, supply, and the tab the address names (the first otherwise)."""
    try:
        account_id = agreements.account_id_by_no(account_no=account_no)
    except agreements.AccountNotFoundError as missing:
        raise Http404 from missing
    head = agreements.account_head(account_id=account_id)
    today = clock.today()
    tabs = [tab for tab in TABS if request.actor.may(tab.right)]
    wanted = request.GET.get("tab", "")
    current = next((tab for tab in tabs if tab.key == wanted), tabs[0])
    money = account_records.account_money(account_id=account_id, today=today)
    sees_money = request.actor.may("billing.view")
    facts = {
        "head": head,
        "state": words.ACCOUNT_STATES[head.state],
        "customer_class": words.CUSTOMER_CLASSES[head.customer_class],
        "contacts": customers.contacts_of(customer_id=head.customer_id, on=today),
        "supplies": account_tabs.supplies(account_id=account_id, today=today),
        "siblings": account_tabs.siblings(head),
        "money": money if sees_money else None,
        "last_tender": words.TENDERS.get(money.last_tender or 0, ""),
        "shows_phone": request.actor.may("personal_data.view"),
        "tabs": [(tab, account_tabs.tab_address(request, key=tab.key)) for tab in tabs],
        "tab": current,
        "may_fit": request.actor.may("meters.fit"),
        "acts": account_menu.entries(actor=request.actor, head=head),
        "files_url": files.address_of_files(request, kind="ACCOUNT", subject_id=account_id),
        "till_url": links.to("till_account", account_no) if request.actor.may("payments.take") else "",
        "today": today,
        "neighbours": lists.neighbours(
            request, listing=LISTING, key=account_no, list_url=reverse("customers")
        ),
        **current.facts(head, request),
    }
    return TemplateResponse(request, "customers/account.html", facts)
