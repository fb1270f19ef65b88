"""Which usages can't be rated, and why: everything a tariff asks for must be there and make sense."""

import datetime as dt
from collections.abc import Callable, Mapping

import polars as pl

from meterbook.kernel import quantity
from meterbook.rating import book as books
from meterbook.rating import columns, unratables
from meterbook.rating.charges import kinds
from meterbook.rating.steps import calendar_cuts, distinct, price_sets, segments, usages

# Beyond ten years nothing is a billing period; beyond a million m² or kVA nothing is one supply.
MOST_DAYS = 3700
MOST_EXTENT_MILLI = 10**9
# No storey is a hundred metres high: somebody keyed another unit.
MOST_HEIGHT_MILLI = 100_000
MOST_COUNT = 10_000
MOST_FACTOR = 100
_LARGEST = quantity.LARGEST_QUANTITY_MILLI
_EXTENTS = (
    "area_milli",
    "capacity_milli",
    "demand_milli",
    "free_before_milli",
    "carried_milli",
)
_COUNTS = ("months", "reading_no", "tier_months", "tier_days", "households", "calibre_mm")
_LARGE = (
    *("quota_milli", "negotiated_micro", "calorific_micro"),
    *(f"band_{band}_before_milli" for band in columns.BANDS),
)
# Least and most of what usages bring along.
_LIMITS: Mapping[str, tuple[int, int]] = {
    "persons": (0, 2**15 - 1),
    "height_milli": (0, MOST_HEIGHT_MILLI),
    "tier_factor_ppm": (0, MOST_FACTOR * kinds.MILLION),
    **dict.fromkeys(_EXTENTS, (0, MOST_EXTENT_MILLI)),
    **dict.fromkeys(_COUNTS, (0, MOST_COUNT)),
    **dict.fromkeys(_LARGE, (0, _LARGEST)),
}
# Columns whose faults their ends don't show.
_NEEDS_A_LOOK = frozenset({"part_no", "split", "tier_used_milli"})


# What the checks of what versions ask look at.
_GIVEN = (
    *("usage_id", "tariff_version_id", "quantity_milli", "period_from", "reading_no", "area_milli"),
    *("area_class", "capacity_milli", "demand_milli", "quota_milli", "calorific_micro", "calibre_mm"),
    *(f"band_{band}_milli" for band in columns.BANDS),
)
_NOTHING = columns.UNRATABLE.empty()
_REACH_KEYS = ("tariff_version_id", "period_from", "period_until", "reading_no")


def unratable(frame: pl.DataFrame, charged: pl.DataFrame, book: books.TariffBook) -> pl.DataFrame:
    """usage_id and code of what can't be rated, ordered.

    `frame` is as usages.checked gives it, `charged` the same usages with quantities in the charged unit.
    """
    found = [_duplicates(frame)]
    if not _is_plainly_right(frame, book):
        found.append(_found(frame, _plain_faults(frame, charged, book)))
    if book.links.asking.height:
        given = frame[[name for name in _GIVEN if name in frame.columns]]
        found.append(_unmet(given.join(book.links.asking, on="tariff_version_id"), book))
    reaching = _that_may_reach_back(frame, book)
    if reaching.height:
        found.extend(_reaching_back(reaching, book))
    found.extend([_disagreed(frame, book), _wrong_once_converted(charged, book)])
    found = [part for part in found if part.height]
    if not found:
        return _NOTHING
    return pl.concat(found).unique("usage_id", keep="first", maintain_order=True).sort("usage_id")


def _wrong_once_converted(charged: pl.DataFrame, book: books.TariffBook) -> pl.DataFrame:
    """What is charged is held to the limits too: running totals are in the charged unit."""
    conversions = book.links.conversions
    if conversions.is_empty():
        return _NOTHING
    if not charged["quantity_milli"].null_count() and _has_right_totals(charged):
        return _NOTHING
    is_asked = pl.col("tariff_version_id").is_in(conversions["tariff_version_id"].implode())
    return _found(charged.filter(is_asked), _quantity_faults())


def _quantity_faults() -> dict[unratables.UnratableCode, pl.Expr]:
    is_in_range = pl.col("quantity_milli").is_between(-_LARGEST, _LARGEST)
    is_in_range &= pl.col("before_milli") <= _LARGEST
    running_total = pl.col("before_milli") + pl.col("quantity_milli")
    return {
        unratables.UnratableCode.QUANTITY_OUT_OF_RANGE: ~is_in_range.fill_null(value=False),
        unratables.UnratableCode.NEGATIVE_RUNNING_TOTAL: (pl.col("before_milli") < 0) | (running_total < 0),
    }


