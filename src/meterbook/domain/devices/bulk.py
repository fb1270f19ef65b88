"""Meters as columns: the meter, its register and where it hangs are written together."""

import polars as pl

from meterbook.domain import columns
from meterbook.domain.devices import models

MODELS = {"maker": pl.String, "model_name": pl.String, "utility": pl.Int16}
METERS = {
    "station_id": pl.Int64,
    "model_id": pl.Int64,
    "serial_no": pl.String,
    "digits": pl.Int16,
    "multiplier_milli": pl.Int32,
    "service_point_id": pl.Int64,
    "installed_on": pl.Date,
}

_MODELS = "SELECT id, maker, name, utility FROM devices_metermodel ORDER BY id"
_KNOWN_SERIALS = "SELECT serial_no FROM devices_meter WHERE serial_no = ANY(%(serial_nos)s)"


def known_serials(*, serial_nos: list[str]) -> pl.DataFrame:
    """Those of the serial numbers that a meter has: serial_no. Only what the caller may see."""
    return columns.fetch(
        statement=_KNOWN_SERIALS, parameters={"serial_nos": serial_nos}, schema={"serial_no": pl.String}
    )


def ensure_models(*, meters: pl.DataFrame) -> pl.DataFrame:
    """The models named in `meters` (columns MODELS), made where missing: MODELS and model_id."""
    wanted = meters.select(*MODELS).unique(maintain_order=True)
    models.MeterModel.objects.bulk_create(
        (
            models.MeterModel(maker=row["maker"], name=row["model_name"], utility=row["utility"])
            for row in wanted.iter_rows(named=True)
        ),
        ignore_conflicts=True,
    )
    known = columns.fetch(statement=_MODELS, parameters={}, schema={"model_id": pl.Int64, **MODELS})
    return known.join(wanted, on=list(MODELS), how="semi").select(*MODELS, "model_id")


def write_meters(*, meters: pl.DataFrame) -> pl.DataFrame:
    """Write meters in service with one total register each, fitted at their service points.

    `meters` has columns METERS; further columns are carried along. Returns it in its order with the ids
    in `meter_id` and `register_id`.
    """
    numbered = meters.with_columns(
        pl.Series("meter_id", columns.next_ids(table=models.Meter, count=meters.height), dtype=pl.Int64),
        pl.Series(
            "register_id", columns.next_ids(table=models.Register, count=meters.height), dtype=pl.Int64
        ),
    )
    columns.copy_in(
        table=models.Meter,
        frame=numbered.select(
            pl.col("meter_id").alias("id"),
            "station_id",
            "model_id",
            "serial_no",
            pl.lit("").alias("barcode"),
            pl.lit(models.MeterState.IN_SERVICE.value, dtype=pl.Int16).alias("state"),
        ),
    )
    columns.copy_in(
        table=models.Register,
        frame=numbered.select(
            pl.col("register_id").alias("id"),
            "station_id",
            "meter_id",
            pl.lit(models.Register.Band.TOTAL.value, dtype=pl.Int16).alias("band"),
            "digits",
            "multiplier_milli",
        ),
    )
    columns.copy_in(
        table=models.Installation,
        frame=numbered.select("station_id", "meter_id", "service_point_id", "installed_on"),
    )
    return numbered
