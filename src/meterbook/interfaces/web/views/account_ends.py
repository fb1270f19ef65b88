"""The pages of transfer, closing and opening again: final readings keyed beside the last ones."""

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from meterbook.application import (
    account_close,
    account_open,
    account_transfer,
    refund_balance,
    settle_account,
)
from meterbook.domain.agreements import queries
from meterbook.domain.billing import models as billing
from meterbook.domain.payments import models as payments
from meterbook.interfaces import clock
from meterbook.interfaces.web import fields, page
from meterbook.interfaces.web.views import (
    account_acts,
    account_forms,
    account_refusals,
    bill_words,
    fitting_words,
    words,
)
from meterbook.kernel import money
from meterbook.reporting import account_records, account_registers

_TENDERS = (payments.Tender.CASH, payments.Tender.TRANSFER, payments.Tender.QR_MANUAL)


class EndForm(account_forms.ActForm):
    """A final reading of every register in place on a day, and why."""

    on = account_forms.day_field(label=gettext_lazy("Day of the final reading"))
    is_confirmed = forms.BooleanField(label=gettext_lazy("An unusual usage was looked at"), required=False)
    is_rolled_over = forms.BooleanField(
        label=gettext_lazy("The register began again at zero"), required=False
    )
    only_settles = forms.BooleanField(
        label=gettext_lazy("Only the final bill for now, to be paid first"), required=False
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)

    def offer(self) -> None:
        """A box for each register, with its last reading; how a balance may go back."""
        registers = account_registers.registers_of(account_id=self.head.account_id)
        self.register_ids = [line.register_id for line in registers]
        for line in registers:
            label = f"{words.UTILITIES[line.utility]} {line.serial_no}"
            if len({other.band for other in registers if other.serial_no == line.serial_no}) > 1:
                label = f"{label} {words.BANDS[line.band]}"
            box = fields.QuantityField(label=label, required=False, help_text=_last(line))
            self.fields[f"reading_{line.register_id}"] = box
        readings = [f"reading_{register_id}" for register_id in self.register_ids]
        self.order_fields(["request_key", "on", *readings])
        self.balance_minor = account_records.account_money(
            account_id=self.head.account_id, today=clock.today()
        ).prepaid_minor
        if "refund" in self.fields and self.balance_minor > 0:
            self.choose("refund", [("", self.kept()), *((str(int(t)), words.TENDERS[t]) for t in _TENDERS)])
            self.fields["refund"].help_text = _("Held: %(amount)s") % {
                "amount": money.format_minor(self.balance_minor)
            }
        elif "refund" in self.fields:
            del self.fields["refund"]

    def kept(self) -> str:
        """What happens with a balance that is not refunded."""
        return _("Not given back")

    def readings_milli(self) -> dict[int, int]:
        """Register -> what was keyed. Only for a valid form."""
        keyed = {number: self.cleaned_data[f"reading_{number}"] for number in self.register_ids}
        return {number: value for number, value in keyed.items() if value is not None}

    def tender(self) -> payments.Tender | None:
        """How the balance goes back; None: it doesn't. Only for a valid form."""
        return self.cleaned_data.get("refund")

    def settling(self) -> settle_account.SettleAccount:
        """Only the final reading and bill, as the use case takes it."""
        said = self.cleaned_data
        return settle_account.SettleAccount(
            request_key=said["request_key"],
            account_id=self.head.account_id,
            settled_on=said["on"],
            readings_milli=self.readings_milli(),
            reason=said["reason"],
            is_confirmed=said["is_confirmed"],
            is_rolled_over=said["is_rolled_over"],
        )


def _last(line: account_registers.RegisterLine) -> str:
    if line.last_on is None or line.last_milli is None:
        return _("Never read.")
    value = fields.QuantityField().render_value(line.last_milli)
    return _("Last: %(value)s on %(day)s.") % {"value": value, "day": line.last_on.isoformat()}


def _tender_field() -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=gettext_lazy("Balance goes back by"),
        coerce=lambda code: payments.Tender(int(code)),
        empty_value=None,
        required=False,
    )


class CloseForm(EndForm):
    """Closing an account."""

    refund = _tender_field()

    def fee_occasions(self) -> Mapping[billing.FeeOccasion, str | Promise]:
        """Closing may cost something, paid before."""
        return {billing.FeeOccasion.CLOSED: ""}