def _unmet(asked: pl.DataFrame, book: books.TariffBook) -> pl.DataFrame:
    """Faults of usages joined to what their versions ask; only what any version asks is looked for."""
    if asked.is_empty():
        return _NOTHING
    faults = {code: find(asked) for code, (need, find) in _NEEDED.items() if need in book.links.asked_for}
    return _found(asked, faults)


def _that_may_reach_back(frame: pl.DataFrame, book: books.TariffBook) -> pl.DataFrame:
    """Usages that began before their version, or whose version counts readings or starts counters again."""
    starts, counting = book.links.starts, book.links.counting
    earliest = frame["period_from"].min()
    begins_late = isinstance(earliest, dt.date) and bool(starts) and earliest < max(starts.values())
    if not begins_late and not counting.len():
        return frame.clear()
    version_id = pl.col("tariff_version_id")
    starts_on = version_id.replace_strict(starts, default=None, return_dtype=pl.Date)
    is_early = (pl.col("period_from") < starts_on).fill_null(value=False)
    return frame.filter(is_early | version_id.is_in(counting.implode()))


def _reaching_back(frame: pl.DataFrame, book: books.TariffBook) -> list[pl.DataFrame]:
    """What is missing before the versions these usages touch, or for one of them."""
    known = frame.filter(pl.col("period_until") > pl.col("period_from"))
    keyed = known.with_columns(reading_no=usages.column(known, "reading_no"))
    versions = calendar_cuts.Versions(by_id=book.versions, previous=book.previous)
    codes = {
        calendar_cuts.Gap.UNDECIDED: unratables.UnratableCode.PRICE_CHANGE_UNDECIDED.value,
        calendar_cuts.Gap.NO_PRICE: unratables.UnratableCode.NO_PRICE_BEFORE.value,
        None: None,
    }

    def reach(version_id: int, from_: dt.date, until: dt.date, reading_no: int | None) -> tuple[object, ...]:
        found = versions.reach(version_id=version_id, from_=from_, until=until, reading_no=reading_no)
        return codes[found.gap], found.is_restarted, list(found.versions)

    more = {"code": pl.String(), "is_restarted": pl.Boolean(), "touched": pl.List(pl.Int32())}
    reached = keyed.hstack(distinct.worked_out(keyed, keys=_REACH_KEYS, schema=more, find=reach))
    gaps = reached.filter(pl.col("code").is_not_null()).select("usage_id", "code")
    # a counter that starts again has nothing to take back from
    is_taken_back = pl.col("is_restarted") & (pl.col("quantity_milli") < 0)
    below = _found(reached, {unratables.UnratableCode.NEGATIVE_RUNNING_TOTAL: is_taken_back})
    touched = reached.explode("touched").with_columns(tariff_version_id="touched")
    # readings are counted since the change to the usage's own version
    asked = touched.join(book.links.asking, on="tariff_version_id").with_columns(reading=pl.lit(0))
    return [gaps, below, _unmet(asked, book)]


def _disagreed(frame: pl.DataFrame, book: books.TariffBook) -> pl.DataFrame:
    """Agreed prices outside the band of the price they stand for, by season and programme."""
    if "negotiated_micro" not in frame.columns or book.links.negotiable.is_empty():
        return _NOTHING
    agreed = frame.filter(pl.col("negotiated_micro").is_not_null())
    pieces = price_sets.choose(segments.cut(agreed, book), book)
    if "set_no" not in pieces.columns:
        pieces = pieces.with_columns(set_no=pl.lit(0, dtype=pl.Int16))
    joined = pieces.join(book.links.negotiable, on=["tariff_version_id", "set_no"])
    is_within = pl.col("negotiated_micro").is_between(pl.col("lowest_micro"), pl.col("highest_micro"))
    return _found(joined, {unratables.UnratableCode.NEGOTIATED_PRICE_OUT_OF_BAND: ~is_within})


def _duplicates(frame: pl.DataFrame) -> pl.DataFrame:
    """Usages, or parts of one, that stand there more than once."""
    if frame["usage_id"].n_unique() == frame.height:
        return _NOTHING
    keys = ["usage_id", "part_no"] if "part_no" in frame.columns else ["usage_id"]
    return _found(frame, {unratables.UnratableCode.DUPLICATE_USAGE: pl.struct(keys).is_duplicated()})


