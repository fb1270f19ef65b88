"""The dry run of `customers.xlsx`: every check over all rows at once, in the file and against the tables.

Reads only. What it passes, `write_supplies` can write; what the tables would refuse is said with its row.
"""

import datetime
from dataclasses import dataclass

import polars as pl

from meterbook.application import check_customer_facts as facts
from meterbook.application import (
    check_standing,
    company,
    customer_columns,
    progress,
    row_errors,
    sheet_columns,
    spreadsheets,
    write_supplies,
)
from meterbook.application.actor import Actor
from meterbook.domain.access import models as access_models
from meterbook.domain.access import queries as access
from meterbook.domain.agreements import bulk as agreements
from meterbook.domain.devices import bulk as devices
from meterbook.domain.metering import bulk as metering
from meterbook.domain.premises import bulk as premises
from meterbook.domain.premises import rules as addresses

_SUPPLIES = {**write_supplies.SUPPLIES, **write_supplies.MORE}
OLDEST = datetime.date(1950, 1, 1)
HEADING_ROW = 1
_HOLDER = ("station", "name", "customer_class", "phone", *facts.OF_HOLDER)


Fault = row_errors.Fault


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
    """The outcome. `supplies` (columns write_supplies.SUPPLIES and MORE) is empty while there are `errors`.

    `unchanged_count` rows stand in the tables already as the file has them; `account_count` and `totals` are
    those of the others.
    """

    row_count: int
    account_count: int
    unchanged_count: int
    supplies: pl.DataFrame
    errors: pl.DataFrame
    totals: tuple[BookTotal, ...]


def check_customers(
    *,
    sheet: spreadsheets.Sheet,
    actor: Actor,
    today: datetime.date,
    tell: progress.Tell = progress.nobody,
) -> CheckedCustomers:
    """Check a sheet as `actor`, whose scope decides which stations there are. Needs a transaction."""
    tell(progress.Stage.CHECKING, 20)
    parsed = sheet_columns.parse(sheet=sheet, columns=customer_columns.COLUMNS)
    headings = _heading_errors(parsed)
    if headings.height:
        return CheckedCustomers(
            row_count=parsed.rows.height,
            account_count=0,
            unchanged_count=0,
            supplies=pl.DataFrame(schema=_SUPPLIES),
            errors=headings,
            totals=(),
        )
    tell(progress.Stage.CHECKING, 35)
    rows = _completed(parsed.rows, actor=actor, today=today)
    tell(progress.Stage.CHECKING, 45)
    standing = check_standing.compare(rows, stations=[unit.code for unit in stations_of(actor=actor)])
    fresh = standing.fresh
    found = [
        parsed.errors,
        _reference_errors(rows),
        _date_errors(rows, today=today),
        *facts.errors(rows, today=today, oldest=OLDEST),
        _double_errors(rows),
        _difference_errors(rows),
        *standing.errors,
        _known_errors(fresh),
        *facts.known_errors(fresh),
    ]
    errors = facts.masked(sheet_columns.first_per_cell(pl.concat(found)))
    supplies = fresh if errors.is_empty() else fresh.clear()
    return CheckedCustomers(
        row_count=rows.height,
        account_count=fresh["account_key"].n_unique(),
        unchanged_count=standing.unchanged_count,
        supplies=facts.written(supplies).select(*_SUPPLIES),
        errors=errors,
        totals=_totals(fresh),
    )


def old_balances(*, sheet: spreadsheets.Sheet, actor: Actor, today: datetime.date) -> pl.DataFrame:
    """What a sheet says its meters, accounts and balances are, whatever is wrong with the rest of it.

    Columns row, station, utility, serial_no, account (alike in the rows of one account), account_no,
    register_milli, owed_minor, owed_due_on and prepaid_minor; minor units, thousandths. Rows whose station,
    utility or meter number can't be read are left out. Needs a transaction.
    """
    parsed = sheet_columns.parse(sheet=sheet, columns=customer_columns.COLUMNS)
    rows = _completed(parsed.rows, actor=actor, today=today)
    return rows.drop_nulls(["station_id", "utility", "serial_no"]).select(
        "row",
        "station",
        "utility",
        "serial_no",
        pl.col("account_key").alias("account"),
        "account_no",
        pl.col("initial_milli").fill_null(0).alias("register_milli"),
        "owed_minor",
        "owed_due_on",
        "prepaid_minor",
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


def _completed(parsed: pl.DataFrame, *, actor: Actor, today: datetime.date) -> pl.DataFrame:
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
    rows = rows.with_columns(
        pl.Series("address", _addresses(rows), dtype=pl.String),
        pl.col("account_name").rank("dense").cast(pl.Int64).alias("account_key"),
    )
    return facts.completed(rows, exponent=company.currency_exponent(), today=today)


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


def _reference_errors(rows: pl.DataFrame) -> pl.DataFrame:
    has_tariff = pl.col("tariff_id").is_not_null()
    largest = pl.lit(10, dtype=pl.Int64).pow(pl.col("digits").cast(pl.Int64)) * 1000
    return pl.concat(
        [
            row_errors.where(
                rows,
                pl.col("station").is_not_null() & pl.col("station_id").is_null(),
                column="station",
                code=Fault.UNKNOWN_STATION,
            ),
            row_errors.where(
                rows, pl.col("tariff").is_not_null() & ~has_tariff, column="tariff", code=Fault.UNKNOWN_TARIFF
            ),
            row_errors.where(
                rows,
                has_tariff & (pl.col("tariff_utility") != pl.col("utility")),
                column="tariff",
                code=Fault.TARIFF_OTHER_UTILITY,
            ),
            row_errors.where(
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
            row_errors.where(rows, installed > today, column="installed_on", code=Fault.IN_FUTURE),
            row_errors.where(rows, installed < OLDEST, column="installed_on", code=Fault.TOO_OLD),
            row_errors.where(
                rows, (from_on > today) & (installed <= today), column="from_on", code=Fault.IN_FUTURE
            ),
            row_errors.where(rows, from_on < installed, column="from_on", code=Fault.BEFORE_INSTALLATION),
            row_errors.where(
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
    return pl.concat(
        [
            *(row_errors.repeated(rows, column=column, key=key) for column, key in keys.items()),
            *facts.double_errors(rows),
        ]
    )


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
                row_errors.where(
                    marked, pl.col("differs"), column=column, code=code, fact=pl.col("first_row")
                )
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
            row_errors.where(
                row_errors.those(rows, serials), exists, column="serial_no", code=Fault.METER_EXISTS
            ),
            row_errors.where(
                row_errors.those(rows, numbers), exists, column="account_no", code=Fault.ACCOUNT_EXISTS
            ),
            row_errors.where(
                row_errors.those(rows, points), exists, column="community", code=Fault.POINT_EXISTS
            ),
            row_errors.where(
                row_errors.those(rows, places), exists, column="sequence", code=Fault.PLACE_TAKEN
            ),
            *(
                row_errors.where(
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


def _totals(rows: pl.DataFrame) -> tuple[BookTotal, ...]:
    counted = (
        rows.drop_nulls(["station", "utility", "book"])
        .group_by("station", "utility", "book")
        .agg(pl.len().alias("meters"), pl.col("account_key").n_unique().alias("accounts"))
        .sort("station", "book", "utility")
    )
    return tuple(BookTotal(**row) for row in counted.iter_rows(named=True))
