"""The forms of a customer's record. Choices are read when a form is made, inside the page's read."""

import datetime
import json
import uuid
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from meterbook.application import actor as actors
from meterbook.application import customer_contacts
from meterbook.domain.access import models as access_models
from meterbook.domain.access import queries as access
from meterbook.domain.customers import models, queries_records
from meterbook.domain.customers.rules_identity import LONGEST_NUMBER, DocumentKind
from meterbook.interfaces.web.views import customer_words as words

_REASON_LENGTH = 200


def _choices(table: words.Words) -> list[tuple[str, str | Promise]]:
    return [(str(int(code)), text) for code, text in table.items()]


def _day(label: Any, *, required: bool) -> forms.DateField:
    return forms.DateField(
        label=label, required=required, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class DetailsForm(forms.Form):
    """Who a customer is and what clerk and reader should know."""

    name = forms.CharField(label=pgettext_lazy("customer", "Name"), max_length=120)
    kind = forms.ChoiceField(label=_("Kind"), choices=_choices(words.KINDS))
    customer_class = forms.ChoiceField(
        label=pgettext_lazy("customer", "Class"), choices=_choices(words.CLASSES)
    )
    industry_id = forms.TypedChoiceField(label=_("Industry"), coerce=int, required=False, empty_value=None)
    payment_method = forms.ChoiceField(label=_("Pays"), choices=_choices(words.PAYMENT_METHODS))
    language = forms.ChoiceField(label=_("Language"), required=False, choices=list(words.LANGUAGES.items()))
    remark = forms.CharField(label=_("Remark for clerks"), max_length=200, required=False)
    reader_remark = forms.CharField(label=_("Remark for the reader"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser = self.fields["industry_id"]
        assert isinstance(chooser, forms.TypedChoiceField)
        chooser.choices = [
            ("", "–"),
            *(
                (str(row.pk), words.industry(code=row.code, name=row.name))
                for row in queries_records.industries()
            ),
        ]

    def details(self) -> queries_records.Details:
        """What was keyed. Only for a valid form."""
        said = self.cleaned_data
        return queries_records.Details(
            name=said["name"],
            kind=models.CustomerKind(int(said["kind"])),
            customer_class=models.CustomerClass(int(said["customer_class"])),
            industry_id=said["industry_id"],
            payment_method=models.PaymentMethod(int(said["payment_method"])),
            language=said["language"],
            remark=said["remark"],
            reader_remark=said["reader_remark"],
        )


class ChangeForm(DetailsForm):
    """A change; `version` says which state of the record was on the page."""

    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)


class RegisterForm(DetailsForm):
    """A new customer, at once with a phone number when there is one."""

    request_key = forms.UUIDField(widget=forms.HiddenInput)
    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)
    station_id = forms.TypedChoiceField(label=_("Station"), coerce=int)
    field_order = ("name", "phone", "kind", "customer_class")

    def __init__(self, *args: Any, actor: actors.Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser = self.fields["station_id"]
        assert isinstance(chooser, forms.TypedChoiceField)
        units = access.units_within(unit_ids=actor.unit_ids)
        chooser.choices = [
            (str(unit.unit_id), unit.name) for unit in units if unit.kind == access_models.OrgUnitKind.STATION
        ]

    @staticmethod
    def empty() -> dict[str, Any]:
        """What a fresh form begins with."""
        return {"request_key": uuid.uuid4()}


def details_initial(record: queries_records.CustomerRecord) -> dict[str, Any]:
    """A record as the fields of its form."""
    details = record.details
    return {
        "name": details.name,
        "kind": str(int(details.kind)),
        "customer_class": str(int(details.customer_class)),
        "industry_id": details.industry_id or "",
        "payment_method": str(int(details.payment_method)),
        "language": details.language,
        "remark": details.remark,
        "reader_remark": details.reader_remark,
        "version": record.version,
    }


class ContactForm(forms.Form):
    """A way to reach the customer."""

    kind = forms.ChoiceField(label=_("Kind"), choices=_choices(words.CONTACT_KINDS))
    value = forms.CharField(label=_("Number or address"), max_length=200)
    contact_name = forms.CharField(label=_("Contact person"), max_length=60, required=False)
    label = forms.ChoiceField(label=pgettext_lazy("contact", "Whose"), choices=_choices(words.CONTACT_LABELS))
    is_preferred = forms.BooleanField(label=_("Try this one first"), required=False)

    def contact(self) -> customer_contacts.NewContact:
        """What was keyed. Only for a valid form."""
        said = self.cleaned_data
        return customer_contacts.NewContact(
            kind=models.ContactPoint.Kind(int(said["kind"])),
            value=said["value"],
            label=models.ContactPoint.Label(int(said["label"])),
            contact_name=said["contact_name"],
            is_preferred=said["is_preferred"],
        )


class DocumentForm(forms.Form):
    """A paper somebody showed."""

    kind = forms.ChoiceField(
        label=_("Document"), choices=_choices({int(k): v for k, v in words.DOCUMENT_KINDS.items()})
    )
    number = forms.CharField(label=_("Number"), max_length=LONGEST_NUMBER)
    expires_on = _day(_("Expires on"), required=False)

    def document(self) -> customer_contacts.NewDocument:
        """What was keyed. Only for a valid form."""
        said = self.cleaned_data
        return customer_contacts.NewDocument(
            kind=DocumentKind(int(said["kind"])), number=said["number"], expires_on=said["expires_on"]
        )


class InvoicingForm(forms.Form):
    """What stands on invoices and where they go."""

    kind = forms.ChoiceField(label=_("Invoice"), choices=_choices(words.INVOICE_KINDS))
    title = forms.CharField(label=words.INVOICE_FIELDS["title"], max_length=120)
    tax_no = forms.CharField(label=words.INVOICE_FIELDS["tax_no"], max_length=20, required=False)
    address = forms.CharField(label=words.INVOICE_FIELDS["address"], max_length=200, required=False)
    phone = forms.CharField(label=words.INVOICE_FIELDS["phone"], max_length=30, required=False)
    bank = forms.CharField(label=words.INVOICE_FIELDS["bank"], max_length=100, required=False)
    bank_account = forms.CharField(label=words.INVOICE_FIELDS["bank_account"], max_length=40, required=False)
    email = forms.EmailField(label=words.INVOICE_FIELDS["email"], max_length=120, required=False)
    delivery_phone = forms.CharField(
        label=words.INVOICE_FIELDS["delivery_phone"], max_length=30, required=False
    )
    from_on = _day(_("In force from"), required=True)

    def invoicing(self) -> queries_records.Invoicing:
        """What was keyed. Only for a valid form."""
        said = self.cleaned_data
        texts = {name: said[name] for name in words.INVOICE_FIELDS}
        return queries_records.Invoicing(kind=models.InvoiceProfile.Kind(int(said["kind"])), **texts)

    @staticmethod
    def initial_of(line: queries_records.InvoiceLine | None, *, today: datetime.date) -> dict[str, Any]:
        """The present details as the form's fields; `from_on` is today."""
        if line is None:
            return {"from_on": today}
        texts = {name: getattr(line.invoicing, name) for name in words.INVOICE_FIELDS}
        return {"kind": str(int(line.invoicing.kind)), **texts, "from_on": today}


class TagForm(forms.Form):
    """A tag by its name, known or new."""

    name = forms.CharField(label=_("Tag"), max_length=30)


class ListForm(forms.Form):
    """Onto which list, and why."""

    kind = forms.ChoiceField(label=pgettext_lazy("watch or care", "List"), choices=_choices(words.LISTS))
    reason = forms.CharField(label=_("Reason"), max_length=_REASON_LENGTH)


class ReasonForm(forms.Form):
    """Why something is ended, merged or undone."""

    reason = forms.CharField(label=_("Reason"), max_length=_REASON_LENGTH)


class SchemeForm(forms.Form):
    """The scoring document as its text."""

    document = forms.CharField(
        label=_("Factors and grades"), widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false"})
    )

    def clean_document(self) -> Any:
        """The text as a document; a line that is no JSON is named."""
        try:
            return json.loads(self.cleaned_data["document"])
        except json.JSONDecodeError as error:
            raise forms.ValidationError(
                _("Line %(line)s can't be read."), params={"line": error.lineno}, code="invalid"
            ) from error
