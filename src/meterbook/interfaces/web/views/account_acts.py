"""The pages of the acts on an account: one form, one use case, back to the account with what was done.

Every act has its own address, right and words; how a page is made is said once.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meterbook.application import account_acts as acts
from meterbook.application import account_facts, account_papers, account_states, act_fees, transaction
from meterbook.domain.agreements import queries, queries_papers
from meterbook.interfaces import clock
from meterbook.interfaces.web import context, page
from meterbook.interfaces.web.views import account_forms as forms
from meterbook.interfaces.web.views import account_refusals, words
from meterbook.kernel import numbering

Act = Callable[[page.PageRequest, queries.AccountHead, Any], str]


@dataclass(frozen=True, slots=True)
class ActPage:
    """How an act's page looks: its title, its form, what pressing the button does and says."""

    title: str | Promise
    form: type[forms.ActForm]
    act: Act
    template: str = "accounts/act.html"
    is_grave: bool = False
    button: str | Promise = ""

    @property
    def verb(self) -> str | Promise:
        """What the button says: the title, where that is what is done."""
        return self.button or self.title


def respond(request: page.PageRequest, *, account_no: str, act_page: ActPage) -> HttpResponseBase:
    """The page of an act: shown, refused with words beside the field, or done."""
    is_sent = request.method == "POST"
    with transaction.reading(actor=request.actor) if is_sent else contextlib.nullcontext():
        head = head_of(account_no)
        may_correct = request.actor.may("accounts.correct")
        form = act_page.form(
            request.POST if is_sent else None,
            head=head,
            may_correct=may_correct,
            may_waive=request.actor.may(act_fees.WAIVE_RIGHT),
        )
        is_valid = is_sent and form.is_valid()
    touched: tuple[Any, ...] = ()
    if is_valid:
        try:
            said = act_page.act(request, head, form)
        except queries.AccountNotFoundError as missing:
            raise Http404 from missing
        except tuple(account_refusals.REFUSALS) as error:
            place, text = account_refusals.refusal(error)
            form.add_error(place if place in form.fields else None, text)
            form.fees.renew(error)
            touched = error.bills if isinstance(error, acts.BillsTouchedError) else ()
        else:
            notice = context.Notice(text=said)
            return page.redirect(request, "account", head.account_no, notice=notice)
    facts = {
        "head": head,
        "state": words.ACCOUNT_STATES[head.state],
        "form": form,
        "act": act_page,
        "touched": [(bill, numbering.bill_no(bill.issued_on.year, bill.bill_id)) for bill in touched],
        "back": reverse("account", args=[head.account_no]),
    }
    return TemplateResponse(request, act_page.template, facts, status=422 if is_sent else 200)


def head_of(account_no: str) -> queries.AccountHead:
    """The account of an address; Http404 when it is not in the person's scope."""
    try:
        return queries.account_head(account_id=queries.account_id_by_no(account_no=account_no))
    except queries.AccountNotFoundError as missing:
        raise Http404 from missing


def _said(changed: acts.Changed, text: str) -> str:
    if not changed.is_changed:
        return _("Nothing changed.")
    if changed.bills:
        return text + " " + _("Bills to look at again: %(number)s.") % {"number": len(changed.bills)}
    return text


def _state(request: page.PageRequest, head: queries.AccountHead, form: forms.StateForm) -> str:
    said = form.cleaned_data
    state = account_states.change_state(
        actor=request.actor,
        account_id=head.account_id,
        wanted=said["wanted"],
        on=said["on"],
        reason=said["reason"],
        request_key=said["request_key"],
        today=clock.today(),
        now=clock.now(),
        fees=form.decided(),
    )
    return _("The account is now: %(state)s.") % {"state": words.ACCOUNT_STATES[state].text}


def _undo(request: page.PageRequest, head: queries.AccountHead, form: forms.UndoForm) -> str:
    said = form.cleaned_data
    state = account_states.undo_change(
        actor=request.actor,
        account_id=head.account_id,
        change_id=said["change_id"],
        reason=said["reason"],
        today=clock.today(),
        now=clock.now(),
    )
    return _("The account is now: %(state)s.") % {"state": words.ACCOUNT_STATES[state].text}


