"""Words of the acts on customers."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from meterbook.domain.customers import models
from meterbook.domain.customers.rules_identity import DocumentKind
from meterbook.interfaces.web.views import customer_words as words

ACTS: dict[str, str | Promise] = {
    "CUSTOMER_REGISTERED": _("Customer registered"),
    "CUSTOMER_CHANGED": _("Customer changed"),
    "CONTACT_ADDED": _("Contact added"),
    "CONTACT_CLOSED": _("Contact closed"),
    "CONTACT_PREFERRED": _("Contact to be tried first"),
    "DOCUMENT_ADDED": _("Identity document added"),
    "DOCUMENT_CLOSED": _("Identity document closed"),
    "INVOICING_SET": _("Invoice details set"),
    "CUSTOMER_TAGGED": _("Tag given"),
    "CUSTOMER_UNTAGGED": _("Tag taken away"),
    "PUT_ON_LIST": _("Put on a list"),
    "TAKEN_OFF_LIST": _("Taken off a list"),
    "CUSTOMERS_MERGED": _("Customers merged"),
    "CUSTOMERS_PARTED": _("Merge undone"),
    "CREDIT_SCHEME_SET": _("Credit scoring set"),
    "CREDIT_RATING_STARTED": _("Credit rating of everybody started"),
}
SUBJECTS: dict[str, str | Promise] = {"CREDIT_SCHEME": _("Credit scoring")}
FIELDS: dict[str, str | Promise] = {
    **words.INVOICE_FIELDS,
    "kind": _("Kind"),
    "customer_class": pgettext_lazy("customer", "Class"),
    "language": _("Language"),
    "payment_method": _("Pays"),
    "industry": _("Industry"),
    "remark": _("Remark for clerks"),
    "reader_remark": _("Remark for the reader"),
    "contact_kind": _("Kind"),
    "contact_label": pgettext_lazy("contact", "Whose"),
    "contact_name": _("Contact person"),
    "is_preferred": _("Tried first"),
    "value": _("Value"),
    "document_kind": _("Document"),
    "number": _("Number"),
    "expires_on": _("Expires on"),
    "invoice_kind": _("Invoice"),
    "from_on": _("In force from"),
    "tag": _("Tag"),
    "list": pgettext_lazy("watch or care", "List"),
    "put_for": _("Put there for"),
    "kept": _("Kept record"),
    "merged": _("Merged record"),
    "document": _("Factors and grades"),
}
VALUES: dict[str, str | Promise] = {
    **{models.ContactPoint.Kind(code).name: text for code, text in words.CONTACT_KINDS.items()},
    **{models.ContactPoint.Label(code).name: text for code, text in words.CONTACT_LABELS.items()},
    **{DocumentKind(code).name: text for code, text in words.DOCUMENT_KINDS.items()},
    **{models.InvoiceProfile.Kind(code).name: text for code, text in words.INVOICE_KINDS.items()},
    **{models.ListKind(code).name: text for code, text in words.LISTS.items()},
    **{code: text for code, text in words.LANGUAGES.items() if code},
    **{f"INDUSTRY_{code}": text for code, text in words.INDUSTRIES.items()},
}
NUMBERS: dict[tuple[str, str], dict[int, str | Promise]] = {
    ("CUSTOMER", "kind"): words.KINDS,
    ("CUSTOMER", "customer_class"): words.CLASSES,
    ("CUSTOMER", "payment_method"): words.PAYMENT_METHODS,
}
