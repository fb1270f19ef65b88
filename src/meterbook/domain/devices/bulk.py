"""Meters as columns: the meter, its register, its first move and where it hangs are written together."""

import polars as pl
from django.db import models as django_models

from meterbook.domain import columns
from meterbook.domain.devices import models, rules

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
    """The models named in `meters` (columns MODELS), made where missing: MODELS and model_id.

    Their makers are made too.
    """
    wanted = meters.select(*MODELS).unique(maintain_order=True)
    models.MeterMaker.objects.bulk_create(
        (models.MeterMaker(name=maker) for maker in wanted["maker"].unique(maintain_order=True) if maker),
        ignore_conflicts=True,
    )
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
    in `meter_id` and `register_id`. The age of such a meter is counted from the day it was fitted.
    """
    numbered = meters.with_columns(
        _ids(models.Meter, meters.height).alias("meter_id"),
        _ids(models.Register, meters.height).alias("register_id"),
    )
    in_service = pl.lit(models.MeterState.IN_SERVICE.value, dtype=pl.Int16)
    columns.copy_in(
        table=models.Meter,
        frame=_with_due(numbered).select(
            pl.col("meter_id").alias("id"),
            "station_id",
            "model_id",
            "serial_no",
            pl.lit("").alias("barcode"),
            in_service.alias("state"),
            "verification_due_on",
        ),
    )
    columns.copy_in(
        table=models.Register,
        frame=numbered.select(
            pl.col("register_id").alias("id"),
            "station_id",
            "meter_id",
            pl.lit(models.Band.TOTAL.value, dtype=pl.Int16).alias("band"),
            "digits",
            "multiplier_milli",
        ),
    )
    columns.copy_in(
        table=models.MeterMove,
        frame=numbered.select(
            "station_id",
            "meter_id",
            in_service.alias("to_state"),
            pl.col("installed_on").alias("moved_on"),
        ),
    )
    columns.copy_in(
        table=models.Installation,
        frame=numbered.select("station_id", "meter_id", "service_point_id", "installed_on"),
    )
    return numbered


def _ids(table: type[django_models.Model], count: int) -> pl.Series:
    return pl.Series(columns.next_ids(table=table, count=count), dtype=pl.Int64)


def _with_due(meters: pl.DataFrame) -> pl.DataFrame:
    """`meters` with verification_due_on by what their models are held to; empty where nothing limits them."""
    held = models.MeterModel.objects.filter(pk__in=meters["model_id"].unique().to_list())
    months = {model.pk: rules.lives_of_model(model).months for model in held}
    known = pl.DataFrame(
        {"model_id": list(months), "months": list(months.values())},
        schema={"model_id": pl.Int64, "months": pl.Int64},
    )
    # Adding months keeps the day, or takes the month's last: as kernel.period.add_months does.
    due = pl.col("installed_on").dt.offset_by(pl.format("{}mo", pl.col("months").fill_null(0)))
    return meters.join(known, on="model_id", how="left", maintain_order="left").with_columns(
        pl.when(pl.col("months").is_not_null()).then(due).alias("verification_due_on")
    )
