"""What a till's form says, read strictly: whole minor units, known tenders, bills with what was shown."""

import re
import uuid
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from meterbook.application import take_payment
from meterbook.domain.payments import models, rules
from meterbook.interfaces.web import fields
from meterbook.interfaces.web.views import till_words

# A chosen bill and what the page showed as open on it: "123:7920".
_SHOWN_BILL = re.compile(r"(\d{1,18}):(\d{1,15})", re.ASCII)
MOST_BILLS = 1000


@dataclass(frozen=True, slots=True)
class ShownBill:
    """A chosen bill and what the page showed as open on it, minor units."""

    bill_id: int
    open_minor: int


class _ManyValues(forms.Widget):
    """Hands over every value of its name; the page draws the boxes itself."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:  # noqa: ARG002 Django's form
        """All values sent under the name."""
        return data.getlist(name) if isinstance(data, MultiValueDict) else list(data.get(name, []))


class ShownBillsField(forms.Field):
    """Chosen bills as ShownBill values."""

    widget = _ManyValues

    def to_python(self, value: Any) -> tuple[ShownBill, ...]:
        """Refuses anything that did not come from our page."""
        texts = list(dict.fromkeys(value or []))
        found = [_SHOWN_BILL.fullmatch(text) for text in texts]
        if None in found or len(found) > MOST_BILLS:
            raise forms.ValidationError(_("Choose the bills again."), code="invalid")
        return tuple(ShownBill(int(match[1]), int(match[2])) for match in found if match)


class PayForm(forms.Form):
    """A payment. An empty amount means: exactly what is to pay."""

    request_key = forms.UUIDField()
    account_id = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    prepaid_shown = forms.IntegerField(min_value=-(2**62), max_value=2**62)
    bill = ShownBillsField(required=False)
    use_prepaid = forms.BooleanField(required=False)
    keep_change = forms.BooleanField(required=False)
    tender = forms.TypedChoiceField(
        coerce=lambda code: models.Tender(int(code)),
        choices=[(tender.value, word) for tender, (word, _icon) in till_words.TENDERS.items()],
    )
    tendered = fields.MoneyField(required=False, minimum_minor=0)
    note = forms.CharField(required=False, max_length=60)

    def command(self) -> take_payment.TakePayment:
        """The request as the use case takes it. Only for a valid form."""
        said = self.cleaned_data
        bills: tuple[ShownBill, ...] = said["bill"]
        due = sum(bill.open_minor for bill in bills)
        exact = rules.to_pay_minor(
            due_minor=due, prepaid_available_minor=said["prepaid_shown"], use_prepaid=said["use_prepaid"]
        )
        return take_payment.TakePayment(
            request_key=said["request_key"],
            account_id=said["account_id"],
            tender=said["tender"],
            tendered_minor=exact if said["tendered"] is None else said["tendered"],
            bill_ids=tuple(bill.bill_id for bill in bills),
            use_prepaid=said["use_prepaid"],
            keep_change=said["keep_change"],
            expected_due_minor=due,
            expected_prepaid_minor=said["prepaid_shown"],
            note=said["note"],
        )


class CancelForm(forms.Form):
    """A cancellation: a usual reason or one's own words."""

    request_key = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(max_length=200)


def new_key() -> str:
    """A key for a form that acts once."""
    return str(uuid.uuid4())
