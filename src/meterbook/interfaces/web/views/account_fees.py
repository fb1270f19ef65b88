"""Charging a fee from the account, and what the company's fees usually are."""

from typing import Any

from django import forms
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from meterbook.application import charge_fee
from meterbook.domain.agreements import queries
from meterbook.domain.billing import models
from meterbook.domain.billing import queries as billing
from meterbook.interfaces import clock
from meterbook.interfaces.web import fields, page
from meterbook.interfaces.web.views import account_acts, account_forms
from meterbook.kernel import money

# The fees a company begins with, as they stand in its list until somebody renames them.
_KNOWN: dict[str, str | Promise] = {
    "Certificate fee": gettext_lazy("Certificate fee"),
    "Material fee": gettext_lazy("Material fee"),
    "Meter test fee": gettext_lazy("Meter test fee"),
    "Opening fee": gettext_lazy("Opening fee"),
    "Reconnection fee": gettext_lazy("Reconnection fee"),
    "Reinstallation fee": gettext_lazy("Reinstallation fee"),
    "Transfer fee": gettext_lazy("Transfer fee"),
}


def name_of(kind: models.FeeType) -> str:
    """What a fee is called."""
    return str(_KNOWN.get(kind.name, kind.name))


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
        self.usual = {kind.code: kind.amount_minor for kind in billing.fee_types(only_offered=True)}
        self.choose(
            "fee_code",
            [
                (
                    kind.code,
                    f"{name_of(kind)} {money.format_minor(kind.amount_minor) if kind.amount_minor else ''}",
                )
                for kind in billing.fee_types(only_offered=True)
            ],
        )

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


class FeeTypeForm(forms.Form):
    """A fee for the company's list, or a new amount of one there is."""

    code = forms.RegexField(r"^[A-Z][A-Z0-9_]*\Z", label=pgettext_lazy("short name", "Code"), max_length=20)
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=60)
    amount_minor = fields.MoneyField(label=gettext_lazy("Usual amount"), minimum_minor=0)
    is_offered = forms.BooleanField(label=gettext_lazy("Offered"), required=False, initial=True)


account_acts.REFUSALS.update(
    {
        charge_fee.FeeTypeUnknownError: ("fee_code", gettext_lazy("The list has no such fee any more.")),
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


FEE = account_acts.ActPage(gettext_lazy("Charge a fee"), FeeForm, _charge)


@page.page(right="fees.charge", methods=("GET", "POST"))
def fee(request: page.PageRequest, account_no: str) -> HttpResponseBase:
    """A fee beside supply becomes a bill."""
    return account_acts.respond(request, account_no=account_no, act_page=FEE)
