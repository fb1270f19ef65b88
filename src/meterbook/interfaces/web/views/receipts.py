"""Receipts: shown, printed, reprinted with a mark, as PDF; payments listed and cancelled."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import module_loading
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from meterbook.application import actor as actors
from meterbook.application import cancel_payment, reprint_receipt, till, transaction
from meterbook.domain.documents import models as document_models
from meterbook.domain.documents import operations as documents
from meterbook.domain.documents import ports
from meterbook.domain.documents import queries as document_queries
from meterbook.domain.documents import rules as document_rules
from meterbook.domain.payments import models, operations, queries
from meterbook.domain.tables import Utility
from meterbook.interfaces import clock
from meterbook.interfaces.web import cells, context, lists, page
from meterbook.interfaces.web.views import bill_words, till_forms, till_words, words
from meterbook.reporting import takings

UNPROCESSABLE = 422
USUAL_REASONS = (
    gettext_lazy("Wrong amount"),
    gettext_lazy("Wrong account"),
    gettext_lazy("Wrong tender"),
    gettext_lazy("Customer changed their mind"),
)
REPRINT_REASONS = (
    gettext_lazy("Paper jam"),
    gettext_lazy("Customer lost the receipt"),
    gettext_lazy("Printed badly"),
)


@page.page(right="payments.view")
def receipt(request: page.PageRequest, receipt_no: str) -> HttpResponseBase:
    """A receipt as printed, with what may be done to it."""
    return TemplateResponse(request, "receipts/receipt.html", _facts(request, receipt_no=receipt_no))


@page.page(right="payments.view", methods=("POST",))
def print_receipt(request: page.PageRequest, receipt_no: str) -> HttpResponseBase:
    """Note one more printing and come back to print it."""
    try:
        reprint_receipt.print_receipt(
            actor=request.actor,
            receipt_no=receipt_no,
            reason=request.POST.get("reason", "")[:200],
            now=clock.now(),
        )
    except document_queries.ReceiptNotFoundError as error:
        raise Http404 from error
    except documents.ReprintReasonMissingError:
        notice = context.Notice(text=_("Say why it is printed again."), kind="bad")
        return page.redirect(request, "receipt", receipt_no, notice=notice)
    except documents.ReceiptVoidError:
        notice = context.Notice(text=_("A cancelled payment's receipt is not printed."), kind="bad")
        return page.redirect(request, "receipt", receipt_no, notice=notice)
    return page.redirect(request, f"{reverse('receipt', args=[receipt_no])}?print=1")


@page.page(right="payments.view")
def receipt_pdf(request: page.PageRequest, receipt_no: str, layout: str) -> HttpResponseBase:
    """The receipt as PDF, with the mark of its last copy."""
    if layout not in {paper.value for paper in ports.Layout}:
        raise Http404
    found = _receipt(request, receipt_no=receipt_no).receipt
    draw: ports.ReceiptDrawer = module_loading.import_string(settings.METERBOOK_RECEIPT_DRAWER)
    body = draw(
        receipt=ports.PrintedReceipt(
            receipt_no=found.receipt_no,
            copy_no=found.copies,
            is_void=found.is_void,
            content=found.content,
            words=_paper_words(found.content),
        ),
        layout=ports.Layout(layout),
    )
    response = HttpResponse(body, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{found.receipt_no}-{layout}.pdf"'
    return response


@page.page(right="payments.view", methods=("GET", "POST"))
def cancel(request: page.PageRequest, payment_id: int) -> HttpResponseBase:
    """Give a payment back, with a reason."""
    if request.method != "POST":
        form = till_forms.CancelForm(initial={"request_key": till_forms.new_key()})
        return _cancel_page(request, payment_id=payment_id, form=form)
    form = till_forms.CancelForm(request.POST)
    problem = ""
    if form.is_valid():
        command = cancel_payment.CancelPayment(
            form.cleaned_data["request_key"], payment_id, form.cleaned_data["reason"]
        )
        try:
            done = cancel_payment.cancel_payment(actor=request.actor, command=command, now=clock.now())
        except queries.PaymentNotFoundError as error:
            raise Http404 from error
        except till_words.CANCEL_ERRORS as error:
            problem = till_words.refusal(error)
        else:
            notice = context.Notice(text=_("Payment cancelled. Give the money back."))
            return page.redirect(request, "receipt", done.receipt_no, notice=notice)
    with transaction.reading(actor=request.actor):
        return _cancel_page(request, payment_id=payment_id, form=form, problem=problem).render()


@page.page(right="payments.view")
def listing(request: page.PageRequest) -> HttpResponseBase:
    """All payments of the scope."""
    return lists.respond(request, listing=PAYMENTS)


def _paper_words(content: document_rules.ReceiptContent) -> Mapping[str, str]:
    """The words of the paper layouts in the language of the page."""
    tender = till_words.tender_word(models.Tender(content.tender))
    is_refund = content.received_minor < 0
    return {
        "title": _("Refund receipt") if is_refund else _("Payment receipt"),
        "receipt_no": _("Receipt no."),
        "account_no": _("Account no."),
        "name": _("Name"),
        "address": _("Address"),
        "date": _("Date"),
        "utility": _("Utility"),
        "period": _("Period"),
        "readings": pgettext("from and to", "Readings"),
        "usage": _("Usage"),
        "amount": _("Amount"),
        "total": _("Total"),
        "prepaid_used": _("From balance"),
        "prepaid_added": _("Kept on account"),
        "received": _("Refunded") if is_refund else _("Received"),
        "tendered": _("Handed over"),
        "change": _("Change given"),
        "balance": _("Balance"),
        "in_words": _("In words"),
        "tender": _("Tender"),
        "tender_word": str(tender),
        "clerk": _("Clerk"),
        "station": _("Station"),
        "reference": _("Reference"),
        "copy": _("Reprint"),
        "void": _("Cancelled"),
        **{f"utility_{utility.value}": str(words.UTILITIES[utility]) for utility in Utility},
        **{f"unit_{utility.value}": unit for utility, unit in till_words.UNITS.items()},
        **{f"fee_{line.fee}": bill_words.fee(line.fee) for line in content.lines if line.fee},
    }


def _receipt(request: page.PageRequest, *, receipt_no: str) -> till.ReceiptPage:
    try:
        return till.receipt(actor=request.actor, receipt_no=receipt_no)
    except document_queries.ReceiptNotFoundError as error:
        raise Http404 from error


def _facts(request: page.PageRequest, *, receipt_no: str) -> dict[str, Any]:
    found = _receipt(request, receipt_no=receipt_no)
    content = found.receipt.content
    shift_id = None if found.shift is None else found.shift.shift_id
    return {
        "receipt": found.receipt,
        "content": content,
        "payment": found.payment,
        "lines": [
            (
                line,
                bill_words.fee(line.fee) or words.UTILITIES[Utility(line.utility)],
                till_words.UNITS[Utility(line.utility)],
            )
            for line in content.lines
        ],
        "tender": till_words.tender_word(models.Tender(content.tender)),
        "reprint_no": max(0, found.receipt.copies - 1),
        "is_printing": request.GET.get("print") == "1" and not found.receipt.is_void,
        "may_print": not found.receipt.is_void
        and request.actor.may("receipts.reprint" if found.receipt.copies else "payments.take"),
        "may_cancel": cancel_payment.may_cancel(
            actor=request.actor, payment=found.payment, shift_id=shift_id
        ),
        "reprint_reasons": REPRINT_REASONS,
        "events": _events(found),
    }


def _events(found: till.ReceiptPage) -> list[tuple[document_queries.ReceiptCopy, str, str]]:
    """What happened to the receipt, newest first: the event, its title, who did it."""
    titles = {
        document_models.ReceiptEventKind.PRINTED: _("Printed"),
        document_models.ReceiptEventKind.REPRINTED: _("Reprint"),
        document_models.ReceiptEventKind.VOIDED: _("Cancelled"),
    }
    return [
        (event, titles[event.kind], found.names.get(event.staff_id, ""))
        for event in reversed(found.receipt.events)
    ]


def _cancel_page(
    request: page.PageRequest, *, payment_id: int, form: till_forms.CancelForm, problem: str = ""
) -> TemplateResponse:
    try:
        payment = queries.payment(payment_id=payment_id)
    except queries.PaymentNotFoundError as error:
        raise Http404 from error
    shift = queries.open_shift_of(staff_id=request.actor.staff_id or 0)
    if shift is None and not problem:
        problem = till_words.refusal(operations.NoOpenShiftError())
    if shift is not None and not form.is_bound and not payment.is_reversed:
        _require_cancelling(request.actor, payment, shift)
    return TemplateResponse(
        request,
        "receipts/cancel.html",
        {
            "payment": payment,
            "tender": till_words.tender_word(payment.tender),
            "form": form,
            "problem": problem,
            "shift": shift,
            "reasons": USUAL_REASONS,
        },
        status=UNPROCESSABLE if form.is_bound else 200,
    )


def _require_cancelling(actor: actors.Actor, payment: queries.PaymentRow, shift: queries.ShiftRow) -> None:
    """A page one may not use is not shown: 403 as the act itself would answer."""
    if not cancel_payment.may_cancel(actor=actor, payment=payment, shift_id=shift.shift_id):
        actor.require("payments.cancel_any")


class PaymentFilters(forms.Form):
    """Filters of the list, in its address."""

    from_on = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until_on = forms.DateField(
        label=gettext_lazy("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    tender = forms.ChoiceField(
        label=gettext_lazy("Tender"), required=False, choices=words.choices(words.TENDERS)
    )
    text = forms.CharField(label=gettext_lazy("Name, account or receipt no."), required=False, max_length=60)


class PaymentSource:
    """The list's rows for one person."""

    def __init__(self, actor: actors.Actor) -> None:
        self.actor = actor

    def count(self, *, filters: Mapping[str, Any]) -> int:
        """How many payments fit."""
        return takings.payment_sums(wanted=_wanted(filters)).payments

    def rows(
        self, *, filters: Mapping[str, Any], sort: lists.Sort, offset: int, limit: int
    ) -> Sequence[takings.PaymentLine]:
        """One page."""
        return takings.payment_lines(
            wanted=_wanted(filters),
            sort=sort.key,
            is_descending=sort.is_descending,
            offset=offset,
            limit=limit,
        )

    def totals(self, *, filters: Mapping[str, Any]) -> Mapping[str, int]:
        """What they come to."""
        sums = takings.payment_sums(wanted=_wanted(filters))
        return {
            "received_minor": sums.received_minor,
            "cleared_minor": sums.cleared_minor,
            "prepaid_added_minor": sums.prepaid_added_minor,
        }


