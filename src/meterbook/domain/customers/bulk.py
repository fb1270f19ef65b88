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
# What a caller may tell besides; null where it isn't known. `document_no` and its `document_key` are what
# rules_identity.check_number gives; `second_phone` is tried after the first.
CUSTOMERS_MORE = {
    "customer_kind": pl.Int16,
    "language": pl.String,
    "reader_remark": pl.String,
    "contact_name": pl.String,
    "second_phone": pl.String,
    "document_kind": pl.Int16,
    "document_no": pl.String,
    "document_key": pl.String,
    "invoice_title": pl.String,
    "tax_no": pl.String,
}


def write_customers(*, customers: pl.DataFrame) -> pl.DataFrame:
    """Write customers with how they are reached and known; returns them in their order with ids in `id`.

    `customers` has columns CUSTOMERS and may have those of CUSTOMERS_MORE; further columns are carried along.
    Phones, papers and invoice details count from `valid_from` on.
    """
    ids = columns.next_ids(table=models.Customer, count=customers.height)
    numbered = columns.completed(customers, schema=CUSTOMERS_MORE).with_columns(
        pl.Series("id", ids, dtype=pl.Int64)
    )
    known = {name: rules.search_keys(name) for name in numbered["name"].unique()}
    keys = [known[name] for name in numbered["name"]]
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
            pl.col("reader_remark", "language").fill_null(""),
            "created_at",
        ),
    )
    _write_contacts(numbered)
    _write_documents(numbered.filter(pl.col("document_no").is_not_null()))
    _write_invoicing(numbered.filter(pl.col("invoice_title").is_not_null()))
    return numbered.select(*customers.columns, "id")


def _kind() -> pl.Expr:
    """Who lives somewhere is a person, who does not is an organisation, until somebody says otherwise."""
    usual = (
        pl.when(pl.col("customer_class") == models.CustomerClass.RESIDENTIAL.value)
        .then(models.CustomerKind.PERSON.value)
        .otherwise(models.CustomerKind.ORGANISATION.value)
    )
    return pl.coalesce("customer_kind", usual).cast(pl.Int16).alias("kind")


def _write_contacts(customers: pl.DataFrame) -> None:
    """The phones, the first one preferred; the contact person goes with the first."""
    first = customers.filter(pl.col("phone") != "").with_columns(
        pl.col("contact_name").fill_null(""), is_preferred=pl.lit(value=True)
    )
    is_other = pl.col("second_phone").is_not_null() & (pl.col("second_phone") != pl.col("phone"))
    second = customers.filter(is_other).with_columns(
        contact_name=pl.lit(""), phone=pl.col("second_phone"), is_preferred=pl.col("phone") == ""
    )
    points = pl.concat([first, second])
    reversed_values = [rules.reversed_key(phone) for phone in points["phone"]]
    columns.copy_in(
        table=models.ContactPoint,
        frame=points.select(
            "station_id",
            pl.col("id").alias("customer_id"),
            pl.lit(models.ContactPoint.Kind.PHONE.value, dtype=pl.Int16).alias("kind"),
            "contact_name",
            pl.col("phone").alias("value"),
            pl.Series("value_reversed", reversed_values, dtype=pl.String),
            "is_preferred",
            "valid_from",
        ),
    )


def _write_documents(customers: pl.DataFrame) -> None:
    reversed_values = [rules.reversed_key(number) for number in customers["document_key"]]
    columns.copy_in(
        table=models.IdentityDocument,
        frame=customers.select(
            "station_id",
            pl.col("id").alias("customer_id"),
            pl.col("document_kind").alias("kind"),
            pl.col("document_no").alias("number"),
            pl.col("document_key").alias("number_key"),
            pl.Series("number_reversed", reversed_values, dtype=pl.String),
            "valid_from",
        ),
    )


def _write_invoicing(customers: pl.DataFrame) -> None:
    """Ordinary invoices: a special one needs more than a file tells."""
    blank = ("address", "phone", "bank", "bank_account", "email", "delivery_phone")
    columns.copy_in(
        table=models.InvoiceProfile,
        frame=customers.select(
            "station_id",
            pl.col("id").alias("customer_id"),
            pl.lit(models.InvoiceProfile.Kind.ORDINARY.value, dtype=pl.Int16).alias("kind"),
            pl.col("invoice_title").alias("title"),
            pl.col("tax_no").fill_null(""),
            *(pl.lit("").alias(name) for name in blank),
            pl.col("valid_from").alias("from_on"),
        ),
    )
