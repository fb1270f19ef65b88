"""The workbook for readings, in the reader's language: what each column holds, with an example."""

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from meterbook.application import reading_columns, sheet_files

EXPLANATIONS = {
    "serial_no": _("Number of the meter as in the installation."),
    "value_milli": _("What the register shows, at most three decimals."),
    "read_on": _("Day of the reading, after the previous one."),
    "book": _("Code of the book. Empty: the meter's own; filled in, it must be that one."),
}
EXAMPLES = {"serial_no": "S250000123", "value_milli": "1234.5", "read_on": "2026-11-20", "book": "0101"}


def workbook() -> bytes:
    """The template with headings and explanations in the language of the reader."""
    is_chinese = (get_language() or "").startswith("zh")
    columns = [
        sheet_files.TemplateColumn(
            heading=column.zh if is_chinese else column.en,
            is_required=column.is_required,
            explanation=str(EXPLANATIONS[column.key]),
            example=EXAMPLES[column.key],
        )
        for column in reading_columns.COLUMNS
    ]
    return sheet_files.template(columns=columns, words=_words())


def _words() -> sheet_files.TemplateWords:
    return sheet_files.TemplateWords(
        rows=str(_("Readings")),
        explanations=str(_("How to fill in")),
        column=str(_("Column")),
        required=str(_("Must")),
        yes=str(_("Yes")),
        explanation=str(_("What it holds")),
        example=str(_("Example")),
        notes=(
            str(_("Columns may stand in any order. A heading that begins with # is ignored.")),
            str(_("Full-width digits are read as ordinary ones; nothing else is changed.")),
            str(_("One wrong row, and nothing of the file is entered.")),
        ),
    )
