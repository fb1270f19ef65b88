"""Registering and changing customers, their contacts, papers and invoice details."""

import dataclasses

from django.http import Http404
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from meterbook.application import customer_contacts, customers_admin
from meterbook.domain.customers import models, queries_records
from meterbook.interfaces import clock
from meterbook.interfaces.web import page
from meterbook.interfaces.web.views import customer_forms as forms
from meterbook.interfaces.web.views import customer_pages as pages
from meterbook.interfaces.web.views import customer_words as words

RIGHT = "customers.edit"
BOTH = ("GET", "POST")


@page.page(right=RIGHT, methods=BOTH)
def new(request: page.PageRequest) -> HttpResponseBase:
    """Register a customer, with the phone number if there is one."""
    with pages.reading(request):
        form = forms.RegisterForm(
            request.POST or None, actor=request.actor, initial=forms.RegisterForm.empty()
        )
        is_valid = request.method == "POST" and form.is_valid()
    if is_valid:
        contact = customer_contacts.NewContact(
            kind=models.ContactPoint.Kind.PHONE, value=form.cleaned_data["phone"]
        )
        try:
            if contact.value:
                customer_contacts.check_contact(contact=contact)
        except customer_contacts.ContactError as refused:
            form.add_error("phone", words.CONTACT_REFUSALS[refused.code])
        else:
            return _register(request, form=form, contact=contact)
    return pages.form_page(
        request, form=form, title=_("New customer"), button=pgettext("a customer", "Register"), is_wide=True
    )


def _register(
    request: page.PageRequest, *, form: forms.RegisterForm, contact: customer_contacts.NewContact
) -> HttpResponseBase:
    now, today = clock.now(), clock.today()
    wanted = customers_admin.NewCustomer(
        request_key=form.cleaned_data["request_key"],
        station_id=form.cleaned_data["station_id"],
        details=form.details(),
    )
    customer_id = customers_admin.register(actor=request.actor, now=now, wanted=wanted)
    if contact.value:
        customer_contacts.add_contact(
            actor=request.actor, now=now, today=today, customer_id=customer_id, contact=contact
        )
    return pages.back(request, customer_id, _("The customer is registered."))


@page.page(right=RIGHT, methods=BOTH)
def change(request: page.PageRequest, customer_id: int) -> HttpResponseBase:
    """Change who a customer is and what is remarked."""
    with pages.reading(request):
        record = pages.record_or_404(customer_id=customer_id)
        form = forms.ChangeForm(request.POST or None, initial=forms.details_initial(record))
        is_valid = request.method == "POST" and form.is_valid()
    if is_valid:
        try:
            customers_admin.change(
                actor=request.actor,
                now=clock.now(),
                customer_id=customer_id,
                version=form.cleaned_data["version"],
                details=form.details(),
            )
        except customers_admin.ChangedMeanwhileError as late:
            sent = request.POST.copy()
            sent["version"] = str(late.version)
            form.data = sent
            form.add_error(
                None,
                _("Somebody else changed this customer meanwhile. Look at it again, then save once more."),
            )
        except customers_admin.MergedAwayError as merged:
            return pages.merged_away(request, merged)
        else:
            return pages.back(request, customer_id, _("Saved."))
    return pages.form_page(
        request, form=form, title=_("Change customer"), button=_("Save"), customer=record, is_wide=True
    )


@page.page(right=RIGHT, methods=BOTH)
def contact_add(request: page.PageRequest, customer_id: int) -> HttpResponseBase:
    """Add a way to reach the customer."""
    with pages.reading(request):
        record = pages.record_or_404(customer_id=customer_id)
    form = forms.ContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            customer_contacts.add_contact(
                actor=request.actor,
                now=clock.now(),
                today=clock.today(),
                customer_id=customer_id,
                contact=form.contact(),
            )
        except customer_contacts.ContactError as refused:
            form.add_error("value", words.CONTACT_REFUSALS[refused.code])
        except customers_admin.MergedAwayError as merged:
            return pages.merged_away(request, merged)
        else:
            return pages.back(request, customer_id, _("Contact added."))
    return pages.form_page(request, form=form, title=_("Add contact"), button=_("Add"), customer=record)


@page.page(right=RIGHT, methods=("POST",))
def contact_close(request: page.PageRequest, customer_id: int, contact_id: int) -> HttpResponseBase:
    """End a contact today."""
    try:
        with pages.found_customer():
            customer_contacts.close_contact(
                actor=request.actor,
                now=clock.now(),
                today=clock.today(),
                customer_id=customer_id,
                contact_id=contact_id,
            )
    except customer_contacts.ContactNotFoundError as missing:
        raise Http404 from missing
    except customers_admin.MergedAwayError as merged:
        return pages.merged_away(request, merged)
    return pages.back(request, customer_id, _("The contact is closed; it stays in the history."))


