"""The dry run of a file of readings: every row against the open rounds, all at once. Reads only."""

import datetime
import enum
from dataclasses import dataclass

import polars as pl

from meterbook.application import reading_columns, sheet_columns, spreadsheets
from meterbook.domain.devices import bulk as devices
from meterbook.domain.metering import bulk, queries, rules

HEADING_ROW = 1


class Fault(enum.StrEnum):
    """What can be wrong with a row as a whole; sheet_columns.Fault has what can be wrong with a cell."""

    HEADING_MISSING = "HEADING_MISSING"
    HEADING_REPEATED = "HEADING_REPEATED"
    HEADING_UNKNOWN = "HEADING_UNKNOWN"
    NO_ROWS = "NO_ROWS"
    REPEATED_IN_FILE = "REPEATED_IN_FILE"
    METER_UNKNOWN = "METER_UNKNOWN"
    NO_OPEN_ROUND = "NO_OPEN_ROUND"
    SEVERAL_REGISTERS = "SEVERAL_REGISTERS"
    OTHER_BOOK = "OTHER_BOOK"
    IN_FUTURE = "IN_FUTURE"
    NOT_AFTER_PREVIOUS = "NOT_AFTER_PREVIOUS"


@dataclass(frozen=True, slots=True)
class BookTotal:
    """What a file brings into one book. `held` will wait for a person, `replaced` stand there differently."""

    book: str
    round_id: int
    readings: int
    held: int
    replaced: int


@dataclass(frozen=True, slots=True)
class CheckedReadings:
    """The outcome. `values` (round_id, entry_id, value_milli, read_on) is empty while there are `errors`."""

    row_count: int
    values: pl.DataFrame
    errors: pl.DataFrame
    totals: tuple[BookTotal, ...]


VALUES = {"round_id": pl.Int64, "entry_id": pl.Int64, "value_milli": pl.Int64, "read_on": pl.Date}


def check_readings(*, sheet: spreadsheets.Sheet, today: datetime.date) -> CheckedReadings:
    """Check a sheet against the open rounds in scope. Needs a transaction."""
    parsed = sheet_columns.parse(sheet=sheet, columns=reading_columns.COLUMNS)
    headings = _heading_errors(parsed)
    if headings.height:
        return CheckedReadings(
            row_count=parsed.rows.height, values=pl.DataFrame(schema=VALUES), errors=headings, totals=()
        )
    rows = parsed.rows
    serial_nos = rows["serial_no"].drop_nulls().unique().to_list()
    found = bulk.open_entries_of_meters(serial_nos=serial_nos)
    matched = _matched(rows, found)
    errors = sheet_columns.first_per_cell(
        pl.concat(
            [
                parsed.errors,
                _repeated(rows),
                _lookup_errors(rows, found=found, known=devices.known_serials(serial_nos=serial_nos)),
                _row_errors(matched, today=today),
            ]
        )
    )
    matched = matched.join(errors.select("row").unique(), on="row", how="anti", maintain_order="left")
    values = matched if errors.is_empty() else matched.clear()
    return CheckedReadings(
        row_count=rows.height, values=values.select(*VALUES), errors=errors, totals=_totals(matched)
    )


def _heading_errors(parsed: sheet_columns.ParsedSheet) -> pl.DataFrame:
    unknown = [heading for heading in parsed.unknown if not heading.startswith(("#", "＃"))]
    found = [
        *((HEADING_ROW, key, "", Fault.HEADING_MISSING.value, "") for key in parsed.missing),
        *((HEADING_ROW, key, "", Fault.HEADING_REPEATED.value, "") for key in parsed.repeated),
        *((HEADING_ROW, "", heading, Fault.HEADING_UNKNOWN.value, "") for heading in unknown),
    ]
    if not found and parsed.rows.is_empty():
        found = [(HEADING_ROW, "", "", Fault.NO_ROWS.value, "")]
    return pl.DataFrame(found, schema=sheet_columns.ERRORS, orient="row")


def _matched(rows: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Rows whose meter has exactly one open entry, with what is known of it."""
    single = found.filter(pl.len().over("serial_no") == 1)
    return rows.join(single, on="serial_no", how="inner", maintain_order="left")


def _errors(
    rows: pl.DataFrame, where: pl.Expr, *, column: str, code: Fault, fact: pl.Expr | None = None
) -> pl.DataFrame:
    """One error at `column` for each row where the condition holds (unknown counts as no)."""
    return rows.filter(where.fill_null(value=False)).select(
        "row",
        pl.lit(column).alias("column"),
        pl.col(column).cast(pl.String).fill_null("").alias("value"),
        pl.lit(code.value).alias("code"),
        (pl.lit("") if fact is None else fact.cast(pl.String).fill_null("")).alias("fact"),
    )


def _repeated(rows: pl.DataFrame) -> pl.DataFrame:
    whole = rows.drop_nulls("serial_no").with_columns(pl.col("row").min().over("serial_no").alias("first"))
    return _errors(
        whole,
        pl.col("row") > pl.col("first"),
        column="serial_no",
        code=Fault.REPEATED_IN_FILE,
        fact=pl.col("first"),
    )


def _lookup_errors(rows: pl.DataFrame, *, found: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Meters that are not there, are in no open round, or have more registers than a row can say."""
    whole = rows.drop_nulls("serial_no")
    is_open = pl.col("serial_no").is_in(found["serial_no"].implode())
    is_known = pl.col("serial_no").is_in(known["serial_no"].implode())
    several = found.filter(pl.len().over("serial_no") > 1)["serial_no"].implode()
    return pl.concat(
        [
            _errors(whole, ~is_open & ~is_known, column="serial_no", code=Fault.METER_UNKNOWN),
            _errors(whole, ~is_open & is_known, column="serial_no", code=Fault.NO_OPEN_ROUND),
            _errors(
                whole, pl.col("serial_no").is_in(several), column="serial_no", code=Fault.SEVERAL_REGISTERS
            ),
        ]
    )


def _row_errors(matched: pl.DataFrame, *, today: datetime.date) -> pl.DataFrame:
    read_on, previous_on = pl.col("read_on"), pl.col("previous_on")
    faults = [
        _errors(
            matched,
            pl.col("book") != pl.col("book_code"),
            column="book",
            code=Fault.OTHER_BOOK,
            fact=pl.col("book_code"),
        ),
        _errors(matched, read_on > today, column="read_on", code=Fault.IN_FUTURE),
        _errors(
            matched, read_on <= previous_on, column="read_on", code=Fault.NOT_AFTER_PREVIOUS, fact=previous_on
        ),
    ]
    return pl.concat(faults)


def _totals(matched: pl.DataFrame) -> tuple[BookTotal, ...]:
    """What the rows without errors will do, book by book."""
    findings = rules.judged(facts=matched, limits=queries.reading_limits())
    counted = (
        matched.with_columns(findings["checks"])
        .group_by("book_code", "round_id")
        .agg(
            pl.len().alias("readings"),
            (pl.col("checks").list.len() > 0).sum().alias("held"),
            (pl.col("stands_milli") != pl.col("value_milli")).sum().alias("replaced"),
        )
        .sort("book_code", "round_id")
    )
    return tuple(
        BookTotal(
            book=row["book_code"],
            round_id=row["round_id"],
            readings=row["readings"],
            held=row["held"],
            replaced=row["replaced"],
        )
        for row in counted.iter_rows(named=True)
    )