def _household(request: page.PageRequest, head: queries.AccountHead, form: forms.HouseholdForm) -> str:
    del head
    changed = account_facts.change_household(
        actor=request.actor, when=form.when(), household=form.household(), now=clock.now()
    )
    return _said(changed, _("The household size is changed."))


def _usage(request: page.PageRequest, head: queries.AccountHead, form: forms.UsageForm) -> str:
    del head
    changed = account_facts.change_usage(
        actor=request.actor,
        when=form.when(),
        usage_type_id=form.cleaned_data["usage_type_id"],
        tariff_id=form.cleaned_data["tariff_id"],
        now=clock.now(),
        charging=form.charging(),
    )
    return _said(changed, _("Usage type and price are changed."))


def _area(request: page.PageRequest, head: queries.AccountHead, form: forms.AreaForm) -> str:
    del head
    changed = account_facts.change_area(
        actor=request.actor, when=form.when(), area=form.area_wanted(), now=clock.now()
    )
    return _said(changed, _("The heated area is changed."))


def _concession(request: page.PageRequest, head: queries.AccountHead, form: forms.ConcessionForm) -> str:
    del head
    said = form.cleaned_data
    changed = account_facts.change_concession(
        actor=request.actor,
        when=form.when(),
        code=said["code"],
        proof=None if said["is_ended"] else said["proof"],
        expires_on=said["expires_on"],
        now=clock.now(),
    )
    return _said(changed, _("The concession is changed."))


def _shares(request: page.PageRequest, head: queries.AccountHead, form: forms.SharesForm) -> str:
    del head
    changed = account_facts.change_shares(
        actor=request.actor, when=form.when(), shares=form.shares(), now=clock.now()
    )
    return _said(changed, _("The parts of the mixed use are changed."))


def _external(request: page.PageRequest, head: queries.AccountHead, form: forms.ExternalForm) -> str:
    said = form.cleaned_data
    account_papers.add_external_number(
        actor=request.actor,
        account_id=head.account_id,
        kind=said["kind"],
        number=said["number"],
        on=said["on"],
        now=clock.now(),
    )
    return _("The number is added.")


def _contract(request: page.PageRequest, head: queries.AccountHead, form: forms.ContractForm) -> str:
    facts = {name: form.cleaned_data[name] for name in account_papers.ContractFacts.__slots__}
    account_papers.add_contract(
        actor=request.actor,
        account_id=head.account_id,
        facts=account_papers.ContractFacts(**facts),
        now=clock.now(),
    )
    return _("The contract is added.")


def _certificate(request: page.PageRequest, head: queries.AccountHead, form: forms.CertificateForm) -> str:
    said = form.cleaned_data
    number = account_papers.issue_certificate(
        actor=request.actor,
        wanted=account_papers.IssueCertificate(
            request_key=said["request_key"],
            account_id=head.account_id,
            fee_minor=said["fee"],
            reason=said["reason"],
        ),
        now=clock.now(),
        today=clock.today(),
    )
    return _("Usage certificate %(number)s is issued.") % {"number": number}


STATE = ActPage(
    gettext_lazy("Suspend, stop or resume"),
    forms.StateForm,
    _state,
    is_grave=True,
    button=gettext_lazy("Carry out"),
)
UNDO = ActPage(gettext_lazy("Take the last step back"), forms.UndoForm, _undo, is_grave=True)
HOUSEHOLD = ActPage(gettext_lazy("Change household size"), forms.HouseholdForm, _household)
USAGE = ActPage(gettext_lazy("Change usage type and price"), forms.UsageForm, _usage)
AREA = ActPage(gettext_lazy("Change heated area"), forms.AreaForm, _area)
CONCESSION = ActPage(
    gettext_lazy("Concession"), forms.ConcessionForm, _concession, button=gettext_lazy("Save")
)
SHARES = ActPage(
    gettext_lazy("Mixed use"),
    forms.SharesForm,
    _shares,
    template="accounts/shares.html",
    button=gettext_lazy("Save"),
)
EXTERNAL = ActPage(gettext_lazy("Add external number"), forms.ExternalForm, _external)
CONTRACT = ActPage(gettext_lazy("Add contract"), forms.ContractForm, _contract)
CERTIFICATE = ActPage(gettext_lazy("Issue usage certificate"), forms.CertificateForm, _certificate)
_BOTH = ("GET", "POST")


