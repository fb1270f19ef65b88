"""What is wrong with the rows of a usage file, and how it is told: row, column, value, reason."""

import enum
from collections.abc import Iterable
from typing import TYPE_CHECKING

from meterbook.interfaces.cli import console
from meterbook.interfaces.cli.tongue import Tongue, gettext_noop

if TYPE_CHECKING:
    import polars as pl

SHOWN_FAULTS = 50
_LONGEST_VALUE = 40


class FaultCode(enum.StrEnum):
    """Why a cell or row is not taken. What the engine refuses has its own codes (rating.checks)."""

    MISSING = "MISSING"
    NOT_A_NUMBER = "NOT_A_NUMBER"
    NOT_WHOLE = "NOT_WHOLE"
    TOO_PRECISE = "TOO_PRECISE"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    NOT_A_DATE = "NOT_A_DATE"
    NOT_A_CHOICE = "NOT_A_CHOICE"
    DIGITS_LOST = "DIGITS_LOST"
    INVISIBLE_SIGN = "INVISIBLE_SIGN"
    FORMULA = "FORMULA"
    EXCEL_ERROR = "EXCEL_ERROR"
    MERGED_CELL = "MERGED_CELL"
    WRONG_WIDTH = "WRONG_WIDTH"
    NOT_AN_OBJECT = "NOT_AN_OBJECT"
    NOT_ONE_VALUE = "NOT_ONE_VALUE"
    UNKNOWN_TARIFF = "UNKNOWN_TARIFF"
    TARIFF_NOT_IN_FORCE = "TARIFF_NOT_IN_FORCE"
    FOREIGN_BAND = "FOREIGN_BAND"
    UNKNOWN_CHOICE = "UNKNOWN_CHOICE"
    SPLIT_WITHOUT_PART = "SPLIT_WITHOUT_PART"
    SPLIT_VALUE_UNASKED = "SPLIT_VALUE_UNASKED"


# {fact} is the detail that goes with a code.
REASONS = {
    "MISSING": gettext_noop("must be filled in"),
    "NOT_A_NUMBER": gettext_noop("not a number"),
    "NOT_WHOLE": gettext_noop("not a whole number"),
    "TOO_PRECISE": gettext_noop("more than {fact} decimals"),
    "OUT_OF_RANGE": gettext_noop("must be within {fact}"),
    "NOT_A_DATE": gettext_noop("not a date like 2025-12-31"),
    "NOT_A_CHOICE": gettext_noop("must be one of: {fact}"),
    "DIGITS_LOST": gettext_noop("Excel has lost digits; type it as text"),
    "INVISIBLE_SIGN": gettext_noop("holds an invisible sign; type it again"),
    "FORMULA": gettext_noop("holds a formula; paste its value"),
    "EXCEL_ERROR": gettext_noop("holds an Excel error"),
    "MERGED_CELL": gettext_noop("lies in merged cells; unmerge them"),
    "WRONG_WIDTH": gettext_noop("the row has not as many cells as the headings: {fact}"),
    "NOT_AN_OBJECT": gettext_noop("not an object of names and values"),
    "NOT_ONE_VALUE": gettext_noop("must be one text or number"),
    "UNKNOWN_TARIFF": gettext_noop("no tariff file has this code; there are: {fact}"),
    "TARIFF_NOT_IN_FORCE": gettext_noop("the tariff {fact} has no version on the last day of supply"),
    "FOREIGN_BAND": gettext_noop("the tariff {fact} has no such band"),
    "UNKNOWN_CHOICE": gettext_noop("no tariff knows this; there are: {fact}"),
    "SPLIT_WITHOUT_PART": gettext_noop("needs the number of the part in column part"),
    "SPLIT_VALUE_UNASKED": gettext_noop("only FIXED and SHARE have a value"),
    "DUPLICATE_USAGE": gettext_noop("this part of the usage stands there twice"),
    "UNKNOWN_TARIFF_VERSION": gettext_noop("the tariff has no such version"),
    "QUANTITY_OUT_OF_RANGE": gettext_noop("quantity and running total must stay within a billion units"),
    "NEGATIVE_RUNNING_TOTAL": gettext_noop("the running total of the tier period would fall below zero"),
    "NEGATIVE_PERSONS": gettext_noop("the number of persons is below zero"),
    "PERIOD_OUT_OF_RANGE": gettext_noop(
        "the period must end after it begins and be no longer than ten years"
    ),
    "VALUE_OUT_OF_RANGE": gettext_noop("one of the further values is below zero or far too large"),
    "PARTS_DO_NOT_FIT": gettext_noop(
        "the parts of this usage don't fit: all carry the same quantity, fixed parts and shares come first, "
        "shares are at most 100 %, and one part takes the rest"
    ),
    "PRICE_CHANGE_UNDECIDED": gettext_noop(
        "the price changes inside the period and the tariff doesn't say what then happens (price_change)"
    ),
    "NO_PRICE_BEFORE": gettext_noop(
        "the period begins before the tariff does, and no version stands before it"
    ),
    "READING_NUMBER_MISSING": gettext_noop(
        "the tariff counts readings after a change of price: reading_no must be filled in"
    ),
    "AREA_MISSING": gettext_noop("the tariff charges by area: area must be filled in"),
    "AREA_CLASS_UNKNOWN": gettext_noop("the tariff has no factor for this area_class"),
    "CAPACITY_MISSING": gettext_noop("the tariff charges capacity: capacity must be filled in"),
    "DEMAND_MISSING": gettext_noop("the tariff charges demand: demand must be filled in"),
    "QUOTA_MISSING": gettext_noop("the tariff charges what exceeds a quota: quota must be filled in"),
    "CALORIFIC_VALUE_MISSING": gettext_noop(
        "the tariff converts by the gas's heat: calorific_value must be filled in"
    ),
    "CALIBRE_WITHOUT_PRICE": gettext_noop("the tariff has no price for this calibre"),
    "BANDS_DO_NOT_SUM": gettext_noop(
        "the quantities of the bands must all be there and sum to the quantity of the row"
    ),
    "NEGOTIATED_PRICE_OUT_OF_BAND": gettext_noop(
        "negotiated_price lies further from the price of its season than the tariff allows (negotiable)"
    ),
    "AMOUNT_OUT_OF_RANGE": gettext_noop("the amount is too large to be kept"),
}
OTHER = gettext_noop("the tariff can't rate this row ({code})")


