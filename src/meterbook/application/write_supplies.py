"""Writes supplied customers over all their subjects: who, where, which meter, which price, which book.

The one way in for the file import, the demo and the tests. Needs a transaction, opens none.
"""

import datetime
from dataclasses import dataclass

import polars as pl
from django.apps import apps

from meterbook.application import progress
from meterbook.domain import columns
from meterbook.domain.agreements import bulk as agreements
from meterbook.domain.agreements import models as agreement_models
from meterbook.domain.billing import operations_openings as billing
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
# What a file may tell besides; null where it doesn't. Amounts in minor units above zero: `owed_minor` of the
# row's utility, `prepaid_minor` of the account, alike in all its rows. The other names are the subjects'.
MORE = {
    **customers.CUSTOMERS_MORE,
    **devices.METERS_MORE,
    **devices.MODELS_MORE,
    **agreements.AGREEMENTS_MORE,
    "old_no": pl.String,
    "bank_no": pl.String,
    "joint_no": pl.String,
    "owed_minor": pl.Int64,
    "owed_due_on": pl.Date,
    "prepaid_minor": pl.Int64,
}
EXTERNAL_KINDS = {
    "old_no": agreement_models.ExternalKind.OLD_SYSTEM,
    "bank_no": agreement_models.ExternalKind.BANK_REFERENCE,
    "joint_no": agreement_models.ExternalKind.JOINT_COLLECTION,
}
# The subjects whose tables are written, and from how many rows on the planner is told.
_SUBJECTS = (
    "customers", "premises", "devices", "agreements", "metering", "billing", "ledger", "payments",
    "documents",
)  # fmt: skip
MANY_ROWS = 1_000
_OF_HOLDER = (*customers.CUSTOMERS_MORE, *EXTERNAL_KINDS, "prepaid_minor")


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


def write_supplies(
    *,
    supplies: pl.DataFrame,
    recorded_at: datetime.datetime,
    posted_on: datetime.date | None = None,
    tell: progress.Tell = progress.nobody,
) -> SuppliesWritten:
    """Write all rows of `supplies` (columns SUPPLIES, perhaps MORE). `account_no` and `sequence` may be null:
    next free.

    Numbers are taken in the frame's order. Balances brought along are posted on `posted_on`, else on the day
    of `recorded_at`. Whatever the tables refuse (a meter or account number in use, a point supplied already)
    raises django.db.IntegrityError.
    """
    rows = columns.completed(supplies, schema=MORE).select(
        *SUPPLIES, *MORE, pl.lit(recorded_at).cast(pl.Datetime("us", "UTC")).alias("recorded_at")
    )
    tell(progress.Stage.WRITING, 55)
    rows = _write_accounts(rows, recorded_at=recorded_at)
    tell(progress.Stage.WRITING, 65)
    rows = _write_places(rows)
    tell(progress.Stage.WRITING, 75)
    rows = _write_meters(rows)
    tell(progress.Stage.WRITING, 85)
    rows = agreements.write_agreements(agreements=rows).rename({"id": "agreement_id"})
    rows = metering.write_books_and_places(places=rows)
    metering.write_initial_readings(
        readings=rows.select(
            "station_id",
            "register_id",
            pl.col("from_on").alias("read_on"),
            pl.col("initial_milli").alias("value_milli"),
            "recorded_at",
        )
    )
    tell(progress.Stage.WRITING, 95)
    _write_openings(rows, recorded_at=recorded_at, posted_on=posted_on or recorded_at.date())
    return SuppliesWritten(rows=rows)


def refresh_statistics() -> None:
    """After many rows and their commit: pages and bill runs must not be planned for empty tables."""
    tables = [table for label in _SUBJECTS for table in apps.get_app_config(label).get_models()]
    columns.refresh_statistics(tables=tables)


def _write_accounts(rows: pl.DataFrame, *, recorded_at: datetime.datetime) -> pl.DataFrame:
    holders = (
        rows.group_by("account_key", maintain_order=True)
        .agg(
            pl.col("station_id", "customer_class", "name", "phone", "account_no", *_OF_HOLDER).first(),
            pl.col("from_on").min().alias("opened_on"),
        )
        .with_columns(
            pl.col("opened_on").alias("valid_from"),
            pl.lit(recorded_at).cast(pl.Datetime("us", "UTC")).alias("created_at"),
        )
    )
    known = customers.write_customers(customers=holders).rename({"id": "customer_id"})
    accounts = agreements.write_accounts(accounts=known).rename({"id": "account_id"})
    for column, kind in EXTERNAL_KINDS.items():
        agreements.write_external_numbers(
            numbers=accounts.filter(pl.col(column).is_not_null()).select(
                "station_id",
                "account_id",
                pl.lit(kind.value, dtype=pl.Int16).alias("external_kind"),
                pl.col(column).alias("external_no"),
                "valid_from",
            )
        )
    opened = accounts.select("account_key", "customer_id", "account_id", "account_no")
    return rows.drop("account_no").join(opened, on="account_key", how="left", maintain_order="left")


def _write_places(rows: pl.DataFrame) -> pl.DataFrame:
    found = premises.ensure_premises(premises=rows)
    placed = rows.join(found, on=["station_id", "address"], how="left", maintain_order="left")
    return premises.write_service_points(service_points=placed).rename({"id": "service_point_id"})


def _write_meters(rows: pl.DataFrame) -> pl.DataFrame:
    models = devices.ensure_models(meters=rows)
    of_model = rows.join(models, on=list(devices.MODELS), how="left", maintain_order="left")
    return devices.write_meters(meters=of_model).drop("model_id")


def _write_openings(rows: pl.DataFrame, *, recorded_at: datetime.datetime, posted_on: datetime.date) -> None:
    """What the accounts owed and had paid in advance in the system they come from."""
    debts = rows.filter(pl.col("owed_minor").is_not_null()).select(
        "station_id",
        "account_id",
        "agreement_id",
        "utility",
        pl.col("owed_minor").alias("amount_minor"),
        pl.col("owed_due_on").alias("due_on"),
        pl.col("from_on").alias("as_of"),
    )
    if debts.height:
        billing.record_debts(debts=debts, posted_on=posted_on, recorded_at=recorded_at)
    credits_ = (
        rows.filter(pl.col("prepaid_minor").is_not_null())
        .unique("account_id", keep="first", maintain_order=True)
        .select("station_id", "account_id", pl.col("prepaid_minor").alias("amount_minor"))
    )
    if credits_.height:
        billing.record_credits(credits_=credits_, posted_on=posted_on, recorded_at=recorded_at)
