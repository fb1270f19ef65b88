"""Bills: the list, one bill with every line explained, and its paper."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from meterbook.application import actor as actors
from meterbook.application import charge_fee
from meterbook.domain.billing import queries as billing
from meterbook.interfaces import clock
from meterbook.interfaces.web import cells, lists, page
from meterbook.interfaces.web.views import bill_words, fitting_words, links, words
from meterbook.rating import explain
from meterbook.reporting import bills, usage_parts

_DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class BillFilters(forms.Form):
    """Filters of the list, in its address."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), *((state.value, tag.text) for state, tag in bill_words.BILL_STATES.items())],
    )
    utility = forms.ChoiceField(label=_("Utility"), required=False, choices=words.choices(words.UTILITIES))
    account_no = forms.CharField(label=_("Account no."), required=False, max_length=24)
    issued_from = forms.DateField(label=_("Issued from"), required=False, widget=_DATE)
    issued_until = forms.DateField(label=_("Issued until"), required=False, widget=_DATE)
    run_id = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def clean_account_no(self) -> str:
        """Spaces are how people write it, not part of it."""
        return "".join(self.cleaned_data["account_no"].split())


class BillSource:
    """The list's rows for one person."""

    def __init__(self, actor: actors.Actor) -> None:
        self.actor = actor
        self.today = clock.today()
        self._sums: dict[bills.BillFilter, bills.BillSums] = {}

    def count(self, *, filters: Mapping[str, Any]) -> int:
        """How many bills fit."""
        return self._summed(filters).bills

    def rows(
        self, *, filters: Mapping[str, Any], sort: lists.Sort, offset: int, limit: int
    ) -> Sequence[bills.BillRow]:
        """One page."""
        return bills.bills(
            asked=self._asked(filters),
            sort=sort.key,
            is_descending=sort.is_descending,
            offset=offset,
            limit=limit,
        )

    def totals(self, *, filters: Mapping[str, Any]) -> Mapping[str, int]:
        """What they come to and what is open of it."""
        sums = self._summed(filters)
        return {"amount_minor": sums.amount_minor, "open_minor": sums.open_minor}

    def _summed(self, filters: Mapping[str, Any]) -> bills.BillSums:
        asked = self._asked(filters)
        if asked not in self._sums:
            self._sums[asked] = bills.sums(asked=asked)
        return self._sums[asked]

    def _asked(self, filters: Mapping[str, Any]) -> bills.BillFilter:
        state, utility = filters.get("state"), filters.get("utility")
        return bills.BillFilter(
            today=self.today,
            state=bills.BillState(state) if state else None,
            utility=int(utility) if utility else None,
            account_no=filters.get("account_no"),
            issued_from=filters.get("issued_from"),
            issued_until=filters.get("issued_until"),
            run_id=filters.get("run_id"),
        )


def _state(row: bills.BillRow) -> cells.Tag:
    return bill_words.BILL_STATES[row.state(clock.today())]


LISTING = lists.Listing(
    name="bills",
    title=_("Bills"),
    columns=(
        lists.Column(key="bill_no", label=_("Bill no."), is_sortable=True),
        lists.Column(key="account_no", label=_("Account no."), kind=cells.Kind.ACCOUNT_NO, is_sortable=True),
        lists.Column(key="name", label=_("Name"), is_sortable=True),
        lists.Column(key="address", label=_("Address"), is_shown=False),
        lists.Column(
            key="utility",
            label=_("Utility"),
            kind=cells.Kind.UTILITY,
            value=lambda row: words.utility_code(row.utility),
        ),
        lists.Column(key="period_from", label=_("From"), kind=cells.Kind.DAY, is_shown=False),
        lists.Column(key="period_until", label=_("Read on"), kind=cells.Kind.DAY),
        lists.Column(key="fee", label=_("Fee"), is_shown=False, value=lambda row: bill_words.fee(row.fee)),
        lists.Column(key="quantity_milli", label=_("Usage"), kind=cells.Kind.QUANTITY, is_sortable=True),
        lists.Column(key="unit", label=_("Unit"), value=lambda row: words.UNITS.get(row.unit, row.unit)),
        lists.Column(
            key="amount_minor", label=_("Amount"), kind=cells.Kind.MONEY, is_sortable=True, has_total=True
        ),
        lists.Column(
            key="open_minor", label=_("Open"), kind=cells.Kind.MONEY, is_sortable=True, has_total=True
        ),
        lists.Column(key="state", label=_("State"), kind=cells.Kind.TAG, value=_state),
        lists.Column(key="issued_on", label=_("Issued on"), kind=cells.Kind.DAY, is_sortable=True),
        lists.Column(key="due_on", label=_("Due on"), kind=cells.Kind.DAY, is_sortable=True),
        lists.Column(key="book", label=_("Book"), is_shown=False),
        lists.Column(key="station", label=_("Station"), is_shown=False),
    ),
    source=BillSource,
    default_sort=lists.Sort(key="bill_no", is_descending=True),
    filters=BillFilters,
    row_url=lambda row: reverse("bill", args=[row.pk]),
    empty_text=_("Bills appear here when a run is issued."),
)


