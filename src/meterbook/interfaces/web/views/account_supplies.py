"""The pages of further supplies of an account: found by address, added, and ended one at a time."""

import contextlib

from django import forms
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meterbook.application import account_supplies, act_fees, begin_supply, transaction
from meterbook.domain.agreements import operations, queries
from meterbook.interfaces import clock
from meterbook.interfaces.web import context, page
from meterbook.interfaces.web.views import (
    account_acts,
    account_ends,
    account_opening,
    account_refusals,
    words,
)
from meterbook.kernel import money

_REFUSALS = account_opening.SUPPLY_REFUSALS | {
    account_supplies.AccountClosedError: (None, gettext_lazy("The account is closed. Open it again first.")),
    account_supplies.OtherStationError: (
        None,
        gettext_lazy("The place is another station's. Open an account of its own there."),
    ),
}
account_refusals.REFUSALS.update(
    {
        account_supplies.LastSupplyError: (
            None,
            gettext_lazy("This is the account's only supply. Close the account instead."),
        ),
        operations.NoAgreementError: ("agreement_id", gettext_lazy("The supply has ended meanwhile.")),
    }
)


@page.page(right="accounts.open")
def find(request: page.PageRequest, account_no: str) -> HttpResponseBase:
    """Where is the account to be supplied too?"""
    head = account_acts.head_of(account_no)
    facts = {
        **account_opening.found_places(
            request,
            to=lambda pk: reverse("account_supply_add", args=[head.account_no, pk]),
            at_first=queries.places_of(account_id=head.account_id).premise_ids,
        ),
        "title": _("Add a supply"),
        "who": head.name,
    }
    return TemplateResponse(request, "accounts/find.html", facts)


@page.page(right="accounts.open", methods=("GET", "POST"))
def add(request: page.PageRequest, account_no: str, premise_id: int) -> HttpResponseBase:
    """Supply the account at a premise too."""
    is_sent = request.method == "POST"
    with transaction.reading(actor=request.actor) if is_sent else contextlib.nullcontext():
        head = account_acts.head_of(account_no)
        premise = account_opening.premise_or_404(premise_id)
        form = account_opening.SupplyForm(
            request.POST if is_sent else None,
            premise=premise,
            may_waive=request.actor.may(act_fees.WAIVE_RIGHT),
        )
        is_valid = is_sent and form.is_valid()
    if is_valid:
        try:
            made = account_supplies.add_supply(
                actor=request.actor,
                account_id=head.account_id,
                wanted=begin_supply.WantedSupply(**form.supply()),
                request_key=form.cleaned_data["request_key"],
                today=clock.today(),
                now=clock.now(),
                fees=form.fees.decided(form.occasion),
            )
        except tuple(_REFUSALS) as error:
            place, text = _REFUSALS[type(error)]
            form.add_error(place, str(text))
            form.fees.renew(error)
        else:
            said = _("Supply added.") if made.has_meter else _("Supply added. A meter is still missing.")
            return page.redirect(request, "account", head.account_no, notice=context.Notice(text=said))
    facts = {
        "form": form,
        "premise": premise,
        "title": _("Add a supply"),
        "who": head.name,
        "back": reverse("account", args=[head.account_no]),
    }
    return TemplateResponse(request, "accounts/open.html", facts, status=422 if is_sent else 200)


class EndForm(account_ends.EndForm):
    """One of the supplies, its final reading and why it ends."""

    agreement_id = forms.TypedChoiceField(label=gettext_lazy("Supply"), coerce=int)

    def offer(self) -> None:
        """The running supplies, and a box for each register."""
        super().offer()
        del self.fields["only_settles"]
        running = [supply for supply in self.supplies if supply.until_on is None]
        self.choose(
            "agreement_id",
            [
                (str(s.agreement_id), f"{words.UTILITIES[s.utility]} {s.address} {s.serial_no}")
                for s in running
            ],
        )
        readings = [f"reading_{register_id}" for register_id in self.register_ids]
        self.order_fields(["request_key", "agreement_id", "on", *readings])


def _end(request: page.PageRequest, head: queries.AccountHead, form: EndForm) -> str:
    del head
    said = form.cleaned_data
    done = account_supplies.end_supply(
        actor=request.actor,
        wanted=account_supplies.EndSupply(
            request_key=said["request_key"],
            agreement_id=said["agreement_id"],
            on=said["on"],
            readings_milli=form.readings_milli(),
            reason=said["reason"],
            is_confirmed=said["is_confirmed"],
            is_rolled_over=said["is_rolled_over"],
        ),
        now=clock.now(),
        today=clock.today(),
    )
    return _("The supply has ended; its final bill is %(amount)s.") % {
        "amount": money.format_minor(done.final_minor)
    }


END = account_acts.ActPage(gettext_lazy("End a supply"), EndForm, _end, is_grave=True)


@page.page(right="accounts.close", methods=("GET", "POST"))
def end(request: page.PageRequest, account_no: str) -> HttpResponseBase:
    """One supply ends, the account goes on."""
    return account_acts.respond(request, account_no=account_no, act_page=END)
