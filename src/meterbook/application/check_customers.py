"""The dry run of `customers.xlsx`: every check over all rows at once, in the file and against the tables.

Reads only. What it passes, `write_supplies` can write; what the tables would refuse is said with its row.
"""

import datetime
import enum
from dataclasses import dataclass

import polars as pl

from meterbook.application import customer_columns, sheet_columns, spreadsheets, write_supplies
from meterbook.application.actor import Actor
from meterbook.domain.access import models as access_models
from meterbook.domain.access import queries as access
from meterbook.domain.agreements import bulk as agreements
from meterbook.domain.devices import bulk as devices
from meterbook.domain.metering import bulk as metering
from meterbook.domain.premises import bulk as premises
from meterbook.domain.premises import rules as addresses

OLDEST = datetime.date(1950, 1, 1)
HEADING_ROW = 1
_HOLDER = ("station", "name", "customer_class", "phone")


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
    BEYOND_DIGITS = "BEYOND_DIGITS"
    REPEATED_IN_FILE = "REPEATED_IN_FILE"
    ACCOUNT_DIFFERS = "ACCOUNT_DIFFERS"
    ADDRESS_DIFFERS = "ADDRESS_DIFFERS"
    METER_EXISTS = "METER_EXISTS"
    ACCOUNT_EXISTS = "ACCOUNT_EXISTS"
    POINT_EXISTS = "POINT_EXISTS"
    PLACE_TAKEN = "PLACE_TAKEN"


@dataclass(frozen=True, slots=True)
class BookTotal:
    """What a file brings into one book of one station. `utility` is a number of domain.tables.Utility."""

    station: str
    utility: int
    book: str
    meters: int
    accounts: int


@dataclass(frozen=True, slots=True)
class CheckedCustomers:
    """The outcome. `supplies` (columns write_supplies.SUPPLIES) is empty while there are `errors`."""

    row_count: int
    account_count: int
    supplies: pl.DataFrame
    errors: pl.DataFrame
    totals: tuple[BookTotal, ...]


def check_customers(*, sheet: spreadsheets.Sheet, actor: Actor, today: datetime.date) -> CheckedCustomers:
    """Check a sheet as `actor`, whose scope decides which stations there are. Needs a transaction."""
    parsed = sheet_columns.parse(sheet=sheet, columns=customer_columns.COLUMNS)
    headings = _heading_errors(parsed)
    if headings.height:
        return CheckedCustomers(
            row_count=parsed.rows.height,
            account_count=0,
            supplies=pl.DataFrame(schema=write_supplies.SUPPLIES),
            errors=headings,
            totals=(),
        )
    rows = _completed(parsed.rows, actor=actor)
    errors = sheet_columns.first_per_cell(
        pl.concat(
            [
                parsed.errors,
                _reference_errors(rows),
                _date_errors(rows, today=today),
                _double_errors(rows),
                _difference_errors(rows),
                _known_errors(rows),
            ]
        )
    )
    supplies = rows if errors.is_empty() else rows.clear()
    return CheckedCustomers(
        row_count=rows.height,
        account_count=rows["account_key"].n_unique(),
        supplies=supplies.select(*write_supplies.SUPPLIES),
        errors=errors,
        totals=_totals(rows),
    )


def stations_of(*, actor: Actor) -> list[access.UnitEntry]:
    """The stations whose customers the actor may touch."""
    return [
        unit
        for unit in access.units()
        if unit.kind == access_models.OrgUnitKind.STATION
        and (actor.is_system or unit.unit_id in actor.unit_ids)
    ]


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


def _completed(parsed: pl.DataFrame, *, actor: Actor) -> pl.DataFrame:
    """The rows with defaults, address, account key and the ids of station and tariff (null when unknown)."""
    stations = stations_of(actor=actor)
    known_stations = pl.DataFrame(
        {"station": [s.code for s in stations], "station_id": [s.unit_id for s in stations]},
        schema={"station": pl.String, "station_id": pl.Int64},
    )
    optional = ["phone", *premises.PARTS, "maker"]
    rows = (
        parsed.with_columns(pl.col(optional).fill_null(""))
        .with_columns(
            pl.col("multiplier_milli").fill_null(1000),
            pl.coalesce("from_on", "installed_on").alias("from_on"),
            pl.col("book").alias("book_code"),
            _account_key().alias("account_name"),
        )
        .join(known_stations, on="station", how="left", maintain_order="left")
        .join(agreements.agreeable_tariffs(), on="tariff", how="left", maintain_order="left")
    )
    return rows.with_columns(
        pl.Series("address", _addresses(rows), dtype=pl.String),
        pl.col("account_name").rank("dense").cast(pl.Int64).alias("account_key"),
    )


def _account_key() -> pl.Expr:
    """What rows of one account share: the account number, else the group, else nothing but the row."""
    return pl.coalesce(
        pl.lit("A") + pl.col("account_no"),
        pl.lit("G") + pl.col("group"),
        pl.lit("R") + pl.col("row").cast(pl.String),
    )


def _addresses(rows: pl.DataFrame) -> list[str]:
    parts = rows.select(pl.col(list(premises.PARTS)).fill_null("")).iter_rows(named=True)
    return [addresses.compose_address(addresses.AddressParts(**row)) for row in parts]


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


