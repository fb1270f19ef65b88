"""The forms of the acts on an account. Each knows the account it is for and offers only what fits it."""

import datetime
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from meterbook.application import account_facts, account_papers, account_states, act_fees
from meterbook.domain.agreements import (
    models,
    operations_states,
    queries,
    queries_facts,
    queries_papers,
    rules,
)
from meterbook.domain.billing import models as billing
from meterbook.domain.billing import queries as billing_queries
from meterbook.domain.tariffs import queries as tariffs
from meterbook.interfaces import clock
from meterbook.interfaces.web import fields
from meterbook.interfaces.web.views import fee_boxes, till_forms, words
from meterbook.interfaces.web.views.act_terms import agreements as terms

Choices = list[tuple[str, str | Promise]]
MOST_PARTS = 4


def day_field(*, label: Any, required: bool = True) -> forms.DateField:
    """A day, as the browser's calendar gives it."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget)


def choices_of(found: dict[int, str | Promise]) -> Choices:
    """Codes and their words as choices."""
    return [(str(int(code)), word) for code, word in found.items()]


def tariffs_by_utility(*, utilities: set[int], on: datetime.date) -> list[Any]:
    """The tariffs in force on a day, below the utility they are for; nothing is chosen beforehand."""
    groups = [
        (words.UTILITIES[utility], tariff_choices(utilities={utility}, on=on))
        for utility in sorted(utilities)
    ]
    return [("", "–"), *((name, found) for name, found in groups if found)]


def tariff_choices(*, utilities: set[int], on: datetime.date) -> Choices:
    """The tariffs in force on a day for some utilities, by name."""
    language = get_language() or ""
    found = [
        (str(standing.entry.tariff_id), standing.entry.name(language))
        for standing in tariffs.catalogue_on(day=on)
        if standing.effective_from is not None and standing.entry.utility in utilities
    ]
    return sorted(found, key=lambda choice: choice[1])


class ActForm(forms.Form):
    """A form about one account. `head` is the account, `may_correct` whether billed days may be touched.

    `may_waive`: whether the fees that come with the act may be others than usual.
    """

    request_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        *,
        head: queries.AccountHead,
        may_correct: bool = False,
        may_waive: bool = False,
    ) -> None:
        super().__init__(data, initial={"request_key": till_forms.new_key(), "on": clock.today()})
        self.head = head
        self.may_correct = may_correct
        self.supplies = queries.supplies_of(account_id=head.account_id, on=clock.today())
        self.offer()
        self.fees = fee_boxes.FeeBoxes(self, occasions=self.fee_occasions(), may_waive=may_waive)

    def fee_occasions(self) -> Mapping[billing.FeeOccasion, str | Promise]:
        """The occasions of the act that may cost fees, each with a word where there are several."""
        return {}

    def offer(self) -> None:
        """Fill the choices."""

    def choose(self, name: str, options: Choices) -> None:
        """Give a field its choices."""
        chooser = self.fields[name]
        assert isinstance(chooser, forms.ChoiceField)
        chooser.choices = options


class StateForm(ActForm):
    """Another state of the account."""

    wanted = forms.TypedChoiceField(label=_("New state"), coerce=lambda code: models.AccountState(int(code)))
    on = day_field(label=pgettext_lazy("day", "From"))
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def offer(self) -> None:
        """Only the steps that may follow the present state."""
        steps = account_states.steps_from(self.head.state)
        self.choose("wanted", [(str(int(step)), words.ACCOUNT_STATES[step].text) for step in steps])

    def fee_occasions(self) -> Mapping[billing.FeeOccasion, str | Promise]:
        """Each step from the present state may have its own."""
        found = {
            account_states.occasion_of(state=self.head.state, wanted=step)
            for step in account_states.steps_from(self.head.state)
        }
        return {occasion: word for occasion, word in terms.OCCASIONS.items() if occasion in found}

    def decided(self) -> act_fees.Decided:
        """What was decided about the fees of the chosen step. Only for a valid form."""
        occasion = account_states.occasion_of(state=self.head.state, wanted=self.cleaned_data["wanted"])
        return act_fees.USUAL if occasion is None else self.fees.decided(occasion)


class UndoForm(ActForm):
    """Why the last step is taken back."""

    change_id = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def offer(self) -> None:
        """The step that is the last one now."""
        last = operations_states.last_change(account_id=self.head.account_id)
        self.initial["change_id"] = None if last is None else last.pk


class FactForm(ActForm):
    """A fact of one agreement from a day on."""

    agreement_id = forms.TypedChoiceField(label=_("Supply"), coerce=int)
    on = day_field(label=pgettext_lazy("day", "From"))
    is_correction = forms.BooleanField(label=_("Correct what is billed already"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, data: Any = None, **facts: Any) -> None:
        super().__init__(data, **facts)
        running = [supply for supply in self.supplies if supply.until_on is None]
        options: Choices = [
            (str(supply.agreement_id), f"{words.UTILITIES[supply.utility]} {supply.address}")
            for supply in running
        ]
        self.choose("agreement_id", options)
        fees = [name for name in self.fields if name.startswith(fee_boxes.PREFIX)]
        own = [name for name in self.fields if name not in {*FactForm.base_fields, *fees}]
        self.order_fields(["request_key", "agreement_id", *own, "on", "is_correction", "reason", *fees])
        if not self.may_correct:
            del self.fields["is_correction"]

    def when(self) -> account_facts.When:
        """Which agreement and day, and why. Only for a valid form."""
        said = self.cleaned_data
        return account_facts.When(
            agreement_id=said["agreement_id"],
            on=said["on"],
            reason=said["reason"],
            is_correction=said.get("is_correction", False),
        )


class HouseholdForm(FactForm):
    """Persons of a household; empty: the tariff's own size counts."""

    persons = forms.IntegerField(label=_("Household size"), min_value=1, max_value=50, required=False)
    source = forms.TypedChoiceField(
        label=_("Basis"), coerce=lambda code: models.HouseholdSource(int(code)), initial="1"
    )
    proof = forms.CharField(label=_("Proof"), max_length=120, required=False)
    expires_on = day_field(label=_("To be proved again by"), required=False)

    def offer(self) -> None:
        """Where the size comes from, and the present one."""
        self.choose("source", choices_of(terms.HOUSEHOLD_SOURCES))
        self.initial["persons"] = next((s.persons for s in self.supplies if s.persons), None)

    def household(self) -> account_facts.Household | None:
        """The size as asked for. Only for a valid form."""
        said = self.cleaned_data
        if said["persons"] is None:
            return None
        return account_facts.Household(said["persons"], said["source"], said["proof"], said["expires_on"])


