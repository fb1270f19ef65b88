"""Accounts and agreements as columns."""

import polars as pl
from django.db import connection

from meterbook.domain import columns
from meterbook.domain.agreements import models, rules
from meterbook.domain.agreements import queries_numbers as queries
from meterbook.domain.customers import models as customers

ACCOUNTS = {
    "station_id": pl.Int64,
    "customer_id": pl.Int64,
    "customer_class": pl.Int16,
    "account_no": pl.String,
    "opened_on": pl.Date,
}
# `persons` is null where the tariff's own household size counts.
AGREEMENTS = {
    "station_id": pl.Int64,
    "account_id": pl.Int64,
    "service_point_id": pl.Int64,
    "utility": pl.Int16,
    "tariff_id": pl.Int64,
    "persons": pl.Int16,
    "from_on": pl.Date,
}
# What a caller may tell of an agreement besides; null where it isn't known. Thousandths of a square metre and
# of the unit: `counted_milli` is what the tier counter stood at on `from_on`, counted since `counted_since`.
AGREEMENTS_MORE = {
    "usage_type_id": pl.Int64,
    "area_milli": pl.Int64,
    "counted_milli": pl.Int64,
    "counted_since": pl.Date,
}
EXTERNAL_NUMBERS = {
    "station_id": pl.Int64,
    "account_id": pl.Int64,
    "external_kind": pl.Int16,
    "external_no": pl.String,
    "valid_from": pl.Date,
}
_KNOWN_EXTERNAL = """
SELECT kind, number FROM agreements_externalnumber
WHERE valid_until IS NULL AND number = ANY(%(numbers)s)
"""
_USAGE_TYPES = "SELECT id, code, utility FROM agreements_usagetype WHERE is_offered ORDER BY code"

_TAKE_NUMBERS = """
INSERT INTO agreements_accountsequence (prefix, next_value) VALUES (%s, %s)
ON CONFLICT (prefix) DO UPDATE
SET next_value = agreements_accountsequence.next_value + EXCLUDED.next_value - 1
RETURNING next_value
"""
_KNOWN_NUMBERS = "SELECT account_no FROM agreements_account WHERE account_no = ANY(%(account_nos)s)"


_PRICES = """
SELECT t.id, t.code, t.utility, min(v.effective_from)
FROM tariffs_tariff t JOIN tariffs_tariffversion v ON v.tariff_id = t.id
GROUP BY t.id ORDER BY t.code
"""
_PRICES_SCHEMA = {
    "tariff_id": pl.Int64,
    "tariff": pl.String,
    "tariff_utility": pl.Int16,
    "tariff_starts_on": pl.Date,
}


def agreeable_tariffs() -> pl.DataFrame:
    """The tariffs an agreement may name: tariff_id, tariff (its code), tariff_utility, tariff_starts_on."""
    return columns.fetch(statement=_PRICES, parameters={}, schema=_PRICES_SCHEMA)


def agreeable_usage_types() -> pl.DataFrame:
    """The usage types an agreement may name: usage_type_id, usage_type (its code), usage_utility or null."""
    return columns.fetch(
        statement=_USAGE_TYPES,
        parameters={},
        schema={"usage_type_id": pl.Int64, "usage_type": pl.String, "usage_utility": pl.Int16},
    )


def known_external_numbers(*, numbers: list[str]) -> pl.DataFrame:
    """Those of the numbers an account is known by now: external_kind, external_no. Only what may be seen."""
    return columns.fetch(
        statement=_KNOWN_EXTERNAL,
        parameters={"numbers": numbers},
        schema={"external_kind": pl.Int16, "external_no": pl.String},
    )


def write_external_numbers(*, numbers: pl.DataFrame) -> None:
    """Let accounts be known by further numbers: columns EXTERNAL_NUMBERS, kinds of models.ExternalKind."""
    columns.copy_in(
        table=models.ExternalNumber,
        frame=numbers.select(
            "station_id",
            "account_id",
            pl.col("external_kind").alias("kind"),
            pl.col("external_no").alias("number"),
            "valid_from",
        ),
    )


def account_ids(*, station_id: int) -> list[int]:
    """The accounts of a station, ascending."""
    rows = models.Account.objects.filter(station_id=station_id).order_by("id")
    return list(rows.values_list("id", flat=True))


def known_account_numbers(*, account_nos: list[str]) -> pl.DataFrame:
    """Those of the numbers that an account has: account_no. Only what the caller may see."""
    return columns.fetch(
        statement=_KNOWN_NUMBERS, parameters={"account_nos": account_nos}, schema={"account_no": pl.String}
    )