@page.page(right=RIGHT, methods=("POST",))
def contact_prefer(request: page.PageRequest, customer_id: int, contact_id: int) -> HttpResponseBase:
    """Let a contact be tried first."""
    try:
        with pages.found_customer():
            customer_contacts.prefer_contact(
                actor=request.actor, now=clock.now(), customer_id=customer_id, contact_id=contact_id
            )
    except customer_contacts.ContactNotFoundError as missing:
        raise Http404 from missing
    except customers_admin.MergedAwayError as merged:
        return pages.merged_away(request, merged)
    return pages.back(request, customer_id, _("This contact is tried first now."))


@page.page(right=RIGHT, methods=BOTH)
def document_add(request: page.PageRequest, customer_id: int) -> HttpResponseBase:
    """Add an identity document."""
    with pages.reading(request):
        record = pages.record_or_404(customer_id=customer_id)
    form = forms.DocumentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            added = customer_contacts.add_document(
                actor=request.actor,
                now=clock.now(),
                today=clock.today(),
                customer_id=customer_id,
                document=form.document(),
            )
        except customer_contacts.DocumentError as refused:
            field = "expires_on" if refused.code.value == "EXPIRED" else "number"
            form.add_error(field, words.DOCUMENT_REFUSALS[refused.code])
        except customers_admin.MergedAwayError as merged:
            return pages.merged_away(request, merged)
        else:
            warnings = [str(words.DOCUMENT_WARNINGS[warning]) for warning in added.warnings]
            text = " ".join([_("Document added."), *warnings])
            return pages.back(request, customer_id, text, kind="warn" if warnings else "ok")
    return pages.form_page(request, form=form, title=_("Add document"), button=_("Add"), customer=record)


@page.page(right=RIGHT, methods=BOTH)
def document_close(request: page.PageRequest, customer_id: int, document_id: int) -> HttpResponseBase:
    """End a document, with a reason."""
    with pages.reading(request):
        record = pages.record_or_404(customer_id=customer_id)
        together = queries_records.customer_with_merged(customer_id=customer_id)
        documents = queries_records.documents_of(customer_ids=together)
    found = next((d for d in documents if d.document_id == document_id and d.valid_until is None), None)
    if found is None:
        raise Http404
    form = forms.ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            customer_contacts.close_document(
                actor=request.actor,
                now=clock.now(),
                today=clock.today(),
                customer_id=customer_id,
                document_id=document_id,
                reason=form.cleaned_data["reason"],
            )
        except customers_admin.MergedAwayError as merged:
            return pages.merged_away(request, merged)
        return pages.back(request, customer_id, _("The document is closed; it stays in the history."))
    return pages.form_page(
        request,
        form=form,
        title=_("Close document"),
        button=_("Close document"),
        customer=record,
        note=words.DOCUMENT_KINDS[found.kind],
        is_danger=True,
    )


@page.page(right=RIGHT, methods=BOTH)
def invoicing(request: page.PageRequest, customer_id: int) -> HttpResponseBase:
    """Set invoice details from a day on."""
    with pages.reading(request):
        record = pages.record_or_404(customer_id=customer_id)
        lines = queries_records.invoice_lines(customer_ids=[customer_id])
    latest = lines[0] if lines else None
    if latest is not None and not request.actor.may("personal_data.view"):
        # What one may not read is keyed again, not carried over unseen.
        hidden = dataclasses.replace(
            latest.invoicing, tax_no="", bank_account="", phone="", delivery_phone=""
        )
        latest = dataclasses.replace(latest, invoicing=hidden)
    initial = forms.InvoicingForm.initial_of(latest, today=clock.today())
    form = forms.InvoicingForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            customer_contacts.set_invoicing(
                actor=request.actor,
                now=clock.now(),
                customer_id=customer_id,
                invoicing=form.invoicing(),
                from_on=form.cleaned_data["from_on"],
            )
        except customer_contacts.SpecialInvoiceIncompleteError as refused:
            for name in refused.missing:
                form.add_error(name, _("A special VAT invoice needs this."))
        except customer_contacts.TaxNumberError:
            form.add_error("tax_no", _("The check digit is wrong: compare the number with the paper."))
        except customer_contacts.BeforeItBeganError as refused_day:
            text = _("What holds now began on %(day)s: choose that day or a later one.")
            form.add_error("from_on", text % {"day": refused_day.from_on.isoformat()})
        except customers_admin.MergedAwayError as merged:
            return pages.merged_away(request, merged)
        else:
            return pages.back(request, customer_id, _("Invoice details saved."))
    return pages.form_page(
        request, form=form, title=_("Invoice details"), button=_("Save"), customer=record, is_wide=True
    )