class UsageForm(FactForm):
    """Another usage type and its price."""

    usage_type_id = forms.TypedChoiceField(
        label=_("Usage type"), coerce=int, empty_value=None, required=False
    )
    tariff_id = forms.TypedChoiceField(label=_("Tariff"), coerce=int)

    def offer(self) -> None:
        """The usage types and tariffs of the utilities the account is supplied with."""
        utilities = {supply.utility for supply in self.supplies}
        types = queries_facts.usage_types(only_offered=True)
        fitting = [t for t in types if t.utility is None or t.utility in utilities]
        self.choose(
            "usage_type_id", [("", _("As it is")), *((str(t.usage_type_id), t.name) for t in fitting)]
        )
        self.choose("tariff_id", [("", "–"), *tariff_choices(utilities=utilities, on=clock.today())])
        running = [supply for supply in self.supplies if supply.until_on is None]
        if len(running) == 1:
            # what holds now is what a hasty F9 leaves as it is
            standing = queries_facts.standing(agreement_id=running[0].agreement_id, on=clock.today())
            self.initial["tariff_id"] = standing.tariff_id

    def fee_occasions(self) -> Mapping[billing.FeeOccasion, str | Promise]:
        """The customer asked for it."""
        return {billing.FeeOccasion.USAGE_CHANGED: ""}

    def charging(self) -> act_fees.Charging | None:
        """What it is charged with; a correction mends what somebody of ours did. Only for a valid form."""
        if self.cleaned_data.get("is_correction"):
            return None
        decided = self.fees.decided(billing.FeeOccasion.USAGE_CHANGED)
        return act_fees.Charging(self.cleaned_data["request_key"], clock.today(), decided)


class AreaForm(FactForm):
    """A heated area; empty: none any more."""

    area = fields.QuantityField(label=_("Heated area (m²)"), required=False)
    kind = forms.TypedChoiceField(label=_("Measured as"), coerce=lambda code: models.AreaKind(int(code)))
    height = fields.QuantityField(label=_("Height (m)"), required=False)
    area_class = forms.CharField(
        label=_("Kind of building"), max_length=40, required=False, help_text=_("As the tariff calls it.")
    )

    def offer(self) -> None:
        """How areas are measured."""
        self.choose("kind", choices_of(terms.AREA_KINDS))

    def area_wanted(self) -> account_facts.Area | None:
        """The area as asked for. Only for a valid form."""
        said = self.cleaned_data
        if said["area"] is None:
            return None
        return account_facts.Area(said["area"], said["kind"], said["height"], said["area_class"])


class ConcessionForm(FactForm):
    """A concession granted on a proof, or ended."""

    code = forms.RegexField(
        r"^[A-Z][A-Z0-9_]*\Z",
        label=_("Concession"),
        max_length=40,
        help_text=_("The choice as the tariff names it, like LOW_INCOME."),
    )
    is_ended = forms.BooleanField(label=_("It ends"), required=False)
    proof = forms.CharField(label=_("Proof"), max_length=120, required=False)
    expires_on = day_field(label=_("To be proved again by"), required=False)