def frame(rows: Iterable[tuple[int, str, str, str, str]] = ()) -> "pl.DataFrame":
    """Faults as a frame: row, column, value, code, fact."""
    import polars as pl

    schema = {
        "row": pl.Int64(),
        "column": pl.String(),
        "value": pl.String(),
        "code": pl.String(),
        "fact": pl.String(),
    }
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def reason(code: str, *, fact: str, tongue: Tongue) -> str:
    """Why, in words."""
    if code not in REASONS:
        return tongue.gettext(OTHER).format(code=code)
    return tongue.gettext(REASONS[code]).format(fact=fact)


def sentence(fault: "dict[str, str]", *, tongue: Tongue) -> str:
    """One fault: "Row 3: quantity 1,5: not a number"."""
    _ = tongue.gettext
    value = fault["value"] or ""
    shown = value if len(value) <= _LONGEST_VALUE else value[:_LONGEST_VALUE] + "…"
    place = " ".join(word for word in (fault["column"], shown and repr(shown)) if word)
    why = reason(fault["code"], fact=fault["fact"], tongue=tongue)
    words = f"{place}{tongue.colon}{why}" if place else why
    return _("Row {row}: {words}").format(row=fault["row"], words=words)


def refuse(faults: "pl.DataFrame", *, tongue: Tongue) -> console.CommandError:
    """List the first faults on standard error; the error to leave with, exit code 2."""
    _ = tongue.gettext
    listed = faults.sort("row", maintain_order=True)
    for fault in listed.head(SHOWN_FAULTS).iter_rows(named=True):
        console.err().print(sentence(fault, tongue=tongue), markup=False)
    if faults.height > SHOWN_FAULTS:
        more = _("… and {count} more").format(count=faults.height - SHOWN_FAULTS)
        console.err().print(more, markup=False)
    message = _("Faulty rows: {rows}, faults: {faults}. Nothing was rated.").format(
        rows=faults["row"].n_unique(), faults=faults.height
    )
    return console.CommandError(message, exit_code=console.WRONG_USE)
