"""How accounts are numbered, and the company's lists of usage types and fees."""

import contextlib
from collections.abc import Sequence
from typing import Any

from django import forms
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from meterbook.application import account_papers, charge_fee, transaction
from meterbook.domain.agreements import queries_facts, queries_numbers, rules
from meterbook.domain.billing import models
from meterbook.domain.billing import queries as billing
from meterbook.interfaces import clock
from meterbook.interfaces.web import context, page
from meterbook.interfaces.web.views import account_fees, account_forms, bill_words, words
from meterbook.interfaces.web.views.act_terms import agreements as terms

RIGHT = "records.edit_many"
_FAULTS = {
    rules.NumberFault.PREFIX_NOT_PLAIN: gettext_lazy("Letters, digits and hyphens only."),
    rules.NumberFault.PREFIX_NEEDS_DIGITS: gettext_lazy("With a check digit it begins with digits only."),
    rules.NumberFault.PREFIX_BEGINS_WITH_ZERO: gettext_lazy("With a check digit it can't begin with zero."),
    rules.NumberFault.STATION_WITHOUT_DIGITS: gettext_lazy("A station's code has no digits."),
    rules.NumberFault.TOO_LONG: gettext_lazy("The numbers would be longer than 20 characters."),
    rules.NumberFault.SERIES_USED_UP: gettext_lazy("The series gives no more numbers."),
}


class RuleForm(forms.Form):
    """How new accounts of residents, or of all others, are numbered."""

    group = forms.ChoiceField(
        label=gettext_lazy("For"),
        choices=[("1", gettext_lazy("Residents")), ("0", gettext_lazy("All others"))],
    )
    begins_with = forms.CharField(
        label=gettext_lazy("Begins with"),
        max_length=16,
        required=False,
        help_text=gettext_lazy("{station} stands for the digits of the station's code."),
    )
    digits = forms.IntegerField(label=gettext_lazy("Digits"), min_value=3, max_value=12, initial=7)
    has_check_digit = forms.BooleanField(label=gettext_lazy("Check digit"), required=False, initial=True)


class UsageTypeForm(forms.Form):
    """A usage type for the list."""

    code = forms.RegexField(r"^[A-Z][A-Z0-9_]*\Z", label=pgettext_lazy("short name", "Code"), max_length=20)
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=60)
    utility = forms.TypedChoiceField(
        label=gettext_lazy("Utility"), coerce=int, empty_value=None, required=False
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        chooser = self.fields["utility"]
        assert isinstance(chooser, forms.ChoiceField)
        chooser.choices = [("", _("All")), *account_forms.choices_of(words.UTILITIES)]


@page.page(right=RIGHT)
def settings(request: page.PageRequest) -> HttpResponseBase:
    """The rules and the list."""
    return _page(request)


@page.page(right=RIGHT, methods=("POST",))
def number_rule(request: page.PageRequest) -> HttpResponseBase:
    """Set a rule; numbers given stay."""
    form = RuleForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        wanted = rules.NumberFormat(said["begins_with"], said["digits"], said["has_check_digit"])
        try:
            coming = account_papers.set_number_rule(
                actor=request.actor, is_resident=said["group"] == "1", form=wanted, now=clock.now()
            )
        except rules.NumberRuleError as error:
            form.add_error("begins_with", str(_FAULTS[error.code]))
        except account_papers.CompanyOnlyError:
            form.add_error(None, _("Only who belongs to the company itself can change this."))
        else:
            text = _("New accounts are numbered like %(number)s.") % {"number": coming}
            return page.redirect(request, "account_settings", notice=context.Notice(text=text))
    return _page(request, rule_form=form, status=422)


@page.page(right=RIGHT, methods=("POST",))
def usage_type(request: page.PageRequest) -> HttpResponseBase:
    """Add to the list."""
    form = UsageTypeForm(request.POST)
    if form.is_valid():
        try:
            account_papers.add_usage_type(actor=request.actor, **form.cleaned_data, now=clock.now())
        except account_papers.UsageTypeTakenError:
            form.add_error("code", _("There is one of this code."))
        except account_papers.CompanyOnlyError:
            form.add_error(None, _("Only who belongs to the company itself can change this."))
        else:
            notice = context.Notice(text=_("The usage type is added."))
            return page.redirect(request, "account_settings", notice=notice)
    return _page(request, type_form=form, status=422)


@page.page(right=RIGHT, methods=("POST",))
def fee_type(request: page.PageRequest) -> HttpResponseBase:
    """Add a fee, or change what it usually is."""
    form = account_fees.FeeTypeForm(request.POST)
    if form.is_valid():
        try:
            charge_fee.set_fee_type(actor=request.actor, **form.cleaned_data, now=clock.now())
        except charge_fee.CompanyOnlyError:
            form.add_error(None, _("Only who belongs to the company itself can change this."))
        else:
            notice = context.Notice(text=_("The fee is in the list."))
            return page.redirect(request, "account_settings", notice=notice)
    return _page(request, fee_form=form, status=422)


def _said(kinds: Sequence[models.FeeType], code: str) -> dict[str, Any]:
    """What the list says of a fee, to be changed; nothing of one it does not have."""
    for kind in kinds:
        if kind.code == code:
            return {
                "code": kind.code,
                "name": bill_words.fee(kind.name),
                "amount_minor": kind.amount_minor,
                "is_offered": kind.is_offered,
                "occasions": kind.occasions,
            }
    return {}


def _occasions(kind: models.FeeType) -> list[str]:
    return [str(word) for occasion, word in terms.OCCASIONS.items() if int(occasion) in kind.occasions]


def _page(
    request: page.PageRequest,
    *,
    rule_form: RuleForm | None = None,
    type_form: UsageTypeForm | None = None,
    fee_form: account_fees.FeeTypeForm | None = None,
    status: int = 200,
) -> HttpResponseBase:
    with transaction.reading(actor=request.actor) if request.method == "POST" else contextlib.nullcontext():
        own = {(rule.unit, rule.is_resident): rule.form for rule in queries_numbers.number_rules()}
        standard = {("", is_resident): form for is_resident, form in rules.STANDARD_NUMBERS.items()}
        types = queries_facts.usage_types()
        fees = billing.fee_types()
    facts = {
        "rules": [(unit, is_resident, form) for (unit, is_resident), form in (standard | own).items()],
        "types": [(found, words.UTILITIES.get(found.utility or 0, _("All"))) for found in types],
        "fees": [(found, bill_words.fee(found.name), _occasions(found)) for found in fees],
        "rule_form": rule_form or RuleForm(),
        "type_form": type_form or UsageTypeForm(),
        "fee_form": fee_form or account_fees.FeeTypeForm(initial=_said(fees, request.GET.get("fee", ""))),
    }
    return TemplateResponse(request, "accounts/settings.html", facts, status=status)
