"""Writes supplied customers over all their subjects: who, where, which meter, which price, which book.

The one way in for the file import, the demo and the tests. Needs a transaction, opens none.
"""

import datetime
from dataclasses import dataclass

import polars as pl

from meterbook.domain.agreements import bulk as agreements
from meterbook.domain.customers import bulk as customers
from meterbook.domain.devices import bulk as devices
from meterbook.domain.metering import bulk as metering
from meterbook.domain.premises import bulk as premises

# One row per meter. Rows with the same `account_key` share one customer and one account; what those say of
# the customer is taken from the first. Quantities in thousandths. The meter hangs since `installed_on`; the
# agreement, its price and household size and the initial reading begin on `from_on`.
SUPPLIES = {
    "station_id": pl.Int64,
    "account_key": pl.Int64,
    "account_no": pl.String,
    "name": pl.String,
    "customer_class": pl.Int16,
    "phone": pl.String,
    "district": pl.String,
    "street": pl.String,
    "community": pl.String,
    "building": pl.String,
    "entrance": pl.String,
    "floor": pl.String,
    "flat_no": pl.String,
    "address": pl.String,
    "persons": pl.Int16,
    "utility": pl.Int16,
    "tariff_id": pl.Int64,
    "serial_no": pl.String,
    "maker": pl.String,
    "model_name": pl.String,
    "digits": pl.Int16,
    "multiplier_milli": pl.Int32,
    "initial_milli": pl.Int64,
    "installed_on": pl.Date,
    "from_on": pl.Date,
    "book_code": pl.String,
    "sequence": pl.Int32,
}


@dataclass(frozen=True, slots=True)
class SuppliesWritten:
    """`rows` is the frame written, in its order, with what every subject gave.

    That is: customer_id, account_id, account_no, premise_id, service_point_id, meter_id, register_id,
    agreement_id, book_id, sequence.
    """

    rows: pl.DataFrame

    @property
    def account_count(self) -> int:
        """Number of accounts opened."""
        return int(self.rows["account_id"].n_unique())


def write_supplies(*, supplies: pl.DataFrame, recorded_at: datetime.datetime) -> SuppliesWritten:
    """Write all rows of `supplies` (columns SUPPLIES). `account_no` and `sequence` may be null: next free.

    Numbers are taken in the frame's order. Whatever the tables refuse (a meter or account number in use,
    a point supplied already) raises django.db.IntegrityError.
    """
    rows = supplies.select(*SUPPLIES)
    rows = _write_accounts(rows, recorded_at=recorded_at)
    rows = _write_places(rows)
    rows = _write_meters(rows)
    rows = agreements.write_agreements(agreements=rows).rename({"id": "agreement_id"})
    rows = metering.write_books_and_places(places=rows)
    metering.write_initial_readings(
        readings=rows.select(
            "station_id",
            "register_id",
            pl.col("from_on").alias("read_on"),
            pl.col("initial_milli").alias("value_milli"),
            pl.lit(recorded_at).cast(pl.Datetime("us", "UTC")).alias("recorded_at"),
        )
    )
    return SuppliesWritten(rows=rows)


def _write_accounts(rows: pl.DataFrame, *, recorded_at: datetime.datetime) -> pl.DataFrame:
    holders = (
        rows.group_by("account_key", maintain_order=True)
        .agg(
            pl.col("station_id", "customer_class", "name", "phone", "account_no").first(),
            pl.col("from_on").min().alias("opened_on"),
        )
        .with_columns(
            pl.col("opened_on").alias("valid_from"),
            pl.lit(recorded_at).cast(pl.Datetime("us", "UTC")).alias("created_at"),
        )
    )
    known = customers.write_customers(customers=holders).rename({"id": "customer_id"})
    opened = agreements.write_accounts(accounts=known).select(
        "account_key", "customer_id", pl.col("id").alias("account_id"), "account_no"
    )
    return rows.drop("account_no").join(opened, on="account_key", how="left", maintain_order="left")


def _write_places(rows: pl.DataFrame) -> pl.DataFrame:
    found = premises.ensure_premises(premises=rows)
    placed = rows.join(found, on=["station_id", "address"], how="left", maintain_order="left")
    return premises.write_service_points(service_points=placed).rename({"id": "service_point_id"})


def _write_meters(rows: pl.DataFrame) -> pl.DataFrame:
    models = devices.ensure_models(meters=rows)
    of_model = rows.join(models, on=list(devices.MODELS), how="left", maintain_order="left")
    return devices.write_meters(meters=of_model).drop("model_id")
