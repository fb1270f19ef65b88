"""Which usages can't be rated, and why: everything a tariff asks for must be there and make sense."""

from collections.abc import Mapping
from enum import StrEnum

import polars as pl

from meterbook.kernel import quantity
from meterbook.rating import book as books
from meterbook.rating import columns
from meterbook.rating.charges import kinds
from meterbook.rating.steps import usages


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


# Beyond ten years nothing is a billing period; beyond a million m² or kVA nothing is one supply.
MOST_DAYS = 3700
MOST_EXTENT_MILLI = 10**9
MOST_COUNT = 10_000
MOST_FACTOR = 100
_EXTENTS = (
    "area_milli",
    "capacity_milli",
    "demand_milli",
    "height_milli",
    "free_before_milli",
    "carried_milli",
)
_COUNTS = ("months", "reading_no", "tier_months", "tier_days", "households", "calibre_mm")
_LARGE = ("quota_milli", "negotiated_micro", "calorific_micro")


class RatingError(ValueError):
    """Usages that can't be rated; `unratable` is the frame of usage_id and code."""

    def __init__(self, unratable: pl.DataFrame) -> None:
        first = unratable.row(0, named=True)
        super().__init__(
            f"{unratable.height} usages can't be rated, first {first['usage_id']}: {first['code']}"
        )
        self.unratable = unratable


def unratable(frame: pl.DataFrame, book: books.TariffBook) -> pl.DataFrame:
    """usage_id and code of what can't be rated, ordered; `frame` as usages.checked gives it."""
    found = [_duplicates(frame), _found(frame, _plain_faults(frame, book))]
    asked = frame.filter(_is_asked(frame, book)).join(book.links.needs, on="tariff_version_id")
    if asked.height:
        found.append(_found(asked, _needed_faults(asked)))
    return pl.concat(found).unique("usage_id", keep="first", maintain_order=True).sort("usage_id")


def _is_asked(frame: pl.DataFrame, book: books.TariffBook) -> pl.Expr:
    """Usages whose version asks for more than a quantity, or began after they did."""
    needs = book.links.needs
    version_id = pl.col("tariff_version_id")
    asking = needs.filter("asks_for_more")["tariff_version_id"]
    is_asked = version_id.is_in(asking.implode()) if asking.len() else pl.lit(value=False)
    starts = dict(needs.select("tariff_version_id", "effective_from").iter_rows())
    if not starts or not frame.select((pl.col("period_from") < max(starts.values())).any()).item():
        return is_asked
    starts_on = version_id.replace_strict(starts, default=None, return_dtype=pl.Date)
    return is_asked | (pl.col("period_from") < starts_on).fill_null(value=False)


def too_large(lines: pl.DataFrame) -> pl.DataFrame:
    """The usages of lines whose amount is null because it left 64 bits."""
    found = lines.filter(pl.col("amount_minor").is_null()).select("usage_id").unique().sort("usage_id")
    return found.with_columns(code=pl.lit(UnratableCode.AMOUNT_OUT_OF_RANGE.value))


def _duplicates(frame: pl.DataFrame) -> pl.DataFrame:
    """Usages, or parts of one, that stand there more than once."""
    if frame["usage_id"].n_unique() == frame.height:
        return columns.UNRATABLE.empty()
    keys = ["usage_id", "part_no"] if "part_no" in frame.columns else ["usage_id"]
    return _found(frame, {UnratableCode.DUPLICATE_USAGE: pl.struct(keys).is_duplicated()})


def _found(frame: pl.DataFrame, faults: Mapping[UnratableCode, pl.Expr]) -> pl.DataFrame:
    """The rows with a fault and the first of their codes; only faults that occur are looked at twice."""
    named = {code.value: is_fault.any() for code, is_fault in faults.items()}
    occurring = {name for name, occurs in frame.select(**named).row(0, named=True).items() if occurs}
    if not occurring:
        return columns.UNRATABLE.empty()
    codes = [pl.when(faults[code]).then(pl.lit(code.value)) for code in faults if code.value in occurring]
    return frame.select("usage_id", code=pl.coalesce(codes)).filter(pl.col("code").is_not_null())


def _plain_faults(frame: pl.DataFrame, book: books.TariffBook) -> dict[UnratableCode, pl.Expr]:
    """What every tariff asks."""
    largest = quantity.LARGEST_QUANTITY_MILLI
    running_total = pl.col("before_milli") + pl.col("quantity_milli")
    is_in_range = pl.col("quantity_milli").is_between(-largest, largest) & (pl.col("before_milli") <= largest)
    known = book.group_of["tariff_version_id"]
    return {
        UnratableCode.UNKNOWN_TARIFF_VERSION: ~pl.col("tariff_version_id").is_in(known.implode()),
        UnratableCode.QUANTITY_OUT_OF_RANGE: ~is_in_range,
        UnratableCode.NEGATIVE_RUNNING_TOTAL: (pl.col("before_milli") < 0) | (running_total < 0),
        UnratableCode.NEGATIVE_PERSONS: pl.col("persons").fill_null(0) < 0,
        UnratableCode.PERIOD_OUT_OF_RANGE: ~usages.days().is_between(1, MOST_DAYS),
        UnratableCode.VALUE_OUT_OF_RANGE: _out_of_range(frame),
        UnratableCode.PARTS_DO_NOT_FIT: _unfit_parts(frame),
    }


