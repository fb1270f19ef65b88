"""The page that opens an account: where (a premise found by address), then who and at which price."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from meterbook.application import account_acts, account_open, act_fees, transaction
from meterbook.domain.agreements import operations, queries, queries_facts, queries_numbers, rules
from meterbook.domain.customers import models as customers
from meterbook.domain.customers import rules as customer_rules
from meterbook.domain.metering import models as metering
from meterbook.domain.premises import models as premises
from meterbook.domain.premises import queries as premise_queries
from meterbook.interfaces import clock
from meterbook.interfaces.web import context, fields, page
from meterbook.interfaces.web.views import account_forms, fee_boxes, till_forms, words
from meterbook.reporting import account_registers, duplicates
from meterbook.reporting import premises as premise_reads

MOST_PREMISES = 30


class SupplyForm(forms.Form):
    """What is supplied from when on, at which price. `premise` is the place that was chosen."""

    request_key = forms.UUIDField(widget=forms.HiddenInput)
    utility = forms.TypedChoiceField(label=gettext_lazy("Utility"), coerce=int)
    tariff_id = forms.TypedChoiceField(label=gettext_lazy("Tariff"), coerce=int)
    usage_type_id = forms.TypedChoiceField(
        label=gettext_lazy("Usage type"), coerce=int, empty_value=None, required=False
    )
    persons = forms.IntegerField(
        label=gettext_lazy("Household size"), min_value=1, max_value=50, required=False
    )
    from_on = account_forms.day_field(label=pgettext_lazy("day", "From"))
    book_id = forms.TypedChoiceField(label=gettext_lazy("Book"), coerce=int, empty_value=None, required=False)
    is_further_meter = forms.BooleanField(
        label=gettext_lazy("A further meter of this utility at this place"), required=False
    )

    occasion = act_fees.Occasion.SUPPLY_ADDED

    def __init__(self, data: Any = None, *, premise: premises.Premise, may_waive: bool = False) -> None:
        super().__init__(data, initial={"request_key": till_forms.new_key(), "from_on": clock.today()})
        self.premise = premise
        self.choose("utility", account_forms.choices_of(words.UTILITIES))
        utilities = {int(utility) for utility in words.UTILITIES}
        self.choose("tariff_id", account_forms.tariffs_by_utility(utilities=utilities, on=clock.today()))
        types = queries_facts.usage_types(only_offered=True)
        self.choose("usage_type_id", [("", "–"), *((str(t.usage_type_id), t.name) for t in types)])
        books = metering.Book.objects.filter(station_id=premise.station_id).order_by("code")
        self.choose("book_id", [("", "–"), *((str(book.pk), book.name) for book in books)])
        self.registers = account_registers.registers_at(premise_id=premise.pk)
        for line in self.registers:
            label = f"{words.UTILITIES[line.utility]} {line.serial_no}"
            box = fields.QuantityField(label=label, required=False, help_text=_("Reading of the first day"))
            self.fields[f"reading_{line.register_id}"] = box
        self.fees = fee_boxes.FeeBoxes(self, occasions={self.occasion: ""}, may_waive=may_waive)

    def supply(self) -> dict[str, Any]:
        """The facts of the supply as begin_supply.WantedSupply takes them. Only for a valid form."""
        said = self.cleaned_data
        names = ("utility", "tariff_id", "usage_type_id", "persons", "from_on", "book_id", "is_further_meter")
        keyed = {line.register_id: said[f"reading_{line.register_id}"] for line in self.registers}
        return {
            "premise_id": self.premise.pk,
            "opening_milli": {number: value for number, value in keyed.items() if value is not None},
            **{name: said[name] for name in names},
        }

    def choose(self, name: str, options: account_forms.Choices) -> None:
        """Give a field its choices."""
        chooser = self.fields[name]
        assert isinstance(chooser, forms.ChoiceField)
        chooser.choices = options


_SOMEBODY_NEW = "NEW"


class OpenForm(SupplyForm):
    """An account: who, and the first supply. A customer chosen before is `known`."""

    occasion = act_fees.Occasion.OPENED
    same_as = forms.ChoiceField(label=gettext_lazy("Who is meant?"), required=False)
    of_account = forms.CharField(
        label=gettext_lazy("Customer of account no."),
        max_length=20,
        required=False,
        help_text=gettext_lazy("Leave it empty for a new customer."),
    )
    name = forms.CharField(label=gettext_lazy("Name of the new customer"), max_length=120, required=False)
    customer_class = forms.TypedChoiceField(label=gettext_lazy("Class"), coerce=int)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=20, required=False)
    account_no = forms.CharField(
        label=gettext_lazy("Account no."),
        max_length=20,
        required=False,
        help_text=gettext_lazy("Leave it empty: the next number of the series."),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        premise: premises.Premise,
        known: duplicates.Candidate | None = None,
        may_waive: bool = False,
    ) -> None:
        super().__init__(data, premise=premise, may_waive=may_waive)
        self.customer_id: int | None = None
        self.choose("customer_class", account_forms.choices_of(words.CUSTOMER_CLASSES))
        who = ("same_as", "of_account", "name", "customer_class", "phone")
        self.order_fields(["request_key", *who])
        self._offer([] if known is None else [known])
        if known is not None:
            self.initial["same_as"] = str(known.customer_id)

    def clean_phone(self) -> str:
        """A number as it is kept."""
        phone = self.cleaned_data["phone"]
        if not phone:
            return ""
        try:
            return customer_rules.contact_value(kind="PHONE", value=phone)
        except customer_rules.ContactError as error:
            raise forms.ValidationError(_("This is no telephone number.")) from error

    def clean_account_no(self) -> str:
        """A number that can be one."""
        number = str(self.cleaned_data["account_no"]).replace(" ", "")
        if number and not rules.is_account_no(number):
            raise forms.ValidationError(_("Letters, digits and hyphens only."))
        return number

    def clean(self) -> dict[str, Any]:
        """A customer there is, or the name of a new one whom nobody looks like."""
        said = super().clean() or {}
        if said.get("of_account"):
            found = queries.account_ids_by_no(account_no=said["of_account"].replace(" ", ""))
            if not found:
                self.add_error("of_account", _("There is no such account."))
            else:
                self.customer_id = queries.account_head(account_id=found[0]).customer_id
        elif said.get("same_as") not in {None, "", _SOMEBODY_NEW}:
            self.customer_id = int(said["same_as"])
        elif not said.get("name"):
            self.add_error("name", _("Who is supplied?"))
        elif said.get("same_as") != _SOMEBODY_NEW:
            self._ask_who(name=said["name"].strip(), phone=said.get("phone", ""))
        return said

    def wanted(self) -> account_open.OpenAccount:
        """The opening as the use case takes it. Only for a valid form."""
        said = self.cleaned_data
        new = account_open.NewCustomer(said["name"], said["customer_class"], said["phone"])
        return account_open.OpenAccount(
            request_key=said["request_key"],
            customer=new if self.customer_id is None else self.customer_id,
            account_no=said["account_no"],
            fees=self.fees.decided(self.occasion),
            **self.supply(),
        )

    def _ask_who(self, *, name: str, phone: str) -> None:
        """Refuse once when there is somebody like this, and ask who is meant."""
        found = duplicates.look_alikes(
            station_id=self.premise.station_id, premise_id=self.premise.pk, name=name, phone=phone
        )
        if found:
            self._offer(found)
            self.add_error("same_as", _("There is somebody like this already. Choose who is meant."))

    def _offer(self, found: Sequence[duplicates.Candidate]) -> None:
        """Offer these customers, and somebody new; nothing to choose where nobody looks like it."""
        asked = self.data.get("same_as", "")
        if not found and asked.isascii() and asked.isdigit():
            found = list(duplicates.candidates(customer_ids=[int(asked)]).values())
        self.fields["same_as"].widget = forms.Select() if found else forms.HiddenInput()
        people = [(str(one.customer_id), _in_words(one)) for one in found]
        self.choose("same_as", [("", "–"), *people, (_SOMEBODY_NEW, _("None of these: somebody new"))])


def _in_words(one: duplicates.Candidate) -> str:
    accounts = _("%(number)s accounts") % {"number": one.account_count}
    return " · ".join(part for part in (one.name, *one.phones[:1], one.address, accounts) if part)


SUPPLY_REFUSALS: dict[type[Exception], tuple[str | None, str | Promise]] = {
    **fee_boxes.REFUSALS,
    account_acts.InTheFutureError: ("from_on", gettext_lazy("This day is yet to come.")),
    account_open.PointSuppliedError: (
        None,
        gettext_lazy("Somebody is supplied there on that day. For another meter, tick a further one."),
    ),
    account_open.TariffNotInForceError: (
        "tariff_id",
        gettext_lazy("The tariff is not for this utility or not in force on that day."),
    ),
    account_open.BookNotFoundError: ("book_id", gettext_lazy("The book is of another station.")),
    account_open.OpeningReadingError: (
        None,
        gettext_lazy("The meter in place needs a reading of the first day, not below its last one."),
    ),
}
_REFUSALS = SUPPLY_REFUSALS | {
    account_open.CustomerNotFoundError: ("same_as", gettext_lazy("There is no such customer any more.")),
    operations.AccountNoTakenError: ("account_no", gettext_lazy("Another account has this number.")),
    rules.NumberRuleError: (None, gettext_lazy("The series of account numbers gives no more numbers.")),
}


@page.page(right="accounts.open")
def find(request: page.PageRequest) -> HttpResponseBase:
    """The premises whose address has what was typed; for a customer chosen before, if the address says so."""
    customer = _known(request)
    more = "" if customer is None else f"?customer={customer.customer_id}"
    facts = {
        **found_places(request, to=lambda pk: reverse("account_open", args=[pk]) + more),
        "title": _("Open account"),
        "who": None if customer is None else customer.name,
        "customer_id": None if customer is None else customer.customer_id,
    }
    return TemplateResponse(request, "accounts/find.html", facts)


def found_places(
    request: page.PageRequest, *, to: Callable[[int], str], at_first: Sequence[int] = ()
) -> dict[str, Any]:
    """What was typed and the premises found, each with the address it leads to; `at_first` before that."""
    text = request.GET.get("q", "").strip()
    ids = premise_queries.premise_ids_by_address(text=text, most=MOST_PREMISES) if text else at_first
    found = premises.Premise.objects.filter(pk__in=ids).order_by("address")
    supplied = premise_reads.supplied(premise_ids=ids, on=clock.today())
    return {
        "text": text,
        "premises": [(premise, to(premise.pk), _holders(supplied.get(premise.pk, []))) for premise in found],
    }


def _holders(found: Sequence[premise_reads.Supplied]) -> list[tuple[str, premise_reads.Supplied]]:
    """Who is supplied with what."""
    return [(words.utility_code(one.utility), one) for one in found]


def _known(request: page.PageRequest) -> duplicates.Candidate | None:
    """The customer of the address; Http404 when there is none such in scope."""
    asked = request.GET.get("customer", "")
    if not asked:
        return None
    found = duplicates.candidates(customer_ids=[int(asked)]) if asked.isascii() and asked.isdigit() else {}
    if not found:
        raise Http404
    return found[int(asked)]


def premise_or_404(premise_id: int) -> premises.Premise:
    """The premise; Http404 when it is not in the person's scope."""
    premise = premises.Premise.objects.filter(pk=premise_id).first()
    if premise is None:
        raise Http404
    return premise


