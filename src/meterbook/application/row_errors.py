"""What can be wrong with a row of an uploaded table, and how rows that are wrong become errors."""

import enum

import polars as pl

from meterbook.application import sheet_columns


class Fault(enum.StrEnum):
    """What can be wrong with a row as a whole; sheet_columns.Fault has what can be wrong with a cell."""

    HEADING_MISSING = "HEADING_MISSING"
    HEADING_REPEATED = "HEADING_REPEATED"
    HEADING_UNKNOWN = "HEADING_UNKNOWN"
    NO_ROWS = "NO_ROWS"
    UNKNOWN_STATION = "UNKNOWN_STATION"
    UNKNOWN_TARIFF = "UNKNOWN_TARIFF"
    TARIFF_OTHER_UTILITY = "TARIFF_OTHER_UTILITY"
    TARIFF_NOT_IN_FORCE = "TARIFF_NOT_IN_FORCE"
    IN_FUTURE = "IN_FUTURE"
    TOO_OLD = "TOO_OLD"
    BEFORE_INSTALLATION = "BEFORE_INSTALLATION"
    AFTER_INSTALLATION = "AFTER_INSTALLATION"
    BEYOND_DIGITS = "BEYOND_DIGITS"
    REPEATED_IN_FILE = "REPEATED_IN_FILE"
    ACCOUNT_DIFFERS = "ACCOUNT_DIFFERS"
    ADDRESS_DIFFERS = "ADDRESS_DIFFERS"
    METER_EXISTS = "METER_EXISTS"
    ACCOUNT_EXISTS = "ACCOUNT_EXISTS"
    POINT_EXISTS = "POINT_EXISTS"
    PLACE_TAKEN = "PLACE_TAKEN"
    STANDS_OTHERWISE = "STANDS_OTHERWISE"
    NUMBER_WRONG = "NUMBER_WRONG"
    NUMBER_TAKEN = "NUMBER_TAKEN"
    UNKNOWN_USAGE_TYPE = "UNKNOWN_USAGE_TYPE"
    USAGE_TYPE_OTHER_UTILITY = "USAGE_TYPE_OTHER_UTILITY"
    CALIBRE_DIFFERS = "CALIBRE_DIFFERS"
    COUNTS_NOTHING = "COUNTS_NOTHING"
    TOO_FINE_FOR_CURRENCY = "TOO_FINE_FOR_CURRENCY"


Code = Fault | sheet_columns.Fault


def where(
    rows: pl.DataFrame, condition: pl.Expr, *, column: str, code: Code, fact: pl.Expr | None = None
) -> pl.DataFrame:
    """One error at `column` for each row where the condition holds (unknown counts as no)."""
    return rows.filter(condition.fill_null(value=False)).select(
        "row",
        pl.lit(column).alias("column"),
        pl.col(column).cast(pl.String).fill_null("").alias("value"),
        pl.lit(code.value).alias("code"),
        (pl.lit("") if fact is None else fact.cast(pl.String).fill_null("")).alias("fact"),
    )


def repeated(rows: pl.DataFrame, *, column: str, key: list[str], per: str = "row") -> pl.DataFrame:
    """What may stand once in a file, or once for each `per`: later rows are wrong and name the first."""
    whole = rows.filter(pl.all_horizontal(pl.col(key).is_not_null()))
    first = whole.with_columns(
        pl.col("row").first().over(key).alias("first_row"), pl.col(per).first().over(key).alias("first_of")
    )
    return where(
        first,
        pl.col(per) != pl.col("first_of"),
        column=column,
        code=Fault.REPEATED_IN_FILE,
        fact=pl.col("first_row"),
    )


def those(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The rows whose key is among the known ones; the columns of `known` are the key."""
    return rows.join(known.unique(), on=known.columns, how="semi", maintain_order="left")