class TransferForm(EndForm):
    """Transfer to a customer there is (by one of their accounts), or to a new one."""

    of_account = forms.CharField(
        label=gettext_lazy("New holder has account no."),
        max_length=20,
        required=False,
        help_text=gettext_lazy("Leave it empty for a new customer."),
    )
    name = forms.CharField(label=gettext_lazy("Name of the new customer"), max_length=120, required=False)
    customer_class = forms.TypedChoiceField(label=gettext_lazy("Class"), coerce=int)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=20, required=False)
    persons = forms.IntegerField(
        label=gettext_lazy("Household size"), min_value=1, max_value=50, required=False
    )
    counter = forms.TypedChoiceField(
        label=gettext_lazy("Tier counter of this period"),
        coerce=account_transfer.Counter,
        choices=[
            (account_transfer.Counter.RESTART.value, gettext_lazy("Begins again")),
            (account_transfer.Counter.KEEP.value, gettext_lazy("Goes on")),
        ],
    )
    takes_debt = forms.BooleanField(label=gettext_lazy("The new holder takes what is owed"), required=False)
    refund = _tender_field()

    def offer(self) -> None:
        """Readings first, then who takes over."""
        super().offer()
        self.choose("customer_class", account_forms.choices_of(words.CUSTOMER_CLASSES))
        last = ("counter", "takes_debt", "refund", "is_confirmed", "is_rolled_over", "only_settles", "reason")
        readings = [f"reading_{register_id}" for register_id in self.register_ids]
        who = ("of_account", "name", "customer_class", "phone", "persons")
        self.order_fields(["request_key", "on", *readings, *who, *last])

    def fee_occasions(self) -> Mapping[billing.FeeOccasion, str | Promise]:
        """A transfer may cost the new holder something."""
        return {billing.FeeOccasion.TRANSFERRED: ""}

    def kept(self) -> str:
        """The balance may stay on the account."""
        return _("It stays on the account")

    def clean(self) -> dict[str, Any]:
        """Somebody takes over, unless only the final bill is wanted."""
        said = super().clean() or {}
        self.customer_id: int | None = None
        if said.get("of_account"):
            found = queries.account_ids_by_no(account_no=said["of_account"].replace(" ", ""))
            if not found:
                self.add_error("of_account", _("There is no such account."))
            else:
                self.customer_id = queries.account_head(account_id=found[0]).customer_id
        elif not said.get("name") and not said.get("only_settles"):
            self.add_error("name", _("Who takes the account over?"))
        return said

    def customer(self) -> int | account_open.NewCustomer:
        """Who takes over. Only for a valid form."""
        if self.customer_id is not None:
            return self.customer_id
        said = self.cleaned_data
        return account_open.NewCustomer(said["name"], said["customer_class"], said["phone"])


