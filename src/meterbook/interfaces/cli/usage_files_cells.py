"""Columns of text become columns of values, all rows at once; what can't be read is a fault of its row.

What a number is, is said by kernel.scaled; the expressions here say the same about whole columns, and the
tests hold them together.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from meterbook.application import sheet_columns
from meterbook.interfaces.cli import usage_files_columns as known
from meterbook.interfaces.cli import usage_files_faults as faults
from meterbook.kernel import quantity, scaled, text
from meterbook.rating import columns

Code = faults.FaultCode
_WHOLE = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)"
_INVISIBLE = r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\ufeff]"
_SCIENTIFIC = r"^[0-9](\.[0-9]+)?[eE]\+[0-9]+$"
_NOT_ASCII = r"[^\x00-\x7f]"
# Longer than any number that may be kept; a longer one is out of range, or no number.
_MOST_DIGITS = 15
_LONGEST_NUMBER = 40
_MILLI_DECIMALS = 3


@dataclass(frozen=True)
class ReadColumn:
    """Values (null where the cell is empty or wrong) and the faults."""

    values: pl.Series
    faults: pl.DataFrame


def read(cells: pl.DataFrame, column: known.Column) -> ReadColumn:
    """The values of one column of `cells`, which has `_row` beside it."""
    if column.form is known.Form.NUMBER:
        return number(cells, column)
    by_text = _BY_TEXT.get(column.form)
    if by_text is None:
        return _names(cells, column)
    return _by_text(cells, column, read_text=by_text[0], dtype=by_text[1])


def number(cells: pl.DataFrame, column: known.Column) -> ReadColumn:
    """Decimal text as whole numbers of 10^-decimals, exactly as kernel.scaled reads it."""
    written = _plain(cells[column.name])
    frame = pl.DataFrame({known.ROW: cells[known.ROW], "text": written})
    decimals = rf"(?:\.[0-9]{{1,{column.decimals}}})?" if column.decimals else ""
    digits = pl.col("text").str.replace_all(r"[,+-]", "")
    is_number = pl.col("text").str.contains(rf"^[+-]?{_WHOLE}{decimals}$")
    whole = digits.str.extract(r"^0*([0-9]*)", 1)
    parts = frame.with_columns(is_number=is_number, digits=digits, whole=whole).with_columns(
        is_short=(pl.col("whole").str.len_bytes() <= _MOST_DIGITS)
        & (pl.col("text").str.len_bytes() <= _LONGEST_NUMBER)
    )
    is_kept = pl.col("is_number") & pl.col("is_short")
    left = pl.when(is_kept).then(pl.when(pl.col("whole") == "").then(pl.lit("0")).otherwise("whole"))
    value = left.cast(pl.Int64) * 10**column.decimals
    if column.decimals:
        fraction = pl.col("digits").str.extract(r"\.([0-9]+)$", 1).fill_null("0")
        right = pl.when(is_kept).then(fraction.str.pad_end(column.decimals, "0")).cast(pl.Int64)
        value = value + right
    sign = pl.when(pl.col("text").str.starts_with("-")).then(-1).otherwise(1)
    found = parts.with_columns(value=value * sign)
    in_range = pl.col("value").is_between(column.least, column.most)
    found = found.with_columns(pl.when(in_range).then("value").alias("value"))
    wrong = found.filter(pl.col("text").is_not_null() & pl.col("value").is_null())
    dtype = _dtype(column)
    return ReadColumn(
        values=found["value"].cast(dtype).alias(column.target),
        faults=_faults(wrong, column, why=lambda written: _number_fault(written, column)),
    )


def _dtype(column: known.Column) -> pl.DataType:
    schema: Mapping[str, pl.DataType] = {**columns.USAGE.columns, **columns.USAGE_MORE.columns}
    return schema.get(column.target, pl.Int64())


def _number_fault(written: str, column: known.Column) -> tuple[Code, str]:
    """Why a text is not taken as a number of the column."""
    try:
        scaled.parse(text=written, decimals=column.decimals)
    except scaled.NumberError as error:
        if error.code is scaled.NumberFault.TOO_PRECISE:
            return (Code.TOO_PRECISE, str(column.decimals)) if column.decimals else (Code.NOT_WHOLE, "")
        if error.code is not scaled.NumberFault.OUT_OF_RANGE:
            return Code.NOT_A_NUMBER, ""
    ends = (
        scaled.render(value=end, decimals=column.decimals, grouping=True, trim_to=0)
        for end in (column.least, column.most)
    )
    return Code.OUT_OF_RANGE, " – ".join(ends)


def _names(cells: pl.DataFrame, column: known.Column) -> ReadColumn:
    """Texts as they stand; refused with signs nobody sees, and account numbers a spreadsheet made powers of
    ten of.
    """
    is_identifier = column.form is known.Form.IDENTIFIER
    texts = cells[column.name] if is_identifier else _plain(cells[column.name])
    name = pl.col("text")
    is_power = name.str.contains(_SCIENTIFIC) if is_identifier else pl.lit(value=False)
    frame = pl.DataFrame({known.ROW: cells[known.ROW], "text": texts})
    wrong = frame.filter(name.str.contains(_INVISIBLE) | is_power)

    def why(written: str) -> tuple[Code, str]:
        is_power = is_identifier and "+" in written and written[:1].isdigit()
        return (Code.DIGITS_LOST if is_power else Code.INVISIBLE_SIGN), ""

    return ReadColumn(values=texts.alias(column.target), faults=_faults(wrong, column, why=why))


def _by_text(
    cells: pl.DataFrame,
    column: known.Column,
    *,
    read_text: Callable[[str], object],
    dtype: pl.DataType,
) -> ReadColumn:
    """Columns of few distinct texts: each is read once."""
    texts = _plain(cells[column.name])
    distinct = texts.drop_nulls().unique(maintain_order=True).to_list()
    found: dict[str, object] = {}
    why: dict[str, tuple[Code, str]] = {}
    for written in distinct:
        try:
            found[written] = read_text(written)
        except CellError as error:
            why[written] = (error.code, error.fact)
    read_texts = pl.DataFrame(
        {"text": list(found), "value": list(found.values())}, schema={"text": pl.String(), "value": dtype}
    )
    frame = pl.DataFrame({known.ROW: cells[known.ROW], "text": texts})
    joined = frame.join(read_texts, on="text", how="left", maintain_order="left")
    wrong = frame.filter(pl.col("text").is_in(list(why)))
    return ReadColumn(
        values=joined["value"].alias(column.target),
        faults=_faults(wrong, column, why=lambda written: why[written]),
    )


class CellError(ValueError):
    """A text that isn't what its column holds."""

    def __init__(self, code: Code, fact: str = "") -> None:
        super().__init__(code.value)
        self.code = code
        self.fact = fact