@page.page(right="customers.view", methods=_BOTH)
def state(request: page.PageRequest, account_no: str) -> HttpResponseBase:
    """Another state; the use case asks for the right the step needs."""
    return respond(request, account_no=account_no, act_page=STATE)


@page.page(right="customers.view", methods=_BOTH)
def undo(request: page.PageRequest, account_no: str) -> HttpResponseBase:
    """Take the last step back."""
    return respond(request, account_no=account_no, act_page=UNDO)


@page.page(right="accounts.change", methods=_BOTH)
def household(request: page.PageRequest, account_no: str) -> HttpResponseBase:
    """Another household size."""
    return respond(request, account_no=account_no, act_page=HOUSEHOLD)


@page.page(right="accounts.change", methods=_BOTH)
def usage(request: page.PageRequest, account_no: str) -> HttpResponseBase:
    """Another usage type and price."""
    return respond(request, account_no=account_no, act_page=USAGE)


@page.page(right="accounts.change", methods=_BOTH)
def area(request: page.PageRequest, account_no: str) -> HttpResponseBase:
    """Another heated area."""
    return respond(request, account_no=account_no, act_page=AREA)


@page.page(right="accounts.change", methods=_BOTH)
def concession(request: page.PageRequest, account_no: str) -> HttpResponseBase:
    """Grant or end a concession."""
    return respond(request, account_no=account_no, act_page=CONCESSION)


@page.page(right="accounts.change", methods=_BOTH)
def shares(request: page.PageRequest, account_no: str) -> HttpResponseBase:
    """Share one meter out over several prices."""
    return respond(request, account_no=account_no, act_page=SHARES)


@page.page(right="accounts.change", methods=_BOTH)
def external(request: page.PageRequest, account_no: str) -> HttpResponseBase:
    """Another number the account is known by."""
    return respond(request, account_no=account_no, act_page=EXTERNAL)


@page.page(right="contracts.edit", methods=_BOTH)
def contract(request: page.PageRequest, account_no: str) -> HttpResponseBase:
    """A contract as it was signed."""
    return respond(request, account_no=account_no, act_page=CONTRACT)


@page.page(right="contracts.edit", methods=_BOTH)
def certificate(request: page.PageRequest, account_no: str) -> HttpResponseBase:
    """A usage certificate."""
    return respond(request, account_no=account_no, act_page=CERTIFICATE)


@page.page(right="customers.view")
def certificate_print(request: page.PageRequest, account_no: str, certificate_id: int) -> HttpResponseBase:
    """A certificate on paper, as it was issued."""
    head = head_of(account_no)
    found = queries_papers.certificates_of(account_id=head.account_id)
    paper = next((row for row in found if row.certificate_id == certificate_id), None)
    if paper is None:
        raise Http404
    supplies = [(supply, words.UTILITIES[supply["utility"]]) for supply in paper.content["supplies"]]
    facts = {"paper": paper, "supplies": supplies, "head": head}
    return TemplateResponse(request, "accounts/certificate.html", facts)


def _contract_end(request: page.PageRequest, head: queries.AccountHead, form: forms.ContractEndForm) -> str:
    said = form.cleaned_data
    account_papers.end_contract(
        actor=request.actor,
        account_id=head.account_id,
        contract_id=said["contract_id"],
        on=said["on"],
        reason=said["reason"],
        now=clock.now(),
    )
    return _("The contract is ended.")


CONTRACT_END = ActPage(gettext_lazy("End contract"), forms.ContractEndForm, _contract_end, is_grave=True)


@page.page(right="contracts.edit", methods=_BOTH)
def contract_end(request: page.PageRequest, account_no: str) -> HttpResponseBase:
    """End a contract."""
    return respond(request, account_no=account_no, act_page=CONTRACT_END)


@page.page(right="accounts.change", methods=("POST",))
def external_end(request: page.PageRequest, account_no: str, number_id: int) -> HttpResponseBase:
    """Let a number be free again, from today on."""
    with transaction.reading(actor=request.actor):
        head = head_of(account_no)
    try:
        account_papers.end_external_number(
            actor=request.actor,
            account_id=head.account_id,
            number_id=number_id,
            on=clock.today(),
            now=clock.now(),
        )
    except account_papers.ExternalNumberUnknownError as missing:
        raise Http404 from missing
    notice = context.Notice(text=_("The number is ended."))
    return page.redirect(request, "account", head.account_no, notice=notice)
