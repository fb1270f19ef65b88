"""What is wrong with an uploaded file, in words; for the pages, the command and the error workbook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from meterbook.application import progress, sheet_columns, sheet_files, spreadsheets
from meterbook.domain.imports import models, queries, rules

# Code -> the reason. %(fact)s is the detail that goes with it.
REASONS: Mapping[str, str | Promise] = {
    "MISSING": _("must be filled in"),
    "TOO_LONG": _("longer than %(fact)s characters"),
    "NOT_A_NUMBER": _("not a number"),
    "NOT_WHOLE": _("not a whole number"),
    "TOO_PRECISE": _("more than three decimals"),
    "OUT_OF_RANGE": _("must be within %(fact)s"),
    "NOT_A_DATE": _("not a date like 2025-12-31"),
    "NOT_A_CHOICE": _("must be one of: %(fact)s"),
    "NOT_AN_IDENTIFIER": _("only letters, digits and - . / _ are allowed"),
    "NOT_A_PHONE": _("not one phone number"),
    "DIGITS_LOST": _("Excel has lost digits; type it as text"),
    "INVISIBLE_SIGN": _("holds an invisible sign; type it again"),
    "FORMULA": _("holds a formula; paste its value"),
    "EXCEL_ERROR": _("holds an Excel error"),
    "MERGED_CELL": _("lies in merged cells; unmerge them"),
    "HEADING_MISSING": _("this column is missing"),
    "HEADING_REPEATED": _("this column stands twice"),
    "HEADING_UNKNOWN": _("no column is called so; put # before it to have it ignored"),
    "NO_ROWS": _("there are no rows below the headings"),
    "UNKNOWN_STATION": _("you have no station with this code"),
    "UNKNOWN_TARIFF": _("there is no tariff with this code"),
    "TARIFF_OTHER_UTILITY": _("this tariff is for another utility"),
    "TARIFF_NOT_IN_FORCE": _("this tariff has prices only from %(fact)s on"),
    "IN_FUTURE": _("lies in the future"),
    "TOO_OLD": _("lies before 1950"),
    "BEFORE_INSTALLATION": _("lies before the day of installation"),
    "AFTER_INSTALLATION": _("lies after the day of installation"),
    "BEYOND_DIGITS": _("a register of %(fact)s digits can't show this"),
    "REPEATED_IN_FILE": _("stands already in row %(fact)s"),
    "ACCOUNT_DIFFERS": _("differs from row %(fact)s of the same account"),
    "ADDRESS_DIFFERS": _("differs from the same address elsewhere (%(fact)s)"),
    "METER_EXISTS": _("a meter with this number is there already"),
    "ACCOUNT_EXISTS": _("an account with this number is there already"),
    "POINT_EXISTS": _("this utility is supplied at this address already"),
    "PLACE_TAKEN": _("this place in the book is taken"),
    "STANDS_OTHERWISE": _("stands otherwise in the books (%(fact)s); change it there"),
    "NUMBER_WRONG": _("this number can't be right; compare it with the paper"),
    "NUMBER_TAKEN": _("this number belongs to something else already"),
    "UNKNOWN_USAGE_TYPE": _("there is no usage type with this code"),
    "USAGE_TYPE_OTHER_UTILITY": _("this usage type is for another utility"),
    "CALIBRE_DIFFERS": _("this model has calibre %(fact)s"),
    "COUNTS_NOTHING": _("this tariff counts no tiers over a month, year or season"),
    "TOO_FINE_FOR_CURRENCY": _("finer than the currency's smallest unit"),
    "METER_UNKNOWN": _("there is no meter with this number"),
    "NO_OPEN_ROUND": _("this meter is in no open round"),
    "SEVERAL_REGISTERS": _("this meter has several registers; key their readings"),
    "OTHER_BOOK": _("this meter is in book %(fact)s"),
    "NOT_AFTER_PREVIOUS": _("must be after the previous reading of %(fact)s"),
}
REFUSALS: Mapping[spreadsheets.Refusal, str | Promise] = {
    spreadsheets.Refusal.EMPTY: _("The file is empty."),
    spreadsheets.Refusal.TOO_LARGE: _("The file is too large."),
    spreadsheets.Refusal.BOMB: _("The file unpacks to far more than it should. It was not opened."),
    spreadsheets.Refusal.TOO_MANY_ROWS: _("The file has more than %(fact)s rows. Split it."),
    spreadsheets.Refusal.TOO_MANY_CELLS: _(
        "The sheet is too wide or too long. Delete what lies outside the table."
    ),
    spreadsheets.Refusal.TOO_SLOW: _("Reading the file took too long."),
    spreadsheets.Refusal.OLD_EXCEL: _(
        "This is an old .xls or a protected file. Save it as .xlsx without a password."
    ),
    spreadsheets.Refusal.ENCRYPTED: _("The file is protected by a password."),
    spreadsheets.Refusal.UNREADABLE: _("This can't be read as .xlsx or .csv."),
}
CONFLICTS: Mapping[str, str | Promise] = {
    "meter_barcode_once": _("A barcode of the file is in use at another station. Nothing was imported."),
    "seal_once": _("A seal number of the file is in use at another station. Nothing was imported."),
    "external_number_once": _(
        "An external number of the file is in use at another station. Nothing was imported."
    ),
    "meter_serial_once": _("A meter number of the file is in use at another station. Nothing was imported."),
    "agreements_account_account_no_key": _(
        "An account number of the file is in use at another station. Nothing was imported."
    ),
}
OTHER_CONFLICT = _("Somebody entered the same meanwhile. Nothing was imported; check the file again.")


STAGES: Mapping[str, str | Promise] = {
    "": _("Waiting for its turn"),
    progress.Stage.READING.value: _("Opening the workbook"),
    progress.Stage.CHECKING.value: _("Checking every row"),
    progress.Stage.WRITING.value: _("Writing the rows"),
    progress.Stage.COMPARING.value: _("Laying the books beside the file"),
}
ACTS: Mapping[int, str | Promise] = {
    models.WorkAct.CHECK: _("Being checked"),
    models.WorkAct.APPLY: _("Being imported"),
    models.WorkAct.COMPARE: _("Being compared"),
}


@dataclass(frozen=True, slots=True)
class WorkWords:
    """Work in the background: what is done with the file, and what of it just now."""

    act: str
    stage: str


def work(entry: queries.WorkEntry) -> WorkWords:
    """What is being done with a file."""
    stage = _("Being called off") if entry.is_cancel_asked else STAGES[entry.stage]
    return WorkWords(act=str(ACTS[entry.act]), stage=str(stage))


def ended(entry: queries.WorkEntry) -> str | None:
    """Why work ended without an outcome; None when it has one."""
    if entry.state == models.WorkState.CANCELLED:
        return str(_("It was called off. Nothing was written."))
    if entry.state != models.WorkState.REFUSED:
        return None
    if entry.refused == rules.Refused.FILE:
        code, _colon, fact = entry.fact.partition(":")
        return refusal(spreadsheets.FileRefusedError(code=spreadsheets.Refusal(code), fact=fact))
    if entry.refused == rules.Refused.CONFLICT:
        return conflict(entry.fact)
    if entry.refused == rules.Refused.RIGHT:
        return str(_("Whoever asked may no longer import. Nothing was written."))
    return str(_("It broke off. Nothing was written; try again, and tell your administrator if it repeats."))


def refusal(error: spreadsheets.FileRefusedError) -> str:
    """Why a file isn't read at all."""
    return str(REFUSALS[error.code]) % {"fact": error.fact}


def conflict(constraint: str) -> str:
    """Why the tables refused a checked file."""
    return str(CONFLICTS.get(constraint, OTHER_CONFLICT))


def shown(
    errors: Sequence[rules.RowError], *, columns: Mapping[str, sheet_columns.Column]
) -> list[sheet_files.ShownError]:
    """Errors in the language of the reader."""
    is_chinese = (get_language() or "").startswith("zh")
    return [
        sheet_files.ShownError(
            row=error.row,
            key=error.column,
            column=_heading(columns.get(error.column), is_chinese=is_chinese),
            value=error.value,
            reason=str(REASONS[error.code]) % {"fact": error.fact},
        )
        for error in errors
    ]


def error_words() -> sheet_files.ErrorWords:
    """The headings of the error workbook."""
    return sheet_files.ErrorWords(
        rows=str(_("Rows to mend")),
        errors=str(_("All errors")),
        reason=str(_("Reason")),
        row=str(_("Row")),
        column=str(_("Column")),
        value=str(_("Value")),
    )


def _heading(column: sheet_columns.Column | None, *, is_chinese: bool) -> str:
    if column is None:
        return ""
    return column.zh if is_chinese else column.en