def _day(written: str) -> object:
    try:
        return sheet_columns.date(f"t{written}")
    except sheet_columns.CellError as error:
        raise CellError(Code.NOT_A_DATE) from error


def _quantities(written: str) -> list[int]:
    try:
        found = [quantity.parse_milli(part) for part in written.split(";")]
    except quantity.QuantityError as error:
        if error.code is scaled.NumberFault.TOO_PRECISE:
            raise CellError(Code.TOO_PRECISE, str(_MILLI_DECIMALS)) from error
        if error.code is scaled.NumberFault.OUT_OF_RANGE:
            largest = quantity.format_milli(quantity.LARGEST_QUANTITY_MILLI)
            raise CellError(Code.OUT_OF_RANGE, f"0 – {largest}") from error
        raise CellError(Code.NOT_A_NUMBER) from error
    return found


def _texts(written: str) -> list[str]:
    return [part.strip() for part in written.split(";") if part.strip()]


def _split(written: str) -> int:
    try:
        return known.SPLITS[written.upper()]
    except KeyError as error:
        raise CellError(Code.NOT_A_CHOICE, ", ".join(known.SPLITS)) from error


# Forms with few distinct texts.
_BY_TEXT: Mapping[known.Form, tuple[Callable[[str], object], pl.DataType]] = {
    known.Form.DAY: (_day, pl.Date()),
    known.Form.QUANTITIES: (_quantities, pl.List(pl.Int64())),
    known.Form.TEXTS: (_texts, pl.List(pl.String())),
    known.Form.SPLIT: (_split, pl.Int8()),
}


def _plain(texts: pl.Series) -> pl.Series:
    """Full-width letters, digits and signs as ASCII ones; only texts that have any are touched."""
    odd = texts.filter(texts.str.contains(_NOT_ASCII).fill_null(value=False)).unique().to_list()
    if not odd:
        return texts
    return texts.replace(odd, [text.half_width(written) for written in odd])


def _faults(
    wrong: pl.DataFrame, column: known.Column, *, why: Callable[[str], tuple[Code, str]]
) -> pl.DataFrame:
    """Faults of the rows `wrong` (`_row`, text); only those that will be shown are looked into."""
    shown = wrong.head(faults.SHOWN_FAULTS)
    reasons = [why(written) for written in shown["text"]]
    rest = wrong.height - shown.height
    codes = [code.value for code, _ in reasons] + [""] * rest
    facts = [fact for _, fact in reasons] + [""] * rest
    return wrong.select(
        row=pl.col(known.ROW),
        column=pl.lit(column.name),
        value=pl.col("text"),
        code=pl.Series(codes, dtype=pl.String()),
        fact=pl.Series(facts, dtype=pl.String()),
    )