def _reference_errors(rows: pl.DataFrame) -> pl.DataFrame:
    has_tariff = pl.col("tariff_id").is_not_null()
    largest = pl.lit(10, dtype=pl.Int64).pow(pl.col("digits").cast(pl.Int64)) * 1000
    return pl.concat(
        [
            _errors(
                rows,
                pl.col("station").is_not_null() & pl.col("station_id").is_null(),
                column="station",
                code=Fault.UNKNOWN_STATION,
            ),
            _errors(
                rows, pl.col("tariff").is_not_null() & ~has_tariff, column="tariff", code=Fault.UNKNOWN_TARIFF
            ),
            _errors(
                rows,
                has_tariff & (pl.col("tariff_utility") != pl.col("utility")),
                column="tariff",
                code=Fault.TARIFF_OTHER_UTILITY,
            ),
            _errors(
                rows,
                pl.col("initial_milli") >= largest,
                column="initial_milli",
                code=Fault.BEYOND_DIGITS,
                fact=pl.col("digits"),
            ),
        ]
    )


def _date_errors(rows: pl.DataFrame, *, today: datetime.date) -> pl.DataFrame:
    installed, from_on = pl.col("installed_on"), pl.col("from_on")
    return pl.concat(
        [
            _errors(rows, installed > today, column="installed_on", code=Fault.IN_FUTURE),
            _errors(rows, installed < OLDEST, column="installed_on", code=Fault.TOO_OLD),
            _errors(rows, (from_on > today) & (installed <= today), column="from_on", code=Fault.IN_FUTURE),
            _errors(rows, from_on < installed, column="from_on", code=Fault.BEFORE_INSTALLATION),
            _errors(
                rows,
                (from_on < pl.col("tariff_starts_on")) & (installed >= OLDEST),
                column="tariff",
                code=Fault.TARIFF_NOT_IN_FORCE,
                fact=pl.col("tariff_starts_on"),
            ),
        ]
    )


def _double_errors(rows: pl.DataFrame) -> pl.DataFrame:
    """What may stand once in a file: the second and later rows are wrong and name the first."""
    keys = {
        "serial_no": ["serial_no"],
        "community": ["station", "address", "utility"],
        "sequence": ["station", "book", "sequence"],
    }
    found = []
    for column, key in keys.items():
        whole = rows.filter(pl.all_horizontal(pl.col(key).is_not_null()))
        first = whole.with_columns(pl.col("row").min().over(key).alias("first_row"))
        found.append(
            _errors(
                first,
                pl.col("row") > pl.col("first_row"),
                column=column,
                code=Fault.REPEATED_IN_FILE,
                fact=pl.col("first_row"),
            )
        )
    return pl.concat(found)


def _difference_errors(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of one account must agree on the customer; rows of one address on where it is."""
    found = []
    for key, columns, code in (
        (["account_key"], _HOLDER, Fault.ACCOUNT_DIFFERS),
        (["station", "address"], ("district", "street"), Fault.ADDRESS_DIFFERS),
    ):
        first = rows.with_columns(pl.col("row").first().over(key).alias("first_row"))
        for column in columns:
            differs = pl.col(column).ne_missing(pl.col(column).first().over(key))
            marked = first.with_columns(differs.alias("differs"))
            found.append(
                _errors(marked, pl.col("differs"), column=column, code=code, fact=pl.col("first_row"))
            )
    return pl.concat(found)


def _known_errors(rows: pl.DataFrame) -> pl.DataFrame:
    """What the tables hold already, as far as the actor may see."""
    station_ids = rows["station_id"].drop_nulls().unique().to_list()
    at = rows["address"].unique().to_list()
    serials = devices.known_serials(serial_nos=rows["serial_no"].drop_nulls().unique().to_list())
    numbers = agreements.known_account_numbers(account_nos=rows["account_no"].drop_nulls().unique().to_list())
    points = premises.supplied_premises(station_ids=station_ids, addresses=at)
    places = metering.taken_places(
        station_ids=station_ids, book_codes=rows["book_code"].drop_nulls().unique().to_list()
    )
    known = premises.known_premises(station_ids=station_ids, addresses=at).select(
        "station_id",
        "address",
        pl.col("district").alias("known_district"),
        pl.col("street").alias("known_street"),
    )
    elsewhere = rows.join(known, on=["station_id", "address"], how="inner", maintain_order="left")
    exists = pl.lit(value=True)
    return pl.concat(
        [
            _errors(_those(rows, serials), exists, column="serial_no", code=Fault.METER_EXISTS),
            _errors(_those(rows, numbers), exists, column="account_no", code=Fault.ACCOUNT_EXISTS),
            _errors(_those(rows, points), exists, column="community", code=Fault.POINT_EXISTS),
            _errors(_those(rows, places), exists, column="sequence", code=Fault.PLACE_TAKEN),
            *(
                _errors(
                    elsewhere,
                    pl.col(part) != pl.col(f"known_{part}"),
                    column=part,
                    code=Fault.ADDRESS_DIFFERS,
                    fact=pl.col(f"known_{part}"),
                )
                for part in ("district", "street")
            ),
        ]
    )


def _those(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The rows whose key is among the known ones; the columns of `known` are the key."""
    return rows.join(known.unique(), on=known.columns, how="semi", maintain_order="left")


def _totals(rows: pl.DataFrame) -> tuple[BookTotal, ...]:
    counted = (
        rows.drop_nulls(["station", "utility", "book"])
        .group_by("station", "utility", "book")
        .agg(pl.len().alias("meters"), pl.col("account_key").n_unique().alias("accounts"))
        .sort("station", "book", "utility")
    )
    return tuple(BookTotal(**row) for row in counted.iter_rows(named=True))