class ReopenForm(account_forms.ActForm):
    """Why a closing is taken back."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


def _amount(error: Any, name: str, text: str) -> str:
    return text % {"amount": money.format_minor(getattr(error, name))}


def _parked(error: settle_account.SettlementParkedError) -> str:
    return " ".join(str(bill_words.parked(code)[0]) for code in sorted(set(error.codes.values())))


_MORE: dict[type[Exception], tuple[str | None, Any]] = {
    account_transfer.OwesError: (
        None,
        lambda error: _amount(
            error, "owed_minor", _("Still owed: %(amount)s. Settle first, take the payment.")
        ),
    ),
    account_close.BalanceLeftError: (
        "refund",
        lambda error: _amount(
            error, "balance_minor", _("The account holds %(amount)s: how does it go back?")
        ),
    ),
    account_transfer.SameHolderError: ("of_account", gettext_lazy("The account is theirs already.")),
    account_transfer.NotSuppliedError: (None, gettext_lazy("The account has no running supply.")),
    account_transfer.CounterUntoldError: (
        "counter",
        gettext_lazy("What it stands at can't be told for this tariff; it can only begin again."),
    ),
    account_close.NotClosedError: (None, gettext_lazy("The account is not closed.")),
    account_open.PointSuppliedError: (
        None,
        lambda error: _("Account %(number)s is supplied there.") % {"number": error.account_no},
    ),
    refund_balance.NoOpenShiftError: (
        "refund",
        gettext_lazy("Open your shift first: money leaves your till."),
    ),
    refund_balance.TillShortError: (
        "refund",
        lambda error: _amount(error, "there_minor", _("There is only %(amount)s in your till.")),
    ),
    settle_account.ChangeError: (None, fitting_words.refusal),
    settle_account.SettlementParkedError: (None, _parked),
}
account_refusals.REFUSALS.update(_MORE)


def _settled(done: settle_account.Settlement) -> str:
    return _("The final bill is %(amount)s. Take the payment, then come back.") % {
        "amount": money.format_minor(done.amount_minor)
    }


def _ends(act: Callable[[page.PageRequest, Any, datetime.datetime], str]) -> account_acts.Act:
    """Settle only, where the form says so; the whole act otherwise."""

    def run(request: page.PageRequest, head: queries.AccountHead, form: Any) -> str:
        del head
        if form.cleaned_data["only_settles"]:
            closed = billing.FeeOccasion.CLOSED
            return _settled(
                account_transfer.settle_first(
                    actor=request.actor,
                    command=form.settling(),
                    now=clock.now(),
                    today=clock.today(),
                    closing=form.fees.decided(closed) if closed in form.fees.occasions else None,
                )
            )
        return act(request, form, clock.now())

    return run


def _transfer(request: page.PageRequest, form: TransferForm, now: datetime.datetime) -> str:
    said, settling = form.cleaned_data, form.settling()
    account_transfer.transfer(
        actor=request.actor,
        wanted=account_transfer.TransferAccount(
            request_key=settling.request_key,
            account_id=settling.account_id,
            customer=form.customer(),
            on=settling.settled_on,
            readings_milli=settling.readings_milli,
            reason=settling.reason,
            counter=said["counter"],
            takes_debt=said["takes_debt"],
            refund=form.tender(),
            persons=said["persons"],
            is_confirmed=settling.is_confirmed,
            is_rolled_over=settling.is_rolled_over,
            fees=form.fees.decided(billing.FeeOccasion.TRANSFERRED),
        ),
        now=now,
        today=clock.today(),
    )
    return _("The account is transferred.")


def _close(request: page.PageRequest, form: CloseForm, now: datetime.datetime) -> str:
    settling = form.settling()
    done = account_close.close(
        actor=request.actor,
        wanted=account_close.CloseAccount(
            request_key=settling.request_key,
            account_id=settling.account_id,
            on=settling.settled_on,
            readings_milli=settling.readings_milli,
            reason=settling.reason,
            refund=form.tender(),
            is_confirmed=settling.is_confirmed,
            is_rolled_over=settling.is_rolled_over,
            fees=form.fees.decided(billing.FeeOccasion.CLOSED),
        ),
        now=now,
        today=clock.today(),
    )
    if done.refunded is None:
        return _("The account is closed.")
    return _("The account is closed; %(amount)s goes back, receipt %(receipt)s.") % {
        "amount": money.format_minor(done.refunded.amount_minor),
        "receipt": done.refunded.receipt_no,
    }


def _reopen(request: page.PageRequest, head: queries.AccountHead, form: ReopenForm) -> str:
    account_close.reopen(
        actor=request.actor,
        account_id=head.account_id,
        reason=form.cleaned_data["reason"],
        now=clock.now(),
    )
    return _("The account is open again.")


TRANSFER = account_acts.ActPage(gettext_lazy("Transfer to another customer"), TransferForm, _ends(_transfer))
CLOSE = account_acts.ActPage(gettext_lazy("Close account"), CloseForm, _ends(_close), is_grave=True)
REOPEN = account_acts.ActPage(pgettext_lazy("account", "Open again"), ReopenForm, _reopen, is_grave=True)
_BOTH = ("GET", "POST")


@page.page(right="accounts.transfer", methods=_BOTH)
def transfer(request: page.PageRequest, account_no: str) -> HttpResponseBase:
    """The account goes on with another customer."""
    return account_acts.respond(request, account_no=account_no, act_page=TRANSFER)


@page.page(right="accounts.close", methods=_BOTH)
def close(request: page.PageRequest, account_no: str) -> HttpResponseBase:
    """The account ends."""
    return account_acts.respond(request, account_no=account_no, act_page=CLOSE)


@page.page(right="accounts.close", methods=_BOTH)
def reopen(request: page.PageRequest, account_no: str) -> HttpResponseBase:
    """A closing is taken back."""
    return account_acts.respond(request, account_no=account_no, act_page=REOPEN)
