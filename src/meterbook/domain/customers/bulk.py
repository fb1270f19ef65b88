"""Customers as columns."""

import polars as pl

from meterbook.domain import columns
from meterbook.domain.customers import models, rules

# What a caller tells of each customer; `phone` is "" where there is none.
CUSTOMERS = {
    "station_id": pl.Int64,
    "customer_class": pl.Int16,
    "name": pl.String,
    "phone": pl.String,
    "valid_from": pl.Date,
    "created_at": pl.Datetime("us", "UTC"),
}


def write_customers(*, customers: pl.DataFrame) -> pl.DataFrame:
    """Write customers and their phone numbers; returns `customers` in its order with their ids in `id`.

    `customers` has columns CUSTOMERS; further columns are carried along. The phone number counts from
    `valid_from` on.
    """
    ids = columns.next_ids(table=models.Customer, count=customers.height)
    numbered = customers.with_columns(pl.Series("id", ids, dtype=pl.Int64))
    keys = [rules.search_keys(name) for name in numbered["name"]]
    columns.copy_in(
        table=models.Customer,
        frame=numbered.select(
            "id",
            "station_id",
            "customer_class",
            _kind(),
            "name",
            pl.Series("name_pinyin", [key.pinyin for key in keys], dtype=pl.String),
            pl.Series("name_initials", [key.initials for key in keys], dtype=pl.String),
            pl.lit("").alias("remark"),
            "created_at",
        ),
    )
    _write_phones(numbered.filter(pl.col("phone") != ""))
    return numbered


def _kind() -> pl.Expr:
    """Who lives somewhere is a person, who does not is an organisation, until somebody says otherwise."""
    return (
        pl.when(pl.col("customer_class") == models.CustomerClass.RESIDENTIAL.value)
        .then(models.CustomerKind.PERSON.value)
        .otherwise(models.CustomerKind.ORGANISATION.value)
        .cast(pl.Int16)
        .alias("kind")
    )


def _write_phones(customers: pl.DataFrame) -> None:
    reversed_values = [rules.reversed_key(phone) for phone in customers["phone"]]
    columns.copy_in(
        table=models.ContactPoint,
        frame=customers.select(
            "station_id",
            pl.col("id").alias("customer_id"),
            pl.lit(models.ContactPoint.Kind.PHONE.value, dtype=pl.Int16).alias("kind"),
            pl.col("phone").alias("value"),
            pl.Series("value_reversed", reversed_values, dtype=pl.String),
            pl.lit(value=True).alias("is_preferred"),
            "valid_from",
        ),
    )