def write_accounts(*, accounts: pl.DataFrame) -> pl.DataFrame:
    """Open accounts; returns `accounts` in its order with `account_no` filled and their ids in `id`.

    `accounts` has columns ACCOUNTS; further columns are carried along. An account without a number (null)
    gets the next one of its series, in the frame's order.
    """
    numbers = _filled_numbers(accounts)
    numbered = accounts.with_columns(
        pl.Series("account_no", numbers, dtype=pl.String),
        pl.Series("id", columns.next_ids(table=models.Account, count=accounts.height), dtype=pl.Int64),
    )
    columns.copy_in(
        table=models.Account,
        frame=numbered.select(
            "id",
            "station_id",
            "account_no",
            "customer_id",
            pl.lit(models.AccountState.ACTIVE.value, dtype=pl.Int16).alias("state"),
            "opened_on",
        ),
    )
    columns.copy_in(
        table=models.AccountHolder,
        frame=numbered.select(
            "station_id",
            pl.col("id").alias("account_id"),
            "customer_id",
            pl.col("opened_on").alias("from_on"),
        ),
    )
    return numbered


def write_agreements(*, agreements: pl.DataFrame) -> pl.DataFrame:
    """Write supply agreements with their tariff and what else is told of them, all from `from_on` on.

    `agreements` has columns AGREEMENTS and may have those of AGREEMENTS_MORE with `recorded_at`; further
    columns are carried along. Returns it in its order with the ids in `id`.
    """
    ids = columns.next_ids(table=models.SupplyAgreement, count=agreements.height)
    numbered = columns.completed(agreements, schema=AGREEMENTS_MORE).with_columns(
        pl.Series("id", ids, dtype=pl.Int64)
    )
    columns.copy_in(
        table=models.SupplyAgreement,
        frame=numbered.select("id", "station_id", "account_id", "service_point_id", "utility", "from_on"),
    )
    of_agreement = pl.col("id").alias("agreement_id")
    columns.copy_in(
        table=models.AgreementTariff,
        frame=numbered.select("station_id", of_agreement, "tariff_id", "from_on"),
    )
    columns.copy_in(
        table=models.HouseholdSize,
        frame=numbered.filter(pl.col("persons").is_not_null()).select(
            "station_id", of_agreement, "persons", "from_on"
        ),
    )
    columns.copy_in(
        table=models.AgreementUsage,
        frame=numbered.filter(pl.col("usage_type_id").is_not_null()).select(
            "station_id", of_agreement, "usage_type_id", "from_on"
        ),
    )
    columns.copy_in(
        table=models.HeatedArea,
        frame=numbered.filter(pl.col("area_milli").is_not_null()).select(
            "station_id",
            of_agreement,
            "area_milli",
            pl.lit(models.AreaKind.BUILDING.value, dtype=pl.Int16).alias("kind"),
            pl.lit("").alias("area_class"),
            "from_on",
        ),
    )
    _write_counters(numbered.filter(pl.col("counted_milli").is_not_null()))
    return numbered.select(*agreements.columns, "id")


def _write_counters(agreements: pl.DataFrame) -> None:
    if agreements.is_empty():
        return
    columns.copy_in(
        table=models.OpeningCounter,
        frame=agreements.select(
            "station_id",
            pl.col("id").alias("agreement_id"),
            pl.col("counted_since").alias("starts_on"),
            pl.col("from_on").alias("as_of"),
            pl.col("counted_milli").alias("quantity_milli"),
            "recorded_at",
        ),
    )


def _filled_numbers(accounts: pl.DataFrame) -> list[str]:
    """The account numbers of the frame, those that are missing taken from the series of station and class."""
    numbers = accounts["account_no"].to_list()
    given = set(accounts["account_no"].drop_nulls())
    known = queries.number_series(station_ids=accounts["station_id"].unique().to_list())
    resident = customers.CustomerClass.RESIDENTIAL
    wanted: dict[rules.Series, list[int]] = {}
    for place, (station_id, customer_class, number) in enumerate(
        accounts.select("station_id", "customer_class", "account_no").iter_rows()
    ):
        if number is None:
            wanted.setdefault(known[station_id, customer_class == resident], []).append(place)
    for series in sorted(wanted, key=lambda series: series.prefix):
        places = wanted[series]
        taken = next_account_numbers(series=series, count=len(places), avoid=given)
        given.update(taken)
        for place, number in zip(places, taken, strict=True):
            numbers[place] = number
    return numbers


def next_account_numbers(*, series: rules.Series, count: int, avoid: set[str]) -> list[str]:
    """The next `count` numbers of a series; the series' row stays locked until the transaction ends.

    Numbers kept from an older system may lie in the series: those are passed over, and those in `avoid`.
    Raises rules.NumberRuleError when the series is used up.
    """
    found: list[str] = []
    while len(found) < count:
        wanted = count - len(found)
        with connection.cursor() as cursor:
            cursor.execute(_TAKE_NUMBERS, [series.prefix, wanted + 1])
            first = cursor.fetchone()[0] - wanted
        numbers = rules.account_numbers(form=series.form, prefix=series.prefix, first=first, count=wanted)
        used = avoid.union(known_account_numbers(account_nos=numbers)["account_no"])
        found.extend(number for number in numbers if number not in used)
    return found