@page.page(right="billing.view")
def listing(request: page.PageRequest) -> HttpResponseBase:
    """All bills."""
    return lists.respond(request, listing=LISTING)


@page.page(right="billing.view")
def bill(request: page.PageRequest, bill_id: int) -> HttpResponseBase:
    """One bill on the screen."""
    facts = _facts(bill_id, language=request.LANGUAGE_CODE or "en")
    row: bills.BillRow = facts["bill"]
    facts["neighbours"] = lists.neighbours(request, listing=LISTING, key=bill_id, list_url=reverse("bills"))
    facts["clearings"] = [
        (clearing, words.TENDERS[clearing.tender]) for clearing in bills.clearings(bill_id=bill_id)
    ]
    facts["take_back_url"] = _take_back_url(request, row=row)
    facts["till_url"] = links.to("till_account", row.account_no) if request.actor.may("payments.take") else ""
    facts["run_url"] = (
        reverse("bill_run", args=[row.round_id])
        if row.round_id and request.actor.may("billing.preview")
        else ""
    )
    return TemplateResponse(request, "bills/bill.html", facts)


@page.page(right="billing.view")
def paper(request: page.PageRequest, bill_id: int) -> HttpResponseBase:
    """One bill as a person prints it."""
    return TemplateResponse(
        request, "bills/paper.html", _facts(bill_id, language=request.LANGUAGE_CODE or "en")
    )


def _take_back_url(request: page.PageRequest, *, row: bills.BillRow) -> str:
    """Where a fee that nobody paid yet is taken back, for who may."""
    fee = billing.fee_of_bill(bill_id=row.pk)
    is_untouched = row.open_minor == row.amount_minor and row.amount_minor > 0
    if fee is None or not is_untouched or not request.actor.may(charge_fee.WAIVE_RIGHT):
        return ""
    return reverse("account_fee_take_back", args=[row.account_no, fee.pk])


def _facts(bill_id: int, *, language: str) -> dict[str, Any]:
    today = clock.today()
    try:
        row = bills.bill(bill_id=bill_id, today=today)
    except bills.BillUnknownError as error:
        raise Http404 from error
    lines = bills.bill_lines(bill_id=bill_id)
    fee = billing.fee_of_bill(bill_id=bill_id)
    sections = bills.sections(lines)
    is_split = len(sections) > 1
    is_taken_back = row.state(today) is bills.BillState.TAKEN_BACK
    taxes = [record.tax_minor for record in lines]
    return {
        "parts": [_part(part) for part in usage_parts.parts_of_bill(bill_id=bill_id)],
        "bill": row,
        "fee": None if fee is None else bill_words.fee(fee.fee_type.name),
        "fee_reason": "" if fee is None else fee.reason,
        "taken_back": getattr(fee, "taken_back", None),
        "other_bill_id": row.mirror_id if row.mirrors_id is None else row.mirrors_id,
        "state": bill_words.BILL_STATES[row.state(today)],
        "utility": words.utility_code(row.utility),
        "unit": words.UNITS.get(row.unit, row.unit),
        "last_day": row.period_until - datetime.timedelta(days=1),
        "is_taken_back": is_taken_back,
        "paid_minor": 0 if is_taken_back else row.amount_minor - row.open_minor,
        "tax_minor": None if None in taxes else sum(tax for tax in taxes if tax),
        "sections": [_section(one, language=language, is_split=is_split) for one in sections],
        "prices": [
            {"name": one.name(language), "sentence": one.sentence(language)} for one in bills.prices(lines)
        ],
    }


def _section(section: bills.Section, *, language: str, is_split: bool) -> dict[str, Any]:
    """Lines under what sets them apart: their days where the bill has several, season and programme."""
    heads = [section.days(language) if is_split else "", section.set_text(language)]
    return {
        "heads": [head for head in heads if head],
        "lines": [
            {
                "record": record,
                "line": record.line,
                "name": explain.name_text(record.component, language=language),
                "sentence": record.sentence(language),
                "notes": [note for note in (record.running_total(language), record.tax(language)) if note],
            }
            for record in section.lines
        ],
    }


def _part(part: usage_parts.PartRecord) -> dict[str, Any]:
    is_estimated = part.estimate_rule is not None
    return {
        "part": part,
        "last_day": max(part.period_from, part.period_until - datetime.timedelta(days=1)),
        "is_rolled_over": part.closing_milli < part.opening_milli and not is_estimated,
        "estimate": fitting_words.ESTIMATES.get(part.estimate_rule or 0, ""),
    }
