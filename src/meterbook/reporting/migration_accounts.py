"""Both sides of a migration account by account, for whoever goes through a list. Pure."""

import polars as pl

# Minor units, thousandths; `…_old` the older system's, `…_ours` the books'. `account_no` is the one in the
# books, else the file's, else "#" and the row. `row` is the account's first in the workbook, or null.
ACCOUNTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "row": pl.Int32,
    "station": pl.String,
    "account_no": pl.String,
    "meters_old": pl.Int64,
    "meters_ours": pl.Int64,
    "register_milli_old": pl.Int64,
    "register_milli_ours": pl.Int64,
    "owed_minor_old": pl.Int64,
    "owed_minor_ours": pl.Int64,
    "prepaid_minor_old": pl.Int64,
    "prepaid_minor_ours": pl.Int64,
}
COMPARED = ("meters", "register_milli", "owed_minor", "prepaid_minor")


def by_account(*, old: pl.DataFrame, ours: pl.DataFrame) -> pl.DataFrame:
    """Columns ACCOUNTS, those that differ first. Both sides a row per meter, as migration_audit has them."""
    pairs = old.join(ours, on="serial_no", how="full", coalesce=True, suffix="_ours").with_columns(
        pl.coalesce("station_ours", "station").alias("station"),
        pl.coalesce(
            "account_no_ours",
            # a meter that isn't in the books goes with the others of its account
            pl.col("account_no_ours").max().over("account"),
            "account_no",
            pl.format("#{}", "row"),
        ).alias("account_no"),
    )
    summed = [
        expression
        for name in ("register_milli", "owed_minor")
        for expression in (
            pl.col(name).sum().alias(f"{name}_old"),
            pl.col(f"{name}_ours").sum(),
        )
    ]
    found = pairs.group_by("station", "account_no").agg(
        pl.col("row").min(),
        pl.col("row").count().cast(pl.Int64).alias("meters_old"),
        pl.col("agreement_id").count().cast(pl.Int64).alias("meters_ours"),
        *summed,
        # said of the account in each of its rows
        pl.col("prepaid_minor").max().fill_null(0).alias("prepaid_minor_old"),
        pl.col("prepaid_minor_ours").max().fill_null(0),
    )
    differs = pl.any_horizontal(pl.col(f"{name}_old") != pl.col(f"{name}_ours") for name in COMPARED)
    return found.sort(~differs, "station", "account_no").select(
        pl.col(name).cast(dtype) for name, dtype in ACCOUNTS.items()
    )
