"""The named schemas of the engine: what goes in and what comes out. Units are in the column names."""

import polars as pl

from meterbook.kernel import frames

USAGE = frames.FrameSchema(
    name="usage_frame",
    columns={
        "usage_id": pl.Int64(),
        "tariff_version_id": pl.Int32(),
        "quantity_milli": pl.Int64(),
        "before_milli": pl.Int64(),
        "persons": pl.Int16(),
        "period_from": pl.Date(),
        "period_until": pl.Date(),
    },
    nullable=frozenset({"persons"}),
)
LINES = frames.FrameSchema(
    name="lines_frame",
    columns={
        "usage_id": pl.Int64(),
        "line_no": pl.Int16(),
        "tariff_version_id": pl.Int32(),
        "component_no": pl.Int16(),
        "tier": pl.Int16(),
        "tier_from_milli": pl.Int64(),
        "tier_until_milli": pl.Int64(),
        "before_milli": pl.Int64(),
        "quantity_milli": pl.Int64(),
        "unit_price_micro": pl.Int64(),
        "amount_minor": pl.Int64(),
        "rounding": pl.Int16(),
        "days": pl.Int16(),
    },
    nullable=frozenset({"tier_from_milli", "tier_until_milli"}),
)
UNRATABLE = frames.FrameSchema(
    name="unratable_frame",
    columns={"usage_id": pl.Int64(), "code": pl.String()},
)
PRICES = frames.FrameSchema(
    name="price_frame",
    columns={
        "tariff_version_id": pl.Int32(),
        "component_no": pl.Int16(),
        "kind": pl.Int16(),
        "tier": pl.Int16(),
        "tier_from_milli": pl.Int64(),
        "tier_until_milli": pl.Int64(),
        "from_growth_milli": pl.Int64(),
        "until_growth_milli": pl.Int64(),
        "growth_parts": pl.Int64(),
        "over_persons": pl.Int64(),
        "default_persons": pl.Int16(),
        "unit_price_micro": pl.Int64(),
        "rounding": pl.Int16(),
        "rounding_mode": pl.Int8(),
        "step_minor": pl.Int64(),
        "divisor": pl.Int64(),
    },
    nullable=frozenset({"tier_from_milli", "tier_until_milli"}),
)