_SPLITS = {rules.FIXED: "FIXED", rules.SHARE: "SHARE", rules.REST: "REST", rules.HIGHEST: "HIGHEST"}


class SharesForm(FactForm):
    """The parts of a mixed use, in the order they are served; no tariff at all ends it."""

    def __init__(self, data: Any = None, **facts: Any) -> None:
        super().__init__(data, **facts)
        utilities = {supply.utility for supply in self.supplies}
        tariff = [("", "–"), *tariff_choices(utilities=utilities, on=clock.today())]
        splits: Choices = [(str(split), terms.SPLITS[name]) for split, name in _SPLITS.items()]
        for number in range(1, MOST_PARTS + 1):
            self.fields[f"tariff_{number}"] = forms.ChoiceField(
                label=_("Tariff"), choices=tariff, required=False
            )
            self.fields[f"split_{number}"] = forms.ChoiceField(label=_("How"), choices=splits, required=False)
            self.fields[f"value_{number}"] = fields.QuantityField(label=_("How much"), required=False)
        own = [name for name in self.fields if name[-1].isdigit()]
        self.order_fields(["request_key", "agreement_id", *own])

    def shares(self) -> list[rules.Share]:
        """The parts as asked for: a fixed quantity in units, a share in per cent. Only for a valid form."""
        found = []
        for number in range(1, MOST_PARTS + 1):
            tariff_id = self.cleaned_data[f"tariff_{number}"]
            if not tariff_id:
                continue
            split = int(self.cleaned_data[f"split_{number}"] or rules.REST)
            value = self.cleaned_data[f"value_{number}"] if split in {rules.FIXED, rules.SHARE} else None
            # thousandths of a per cent are tens of millionths of a whole
            scaled = value * 10 if value is not None and split == rules.SHARE else value
            found.append(rules.Share(int(tariff_id), split, scaled))
        return found

    def rows(self) -> list[list[forms.BoundField]]:
        """The fields of each part, side by side."""
        return [
            [self[f"{name}_{n}"] for name in ("tariff", "split", "value")] for n in range(1, MOST_PARTS + 1)
        ]


class ExternalForm(ActForm):
    """A number others know the account by."""

    kind = forms.TypedChoiceField(
        label=_("Kind of number"), coerce=lambda code: models.ExternalKind(int(code))
    )
    number = forms.CharField(label=_("External no."), max_length=40)
    on = day_field(label=pgettext_lazy("day", "From"))

    def offer(self) -> None:
        """Whose number it is."""
        self.choose("kind", choices_of(terms.EXTERNAL_KINDS))


class ContractForm(ActForm):
    """A contract as it was signed."""

    contract_no = forms.CharField(label=_("Contract no."), max_length=40)
    kind = forms.CharField(label=_("Kind of contract"), max_length=40, required=False)
    signed_on = day_field(label=_("Signed on"))
    from_on = day_field(label=pgettext_lazy("day", "From"))
    until_on = day_field(label=pgettext_lazy("day", "Until"), required=False)
    notice_days = forms.IntegerField(
        label=_("Remind so many days before"), min_value=0, max_value=999, initial=30
    )
    terms = forms.CharField(label=_("Terms"), required=False, widget=forms.Textarea(attrs={"rows": 4}))

    def clean(self) -> dict[str, Any]:
        """It ends after it began."""
        said = super().clean() or {}
        until_on = said.get("until_on")
        if until_on and said.get("from_on") and until_on <= said["from_on"]:
            self.add_error("until_on", _("This is not after the first day."))
        return said


class ContractEndForm(ActForm):
    """When and why a contract ends."""

    contract_id = forms.TypedChoiceField(label=_("Contract no."), coerce=int)
    on = day_field(label=_("Ends on"))
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def offer(self) -> None:
        """The contracts in force."""
        found = queries_papers.contracts_of(account_id=self.head.account_id, today=clock.today())
        running = [row for row in found if row.state == models.ContractState.IN_FORCE]
        self.choose("contract_id", [(str(row.contract_id), row.contract_no) for row in running])


class CertificateForm(ActForm):
    """A usage certificate; a new one in place of an old one needs a reason."""

    fee = fields.MoneyField(label=pgettext_lazy("paper", "Fee"), minimum_minor=0)
    reason = forms.CharField(label=_("Reason of a new one"), max_length=200, required=False)

    def offer(self) -> None:
        """What a certificate usually costs."""
        usual = {kind.code: kind.amount_minor for kind in billing_queries.fee_types(only_offered=True)}
        self.initial["fee"] = usual.get(account_papers.CERTIFICATE_FEE, 0)
