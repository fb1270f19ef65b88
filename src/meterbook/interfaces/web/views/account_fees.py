"""Charging a fee from the account, and what the company's fees usually are."""

import contextlib
from typing import Any

from django import forms
from django.http import Http404
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from meterbook.application import charge_fee, transaction
from meterbook.domain.agreements import queries
from meterbook.domain.billing import models
from meterbook.domain.billing import queries as billing
from meterbook.interfaces import clock
from meterbook.interfaces.web import fields, page
from meterbook.interfaces.web.views import (
    account_acts,
    account_forms,
    account_refusals,
    bill_words,
    fee_boxes,
)
from meterbook.kernel import money


class FeeForm(account_forms.ActForm):
    """Which fee, how much (empty: what it usually is), and why."""

    fee_code = forms.ChoiceField(label=gettext_lazy("Fee"))
    amount = fields.MoneyField(
        label=gettext_lazy("Amount"),
        minimum_minor=0,
        required=False,
        help_text=gettext_lazy("Leave it empty for the usual amount. 0 waives the fee."),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)

    def offer(self) -> None:
        """The company's fees with their usual amounts."""
        kinds = billing.fee_types(only_offered=True)
        self.usual = {kind.code: kind.amount_minor for kind in kinds}
        self.choose("fee_code", [(kind.code, _in_words(kind)) for kind in kinds])

    def clean(self) -> dict[str, Any]:
        """A fee without a usual amount is said each time: nobody waives one by leaving it empty."""
        said = super().clean() or {}
        if "amount" in said and said["amount"] is None and not self.usual.get(said.get("fee_code", ""), 0):
            self.add_error("amount", _("How much? This fee has no usual amount."))
        return said

    def amount_minor(self) -> int:
        """What is charged. Only for a valid form."""
        said = self.cleaned_data["amount"]
        return self.usual[self.cleaned_data["fee_code"]] if said is None else int(said)


def _in_words(kind: models.FeeType) -> str:
    name = bill_words.fee(kind.name)
    return f"{name} {money.format_minor(kind.amount_minor)}" if kind.amount_minor else name


class FeeTypeForm(forms.Form):
    """A fee for the company's list, or a new amount of one there is."""

    code = forms.RegexField(r"^[A-Z][A-Z0-9_]*\Z", label=pgettext_lazy("short name", "Code"), max_length=20)
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=60)
    amount_minor = fields.MoneyField(label=gettext_lazy("Usual amount"), minimum_minor=0)
    is_offered = forms.BooleanField(label=gettext_lazy("Offered"), required=False, initial=True)
    occasions = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Charged with"),
        coerce=lambda number: models.FeeOccasion(int(number)),
        choices=fee_boxes.occasion_choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def clean_name(self) -> str:
        """A fee of ours stays one of ours, so that its name goes on being translated."""
        return bill_words.fee_as_kept(self.cleaned_data["name"].strip())


account_refusals.REFUSALS.update(
    {
        charge_fee.FeeTypeUnknownError: ("fee_code", gettext_lazy("The list has no such fee any more.")),
        charge_fee.FeeUnknownError: (None, gettext_lazy("The account has no such fee.")),
        charge_fee.NeverSuppliedError: (None, gettext_lazy("The account never had a supply.")),
    }
)


def _charge(request: page.PageRequest, head: queries.AccountHead, form: FeeForm) -> str:
    said = form.cleaned_data
    done = charge_fee.charge(
        actor=request.actor,
        wanted=charge_fee.ChargeFee(
            request_key=said["request_key"],
            account_id=head.account_id,
            fee_code=said["fee_code"],
            amount_minor=form.amount_minor(),
            reason=said["reason"],
        ),
        today=clock.today(),
        now=clock.now(),
    )
    if done.bill_id is None:
        return _("The fee is waived.")
    return _("%(amount)s is charged; it can be paid at the till.") % {
        "amount": money.format_minor(done.amount_minor)
    }


class TakeBackForm(account_forms.ActForm):
    """Why a fee is taken back."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


def _take_back_of(fee_id: int) -> account_acts.Act:
    def act(request: page.PageRequest, head: queries.AccountHead, form: TakeBackForm) -> str:
        amount_minor = charge_fee.take_back(
            actor=request.actor,
            account_id=head.account_id,
            fee_id=fee_id,
            reason=form.cleaned_data["reason"],
            today=clock.today(),
            now=clock.now(),
        )
        return _("%(amount)s is asked for no more.") % {"amount": money.format_minor(amount_minor)}

    return act


FEE = account_acts.ActPage(gettext_lazy("Charge a fee"), FeeForm, _charge)


@page.page(right="fees.charge", methods=("GET", "POST"))
def fee(request: page.PageRequest, account_no: str) -> HttpResponseBase:
    """A fee beside supply becomes a bill."""
    return account_acts.respond(request, account_no=account_no, act_page=FEE)


@page.page(right=charge_fee.WAIVE_RIGHT, methods=("GET", "POST"))
def take_back(request: page.PageRequest, account_no: str, fee_id: int) -> HttpResponseBase:
    """A fee that nobody paid yet is asked for no more."""
    is_sent = request.method == "POST"
    with transaction.reading(actor=request.actor) if is_sent else contextlib.nullcontext():
        head = account_acts.head_of(account_no)
        found = billing.billed_fee(account_id=head.account_id, fee_id=fee_id)
    if found is None:
        raise Http404
    title = f"{_('Take the fee back')}: {bill_words.fee(found.fee_type.name)}"
    act_page = account_acts.ActPage(
        f"{title} {money.format_minor(found.amount_minor)}",
        TakeBackForm,
        _take_back_of(fee_id),
        is_grave=True,
    )
    return account_acts.respond(request, account_no=account_no, act_page=act_page)