def _out_of_range(frame: pl.DataFrame) -> pl.Expr:
    limits = {
        **dict.fromkeys(_EXTENTS, MOST_EXTENT_MILLI),
        **dict.fromkeys(_COUNTS, MOST_COUNT),
        **dict.fromkeys(_LARGE, quantity.LARGEST_QUANTITY_MILLI),
        "tier_factor_ppm": MOST_FACTOR * kinds.MILLION,
    }
    bands = {f"band_{band}_before_milli": quantity.LARGEST_QUANTITY_MILLI for band in columns.BANDS}
    checked = [
        ~pl.col(name).is_between(0, most) for name, most in (limits | bands).items() if name in frame.columns
    ]
    if "tier_used_milli" in frame.columns:
        used = pl.col("tier_used_milli").list
        checked.append((used.min() < 0) | (used.max() > quantity.LARGEST_QUANTITY_MILLI))
    return pl.any_horizontal([pl.lit(value=False), *checked]).fill_null(value=False)


def _unfit_parts(frame: pl.DataFrame) -> pl.Expr:
    """Parts of one usage: one quantity in all of them, one rest at most, shares of at most a whole."""
    if "split" not in frame.columns:
        if "part_no" not in frame.columns:
            return pl.lit(value=False)
        return pl.col("part_no").fill_null(1) != 1
    split, value = pl.col("split").fill_null(columns.Split.REST), pl.col("split_value").fill_null(0)
    if "split_value" not in frame.columns:
        value = pl.lit(0, dtype=pl.Int64)
    shares = pl.when(split == columns.Split.SHARE).then(value).otherwise(0).sum().over("usage_id")
    has_share = (split == columns.Split.SHARE).any().over("usage_id")
    has_rival = (split == columns.Split.HIGHEST).any().over("usage_id")
    all_rivals = (split == columns.Split.HIGHEST).all().over("usage_id")
    rests = (split == columns.Split.REST).sum().over("usage_id")
    fits = (
        (value >= 0)
        & (pl.col("quantity_milli").n_unique().over("usage_id") == 1)
        & pl.when(has_rival).then(all_rivals).otherwise((rests == 1) | (has_share & (rests == 0)))
        & (~has_share | (shares <= kinds.MILLION))
        & (~has_share | (rests == 1) | (shares == kinds.MILLION))
        & split.is_between(columns.Split.REST, columns.Split.HIGHEST)
    )
    return ~fits.fill_null(value=False)


def _needed_faults(frame: pl.DataFrame) -> dict[UnratableCode, pl.Expr]:
    """What the version of each usage asks for."""

    def missing(need: str, column: str) -> pl.Expr:
        return pl.col(need) & usages.column(frame, column).is_null()

    began_before = pl.col("period_from") < pl.col("effective_from")
    area_class, calibre = usages.column(frame, "area_class"), usages.column(frame, "calibre_mm")
    is_known_class = pl.col("area_classes").list.contains(area_class).fill_null(value=False)
    is_priced = pl.col("calibres").list.contains(calibre).fill_null(value=False)
    agreed = usages.column(frame, "negotiated_micro")
    is_agreed = pl.col("lowest_micro").is_not_null() & agreed.is_not_null()
    is_nth = pl.col("reading") > 2  # noqa: PLR2004 - two readings are told apart by their dates
    return {
        UnratableCode.PRICE_CHANGE_UNDECIDED: began_before & ~pl.col("is_decided"),
        UnratableCode.NO_PRICE_BEFORE: began_before & ~pl.col("has_previous"),
        UnratableCode.READING_NUMBER_MISSING: is_nth
        & ~began_before
        & usages.column(frame, "reading_no").is_null(),
        UnratableCode.AREA_MISSING: missing("area", "area_milli"),
        UnratableCode.AREA_CLASS_UNKNOWN: pl.col("area_classes").is_not_null() & ~is_known_class,
        UnratableCode.CAPACITY_MISSING: missing("capacity", "capacity_milli"),
        UnratableCode.DEMAND_MISSING: missing("demand", "demand_milli"),
        UnratableCode.QUOTA_MISSING: missing("quota", "quota_milli"),
        UnratableCode.CALORIFIC_VALUE_MISSING: missing("calorific", "calorific_micro"),
        UnratableCode.CALIBRE_WITHOUT_PRICE: pl.col("is_priced_by_calibre") & ~is_priced,
        UnratableCode.BANDS_DO_NOT_SUM: (pl.col("band_count") > 0) & ~_bands_fit(frame),
        UnratableCode.NEGOTIATED_PRICE_OUT_OF_BAND: is_agreed
        & ~agreed.is_between(pl.col("lowest_micro"), pl.col("highest_micro")),
    }


def _bands_fit(frame: pl.DataFrame) -> pl.Expr:
    """The version's bands, none of another sign than the quantity, sum to it; other bands are empty."""
    sign = pl.col("quantity_milli").sign()
    bands = {band: usages.column(frame, f"band_{band}_milli") for band in columns.BANDS}
    own = [
        pl.when(pl.col("band_count") >= band).then(value.fill_null(0)).otherwise(0)
        for band, value in bands.items()
    ]
    foreign = [(pl.col("band_count") < band) & (value.fill_null(0) != 0) for band, value in bands.items()]
    opposed = [value.sign() == -sign for value in bands.values()]
    is_opposed = pl.any_horizontal(opposed).fill_null(value=False) & (sign != 0)
    has_any = pl.any_horizontal(value.is_not_null() for value in bands.values())
    sums = pl.sum_horizontal(own) == pl.col("quantity_milli")
    zero_fits = (sign != 0) | ~pl.any_horizontal((value.fill_null(0) != 0) for value in bands.values())
    return has_any & sums & ~pl.any_horizontal(foreign) & ~is_opposed & zero_fits