def _wanted(filters: Mapping[str, Any]) -> takings.PaymentFilter:
    tender = filters.get("tender")
    return takings.PaymentFilter(
        from_on=filters.get("from_on"),
        until_on=filters.get("until_on"),
        tender=int(tender) if tender else None,
        text=filters.get("text"),
    )


def _state(row: takings.PaymentLine) -> cells.Tag | None:
    if row.is_reversal:
        return cells.Tag(text=_("Reversal"), kind="bad")
    return cells.Tag(text=_("Cancelled"), kind="warn") if row.is_reversed else None


_MONEY = cells.Kind.MONEY
PAYMENTS = lists.Listing(
    name="payments",
    title=gettext_lazy("Payments"),
    default_sort=lists.Sort(key="taken_at", is_descending=True),
    columns=(
        lists.Column(key="receipt_no", label=gettext_lazy("Receipt no."), is_sortable=True),
        lists.Column(key="taken_at", label=gettext_lazy("Time"), kind=cells.Kind.MOMENT, is_sortable=True),
        lists.Column(
            key="business_on",
            label=gettext_lazy("Business day"),
            kind=cells.Kind.DAY,
            is_sortable=True,
            is_shown=False,
        ),
        lists.Column(key="customer", label=gettext_lazy("Name")),
        lists.Column(key="account_no", label=gettext_lazy("Account no."), kind=cells.Kind.ACCOUNT_NO),
        lists.Column(key="tender", label=gettext_lazy("Tender"), value=lambda row: words.TENDERS[row.tender]),
        lists.Column(
            key="received_minor",
            label=gettext_lazy("Received"),
            kind=_MONEY,
            is_sortable=True,
            has_total=True,
        ),
        lists.Column(key="cleared_minor", label=gettext_lazy("Paid bills"), kind=_MONEY, has_total=True),
        lists.Column(
            key="prepaid_added_minor", label=gettext_lazy("Kept on account"), kind=_MONEY, has_total=True
        ),
        lists.Column(key="clerk", label=gettext_lazy("Clerk")),
        lists.Column(key="station", label=gettext_lazy("Station"), is_shown=False),
        lists.Column(key="state", label=gettext_lazy("State"), kind=cells.Kind.TAG, value=_state),
        lists.Column(key="reason", label=gettext_lazy("Reason"), is_shown=False),
    ),
    source=PaymentSource,
    filters=PaymentFilters,
    row_url=lambda row: reverse("receipt", args=[row.receipt_no]),
    row_key=lambda row: row.payment_id,
)