@page.page(right="accounts.open", methods=("GET", "POST"))
def open_account(request: page.PageRequest, premise_id: int) -> HttpResponseBase:
    """Open an account at a premise."""
    is_sent = request.method == "POST"
    with transaction.reading(actor=request.actor) if is_sent else contextlib.nullcontext():
        premise = premise_or_404(premise_id)
        form = OpenForm(
            request.POST if is_sent else None,
            premise=premise,
            known=_known(request),
            may_waive=request.actor.may(act_fees.WAIVE_RIGHT),
        )
        is_valid = is_sent and form.is_valid()
        series = queries_numbers.number_series(station_ids=[premise.station_id])
        coming = {
            str(words.CUSTOMER_CLASSES[sample]): queries_numbers.next_number(
                series=series[premise.station_id, sample == customers.CustomerClass.RESIDENTIAL]
            )
            for sample in (customers.CustomerClass.RESIDENTIAL, customers.CustomerClass.NON_RESIDENTIAL)
        }
    if is_valid:
        try:
            made = account_open.open_account(
                actor=request.actor, wanted=form.wanted(), today=clock.today(), now=clock.now()
            )
        except tuple(_REFUSALS) as error:
            place, text = _REFUSALS[type(error)]
            form.add_error(place, str(text))
            form.fees.renew(error)
        else:
            text = _("Account opened.") if made.has_meter else _("Account opened. A meter is still missing.")
            return page.redirect(request, "account", made.account_no, notice=context.Notice(text=text))
    facts = {
        "form": form,
        "premise": premise,
        "coming": coming.items(),
        "title": _("Open account"),
        "back": reverse("account_find_place"),
    }
    return TemplateResponse(request, "accounts/open.html", facts, status=422 if is_sent else 200)
