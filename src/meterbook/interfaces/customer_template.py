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
