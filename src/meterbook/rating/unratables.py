"""Why a usage can't be rated, and the error that says so."""

from collections.abc import Sequence
from enum import StrEnum

import polars as pl


class UnratableCode(StrEnum):
    """Why a usage can't be rated; first found counts."""

    DUPLICATE_USAGE = "DUPLICATE_USAGE"
    UNKNOWN_TARIFF_VERSION = "UNKNOWN_TARIFF_VERSION"
    QUANTITY_OUT_OF_RANGE = "QUANTITY_OUT_OF_RANGE"
    NEGATIVE_RUNNING_TOTAL = "NEGATIVE_RUNNING_TOTAL"
    NEGATIVE_PERSONS = "NEGATIVE_PERSONS"
    PERIOD_OUT_OF_RANGE = "PERIOD_OUT_OF_RANGE"
    VALUE_OUT_OF_RANGE = "VALUE_OUT_OF_RANGE"
    PARTS_DO_NOT_FIT = "PARTS_DO_NOT_FIT"
    PRICE_CHANGE_UNDECIDED = "PRICE_CHANGE_UNDECIDED"
    NO_PRICE_BEFORE = "NO_PRICE_BEFORE"
    READING_NUMBER_MISSING = "READING_NUMBER_MISSING"
    AREA_MISSING = "AREA_MISSING"
    AREA_CLASS_UNKNOWN = "AREA_CLASS_UNKNOWN"
    CAPACITY_MISSING = "CAPACITY_MISSING"
    DEMAND_MISSING = "DEMAND_MISSING"
    QUOTA_MISSING = "QUOTA_MISSING"
    CALORIFIC_VALUE_MISSING = "CALORIFIC_VALUE_MISSING"
    CALIBRE_WITHOUT_PRICE = "CALIBRE_WITHOUT_PRICE"
    BANDS_DO_NOT_SUM = "BANDS_DO_NOT_SUM"
    NEGOTIATED_PRICE_OUT_OF_BAND = "NEGOTIATED_PRICE_OUT_OF_BAND"
    AMOUNT_OUT_OF_RANGE = "AMOUNT_OUT_OF_RANGE"


class RatingError(ValueError):
    """Usages that can't be rated; `unratable` is the frame of usage_id and code."""

    def __init__(self, unratable: pl.DataFrame) -> None:
        first = unratable.row(0, named=True)
        super().__init__(
            f"{unratable.height} usages can't be rated, first {first['usage_id']}: {first['code']}"
        )
        self.unratable = unratable


def too_large(lines: pl.DataFrame, names: Sequence[str] = ("amount_minor",)) -> pl.DataFrame:
    """The usages of lines where one of the columns is null because it left 64 bits."""
    is_lost = pl.any_horizontal(pl.col(name).is_null() for name in names)
    found = lines.filter(is_lost).select("usage_id").unique().sort("usage_id")
    return found.with_columns(code=pl.lit(UnratableCode.AMOUNT_OUT_OF_RANGE.value))
