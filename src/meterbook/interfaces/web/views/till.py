"""The till: open the shift, find the customer, choose bills, take money."""

import dataclasses
from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from meterbook.application import actor as actors
from meterbook.application import shifts, take_payment, till, transaction
from meterbook.domain.payments import models, queries, rules
from meterbook.domain.tables import Utility
from meterbook.interfaces import clock
from meterbook.interfaces.web import context, page
from meterbook.interfaces.web.views import bill_words, till_forms, till_words, words

CONFLICT, UNPROCESSABLE = 409, 422


@dataclasses.dataclass(frozen=True, slots=True)
class BillRow:
    """An open bill as the till's table draws it."""

    bill: queries.BillFacts
    utility: str
    utility_word: Any
    unit: str
    days_overdue: int
    is_chosen: bool
    fee: str


@dataclasses.dataclass(frozen=True, slots=True)
class Shown:
    """What a customer's page shows besides the facts: why nothing was taken, and what was typed."""

    problem: str = ""
    problem_url: str = ""
    status: int = 200
    chosen: frozenset[int] | None = None
    tender: models.Tender = models.Tender.CASH
    tendered: str = ""
    uses_prepaid: bool | None = None
    keeps_change: bool = False
    note: str = ""


@page.page(right="payments.take")
def start(request: page.PageRequest) -> HttpResponseBase:
    """Before a customer comes: the shift, and what was taken last."""
    facts = till.start(actor=request.actor)
    today = clock.today()
    return TemplateResponse(
        request,
        "till/start.html",
        {
            "facts": facts,
            "today": today,
            "is_old": facts.shift is not None and facts.shift.business_on < today,
            "payments": [(row, till_words.tender_word(row.tender)) for row in facts.payments],
        },
    )


@page.page(right="payments.take", methods=("POST",))
def open_shift(request: page.PageRequest) -> HttpResponseBase:
    """Open the clerk's till for today."""
    try:
        shifts.open_shift(actor=request.actor, business_on=clock.today(), now=clock.now())
    except shifts.OtherShiftOpenError as error:
        notice = context.Notice(text=till_words.refusal(error), kind="warn")
        return page.redirect(request, "shift", error.shift_id, notice=notice)
    account_no = request.POST.get("account_no", "")
    if account_no:
        return page.redirect(request, "till_account", account_no)
    return page.redirect(request, "till")


@page.page(right="payments.take", methods=("GET", "POST"))
def account(request: page.PageRequest, account_no: str) -> HttpResponseBase:
    """A customer at the window. POST takes the payment and leads to the receipt, so Back never pays."""
    if request.method != "POST":
        return _page(request, account_no=account_no, shown=Shown())
    form = till_forms.PayForm(request.POST)
    if not form.is_valid():
        problem = str(next(iter(form.errors.values()))[0])
        return _again(request, account_no=account_no, form=form, problem=problem)
    if not form.cleaned_data["bill"] and not form.cleaned_data["keep_change"]:
        return _again(request, account_no=account_no, form=form, problem=_("Choose a bill first."))
    return _take(request, account_no=account_no, form=form)


def shift_summary(actor: actors.Actor) -> context.ShiftSummary | None:
    """What the top bar shows of the person's shift; None for people without a till."""
    if actor.staff_id is None or not actor.may("payments.take"):
        return None
    shift = queries.open_shift_of(staff_id=actor.staff_id)
    if shift is None:
        return context.ShiftSummary(label=_("No shift open"), url=reverse("till"), state="off")
    is_old = shift.business_on < clock.today()
    return context.ShiftSummary(
        label=_("Shift %(day)s") % {"day": shift.business_on.isoformat()},
        url=reverse("shift", args=[shift.shift_id]),
        taken_minor=shift.received_minor,
        payments=shift.payment_count,
        state="warn" if is_old else "ok",
    )