def _found(frame: pl.DataFrame, faults: Mapping[unratables.UnratableCode, pl.Expr]) -> pl.DataFrame:
    """The rows with a fault and the first of their codes; only faults that occur are looked at twice."""
    named = {code.value: is_fault.any() for code, is_fault in faults.items()}
    occurring = {name for name, occurs in frame.select(**named).row(0, named=True).items() if occurs}
    if not occurring:
        return _NOTHING
    codes = [pl.when(faults[code]).then(pl.lit(code.value)) for code in faults if code.value in occurring]
    return frame.select("usage_id", code=pl.coalesce(codes)).filter(pl.col("code").is_not_null())


def _is_plainly_right(frame: pl.DataFrame, book: books.TariffBook) -> bool:
    """Whether the ends of the columns already say that no usage has a plain fault, as they nearly always do:
    a fraction of the time it takes to look at every usage for every fault.
    """
    if not frame.height:
        return True
    if not _NEEDS_A_LOOK.isdisjoint(frame.columns):
        return False
    days = frame["period_until"].cast(pl.Int32) - frame["period_from"].cast(pl.Int32)
    return (
        distinct.values(frame["tariff_version_id"]) <= book.versions.keys()
        and all(_lies_within(column, *_LIMITS[column.name]) for column in frame if column.name in _LIMITS)
        and _has_right_totals(frame)
        and _lies_within(days, 1, MOST_DAYS)
    )


def _has_right_totals(frame: pl.DataFrame) -> bool:
    """Whether quantities and running totals are within their limits before and after each usage."""
    before, used = frame["before_milli"], frame["quantity_milli"]
    is_each = _lies_within(used, -_LARGEST, _LARGEST) and _lies_within(before, 0, _LARGEST)
    return is_each and _lies_within(before + used, 0, 2 * _LARGEST)


def _lies_within(column: pl.Series, least: int, most: int) -> bool:
    """Whether every number does; nulls don't count."""
    lowest, highest = column.min(), column.max()
    if not isinstance(lowest, int) or not isinstance(highest, int):
        return True
    return least <= lowest and highest <= most


def _plain_faults(
    frame: pl.DataFrame, charged: pl.DataFrame, book: books.TariffBook
) -> dict[unratables.UnratableCode, pl.Expr]:
    """What every tariff asks. Totals of converted quantities are looked at when they are converted."""
    known, converted = book.group_of["tariff_version_id"], book.links.conversions["tariff_version_id"]
    is_plain = (
        ~pl.col("tariff_version_id").is_in(converted.implode()) if converted.len() else pl.lit(value=True)
    )
    faults = _quantity_faults()
    # what the meter counts is limited as well: products of it must fit 128 bits
    below = unratables.UnratableCode.NEGATIVE_RUNNING_TOTAL
    faults[below] &= is_plain
    return {
        unratables.UnratableCode.UNKNOWN_TARIFF_VERSION: ~pl.col("tariff_version_id").is_in(known.implode()),
        **faults,
        unratables.UnratableCode.NEGATIVE_PERSONS: pl.col("persons").fill_null(0) < 0,
        unratables.UnratableCode.PERIOD_OUT_OF_RANGE: ~usages.days().is_between(1, MOST_DAYS),
        unratables.UnratableCode.VALUE_OUT_OF_RANGE: _out_of_range(frame),
        unratables.UnratableCode.PARTS_DO_NOT_FIT: _unfit_parts(frame, charged),
    }


def _out_of_range(frame: pl.DataFrame) -> pl.Expr:
    checked = [
        ~pl.col(name).is_between(*_LIMITS[name])
        for name in columns.USAGE_MORE.columns
        if name in _LIMITS and name in frame.columns
    ]
    if "tier_used_milli" in frame.columns:
        used = pl.col("tier_used_milli").list
        checked.append((used.min() < 0) | (used.max() > _LARGEST))
    return pl.any_horizontal([pl.lit(value=False), *checked]).fill_null(value=False)


