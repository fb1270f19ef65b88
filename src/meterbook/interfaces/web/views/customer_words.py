"""The words for what a customer's record holds, and for what is refused."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from meterbook.domain.customers import models
from meterbook.domain.customers.rules import ContactFault
from meterbook.domain.customers.rules_credit import Fact, SchemeFault
from meterbook.domain.customers.rules_identity import DocumentFault, DocumentKind
from meterbook.kernel.identifiers import IdentifierWarning

Words = dict[int, str | Promise]
ContactKind = models.ContactPoint.Kind
Label = models.ContactPoint.Label

KINDS: Words = {
    models.CustomerKind.PERSON: pgettext_lazy("customer", "Person"),
    models.CustomerKind.ORGANISATION: pgettext_lazy("customer", "Organisation"),
}
CLASSES: Words = {
    models.CustomerClass.RESIDENTIAL: _("Residential"),
    models.CustomerClass.NON_RESIDENTIAL: _("Non-residential"),
    models.CustomerClass.SPECIAL_USE: _("Special use"),
}
PAYMENT_METHODS: Words = {
    models.PaymentMethod.COUNTER: _("At the counter"),
    models.PaymentMethod.BANK_DEBIT: _("Bank direct debit"),
    models.PaymentMethod.TRANSFER: _("Bank transfer"),
    models.PaymentMethod.ONLINE: pgettext_lazy("payment method", "Online"),
    models.PaymentMethod.AGENT: _("Through an agent"),
    models.PaymentMethod.CARD: _("Prepaid card"),
}
# Empty: the company's own. Tags are BCP 47.
LANGUAGES: dict[str, str | Promise] = {
    "": _("The company's language"),
    "zh-hans": _("Chinese"),
    "en": _("English"),
}
CONTACT_KINDS: Words = {
    ContactKind.PHONE: _("Phone"),
    ContactKind.EMAIL: _("E-mail"),
    ContactKind.WECHAT: _("WeChat"),
    ContactKind.POST: _("Postal address"),
}
CONTACT_ICONS: dict[int, str] = {
    ContactKind.PHONE: "phone",
    ContactKind.EMAIL: "mail",
    ContactKind.WECHAT: "brand-wechat",
    ContactKind.POST: "map-pin",
}
CONTACT_LABELS: Words = {
    Label.UNSAID: pgettext_lazy("contact", "Not said"),
    Label.OWNER: pgettext_lazy("contact", "Owner"),
    Label.TENANT: pgettext_lazy("contact", "Tenant"),
    Label.OFFICE: pgettext_lazy("contact", "Office"),
    Label.EMERGENCY: pgettext_lazy("contact", "Emergency"),
    Label.FINANCE: pgettext_lazy("contact", "Finance"),
    Label.FAMILY: pgettext_lazy("contact", "Family"),
    Label.OTHER: pgettext_lazy("contact", "Other"),
}
DOCUMENT_KINDS: Words = {
    DocumentKind.RESIDENT_ID: _("Resident identity card"),
    DocumentKind.CREDIT_CODE: _("Unified social credit code"),
    DocumentKind.PASSPORT: _("Passport"),
    DocumentKind.HK_MACAO_PERMIT: _("Travel permit, Hong Kong and Macao"),
    DocumentKind.TAIWAN_PERMIT: _("Travel permit, Taiwan"),
    DocumentKind.RESIDENCE_PERMIT: _("Residence permit"),
    DocumentKind.OTHER: pgettext_lazy("document", "Other"),
}
INVOICE_KINDS: Words = {
    models.InvoiceProfile.Kind.ORDINARY: _("Ordinary VAT invoice"),
    models.InvoiceProfile.Kind.SPECIAL: _("Special VAT invoice"),
}
LISTS: Words = {
    models.ListKind.WATCH: _("Watch list"),
    models.ListKind.CARE: _("Care list"),
}
FACTS: dict[str, str | Promise] = {
    Fact.ON_TIME_PERCENT: _("Paid on time, %"),
    Fact.MONTHS_IN_ARREARS: _("Months in arrears"),
    Fact.OVERDUE_MINOR: _("Overdue"),
    Fact.NOT_READ: _("Not read in 12 months"),
    Fact.YEARS_AS_CUSTOMER: _("Years as customer"),
    Fact.AUDIT_FINDINGS: _("Findings of audits"),
    Fact.TAMPERED: _("Tampered meters"),
}
GRADE_KINDS = {"A": "ok", "B": "ok", "C": "warn", "D": "bad"}
# The standard industries in words; one of the company's own has the name it was given.
INDUSTRIES: dict[str, str | Promise] = {
    "A": _("Agriculture, forestry, animal husbandry and fishery"),
    "B": _("Mining"),
    "C": _("Manufacturing"),
    "D": _("Electricity, heat, gas and water supply"),
    "E": _("Construction"),
    "F": _("Wholesale and retail"),
    "G": _("Transport, storage and post"),
    "H": _("Accommodation and catering"),
    "I": _("Information and software services"),
    "J": pgettext_lazy("industry", "Finance"),
    "K": _("Real estate"),
    "L": _("Leasing and business services"),
    "M": _("Research and technical services"),
    "N": _("Water conservancy, environment and public facilities"),
    "O": _("Household, repair and other services"),
    "P": _("Education"),
    "Q": _("Health and social work"),
    "R": _("Culture, sports and entertainment"),
    "S": _("Public administration and social organisations"),
    "T": _("International organisations"),
}
INVOICE_FIELDS = {
    "title": _("Invoice title"),
    "tax_no": _("Tax number"),
    "address": _("Registered address"),
    "phone": _("Registered phone"),
    "bank": _("Bank"),
    "bank_account": _("Bank account"),
    "email": _("Send to e-mail"),
    "delivery_phone": _("Send to phone"),
}
CONTACT_REFUSALS = {
    ContactFault.NOT_A_PHONE: _("This is no phone number."),
    ContactFault.NOT_AN_EMAIL: _("This is no e-mail address."),
    ContactFault.WRONG_FORM: _("This can't be right: too short, too long, or with blanks."),
}
DOCUMENT_REFUSALS = {
    DocumentFault.WRONG_LENGTH: _("The number has the wrong length: 18 signs, old identity cards 15."),
    DocumentFault.WRONG_SIGN: _("The number has signs that don't belong there."),
    DocumentFault.WRONG_CHECK_DIGIT: _("The check digit is wrong: compare the number with the paper."),
    DocumentFault.NO_SUCH_DAY: _("The birth date in the number is no day of the calendar."),
    DocumentFault.BORN_IN_FUTURE: _("The birth date in the number has not come yet."),
    DocumentFault.EXPIRED: _("This paper has expired."),
}
DOCUMENT_WARNINGS: dict[str, str | Promise] = {
    IdentifierWarning.UNKNOWN_REGION: _("The region in the number is not known: look at the paper again."),
    IdentifierWarning.OLD_FORM: _("This is an old number of 15 digits; ask for the present card."),
}
SCHEME_REFUSALS = {
    SchemeFault.NOT_A_DOCUMENT: _("Something is missing or of the wrong form."),
    SchemeFault.UNKNOWN_FIELD: _("A field is unknown or missing."),
    SchemeFault.UNKNOWN_FACT: _("There is no such fact."),
    SchemeFault.FACT_TWICE: _("This fact is there twice."),
    SchemeFault.OUT_OF_RANGE: _("This value is out of range."),
    SchemeFault.NOT_DESCENDING: _("The bounds must go down."),
    SchemeFault.LAST_IS_NOT_ZERO: _("The last bound must be 0."),
}
REASON_MISSING = _("Give a reason.")


def industry(*, code: str, name: str) -> str:
    """An industry in the language of the page, with its code."""
    return f"{code} {INDUSTRIES.get(code, name)}"
