"""The customers' template in the reader's language: what each column holds, with an example."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from meterbook.application import customer_columns, sheet_files

EXPLANATIONS: Mapping[str, str | Promise] = {
    "station": _("Code of the station that serves the customer."),
    "account_no": _(
        "To keep an old number. Empty: the next number is given. Rows with the same number are one account."
    ),
    "group": _("Any text. Rows with the same text are one account, where no account number is given."),
    "name": _("Name of the person or organisation."),
    "customer_class": _("Class of the customer."),
    "phone": _("One phone number."),
    "district": _("Part of the address, for filters."),
    "street": _("Part of the address, for filters."),
    "community": _("Community, village or street with number."),
    "building": _("Only the number, or with its own word."),
    "entrance": _("Only the number, or with its own word."),
    "floor": _("Written only where there is no flat number."),
    "flat_no": _("Only the number, or with its own word."),
    "persons": _("How many persons count for the tiers. Empty: what the tariff says."),
    "utility": _("What the meter measures. One row for each meter."),
    "serial_no": _("Unique in the whole company."),
    "maker": _("Who made the meter."),
    "model_name": _("Model as on the meter."),
    "digits": _("Digits before the decimal point; at the next one the register starts again at zero."),
    "multiplier_milli": _("Usage is the difference of readings times this. Empty: 1."),
    "initial_milli": _("What the register showed on the day from which usage is billed."),
    "installed_on": _("Day the meter was fitted."),
    "from_on": _("Day of the initial register. Empty: the day the meter was fitted."),
    "book": _("Code of the reading book. A new code makes a new book."),
    "sequence": _("Place in the book. Empty: behind the last one."),
    "tariff": _("Code of the tariff. It must have prices on the day from which usage is billed."),
    "customer_kind": _("Person or organisation. Empty: by the class."),
    "document_kind": _("Paper the customer is known by. Goes with its number."),
    "document_no": _("Check digits are checked. Goes with the kind of paper."),
    "contact_name": _("Who answers the first phone."),
    "second_phone": _("Tried after the first one."),
    "language": _("Language of letters to the customer. Empty: the company's."),
    "reader_remark": _("What the reader should know at the door."),
    "invoice_title": _("Name on ordinary invoices."),
    "tax_no": _("Credit code, or ID number of a person. Goes with the invoice title."),
    "old_no": _("Number in the older system; the search finds it."),
    "bank_no": _("Number the bank knows the account by."),
    "joint_no": _("Number of a joint collection."),
    "usage_type": _("Code of a usage type the company offers."),
    "area_milli": _("Square metres of building area, for heating by area."),
    "nominal_diameter": _("Millimetres. Alike for all meters of a model."),
    "manufactured_on": _("Day the meter was made."),
    "verified_on": _("Day of the last verification. The meter's age counts from it."),
    "barcode": _("What a scanner reads from the meter."),
    "seal_no": _("Seal on the meter."),
    "owed_milli": _("What was still owed for this utility in the older system."),
    "owed_due_on": _("Last day it could be paid without a late fee. Goes with what was owed."),
    "prepaid_milli": _("What the account had paid in advance; alike in all rows of the account."),
    "counted_milli": _("What the tier counter stood at on the day from which usage is billed."),
}
EXAMPLES: Mapping[str, str] = {
    "name": "李秀兰",
    "phone": "13800001234",
    "district": "柳荫区",
    "street": "柳荫街",
    "community": "柳荫小区",
    "building": "3",
    "entrance": "2",
    "flat_no": "501",
    "persons": "4",
    "serial_no": "S250000123",
    "maker": "城东仪表",
    "model_name": "LXS-20E",
    "digits": "5",
    "multiplier_milli": "1",
    "initial_milli": "12.5",
    "installed_on": "2025-12-01",
    "book": "0101",
    "sequence": "10",
    "document_no": "11010519491231002X",
    "contact_name": "李明",
    "old_no": "0038-11420",
    "area_milli": "89.5",
    "nominal_diameter": "20",
    "verified_on": "2025-10-15",
    "owed_milli": "86.40",
    "owed_due_on": "2025-11-30",
    "counted_milli": "132.5",
}


def workbook(*, stations: tuple[str, ...], tariffs: tuple[str, ...]) -> bytes:
    """The template with headings, explanations and lists in the language of the reader."""
    is_chinese = (get_language() or "").startswith("zh")
    named = {"station": stations, "tariff": tariffs}
    columns = []
    for column in customer_columns.COLUMNS:
        # Choices are written zh, en, zh, en: every other one is in the reader's language.
        choices = named.get(column.key, column.choices[0 if is_chinese else 1 :: 2])
        columns.append(
            sheet_files.TemplateColumn(
                heading=column.zh if is_chinese else column.en,
                is_required=column.is_required,
                explanation=str(EXPLANATIONS[column.key]),
                example=EXAMPLES.get(column.key, choices[0] if choices else ""),
                choices=choices,
            )
        )
    return sheet_files.template(columns=columns, words=_words())


def _words() -> sheet_files.TemplateWords:
    return sheet_files.TemplateWords(
        rows=str(_("Customers")),
        explanations=str(_("How to fill in")),
        column=str(_("Column")),
        required=str(_("Must")),
        yes=str(_("Yes")),
        explanation=str(_("What it holds")),
        example=str(_("Example")),
        notes=(
            str(_("Columns may stand in any order. A heading that begins with # is ignored.")),
            str(_("Full-width digits are read as ordinary ones; nothing else is changed.")),
            str(_("One wrong row, and nothing of the file is imported.")),
        ),
    )