def _unfit_parts(frame: pl.DataFrame, charged: pl.DataFrame) -> pl.Expr:
    """Parts of one usage: one quantity in all of them, one rest at most, shares of at most a whole."""
    if "split" not in frame.columns:
        if "part_no" not in frame.columns:
            return pl.lit(value=False)
        return pl.col("part_no").fill_null(1) != 1
    split, stated = pl.col("split").fill_null(columns.Split.REST), usages.column(frame, "split_value")
    value = stated.fill_null(0)
    takes_some = split.is_in([columns.Split.FIXED, columns.Split.SHARE])
    shares = pl.when(split == columns.Split.SHARE).then(value).otherwise(0).sum().over("usage_id")
    has_share = (split == columns.Split.SHARE).any().over("usage_id")
    has_rival = (split == columns.Split.HIGHEST).any().over("usage_id")
    all_rivals = (split == columns.Split.HIGHEST).all().over("usage_id")
    rests = (split == columns.Split.REST).sum().over("usage_id")
    fits = (
        (value >= 0)
        & (stated.is_not_null() | ~takes_some).all().over("usage_id")
        & (pl.col("quantity_milli").n_unique().over("usage_id") == 1)
        & pl.when(has_rival).then(all_rivals).otherwise((rests == 1) | (has_share & (rests == 0)))
        & (~has_share | (shares <= kinds.MILLION))
        & (~has_share | (rests == 1) | (shares == kinds.MILLION))
        & split.is_between(columns.Split.REST, columns.Split.HIGHEST)
        & ~pl.col("usage_id").is_in(_converted_apart(charged).implode())
    )
    return ~fits.fill_null(value=False)


def _converted_apart(charged: pl.DataFrame) -> pl.Series:
    """Usages whose parts' tariffs convert or round the whole quantity to different ones."""
    whole = charged.group_by("usage_id").agg(pl.col("quantity_milli").n_unique())
    return whole.filter(pl.col("quantity_milli") > 1)["usage_id"]


def _missing(need: str, column: str) -> tuple[str, Callable[[pl.DataFrame], pl.Expr]]:
    return need, lambda frame: pl.col(need) & usages.column(frame, column).is_null()


def _reading_missing(frame: pl.DataFrame) -> pl.Expr:
    is_nth = pl.col("reading") > 2  # noqa: PLR2004 - two readings are told apart by their dates
    is_new = pl.col("period_from") >= pl.col("effective_from")
    return is_nth & is_new & usages.column(frame, "reading_no").is_null()


def _class_unknown(frame: pl.DataFrame) -> pl.Expr:
    is_known = pl.col("area_classes").list.contains(usages.column(frame, "area_class"))
    return pl.col("area_classes").is_not_null() & ~is_known.fill_null(value=False)


def _calibre_unpriced(frame: pl.DataFrame) -> pl.Expr:
    is_priced = pl.col("calibres").list.contains(usages.column(frame, "calibre_mm"))
    return pl.col("is_priced_by_calibre") & ~is_priced.fill_null(value=False)


def _bands_unfit(frame: pl.DataFrame) -> pl.Expr:
    return (pl.col("band_count") > 0) & ~_bands_fit(frame)


def _bands_fit(frame: pl.DataFrame) -> pl.Expr:
    """The version's bands, none of another sign than the quantity, sum to it; other bands are empty.

    That is so where the version's bands sum to the quantity, and the sizes of all bands to its size.
    """
    # in 128 bits, so that no sum can wrap around
    used = pl.col("quantity_milli").cast(pl.Int128)
    bands = {band: name for band in columns.BANDS if (name := f"band_{band}_milli") in frame.columns}
    if not bands:
        return pl.lit(value=False)
    sizes = [pl.col(name).cast(pl.Int128).abs() for name in bands.values()]
    own = [
        pl.when(pl.col("band_count") >= band).then(pl.col(name).cast(pl.Int128))
        for band, name in bands.items()
    ]
    has_any = pl.any_horizontal(pl.col(name).is_not_null() for name in bands.values())
    return has_any & (pl.sum_horizontal(own) == used) & (pl.sum_horizontal(sizes) == used.abs())


# What a version may ask of its usages: the column of book_links.NEEDS that says so, and what is wrong then.
_NEEDED: Mapping[unratables.UnratableCode, tuple[str, Callable[[pl.DataFrame], pl.Expr]]] = {
    unratables.UnratableCode.READING_NUMBER_MISSING: ("reading", _reading_missing),
    unratables.UnratableCode.AREA_MISSING: _missing("area", "area_milli"),
    unratables.UnratableCode.AREA_CLASS_UNKNOWN: ("area_classes", _class_unknown),
    unratables.UnratableCode.CAPACITY_MISSING: _missing("capacity", "capacity_milli"),
    unratables.UnratableCode.DEMAND_MISSING: _missing("demand", "demand_milli"),
    unratables.UnratableCode.QUOTA_MISSING: _missing("quota", "quota_milli"),
    unratables.UnratableCode.CALORIFIC_VALUE_MISSING: _missing("calorific", "calorific_micro"),
    unratables.UnratableCode.CALIBRE_WITHOUT_PRICE: ("is_priced_by_calibre", _calibre_unpriced),
    unratables.UnratableCode.BANDS_DO_NOT_SUM: ("band_count", _bands_unfit),
}
