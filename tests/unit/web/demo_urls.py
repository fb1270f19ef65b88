"""Two small pages on the shell, as a subject would write them: a list and a form. Only for tests."""

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _

from meterbook.application import actor as actors
from meterbook.domain.access import rules
from meterbook.interfaces import clock
from meterbook.interfaces.web import cells, context, fields, lists, page, urls
from meterbook.interfaces.web.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


@dataclasses.dataclass(frozen=True, slots=True)
class Bill:
    pk: int
    account_no: str
    holder: str
    utility: str
    due_on: datetime.date
    usage_milli: int
    amount_minor: int
    is_paid: bool


HOLDERS = ("张建国", "=1+1", "李<b>秀</b>英", "欧阳娜娜", "王磊")
UTILITIES = ("WATER", "GAS", "ELECTRICITY", "HEAT")
BILLS = [
    Bill(
        pk=number,
        account_no=f"0210{number:08d}",
        holder=HOLDERS[number % len(HOLDERS)],
        utility=UTILITIES[number % len(UTILITIES)],
        due_on=datetime.date(2026, 1, 1) + datetime.timedelta(days=number % 300),
        usage_milli=number * 500,
        amount_minor=number * 101,
        is_paid=number % 3 == 0,
    )
    for number in range(1, 1201)
]


class BillSource:
    """Rows from memory; a real one asks a subject's queries."""

    def __init__(self, actor: actors.Actor) -> None:
        self.actor = actor

    def _fitting(self, filters: Mapping[str, Any]) -> list[Bill]:
        wanted = filters.get("utility")
        least = filters.get("least_minor", 0)
        return [
            bill for bill in BILLS if (not wanted or bill.utility == wanted) and bill.amount_minor >= least
        ]

    def count(self, *, filters: Mapping[str, Any]) -> int:
        return len(self._fitting(filters))

    def rows(
        self, *, filters: Mapping[str, Any], sort: lists.Sort, offset: int, limit: int
    ) -> Sequence[Bill]:
        ordered = sorted(
            self._fitting(filters),
            key=lambda bill: (getattr(bill, sort.key), bill.pk),
            reverse=sort.is_descending,
        )
        return ordered[offset : offset + limit]

    def totals(self, *, filters: Mapping[str, Any]) -> Mapping[str, int]:
        return {"amount_minor": sum(bill.amount_minor for bill in self._fitting(filters))}


class BillFilters(forms.Form):
    utility = forms.ChoiceField(
        required=False, choices=[("", "—"), *[(code, code) for code in UTILITIES]], label=_("Utility")
    )
    least_minor = fields.MoneyField(required=False, label=_("Amount from"))


def state_of(bill: Bill) -> cells.Tag:
    return cells.Tag(text="paid", kind="ok") if bill.is_paid else cells.Tag(text="open", kind="warn")


BILL_LIST = lists.Listing(
    name="bills",
    title=_("Bills"),
    columns=(
        lists.Column(key="account_no", label="Account no.", kind=cells.Kind.ACCOUNT_NO),
        lists.Column(key="holder", label="Holder"),
        lists.Column(key="utility", label="Utility", kind=cells.Kind.UTILITY),
        lists.Column(key="due_on", label="Due", kind=cells.Kind.DAY, is_sortable=True),
        lists.Column(key="usage_milli", label="Usage", kind=cells.Kind.QUANTITY),
        lists.Column(
            key="amount_minor", label="Amount", kind=cells.Kind.MONEY, is_sortable=True, has_total=True
        ),
        lists.Column(key="state", label="State", kind=cells.Kind.TAG, value=state_of),
        lists.Column(key="pk", label="Id", kind=cells.Kind.NUMBER, is_shown=False, is_sortable=True),
    ),
    source=BillSource,
    default_sort=lists.Sort(key="pk"),
    filters=BillFilters,
    row_url=lambda bill: f"/bills/{bill.pk}",
)


@page.page(right="billing.view")
def bills(request: page.PageRequest) -> HttpResponseBase:
    return lists.respond(request, listing=BILL_LIST)


@page.page(right="billing.view")
def bill(request: page.PageRequest, bill_id: int) -> HttpResponseBase:
    record = BILLS[bill_id - 1]
    near = lists.neighbours(request, listing=BILL_LIST, key=bill_id, list_url="/bills")
    return TemplateResponse(
        request, "web_tests/bill.html", {"bill": record, "neighbours": near, "now": clock.now()}
    )


class NoteForm(forms.Form):
    name = forms.CharField(max_length=40, help_text="As on the contract")
    amount = fields.MoneyField(minimum_minor=1)
    new_password = forms.CharField(required=False)


@page.page(right="payments.take", methods=("GET", "POST"))
def note(request: page.PageRequest) -> HttpResponseBase:
    form = NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        text = f"{form.cleaned_data['name']} {form.cleaned_data['amount']}"
        return page.redirect(request, "home", notice=context.Notice(text=text))
    return TemplateResponse(
        request, "web_tests/note.html", {"form": form}, status=422 if form.is_bound else 200
    )


@page.page()
def home(request: page.PageRequest) -> HttpResponseBase:
    return TemplateResponse(request, "web_tests/home.html", {})


@page.page(methods=("POST",))
def refuse(request: page.PageRequest) -> HttpResponseBase:
    raise rules.NotAllowedError(right="payments.cancel_any")


def unguarded(request: page.PageRequest) -> HttpResponseBase:
    return HttpResponse("open to everyone")


_OWN = {"home", "bills", "bill", "till"}
urlpatterns = [
    *[pattern for pattern in urls.urlpatterns if getattr(pattern, "name", "") not in _OWN],
    path("", home, name="home"),
    path("bills", bills, name="bills"),
    path("bills/<int:bill_id>", bill, name="bill"),
    path("note", note, name="till"),
    path("refuse", refuse, name="refuse"),
]