def _take(request: page.PageRequest, *, account_no: str, form: till_forms.PayForm) -> HttpResponseBase:
    try:
        taken = take_payment.take_payment(actor=request.actor, command=form.command(), now=clock.now())
    except queries.AccountNotFoundError as error:
        raise Http404 from error
    except take_payment.RequestKeyReusedError as error:
        return _used(request, account_no=account_no, error=error)
    except till_words.TILL_ERRORS as error:
        return _again(request, account_no=account_no, form=form, problem=till_words.refusal(error))
    address = reverse("receipt", args=[taken.receipt_no])
    if taken.is_repeat:
        notice = context.Notice(text=_("This payment was taken before. Nothing more was taken."), kind="warn")
        return page.redirect(request, address, notice=notice)
    return page.redirect(request, f"{address}?print=1")


def _used(
    request: page.PageRequest, *, account_no: str, error: take_payment.RequestKeyReusedError
) -> HttpResponseBase:
    """The page was sent before with other figures: show it afresh, with the way to what was taken then."""
    address = reverse("receipt", args=[error.receipt_no]) if error.receipt_no else ""
    shown = Shown(problem=till_words.refusal(error), problem_url=address, status=CONFLICT)
    with transaction.reading(actor=request.actor):
        return _page(request, account_no=account_no, shown=shown).render()


def _again(
    request: page.PageRequest, *, account_no: str, form: till_forms.PayForm, problem: str
) -> HttpResponseBase:
    """Nothing was taken: the same page with the reason and what was typed."""
    said = form.cleaned_data
    shown = Shown(
        problem=problem,
        status=UNPROCESSABLE,
        chosen=frozenset(bill.bill_id for bill in said.get("bill", ())),
        tender=said.get("tender", models.Tender.CASH),
        tendered=request.POST.get("tendered", ""),
        uses_prepaid=said.get("use_prepaid", False),
        keeps_change=said.get("keep_change", False),
        note=request.POST.get("note", ""),
    )
    with transaction.reading(actor=request.actor):
        return _page(request, account_no=account_no, shown=shown).render()


def _page(request: page.PageRequest, *, account_no: str, shown: Shown) -> TemplateResponse:
    try:
        facts = till.account(actor=request.actor, account_no=account_no)
    except queries.AccountNotFoundError as error:
        raise Http404 from error
    rows = [_row(bill, chosen=shown.chosen) for bill in facts.bills]
    due = sum(row.bill.open_minor for row in rows if row.is_chosen)
    uses_prepaid = facts.prepaid_minor > 0 if shown.uses_prepaid is None else shown.uses_prepaid
    to_pay = rules.to_pay_minor(
        due_minor=due, prepaid_available_minor=facts.prepaid_minor, use_prepaid=uses_prepaid
    )
    return TemplateResponse(
        request,
        "till/account.html",
        {
            "facts": facts,
            "account": facts.account,
            "state": words.ACCOUNT_STATES[facts.account.state],
            "customer_class": words.CUSTOMER_CLASSES[facts.account.customer_class],
            "rows": rows,
            "chosen_count": sum(row.is_chosen for row in rows),
            "oldest_days": max((row.days_overdue for row in rows), default=0),
            "due_minor": due,
            "to_pay_minor": to_pay,
            "prepaid_used_minor": due - to_pay,
            "uses_prepaid": uses_prepaid,
            "tenders": [(tender, word, icon) for tender, (word, icon) in till_words.TENDERS.items()],
            "last_tender": facts.last_payment and till_words.tender_word(facts.last_payment.tender),
            "request_key": till_forms.new_key(),
            "shown": shown,
            "is_old": facts.shift is not None and facts.shift.business_on < clock.today(),
            "shows_phone": request.actor.may("personal_data.view"),
        },
        status=shown.status,
    )


def _row(bill: queries.BillFacts, *, chosen: frozenset[int] | None) -> BillRow:
    utility = Utility(bill.utility)
    return BillRow(
        bill=bill,
        utility=utility.name,
        utility_word=words.UTILITIES[utility],
        unit=till_words.UNITS[utility],
        days_overdue=max(0, (clock.today() - bill.due_on).days),
        is_chosen=chosen is None or bill.bill_id in chosen,
        fee=bill_words.fee(bill.fee),
    )
