"""The named schemas of the engine: what goes in and what comes out. Units are in the column names.

`_milli` are thousandths of the unit, `_micro` millionths of a currency unit, `_minor` the currency's minor
unit, `_ppm` millionths of a whole.
"""

from enum import IntEnum

import polars as pl

from meterbook.kernel import frames
from meterbook.rating.charges import time_of_use

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


class Split(IntEnum):
    """How one of several parts of a usage (mixed use of one meter) gets its quantity.

    FIXED takes `split_value` thousandths first, in the order of part numbers; SHARE takes `split_value`
    millionths of what is left; REST what then remains. HIGHEST: every part is rated with the whole quantity
    and the dearest one counts.
    """

    REST = 0
    FIXED = 1
    SHARE = 2
    HIGHEST = 3


BANDS = tuple(range(1, time_of_use.MOST_BANDS + 1))
# What only some tariffs ask for. A column that is missing is a column of nulls.
USAGE_MORE = frames.FrameSchema(
    name="usage_frame, further columns",
    columns={
        "part_no": pl.Int16(),
        "split": pl.Int8(),
        "split_value": pl.Int64(),
        "months": pl.Int16(),
        "reading_no": pl.Int16(),
        "tier_months": pl.Int16(),
        "tier_days": pl.Int16(),
        "tier_factor_ppm": pl.Int32(),
        "tier_used_milli": pl.List(pl.Int64()),
        "area_milli": pl.Int64(),
        "area_class": pl.String(),
        "height_milli": pl.Int64(),
        "capacity_milli": pl.Int64(),
        "demand_milli": pl.Int64(),
        "households": pl.Int16(),
        "calibre_mm": pl.Int16(),
        "calorific_micro": pl.Int64(),
        "carried_milli": pl.Int64(),
        "quota_milli": pl.Int64(),
        "negotiated_micro": pl.Int64(),
        "free_before_milli": pl.Int64(),
        "choices": pl.List(pl.String()),
        "paid_on": pl.Date(),
        **{f"band_{band}_milli": pl.Int64() for band in BANDS},
        **{f"band_{band}_before_milli": pl.Int64() for band in BANDS},
    },
    nullable=frozenset(),
)
LINES = frames.FrameSchema(
    name="lines_frame",
    columns={
        "usage_id": pl.Int64(),
        "line_no": pl.Int16(),
        "part_no": pl.Int16(),
        "tariff_version_id": pl.Int32(),
        "set_no": pl.Int16(),
        "component_no": pl.Int16(),
        "band": pl.Int16(),
        "tier": pl.Int16(),
        "tier_from_milli": pl.Int64(),
        "tier_until_milli": pl.Int64(),
        "before_milli": pl.Int64(),
        "quantity_milli": pl.Int64(),
        "unit_price_micro": pl.Int64(),
        "factor_ppm": pl.Int32(),
        "time_numerator": pl.Int32(),
        "time_denominator": pl.Int32(),
        "amount_minor": pl.Int64(),
        "rounding": pl.Int16(),
        "tax_minor": pl.Int64(),
        "tax_basis_points": pl.Int16(),
        "period_from": pl.Date(),
        "period_until": pl.Date(),
        "days": pl.Int16(),
    },
    nullable=frozenset({"tier_from_milli", "tier_until_milli"}),
)
UNRATABLE = frames.FrameSchema(
    name="unratable_frame",
    columns={"usage_id": pl.Int64(), "code": pl.String()},
)
# Needed to find the lines; the engine joins them to every usage.
PRICES = frames.FrameSchema(
    name="price_frame",
    columns={
        "tariff_version_id": pl.Int32(),
        "set_no": pl.Int16(),
        "price_no": pl.Int32(),
        "component_no": pl.Int16(),
        "kind": pl.Int8(),
        "tier": pl.Int16(),
        "band": pl.Int16(),
        "basis": pl.Int8(),
        "is_fee": pl.Boolean(),
        "takes_free": pl.Boolean(),
        "tier_from_milli": pl.Int64(),
        "tier_until_milli": pl.Int64(),
        "from_growth_milli": pl.Int64(),
        "until_growth_milli": pl.Int64(),
        "from_jump_milli": pl.Int64(),
        "until_jump_milli": pl.Int64(),
        "from_cap_milli": pl.Int64(),
        "until_cap_milli": pl.Int64(),
        "growth_parts": pl.Int64(),
        "over_persons": pl.Int64(),
        "default_persons": pl.Int16(),
        "bounds": pl.Int8(),
        "bound_step_milli": pl.Int64(),
        "bound_mode": pl.Int8(),
        "table_from_milli": pl.Int64(),
        "table_until_milli": pl.Int64(),
        "calibre_mm": pl.Int16(),
        "size_milli": pl.Int64(),
        "cap_milli": pl.Int64(),
        "condition_no": pl.Int16(),
    },
    nullable=frozenset(
        {
            "tier_from_milli",
            "tier_until_milli",
            "from_cap_milli",
            "until_cap_milli",
            "table_from_milli",
            "table_until_milli",
            "calibre_mm",
            "size_milli",
            "cap_milli",
            "condition_no",
        }
    ),
)
# Needed only by the rows that became lines; row `price_no` of it.
TERMS = frames.FrameSchema(
    name="term_frame",
    columns={
        "unit_price_micro": pl.Int64(),
        "lowest_micro": pl.Int64(),
        "highest_micro": pl.Int64(),
        "time": pl.Int8(),
        "share_ppm": pl.Int32(),
        "share_step_milli": pl.Int64(),
        "rate_ppm": pl.Int64(),
        "rounding": pl.Int16(),
        "rounding_mode": pl.Int8(),
        "step_minor": pl.Int64(),
        "divisor": pl.Int64(),
        "minor_milli": pl.Int64(),
        "tax_basis_points": pl.Int16(),
        "stage_no": pl.Int16(),
        "counted_bits": pl.Int64(),
    },
    nullable=frozenset({"lowest_micro", "highest_micro", "share_step_milli"}),
)
