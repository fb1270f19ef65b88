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
# What a caller may tell besides; null where it isn't known. The calibre is one of the model: millimetres.
METERS_MORE = {
    "manufactured_on": pl.Date,
    "verified_on": pl.Date,
    "barcode": pl.String,
    "seal_no": pl.String,
}
MODELS_MORE = {"nominal_diameter": pl.Int16}
_STANDING_MODELS = "SELECT maker, name, utility, nominal_diameter FROM devices_metermodel ORDER BY id"
_KNOWN_BARCODES = "SELECT barcode FROM devices_meter WHERE barcode = ANY(%(barcodes)s)"
_KNOWN_SEALS = "SELECT seal_no FROM devices_seal WHERE seal_no = ANY(%(seal_nos)s)"
_MODELS = "SELECT id, maker, name, utility FROM devices_metermodel ORDER BY id"
_KNOWN_SERIALS = "SELECT serial_no FROM devices_meter WHERE serial_no = ANY(%(serial_nos)s)"


def known_serials(*, serial_nos: list[str]) -> pl.DataFrame:
    """Those of the serial numbers that a meter has: serial_no. Only what the caller may see."""
    return columns.fetch(
        statement=_KNOWN_SERIALS, parameters={"serial_nos": serial_nos}, schema={"serial_no": pl.String}
    )


def known_barcodes(*, barcodes: list[str]) -> pl.DataFrame:
    """Those of the barcodes that a meter carries: barcode. Only what the caller may see."""
    return columns.fetch(
        statement=_KNOWN_BARCODES, parameters={"barcodes": barcodes}, schema={"barcode": pl.String}
    )


def known_seals(*, seal_nos: list[str]) -> pl.DataFrame:
    """Those of the seal numbers that were used: seal_no. Only what the caller may see."""
    return columns.fetch(
        statement=_KNOWN_SEALS, parameters={"seal_nos": seal_nos}, schema={"seal_no": pl.String}
    )


def standing_models() -> pl.DataFrame:
    """Every model: MODELS and its nominal_diameter in millimetres, null where nobody said."""
    return columns.fetch(statement=_STANDING_MODELS, parameters={}, schema={**MODELS, **MODELS_MORE})


def ensure_models(*, meters: pl.DataFrame) -> pl.DataFrame:
    """The models named in `meters` (columns MODELS), made where missing: MODELS and model_id.

    Their makers are made too. A model that is made, or has none yet, gets the first nominal_diameter that
    `meters` tells of it; one that has another keeps its own.
    """
    told = columns.completed(meters, schema=MODELS_MORE)
    wanted = told.group_by(*MODELS, maintain_order=True).agg(pl.col("nominal_diameter").drop_nulls().first())
    models.MeterMaker.objects.bulk_create(
        (models.MeterMaker(name=maker) for maker in wanted["maker"].unique(maintain_order=True) if maker),
        ignore_conflicts=True,
    )
    models.MeterModel.objects.bulk_create(
        (
            models.MeterModel(
                maker=row["maker"],
                name=row["model_name"],
                utility=row["utility"],
                nominal_diameter=row["nominal_diameter"],
            )
            for row in wanted.iter_rows(named=True)
        ),
        ignore_conflicts=True,
    )
    for row in wanted.drop_nulls("nominal_diameter").iter_rows(named=True):
        models.MeterModel.objects.filter(
            maker=row["maker"], name=row["model_name"], utility=row["utility"], nominal_diameter=None
        ).update(nominal_diameter=row["nominal_diameter"])
    known = columns.fetch(statement=_MODELS, parameters={}, schema={"model_id": pl.Int64, **MODELS})
    return known.join(wanted, on=list(MODELS), how="semi").select(*MODELS, "model_id")


def write_meters(*, meters: pl.DataFrame) -> pl.DataFrame:
    """Write meters in service with one total register each, fitted at their service points.

    `meters` has columns METERS and may have those of METERS_MORE; further columns are carried along. Returns
    it in its order with the ids in `meter_id` and `register_id`. The age of such a meter is counted from the
    day it was verified, else made, else fitted.
    """
    numbered = columns.completed(meters, schema=METERS_MORE).with_columns(
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
            pl.col("barcode").fill_null(""),
            in_service.alias("state"),
            "manufactured_on",
            "verified_on",
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
    _write_fitted(numbered)
    _write_seals(numbered.filter(pl.col("seal_no").is_not_null()))
    return numbered.select(*meters.columns, "meter_id", "register_id")


def _write_fitted(meters: pl.DataFrame) -> None:
    """Their first move, from nowhere into service, and where they hang."""
    columns.copy_in(
        table=models.MeterMove,
        frame=meters.select(
            "station_id",
            "meter_id",
            pl.lit(models.MeterState.IN_SERVICE.value, dtype=pl.Int16).alias("to_state"),
            pl.col("installed_on").alias("moved_on"),
        ),
    )
    columns.copy_in(
        table=models.Installation,
        frame=meters.select("station_id", "meter_id", "service_point_id", "installed_on"),
    )


def _write_seals(meters: pl.DataFrame) -> None:
    """Seals that were there when the meter came into the books: since it was fitted, nobody said where."""
    columns.copy_in(
        table=models.Seal,
        frame=meters.select(
            "station_id",
            "meter_id",
            "seal_no",
            pl.lit("").alias("colour"),
            pl.lit(models.SealPosition.OTHER.value, dtype=pl.Int16).alias("position"),
            pl.col("installed_on").alias("applied_on"),
            pl.lit("").alias("removal_reason"),
        ),
    )


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
    since = pl.coalesce("verified_on", "manufactured_on", "installed_on")
    due = since.dt.offset_by(pl.format("{}mo", pl.col("months").fill_null(0)))
    return meters.join(known, on="model_id", how="left", maintain_order="left").with_columns(
        pl.when(pl.col("months").is_not_null()).then(due).alias("verification_due_on")
    )
